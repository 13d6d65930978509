//! Tracking of balls frame by frame, so that they keep their ids.
//!
//! A frame is matched with the balls in two passes. The first gives each ball the sighting that fits its expected
//! motion, solved as one assignment problem; agreement of label and class is part of the cost. A ball left over after
//! that was struck or has met something: the second pass searches as far as the fastest ball gets. A sighting left over
//! then is a new ball, if the next frames show it lying still: no ball comes onto a table rolling, but projected light
//! does. In the first moments, when every ball is new, two sightings are enough, and in the very first frame a clear
//! one is.

use super::{
    assign::assign,
    identity::{Likeness, likeness, normalise},
    picture_shift::{self, MIN_MOVED_BALLS},
    settings::TrackerSettings,
    stroke_fit::Sighting,
    track::{MissedFrame, Track},
};
use crate::{Appearance, BallIdentifier, Evidence};
use billiards_table::{Ball, BallClass, BallId, BallLabel, BallLooks, TablePoint, TableVector};

/// One ball as one frame shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// Centre, metres.
    pub position: TablePoint,
    /// Vertical position in the picture, 0 (top) to 1 (bottom): a rolling shutter reads the lower rows later.
    pub row: f64,
    /// Label of the ball, as far as the picture shows it.
    pub label: BallLabel,
    /// Kind of ball, as far as the picture shows it.
    pub class: BallClass,
    /// Summary of its colours.
    pub appearance: Appearance,
    /// Confidence of the detection, 0 to 1.
    pub confidence: f32,
    /// Share of its inside that is not cloth, 0 to 1.
    pub solidity: f32,
    /// `true` if it is smeared by its motion: its colours are then weak evidence, and it does not start a new ball.
    pub blurred: bool,
}

/// Cost of leaving a ball unmatched in the first pass: greater than that of any pair that the gate admits.
const UNMATCHED: f64 = 60.0;

/// Cost of leaving a ball unmatched in the second pass.
const UNREACHED: f64 = 2.0;

/// Maximum time since a ball was seen for which the distance it may have moved grows, seconds.
const JUMP_MEMORY: f64 = 0.12;

/// Time after the last motion on the table for which a ball that vanishes may have been hit, seconds.
const IN_PLAY: f64 = 0.5;

/// Number of frames without another sighting after which a candidate is discarded.
const CANDIDATE_FRAMES: u32 = 2;

/// Maximum distance of the second sighting of a candidate from the first, ball radii.
const CANDIDATE_REACH: f64 = 1.0;

/// Maximum distance between sightings of a candidate that lies still, ball radii.
const STILL_REACH: f64 = 0.2;

/// Number of sightings in place that make a ball of a solid candidate.
const STILL_SIGHTINGS: u32 = 4;

/// Number of sightings in place that make a ball of a candidate whose inside looks largely like cloth, as that of rings
/// of light does, and of a ball of the cloth's colour.
const HOLLOW_SIGHTINGS: u32 = 40;

/// Minimum share of the inside of a solid candidate that is not cloth.
const SOLID: f32 = 0.85;

/// Minimum confidence of a sighting in the very first frame that is a ball at once.
const CLEAR: f32 = 0.9;

/// Time after the first frame during which two sightings make a ball of a candidate, seconds.
const START_PERIOD: f64 = 0.4;

/// Distance below which two sightings are one ball seen twice, ball radii: two balls cannot be so close.
const SAME_BALL: f64 = 1.5;

/// A sighting that is not a ball yet.
#[derive(Debug, Clone)]
struct Candidate {
    position: TablePoint,
    seen_at: f64,
    /// Number of frames since it was seen.
    age: u32,
    /// Number of successive sightings in place.
    still: u32,
    evidence: Evidence,
}

