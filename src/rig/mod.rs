//! The whole program over the simulated rig: in a closed loop, and compared with the truth.

pub(crate) mod closed_loop;
pub(crate) mod report;
