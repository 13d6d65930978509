//! Smoothing of the cue: a guide line that trembles with every frame is worth nothing to the player.
//!
//! Direction and tip each pass through a One-Euro filter (Casiez, Roussel and Vogel, 2012): a low-pass filter whose
//! cut-off rises with the speed of the motion, so that a held cue is steady and a swung one does not lag.

use super::strokes::Strokes;
use billiards_table::{Cue, TablePoint, TableSpec, TableVector};
use std::f64::consts::{PI, TAU};

/// Settings of the cue's filter. Lengths in metres, times in seconds, angles in radians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CueSettings {
    /// Cut-off frequency for the direction of a cue that is held still, hertz.
    pub angle_cutoff: f64,
    /// Increase of the direction's cut-off frequency per angular speed, hertz per radian per second.
    pub angle_response: f64,
    /// Maximum difference between the filtered and the shown direction, within which the shown one does not change,
    /// radians.
    pub angle_dead_band: f64,
    /// Cut-off frequency for the tip of a cue that is held still, hertz.
    pub tip_cutoff: f64,
    /// Increase of the tip's cut-off frequency per speed, hertz per metre per second.
    pub tip_response: f64,
    /// Maximum time for which a cue that is not detected is kept, seconds.
    pub hold: f64,
    /// Maximum time for which an aimed cue that is not detected is kept, seconds, while the cue ball lies still and
    /// something covers the cloth where the cue was: a hand or a body hides it.
    pub hold_aimed: f64,
    /// The table; bare cloth shows that a cue has gone only inside its nose lines.
    pub table: TableSpec,
    /// Maximum distance of an aimed cue's line from the cue ball's centre, in radii of that ball.
    pub aim_radii: f64,
    /// Maximum distance of an aimed cue's tip behind the cue ball's centre, metres.
    pub aim_distance: f64,
}

impl CueSettings {
    /// Returns the default settings for a table and its balls.
    #[must_use]
    pub fn for_table(table: &TableSpec) -> Self {
        Self {
            angle_cutoff: 2.0,
            angle_response: 10.0,
            angle_dead_band: 0.03_f64.to_radians(),
            tip_cutoff: 3.0,
            tip_response: 20.0,
            hold: 0.2,
            hold_aimed: 1.0,
            table: *table,
            aim_radii: 1.5,
            aim_distance: 0.6,
        }
    }
}

/// Ratio by which the limits on line and tip are larger for a cue that is already aimed than for one that is not.
const AIMED_LIMIT_RATIO: f64 = 1.2;

/// Cut-off frequency for the speed that controls a One-Euro filter, hertz.
const SPEED_CUTOFF: f64 = 1.5;

/// Minimum length of a visible shaft, metres; a shorter one has no reliable direction.
const MIN_SHAFT: f64 = 0.03;

/// Range of distances behind the tip in which bare cloth shows that the cue has gone, metres.
const CHECKED_SHAFT: std::ops::RangeInclusive<f64> = 0.03..=0.45;
/// Distance between the places examined along the shaft, metres.
const CHECKED_STEP: f64 = 0.03;
/// Minimum share of these places that is bare once the cue has gone.
const BARE_SHARE: f64 = 0.8;
/// Maximum turn of an aimed cue between sightings, radians; a sighting beyond it that points away from the ball is an
/// outlier.
const STRAY_TURN: f64 = 0.1;
/// Maximum shift of an aimed cue's line at the cue ball between sightings, metres; a sighting beyond it that points
/// away from the ball is an outlier.
const STRAY_SHIFT: f64 = 0.03;

/// Minimum change of direction that indicates another cue, or that tip and butt were confused, radians.
const MIN_OTHER_CUE_TURN: f64 = PI / 4.0;

/// One-Euro filter of a single number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OneEuro {
    value: f64,
    speed: f64,
}

impl OneEuro {
    fn new(value: f64) -> Self {
        Self { value, speed: 0.0 }
    }

    /// Updates the filter with `value`, `dt` seconds after the previous one.
    fn update(&mut self, value: f64, dt: f64, cutoff: f64, response: f64) {
        let weight = |cutoff: f64| 1.0 - (-TAU * cutoff * dt).exp();
        let speed = (value - self.value) / dt;
        self.speed += weight(SPEED_CUTOFF) * (speed - self.speed);
        self.value += weight(cutoff + response * self.speed.abs()) * (value - self.value);
    }
}

