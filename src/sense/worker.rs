//! The threads of one source, and the resource that owns them.

use super::{
    PreviewLayers, SenseOptions,
    detect::{FixedTable, MakeDetector},
    requests::VisionRequests,
    vision_thread::{VisionOutput, VisionThread},
};
use bevy::prelude::Resource;
use billiards_capture::{
    Delivery, Opener, SourceBoard, SourceStatus, StopHandle, Supervisor, SupervisorTiming, slot, stop_pair,
};
use billiards_table::{CameraView, FrameSize, Lens, LightPicture, TableQuad, TableSpec};
use billiards_vision::TableShape;
use crossbeam_channel::{Receiver, TryRecvError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tracing::{error, warn};

/// The threads of one source, and this side's ends of their channels.
struct Run {
    /// Dropped to end the threads.
    stop: Option<StopHandle>,
    sights: Receiver<VisionOutput>,
    board: Arc<SourceBoard>,
    errors: Arc<AtomicU64>,
    requests: Arc<VisionRequests>,
    threads: Vec<JoinHandle<()>>,
}

impl Run {
    fn start(
        opener: Opener,
        options: &SenseOptions,
        requests: VisionRequests,
        timing: &SupervisorTiming,
        make_detector: &MakeDetector,
    ) -> Self {
        let (stop, token) = stop_pair();
        let (frames_out, frames) = slot(options.delivery, token.clone());
        let (sights_out, sights) = slot(options.delivery, token.clone());
        let (board, errors) = (Arc::<SourceBoard>::default(), Arc::<AtomicU64>::default());
        let requests = Arc::new(requests);
        let vision_thread = VisionThread {
            frames,
            sights: sights_out,
            make_detector: Arc::clone(make_detector),
            requests: Arc::clone(&requests),
            errors: Arc::clone(&errors),
            keep_frames: options.keep_frames,
            stop: token.clone(),
        };
        let mut threads = Vec::new();
        let vision = thread::Builder::new().name("vision".into()).spawn(move || vision_thread.run());
        let capture = vision.and_then(|vision| {
            threads.push(vision);
            Supervisor::start(opener, options.delivery, frames_out, Arc::clone(&board), token, timing.clone())
        });
        match capture {
            Ok(capture) => threads.push(capture),
            Err(error) => {
                let reason = format!("a thread for the source cannot be started: {error}");
                error!("{reason}");
                board.write(|report| report.status = SourceStatus::Failed(reason));
            }
        }
        Self { stop: Some(stop), sights, board, errors, requests, threads }
    }
}

/// Answer to the Ingest stage.
pub(super) enum PollResult {
    /// The next output; the newest with [`Delivery::Latest`].
    Sight(VisionOutput),
    /// No output has arrived since the last call.
    Nothing,
    /// No more outputs will arrive.
    Over,
}

/// Owner of the capture and the vision thread. No method blocks, except at the program's end.
#[derive(Resource)]
pub struct SenseWorker {
    options: SenseOptions,
    timing: SupervisorTiming,
    make_detector: MakeDetector,
    run: Run,
    /// Set if the source was switched since the last Ingest stage.
    switched: bool,
    /// Threads of earlier sources that are still ending.
    retired: Vec<JoinHandle<()>>,
}

impl SenseWorker {
    /// Starts the threads.
    pub(super) fn start(
        opener: Opener,
        options: SenseOptions,
        (fixed_table, shape): (Option<FixedTable>, TableShape),
        timing: SupervisorTiming,
        make_detector: MakeDetector,
    ) -> Self {
        // Requested before the first frame is processed, which otherwise would search for the table in vain.
        let requests = VisionRequests::new(options.preview.then(PreviewLayers::default));
        *requests.shape() = shape;
        if fixed_table.is_some() {
            requests.change_table(fixed_table);
        }
        let run = Run::start(opener, &options, requests, &timing, &make_detector);
        Self { options, timing, make_detector, run, switched: true, retired: Vec::new() }
    }

    /// Switches to another source: the threads of the present one are stopped and not waited for. Health and sight are
    /// reset at the next Ingest stage. Starts with these nose-line corners (pixels of pictures of this size), `None`
    /// searches for the table; the other requests about the table and the camera stay as they were.
    pub fn switch_source(&mut self, opener: Opener, fixed_table: Option<(FrameSize, TableQuad)>) {
        self.halt();
        let requests = VisionRequests::new(*self.run.requests.preview());
        *requests.lens() = *self.run.requests.lens();
        *requests.shape() = *self.run.requests.shape();
        *requests.mouths() = *self.run.requests.mouths();
        if fixed_table.is_some() {
            requests.change_table(fixed_table);
        }
        let next = Run::start(opener, &self.options, requests, &self.timing, &self.make_detector);
        let last = std::mem::replace(&mut self.run, next);
        self.retired.extend(last.threads);
        self.switched = true;
    }

    /// Sets the layers of the preview that sights carry from now on; with `None` they carry no preview.
    pub fn set_preview(&self, wanted: Option<PreviewLayers>) {
        *self.run.requests.preview() = wanted;
    }

    /// Sets whether sights carry the picture as the camera delivered it.
    pub fn keep_delivered(&self, wanted: bool) {
        self.run.requests.delivered.store(wanted, Ordering::Relaxed);
    }

    /// Sets whether sights carry the rectified picture even if the options do not ask for it.
    pub fn keep_frames(&self, wanted: bool) {
        self.run.requests.frames.store(wanted, Ordering::Relaxed);
    }

    /// Removes the distortion of this lens from the pictures, from the next frame on; with `None` they are used as
    /// delivered.
    pub fn use_lens(&self, lens: Option<Lens>) {
        *self.run.requests.lens() = lens;
    }

    /// Uses these nose-line corners (pixels of pictures of this size) from the next frame on, instead of searching for
    /// the table.
    pub fn fix_table(&self, size: FrameSize, corners: TableQuad) {
        self.run.requests.change_table(Some((size, corners)));
    }

    /// Sets the projected picture, the camera's view of the table, and the measured delay between projection and frame:
    /// lit pixels are ignored in frames that may show the picture.
    pub fn show_light(&self, picture: &LightPicture, view: &CameraView, latency: Option<Duration>) {
        let mut light = self.run.requests.light();
        light.history.show(picture, view);
        light.latency = latency;
    }

    /// Expects a table of this shape from the next frame on.
    pub fn expect_table(&self, shape: TableShape) {
        *self.run.requests.shape() = shape;
    }

    /// Has the mouths of this table's pockets measured in this view of it, about once a second; with `None` they are
    /// not measured.
    pub fn measure_mouths(&self, request: Option<(TableSpec, CameraView)>) {
        *self.run.requests.mouths() = request;
    }

    /// Searches for the table in the next frame.
    pub fn search_table(&self) {
        self.run.requests.change_table(None);
    }

    /// Returns whether a sight waits for the Ingest stage.
    #[must_use]
    pub fn has_sight(&self) -> bool {
        !self.run.sights.is_empty()
    }

    /// Sets the number of processed frames after which the source counts as ended; `None` for never.
    pub fn end_after(&mut self, frames: Option<u64>) {
        self.options.max_frames = frames;
    }

    pub(super) fn options(&self) -> &SenseOptions {
        &self.options
    }

    pub(super) fn board(&self) -> &SourceBoard {
        &self.run.board
    }

    /// Returns the number of frames of the present source that could not be processed.
    pub(super) fn vision_errors(&self) -> u64 {
        self.run.errors.load(Ordering::Relaxed)
    }

    /// Returns whether the source was switched since the last call.
    pub(super) fn begins_anew(&mut self) -> bool {
        self.retired.retain(|thread| !thread.is_finished());
        std::mem::take(&mut self.switched)
    }

    /// Returns the next output with [`Delivery::EveryFrame`], else the newest.
    pub(super) fn take(&self) -> PollResult {
        let mut taken = PollResult::Nothing;
        loop {
            taken = match self.run.sights.try_recv() {
                Ok(output) => PollResult::Sight(output),
                // The call after the one that returns the last sight reports the end.
                Err(TryRecvError::Disconnected) if matches!(taken, PollResult::Nothing) => return PollResult::Over,
                Err(_) => return taken,
            };
            if self.options.delivery == Delivery::EveryFrame {
                return taken;
            }
        }
    }

    /// Stops the threads of the present source.
    pub(super) fn halt(&mut self) {
        drop(self.run.stop.take());
    }

    /// Stops all threads and waits for them, at most this long.
    pub(super) fn shut_down(&mut self, timeout: Duration) {
        self.halt();
        self.retired.append(&mut self.run.threads);
        let limit = Instant::now() + timeout;
        while self.retired.iter().any(|thread| !thread.is_finished()) && Instant::now() < limit {
            thread::sleep(Duration::from_millis(2));
        }
        for thread in self.retired.drain(..) {
            let name = thread.thread().name().unwrap_or("sense").to_owned();
            if !thread.is_finished() {
                warn!("the {name} thread does not stop and is abandoned");
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
