//! One tracked ball: its motion, its rest, its absence.

use super::{
    kalman::{BallFilter, Residual},
    rest::{MIN_SINGLE_STEP, Rest},
    settings::TrackerSettings,
    stroke_fit::Sighting,
    tracker::Measurement,
};
use crate::Evidence;
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallState, Pocket, TablePoint, TableVector, distance_to_segment,
};

/// Standard deviation of the shown position of a resting ball, metres.
const REST_DEVIATION: f64 = 0.001;

/// Standard deviation of the speed of a ball that is seen for the first time, metres per second.
const FIRST_SPEED: f64 = 0.5;

/// Minimum speed of a moving ball, metres per second; it must also exceed three standard deviations.
const MOVING_SPEED: f64 = 0.05;

/// Maximum time for which an unseen ball's estimated motion is used, seconds; then it is assumed to lie still.
const COASTING: f64 = 0.15;

/// Number of frames for which a fallen ball stays in its pocket before it is removed, so that all observers see it
/// there.
const FALLEN_FRAMES: u32 = 2;

/// Maximum distance from the rim of a pocket at which a ball that vanishes may have fallen, in ball radii.
const LIP_REACH: f64 = 1.5;

/// Minimum distance from the rim of a pocket at which only cloth is under a ball, in ball radii.
const CLOTH_REACH: f64 = 0.8;

/// Minimum time between frames by which a distance is divided, seconds: live frames are stamped on arrival, and two may
/// arrive nearly together.
const MIN_STEP: f64 = 0.01;

/// A ball tracked over a run of frames.
#[derive(Debug, Clone)]
pub struct Track {
    /// Id of the ball.
    pub id: BallId,
    /// Label, as decided together with the other balls.
    pub label: BallLabel,
    /// Class, as decided along with the label.
    pub class: BallClass,
    /// Evidence of its sightings about its identity.
    pub evidence: Evidence,
    confidence: f32,
    filter: BallFilter,
    rest: Option<Rest>,
    moving: bool,
    slow_frames: u32,
    seen: TablePoint,
    seen_at: f64,
    /// `true` if it was smeared by its motion when it was last seen.
    blurred: bool,
    shown: TablePoint,
    missed: u32,
    /// Time since which its place has been visible as bare cloth, seconds.
    bare_since: Option<f64>,
    /// Centre of the pocket that it seems to have fallen into.
    hole: Option<TablePoint>,
    /// Number of frames for which it has been in the pocket.
    fallen: u32,
    /// `true` if balls were moving when it was last seen.
    vanished_in_play: bool,
    /// Centre of the pocket that it was heading for when it was last seen.
    heading: Option<TablePoint>,
}

/// Context of a frame that does not show a ball.
pub struct MissedFrame<'a> {
    /// Time of the frame, seconds.
    pub time: f64,
    /// Time since the frame before, seconds.
    pub dt: f64,
    /// `true` if balls move, or did so a moment ago.
    pub in_play: bool,
    /// Function that returns whether bare cloth is visible at a place.
    pub bare: &'a dyn Fn(TablePoint) -> bool,
}

impl Track {
    /// Creates a ball that was first seen at `first` (place and time) and now again.
    #[must_use]
    pub fn new(
        id: BallId,
        first: (TablePoint, f64),
        evidence: Evidence,
        again: &Measurement,
        time: f64,
        settings: &TrackerSettings,
    ) -> Self {
        let noise = settings.motion.sighting_noise;
        let mut filter = BallFilter::new(first.0, TableVector::zero(), noise, FIRST_SPEED);
        filter.predict((time - first.1).max(0.0), &settings.motion);
        filter.update(again.position, &settings.motion);
        Self {
            id,
            label: BallLabel::Unknown,
            class: BallClass::Other,
            evidence,
            confidence: again.confidence,
            filter,
            rest: None,
            moving: false,
            slow_frames: 0,
            seen: again.position,
            seen_at: time,
            blurred: again.blurred,
            shown: filter.position(),
            missed: 0,
            bare_since: None,
            hole: None,
            fallen: 0,
            vanished_in_play: false,
            heading: None,
        }
    }

    /// Returns the position at which it was last seen.
    #[must_use]
    pub fn seen(&self) -> TablePoint {
        self.seen
    }

