//! Where camera, cloth and projector stand, and a simulated rig in place of the camera.

pub mod calibration;

pub use billiards_simulation as simulation;
