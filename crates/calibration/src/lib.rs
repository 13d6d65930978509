//! Calibration of a camera, a table and a projector: from corners in pictures, projected patterns and a printed board
//! to the transforms between them. No entities.
//!
//! [`CalibrationSetup`] holds the inputs with their origins, and solves them into a
//! [`Calibration`](billiards_table::Calibration); a [`Profile`] is the part of it that is kept on disk. [`procedure`]
//! measures camera and projector automatically; [`camera`] and [`projector`] are its solvers.

pub mod camera;
mod drift;
mod hand;
mod homography;
mod least_squares;
mod mouth_estimator;
mod observation;
pub mod procedure;
mod profile;
pub mod projector;
mod setup;
mod store;
mod summary;

pub use drift::{Drift, DriftDetector};
pub use hand::{FittedHandPoint, HandFit, HandPoint, HandPointError, HandPoints, MarkedPoint};
pub use homography::{CornersError, camera_view, centred_corners, from_four_points, lies_across, projector_view};
pub use mouth_estimator::MouthEstimator;
pub use observation::{ObservationOptions, observe_table};
pub use profile::{
    CameraCorners, MeasuredPoint, MeasuredProjector, Optics, OpticsOrigin, Profile, ProfileError, ProfileLatency,
    ProjectorCorners, ProjectorSetup,
};
pub use setup::{CalibrationSetup, CornersOrigin, TableRequest};
pub use store::{ProfileFile, ProfileStore};
pub use summary::CalibrationSummary;