/// State of the filter while there is a cue.
#[derive(Debug, Clone, PartialEq)]
struct TrackedCue {
    seen_at: f64,
    /// Direction, radians; not wrapped, so it may lie beyond ±π.
    angle: OneEuro,
    /// Shown direction, radians: it lags behind the filtered one by up to the dead band.
    shown_angle: f64,
    tip: [OneEuro; 2],
    length: f64,
    aiming: bool,
    strokes: Strokes,
}

impl TrackedCue {
    fn tip(&self) -> TablePoint {
        TablePoint::new(self.tip[0].value, self.tip[1].value)
    }

    /// Returns the shown direction as a unit vector.
    fn direction(&self) -> TableVector {
        TableVector::new(self.shown_angle.cos(), self.shown_angle.sin())
    }

    /// Returns whether bare cloth is visible where the shaft was; `false` if no part of the shaft was over the bed.
    fn has_left(&self, table: &TableSpec, is_bare: &dyn Fn(TablePoint) -> bool) -> bool {
        let (tip, back) = (self.tip(), -self.direction());
        let count = ((CHECKED_SHAFT.end() - CHECKED_SHAFT.start()) / CHECKED_STEP) as u32;
        let places = (0..=count).map(|i| tip + back * (CHECKED_SHAFT.start() + f64::from(i) * CHECKED_STEP));
        let (mut checked, mut bare) = (0_u32, 0_u32);
        for place in places.filter(|place| table.holds(*place, table.ball_radius)) {
            checked += 1;
            bare += u32::from(is_bare(place));
        }
        checked > 0 && f64::from(bare) >= BARE_SHARE * f64::from(checked)
    }

    /// Returns whether a sighting cannot be the cue aimed at the ball a moment ago, but is an arm or a line on the
    /// cloth.
    fn strays(&self, settings: &CueSettings, tip: TablePoint, butt: TablePoint, ball: TablePoint) -> bool {
        let Some(direction) = (tip - butt).try_normalize() else { return true };
        let turn = self.direction().angle_to(direction).radians.abs();
        let offset = |tip: TablePoint, direction: TableVector| (ball - tip).cross(direction);
        let shift = (offset(tip, direction) - offset(self.tip(), self.direction())).abs();
        self.aiming && (turn > STRAY_TURN || shift > STRAY_SHIFT) && !aims(settings, tip, direction, ball, true)
    }
}

/// State of the cue ball that the cue's filter needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CueBall {
    /// Centre of the ball, metres.
    pub position: TablePoint,
    /// `true` if it rolls.
    pub moving: bool,
}

/// Tracks the one cue at the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CueFilter {
    settings: CueSettings,
    tracked: Option<TrackedCue>,
}

impl CueFilter {
    /// Creates a filter that has seen no cue.
    #[must_use]
    pub fn new(settings: CueSettings) -> Self {
        Self { settings, tracked: None }
    }

    /// Discards the cue.
    pub fn reset(&mut self) {
        self.tracked = None;
    }

    /// Updates the filter with the sighting (tip, butt) and the cue ball in the frame of `time` (seconds, on the
    /// source's own clock); `is_bare` returns whether a place of the table shows bare cloth. Returns the cue, if there
    /// is one.
    pub fn update(
        &mut self,
        time: f64,
        sighting: Option<(TablePoint, TablePoint)>,
        cue_ball: Option<CueBall>,
        is_bare: &dyn Fn(TablePoint) -> bool,
    ) -> Option<Cue> {
        let usable = |(tip, butt): &(TablePoint, TablePoint)| {
            tip.is_finite() && butt.is_finite() && (*tip - *butt).length() >= MIN_SHAFT
        };
        let settings = self.settings;
        let still = cue_ball.filter(|ball| !ball.moving).map(|ball| ball.position);
        let within = |tracked: &TrackedCue, hold: f64| (0.0..=hold).contains(&(time - tracked.seen_at));
        let before = self.tracked.take();
        let before =
            before.filter(|tracked| within(tracked, if tracked.aiming { settings.hold_aimed } else { settings.hold }));
        let strays = |tracked: &TrackedCue, (tip, butt): (TablePoint, TablePoint)| {
            still.is_some_and(|ball| tracked.strays(&settings, tip, butt, ball))
        };
        let sighting = sighting.filter(usable).filter(|seen| {
            !before.as_ref().is_some_and(|tracked| within(tracked, settings.hold) && strays(tracked, *seen))
        });
        self.tracked = match sighting {
            Some((tip, butt)) => {
                // A sighting that still strays after a while is another cue.
                let same = before.filter(|tracked| !strays(tracked, (tip, butt)));
                Some(self.updated(same, time, tip, butt))
            }
            None => before.filter(|tracked| {
                within(tracked, settings.hold)
                    || (tracked.aiming && still.is_some() && !tracked.has_left(&settings.table, is_bare))
            }),
        };
        let tracked = self.tracked.as_mut()?;
        let (tip, direction) = (tracked.tip(), tracked.direction());
        // An aim outlasts its detection for a while; none begins undetected, after a stroke whose balls have come to
        // rest.
        tracked.aiming = (sighting.is_some() || tracked.aiming)
            && still.is_some_and(|ball| aims(&settings, tip, direction, ball, tracked.aiming));
        if let Some((tip, _)) = sighting {
            // The measured tip, not the filtered one, which lags behind a stroke.
            tracked.strokes.add(time, tip, direction);
        }
        let left = TableVector::new(-direction.y, direction.x);
        Some(Cue {
            tip,
            butt: tip - direction * tracked.length,
            direction,
            state: tracked.strokes.state(time, tracked.aiming, cue_ball.is_some_and(|ball| ball.moving)),
            speed: tracked.strokes.speed(),
            stroke_speed: tracked.strokes.last,
            offset: cue_ball.map(|ball| (tip - ball.position).dot(left)),
        })
    }

