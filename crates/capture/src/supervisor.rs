//! The capture thread: opens the source, monitors it, stamps and delivers its frames, and reopens it when it breaks
//! off, panics, stalls or hangs.
//!
//! A read may never return (a driver, FFmpeg), so the source runs on a thread of its own, the reader. A reader that is
//! silent for too long is abandoned, never joined; when its read does return, it finds no receiver and ends.

use super::{
    CaptureError, Delivery, Frame, FrameSource, Opener, Picture, SlotSender, SourceStatus, StopToken,
    board::SourceBoard,
    frame::FrameClock,
    panic_text,
    picture::check_picture,
    timing::{Backoff, IntervalEstimator, Pacer, SupervisorTiming},
};
use crossbeam_channel::{Receiver, Sender, bounded, select_biased};
use opencv::{core::Mat, prelude::*};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tracing::{debug, error, info, warn};

/// Message from a reader.
enum Report {
    Opened {
        live: bool,
        computed: bool,
        description: String,
    },
    /// The pictures have a new size from here on.
    Resized {
        description: String,
    },
    Picture {
        picture: Picture,
        arrived: Instant,
        skipped: u64,
    },
    Ended {
        skipped: u64,
    },
    Failed(CaptureError),
}

/// End of one opening of the source.
enum ReaderExit {
    Stopped,
    Ended,
    Failed(CaptureError),
}

/// The capture thread.
pub struct Supervisor {
    opener: Opener,
    delivery: Delivery,
    frames: SlotSender<Frame>,
    board: Arc<SourceBoard>,
    stop: StopToken,
    timing: SupervisorTiming,
    clock: FrameClock,
    backoff: Backoff,
    /// Readers that may still be running: the present one, and those that were abandoned.
    readers: Vec<JoinHandle<()>>,
    /// Set if the source was a recording when it was opened last; `None` before it was opened.
    recorded: Option<bool>,
    /// Set once a frame was delivered.
    delivered: bool,
}

impl Supervisor {
    /// Starts the thread. It ends with the source or when the token is stopped.
    ///
    /// # Errors
    /// The operating system cannot start another thread.
    pub fn start(
        opener: Opener,
        delivery: Delivery,
        frames: SlotSender<Frame>,
        board: Arc<SourceBoard>,
        stop: StopToken,
        timing: SupervisorTiming,
    ) -> io::Result<JoinHandle<()>> {
        let backoff = Backoff::new(&timing);
        let supervisor = Self {
            opener,
            delivery,
            frames,
            board,
            stop,
            timing,
            clock: FrameClock::default(),
            backoff,
            readers: Vec::new(),
            recorded: None,
            delivered: false,
        };
        thread::Builder::new().name("capture".into()).spawn(move || supervisor.run())
    }

    fn run(mut self) {
        loop {
            match self.run_reader() {
                ReaderExit::Stopped => return self.leave(),
                ReaderExit::Ended => {
                    info!("the source has ended");
                    return self.board.write(|report| report.status = SourceStatus::Ended);
                }
                ReaderExit::Failed(failure) if self.is_final(&failure) => {
                    error!("{failure}");
                    return self.board.write(|report| {
                        report.failures += 1;
                        report.status = SourceStatus::Failed(failure.to_string());
                    });
                }
                ReaderExit::Failed(failure) => {
                    let retry_in = self.backoff.next(&self.timing, failure.is_absence());
                    self.report_lost(&failure, retry_in);
                    if self.stop.sleep(retry_in) {
                        return self.leave();
                    }
                    self.clock.reopened();
                }
            }
        }
    }

    /// Returns whether a retry would be useless: a recording that breaks off would break off there again.
    fn is_final(&self, failure: &CaptureError) -> bool {
        let recorded = self.recorded == Some(true);
        recorded || (!self.delivered && !failure.retry_helps())
    }

    /// Reports that the source is lost; each reason is logged as a warning once.
    fn report_lost(&self, failure: &CaptureError, retry_in: Duration) {
        let reason = failure.to_string();
        self.board.write(|report| {
            let known = matches!(&report.status, SourceStatus::Lost { reason: last, .. } if *last == reason);
            if known {
                debug!("{reason}; retry in {retry_in:?}");
            } else {
                warn!("source lost: {reason}; retry in {retry_in:?}");
            }
            report.failures += 1;
            report.status = SourceStatus::Lost { reason, retry_in };
        });
    }

