//! The stroke that is predicted, from the settings, the detected cue and the player's usual speed.

use super::player::{LayoutKind, PlayerStrokes};
use billiards_physics::{Physics, Stroke};
use billiards_table::{Cue, ShotSettings, SpeedSource, StrikeSpeed, TableVector};

/// Returns the stroke in a direction that the settings alone describe.
#[must_use]
pub fn imagined(settings: &ShotSettings, direction: TableVector, physics: &Physics) -> Stroke {
    stroke(settings, settings.strike_speed, direction, physics)
}

/// Returns a stroke after which the cue ball has this speed, m/s.
fn stroke(settings: &ShotSettings, ball_speed: f64, direction: TableVector, physics: &Physics) -> Stroke {
    Stroke {
        speed: ball_speed / ball_speed_ratio(physics),
        direction: direction.y.atan2(direction.x),
        elevation: settings.elevation,
        side: settings.side,
        height: settings.height,
    }
}

/// Returns the ratio of the cue ball's speed after a centre hit to the speed of the cue.
pub(super) fn ball_speed_ratio(physics: &Physics) -> f64 {
    Stroke::plain(1.0, 0.0).ball_speed(physics.ball.mass, physics)
}

/// Returns the next stroke of a detected cue, and its speed with the source of it; `ball_radius` in metres.
#[must_use]
pub(super) fn seen(
    settings: &ShotSettings,
    cue: &Cue,
    player: &PlayerStrokes,
    layout: LayoutKind,
    ball_radius: f64,
    physics: &Physics,
) -> (Stroke, StrikeSpeed) {
    let strike = if settings.speed_from_cue {
        let practice = cue.stroke_speed.map(|speed| speed * ball_speed_ratio(physics));
        player.predict(layout, practice, settings.strike_speed)
    } else {
        StrikeSpeed { speed: settings.strike_speed, source: SpeedSource::Fixed, strokes: 0 }
    };
    let mut stroke = stroke(settings, strike.speed, cue.direction, physics);
    if let Some(offset) = cue.offset.filter(|_| settings.side_from_cue) {
        stroke.side = offset / ball_radius;
    }
    (stroke, strike)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::think::prediction::player::ObservedStroke;
    use billiards_table::{CueState, TablePoint};

    const R: f64 = 0.028_575;

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
        let stroke = imagined(&ShotSettings::default(), TableVector::new(0.0, 1.0), &physics);
        assert!((stroke.ball_speed(physics.ball.mass, &physics) - 2.0).abs() < 1e-12);
        assert!((stroke.direction - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    }

    #[test]
    fn the_player_tells_the_speed_and_the_cue_the_side_where_that_is_wanted() {
        let physics = Physics::default();
        let settings = ShotSettings { side_from_cue: true, ..ShotSettings::default() };
        let mut player = PlayerStrokes::default();
        let (stroke, strike) = seen(&settings, &cue(), &player, LayoutKind::Open, R, &physics);
        assert!((stroke.side - 0.2).abs() < 1e-12);
        assert_eq!(strike, StrikeSpeed { speed: settings.strike_speed, source: SpeedSource::Set, strokes: 0 });
        assert_eq!(
            stroke.speed,
            imagined(&settings, cue().direction, &physics).speed,
            "practice strokes alone say nothing"
        );
        player.add(ObservedStroke { layout: LayoutKind::Open, speed: 3.5, practice: Some(0.9) });
        let (stroke, strike) = seen(&settings, &cue(), &player, LayoutKind::Open, R, &physics);
        // A tip off the centre gives the ball a little less speed.
        assert!((3.0..=3.5).contains(&stroke.ball_speed(physics.ball.mass, &physics)), "{stroke:?}");
        assert_eq!((strike.source, strike.strokes), (SpeedSource::Usual, 1));
        let fixed = ShotSettings { speed_from_cue: false, side: 0.1, ..ShotSettings::default() };
        let (stroke, strike) = seen(&fixed, &cue(), &player, LayoutKind::Open, R, &physics);
        assert_eq!((stroke, strike.source), (imagined(&fixed, cue().direction, &physics), SpeedSource::Fixed));
    }
}
