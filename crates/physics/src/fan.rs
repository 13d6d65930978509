//! Reliability of a shot: the same stroke with the small errors of a player or of the tracking.

use super::engine::Engine;
use super::error::PhysicsError;
use super::motion::BallMotion;
use super::shot::Shot;
use super::stick::Stroke;
use super::vector::Vec2;
use billiards_table::{PocketId, ShotSettings};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Standard deviations of the errors of a stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Scatter {
    /// Standard deviation of the direction, radians.
    pub aim: f64,
    /// Standard deviation of the speed, as a fraction of the speed.
    pub speed: f64,
    /// Standard deviation of the tip's contact point, sideways and upwards each, ball radii.
    pub tip: f64,
}

impl Default for Scatter {
    /// Returns the scatter of a practised player.
    fn default() -> Self {
        Self { aim: 0.1_f64.to_radians(), speed: 0.03, tip: 0.02 }
    }
}

/// A shot and its neighbours: shots of the same stroke with small errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Fan {
    /// Shot of the stroke as given.
    pub nominal: Shot,
    /// Shots of the same stroke with errors.
    pub neighbours: Vec<Shot>,
}

impl Fan {
    /// Shoots a stroke and `runs` neighbours of it. Their errors are spread evenly over a normal distribution and are
    /// the same in every call.
    ///
    /// # Errors
    /// See [`Engine::shoot_into`].
    pub fn shoot(
        engine: &Engine,
        balls: &[BallMotion],
        cue_ball: usize,
        stroke: &Stroke,
        scatter: &Scatter,
        runs: u16,
    ) -> Result<Self, PhysicsError> {
        let nominal = engine.shoot(balls, cue_ball, stroke)?;
        let neighbours = (0..runs)
            .map(|i| engine.shoot(balls, cue_ball, &astray(stroke, scatter, i, engine.physics().cue.miscue_limit)))
            .collect::<Result<_, _>>()?;
        Ok(Self { nominal, neighbours })
    }

    /// Returns, for each piece of a ball's path in the nominal shot, the root mean square distance at which the
    /// neighbours pass its end, metres. Only the distance across the path counts: a ball that arrives later on the same
    /// path is no further off. A neighbour in which the ball never moves counts with the distance that the ball has
    /// come.
    #[must_use]
    pub fn openings(&self, ball: usize) -> Vec<f64> {
        let paths: Vec<Vec<Vec2>> = self.neighbours.iter().map(|shot| polyline(shot, ball)).collect();
        self.nominal
            .path(ball)
            .map(|piece| {
                let end = piece.at(piece.end.min(f64::MAX)).position;
                let square: f64 = paths.iter().map(|path| distance_to_path(path, end).powi(2)).sum();
                (square / paths.len().max(1) as f64).sqrt()
            })
            .collect()
    }

    /// Returns the fraction of the neighbours in which a ball falls into a pocket, 0 to 1.
    #[must_use]
    pub fn chance(&self, ball: usize, pocket: PocketId) -> f64 {
        let falls = |shot: &&Shot| shot.rest(ball).is_some_and(|rest| rest.pocket == Some(pocket));
        self.neighbours.iter().filter(falls).count() as f64 / self.neighbours.len().max(1) as f64
    }
}

/// Returns a ball's path as a polyline with each piece halved, which is close enough to its parabola to measure
/// distances.
fn polyline(shot: &Shot, ball: usize) -> Vec<Vec2> {
    let mut corners = Vec::new();
    for piece in shot.path(ball) {
        let end = piece.end.min(f64::MAX);
        corners.push(piece.initial.position);
        corners.push(piece.at(0.5 * (piece.start + end)).position);
        corners.push(piece.at(end).position);
    }
    corners
}

