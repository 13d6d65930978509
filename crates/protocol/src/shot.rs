//! Shots that were played.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A shot that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShotRecord {
    /// Counts the shots of this run, from 1.
    pub id: u64,
    /// When the first ball began to move.
    pub started: Timestamp,
    /// Seconds until all balls lay still.
    pub duration_s: f64,
    /// The ball that was struck.
    pub struck: String,
    /// Its speed off the tip, metres a second, fitted to its path up to its first contact.
    pub strike_speed: f64,
    /// Direction in which it left the tip, unit vector in table coordinates, fitted likewise.
    pub strike_direction: [f64; 2],
    /// The ball that it met first.
    pub first_hit: Option<String>,
    /// Times that two balls met.
    pub contacts: usize,
    /// Times that a ball met a cushion.
    pub rails: usize,
    /// The balls that fell, in order.
    pub balls_pocketed: Vec<String>,
    /// Whether the cue ball fell.
    pub scratch: bool,
}
