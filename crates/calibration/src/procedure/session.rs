//! One calibration under way: shows pictures long enough, and takes the frames that show nothing else.

use super::{
    script::ProcedureError,
    stand::{Stand, Stop},
};
use crate::projector::{Latency, MeanLight, light};
use billiards_table::PatternPicture;
use opencv::core::Mat;
use std::time::Duration;

/// Minimum time that light is waited for while its delay is not known.
const UNKNOWN_DELAY: Duration = Duration::from_millis(800);
/// The same in frames: drivers queue some, and a slow program draws late.
const UNKNOWN_DELAY_FRAMES: u32 = 6;
/// What is waited beyond the measured delay: a projector's frame comes later now and then.
const MARGIN: Duration = Duration::from_millis(12);
/// Rows of a rolling shutter are read up to half a frame earlier or later than those in the middle of the table.
const SHUTTER: f64 = 0.6;

/// A stand in use.
pub(super) struct Session<'a> {
    stand: &'a mut dyn Stand,
    /// From handing a picture over until frames show nothing else.
    settle: Duration,
    /// Frames that have to pass as well.
    settle_frames: u32,
    began: Option<Duration>,
    last: Duration,
    frames: u32,
}

/// What was seen while a picture was shown.
pub(super) struct Held {
    /// The mean light.
    pub light: Mat,
    /// The last frame.
    pub last: Mat,
}

impl<'a> Session<'a> {
    /// On a stand of which nothing is known.
    pub fn new(stand: &'a mut dyn Stand) -> Self {
        Self {
            stand,
            settle: UNKNOWN_DELAY,
            settle_frames: UNKNOWN_DELAY_FRAMES,
            began: None,
            last: Duration::ZERO,
            frames: 0,
        }
    }

    /// From now on waits as long as this delay needs.
    pub fn know(&mut self, latency: &Latency) {
        let shutter = latency.interval.mul_f64(SHUTTER);
        self.settle = latency.delay + latency.rise.mul_f64(0.5) + 2 * latency.spread + shutter + MARGIN;
        self.settle_frames = 0;
    }

    /// Waits this much longer from now on, and a frame's time at least.
    pub fn wait_longer(&mut self, by: Duration) {
        let frame = self.rate().map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        self.settle += by.max(frame);
    }

    /// Returns how many frames a second have come so far; `None` before there are some.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed().as_secs_f64();
        (self.frames > 2 && seconds > 0.0).then(|| f64::from(self.frames - 1) / seconds)
    }

    /// Time since the first frame.
    pub fn elapsed(&self) -> Duration {
        self.last.saturating_sub(self.began.unwrap_or(self.last))
    }

    /// Tells how far the procedure is.
    pub fn tell(&mut self, progress: f64, words: &str) {
        self.stand.tell(progress, words);
    }

    /// Shows a picture after a while, and says when it was handed over.
    pub fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Stop> {
        self.stand.show(picture, wait)
    }

    /// The next frame and its stamp.
    pub fn frame(&mut self) -> Result<(Duration, Mat), Stop> {
        let frame = self.stand.frame()?;
        self.began.get_or_insert(frame.stamp);
        self.last = frame.stamp;
        self.frames += 1;
        Ok((frame.stamp, frame.picture))
    }

    /// Shows a picture until so many frames show nothing else.
    pub fn frames(&mut self, picture: &PatternPicture, count: usize) -> Result<Vec<(Duration, Mat)>, Stop> {
        let drawn = self.stand.show(picture, Duration::ZERO)?;
        let mut frames = Vec::with_capacity(count);
        let mut passed = 0;
        while frames.len() < count {
            let frame = self.frame()?;
            // Frames from before the picture may still have been waiting.
            passed += u32::from(frame.0 >= drawn);
            if frame.0 >= drawn + self.settle && passed > self.settle_frames {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    /// The same, their light averaged.
    pub fn hold(&mut self, picture: &PatternPicture, count: usize) -> Result<Held, ProcedureError> {
        let mut mean = MeanLight::default();
        let mut last = Mat::default();
        for (_, frame) in self.frames(picture, count)? {
            mean.add(light(&frame)?)?;
            last = frame;
        }
        Ok(Held { light: mean.mean()?, last })
    }
}