    /// Opens the source and delivers its frames until the source ends, fails or is stopped.
    fn run_reader(&mut self) -> ReaderExit {
        self.readers.retain(|reader| !reader.is_finished());
        if self.readers.len() >= self.timing.most_hanging {
            return ReaderExit::Failed(CaptureError::TooManyHang { count: self.readers.len() });
        }
        let (reports, inbox) = bounded(1);
        let opener = Arc::clone(&self.opener);
        match thread::Builder::new().name("capture-reader".into()).spawn(move || read_all(&opener, &reports)) {
            Ok(reader) => self.readers.push(reader),
            Err(error) => {
                let (name, reason) = ("the reader's thread".into(), error.to_string());
                return ReaderExit::Failed(CaptureError::Interrupted { name, reason });
            }
        }
        match self.listen(&inbox) {
            Ok(()) => ReaderExit::Ended,
            Err(parting) => parting,
        }
    }

    /// Handles the reports of one reader until it ends.
    fn listen(&mut self, inbox: &Receiver<Report>) -> Result<(), ReaderExit> {
        let mut opening = Opening::default();
        loop {
            let timeout = opening.timeout(&self.timing);
            let report = select_biased! {
                recv(self.stop.channel()) -> _ => return Err(ReaderExit::Stopped),
                recv(inbox) -> report => report,
                default(timeout) => {
                    debug!("a reader of the source hangs and is abandoned");
                    return Err(ReaderExit::Failed(CaptureError::Stalled { name: self.name(), waited: timeout }));
                }
            };
            match report {
                Ok(Report::Opened { live, computed, description }) => {
                    info!("source: {description}");
                    (opening.live, opening.computed) = (Some(live), computed);
                    self.recorded = Some(!live);
                    self.board.write(|report| report.description = description);
                }
                Ok(Report::Resized { description }) => {
                    info!("the pictures have another size: {description}; the table is searched for again");
                    self.board.write(|report| report.description = description);
                }
                Ok(Report::Picture { picture, arrived, skipped }) => {
                    opening.intervals.record(arrived);
                    self.clock.skip(skipped.saturating_sub(opening.skipped));
                    opening.skipped = skipped;
                    self.hand_on(&mut opening, picture, arrived)?;
                    self.mark_running(&mut opening, arrived, skipped);
                }
                Ok(Report::Ended { skipped }) => {
                    self.board.write(|report| report.skipped = skipped);
                    return Ok(());
                }
                Ok(Report::Failed(failure)) => return Err(ReaderExit::Failed(failure)),
                // A reader always sends a last report, even after a panic.
                Err(_) => return Err(ReaderExit::Failed(CaptureError::SignalLost { name: self.name() })),
            }
        }
    }

    /// Stamps a frame and delivers it; a recorded one is delivered when it is due.
    fn hand_on(&mut self, opening: &mut Opening, picture: Picture, arrived: Instant) -> Result<(), ReaderExit> {
        let size = check_picture(&self.name(), &picture.image).map_err(ReaderExit::Failed)?;
        let mut captured = arrived;
        if let Some(time) = picture.time.filter(|_| opening.live == Some(false) && self.delivery == Delivery::Latest) {
            let wait = opening.pacer.wait(&self.timing, time, Instant::now());
            self.wait_for(wait, opening)?;
            captured = Instant::now();
            opening.shown = Some((picture.image.clone(), time));
        }
        let stamp = self.clock.stamp(picture.time, captured, size);
        self.frames.send(Frame { image: picture.image, stamp }).map_err(|_| ReaderExit::Stopped)
    }

    /// Waits until the next frame of a recording is due. In a long wait the last frame is delivered repeatedly: the
    /// recording still shows it, and the receiver must not take the source for lost.
    fn wait_for(&mut self, wait: Duration, opening: &Opening) -> Result<(), ReaderExit> {
        let begin = Instant::now();
        loop {
            let left = wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            if self.stop.sleep(left.min(self.timing.hold)) {
                return Err(ReaderExit::Stopped);
            }
            if let Some((image, time)) = opening.shown.as_ref().filter(|_| left > self.timing.hold) {
                let (name, now) = (self.name(), Instant::now());
                let size = check_picture(&name, image).map_err(ReaderExit::Failed)?;
                let stamp = self.clock.stamp(Some(*time + begin.elapsed().min(wait)), now, size);
                self.frames.send(Frame { image: image.clone(), stamp }).map_err(|_| ReaderExit::Stopped)?;
            }
        }
    }

