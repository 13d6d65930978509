//! Prediction of a ball's position at the time when the light drawn now reaches the cloth. Pure.

use billiards_table::{Ball, BallState, TablePoint, TableSpec};
use std::time::Duration;

/// Maximum time for which a ball is predicted, seconds.
const LONGEST: f64 = 0.5;
/// Ratio of a ball's speed after a rebound off a nose to that before it.
const RESTITUTION: f64 = 0.75;

/// Half of the time for which a picture stays on the cloth at 60 pictures per second: the prediction is right in the
/// middle of that time.
const HALF_STAY: Duration = Duration::from_micros(8333);

/// Returns the time from the ball positions to the middle of the time for which light drawn now is on the cloth,
/// seconds.
///
/// `age` is that of the newest frame. `latency` is the delay of camera and projector together: the frame showed the
/// table one camera delay before it arrived, and light takes one projector delay to appear.
#[must_use]
pub fn lead(age: Duration, latency: Option<Duration>) -> f64 {
    latency.map_or(age, |latency| age + latency + HALF_STAY).as_secs_f64()
}

/// Predicts the position of a ball after `seconds`, limited to half a second: it decelerates by `deceleration` metres
/// per second squared until it is at rest, and rebounds off noses with three quarters of its speed. Collisions with
/// other balls are ignored.
#[must_use]
pub fn ahead(ball: &Ball, seconds: f64, table: &TableSpec, deceleration: f64) -> TablePoint {
    let speed = ball.velocity.length();
    if ball.state == BallState::Resting || !(speed.is_normal() && seconds > 0.0) {
        return ball.position;
    }
    let deceleration = deceleration.max(1e-6);
    let time = seconds.min(LONGEST).min(speed / deceleration);
    let way = ball.velocity * (time - 0.5 * deceleration * time * time / speed);
    let radius = table.radius(ball.is_cue_ball());
    let off_noses = |from: f64, way: f64, size: f64| {
        // A ball in the mouth of a pocket is beyond the noses already.
        let (low, high) = (radius.min(from), (size - radius).max(from));
        let to = from + way;
        let beyond = (to - high).max(0.0) - (low - to).max(0.0);
        (to - beyond * (1.0 + RESTITUTION)).clamp(low, high)
    };
    TablePoint::new(off_noses(ball.position.x, way.x, table.width), off_noses(ball.position.y, way.y, table.length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallClass, BallId, BallLabel, TableKind, TableVector};
    use proptest::prelude::*;

    const DECELERATION: f64 = 0.1;

    fn rolling(x: f64, y: f64, velocity: (f64, f64)) -> Ball {
        Ball {
            id: BallId(1),
            label: BallLabel::Cue,
            class: BallClass::Cue,
            position: TablePoint::new(x, y),
            velocity: TableVector::new(velocity.0, velocity.1),
            state: BallState::Moving,
            confidence: 1.0,
        }
    }

    #[test]
    fn a_rolling_ball_is_met_where_it_will_be() {
        let table = TableKind::NINE_FOOT.spec();
        let ball = rolling(0.5, 0.5, (0.6, 0.8));
        let place = ahead(&ball, 0.08, &table, DECELERATION);
        let truth = 0.08 - 0.5 * DECELERATION * 0.08 * 0.08;
        assert!((place - ball.position - ball.velocity * truth).length() < 1e-12);
        // The exact friction makes hardly any difference.
        assert!((ahead(&ball, 0.08, &table, 0.0) - place).length() < 0.001);
        assert_eq!(
            ahead(&Ball { state: BallState::Resting, ..ball.clone() }, 0.08, &table, DECELERATION),
            ball.position
        );
        assert_eq!(ahead(&ball, -1.0, &table, DECELERATION), ball.position);
    }

    #[test]
    fn it_stops_and_does_not_turn_back() {
        let table = TableKind::NINE_FOOT.spec();
        let slow = rolling(0.5, 0.5, (0.01, 0.0));
        // It stops after 0.1 s and 0.5 mm.
        assert!((ahead(&slow, 0.4, &table, DECELERATION).x - 0.5005).abs() < 1e-12);
    }

    #[test]
    fn it_comes_off_a_nose() {
        let table = TableKind::NINE_FOOT.spec();
        let ball = rolling(table.ball_radius + 0.02, 1.0, (-1.0, 0.0));
        let place = ahead(&ball, 0.1, &table, 0.0);
        assert!((place.x - (table.ball_radius + RESTITUTION * 0.08)).abs() < 1e-6, "{place:?}");
    }

    #[test]
    fn the_lead_is_age_and_delay() {
        let ms = Duration::from_millis;
        assert!((lead(ms(30), Some(ms(50))) - 0.088_333).abs() < 1e-6);
        assert!((lead(ms(30), None) - 0.03).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn it_stays_on_the_bed_and_within_reach(
            (x, y) in (0.03..1.24, 0.03..2.5),
            velocity in (-12.0..12.0, -12.0..12.0),
            seconds in 0.0..5.0,
        ) {
            let table = TableKind::NINE_FOOT.spec();
            let ball = rolling(x, y, velocity);
            let place = ahead(&ball, seconds, &table, DECELERATION);
            prop_assert!(table.holds(place, 1e-9));
            prop_assert!((place - ball.position).length() <= ball.velocity.length() * seconds + 1e-9);
        }
    }
}