/// Tracks the balls of one table.
#[derive(Debug, Clone)]
pub struct Tracker {
    settings: TrackerSettings,
    identifier: BallIdentifier,
    time: Option<f64>,
    /// Time of the first frame, seconds.
    begun: f64,
    /// Time at which a ball was last seen to move, seconds.
    moved_at: f64,
    next_id: u32,
    tracks: Vec<Track>,
    candidates: Vec<Candidate>,
    balls: Vec<Ball>,
    /// `true` if the camera is known to be mounted differently since the frame before.
    view_changed: bool,
}

impl Tracker {
    /// Creates a tracker that has seen nothing; the identifier identifies the balls.
    #[must_use]
    pub fn new(settings: TrackerSettings, identifier: BallIdentifier) -> Self {
        Self {
            settings,
            identifier,
            time: None,
            begun: 0.0,
            moved_at: f64::NEG_INFINITY,
            next_id: 1,
            tracks: Vec::new(),
            candidates: Vec::new(),
            balls: Vec::new(),
            view_changed: false,
        }
    }

    /// Returns the balls as of the newest frame, in the order of their ids.
    #[must_use]
    pub fn balls(&self) -> &[Ball] {
        &self.balls
    }

    /// Returns the unfiltered sightings of the balls visible in the newest frame.
    #[must_use]
    pub fn sightings(&self) -> Vec<(BallId, Sighting)> {
        self.tracks.iter().filter_map(Track::sighting).collect()
    }

    /// Returns the set that the balls belong to, and their colours.
    #[must_use]
    pub fn looks(&self) -> BallLooks {
        self.identifier.looks()
    }

    /// Announces that the camera is mounted differently from the next frame on, so that resting balls appear elsewhere.
    pub fn expect_moved_picture(&mut self) {
        self.view_changed = true;
    }

    /// Discards all balls. Their ids are not used again.
    pub fn reset(&mut self) {
        self.time = None;
        self.view_changed = false;
        self.moved_at = f64::NEG_INFINITY;
        self.tracks.clear();
        self.candidates.clear();
        self.balls.clear();
    }

    /// Discards all balls and continues with other settings.
    pub fn reconfigure(&mut self, settings: TrackerSettings) {
        self.reset();
        self.settings = settings;
    }

    /// Maps the balls to their places under a better calibration; `map` returns the true place for a place of the old
    /// one.
    pub fn remap(&mut self, map: impl Fn(TablePoint) -> TablePoint) {
        self.tracks.iter_mut().for_each(|track| track.remap(&map));
        for candidate in &mut self.candidates {
            candidate.position = map(candidate.position);
        }
        self.balls = self.tracks.iter().map(|track| track.ball(&self.settings)).collect();
    }

