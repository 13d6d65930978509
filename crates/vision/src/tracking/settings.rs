//! Settings of the tracker.

use super::kalman::MotionModel;
use billiards_table::{Pocket, TableKind, TableSpec};

/// Settings of the tracker. Lengths in metres, times in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerSettings {
    /// Motion of a ball and noise of its sightings.
    pub motion: MotionModel,
    /// Radius of the object balls, metres.
    pub ball_radius: f64,
    /// Radius of the cue ball, metres.
    pub cue_ball_radius: f64,
    /// Distance from nose to nose, across and along, metres.
    pub bed: (f64, f64),
    /// Ratio of a ball's speed off a nose to its speed onto the nose.
    pub rail_restitution: f64,
    /// Pockets that a ball may vanish into.
    pub pockets: Vec<Pocket>,
    /// Time that the camera takes to read a picture from top to bottom, seconds; 0 for a global shutter.
    pub readout: f64,
    /// Maximum speed of a ball, metres per second.
    pub top_speed: f64,
    /// Maximum squared Mahalanobis distance between a sighting and the prediction that it belongs to.
    pub gate: f64,
    /// Time for which a ball's place must be visible as bare cloth before the ball is removed, seconds.
    pub occlusion: f64,
    /// Time for which a ball must have been hidden before it is removed, seconds.
    pub removal_timeout: f64,
    /// Time for which a ball that lay at the lip of a pocket must have been unseen to have fallen, seconds.
    pub lip_timeout: f64,
    /// Time for which a ball that vanished while it rolled into a pocket must have been unseen to have fallen, seconds.
    pub fall_time: f64,
    /// Speed below which a ball must stay for `rest_frames` frames to lie still, metres per second.
    pub rest_speed: f64,
    /// Number of successive frames for which a ball must be slower than `rest_speed` to lie still.
    pub rest_frames: u32,
    /// Maximum time between frames of one run, seconds; after a longer one all balls are discarded.
    pub longest_gap: f64,
    /// Maximum number of sightings of a frame that are used, those of highest confidence first.
    pub most_sightings: usize,
    /// Maximum number of tracked balls.
    pub most_balls: usize,
}

impl TrackerSettings {
    /// Returns the default settings for balls on this table.
    #[must_use]
    pub fn for_table(spec: &TableSpec) -> Self {
        Self {
            motion: MotionModel::default(),
            ball_radius: spec.ball_radius,
            cue_ball_radius: spec.cue_ball.radius,
            bed: (spec.width, spec.length),
            rail_restitution: 0.75,
            pockets: spec.features().pockets,
            readout: 0.0,
            top_speed: 15.0,
            gate: 16.0,
            occlusion: 0.5,
            removal_timeout: 60.0,
            lip_timeout: 1.5,
            fall_time: 0.2,
            rest_speed: 0.02,
            rest_frames: 5,
            longest_gap: 1.0,
            most_sightings: 48,
            most_balls: 32,
        }
    }
}

impl Default for TrackerSettings {
    fn default() -> Self {
        Self::for_table(&TableKind::NINE_FOOT.spec())
    }
}
