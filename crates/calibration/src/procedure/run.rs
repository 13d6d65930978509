//! A procedure on a thread of its own, next to an application that must not block.

use super::{
    interface::{Interruption, RigFrame, RigInterface},
    script::ProcedureError,
};
use billiards_table::PatternPicture;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, unbounded};
use opencv::{core::Mat, prelude::*};
use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Maximum number of frames that wait for the procedure; further ones are dropped while it computes.
const MAX_WAITING: usize = 12;
/// Minimum number of frames, over at least [`EVENT_TIMEOUT`], after which a picture that has not been drawn is given
/// up.
const MIN_UNDRAWN_FRAMES: usize = 60;
/// Minimum time without events after which the camera is given up.
const EVENT_TIMEOUT: Duration = Duration::from_secs(5);
/// Minimum time without events after which the camera is given up, in intervals between frames: a slow camera is not a
/// silent one.
const EVENT_TIMEOUT_INTERVALS: u32 = 10;

/// Events since the last step.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcedureInput<'a> {
    /// Number of the picture that was handed to the graphics card, and the time of that, by the clock of the frames'
    /// stamps.
    pub drawn: Option<(u64, Duration)>,
    /// A frame as the camera delivered it (8-bit BGR), and the time at which it entered the program.
    pub frame: Option<(Duration, &'a Mat)>,
    /// `true` if the source of frames is gone.
    pub source_lost: bool,
}

/// State of a procedure after a step: what to show and to say.
#[derive(Debug, Clone)]
pub struct ProcedureStep {
    /// Picture to project, and its number to report when it has been drawn; `None` before the first and after the end.
    pub show: Option<(u64, Arc<PatternPicture>)>,
    /// Share of the procedure that is done, 0 to 1.
    pub progress: f64,
    /// Current step, or what to do, in words.
    pub words: String,
    /// `true` once the procedure has ended; [`ProcedureRun::outcome`] has its result.
    pub ended: bool,
}

enum Event {
    Drawn(u64, Duration),
    Frame(RigFrame),
    Lost,
}

enum Message<T> {
    Show(u64, Arc<PatternPicture>),
    Progress(f64, String),
    End(Box<Result<T, ProcedureError>>),
}

/// A running procedure that results in a `T`.
pub struct ProcedureRun<T> {
    /// Sender of events to the procedure; dropped to cancel it.
    events: Option<Sender<Event>>,
    messages: Receiver<Message<T>>,
    step: ProcedureStep,
    outcome: Option<Box<Result<T, ProcedureError>>>,
}

impl<T: Send + 'static> ProcedureRun<T> {
    /// Starts a procedure, a script that is given the rig, on a thread of its own.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(
        script: impl FnOnce(&mut dyn RigInterface) -> Result<T, ProcedureError> + Send + 'static,
    ) -> io::Result<Self> {
        let (events, incoming) = unbounded();
        let (outgoing, messages) = unbounded();
        thread::Builder::new().name("calibration".to_owned()).spawn(move || {
            let mut rig = ThreadRig::new(incoming, outgoing);
            let ended = script(&mut rig);
            // The receiver may be gone.
            drop(rig.outgoing.send(Message::End(Box::new(ended))));
        })?;
        let step = ProcedureStep { show: None, progress: 0.0, words: String::new(), ended: false };
        Ok(Self { events: Some(events), messages, step, outcome: None })
    }

    /// Reports events to the procedure and returns its state without blocking.
    pub fn advance(&mut self, input: ProcedureInput<'_>) -> ProcedureStep {
        if let Some(events) = &self.events {
            let drawn = input.drawn.map(|(number, at)| Event::Drawn(number, at));
            let frame = input.frame.filter(|_| events.len() < MAX_WAITING);
            let frame = frame.and_then(|(stamp, picture)| Some(RigFrame { stamp, picture: picture.try_clone().ok()? }));
            let lost = input.source_lost.then_some(Event::Lost);
            for event in drawn.into_iter().chain(frame.map(Event::Frame)).chain(lost) {
                // A procedure that has ended needs no more events.
                drop(events.send(event));
            }
        }
        loop {
            match self.messages.try_recv() {
                Ok(Message::Show(number, picture)) => self.step.show = Some((number, picture)),
                Ok(Message::Progress(progress, words)) => (self.step.progress, self.step.words) = (progress, words),
                Ok(Message::End(outcome)) => self.end(outcome),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    // The outcome has been received, or the thread ended without one.
                    if !self.step.ended {
                        self.end(Box::new(Err(Interruption::Aborted.into())));
                    }
                    break;
                }
            }
        }
        self.step.clone()
    }

    fn end(&mut self, outcome: Box<Result<T, ProcedureError>>) {
        // A cancelled procedure may have been about to succeed.
        let cancelled = self.events.is_none();
        let outcome = if cancelled { Box::new(Err(Interruption::Cancelled.into())) } else { outcome };
        self.step.ended = true;
        self.step.show = None;
        self.outcome = Some(outcome);
    }

    /// Cancels the procedure; it ends when it next shows a picture or waits for a frame.
    pub fn cancel(&mut self) {
        self.events = None;
    }

    /// Takes the outcome once the procedure has ended; `None` the second time.
    pub fn outcome(&mut self) -> Option<Result<T, ProcedureError>> {
        self.outcome.take().map(|outcome| *outcome)
    }
}