    /// Updates the balls with the measurements of the frame of `time` (seconds, on the source's own clock), and returns
    /// them.
    ///
    /// A frame with the time of the one before, or with a time that is not a number, changes nothing. A frame that is
    /// earlier, or much later, than the one before belongs to another run: all balls are discarded first. Measurements
    /// that are not finite are ignored. `bare` returns whether cloth is visible at a place: a ball that is missing
    /// there has gone, while one that is hidden is assumed to lie in its last place.
    pub fn update(&mut self, time: f64, measurements: &[Measurement], bare: &dyn Fn(TablePoint) -> bool) -> &[Ball] {
        let dt = time - self.time.unwrap_or(time);
        let first = self.time.is_none();
        if !time.is_finite() || (!first && dt == 0.0) {
            return &self.balls;
        }
        if !(0.0..=self.settings.longest_gap).contains(&dt) {
            self.reset();
        }
        if self.time.is_none() {
            self.begun = time;
        }
        self.time = Some(time);
        let dt = dt.clamp(0.0, self.settings.longest_gap);
        let sightings = self.usable(measurements);

        if self.tracks.iter().any(Track::is_moving) {
            self.moved_at = time;
        }
        let in_play = time - self.moved_at <= IN_PLAY;
        self.tracks.iter_mut().for_each(|track| track.predict(dt, &self.settings));
        let mut expected = self.match_expected(&sightings);
        let mut jumped = self.match_jumped(&sightings, &expected, time);
        let picture_shift = self.picture_shift(&sightings, &jumped);
        if let Some(step) = picture_shift {
            self.match_moved(step, &sightings, &mut expected, &mut jumped);
        }
        self.view_changed = false;
        for ((track, expected), jumped) in self.tracks.iter_mut().zip(&expected).zip(&jumped) {
            match expected.or(*jumped).and_then(|i| sightings.get(i)) {
                Some(sighting) if picture_shift.is_some() && track.is_resting() => track.relocate(sighting, time),
                Some(sighting) => track.update(sighting, expected.is_none(), time, &self.settings),
                None => track.update_missed(&MissedFrame { time, dt, in_play, bare }, &self.settings),
            }
        }
        self.tracks.retain(|track| !track.is_gone(time, &self.settings));

        let taken = |i: usize| expected.contains(&Some(i)) || jumped.contains(&Some(i));
        let strays: Vec<Measurement> =
            sightings.iter().enumerate().filter(|(i, _)| !taken(*i)).map(|(_, sighting)| *sighting).collect();
        self.consider(&strays, time);

        let evidence: Vec<Evidence> = self.tracks.iter().map(|track| track.evidence).collect();
        for (track, identity) in self.tracks.iter_mut().zip(self.identifier.identify(&evidence)) {
            (track.label, track.class) = (identity.label, identity.class);
            track.evidence.hold(identity.label);
        }
        self.balls = self.tracks.iter().map(|track| track.ball(&self.settings)).collect();
        &self.balls
    }

    /// Returns the measurements that are used.
    fn usable(&self, measurements: &[Measurement]) -> Vec<Measurement> {
        let mut sightings: Vec<_> = measurements.iter().filter(|m| m.position.is_finite()).copied().collect();
        if sightings.len() > self.settings.most_sightings {
            sightings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            sightings.truncate(self.settings.most_sightings);
        }
        sightings
    }

    /// Returns for each ball the sighting that fits its expected motion.
    fn match_expected(&self, sightings: &[Measurement]) -> Vec<Option<usize>> {
        assign(self.tracks.len(), sightings.len(), UNMATCHED, |t, s| {
            let (track, sighting) = (self.tracks.get(t)?, sightings.get(s)?);
            let residual = track.residual(sighting.position, &self.settings);
            let label_cost = match likeness_of(track, sighting) {
                Likeness::Same => 0.0,
                Likeness::Open => 2.0,
                Likeness::Doubtful => 5.0,
                Likeness::Contrary => 10.0,
            };
            (residual.distance2 <= self.settings.gate).then_some(residual.distance2 + residual.uncertainty + label_cost)
        })
    }

    /// Returns for each ball that is not in its expected place the sighting that it may have moved to.
    fn match_jumped(&self, sightings: &[Measurement], expected: &[Option<usize>], time: f64) -> Vec<Option<usize>> {
        assign(self.tracks.len(), sightings.len(), UNREACHED, |t, s| {
            let (track, sighting) = (self.tracks.get(t)?, sightings.get(s)?);
            if expected.get(t).is_some_and(Option::is_some) || expected.contains(&Some(s)) {
                return None;
            }
            let likeness = likeness_of(track, sighting);
            let label_cost = match likeness {
                Likeness::Same => 0.0,
                Likeness::Open => 0.3,
                Likeness::Doubtful => 0.5,
                Likeness::Contrary => return None,
            };
            let jump = track.jump(sighting.position, time, JUMP_MEMORY, likeness == Likeness::Same, &self.settings)?;
            Some(jump * jump + label_cost)
        })
    }

    /// Returns the step of the picture on the table, metres, if the camera was knocked.
    fn picture_shift(&self, sightings: &[Measurement], jumped: &[Option<usize>]) -> Option<TableVector> {
        let resting = self.tracks.iter().zip(jumped).filter(|(track, _)| track.is_resting());
        let steps: Vec<TableVector> = resting
            .clone()
            .filter_map(|(track, jumped)| Some(sightings.get((*jumped)?)?.position - track.seen()))
            .collect();
        picture_shift::common_shift(&steps, resting.count(), if self.view_changed { 1 } else { MIN_MOVED_BALLS })
    }