    fn updated(&self, before: Option<TrackedCue>, time: f64, tip: TablePoint, butt: TablePoint) -> TrackedCue {
        let shaft = tip - butt;
        let angle = shaft.y.atan2(shaft.x);
        let new = TrackedCue {
            seen_at: time,
            angle: OneEuro::new(angle),
            shown_angle: angle,
            tip: [OneEuro::new(tip.x), OneEuro::new(tip.y)],
            length: shaft.length(),
            aiming: false,
            strokes: Strokes::default(),
        };
        let Some(mut tracked) = before else { return new };
        let dt = time - tracked.seen_at;
        let turn = wrapped(angle - tracked.angle.value);
        if turn.abs() > MIN_OTHER_CUE_TURN {
            return new;
        }
        if dt > 0.0 {
            let settings = &self.settings;
            tracked.angle.update(tracked.angle.value + turn, dt, settings.angle_cutoff, settings.angle_response);
            let [x, y] = &mut tracked.tip;
            x.update(tip.x, dt, settings.tip_cutoff, settings.tip_response);
            y.update(tip.y, dt, settings.tip_cutoff, settings.tip_response);
            let lag = tracked.angle.value - tracked.shown_angle;
            tracked.shown_angle += lag - lag.clamp(-settings.angle_dead_band, settings.angle_dead_band);
            tracked.length = shaft.length();
            tracked.seen_at = time;
        }
        tracked
    }
}

/// Wraps an angle into −π..=π.
fn wrapped(angle: f64) -> f64 {
    angle - TAU * (angle / TAU).round()
}