    /// Records that the source delivers.
    fn mark_running(&mut self, opening: &mut Opening, arrived: Instant, skipped: u64) {
        let first = *opening.first.get_or_insert(arrived);
        if arrived.saturating_duration_since(first) >= self.timing.settled {
            self.backoff.settle(&self.timing);
        }
        self.delivered = true;
        self.board.write(|report| {
            if report.status != SourceStatus::Running {
                if matches!(report.status, SourceStatus::Lost { .. }) {
                    info!("the source is back");
                }
                report.status = SourceStatus::Running;
            }
            report.skipped = skipped;
        });
    }

    fn name(&self) -> String {
        let description = self.board.read().description.clone();
        if description.is_empty() { "the source".into() } else { description }
    }

    /// Gives the readers a moment to close their devices before the program ends.
    fn leave(mut self) {
        let limit = Instant::now() + self.timing.leave;
        loop {
            self.readers.retain(|reader| !reader.is_finished());
            if self.readers.is_empty() {
                return;
            }
            if Instant::now() >= limit {
                warn!("{} readers of the source hang and are left behind", self.readers.len());
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Runs the reader's thread: opens and reads until the source ends, fails or the receiver is gone.
fn read_all(opener: &Opener, reports: &Sender<Report>) {
    let outcome = catch_unwind(AssertUnwindSafe(|| read_source(opener, reports)));
    let last = outcome.unwrap_or_else(|panic| {
        let what = panic_text(&*panic);
        Some(Report::Failed(CaptureError::Panicked { what }))
    });
    if last.is_some_and(|last| reports.send(last).is_err()) {
        debug!("a reader ended after it was abandoned");
    }
}

/// Returns the last report, or `None` if the receiver is gone. The source is closed by then and can be reopened at
/// once.
fn read_source(opener: &Opener, reports: &Sender<Report>) -> Option<Report> {
    let mut source: Box<dyn FrameSource> = match opener() {
        Ok(source) => source,
        Err(failure) => return Some(Report::Failed(failure)),
    };
    let mut description = source.describe();
    reports
        .send(Report::Opened {
            live: source.is_live(),
            computed: source.is_computed(),
            description: description.clone(),
        })
        .ok()?;
    let mut size = None;
    loop {
        match source.read() {
            Ok(Some(picture)) => {
                let (arrived, skipped) = (Instant::now(), source.skipped());
                let now = (picture.image.cols(), picture.image.rows());
                let resized = size.replace(now).is_some_and(|last| last != now);
                if resized && source.describe() != description {
                    description = source.describe();
                    reports.send(Report::Resized { description: description.clone() }).ok()?;
                }
                reports.send(Report::Picture { picture, arrived, skipped }).ok()?;
            }
            Ok(None) => return Some(Report::Ended { skipped: source.skipped() }),
            Err(failure) => return Some(Report::Failed(failure)),
        }
    }
}

/// State of one opening of the source.
#[derive(Debug, Default)]
struct Opening {
    /// `true` for a live source; `None` until it is open.
    live: Option<bool>,
    /// `true` if the program makes the pictures itself, see [`FrameSource::is_computed`].
    computed: bool,
    /// Time at which the first frame arrived.
    first: Option<Instant>,
    intervals: IntervalEstimator,
    pacer: Pacer,
    /// Number of frames that could not be read before the newest one.
    skipped: u64,
    /// Frame of a recording that is shown, and its time.
    shown: Option<(Mat, Duration)>,
}

impl Opening {
    /// Returns the timeout for the next report.
    fn timeout(&self, timing: &SupervisorTiming) -> Duration {
        match (self.live, self.intervals.interval) {
            (None, _) => timing.open,
            (Some(false), _) => timing.recorded,
            _ if self.computed => timing.recorded,
            (Some(true), None) => timing.first_frame,
            (Some(true), Some(interval)) => timing.stall.max(interval * timing.stall_intervals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        StopHandle, slot, stop_pair,
        testing::{Attempt, Step, interrupted, opener, until},
    };
    use std::convert::Infallible;

    /// A running supervisor and its output.
    struct Bench {
        stop: Option<StopHandle>,
        frames: Receiver<Frame>,
        board: Arc<SourceBoard>,
        thread: JoinHandle<()>,
    }

    /// Returns backoffs in milliseconds, but long timeouts, so that a busy machine is not taken for a stall.
    fn quick() -> SupervisorTiming {
        let ms = Duration::from_millis;
        let (backoff_first, backoff_most, backoff_absent) = (ms(1), ms(4), ms(2));
        SupervisorTiming { backoff_first, backoff_most, backoff_absent, leave: ms(50), ..SupervisorTiming::default() }
    }

    /// Returns short timeouts for live sources.
    fn impatient() -> SupervisorTiming {
        SupervisorTiming { stall: Duration::from_millis(30), stall_intervals: 0, ..quick() }
    }

    fn bench(delivery: Delivery, timing: SupervisorTiming, attempts: Vec<Attempt>) -> Bench {
        let (stop, token) = stop_pair();
        let (sender, frames) = slot(delivery, token.clone());
        let board = Arc::new(SourceBoard::default());
        let thread = Supervisor::start(opener(attempts), delivery, sender, board.clone(), token, timing).unwrap();
        Bench { stop: Some(stop), frames, board, thread }
    }

    impl Bench {
        fn status(&self) -> SourceStatus {
            self.board.read().status.clone()
        }

        fn wait_for(&self, what: &str, wanted: impl Fn(&SourceStatus) -> bool) {
            until(what, || wanted(&self.status()));
        }

        /// Returns the indices of the next frames.
        fn take(&self, count: usize) -> Vec<u64> {
            let next = || self.frames.recv_timeout(Duration::from_secs(10)).ok();
            std::iter::from_fn(next).take(count).map(|frame| frame.stamp.index).collect()
        }

        fn finish(mut self) {
            drop(self.stop.take());
            until("the capture thread ends", || self.thread.is_finished());
            self.thread.join().unwrap();
        }
    }

    #[test]
    fn every_frame_arrives_in_order_at_a_slow_consumer() {
        let bench = bench(Delivery::EveryFrame, quick(), vec![Attempt::Recorded(vec![Step::Pictures(60)])]);
        let mut stamps = Vec::new();
        for frame in &bench.frames {
            thread::sleep(Duration::from_millis(1));
            stamps.push((frame.stamp.index, frame.stamp.time));
        }
        let expected: Vec<_> = (0..60).map(|k| (k, Duration::from_millis(10 * k))).collect();
        assert_eq!(stamps, expected);
        assert_eq!(bench.status(), SourceStatus::Ended);
        bench.finish();
    }

    #[test]
    fn the_newest_live_frame_wins_and_nobody_waits() {
        let bench = bench(Delivery::Latest, quick(), vec![Attempt::Live(vec![Step::Pictures(60)])]);
        bench.wait_for("the source ends", |status| *status == SourceStatus::Ended);
        assert_eq!(bench.take(2), [59]);
        bench.finish();
    }

    #[test]
    fn a_frame_that_is_shown_for_long_is_handed_on_again() {
        let gap = Duration::from_millis(100);
        let timing = SupervisorTiming { hold: Duration::from_millis(5), ..quick() };
        let script = vec![Step::Pictures(1), Step::Gap(gap), Step::Pictures(1)];
        let bench = bench(Delivery::Latest, timing, vec![Attempt::Recorded(script)]);
        bench.wait_for("the source ends", |status| *status == SourceStatus::Ended);
        let last = bench.frames.try_iter().last().unwrap().stamp;
        assert_eq!(last.time, gap + Duration::from_millis(10));
        assert!(last.index > 1, "{}", last.index);
        bench.finish();
    }

    #[test]
    fn a_camera_that_comes_late_is_lost_and_then_running() {
        let (hold, held) = bounded::<Infallible>(1);
        let (_hang, hangs) = bounded::<Infallible>(1);
        let absent = CaptureError::CameraAbsent { index: 0, present: vec![] };
        let attempts = vec![
            Attempt::Fails(interrupted("not yet")),
            Attempt::Fails(absent),
            Attempt::Waits(held),
            Attempt::Live(vec![Step::Pictures(3), Step::Hang(hangs)]),
        ];
        let bench = bench(Delivery::EveryFrame, quick(), attempts);
        bench.wait_for(
            "the camera is missed",
            |status| matches!(status, SourceStatus::Lost { reason, .. } if reason.starts_with("camera:0 is absent")),
        );
        assert_eq!(bench.board.read().failures, 2);
        drop(hold);
        assert_eq!(bench.take(3), [0, 1, 2]);
        bench.wait_for("the camera runs", |status| *status == SourceStatus::Running);
        assert_eq!(bench.board.read().description, "script");
        bench.finish();
    }

    #[test]
    fn a_panicking_source_is_opened_again_and_the_numbers_run_on() {
        let attempts = vec![
            Attempt::Live(vec![Step::Pictures(2), Step::Panic]),
            Attempt::Live(vec![Step::Pictures(2), Step::Break]),
            Attempt::Live(vec![Step::Pictures(1)]),
        ];
        let bench = bench(Delivery::EveryFrame, quick(), attempts);
        assert_eq!(bench.take(9), [0, 1, 2, 3, 4]);
        assert_eq!(bench.status(), SourceStatus::Ended);
        assert_eq!(bench.board.read().failures, 2);
        bench.finish();
    }

    #[test]
    fn a_source_that_is_computed_is_slow_and_not_lost() {
        let timing = SupervisorTiming::default();
        let mut intervals = IntervalEstimator::default();
        let now = Instant::now();
        [now, now + timing.stall].into_iter().for_each(|at| intervals.record(at));
        for intervals in [IntervalEstimator::default(), intervals] {
            let opening = Opening { live: Some(true), computed: true, intervals, ..Opening::default() };
            assert_eq!(opening.timeout(&timing), timing.recorded);
            assert!(Opening { computed: false, ..opening }.timeout(&timing) < timing.recorded);
        }
    }

    #[test]
    fn a_hanging_reader_is_abandoned() {
        let (hold, held) = bounded::<Infallible>(1);
        let attempts =
            vec![Attempt::Live(vec![Step::Pictures(2), Step::Hang(held)]), Attempt::Live(vec![Step::Pictures(1)])];
        let bench = bench(Delivery::EveryFrame, impatient(), attempts);
        // A third frame can only come from the second opening, while the first reader still hangs.
        assert_eq!(bench.take(3), [0, 1, 2]);
        drop(hold);
        bench.finish();
    }

    #[test]
    fn no_more_readers_are_started_than_may_hang() {
        let (hold, held) = bounded::<Infallible>(1);
        let hang = || Attempt::Live(vec![Step::Pictures(2), Step::Hang(held.clone())]);
        let timing = SupervisorTiming { most_hanging: 2, ..impatient() };
        let bench = bench(Delivery::Latest, timing, vec![hang(), hang(), hang(), hang()]);
        bench.wait_for(
            "readers hang",
            |status| matches!(status, SourceStatus::Lost { reason, .. } if reason.starts_with("2 readers")),
        );
        drop(hold);
        bench.finish();
    }

    #[test]
    fn what_is_no_source_fails_at_once_and_says_why() {
        let missing = CaptureError::Missing { path: "table.mp4".into() };
        let bench = bench(Delivery::Latest, quick(), vec![Attempt::Fails(missing)]);
        bench.wait_for("it fails", |status| *status == SourceStatus::Failed("table.mp4 does not exist".into()));
        bench.finish();
    }

    #[test]
    fn a_recording_that_breaks_off_is_not_repeated_where_every_frame_counts() {
        let attempts =
            vec![Attempt::Recorded(vec![Step::Pictures(2), Step::Break]), Attempt::Recorded(vec![Step::Pictures(2)])];
        let bench = bench(Delivery::EveryFrame, quick(), attempts);
        assert_eq!(bench.take(9), [0, 1]);
        assert!(matches!(bench.status(), SourceStatus::Failed(_)));
        bench.finish();
    }

    #[test]
    fn it_stops_while_it_waits_for_anything() {
        let (_hold, held) = bounded::<Infallible>(1);
        // For the receiver, for a reader, for the time of the next attempt.
        let waits = [
            (quick(), vec![Attempt::Recorded(vec![Step::Pictures(60)])]),
            (quick(), vec![Attempt::Live(vec![Step::Hang(held)])]),
            (SupervisorTiming { backoff_first: Duration::from_secs(3600), ..SupervisorTiming::default() }, vec![]),
        ];
        for (timing, attempts) in waits {
            bench(Delivery::EveryFrame, timing, attempts).finish();
        }
    }
}
