//! The vision thread, and the worker that owns the threads of one source.

use super::{
    Preview, PreviewLayers, SenseOptions, Sight,
    capture::{
        Delivery, Frame, FrameStamp, Opener, Outlet, SourceBoard, SourceStatus, StopHandle, StopToken, Supervisor,
        Tempo, panic_text, slot, stop_pair,
    },
    light::{self, LightHistory},
    rectify::{Rectifier, RectifyError},
    vision::{BallSet, Detections, Detector, RingSeen, find_rings},
};
use crate::model::{CameraPoint, CameraView, FrameSize, Lens, LightPicture, Pinhole, TableQuad};
use bevy::prelude::Resource;
use crossbeam_channel::{Receiver, TryRecvError, select_biased};
use opencv::core::Mat;
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tracing::{error, warn};

/// Complaints about pictures are no more frequent than this.
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(5);

/// Rings of light are looked at no more often than this: nothing that moves is measured by them;
const RING_INTERVAL: Duration = Duration::from_millis(300);
/// and no more than so many in one frame, which costs a millisecond; the others have their turn.
const MOST_RINGS: usize = 6;

/// Nose-line corners that the operator has set, for pictures of this size.
type FixedTable = (FrameSize, TableQuad);

/// What looks at pictures: the detector, or a stand-in of a test.
pub(super) trait Eye {
    /// Sees one 8-bit BGR picture; `lit` marks what the projector may light in it.
    fn see(&mut self, bgr: &Mat, lit: Option<&Mat>) -> Result<Detections, String>;
    /// Places of the picture where it sees edges.
    fn edges(&self, bgr: &Mat, lit: Option<&Mat>) -> Result<Vec<CameraPoint>, String>;
    /// Uses these corners from now on; with none it seeks the table anew.
    fn use_table(&mut self, fixed: Option<FixedTable>);
    /// Takes the pictures for this camera's.
    fn use_camera(&mut self, camera: Option<Pinhole>);
}

impl Eye for Detector {
    fn see(&mut self, bgr: &Mat, lit: Option<&Mat>) -> Result<Detections, String> {
        self.detect_under(bgr, lit).map_err(|error| error.to_string())
    }

    fn edges(&self, bgr: &Mat, lit: Option<&Mat>) -> Result<Vec<CameraPoint>, String> {
        self.edge_places(bgr, lit).map_err(|error| error.to_string())
    }

    fn use_table(&mut self, fixed: Option<FixedTable>) {
        match fixed {
            Some((size, corners)) => self.fix_table(size, corners),
            None => self.forget_table(),
        }
    }

    fn use_camera(&mut self, camera: Option<Pinhole>) {
        Self::use_camera(self, camera);
    }
}

/// The eye of the product.
pub(super) fn detector(balls: Option<BallSet>) -> Box<dyn Eye> {
    Box::new(Detector::new(balls))
}

/// Makes the eye, and another one when it has panicked.
pub(super) type MakeEye = Arc<dyn Fn() -> Box<dyn Eye> + Send + Sync>;

/// What the rest of the program asks of the vision thread.
#[derive(Default)]
struct Wishes {
    preview: Mutex<Option<PreviewLayers>>,
    delivered: AtomicBool,
    frames: AtomicBool,
    table: Mutex<TableWish>,
    lens: Mutex<Option<Lens>>,
    light: Mutex<Light>,
}

/// What is projected, and how late it is seen.
#[derive(Default)]
struct Light {
    history: LightHistory,
    latency: Option<Duration>,
}

/// Which table the eye is to use.
#[derive(Debug, Clone, Copy, Default)]
struct TableWish {
    /// How often the wish has changed.
    changes: u64,
    fixed: Option<FixedTable>,
}

impl Wishes {
    fn new(preview: Option<PreviewLayers>) -> Self {
        Self { preview: Mutex::new(preview), ..Self::default() }
    }