/// The rig as seen from the procedure's thread.
struct ThreadRig<T> {
    incoming: Receiver<Event>,
    outgoing: Sender<Message<T>>,
    /// Frames that came while a picture was being drawn, oldest first, at most [`MAX_WAITING`].
    waiting: VecDeque<RigFrame>,
    shown: u64,
    /// Stamp of the newest frame.
    newest: Option<Duration>,
    /// Intervals between the last frames. If the procedure was computing in between, one of them is long.
    gaps: [Duration; 2],
}

impl<T> ThreadRig<T> {
    fn new(incoming: Receiver<Event>, outgoing: Sender<Message<T>>) -> Self {
        Self { incoming, outgoing, waiting: VecDeque::new(), shown: 0, newest: None, gaps: [Duration::ZERO; 2] }
    }

    fn event(&mut self) -> Result<Event, Interruption> {
        let interval = self.gaps[0].min(self.gaps[1]);
        let event = match self.incoming.recv_timeout(EVENT_TIMEOUT.max(EVENT_TIMEOUT_INTERVALS * interval)) {
            Ok(Event::Lost) => return Err(Interruption::CameraLost),
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Err(Interruption::CameraSilent),
            Err(RecvTimeoutError::Disconnected) => return Err(Interruption::Cancelled),
        };
        if let Event::Frame(frame) = &event {
            let gap = self.newest.map_or(Duration::ZERO, |newest| frame.stamp.saturating_sub(newest));
            (self.newest, self.gaps) = (Some(frame.stamp), [self.gaps[1], gap]);
        }
        Ok(event)
    }
}

impl<T> RigInterface for ThreadRig<T> {
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Interruption> {
        thread::sleep(wait);
        self.shown += 1;
        self.outgoing
            .send(Message::Show(self.shown, Arc::new(picture.clone())))
            .map_err(|_| Interruption::Cancelled)?;
        let (began, mut frames) = (Instant::now(), 0);
        while frames < MIN_UNDRAWN_FRAMES || began.elapsed() < EVENT_TIMEOUT {
            match self.event()? {
                Event::Drawn(number, at) if number == self.shown => return Ok(at),
                Event::Frame(frame) => {
                    frames += 1;
                    if self.waiting.len() < MAX_WAITING {
                        self.waiting.push_back(frame);
                    }
                }
                Event::Drawn(..) | Event::Lost => {}
            }
        }
        Err(Interruption::ProjectorSilent)
    }

    fn newest_frame(&mut self) -> Result<RigFrame, Interruption> {
        let mut newest = self.frame()?;
        while !self.waiting.is_empty() || !self.incoming.is_empty() {
            newest = self.frame()?;
        }
        Ok(newest)
    }

    fn frame(&mut self) -> Result<RigFrame, Interruption> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(frame);
        }
        loop {
            if let Event::Frame(frame) = self.event()? {
                return Ok(frame);
            }
        }
    }

    fn report(&mut self, progress: f64, words: &str) {
        drop(self.outgoing.send(Message::Progress(progress, words.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the outcome of a script, which may be cancelled while it runs.
    fn outcome<T: Send + 'static>(
        cancel: bool,
        script: impl FnOnce(&mut dyn RigInterface) -> Result<T, ProcedureError> + Send + 'static,
    ) -> Result<T, ProcedureError> {
        let (released, waits) = crossbeam_channel::bounded::<()>(0);
        let run = ProcedureRun::start(move |rig| {
            assert!(waits.recv().is_err());
            script(rig)
        });
        let mut run = run.expect("a thread");
        if cancel {
            run.cancel();
        }
        drop(released);
        while !run.advance(ProcedureInput::default()).ended {
            thread::yield_now();
        }
        run.outcome().expect("it has ended")
    }

    #[test]
    fn what_is_cancelled_finds_nothing_however_near_its_end_it_was() {
        assert_eq!(outcome(false, |_| Ok(7)).expect("found"), 7);
        let cancelled = outcome(true, |_| Ok(7));
        assert!(matches!(cancelled, Err(ProcedureError::Interrupted(Interruption::Cancelled))), "{cancelled:?}");
    }

    #[test]
    fn a_procedure_that_breaks_off_says_so() {
        let broken = outcome(false, |_| -> Result<i32, ProcedureError> { panic!("a bug") });
        assert!(matches!(broken, Err(ProcedureError::Interrupted(Interruption::Aborted))), "{broken:?}");
    }

    #[test]
    fn the_newest_of_waiting_frames_is_taken() {
        let (events, incoming) = unbounded();
        let (outgoing, _messages) = unbounded::<Message<()>>();
        let mut rig = ThreadRig::new(incoming, outgoing);
        for i in 1..=3 {
            let frame = RigFrame { stamp: Duration::from_millis(i), picture: Mat::default() };
            assert!(events.send(Event::Frame(frame)).is_ok());
        }
        assert_eq!(rig.newest_frame().expect("a frame").stamp, Duration::from_millis(3));
    }
}