    /// Returns whether it moves, as of the newest frame that shows it.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// Returns the sighting of the newest frame, if that shows the ball.
    #[must_use]
    pub fn sighting(&self) -> Option<(BallId, Sighting)> {
        let newest = Sighting { time: self.seen_at, position: self.seen, blurred: self.blurred };
        self.is_seen().then_some((self.id, newest))
    }

    /// Returns whether the newest frame shows it.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.missed == 0
    }

    /// Maps it to its place under a better calibration; `map` returns the true place for a place of the old one.
    pub fn remap(&mut self, map: impl Fn(TablePoint) -> TablePoint) {
        self.filter.move_to(map(self.filter.position()));
        if let Some(rest) = &mut self.rest {
            rest.remap(&map);
        }
        (self.seen, self.shown) = (map(self.seen), map(self.shown));
    }

    /// Advances the estimate by `dt` seconds.
    pub fn predict(&mut self, dt: f64, settings: &TrackerSettings) {
        if self.rest.is_none() {
            self.filter.predict(dt, &settings.motion);
            let is_cue_ball = self.class == BallClass::Cue;
            let radius = if is_cue_ball { settings.cue_ball_radius } else { settings.ball_radius };
            let place = self.filter.position();
            // In the mouth of a pocket there is no nose.
            let near_hole = |hole: &Pocket| (hole.centre - place).length() < hole.radius + 2.0 * radius;
            if !settings.pockets.iter().any(near_hole) {
                let (width, length) = settings.bed;
                let (low, high) = (TablePoint::new(radius, radius), TablePoint::new(width - radius, length - radius));
                self.filter.bounce(low, high, settings.rail_restitution);
            }
        }
    }

    /// Returns the residual of a sighting with respect to the prediction.
    #[must_use]
    pub fn residual(&self, sighting: TablePoint, settings: &TrackerSettings) -> Residual {
        self.filter.residual(sighting, &settings.motion)
    }

    /// Returns the distance of a sighting as a ratio of the distance that the fastest ball could have travelled since
    /// this one was last seen; `None` if it is farther than that. `memory` limits the time for which a ball may move
    /// unseen, seconds; `alike` is whether the sighting has this ball's label or class.
    #[must_use]
    pub fn jump(
        &self,
        sighting: TablePoint,
        time: f64,
        memory: f64,
        alike: bool,
        settings: &TrackerSettings,
    ) -> Option<f64> {
        // A ball that rested and has been hidden since may have been struck, if a ball that reappears elsewhere looks
        // like it.
        if self.rest.is_some() && time - self.seen_at > memory && !alike {
            return None;
        }
        let elapsed = (time - self.seen_at).clamp(MIN_STEP, memory);
        let reach = settings.top_speed * elapsed + 4.0 * settings.motion.sighting_noise;
        let from_last = (sighting - self.seen).length();
        let from_expected = (sighting - self.filter.position()).length();
        (from_last <= reach).then(|| from_last.min(from_expected) / reach)
    }

    /// Returns whether it lies still.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.rest.is_some()
    }

    /// Updates a resting ball that is seen elsewhere because the picture has moved.
    pub fn relocate(&mut self, sighting: &Measurement, time: f64) {
        self.mark_seen(sighting, sighting.position, time);
        self.lie_down(sighting.position);
    }

    /// Updates it with a sighting. `jumped` is set if that is not in the expected place: the ball was struck, or met
    /// something.
    pub fn update(&mut self, sighting: &Measurement, jumped: bool, time: f64, settings: &TrackerSettings) {
        // Corrected to the time at which the middle row was read, as far as the speed is known.
        let late = settings.readout * (sighting.row - 0.5);
        let at = sighting.position - self.filter.velocity() * late;
        let still = self.rest.as_mut().map(|rest| rest.observe(at).then(|| rest.shown()));
        match still {
            Some(Some(shown)) => self.lie_at(shown),
            Some(None) if (at - self.shown).length() <= MIN_SINGLE_STEP => self.end_rest(at, settings),
            None if !jumped => self.filter.update(at, &settings.motion),
            _ => self.restart(at, time, settings),
        }
        self.mark_seen(sighting, at, time);
        if self.rest.is_none() {
            self.judge_motion(settings);
        }
    }

    /// Stores its appearance, and where and when it was last seen.
    fn mark_seen(&mut self, sighting: &Measurement, at: TablePoint, time: f64) {
        if !sighting.blurred {
            self.evidence.add(sighting.appearance);
        }
        self.confidence = sighting.confidence;
        (self.seen, self.seen_at, self.blurred) = (at, time, sighting.blurred);
        (self.missed, self.hole, self.fallen, self.bare_since) = (0, None, 0, None);
    }

    /// Updates it with a frame that does not show it.
    pub fn update_missed(&mut self, frame: &MissedFrame, settings: &TrackerSettings) {
        let MissedFrame { time, dt, in_play, bare } = *frame;
        self.missed += 1;
        self.bare_since = bare(self.shown).then(|| self.bare_since.unwrap_or(time));
        if self.missed == 1 {
            self.vanished_in_play = in_play;
            self.heading = self.pocket_ahead(settings).filter(|_| self.moving);
            if self.moving {
                self.hole = self.hole_ahead(dt, settings);
            }
        }
        if self.hole.is_none() && self.moving {
            self.hole = self.beyond_nose(settings);
        }
        if self.hole.is_none() && self.is_absent(time, settings) {
            // It rolled on unseen and never reappeared.
            self.hole = self.heading;
        }
        if self.hole.is_none()
            && self.vanished_in_play
            && time - self.seen_at > settings.lip_timeout
            && let Some(hole) = self.lip(settings)
        {
            // A ball may stop there under an arm. If it lay on the cloth, that cloth becomes visible once it has fallen.
            // In the mouth of the pocket, where it was seen or rolled on unseen, no cloth is ever visible.
            let reach = hole.radius + CLOTH_REACH * settings.ball_radius;
            let on_cloth = [self.seen, self.shown].iter().all(|place| (hole.centre - *place).length() > reach);
            self.hole = (!on_cloth || self.bare_since.is_some()).then_some(hole.centre);
        }
        match self.hole {
            // A fast ball is lost for some frames now and then: it has fallen if it stays unseen.
            Some(hole) if time - self.seen_at >= settings.fall_time => {
                self.shown = hole;
                self.fallen += 1;
            }
            Some(_) => {}
            None if time - self.seen_at > COASTING && self.rest.is_none() => self.lie_down(self.shown),
            None if self.moving => self.shown = self.filter.position(),
            None => {}
        }
    }

    /// Returns whether cloth has been visible in its place for long enough that it is not there.
    fn is_absent(&self, time: f64, settings: &TrackerSettings) -> bool {
        self.bare_since.is_some_and(|since| time - since > settings.occlusion)
    }

    /// Returns the distance after which it comes to rest if nothing is in its way, metres: v²/2a of a rolling ball.
    fn rolling_distance(&self, settings: &TrackerSettings) -> f64 {
        self.filter.velocity().square_length() / (2.0 * settings.motion.rolling_deceleration)
    }

    /// Returns the centre of the pocket that its straight path leads to, if it is fast enough to reach it.
    fn pocket_ahead(&self, settings: &TrackerSettings) -> Option<TablePoint> {
        let velocity = self.filter.velocity();
        let direction = velocity.try_normalize()?;
        let reach = self.rolling_distance(settings);
        let (width, length) = settings.bed;
        let to_wall = |p: f64, d: f64, side: f64| match d {
            _ if d > 1e-9 => (side - p) / d,
            _ if d < -1e-9 => -p / d,
            _ => f64::INFINITY,
        };
        let exit = to_wall(self.seen.x, direction.x, width).min(to_wall(self.seen.y, direction.y, length));
        let end = self.seen + direction * reach.min(exit + 2.0 * settings.ball_radius);
        let distance = |hole: &Pocket| distance_to_segment(hole.centre, self.seen, end);
        let holes = settings.pockets.iter().filter(|hole| distance(hole) < hole.radius + settings.ball_radius);
        holes.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|hole| hole.centre)
    }

    /// Returns the pocket at whose lip it was last seen.
    fn lip<'a>(&self, settings: &'a TrackerSettings) -> Option<&'a Pocket> {
        let reach = |hole: &Pocket| hole.radius + LIP_REACH * settings.ball_radius;
        settings.pockets.iter().find(|hole| (hole.centre - self.seen).length() < reach(hole))
    }

    /// Returns the centre of the pocket that it has gone into if its path leads beyond the nose lines: elsewhere it
    /// would have bounced off the nose.
    fn beyond_nose(&self, settings: &TrackerSettings) -> Option<TablePoint> {
        let place = self.filter.position();
        let (width, length) = settings.bed;
        if (0.0..=width).contains(&place.x) && (0.0..=length).contains(&place.y) {
            return None;
        }
        let distance = |hole: &&Pocket| (hole.centre - place).length() - hole.radius;
        let nearest = settings.pockets.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(&nearest) < 2.0 * settings.ball_radius).then_some(nearest.centre)
    }

    /// Returns whether it has been unseen for long enough that it must be gone.
    #[must_use]
    pub fn is_gone(&self, time: f64, settings: &TrackerSettings) -> bool {
        match self.hole {
            Some(_) => self.fallen > FALLEN_FRAMES,
            None => self.is_absent(time, settings) || time - self.seen_at > settings.removal_timeout,
        }
    }

    /// Returns the ball as published to the rest of the program.
    #[must_use]
    pub fn ball(&self, settings: &TrackerSettings) -> Ball {
        let state = match (self.missed, self.moving) {
            (0, true) => BallState::Moving,
            (0, false) => BallState::Resting,
            _ => BallState::Occluded,
        };
        // A ball that is hidden for a moment rolls on.
        let velocity = if self.moving && self.hole.is_none() {
            self.filter.velocity().with_max_length(settings.top_speed)
        } else {
            TableVector::zero()
        };
        Ball {
            id: self.id,
            label: self.label,
            class: self.class,
            position: self.shown,
            velocity,
            state,
            confidence: self.confidence,
        }
    }

    /// Discards the motion so far: the ball is where it is seen, and has come there straight from where it was.
    fn restart(&mut self, at: TablePoint, time: f64, settings: &TrackerSettings) {
        let elapsed = (time - self.seen_at).max(MIN_STEP);
        let chord = if elapsed > COASTING { TableVector::zero() } else { (at - self.seen) / elapsed };
        // It may have turned between the two frames: the line between the two places says little about its speed.
        let doubt = 0.1 + 0.5 * chord.length().max(self.filter.velocity().length());
        let doubt = if elapsed > COASTING { doubt + FIRST_SPEED } else { doubt };
        let velocity = chord.with_max_length(settings.top_speed);
        self.filter = BallFilter::new(at, velocity, settings.motion.sighting_noise, doubt);
        (self.rest, self.moving, self.slow_frames) = (None, true, 0);
    }

    /// Ends a rest after a small step, which may be noise: later sightings show whether the ball moves.
    fn end_rest(&mut self, at: TablePoint, settings: &TrackerSettings) {
        self.filter = BallFilter::new(at, TableVector::zero(), settings.motion.sighting_noise, FIRST_SPEED);
        (self.rest, self.slow_frames) = (None, 0);
    }

    fn judge_motion(&mut self, settings: &TrackerSettings) {
        let speed = self.filter.velocity().length();
        self.slow_frames = if speed < settings.rest_speed { self.slow_frames + 1 } else { 0 };
        if self.slow_frames >= settings.rest_frames {
            self.lie_down(self.filter.position());
        } else {
            self.moving |= speed > MOVING_SPEED.max(3.0 * self.filter.velocity_deviation());
            self.shown = self.filter.position();
        }
    }

    fn lie_down(&mut self, at: TablePoint) {
        self.rest = Some(Rest::new(at));
        (self.moving, self.slow_frames) = (false, 0);
        self.lie_at(at);
    }

    fn lie_at(&mut self, at: TablePoint) {
        self.shown = at;
        self.filter = BallFilter::new(at, TableVector::zero(), REST_DEVIATION, 0.0);
    }

    /// Returns the pocket that the ball rolls into within the next two frames, or within its diameter.
    fn hole_ahead(&self, dt: f64, settings: &TrackerSettings) -> Option<TablePoint> {
        let velocity = self.filter.velocity();
        let direction = velocity.try_normalize()?;
        let reach = 2.0 * dt * velocity.length() + 2.0 * settings.ball_radius;
        let reach = reach.min(self.rolling_distance(settings));
        let end = self.shown + direction * reach;
        let holes = settings
            .pockets
            .iter()
            .filter(|pocket| distance_to_segment(pocket.centre, self.shown, end) < pocket.radius);
        holes
            .min_by(|a, b| (a.centre - self.shown).square_length().total_cmp(&(b.centre - self.shown).square_length()))
            .map(|pocket| pocket.centre)
    }
}