/// Returns whether a cue points at the cue ball from behind it.
fn aims(settings: &CueSettings, tip: TablePoint, direction: TableVector, ball: TablePoint, aimed: bool) -> bool {
    let slack = if aimed { AIMED_LIMIT_RATIO } else { 1.0 };
    let to_ball = ball - tip;
    let ahead = to_ball.dot(direction);
    let beside = to_ball.cross(direction).abs();
    (0.0..=slack * settings.aim_distance).contains(&ahead)
        && beside <= slack * settings.aim_radii * settings.table.cue_ball.radius
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{CueState, TableKind};

    const FRAME: f64 = 0.04;
    const BALL: TablePoint = TablePoint::new(0.6, 1.0);
    const BARE: fn(TablePoint) -> bool = |_| true;
    const COVERED: fn(TablePoint) -> bool = |_| false;
    const RESTS: Option<CueBall> = Some(CueBall { position: BALL, moving: false });

    fn filter() -> CueFilter {
        CueFilter::new(CueSettings::for_table(&TableKind::NINE_FOOT.spec()))
    }

    /// Returns tip and butt of a cue that points along `degrees` with its tip at `tip`.
    fn cue(tip: TablePoint, degrees: f64) -> Option<(TablePoint, TablePoint)> {
        let angle = degrees.to_radians();
        Some((tip, tip - TableVector::new(angle.cos(), angle.sin()) * 0.7))
    }

    fn degrees(cue: &Cue) -> f64 {
        cue.direction.y.atan2(cue.direction.x).to_degrees()
    }

    #[test]
    fn a_held_cue_is_calm() {
        let mut filter = filter();
        let mut shown = Vec::new();
        for frame in 0..200_u32 {
            // ±0.1° of alternating noise, and of a slower one.
            let alternating = if frame % 2 == 0 { 0.1 } else { -0.1 };
            let noise = alternating + 0.03 * (f64::from(frame) * 0.9).sin();
            let seen = filter.update(f64::from(frame) * FRAME, cue(TablePoint::new(0.3, 1.0), noise), RESTS, &BARE);
            shown.push(degrees(&seen.expect("a cue")));
        }
        let steps = shown.windows(2).skip(25).map(|pair| (pair[1] - pair[0]).abs());
        assert!(steps.fold(0.0, f64::max) < 0.05);
        assert!(shown.iter().skip(25).all(|angle| angle.abs() < 0.08), "{shown:?}");
    }

    #[test]
    fn a_swung_cue_is_not_late() {
        let mut filter = filter();
        let mut error = 0.0_f64;
        for frame in 0..50_u32 {
            let truth = 20.0 * FRAME * f64::from(frame);
            let seen = filter.update(f64::from(frame) * FRAME, cue(TablePoint::new(0.3, 1.0), truth), None, &BARE);
            error = truth - degrees(&seen.expect("a cue"));
        }
        assert!(error.abs() < 1.0, "{error}° behind at 20° a second");
    }

    #[test]
    fn the_direction_goes_on_beyond_half_a_turn() {
        let mut filter = filter();
        for frame in 0..20_u32 {
            let truth = 178.0 + 0.5 * f64::from(frame);
            let seen = filter.update(f64::from(frame) * FRAME, cue(TablePoint::new(0.9, 1.0), truth), None, &BARE);
            let error = wrapped((degrees(&seen.expect("a cue")) - truth).to_radians()).to_degrees();
            assert!(error.abs() < 1.5, "{error}°");
        }
    }

    #[test]
    fn aiming_is_pointing_at_the_cue_ball_from_behind() {
        let state =
            |tip: TablePoint, degrees: f64| filter().update(0.0, cue(tip, degrees), RESTS, &BARE).expect("a cue").state;
        assert_eq!(state(TablePoint::new(0.3, 1.0), 0.0), CueState::Aiming);
        assert_eq!(state(TablePoint::new(0.3, 1.04), 0.0), CueState::Aiming, "with side");
        assert_eq!(state(TablePoint::new(0.3, 1.05), 0.0), CueState::Away, "past the ball");
        assert_eq!(state(TablePoint::new(0.9, 1.0), 0.0), CueState::Away, "beyond the ball");
        assert_eq!(state(TablePoint::new(0.3, 1.0), 180.0), CueState::Away, "away from the ball");
        assert_eq!(state(TablePoint::new(-0.1, 1.0), 0.0), CueState::Away, "too far behind");
        assert_eq!(
            filter().update(0.0, cue(BALL, 0.0), None, &BARE).expect("a cue").state,
            CueState::Away,
            "no cue ball"
        );
    }

    #[test]
    fn the_line_s_offset_is_to_the_left_as_the_player_sees_it() {
        let cue = filter().update(0.0, cue(TablePoint::new(0.3, 1.01), 0.0), RESTS, &BARE).expect("a cue");
        assert!((cue.offset.expect("a cue ball") - 0.01).abs() < 1e-9);
        assert_eq!((cue.speed, cue.stroke_speed), (0.0, None));
    }

    #[test]
    fn a_struck_ball_makes_the_cue_one_that_has_struck() {
        let mut filter = filter();
        for frame in 0..10_u32 {
            // Forward at 1 m/s.
            let tip = TablePoint::new(0.2 + FRAME * f64::from(frame), 1.0);
            let ball = CueBall { position: BALL, moving: frame >= 9 };
            let seen = filter.update(f64::from(frame) * FRAME, cue(tip, 0.0), Some(ball), &BARE).expect("a cue");
            match frame {
                0 | 1 => assert_eq!(seen.state, CueState::Aiming),
                9 => assert_eq!(seen.state, CueState::Struck),
                3.. => {
                    assert_eq!(seen.state, CueState::Stroking, "frame {frame}");
                    assert!((seen.speed - 1.0).abs() < 0.01, "{}", seen.speed);
                }
                2 => {}
            }
        }
    }

    #[test]
    fn a_cue_is_held_for_a_moment() {
        let mut filter = filter();
        assert!(filter.update(1.0, cue(TablePoint::new(0.3, 1.0), 0.0), RESTS, &BARE).is_some());
        assert_eq!(filter.update(1.2, None, RESTS, &BARE).map(|cue| cue.state), Some(CueState::Aiming));
        assert!(filter.update(1.24, None, RESTS, &BARE).is_none());
        // After a gap, or from an earlier time, it is another cue.
        assert!(filter.update(0.5, None, RESTS, &BARE).is_none());
        let seen = filter.update(0.54, cue(TablePoint::new(0.3, 1.0), 30.0), RESTS, &BARE).expect("a cue");
        assert!((degrees(&seen) - 30.0).abs() < 1e-9);
    }

    /// Returns the state of a cue that was aimed at 0 s and then not detected, every 0.1 s.
    fn unseen(is_bare: fn(TablePoint) -> bool, ball: Option<CueBall>) -> Vec<Option<CueState>> {
        let mut filter = filter();
        filter.update(0.0, cue(TablePoint::new(0.3, 1.0), 0.0), RESTS, &is_bare);
        (1..=12).map(|i| filter.update(0.1 * f64::from(i), None, ball, &is_bare).map(|cue| cue.state)).collect()
    }

    #[test]
    fn an_aim_is_held_while_something_hides_the_cue() {
        let states = unseen(COVERED, RESTS);
        assert!(states[..9].iter().all(|state| state.is_some_and(CueState::is_aimed)), "{states:?}");
        assert_eq!(states[11], None, "nobody aims for ever");
        assert_eq!(unseen(BARE, RESTS)[2], None, "bare cloth where the cue was: it has left");
        let rolls = Some(CueBall { position: BALL, moving: true });
        assert!(unseen(COVERED, rolls).iter().flatten().all(|state| !state.is_aimed()), "the ball was struck");
    }

    #[test]
    fn no_aim_begins_unseen_when_the_struck_ball_has_come_to_rest() {
        let mut filter = filter();
        let rolls = Some(CueBall { position: BALL, moving: true });
        filter.update(0.0, cue(TablePoint::new(0.3, 1.0), 0.0), rolls, &COVERED);
        let unseen = filter.update(0.1, None, RESTS, &COVERED).expect("held for a moment");
        assert!(!unseen.state.is_aimed(), "{unseen:?}");
        let seen = filter.update(0.2, cue(TablePoint::new(0.3, 1.0), 0.0), RESTS, &COVERED).expect("seen again");
        assert!(seen.state.is_aimed(), "{seen:?}");
    }

    #[test]
    fn bare_cloth_tells_that_a_cue_was_drawn_back_over_the_rail() {
        let table = TableKind::NINE_FOOT.spec();
        let is_bare = move |place: TablePoint| table.holds(place, table.ball_radius);
        for (tip_inside, left) in [(0.07, true), (-0.02, false)] {
            let mut filter = filter();
            let ball = Some(CueBall { position: TablePoint::new(0.2, 1.0), moving: false });
            filter.update(0.0, cue(TablePoint::new(tip_inside, 1.0), 0.0), ball, &is_bare);
            let later = filter.update(0.3, None, ball, &is_bare);
            assert_eq!(later.is_none(), left, "a tip {tip_inside} m inside the nose line: {later:?}");
        }
    }

    #[test]
    fn an_arm_beside_the_aimed_cue_is_not_taken_for_it() {
        let mut filter = filter();
        let mut look = |frame: u32, other: bool| {
            let seen = if other { cue(TablePoint::new(0.4, 1.3), 40.0) } else { cue(TablePoint::new(0.3, 1.0), 0.0) };
            filter.update(f64::from(frame) * FRAME, seen, RESTS, &COVERED).expect("a cue")
        };
        for frame in 0..30 {
            // Every third frame something else is taken for the cue.
            let seen = look(frame, frame % 3 == 2);
            assert!(seen.state.is_aimed() && seen.direction.y.abs() < 0.01, "{seen:?}");
        }
        // A persistent sighting is accepted.
        let stays: Vec<CueState> = (30..40).map(|frame| look(frame, true).state).collect();
        assert!(stays[0].is_aimed() && stays[9] == CueState::Away, "{stays:?}");
    }

    #[test]
    fn odd_sightings_do_no_harm() {
        let mut filter = filter();
        let (nan, here) = (TablePoint::new(f64::NAN, 0.0), TablePoint::new(0.3, 1.0));
        assert!(filter.update(0.0, Some((nan, here)), None, &BARE).is_none());
        assert!(filter.update(0.0, Some((here, here)), None, &BARE).is_none());
        assert!(filter.update(0.0, cue(here, 10.0), None, &BARE).is_some());
        let again = filter.update(0.0, cue(here, 11.0), None, &BARE).expect("a cue");
        assert!((degrees(&again) - 10.0).abs() < 1e-9, "the same time again changes nothing");
    }
}