    /// Held for a moment only.
    fn preview(&self) -> MutexGuard<'_, Option<PreviewLayers>> {
        self.preview.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held for a moment only.
    fn light(&self) -> MutexGuard<'_, Light> {
        self.light.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held for a moment only.
    fn lens(&self) -> MutexGuard<'_, Option<Lens>> {
        self.lens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held for a moment only.
    fn table(&self) -> MutexGuard<'_, TableWish> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change_table(&self, fixed: Option<FixedTable>) {
        let mut wish = self.table();
        *wish = TableWish { changes: wish.changes + 1, fixed };
    }
}

/// A sight, and how many frames before it could not be seen.
pub(super) struct Glimpse {
    pub sight: Arc<Sight>,
    pub errors: u64,
}

/// The vision thread: sees the frames that the capture thread hands on.
struct Looker {
    frames: Receiver<Frame>,
    sights: Outlet<Glimpse>,
    make_eye: MakeEye,
    wishes: Arc<Wishes>,
    errors: Arc<AtomicU64>,
    keep_frames: bool,
    stop: StopToken,
}

/// The eye in use.
#[derive(Default)]
struct Socket {
    eye: Option<Box<dyn Eye>>,
    /// The change of the table wish that the eye has heard of.
    heeded: u64,
    /// Takes the bends of the lens out of the pictures, where one is known.
    rectifier: Option<(Lens, Rectifier)>,
    /// When rings of light were looked at last, on the clock of the frames, and how often.
    looked: Option<(Duration, usize)>,
}

impl Socket {
    /// The camera of the straight pictures, where it is known.
    fn camera(&self) -> Option<Pinhole> {
        self.rectifier.as_ref().map(|(lens, _)| lens.rectified())
    }

    /// The straight picture of a delivered one; `None` when it is straight, or nothing is known of its lens.
    fn straighten(&mut self, lens: Option<Lens>, bgr: &Mat) -> Result<Option<Mat>, RectifyError> {
        if self.rectifier.as_ref().map(|(lens, _)| lens) != lens.as_ref() {
            self.rectifier = lens.map(|lens| Ok::<_, RectifyError>((lens, Rectifier::new(&lens)?))).transpose()?;
        }
        let Some((_, rectifier)) = &self.rectifier else { return Ok(None) };
        Ok(match rectifier.straighten(bgr)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(straight) => Some(straight),
        })
    }
}

impl Looker {
    fn run(self) {
        let mut socket = Socket::default();
        let mut complaints = Complaints::default();
        loop {
            let frame = select_biased! {
                recv(self.stop.channel()) -> _ => return,
                recv(self.frames) -> frame => frame,
            };
            let Ok(delivered) = frame else { return };
            let lens = *self.wishes.lens();
            let straight = socket.straighten(lens, &delivered.image).unwrap_or_else(|error| {
                complaints.note(delivered.stamp.index, &error.to_string(), Instant::now());
                None
            });
            let (frame, delivered) = match straight {
                Some(image) => (Frame { image, stamp: delivered.stamp }, Some(delivered)),
                None => (delivered, None),
            };
            let seen = catch_unwind(AssertUnwindSafe(|| self.look(&mut socket, &frame)));
            let seen = seen.unwrap_or_else(|panic| {
                // What the eye remembers may be half written.
                socket = Socket::default();
                Err(format!("the detector panicked: {}", panic_text(&*panic)))
            });
            let Seen { detections, rings, vision_time, preview } = match seen {
                Ok(seen) => seen,
                Err(reason) => {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                    complaints.note(frame.stamp.index, &reason, Instant::now());
                    continue;
                }
            };
            let stamp = frame.stamp;
            let preview = preview.unwrap_or_else(|reason| {
                complaints.note(stamp.index, &format!("no preview: {reason}"), Instant::now());
                None
            });
            let wanted = self.wishes.delivered.load(Ordering::Relaxed);
            let (frame, delivered) = (Arc::new(frame), delivered.map(Arc::new));
            let delivered = wanted.then(|| delivered.unwrap_or_else(|| Arc::clone(&frame)));
            let kept = self.keep_frames || self.wishes.frames.load(Ordering::Relaxed);
            let frame = kept.then_some(frame);
            let sight = Arc::new(Sight { stamp, detections, rings, vision_time, preview, frame, delivered });
            let errors = self.errors.load(Ordering::Relaxed);
            if self.sights.send(Glimpse { sight, errors }).is_err() {
                return;
            }
        }
    }

