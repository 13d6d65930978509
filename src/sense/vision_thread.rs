//! The vision thread: turns a frame into a [`Sight`].

use super::{
    Preview, PreviewLayers, Sight,
    detect::{Detect, MakeDetector},
    light,
    requests::VisionRequests,
};
use billiards_capture::{Frame, FrameStamp, SlotSender, StopToken, panic_text};
use billiards_table::{Lens, Pinhole, PocketMouth};
use billiards_vision::{
    DetectedRing, Detections, TableFit, find_rings, measure_mouths,
    rectify::{Rectifier, RectifyError},
};
use crossbeam_channel::{Receiver, select_biased};
use opencv::core::Mat;
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tracing::warn;

/// Minimum interval between two warnings about frames.
const WARNING_INTERVAL: Duration = Duration::from_secs(5);

/// Minimum time between two measurements of rings of light: nothing that moves is measured by them.
const RING_INTERVAL: Duration = Duration::from_millis(300);

/// Maximum number of rings measured in one frame (about 1 ms); the rest are measured in turn.
const MAX_RINGS: usize = 6;

/// Minimum time between two measurements of the pockets' mouths, which take some milliseconds.
const MOUTH_INTERVAL: Duration = Duration::from_secs(1);

/// A processed frame, and the number of frames before it that could not be processed.
pub(super) struct VisionOutput {
    pub sight: Arc<Sight>,
    pub errors: u64,
}

/// The vision thread: runs the detector on the frames of the capture thread.
pub(super) struct VisionThread {
    pub frames: Receiver<Frame>,
    pub sights: SlotSender<VisionOutput>,
    pub make_detector: MakeDetector,
    pub requests: Arc<VisionRequests>,
    pub errors: Arc<AtomicU64>,
    pub keep_frames: bool,
    pub stop: StopToken,
}

/// The detector in use, and what it depends on.
#[derive(Default)]
struct DetectorState {
    detector: Option<Box<dyn Detect>>,
    /// Revision of the table request that the detector has applied.
    applied_change: u64,
    /// Removes the distortion of the lens, if that is known.
    rectifier: Option<(Lens, Rectifier)>,
    /// Time of the last measurement of rings, on the clock of the frames, and the number of measurements before it.
    last_rings: Option<(Duration, usize)>,
    /// Time of the last measurement of the pockets' mouths, on the clock of the frames.
    last_mouths: Option<Duration>,
}

impl DetectorState {
    /// Returns the camera of the rectified pictures, if it is known.
    fn camera(&self) -> Option<Pinhole> {
        self.rectifier.as_ref().map(|(lens, _)| lens.rectified())
    }

    /// Rectifies a delivered picture; `None` when it has no distortion, or none is known.
    fn rectified(&mut self, lens: Option<Lens>, bgr: &Mat) -> Result<Option<Mat>, RectifyError> {
        if self.rectifier.as_ref().map(|(lens, _)| lens) != lens.as_ref() {
            self.rectifier = lens.map(|lens| Ok::<_, RectifyError>((lens, Rectifier::new(&lens)?))).transpose()?;
        }
        let Some((_, rectifier)) = &self.rectifier else { return Ok(None) };
        Ok(match rectifier.rectify(bgr)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(rectified) => Some(rectified),
        })
    }
}

