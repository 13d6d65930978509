//! The stroke that is predicted, from the settings, the detected cue and the player's usual speed.

use super::player::{LayoutKind, PlayerStrokes};
use billiards_physics::{Physics, Stroke};
use billiards_table::{Cue, ShotSettings, SpeedSource, StrikeSpeed, TableSpec, TableVector};

/// Returns the stroke in a direction that the settings alone describe, on a table with this physics.
#[must_use]
pub fn imagined(settings: &ShotSettings, direction: TableVector, table: &TableSpec, physics: &Physics) -> Stroke {
    stroke(settings, settings.strike_speed, direction, ball_speed_ratio(table, physics))
}

/// Returns a stroke after which the cue ball has this speed, m/s; `speed_ratio` as of [`ball_speed_ratio`].
fn stroke(settings: &ShotSettings, ball_speed: f64, direction: TableVector, speed_ratio: f64) -> Stroke {
    Stroke {
        speed: ball_speed / speed_ratio,
        direction: direction.y.atan2(direction.x),
        elevation: settings.elevation,
        side: settings.side,
        height: settings.height,
    }
}

/// Returns the ratio of the cue ball's speed after a centre hit to the speed of the cue.
pub(super) fn ball_speed_ratio(table: &TableSpec, physics: &Physics) -> f64 {
    let mass = physics.ball.mass * (table.cue_ball.mass / table.ball_mass);
    Stroke::plain(1.0, 0.0).ball_speed(mass, physics)
}

/// Returns the next stroke of a detected cue, and its speed with the source of it.
#[must_use]
pub(super) fn seen(
    settings: &ShotSettings,
    cue: &Cue,
    player: &PlayerStrokes,
    layout: LayoutKind,
    table: &TableSpec,
    physics: &Physics,
) -> (Stroke, StrikeSpeed) {
    let speed_ratio = ball_speed_ratio(table, physics);
    let strike = if settings.speed_from_cue {
        let practice = cue.stroke_speed.map(|speed| speed * speed_ratio);
        player.predict(layout, practice, settings.strike_speed)
    } else {
        StrikeSpeed { speed: settings.strike_speed, source: SpeedSource::Fixed, strokes: 0 }
    };
    let mut stroke = stroke(settings, strike.speed, cue.direction, speed_ratio);
    if let Some(offset) = cue.offset.filter(|_| settings.side_from_cue) {
        stroke.side = offset / table.cue_ball.radius;
    }
    (stroke, strike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::think::prediction::player::ObservedStroke;
    use billiards_table::{BallSize, CueState, TableKind, TablePoint};

    const R: f64 = 0.028_575;

    fn table() -> TableSpec {
        TableKind::NINE_FOOT.spec()
    }

    fn cue() -> Cue {
        Cue {
            tip: TablePoint::new(0.5, 0.5),
            butt: TablePoint::new(0.5, 0.0),
            direction: TableVector::new(0.0, 1.0),
            state: CueState::Stroking,
            speed: 0.4,
            stroke_speed: Some(1.1),
            offset: Some(0.2 * R),
        }
    }

    #[test]
    fn the_strike_speed_is_the_ball_s() {
        let physics = Physics::default();
        let stroke = imagined(&ShotSettings::default(), TableVector::new(0.0, 1.0), &table(), &physics);
        assert!((stroke.ball_speed(physics.ball.mass, &physics) - 2.0).abs() < 1e-12);
        assert!((stroke.direction - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    }

    #[test]
    fn a_lighter_cue_ball_needs_a_slower_cue_for_the_same_speed() {
        let english = TableKind::named("english-7ft").expect("a shipped table").spec();
        let physics = Physics::of_table(&english);
        let (mass, direction) = (english.cue_ball.mass, TableVector::new(0.0, 1.0));
        let stroke = imagined(&ShotSettings::default(), direction, &english, &physics);
        assert!((stroke.ball_speed(mass, &physics) - 2.0).abs() < 1e-12);
        let of_object_balls =
            TableSpec { cue_ball: BallSize { mass: english.ball_mass, ..english.cue_ball }, ..english };
        assert!(stroke.speed < imagined(&ShotSettings::default(), direction, &of_object_balls, &physics).speed);
        // The side is measured in radii of the ball that is struck.
        let settings = ShotSettings { side_from_cue: true, ..ShotSettings::default() };
        let cue = Cue { offset: Some(0.2 * english.cue_ball.radius), ..cue() };
        let (stroke, _) = seen(&settings, &cue, &PlayerStrokes::default(), LayoutKind::Open, &english, &physics);
        assert!((stroke.side - 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_player_tells_the_speed_and_the_cue_the_side_where_that_is_wanted() {
        let physics = Physics::default();
        let settings = ShotSettings { side_from_cue: true, ..ShotSettings::default() };
        let mut player = PlayerStrokes::default();
        let (stroke, strike) = seen(&settings, &cue(), &player, LayoutKind::Open, &table(), &physics);
        assert!((stroke.side - 0.2).abs() < 1e-12);
        assert_eq!(strike, StrikeSpeed { speed: settings.strike_speed, source: SpeedSource::Set, strokes: 0 });
        assert_eq!(
            stroke.speed,
            imagined(&settings, cue().direction, &table(), &physics).speed,
            "practice strokes alone say nothing"
        );
        player.add(ObservedStroke { layout: LayoutKind::Open, speed: 3.5, practice: Some(0.9) });
        let (stroke, strike) = seen(&settings, &cue(), &player, LayoutKind::Open, &table(), &physics);
        // A tip off the centre gives the ball a little less speed.
        assert!((3.0..=3.5).contains(&stroke.ball_speed(physics.ball.mass, &physics)), "{stroke:?}");
        assert_eq!((strike.source, strike.strokes), (SpeedSource::Usual, 1));
        let fixed = ShotSettings { speed_from_cue: false, side: 0.1, ..ShotSettings::default() };
        let (stroke, strike) = seen(&fixed, &cue(), &player, LayoutKind::Open, &table(), &physics);
        assert_eq!(
            (stroke, strike.source),
            (imagined(&fixed, cue().direction, &table(), &physics), SpeedSource::Fixed)
        );
    }
}
