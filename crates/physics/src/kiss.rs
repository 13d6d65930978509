//! Separation of bodies in contact by a tiny gap, so that rounding cannot make them overlap afterwards.
//!
//! As in the reference, balls are moved along their velocities. Where that would move them too far, which happens at
//! grazing contacts and at nearly equal velocities, they are moved apart along the normal instead.

use super::motion::BallMotion;
use super::vector::Vec2;

/// Maximum shift along the velocity, in gaps; longer shifts are made along the normal.
const FAR: f64 = 5.0;

/// Returns two balls moved until their centres are `distance + gap` apart; they touch at `distance`, metres.
#[must_use]
pub fn balls(mut first: BallMotion, mut second: BallMotion, distance: f64, gap: f64) -> (BallMotion, BallMotion) {
    let offset = second.position - first.position;
    let velocity = second.velocity - first.velocity;
    let target = distance + gap;
    let nearest = nearest_time(offset, velocity, target)
        .filter(|t| (first.velocity + second.velocity).length() * 0.5 * t.abs() <= FAR * gap);
    if let Some(t) = nearest {
        first.position += first.velocity * t;
        second.position += second.velocity * t;
    } else {
        let shift = offset.unit_or_zero() * (0.5 * (target - offset.length()));
        first.position = first.position - shift;
        second.position += shift;
    }
    (first, second)
}

/// Returns a ball moved until its centre is `reach + gap` from a line. The line passes through `on_line`, and `normal`
/// points from it to the ball.
#[must_use]
pub fn wall(mut ball: BallMotion, on_line: Vec2, normal: Vec2, reach: f64, gap: f64) -> BallMotion {
    let missing = reach + gap - (ball.position - on_line).dot(normal);
    let t = missing / ball.velocity.dot(normal);
    let shift = ball.velocity * t;
    ball.position += if shift.length() <= FAR * gap { shift } else { normal * missing };
    ball
}

/// Returns a ball moved until its centre is `reach + gap` from a point.
#[must_use]
pub fn arc(mut ball: BallMotion, centre: Vec2, reach: f64, gap: f64) -> BallMotion {
    let offset = ball.position - centre;
    let target = reach + gap;
    let nearest = nearest_time(offset, ball.velocity, target).filter(|t| ball.velocity.length() * t.abs() <= FAR * gap);
    ball.position = match nearest {
        Some(t) => ball.position + ball.velocity * t,
        None => centre + offset.unit_or_zero() * target,
    };
    ball
}

/// Returns the time closest to zero, before or after, at which a point in uniform motion is at a distance from the
/// origin.
fn nearest_time(offset: Vec2, velocity: Vec2, distance: f64) -> Option<f64> {
    let a = velocity.length_squared();
    let b = offset.dot(velocity);
    let c = offset.length_squared() - distance * distance;
    let under_root = b * b - a * c;
    if under_root < 0.0 || a == 0.0 {
        return None;
    }
    // The smaller root, in the form without cancellation.
    let t = -c / (b + under_root.sqrt().copysign(b));
    t.is_finite().then_some(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: f64 = 0.03;

    #[test]
    fn balls_are_a_gap_apart() {
        let first = BallMotion { velocity: Vec2::new(2.0, 0.1), ..BallMotion::at_rest(Vec2::ZERO) };
        for x in [0.0, 1e-9, -1e-9, 1e-5, -1e-4] {
            let second = BallMotion::at_rest(Vec2::new(2.0 * R + x, 0.0));
            let (a, b) = balls(first, second, 2.0 * R, 1e-6);
            assert!(((b.position - a.position).length() - 2.0 * R - 1e-6).abs() < 1e-15, "{x}");
        }
    }

    #[test]
    fn balls_at_cushions_are_a_gap_away() {
        for velocity in [Vec2::new(-1.0, 0.2), Vec2::new(-1e-4, 3.0)] {
            let ball = BallMotion { velocity, ..BallMotion::at_rest(Vec2::new(R, 0.5)) };
            let at_wall = wall(ball, Vec2::ZERO, Vec2::new(1.0, 0.0), R, 1e-6);
            assert!((at_wall.position.x - R - 1e-6).abs() < 1e-15);
            let at_round = arc(ball, Vec2::new(-0.01, 0.5), R + 0.01, 1e-6);
            assert!(((at_round.position - Vec2::new(-0.01, 0.5)).length() - R - 0.01 - 1e-6).abs() < 1e-15);
        }
    }
}