impl VisionThread {
    pub fn run(self) {
        let mut state = DetectorState::default();
        let mut warnings = LimitedWarnings::default();
        loop {
            let frame = select_biased! {
                recv(self.stop.channel()) -> _ => return,
                recv(self.frames) -> frame => frame,
            };
            let Ok(delivered) = frame else { return };
            let lens = *self.requests.lens();
            let rectified = state.rectified(lens, &delivered.image).unwrap_or_else(|error| {
                warnings.note(delivered.stamp.index, &error.to_string(), Instant::now());
                None
            });
            let (frame, delivered) = match rectified {
                Some(image) => (Frame { image, stamp: delivered.stamp }, Some(delivered)),
                None => (delivered, None),
            };
            let result = catch_unwind(AssertUnwindSafe(|| self.process(&mut state, &frame)));
            let result = result.unwrap_or_else(|panic| {
                // The detector's memory may be half written.
                state = DetectorState::default();
                Err(format!("the detector panicked: {}", panic_text(&*panic)))
            });
            let VisionResult { detections, rings, mouths, vision_time, preview } = match result {
                Ok(result) => result,
                Err(reason) => {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                    warnings.note(frame.stamp.index, &reason, Instant::now());
                    continue;
                }
            };
            let stamp = frame.stamp;
            let preview = preview.unwrap_or_else(|reason| {
                warnings.note(stamp.index, &format!("no preview: {reason}"), Instant::now());
                None
            });
            let wanted = self.requests.delivered.load(Ordering::Relaxed);
            let (frame, delivered) = (Arc::new(frame), delivered.map(Arc::new));
            let delivered = wanted.then(|| delivered.unwrap_or_else(|| Arc::clone(&frame)));
            let kept = self.keep_frames || self.requests.frames.load(Ordering::Relaxed);
            let frame = kept.then_some(frame);
            let sight = Arc::new(Sight { stamp, detections, rings, mouths, vision_time, preview, frame, delivered });
            let errors = self.errors.load(Ordering::Relaxed);
            if self.sights.send(VisionOutput { sight, errors }).is_err() {
                return;
            }
        }
    }

    /// Processes one picture.
    fn process(&self, state: &mut DetectorState, frame: &Frame) -> Result<VisionResult, String> {
        let camera = state.camera();
        let detector = state.detector.get_or_insert_with(|| (self.make_detector)());
        detector.expect_table(*self.requests.shape());
        let request = *self.requests.table();
        if request.changes != state.applied_change {
            detector.use_table(request.fixed);
            state.applied_change = request.changes;
        }
        detector.use_camera(camera);
        let shown = {
            let light = self.requests.light();
            light.history.reaching(frame.stamp.time, light.latency)
        };
        let lit = light::mask(&shown, frame.stamp.size).map_err(|error| format!("OpenCV: {}", error.message))?;
        let begin = Instant::now();
        let detections = detector.detect(&frame.image, lit.as_ref())?;
        let rings = self.rings(&mut state.last_rings, frame, &detections)?;
        let mouths = self.mouths(&mut state.last_mouths, frame, &detections, lit.as_ref())?;
        let vision_time = begin.elapsed();
        let wanted = *self.requests.preview();
        let preview = wanted.map(|layers| preview(layers, &**detector, &frame.image, lit.as_ref())).transpose();
        Ok(VisionResult { detections, rings, mouths, vision_time, preview })
    }

    /// Measures some of the rings of light that should be visible, in some of the frames.
    fn rings(
        &self,
        last_rings: &mut Option<(Duration, usize)>,
        frame: &Frame,
        detections: &Detections,
    ) -> Result<Vec<DetectedRing>, String> {
        let FrameStamp { time, size, .. } = frame.stamp;
        if last_rings.is_some_and(|(last, _)| time.abs_diff(last) < RING_INTERVAL) {
            return Ok(Vec::new());
        }
        let times = last_rings.map_or(0, |(_, times)| times + 1);
        *last_rings = Some((time, times));
        let steady = {
            let light = self.requests.light();
            light.history.steady(time, light.latency)
        };
        let Some((mut rings, view)) = steady.filter(|(_, view)| view.size == size && view.eye.is_some()) else {
            return Ok(Vec::new());
        };
        let turn = times * MAX_RINGS % rings.len();
        rings.rotate_left(turn);
        rings.truncate(MAX_RINGS);
        find_rings(&frame.image, &view, &rings, &detections.balls).map_err(|error| error.to_string())
    }

