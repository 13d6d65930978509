//! The simulated rig in lockstep, as the calibration procedure drives it.

use crate::{
    rig::closed_loop::ClosedLoop,
    sense::{LatestSight, SenseWorker},
    show::overlay::Picture,
};
use billiards_calibration::procedure::{Interruption, RigFrame, RigInterface};
use billiards_table::PatternPicture;
use opencv::prelude::*;
use std::time::Duration;

/// Rig that shows pictures through the overlay, and takes the frames that the trainer gets.
pub(crate) struct LockstepRig<'a> {
    running: &'a mut ClosedLoop,
}

impl<'a> LockstepRig<'a> {
    /// Takes over this rig; until it is dropped, patterns are projected instead of the overlay.
    pub fn new(running: &'a mut ClosedLoop) -> Self {
        running.world_mut().resource::<SenseWorker>().keep_delivered(true);
        Self { running }
    }
}

impl Drop for LockstepRig<'_> {
    fn drop(&mut self) {
        self.running.world_mut().resource::<SenseWorker>().keep_delivered(false);
        self.running.world_mut().insert_resource(Picture::Overlay);
    }
}

impl RigInterface for LockstepRig<'_> {
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Interruption> {
        self.running.world_mut().insert_resource(Picture::Pattern(picture.clone()));
        self.running.between_frames(wait).map_err(|_| Interruption::ProjectorSilent)?;
        Ok(Duration::from_secs_f64(self.running.rig().now()))
    }

    fn frame(&mut self) -> Result<RigFrame, Interruption> {
        self.running.frame().map_err(|_| Interruption::CameraSilent)?;
        let sight = self.running.world().resource::<LatestSight>().0.clone().ok_or(Interruption::CameraSilent)?;
        let delivered = sight.delivered.as_ref().ok_or(Interruption::CameraSilent)?;
        let picture = delivered.image.try_clone().map_err(|_| Interruption::CameraSilent)?;
        Ok(RigFrame { stamp: sight.stamp.time, picture })
    }

    fn report(&mut self, progress: f64, words: &str) {
        tracing::debug!("{:.0} %: {words}", 100.0 * progress);
    }
}
