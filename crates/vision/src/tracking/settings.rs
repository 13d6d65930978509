//! The figures that the tracker works with.

use super::kalman::MotionModel;
use billiards_table::{Pocket, TableKind, TableSpec};

/// Figures of the tracker. Lengths in metres, times in seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerSettings {
    /// How a ball moves and how well it is seen.
    pub motion: MotionModel,
    /// Radius of the balls.
    pub ball_radius: f64,
    /// Nose to nose, across and along.
    pub bed: (f64, f64),
    /// Share of its speed with which a ball comes off a nose.
    pub rail_restitution: f64,
    /// Holes that a ball may vanish into.
    pub pockets: Vec<Pocket>,
    /// Time that the camera takes to read a picture from top to bottom, seconds; 0 for a global shutter.
    pub readout: f64,
    /// No ball is faster than this, metres a second.
    pub top_speed: f64,
    /// Sightings further from the prediction than this squared Mahalanobis distance do not belong to it.
    pub gate: f64,
    /// A ball whose place is seen to be bare cloth for longer than this is taken off the table.
    pub occlusion: f64,
    /// A ball that has been hidden for longer than this, too.
    pub patience: f64,
    /// A ball that lay at the lip of a pocket and has not been seen for longer than this has fallen.
    pub lip_patience: f64,
    /// A ball that vanished while it rolled into a pocket has fallen if it has not been seen for longer than this.
    pub fall_time: f64,
    /// A ball slower than this, metres a second, for `rest_frames` frames lies still.
    pub rest_speed: f64,
    /// So many frames in a row a ball must be slower than `rest_speed`.
    pub rest_frames: u32,
    /// Frames further apart than this have nothing to do with one another.
    pub longest_gap: f64,
    /// At most so many sightings of a frame are heeded, the surest first.
    pub most_sightings: usize,
    /// At most so many balls are tracked.
    pub most_balls: usize,
}

impl TrackerSettings {
    /// The usual figures for balls on this table.
    #[must_use]
    pub fn for_table(spec: &TableSpec) -> Self {
        Self {
            motion: MotionModel::default(),
            ball_radius: spec.ball_radius,
            bed: (spec.width, spec.length),
            rail_restitution: 0.75,
            pockets: spec.features().pockets,
            readout: 0.0,
            top_speed: 15.0,
            gate: 16.0,
            occlusion: 0.5,
            patience: 60.0,
            lip_patience: 1.5,
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
        Self::for_table(&TableKind::NineFoot.spec())
    }
}