    /// Measures the mouths of the pockets if that is requested, in some of the frames in which the table is in its
    /// place.
    fn mouths(
        &self,
        last_mouths: &mut Option<Duration>,
        frame: &Frame,
        detections: &Detections,
        lit: Option<&Mat>,
    ) -> Result<Vec<PocketMouth>, String> {
        let FrameStamp { time, size, .. } = frame.stamp;
        let request = *self.requests.mouths();
        let is_due = last_mouths.is_none_or(|last| time.abs_diff(last) >= MOUTH_INTERVAL);
        let is_in_place = detections.table.is_ok_and(|table| table.fit == TableFit::Fits);
        let Some((table, view)) = request.filter(|(_, view)| is_due && is_in_place && view.size == size) else {
            return Ok(Vec::new());
        };
        *last_mouths = Some(time);
        measure_mouths(&frame.image, lit, &table, &view.nose_plane).map_err(|error| error.to_string())
    }
}

/// Result for one picture.
struct VisionResult {
    detections: Detections,
    rings: Vec<DetectedRing>,
    mouths: Vec<PocketMouth>,
    vision_time: Duration,
    /// The preview, if it was requested; or the reason why there is none.
    preview: Result<Option<Preview>, String>,
}

fn preview(layers: PreviewLayers, detector: &dyn Detect, bgr: &Mat, lit: Option<&Mat>) -> Result<Preview, String> {
    let edges = if layers.edges { detector.edges(bgr, lit)? } else { Vec::new() };
    Preview::of(bgr, layers.picture, lit.filter(|_| layers.light), &edges).map_err(|error| error.message)
}

/// Warnings about frames, limited in rate.
#[derive(Debug, Default)]
struct LimitedWarnings {
    last: Option<Instant>,
    withheld: u64,
}

impl LimitedWarnings {
    fn note(&mut self, frame: u64, reason: &str, now: Instant) {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < WARNING_INTERVAL) {
            self.withheld += 1;
            return;
        }
        let reason = reason.lines().next().unwrap_or_default();
        warn!("frame {frame}: {reason} ({} more since the last such line)", self.withheld);
        *self = Self { last: Some(now), withheld: 0 };
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sense::detect::FixedTable;
    use billiards_capture::{Delivery, slot, stop_pair};
    use billiards_table::{CameraPoint, FrameSize};
    use billiards_vision::{NoTable, TableShape};
    use opencv::{core, prelude::*};
    use std::{sync::Mutex, thread};

    /// Detector that finds nothing and calls the function: with `None` for each picture, with corners when they are
    /// set.
    struct ScriptedDetector<F>(F);

    pub(in crate::sense) fn scripted(
        f: impl FnMut(Option<FixedTable>) -> Result<(), String> + 'static,
    ) -> Box<dyn Detect> {
        Box::new(ScriptedDetector(f))
    }

    impl<F: FnMut(Option<FixedTable>) -> Result<(), String>> Detect for ScriptedDetector<F> {
        fn expect_table(&mut self, _shape: TableShape) {}

        fn use_camera(&mut self, _camera: Option<Pinhole>) {}

        fn detect(&mut self, bgr: &Mat, _: Option<&Mat>) -> Result<Detections, String> {
            (self.0)(None)?;
            let size = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
            Ok(Detections::nothing(size, NoTable::NoCloth))
        }

        fn edges(&self, _: &Mat, _: Option<&Mat>) -> Result<Vec<CameraPoint>, String> {
            Ok(vec![CameraPoint::new(3.0, 0.0)])
        }

        fn use_table(&mut self, fixed: Option<FixedTable>) {
            (self.0)(fixed).unwrap();
        }
    }