    /// Sees one picture.
    fn look(&self, socket: &mut Socket, frame: &Frame) -> Result<Seen, String> {
        let camera = socket.camera();
        let eye = socket.eye.get_or_insert_with(|| (self.make_eye)());
        let wish = *self.wishes.table();
        if wish.changes != socket.heeded {
            eye.use_table(wish.fixed);
            socket.heeded = wish.changes;
        }
        eye.use_camera(camera);
        let shown = {
            let light = self.wishes.light();
            light.history.reaching(frame.stamp.time, light.latency)
        };
        let lit = light::mask(&shown, frame.stamp.size).map_err(|error| format!("OpenCV: {}", error.message))?;
        let begin = Instant::now();
        let detections = eye.see(&frame.image, lit.as_ref())?;
        let rings = self.rings(&mut socket.looked, frame, &detections)?;
        let vision_time = begin.elapsed();
        let wanted = *self.wishes.preview();
        let preview = wanted.map(|layers| preview(layers, &**eye, &frame.image, lit.as_ref())).transpose();
        Ok(Seen { detections, rings, vision_time, preview })
    }

    /// Looks now and then for the rings of light that should be seen.
    fn rings(
        &self,
        looked: &mut Option<(Duration, usize)>,
        frame: &Frame,
        detections: &Detections,
    ) -> Result<Vec<RingSeen>, String> {
        let FrameStamp { time, size, .. } = frame.stamp;
        if looked.is_some_and(|(last, _)| time.abs_diff(last) < RING_INTERVAL) {
            return Ok(Vec::new());
        }
        let times = looked.map_or(0, |(_, times)| times + 1);
        *looked = Some((time, times));
        let steady = {
            let light = self.wishes.light();
            light.history.steady(time, light.latency)
        };
        let Some((mut rings, view)) = steady.filter(|(_, view)| view.size == size && view.eye.is_some()) else {
            return Ok(Vec::new());
        };
        let turn = times * MOST_RINGS % rings.len();
        rings.rotate_left(turn);
        rings.truncate(MOST_RINGS);
        find_rings(&frame.image, &view, &rings, &detections.balls).map_err(|error| error.to_string())
    }
}

/// What was made of one picture.
struct Seen {
    detections: Detections,
    rings: Vec<RingSeen>,
    vision_time: Duration,
    /// Where it is asked for; or why there is none.
    preview: Result<Option<Preview>, String>,
}

fn preview(layers: PreviewLayers, eye: &dyn Eye, bgr: &Mat, lit: Option<&Mat>) -> Result<Preview, String> {
    let edges = if layers.edges { eye.edges(bgr, lit)? } else { Vec::new() };
    Preview::of(bgr, layers.picture, lit.filter(|_| layers.light), &edges).map_err(|error| error.message)
}

/// Logs what is wrong with pictures, now and then.
#[derive(Debug, Default)]
struct Complaints {
    last: Option<Instant>,
    withheld: u64,
}

impl Complaints {
    fn note(&mut self, frame: u64, reason: &str, now: Instant) {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < COMPLAINT_INTERVAL) {
            self.withheld += 1;
            return;
        }
        let reason = reason.lines().next().unwrap_or_default();
        warn!("frame {frame}: {reason} ({} more since the last such line)", self.withheld);
        *self = Self { last: Some(now), withheld: 0 };
    }
}

/// The threads of one source and their ends.
struct Run {
    /// Dropped to end the threads.
    stop: Option<StopHandle>,
    sights: Receiver<Glimpse>,
    board: Arc<SourceBoard>,
    errors: Arc<AtomicU64>,
    wishes: Arc<Wishes>,
    threads: Vec<JoinHandle<()>>,
}

