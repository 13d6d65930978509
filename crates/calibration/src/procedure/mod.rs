//! The automatic calibration of a whole rig: the table in the camera, the projector's delay, and where its light falls.
//!
//! [`calibrate`] is a script that shows pictures and waits for frames on a [`Stand`]; it has no clock and no threads of
//! its own. [`CalibrationRun`] runs it on a thread beside an application that must not wait: frames go in, pictures and
//! words come out.

mod light;
mod run;
mod script;
mod session;
mod stand;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use run::{CalibrationRun, Glimpse, ProcedureStep};
pub use script::{CalibrationOutcome, LookAtTable, ProcedureError, ProcedureOptions, calibrate};
pub use stand::{RigFrame, Stand, Stop};