    /// Feeds frames to a vision thread and collects its outputs.
    fn process(
        frames: u64,
        width: i32,
        keep_frames: bool,
        requests: VisionRequests,
        make_detector: MakeDetector,
    ) -> (Vec<VisionOutput>, u64) {
        let (_stop, token) = stop_pair();
        let (frames_out, frames_in) = slot(Delivery::EveryFrame, token.clone());
        let (sights, seen) = slot(Delivery::EveryFrame, token.clone());
        let errors = Arc::<AtomicU64>::default();
        let (requests, stop) = (Arc::new(requests), token);
        let vision_thread = VisionThread {
            frames: frames_in,
            sights,
            make_detector,
            requests,
            errors: errors.clone(),
            keep_frames,
            stop,
        };
        let thread = thread::spawn(move || vision_thread.run());
        let feeder = thread::spawn(move || {
            for index in 0..frames {
                let size = FrameSize { width: width as u32, height: 128 };
                let stamp = FrameStamp { index, time: Duration::ZERO, captured: Instant::now(), size };
                let image =
                    Mat::new_rows_cols_with_default(128, width, core::CV_8UC3, core::Scalar::all(90.0)).unwrap();
                frames_out.send(Frame { image, stamp }).unwrap();
            }
        });
        let outputs = seen.iter().collect();
        feeder.join().unwrap();
        thread.join().unwrap();
        (outputs, errors.load(Ordering::Relaxed))
    }

    fn indices(outputs: &[VisionOutput]) -> Vec<(u64, u64)> {
        outputs.iter().map(|output| (output.sight.stamp.index, output.errors)).collect()
    }

    #[test]
    fn a_frame_that_cannot_be_processed_is_counted_and_skipped() {
        let make_detector: MakeDetector = Arc::new(|| {
            let mut seen = 0;
            scripted(move |_| {
                seen += 1;
                if seen == 2 { Err("too dark".into()) } else { Ok(()) }
            })
        });
        let (outputs, errors) = process(4, 128, false, VisionRequests::default(), make_detector);
        assert_eq!((indices(&outputs), errors), (vec![(0, 0), (2, 1), (3, 1)], 1));
    }

    #[test]
    fn a_detector_that_panicked_is_replaced_and_gets_the_table_again() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let table = [CameraPoint::new(1.0, 2.0); 4];
        let size = FrameSize { width: 128, height: 128 };
        let make_detector: MakeDetector = {
            let log = Arc::clone(&log);
            Arc::new(move || {
                let (log, mut seen) = (Arc::clone(&log), 0);
                log.lock().unwrap().push("made");
                scripted(move |fixed| {
                    if fixed.is_some() {
                        log.lock().unwrap().push("told");
                        return Ok(());
                    }
                    seen += 1;
                    assert!(seen < 3, "as scripted");
                    Ok(())
                })
            })
        };
        let requests = VisionRequests::default();
        requests.change_table(Some((size, table)));
        let (outputs, errors) = process(5, 128, false, requests, make_detector);
        assert_eq!((indices(&outputs), errors), (vec![(0, 0), (1, 0), (3, 1), (4, 1)], 1));
        assert_eq!(*log.lock().unwrap(), ["made", "told", "made", "told"]);
    }

    #[test]
    fn previews_and_frames_are_kept_when_asked_for() {
        let blind = || -> MakeDetector { Arc::new(|| scripted(|_| Ok(()))) };
        let (plain, _) = process(1, 128, false, VisionRequests::default(), blind());
        assert!(plain[0].sight.preview.is_none() && plain[0].sight.frame.is_none());
        let requests = VisionRequests::new(Some(PreviewLayers { edges: true, ..PreviewLayers::default() }));
        let (kept, _) = process(1, 128, true, requests, blind());
        let preview = kept[0].sight.preview.as_ref().unwrap();
        assert_eq!((preview.size, preview.rgba.len()), (FrameSize { width: 128, height: 128 }, 128 * 128 * 4));
        assert_ne!(preview.rgba[12..16], preview.rgba[20..24], "the edge is marked");
        assert_eq!(kept[0].sight.frame.as_ref().unwrap().stamp.index, 0);
    }
}
