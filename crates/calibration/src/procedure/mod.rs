//! Calibration procedures: of a whole rig (the table in the camera, the projector's delay, and where its light falls),
//! and of the camera's lens.
//!
//! [`calibrate_rig`] and [`measure_lens`] are scripts that show pictures and wait for frames on a [`RigInterface`];
//! they have no clock and no threads of their own. [`ProcedureRun`] runs one on a thread next to an application that
//! must not block: frames go in, pictures and words come out.

mod interface;
mod lens;
mod light;
mod rig;
mod run;
mod script;
mod session;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use interface::{Interruption, RigFrame, RigInterface};
pub use lens::measure_lens;
pub use rig::calibrate_rig;
pub use run::{ProcedureInput, ProcedureRun, ProcedureStep};
pub use script::{CalibrationOutcome, ProcedureError, ProcedureOptions};
