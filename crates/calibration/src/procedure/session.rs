//! A calibration under way: shows pictures long enough, and takes the frames that show nothing else.

use super::{
    interface::{Interruption, RigInterface},
    script::ProcedureError,
};
use crate::projector::{Latency, MeanLight, light};
use billiards_table::PatternPicture;
use opencv::core::Mat;
use std::time::Duration;

/// Minimum time to wait for light while its delay is unknown.
const UNKNOWN_DELAY: Duration = Duration::from_millis(800);
/// Minimum number of frames to wait for light while its delay is unknown: drivers queue some, and a slow program draws
/// late.
const UNKNOWN_DELAY_FRAMES: u32 = 6;
/// Additional waiting time beyond the measured delay: a projector's frame is late now and then.
const MARGIN: Duration = Duration::from_millis(12);
/// Additional waiting time, in frames: rows of a rolling shutter are read up to half a frame earlier or later than
/// those in the middle of the table.
const SHUTTER: f64 = 0.6;

/// Session of a calibration of a rig.
pub(super) struct Session<'a> {
    rig: &'a mut dyn RigInterface,
    /// Time from handing a picture over until frames show nothing else.
    settle: Duration,
    /// Number of frames that must pass as well.
    settle_frames: u32,
    began: Option<Duration>,
    last: Duration,
    frames: u32,
}

/// Light and last frame while a picture was shown.
pub(super) struct AveragedLight {
    /// Mean light of the frames.
    pub light: Mat,
    /// Last frame.
    pub last: Mat,
}

impl<'a> Session<'a> {
    /// Creates a session with a rig whose delay is unknown.
    pub fn new(rig: &'a mut dyn RigInterface) -> Self {
        Self {
            rig,
            settle: UNKNOWN_DELAY,
            settle_frames: UNKNOWN_DELAY_FRAMES,
            began: None,
            last: Duration::ZERO,
            frames: 0,
        }
    }

    /// Adapts the waiting time to a measured delay.
    pub fn set_latency(&mut self, latency: &Latency) {
        let shutter = latency.interval.mul_f64(SHUTTER);
        self.settle = latency.delay + latency.rise.mul_f64(0.5) + 2 * latency.spread + shutter + MARGIN;
        self.settle_frames = 0;
    }

    /// Extends the waiting time by `by`, or by one frame if that is longer.
    pub fn wait_longer(&mut self, by: Duration) {
        let frame = self.rate().map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        self.settle += by.max(frame);
    }

    /// Returns the frame rate so far, hertz; `None` before there are enough frames.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.elapsed().as_secs_f64();
        (self.frames > 2 && seconds > 0.0).then(|| f64::from(self.frames - 1) / seconds)
    }

    /// Returns the time from the first frame to the last.
    pub fn elapsed(&self) -> Duration {
        self.last.saturating_sub(self.began.unwrap_or(self.last))
    }

    /// Reports the progress of the procedure, 0 to 1, and what to do.
    pub fn report(&mut self, progress: f64, words: &str) {
        self.rig.report(progress, words);
    }

    /// Shows a picture after `wait`, and returns the time at which it was handed over.
    pub fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Interruption> {
        self.rig.show(picture, wait)
    }

    /// Returns the next frame and its stamp.
    pub fn frame(&mut self) -> Result<(Duration, Mat), Interruption> {
        let frame = self.rig.frame()?;
        self.began.get_or_insert(frame.stamp);
        self.last = frame.stamp;
        self.frames += 1;
        Ok((frame.stamp, frame.picture))
    }

    /// Shows a picture until `count` frames show nothing else, and returns them with their stamps.
    pub fn frames(&mut self, picture: &PatternPicture, count: usize) -> Result<Vec<(Duration, Mat)>, Interruption> {
        let drawn = self.rig.show(picture, Duration::ZERO)?;
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

    /// Shows a picture until `count` frames show nothing else, and averages their light.
    pub fn average_light(&mut self, picture: &PatternPicture, count: usize) -> Result<AveragedLight, ProcedureError> {
        let mut mean = MeanLight::default();
        let mut last = Mat::default();
        for (_, frame) in self.frames(picture, count)? {
            mean.add(light(&frame)?)?;
            last = frame;
        }
        Ok(AveragedLight { light: mean.mean()?, last })
    }
}
