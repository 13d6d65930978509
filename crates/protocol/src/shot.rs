//! Shots that were played.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A shot that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShotRecord {
    /// Number of the shot in this run of the program, from 1.
    pub id: u64,
    /// Time at which speed and direction of the stroke became certain. The strike itself, from which `duration_s`
    /// counts, was a moment earlier.
    pub started: Timestamp,
    /// Time from the strike until all balls lay still, seconds.
    pub duration_s: f64,
    /// Name of the ball that was struck.
    pub struck: String,
    /// Speed of the struck ball off the tip, metres per second, fitted to its path up to its first contact.
    pub strike_speed: f64,
    /// Direction in which the struck ball left the tip, unit vector `[x, y]` in table coordinates, fitted to its path
    /// up to its first contact.
    pub strike_direction: [f64; 2],
    /// Name of the ball that the struck ball hit first; `null` if it hit none.
    pub first_hit: Option<String>,
    /// Number of contacts between two balls.
    pub contacts: usize,
    /// Number of contacts of balls with cushions.
    pub rails: usize,
    /// Names of the balls that fell into pockets, in order.
    pub balls_pocketed: Vec<String>,
    /// `true` if the cue ball fell into a pocket.
    pub scratch: bool,
}