    /// Matches the balls that lie still in a picture that has moved by about `step`, only by their places.
    fn match_moved(
        &self,
        step: TableVector,
        sightings: &[Measurement],
        expected: &mut [Option<usize>],
        jumped: &mut [Option<usize>],
    ) {
        let nearest = |place: TablePoint| {
            let distance_to = |i: &usize| sightings.get(*i).map_or(f64::INFINITY, |s| (s.position - place).length());
            let nearest = (0..sightings.len()).min_by(|a, b| distance_to(a).total_cmp(&distance_to(b)));
            nearest.filter(|i| distance_to(i) < self.settings.ball_radius)
        };
        let moved: Vec<Option<usize>> = self
            .tracks
            .iter()
            .map(|track| track.is_resting().then(|| nearest(track.seen() + step)).flatten())
            .collect();
        for ((track, moved_to), matched) in self.tracks.iter().zip(&moved).zip(expected.iter_mut().zip(jumped)) {
            let (expected, jumped) = matched;
            let taken = |i: &Option<usize>| i.is_some() && moved.contains(i);
            if track.is_resting() {
                (*expected, *jumped) = (None, *moved_to);
            } else if taken(expected) || taken(jumped) {
                (*expected, *jumped) = (None, None);
            }
        }
    }

    /// Makes balls of sightings that belong to no ball and recur.
    fn consider(&mut self, strays: &[Measurement], time: f64) {
        self.candidates.iter_mut().for_each(|candidate| candidate.age += 1);
        let radius = self.settings.ball_radius;
        let mut fresh = Vec::new();
        for stray in strays.iter().filter(|stray| !stray.blurred) {
            let distance_to = |place: TablePoint| (place - stray.position).length();
            if self.tracks.iter().any(|track| track.is_seen() && distance_to(track.seen()) < SAME_BALL * radius) {
                continue;
            }
            let distances = self.candidates.iter().map(|candidate| distance_to(candidate.position)).enumerate();
            let nearest = distances
                .filter(|(_, distance)| *distance < CANDIDATE_REACH * radius)
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let first = nearest.map(|(i, _)| self.candidates.swap_remove(i));
            let mut evidence = first.as_ref().map(|first| first.evidence).unwrap_or_default();
            evidence.add(stray.appearance);
            let in_place = first.as_ref().filter(|first| distance_to(first.position) < STILL_REACH * radius);
            let still = in_place.map_or(1, |first| first.still + 1);
            let young = time - self.begun <= START_PERIOD;
            let needed = if stray.solidity >= SOLID { STILL_SIGHTINGS } else { HOLLOW_SIGHTINGS };
            let at_once = time == self.begun && stray.solidity >= SOLID && stray.confidence >= CLEAR;
            let again = first.as_ref().is_some_and(|_| young || still >= needed);
            if (at_once || again) && self.tracks.len() < self.settings.most_balls {
                let first = first.map_or((stray.position, time), |first| (first.position, first.seen_at));
                self.tracks.push(Track::new(BallId(self.next_id), first, evidence, stray, time, &self.settings));
                self.next_id = self.next_id.wrapping_add(1);
            } else {
                fresh.push(Candidate { position: stray.position, seen_at: time, age: 0, still, evidence });
            }
        }
        self.candidates.retain(|candidate| candidate.age < CANDIDATE_FRAMES);
        self.candidates.append(&mut fresh);
    }
}

fn likeness_of(track: &Track, sighting: &Measurement) -> Likeness {
    // A smeared ball has mixed its colours with those of the cloth.
    if sighting.blurred {
        return Likeness::Open;
    }
    likeness((track.label, track.class), normalise(sighting.label, sighting.class))
}

#[cfg(test)]
mod tests;