impl Run {
    fn start(opener: Opener, options: &SenseOptions, wishes: Wishes, tempo: &Tempo, make_eye: &MakeEye) -> Self {
        let (stop, token) = stop_pair();
        let (frames_out, frames) = slot(options.delivery, token.clone());
        let (sights_out, sights) = slot(options.delivery, token.clone());
        let (board, errors) = (Arc::<SourceBoard>::default(), Arc::<AtomicU64>::default());
        let wishes = Arc::new(wishes);
        let looker = Looker {
            frames,
            sights: sights_out,
            make_eye: Arc::clone(make_eye),
            wishes: Arc::clone(&wishes),
            errors: Arc::clone(&errors),
            keep_frames: options.keep_frames,
            stop: token.clone(),
        };
        let mut threads = Vec::new();
        let vision = thread::Builder::new().name("vision".into()).spawn(move || looker.run());
        let capture = vision.and_then(|vision| {
            threads.push(vision);
            Supervisor::start(opener, options.delivery, frames_out, Arc::clone(&board), token, tempo.clone())
        });
        match capture {
            Ok(capture) => threads.push(capture),
            Err(error) => {
                let reason = format!("a thread for the source cannot be started: {error}");
                error!("{reason}");
                board.write(|report| report.status = SourceStatus::Failed(reason));
            }
        }
        Self { stop: Some(stop), sights, board, errors, wishes, threads }
    }
}

/// What the worker has for the Ingest stage.
pub(super) enum Taken {
    /// The next sight, or the newest.
    Sight(Glimpse),
    /// None has come since.
    Nothing,
    /// None will come any more.
    Over,
}

/// Owns the capture and the vision thread. Nothing that it does blocks, except at the program's end.
#[derive(Resource)]
pub struct SenseWorker {
    options: SenseOptions,
    tempo: Tempo,
    make_eye: MakeEye,
    run: Run,
    /// The source is another one than at the last Ingest.
    switched: bool,
    /// Threads of earlier sources that are on their way out.
    retired: Vec<JoinHandle<()>>,
}

impl SenseWorker {
    /// Starts the threads.
    pub(super) fn start(
        opener: Opener,
        options: SenseOptions,
        fixed_table: Option<FixedTable>,
        tempo: Tempo,
        make_eye: MakeEye,
    ) -> Self {
        // Before the first frame is seen: a search for the table would be in vain.
        let wishes = Wishes::new(options.preview.then(PreviewLayers::default));
        if fixed_table.is_some() {
            wishes.change_table(fixed_table);
        }
        let run = Run::start(opener, &options, wishes, &tempo, &make_eye);
        Self { options, tempo, make_eye, run, switched: true, retired: Vec::new() }
    }

    /// Takes another source: the threads of the present one are told to end and not waited for. Health and sight begin
    /// anew at the next Ingest stage; lens and corners stay as they were asked for.
    pub fn switch_source(&mut self, opener: Opener) {
        self.halt();
        let wishes = Wishes::new(*self.run.wishes.preview());
        *wishes.lens() = *self.run.wishes.lens();
        let fixed = self.run.wishes.table().fixed;
        if fixed.is_some() {
            wishes.change_table(fixed);
        }
        let next = Run::start(opener, &self.options, wishes, &self.tempo, &self.make_eye);
        let last = std::mem::replace(&mut self.run, next);
        self.retired.extend(last.threads);
        self.switched = true;
    }

    /// What the preview shows that sights carry from now on; `None`: they carry none.
    pub fn set_preview(&self, wanted: Option<PreviewLayers>) {
        *self.run.wishes.preview() = wanted;
    }

    /// Whether sights carry the picture as the camera delivered it from now on.
    pub fn keep_delivered(&self, wanted: bool) {
        self.run.wishes.delivered.store(wanted, Ordering::Relaxed);
    }

