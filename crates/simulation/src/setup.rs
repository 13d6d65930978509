//! How a simulated rig is set up: camera, cloth, light of the room, projector.

use super::{camera::SimulatedCamera, colour::Rgb, projector::SimulatedProjector};
use billiards_table::{FrameSize, TableSpec};

/// What the bed and the cushions are covered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloth {
    /// Tournament blue.
    Blue,
    /// The green of old.
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
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Blue, Self::Green, Self::Red, Self::Grey, Self::Teal, Self::Tan, Self::Black, Self::Purple];

    /// As a picture stores it in full light.
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

/// The light of lamps and room, without the projector's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoomLight {
    /// On the middle of the bed; at 1 the camera exposes it well.
    pub level: f32,
    /// Share of it that comes evenly from the room, 0 to 1; the rest comes from the lamp over the table.
    pub evenness: f32,
}

impl Default for RoomLight {
    fn default() -> Self {
        Self { level: 1.0, evenness: 0.34 }
    }
}

/// Everything that stands round a simulated table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RigSetup {
    /// The camera.
    pub camera: SimulatedCamera,
    /// What the table is covered with.
    pub cloth: Cloth,
    /// The light that the projector adds to.
    pub light: RoomLight,
    /// The projector.
    pub projector: SimulatedProjector,
}

impl RigSetup {
    /// The plain one: camera and projector straight over the middle, no bends, no delays.
    #[must_use]
    pub fn plain(spec: &TableSpec, size: FrameSize) -> Self {
        Self {
            camera: SimulatedCamera::over(spec, size),
            cloth: Cloth::Blue,
            light: RoomLight::default(),
            projector: SimulatedProjector::over(spec),
        }
    }
}
