//! The transforms in force: the camera's view of the table, and the position of the projector's light.

use super::{CameraPoint, CameraPx, FrameSize, Homography, ProjectorPx, TableMetres, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use std::time::Duration;

/// The camera's view of the table, plane by plane: higher points appear further from the camera's foot point. It holds
/// for rectified pictures ([`Lens::undistort`](crate::Lens::undistort)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraView {
    /// Size of the pictures that the view holds for, pixels.
    pub size: FrameSize,
    /// Plane of the silhouette centres of object balls, one radius above the bed.
    pub ball_plane: Homography<CameraPx, TableMetres>,
    /// Plane of the bed, with the light of the projector and the marks on the cloth.
    pub bed_plane: Homography<CameraPx, TableMetres>,
    /// Plane of the nose lines.
    pub nose_plane: Homography<CameraPx, TableMetres>,
    /// Position of the camera: x, y and height above the bed in the table frame, metres. `None` if it is unknown; all
    /// planes are then assumed to be that of the noses.
    pub eye: Option<[f64; 3]>,
}

impl CameraView {
    /// Creates a view in which height makes no difference, for a camera that is very far away or whose position is
    /// unknown.
    #[must_use]
    pub fn flat(size: FrameSize, plane: Homography<CameraPx, TableMetres>) -> Self {
        Self { size, ball_plane: plane, bed_plane: plane, nose_plane: plane, eye: None }
    }

    /// Returns the table position of the object ball whose silhouette is centred at `p`.
    #[must_use]
    pub fn ball_on_table(&self, p: CameraPoint) -> Option<TablePoint> {
        self.ball_plane.map(p)
    }

    /// Returns the centre in the picture of the silhouette of a ball at table position `p`.
    #[must_use]
    pub fn ball_in_picture(&self, p: TablePoint) -> Option<CameraPoint> {
        self.ball_plane.inverse().map(p)
    }

    /// Returns the table position of a point at `height`, metres above the bed, that appears at `p` of a plane at the
    /// height `plane`. Without a known position of the camera, height makes no difference.
    #[must_use]
    pub fn at_height(&self, p: TablePoint, plane: f64, height: f64) -> TablePoint {
        let Some([x, y, eye]) = self.eye.filter(|_| height != plane) else { return p };
        let foot = TablePoint::new(x, y);
        foot + (p - foot) * ((eye - height) / (eye - plane))
    }

    /// Returns the point of the bed that is seen at `p`.
    #[must_use]
    pub fn bed_at(&self, p: CameraPoint) -> Option<TablePoint> {
        self.bed_plane.map(p)
    }

    /// Returns the point of the picture at which a point of the bed is seen.
    #[must_use]
    pub fn bed_in_picture(&self, p: TablePoint) -> Option<CameraPoint> {
        self.bed_plane.inverse().map(p)
    }
}

/// Position of the projector's light on the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProjectorView {
    /// Size of the projected picture, pixels.
    pub size: FrameSize,
    /// Homography from the bed of the table to the projected picture.
    pub from_table: Homography<TableMetres, ProjectorPx>,
}

/// The transforms in force: written by the calibration, read by all other parts.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// View of the camera; `None` until the table has been found in the picture or marked there by the operator.
    pub camera: Option<CameraView>,
    /// View of the projector. Until it is calibrated, the table is assumed to be centred in the projector's picture.
    pub projector: ProjectorView,
    /// Time from handing a picture to the graphics card until a frame that shows its light has entered the program: the
    /// delays of projector and camera together. `None` until it has been measured.
    pub latency: Option<Duration>,
}
