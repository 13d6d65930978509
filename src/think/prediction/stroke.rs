//! The stroke that is imagined: what the settings say, and what the cue itself tells.

use crate::{
    model::{Cue, ShotSettings, TableVector},
    think::physics::{Physics, Scatter, Stroke},
};

/// The imagined stroke in a direction, as the settings say alone.
#[must_use]
pub fn imagined(settings: &ShotSettings, direction: TableVector, physics: &Physics) -> Stroke {
    let per_cue_speed = Stroke::plain(1.0, 0.0).ball_speed(physics);
    Stroke {
        speed: settings.strike_speed / per_cue_speed,
        direction: direction.y.atan2(direction.x),
        elevation: settings.elevation,
        side: settings.side,
        height: settings.height,
    }
}

/// The imagined stroke of a cue that is seen; `ball_radius` in metres.
#[must_use]
pub fn seen(settings: &ShotSettings, cue: &Cue, ball_radius: f64, physics: &Physics) -> Stroke {
    let mut stroke = imagined(settings, cue.direction, physics);
    if let Some(speed) = cue.stroke_speed.filter(|_| settings.speed_from_cue) {
        // A slip of the eye is no stroke that a cue can do.
        stroke.speed = speed.min(*ShotSettings::STRIKE_SPEED.end() / Stroke::plain(1.0, 0.0).ball_speed(physics));
    }
    if let Some(offset) = cue.offset.filter(|_| settings.side_from_cue) {
        stroke.side = offset / ball_radius;
    }
    stroke
}

impl From<&ShotSettings> for Scatter {
    fn from(settings: &ShotSettings) -> Self {
        Self { aim: settings.aim_error, speed: settings.speed_error, tip: settings.tip_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CueState, TablePoint};

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
        assert!((stroke.ball_speed(&physics) - 2.0).abs() < 1e-12);
        assert!((stroke.direction - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    }

    #[test]
    fn the_cue_tells_speed_and_side_where_that_is_wanted() {
        let physics = Physics::default();
        let settings = ShotSettings { side_from_cue: true, ..ShotSettings::default() };
        let stroke = seen(&settings, &cue(), R, &physics);
        assert!(stroke.speed == 1.1 && (stroke.side - 0.2).abs() < 1e-12);
        let fixed = ShotSettings { speed_from_cue: false, side: 0.1, ..ShotSettings::default() };
        assert_eq!(seen(&fixed, &cue(), R, &physics), imagined(&fixed, cue().direction, &physics));
        let first_look = Cue { stroke_speed: None, offset: None, ..cue() };
        assert_eq!(seen(&settings, &first_look, R, &physics), imagined(&settings, cue().direction, &physics));
    }
}