    /// Whether sights carry the straight picture from now on, also where the options do not ask for it.
    pub fn keep_frames(&self, wanted: bool) {
        self.run.wishes.frames.store(wanted, Ordering::Relaxed);
    }

    /// Takes the bends of this lens out of the pictures, from the next frame; with none they are seen as they come.
    pub fn use_lens(&self, lens: Option<Lens>) {
        *self.run.wishes.lens() = lens;
    }

    /// Uses these nose-line corners (pixels of pictures of this size) instead of seeking the table, from the next frame.
    pub fn fix_table(&self, size: FrameSize, corners: TableQuad) {
        self.run.wishes.change_table(Some((size, corners)));
    }

    /// Says what is projected from now on, how the camera sees the table, and after what delay, if that is measured: what
    /// is lit is no evidence in the frames that may show it.
    pub fn show_light(&self, picture: &LightPicture, view: &CameraView, latency: Option<Duration>) {
        let mut light = self.run.wishes.light();
        light.history.show(picture, view);
        light.latency = latency;
    }

    /// Seeks the table anew in the next frame.
    pub fn seek_table(&self) {
        self.run.wishes.change_table(None);
    }

    /// Whether a sight waits for the Ingest stage.
    #[must_use]
    pub fn has_sight(&self) -> bool {
        !self.run.sights.is_empty()
    }

    /// Sets after how many processed frames the source counts as ended; `None` for never.
    pub fn end_after(&mut self, frames: Option<u64>) {
        self.options.max_frames = frames;
    }

    pub(super) fn options(&self) -> &SenseOptions {
        &self.options
    }

    pub(super) fn board(&self) -> &SourceBoard {
        &self.run.board
    }

    /// Frames of the present source that could not be seen.
    pub(super) fn vision_errors(&self) -> u64 {
        self.run.errors.load(Ordering::Relaxed)
    }

    /// Whether the source is another one than at the last call.
    pub(super) fn begins_anew(&mut self) -> bool {
        self.retired.retain(|thread| !thread.is_finished());
        std::mem::take(&mut self.switched)
    }

    /// The next sight where every frame counts, else the newest.
    pub(super) fn take(&self) -> Taken {
        let mut taken = Taken::Nothing;
        loop {
            taken = match self.run.sights.try_recv() {
                Ok(glimpse) => Taken::Sight(glimpse),
                // The end is told by the call after the one that tells the last sight.
                Err(TryRecvError::Disconnected) if matches!(taken, Taken::Nothing) => return Taken::Over,
                Err(_) => return taken,
            };
            if self.options.delivery == Delivery::EveryFrame {
                return taken;
            }
        }
    }

    /// Tells the threads of the present source to end.
    pub(super) fn halt(&mut self) {
        drop(self.run.stop.take());
    }

    /// Ends all threads and waits for them, no longer than this.
    pub(super) fn shut_down(&mut self, patience: Duration) {
        self.halt();
        self.retired.append(&mut self.run.threads);
        let limit = Instant::now() + patience;
        while self.retired.iter().any(|thread| !thread.is_finished()) && Instant::now() < limit {
            thread::sleep(Duration::from_millis(2));
        }
        for thread in self.retired.drain(..) {
            let name = thread.thread().name().unwrap_or("sense").to_owned();
            if !thread.is_finished() {
                warn!("the {name} thread hangs and is left behind");
            } else if thread.join().is_err() {
                error!("the {name} thread had panicked");
            }
        }
    }

    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.run.threads.len() + self.retired.len()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{model::CameraPoint, sense::vision::NoTable};
    use opencv::{core, prelude::*};

    /// An eye that sees nothing and does what the function says: at each picture with none, else with set corners.
    struct Blink<F>(F);

    pub(in crate::sense) fn blink(f: impl FnMut(Option<FixedTable>) -> Result<(), String> + 'static) -> Box<dyn Eye> {
        Box::new(Blink(f))
    }

    impl<F: FnMut(Option<FixedTable>) -> Result<(), String>> Eye for Blink<F> {
        fn use_camera(&mut self, _camera: Option<Pinhole>) {}

