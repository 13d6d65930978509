//! Running the program: the command line.

pub mod cli;
