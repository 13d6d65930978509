//! Pictures and sources for tests.

use super::{CaptureError, FrameSource, Opener, Picture};
use crossbeam_channel::Receiver;
use opencv::{
    core::{self, Mat, Scalar, Vector},
    imgcodecs,
    prelude::*,
};
use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Creates a flat grey picture.
pub fn grey(width: i32, height: i32) -> Mat {
    Mat::new_rows_cols_with_default(height, width, core::CV_8UC3, Scalar::all(90.0)).unwrap()
}

/// Encodes a flat picture in the format of the extension (with its dot).
pub fn blank(extension: &str, width: i32, height: i32) -> Vec<u8> {
    encode(extension, &grey(width, height))
}

/// Encodes a picture of noise in the format of the extension (with its dot).
pub fn noise(extension: &str, width: i32, height: i32) -> Vec<u8> {
    let mut picture = grey(width, height);
    core::randu(&mut picture, &0f64, &255f64).unwrap();
    encode(extension, &picture)
}

fn encode(extension: &str, picture: &Mat) -> Vec<u8> {
    let mut bytes = Vector::<u8>::new();
    assert!(imgcodecs::imencode_def(extension, picture, &mut bytes).unwrap());
    bytes.to_vec()
}

/// Waits until a condition holds, and panics after ten seconds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < limit, "{what}: not within ten seconds");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A step of a scripted source, which ends after its last step.
pub enum Step {
    /// Delivers this number of pictures, 10 ms apart in its own time if it is recorded.
    Pictures(u64),
    /// Lets this much of its own time pass.
    Gap(Duration),
    /// Breaks off with an error.
    Break,
    /// Panics.
    Panic,
    /// Delivers nothing until the sender of the channel is dropped.
    Hang(Receiver<Infallible>),
}

/// Outcome of an attempt to open a source.
pub enum Attempt {
    /// The attempt fails.
    Fails(CaptureError),
    /// The attempt blocks until the sender of the channel is dropped, then continues with the next one of the list.
    Waits(Receiver<Infallible>),
    /// A live source with this script.
    Live(Vec<Step>),
    /// A recorded source with this script.
    Recorded(Vec<Step>),
}

/// Returns an opener with these outcomes in turn, which fails after the last.
pub fn opener(attempts: Vec<Attempt>) -> Opener {
    let attempts = Mutex::new(VecDeque::from(attempts));
    Arc::new(move || -> Result<Box<dyn FrameSource>, CaptureError> {
        let source =
            |live, script: Vec<Step>| Box::new(Script { live, steps: script.into(), count: 0, gap: Duration::ZERO });
        loop {
            let next = attempts.lock().unwrap().pop_front();
            return match next {
                None => Err(interrupted("no further attempt is scripted")),
                Some(Attempt::Fails(error)) => Err(error),
                Some(Attempt::Live(script)) => Ok(source(true, script)),
                Some(Attempt::Recorded(script)) => Ok(source(false, script)),
                Some(Attempt::Waits(released)) => {
                    assert!(released.recv().is_err());
                    continue;
                }
            };
        }
    })
}

/// Returns an error after which a retry may help.
pub fn interrupted(reason: &str) -> CaptureError {
    CaptureError::Interrupted { name: "script".into(), reason: reason.into() }
}

struct Script {
    live: bool,
    steps: VecDeque<Step>,
    count: u64,
    gap: Duration,
}

impl FrameSource for Script {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        loop {
            match self.steps.front_mut() {
                None => return Ok(None),
                Some(Step::Pictures(0)) => {}
                Some(Step::Pictures(left)) => {
                    *left -= 1;
                    let time = (!self.live).then(|| Duration::from_millis(10 * self.count) + self.gap);
                    self.count += 1;
                    return Ok(Some(Picture { image: grey(64, 64), time }));
                }
                Some(Step::Gap(time)) => self.gap += *time,
                Some(Step::Break) => return Err(interrupted("as scripted")),
                Some(Step::Panic) => panic!("as scripted"),
                Some(Step::Hang(released)) => {
                    // No value is ever sent: this waits until the sender is dropped.
                    assert!(released.recv().is_err());
                }
            }
            self.steps.pop_front();
        }
    }

    fn is_live(&self) -> bool {
        self.live
    }

    fn describe(&self) -> String {
        "script".into()
    }
}
