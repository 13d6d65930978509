//! Setup of a simulated rig: camera, cloth, light of the room, projector.

use super::{camera::SimulatedCamera, colour::Rgb, projector::SimulatedProjector};
use billiards_table::{BallLabel, BallSet, FrameSize, PlainColour, TableSpec};

/// Cloth on the bed and the cushions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloth {
    /// Tournament blue.
    Blue,
    /// Traditional green.
    Green,
    /// Burgundy.
    Red,
    /// Grey.
    Grey,
    /// Dark teal.
    Teal,
    /// Tan.
    Tan,
    /// Black.
    Black,
    /// Purple.
    Purple,
}

impl Cloth {
    /// All cloths.
    pub const ALL: [Self; 8] =
        [Self::Blue, Self::Green, Self::Red, Self::Grey, Self::Teal, Self::Tan, Self::Black, Self::Purple];

    /// Returns the colour that a picture stores for the cloth in full light.
    pub(super) fn colour(self) -> Rgb {
        match self {
            Self::Blue => Rgb::stored(28, 112, 172),
            Self::Green => Rgb::stored(20, 116, 70),
            Self::Red => Rgb::stored(138, 28, 48),
            Self::Grey => Rgb::stored(112, 116, 122),
            Self::Teal => Rgb::stored(14, 78, 84),
            Self::Tan => Rgb::stored(168, 138, 92),
            Self::Black => Rgb::stored(34, 35, 38),
            Self::Purple => Rgb::stored(82, 42, 122),
        }
    }
}

/// Light of the lamp and the room, without the projector's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomLight {
    /// Light in the middle of the bed; 1 is well exposed by the camera.
    pub level: f32,
    /// Share of the light that comes evenly from the room, 0 to 1; the rest comes from the lamp over the table.
    pub evenness: f32,
}

impl Default for RoomLight {
    fn default() -> Self {
        Self { level: 1.0, evenness: 0.34 }
    }
}

/// Everything around a simulated table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigSetup {
    /// The camera.
    pub camera: SimulatedCamera,
    /// Cloth of the table.
    pub cloth: Cloth,
    /// Light of lamp and room, to which the projector's is added.
    pub light: RoomLight,
    /// The projector.
    pub projector: SimulatedProjector,
}

/// Returns the usual cloth of a table: blue, and green where a blue ball is played with.
fn usual_cloth(spec: &TableSpec) -> Cloth {
    let blue_ball = BallLabel::Colour(PlainColour::Blue);
    if BallSet::of_table(spec).balls().contains(&blue_ball) { Cloth::Green } else { Cloth::Blue }
}

impl RigSetup {
    /// Creates a plain rig: camera and projector straight over the middle, no distortion, no delays.
    #[must_use]
    pub fn plain(spec: &TableSpec, size: FrameSize) -> Self {
        Self {
            camera: SimulatedCamera::over(spec, size),
            cloth: usual_cloth(spec),
            light: RoomLight::default(),
            projector: SimulatedProjector::over(spec),
        }
    }
}
