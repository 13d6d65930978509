//! Whole-app tests: headless apps, real sockets, a real browser, real photographs.

mod browser;
mod command_line;
mod common;
mod overlay;
mod panel;
mod photographs;
mod pictures;
mod prediction;
mod remote;
mod simulated;
mod tracking;
mod webdriver;
mod world;
