//! Running the program: the command line, and what it puts together.

mod autosave;
pub mod cli;
mod closed_loop;
mod rig_report;
pub mod settings;
mod signals;
mod trainer;
