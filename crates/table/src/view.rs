//! The transforms that are in force: how the camera sees the table, and where the projector's light falls.

use super::{CameraPoint, CameraPx, FrameSize, Homography, ProjectorPx, TableMetres, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use std::time::Duration;

/// How the camera sees the table, plane by plane: what lies higher is seen further from the camera's foot point. Made of
/// straight pictures ([`Lens::straighten`](crate::Lens::straighten)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraView {
    /// Size of the pictures that the view holds for.
    pub size: FrameSize,
    /// For the silhouette centres of balls, one radius above the bed.
    pub ball_plane: Homography<CameraPx, TableMetres>,
    /// For what lies on the bed: the light of the projector, marks on the cloth.
    pub bed_plane: Homography<CameraPx, TableMetres>,
    /// For the lines of the noses.
    pub nose_plane: Homography<CameraPx, TableMetres>,
    /// Where the camera hangs: x, y and height over the bed, table metres; `None` where that is not known, and all
    /// planes are taken for that of the noses.
    pub eye: Option<[f64; 3]>,
}

impl CameraView {
    /// A view in which height makes no difference: of a camera that is very far away, or whose place is not known.
    #[must_use]
    pub fn flat(size: FrameSize, plane: Homography<CameraPx, TableMetres>) -> Self {
        Self { size, ball_plane: plane, bed_plane: plane, nose_plane: plane, eye: None }
    }

    /// Table place of the ball whose silhouette is centred at `p`.
    #[must_use]
    pub fn ball_on_table(&self, p: CameraPoint) -> Option<TablePoint> {
        self.ball_plane.map(p)
    }

    /// Where the silhouette of a ball at table place `p` is centred in the picture.
    #[must_use]
    pub fn ball_in_picture(&self, p: TablePoint) -> Option<CameraPoint> {
        self.ball_plane.inverse().map(p)
    }

    /// The place of the bed that is seen at `p`.
    #[must_use]
    pub fn bed_at(&self, p: CameraPoint) -> Option<TablePoint> {
        self.bed_plane.map(p)
    }

    /// Where a place of the bed is seen.
    #[must_use]
    pub fn bed_in_picture(&self, p: TablePoint) -> Option<CameraPoint> {
        self.bed_plane.inverse().map(p)
    }
}

/// Where the projector's light falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectorView {
    /// Size of the projected picture.
    pub size: FrameSize,
    /// For light on the bed of the table.
    pub from_table: Homography<TableMetres, ProjectorPx>,
}

/// The transforms that are in force: solved by the calibration, read by everybody.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// `None` until the table has been found in the camera's picture or pointed out by the operator.
    pub camera: Option<CameraView>,
    /// Before it is calibrated, the table is thought centred in the projector's picture.
    pub projector: ProjectorView,
    /// From a picture's way to the graphics card until a frame that shows its light has come into the program: the
    /// delays of projector and camera together. `None` until it has been measured.
    pub latency: Option<Duration>,
}