/// Returns the distance of the point `place` from a polyline, metres.
fn distance_to_path(path: &[Vec2], place: Vec2) -> f64 {
    let to_chord = |pair: &[Vec2]| {
        let (from, along) = (pair[0], pair[1] - pair[0]);
        let length = along.length_squared();
        let share = if length > 0.0 { ((place - from).dot(along) / length).clamp(0.0, 1.0) } else { 0.0 };
        (from + along * share - place).length()
    };
    path.windows(2).map(to_chord).fold(f64::INFINITY, f64::min)
}

/// Returns the stroke with errors number `i`. The errors are points of a sequence that fills four dimensions evenly (M.
/// Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018: powers of the root of x⁵ = x + 1),
/// transformed to normal deviates in pairs (Box and Muller). A tip beyond the miscue limit is moved to that limit.
fn astray(stroke: &Stroke, scatter: &Scatter, i: u16, miscue_limit: f64) -> Stroke {
    const ROOT: f64 = 1.167_303_978_261_418_7;
    let even = |power: i32| (0.5 + (f64::from(i) + 1.0) * ROOT.powi(-power)).fract();
    let normal = |length: f64, angle: f64| {
        let radius = (-2.0 * (1.0 - length).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * angle).sin_cos();
        [radius * cos, radius * sin]
    };
    let ([aim, speed], [side, height]) = (normal(even(1), even(2)), normal(even(3), even(4)));
    let (side, height) = (stroke.side + scatter.tip * side, stroke.height + scatter.tip * height);
    let held = (miscue_limit / side.hypot(height)).min(1.0);
    Stroke {
        direction: stroke.direction + scatter.aim * aim,
        speed: stroke.speed * (1.0 + scatter.speed * speed).max(0.0),
        side: held * side,
        height: held * height,
        ..*stroke
    }
}

impl From<&ShotSettings> for Scatter {
    fn from(settings: &ShotSettings) -> Self {
        Self { aim: settings.aim_error, speed: settings.speed_error, tip: settings.tip_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Physics, Table, Vec2};
    use billiards_table::TableKind;

    #[test]
    fn errors_have_the_deviation_that_was_asked_for() {
        let stroke = Stroke::plain(2.0, 1.0);
        let scatter = Scatter { aim: 0.01, speed: 0.05, tip: 0.02 };
        let all: Vec<_> = (0..512).map(|i| astray(&stroke, &scatter, i, 0.5)).collect();
        let deviation = |value: fn(&Stroke) -> f64| {
            let mean = all.iter().map(value).sum::<f64>() / 512.0;
            (all.iter().map(|s| (value(s) - mean).powi(2)).sum::<f64>() / 512.0).sqrt()
        };
        assert!((deviation(|s| s.direction) - 0.01).abs() < 5e-4);
        assert!((deviation(|s| s.speed) - 0.1).abs() < 5e-3);
        assert!((deviation(|s| s.side) - 0.02).abs() < 1e-3 && (deviation(|s| s.height) - 0.02).abs() < 1e-3);
    }

    #[test]
    fn a_straight_pot_is_surer_near_than_far() {
        let spec = TableKind::NINE_FOOT.spec();
        let engine = Engine::new(Table::from(&spec), Physics::default()).expect("sound");
        let corner = Vec2::new(0.0, 0.0);
        let diagonal = Vec2::new(1.0, 1.0).unit_or_zero();
        let chance = |apart: f64| {
            let object = corner + diagonal * 0.5;
            let balls = [object + diagonal * apart, object].map(BallMotion::at_rest);
            let direction = (-diagonal.y).atan2(-diagonal.x);
            let scatter = Scatter { aim: 0.5_f64.to_radians(), ..Scatter::default() };
            let fan = Fan::shoot(&engine, &balls, 0, &Stroke::plain(1.5, direction), &scatter, 64).expect("fan");
            assert_eq!(fan.openings(1).len(), fan.nominal.path(1).count());
            fan.chance(1, PocketId::LeftBottom)
        };
        let (near, far) = (chance(0.15), chance(0.9));
        assert!(near > 0.95 && far < 0.9 && far > 0.1, "{near} {far}");
    }
}