        fn see(&mut self, bgr: &Mat, _: Option<&Mat>) -> Result<Detections, String> {
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

    /// Feeds frames to a vision thread and collects what it sees.
    fn look(frames: u64, width: i32, keep_frames: bool, wishes: Wishes, make_eye: MakeEye) -> (Vec<Glimpse>, u64) {
        let (_stop, token) = stop_pair();
        let (frames_out, frames_in) = slot(Delivery::EveryFrame, token.clone());
        let (sights, seen) = slot(Delivery::EveryFrame, token.clone());
        let errors = Arc::<AtomicU64>::default();
        let (wishes, stop) = (Arc::new(wishes), token);
        let looker = Looker { frames: frames_in, sights, make_eye, wishes, errors: errors.clone(), keep_frames, stop };
        let thread = thread::spawn(move || looker.run());
        let feeder = thread::spawn(move || {
            for index in 0..frames {
                let size = FrameSize { width: width as u32, height: 128 };
                let stamp = FrameStamp { index, time: Duration::ZERO, captured: Instant::now(), size };
                let image =
                    Mat::new_rows_cols_with_default(128, width, core::CV_8UC3, core::Scalar::all(90.0)).unwrap();
                frames_out.send(Frame { image, stamp }).unwrap();
            }
        });
        let glimpses = seen.iter().collect();
        feeder.join().unwrap();
        thread.join().unwrap();
        (glimpses, errors.load(Ordering::Relaxed))
    }

    fn indices(glimpses: &[Glimpse]) -> Vec<(u64, u64)> {
        glimpses.iter().map(|glimpse| (glimpse.sight.stamp.index, glimpse.errors)).collect()
    }

    #[test]
    fn a_frame_that_cannot_be_seen_is_counted_and_passed_over() {
        let make_eye: MakeEye = Arc::new(|| {
            let mut seen = 0;
            blink(move |_| {
                seen += 1;
                if seen == 2 { Err("too dark".into()) } else { Ok(()) }
            })
        });
        let (glimpses, errors) = look(4, 128, false, Wishes::default(), make_eye);
        assert_eq!((indices(&glimpses), errors), (vec![(0, 0), (2, 1), (3, 1)], 1));
    }

    #[test]
    fn a_panicking_eye_is_replaced_and_told_of_the_table_again() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let table = [CameraPoint::new(1.0, 2.0); 4];
        let size = FrameSize { width: 128, height: 128 };
        let make_eye: MakeEye = {
            let log = Arc::clone(&log);
            Arc::new(move || {
                let (log, mut seen) = (Arc::clone(&log), 0);
                log.lock().unwrap().push("made");
                blink(move |fixed| {
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
        let wishes = Wishes::default();
        wishes.change_table(Some((size, table)));
        let (glimpses, errors) = look(5, 128, false, wishes, make_eye);
        assert_eq!((indices(&glimpses), errors), (vec![(0, 0), (1, 0), (3, 1), (4, 1)], 1));
        assert_eq!(*log.lock().unwrap(), ["made", "told", "made", "told"]);
    }

    #[test]
    fn previews_and_frames_are_kept_when_asked_for() {
        let blind = || -> MakeEye { Arc::new(|| blink(|_| Ok(()))) };
        let (plain, _) = look(1, 128, false, Wishes::default(), blind());
        assert!(plain[0].sight.preview.is_none() && plain[0].sight.frame.is_none());
        let wishes = Wishes::new(Some(PreviewLayers { edges: true, ..PreviewLayers::default() }));
        let (kept, _) = look(1, 128, true, wishes, blind());
        let preview = kept[0].sight.preview.as_ref().unwrap();
        assert_eq!((preview.size, preview.rgba.len()), (FrameSize { width: 128, height: 128 }, 128 * 128 * 4));
        assert_ne!(preview.rgba[12..16], preview.rgba[20..24], "the edge is marked");
        assert_eq!(kept[0].sight.frame.as_ref().unwrap().stamp.index, 0);
    }
}
