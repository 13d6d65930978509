//! Whole-app tests: headless apps, real sockets, a real browser, real photographs.

mod browser;
mod command_line;
mod common;
mod http_fuzz;
mod language;
mod light_on_cloth;
mod overlay;
mod panel;
mod photographs;
mod pictures;
mod prediction;
mod protocol;
mod protocol_fuzz;
mod publishers;
mod remote;
mod rest;
mod score;
mod simulated;
mod sources;
mod storage;
mod tracking;
mod watch;
mod webdriver;
mod world;
