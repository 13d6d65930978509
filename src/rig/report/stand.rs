//! Simulated rig in lockstep as the stand on which the calibration works.

use crate::{
    rig::closed_loop::ClosedLoop,
    sense::{LatestSight, SenseWorker},
    show::overlay::Picture,
};
use billiards_calibration::procedure::{RigFrame, Stand, Stop};
use billiards_table::PatternPicture;
use opencv::prelude::*;
use std::time::Duration;

/// Stand that shows pictures through the overlay, and takes the frames that the trainer gets.
pub(crate) struct LockstepStand<'a> {
    running: &'a mut ClosedLoop,
}

impl<'a> LockstepStand<'a> {
    /// Takes over this rig; until it is dropped, patterns are projected instead of the overlay.
    pub fn new(running: &'a mut ClosedLoop) -> Self {
        running.world_mut().resource::<SenseWorker>().keep_delivered(true);
        Self { running }
    }
}

impl Drop for LockstepStand<'_> {
    fn drop(&mut self) {
        self.running.world_mut().resource::<SenseWorker>().keep_delivered(false);
        self.running.world_mut().insert_resource(Picture::Overlay);
    }
}

impl Stand for LockstepStand<'_> {
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Stop> {
        self.running.world_mut().insert_resource(Picture::Pattern(picture.clone()));
        self.running.between_frames(wait).map_err(|_| Stop::ProjectorSilent)?;
        Ok(Duration::from_secs_f64(self.running.rig().now()))
    }

    fn frame(&mut self) -> Result<RigFrame, Stop> {
        self.running.frame().map_err(|_| Stop::CameraSilent)?;
        let sight = self.running.world().resource::<LatestSight>().0.clone().ok_or(Stop::CameraSilent)?;
        let delivered = sight.delivered.as_ref().ok_or(Stop::CameraSilent)?;
        let picture = delivered.image.try_clone().map_err(|_| Stop::CameraSilent)?;
        Ok(RigFrame { stamp: sight.stamp.time, picture })
    }

    fn tell(&mut self, progress: f64, words: &str) {
        tracing::debug!("{:.0} %: {words}", 100.0 * progress);
    }
}
