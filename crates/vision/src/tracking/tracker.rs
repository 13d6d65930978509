//! From sightings, frame by frame, to balls that keep their names.
//!
//! A frame is matched with the balls in two passes. The first gives each ball the sighting that fits its expected
//! motion, all balls at once and who they are weighed in. What is left over after that is a ball that was struck or has
//! met something: the second pass looks as far as the fastest ball gets. What is left over then is a new ball, if the
//! next frames show it lying still: no ball comes onto a table rolling, but light that is drawn on the cloth does. In the
//! first moments, when every ball is new, two sightings are enough, and in the very first frame a clear one is.

use super::{
    assign::assign,
    flock::{self, MIN_FLOCK},
    identity::{Likeness, likeness, normalise},
    settings::TrackerSettings,
    stroke_fit::Sighting,
    trail::{Trail, Unseen},
};
use crate::{Evidence, Look, Namer};
use billiards_table::{Ball, BallClass, BallId, BallLabel, BallLooks, TablePoint, TableVector};

/// One ball as one frame shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// Centre, metres.
    pub position: TablePoint,
    /// How far down the picture it is, 0 to 1: a rolling shutter sees the lower rows later.
    pub row: f64,
    /// What seems to be written on it.
    pub label: BallLabel,
    /// What kind of ball it seems to be.
    pub class: BallClass,
    /// What its colours come to.
    pub look: Look,
    /// 0 to 1.
    pub confidence: f32,
    /// 0 to 1: the share of its inside that is not cloth.
    pub solidity: f32,
    /// Smeared by its motion: its colours say little, and it is no new ball.
    pub blurred: bool,
}

/// Cost of leaving a ball unmatched in the first pass: dearer than any pair that the gate admits.
const UNMATCHED: f64 = 60.0;

/// Cost of leaving a ball unmatched in the second pass.
const UNREACHED: f64 = 2.0;

/// A ball that has not been seen for longer than this, seconds, is not looked for any further away.
const LEAP_MEMORY: f64 = 0.12;

/// Time after the last motion on the table, seconds, for which a ball that vanishes may have been hit.
const IN_PLAY: f64 = 0.5;

/// A candidate that is not seen again in so many frames was nothing.
const CANDIDATE_FRAMES: u32 = 2;

/// The second sighting of a candidate is at most so many ball radii from the first.
const CANDIDATE_REACH: f64 = 1.0;

/// A candidate lies still while its sightings are no further apart than so many ball radii.
const STILL_REACH: f64 = 0.2;

/// So many sightings in place make a ball of a candidate,
const STILL_SIGHTINGS: u32 = 4;

/// or so many where much of its inside looks like cloth: rings of light do, and a ball of the cloth's colour.
const HOLLOW_SIGHTINGS: u32 = 40;

/// From this share of its inside that is not cloth on a candidate is solid.
const SOLID: f32 = 0.85;

/// A sighting of the very first frame is a ball at once if so much of its edge is seen.
const CLEAR: f32 = 0.9;

/// after the first moments, seconds.
const YOUNG: f64 = 0.4;

/// Two sightings nearer than so many ball radii are one ball seen twice: two balls cannot be so close.
const SAME_BALL: f64 = 1.5;

/// A sighting that is no ball yet.
#[derive(Debug, Clone)]
struct Candidate {
    position: TablePoint,
    seen_at: f64,
    /// Frames since.
    age: u32,
    /// Sightings in place, one after another.
    still: u32,
    evidence: Evidence,
}

/// Follows the balls of one table.
#[derive(Debug, Clone)]
pub struct Tracker {
    settings: TrackerSettings,
    namer: Namer,
    time: Option<f64>,
    /// Time of the first frame.
    begun: f64,
    /// When a ball was last seen to move.
    moved_at: f64,
    next_id: u32,
    trails: Vec<Trail>,
    candidates: Vec<Candidate>,
    balls: Vec<Ball>,
    /// True if the camera is known to hang differently since the frame before.
    view_changed: bool,
}

impl Tracker {
    /// A tracker that has seen nothing; the namer says who the balls are.
    #[must_use]
    pub fn new(settings: TrackerSettings, namer: Namer) -> Self {
        Self {
            settings,
            namer,
            time: None,
            begun: 0.0,
            moved_at: f64::NEG_INFINITY,
            next_id: 1,
            trails: Vec::new(),
            candidates: Vec::new(),
            balls: Vec::new(),
            view_changed: false,
        }
    }

    /// The balls as of the newest frame, in the order of their names.
    #[must_use]
    pub fn balls(&self) -> &[Ball] {
        &self.balls
    }

    /// The unfiltered sightings of the newest frame, of the balls that it shows.
    #[must_use]
    pub fn sightings(&self) -> Vec<(BallId, Sighting)> {
        self.trails.iter().filter_map(Trail::sighting).collect()
    }

    /// What the balls are taken for, and how they look.
    #[must_use]
    pub fn looks(&self) -> BallLooks {
        self.namer.looks()
    }

    /// Says that the camera hangs differently from the next frame on, so that resting balls are seen elsewhere.
    pub fn expect_moved_picture(&mut self) {
        self.view_changed = true;
    }

    /// Forgets all balls. Their names are not used again.
    pub fn reset(&mut self) {
        self.time = None;
        self.view_changed = false;
        self.moved_at = f64::NEG_INFINITY;
        self.trails.clear();
        self.candidates.clear();
        self.balls.clear();
    }

    /// Forgets all balls and goes on with other figures.
    pub fn reconfigure(&mut self, settings: TrackerSettings) {
        self.reset();
        self.settings = settings;
    }

    /// Takes the balls to where they are by a better calibration; `map` says where what was taken for a place truly is.
    pub fn remap(&mut self, map: impl Fn(TablePoint) -> TablePoint) {
        self.trails.iter_mut().for_each(|trail| trail.remap(&map));
        for candidate in &mut self.candidates {
            candidate.position = map(candidate.position);
        }
        self.balls = self.trails.iter().map(|trail| trail.ball(&self.settings)).collect();
    }

    /// Takes in what the frame of `time` (seconds, on the source's own clock) shows, and returns the balls.
    ///
    /// A frame with the time of the one before, or with a time that is not a number, changes nothing. A frame that is
    /// earlier, or much later, than the one before belongs to another run: all balls are forgotten first. Measurements
    /// that are not finite are ignored. `bare` says whether cloth is seen at a place: a ball that is missing there has
    /// gone, while one that something hides is believed to lie where it was.
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
        let sightings = self.heeded(measurements);

        if self.trails.iter().any(Trail::is_moving) {
            self.moved_at = time;
        }
        let in_play = time - self.moved_at <= IN_PLAY;
        self.trails.iter_mut().for_each(|trail| trail.predict(dt, &self.settings));
        let mut expected = self.match_expected(&sightings);
        let mut leapt = self.match_leapt(&sightings, &expected, time);
        let picture_step = self.picture_step(&sightings, &leapt);
        if let Some(step) = picture_step {
            self.match_moved(step, &sightings, &mut expected, &mut leapt);
        }
        self.view_changed = false;
        for ((trail, expected), leapt) in self.trails.iter_mut().zip(&expected).zip(&leapt) {
            match expected.or(*leapt).and_then(|i| sightings.get(i)) {
                Some(sighting) if picture_step.is_some() && trail.is_resting() => trail.lie_elsewhere(sighting, time),
                Some(sighting) => trail.see(sighting, expected.is_none(), time, &self.settings),
                None => trail.miss(&Unseen { time, dt, in_play, bare }, &self.settings),
            }
        }
        self.trails.retain(|trail| !trail.is_gone(time, &self.settings));

        let taken = |i: usize| expected.contains(&Some(i)) || leapt.contains(&Some(i));
        let strays: Vec<Measurement> =
            sightings.iter().enumerate().filter(|(i, _)| !taken(*i)).map(|(_, sighting)| *sighting).collect();
        self.consider(&strays, time);

        let evidence: Vec<Evidence> = self.trails.iter().map(|trail| trail.evidence).collect();
        for (trail, identity) in self.trails.iter_mut().zip(self.namer.name(&evidence)) {
            (trail.label, trail.class) = (identity.label, identity.class);
            trail.evidence.hold(identity.label);
        }
        self.balls = self.trails.iter().map(|trail| trail.ball(&self.settings)).collect();
        &self.balls
    }

    /// The measurements that count.
    fn heeded(&self, measurements: &[Measurement]) -> Vec<Measurement> {
        let mut sightings: Vec<_> = measurements.iter().filter(|m| m.position.is_finite()).copied().collect();
        if sightings.len() > self.settings.most_sightings {
            sightings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
            sightings.truncate(self.settings.most_sightings);
        }
        sightings
    }

    /// For each ball the sighting that fits its expected motion.
    fn match_expected(&self, sightings: &[Measurement]) -> Vec<Option<usize>> {
        assign(self.trails.len(), sightings.len(), UNMATCHED, |t, s| {
            let (trail, sighting) = (self.trails.get(t)?, sightings.get(s)?);
            let misfit = trail.misfit(sighting.position, &self.settings);
            let strangeness = match likeness_of(trail, sighting) {
                Likeness::Same => 0.0,
                Likeness::Open => 2.0,
                Likeness::Doubtful => 5.0,
                Likeness::Contrary => 10.0,
            };
            (misfit.distance2 <= self.settings.gate).then_some(misfit.distance2 + misfit.vagueness + strangeness)
        })
    }

    /// For each ball that is not where it was expected the sighting that it may have run to.
    fn match_leapt(&self, sightings: &[Measurement], expected: &[Option<usize>], time: f64) -> Vec<Option<usize>> {
        assign(self.trails.len(), sightings.len(), UNREACHED, |t, s| {
            let (trail, sighting) = (self.trails.get(t)?, sightings.get(s)?);
            if expected.get(t).is_some_and(Option::is_some) || expected.contains(&Some(s)) {
                return None;
            }
            let likeness = likeness_of(trail, sighting);
            let strangeness = match likeness {
                Likeness::Same => 0.0,
                Likeness::Open => 0.3,
                Likeness::Doubtful => 0.5,
                Likeness::Contrary => return None,
            };
            let leap = trail.leap(sighting.position, time, LEAP_MEMORY, likeness == Likeness::Same, &self.settings)?;
            Some(leap * leap + strangeness)
        })
    }

    /// Returns the step of the picture on the table, metres, if the camera was knocked.
    fn picture_step(&self, sightings: &[Measurement], leapt: &[Option<usize>]) -> Option<TableVector> {
        let resting = self.trails.iter().zip(leapt).filter(|(trail, _)| trail.is_resting());
        let steps: Vec<TableVector> = resting
            .clone()
            .filter_map(|(trail, leapt)| Some(sightings.get((*leapt)?)?.position - trail.seen()))
            .collect();
        flock::picture_step(&steps, resting.count(), if self.view_changed { 1 } else { MIN_FLOCK })
    }

    /// Matches the balls that lie still in a picture that has moved by about `step`, by nothing but their places.
    fn match_moved(
        &self,
        step: TableVector,
        sightings: &[Measurement],
        expected: &mut [Option<usize>],
        leapt: &mut [Option<usize>],
    ) {
        let nearest = |place: TablePoint| {
            let off = |i: &usize| sightings.get(*i).map_or(f64::INFINITY, |s| (s.position - place).length());
            let nearest = (0..sightings.len()).min_by(|a, b| off(a).total_cmp(&off(b)));
            nearest.filter(|i| off(i) < self.settings.ball_radius)
        };
        let moved: Vec<Option<usize>> = self
            .trails
            .iter()
            .map(|trail| trail.is_resting().then(|| nearest(trail.seen() + step)).flatten())
            .collect();
        for ((trail, moved_to), matched) in self.trails.iter().zip(&moved).zip(expected.iter_mut().zip(leapt)) {
            let (expected, leapt) = matched;
            let taken = |i: &Option<usize>| i.is_some() && moved.contains(i);
            if trail.is_resting() {
                (*expected, *leapt) = (None, *moved_to);
            } else if taken(expected) || taken(leapt) {
                (*expected, *leapt) = (None, None);
            }
        }
    }

    /// Makes balls of sightings that belong to no ball and come again.
    fn consider(&mut self, strays: &[Measurement], time: f64) {
        self.candidates.iter_mut().for_each(|candidate| candidate.age += 1);
        let radius = self.settings.ball_radius;
        let mut fresh = Vec::new();
        for stray in strays.iter().filter(|stray| !stray.blurred) {
            let off = |place: TablePoint| (place - stray.position).length();
            if self.trails.iter().any(|trail| trail.is_seen() && off(trail.seen()) < SAME_BALL * radius) {
                continue;
            }
            let distances = self.candidates.iter().map(|candidate| off(candidate.position)).enumerate();
            let nearest = distances
                .filter(|(_, distance)| *distance < CANDIDATE_REACH * radius)
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let first = nearest.map(|(i, _)| self.candidates.swap_remove(i));
            let mut evidence = first.as_ref().map(|first| first.evidence).unwrap_or_default();
            evidence.add(stray.look);
            let in_place = first.as_ref().filter(|first| off(first.position) < STILL_REACH * radius);
            let still = in_place.map_or(1, |first| first.still + 1);
            let young = time - self.begun <= YOUNG;
            let enough = if stray.solidity >= SOLID { STILL_SIGHTINGS } else { HOLLOW_SIGHTINGS };
            let at_once = time == self.begun && stray.solidity >= SOLID && stray.confidence >= CLEAR;
            let again = first.as_ref().is_some_and(|_| young || still >= enough);
            if (at_once || again) && self.trails.len() < self.settings.most_balls {
                let first = first.map_or((stray.position, time), |first| (first.position, first.seen_at));
                self.trails.push(Trail::new(BallId(self.next_id), first, evidence, stray, time, &self.settings));
                self.next_id = self.next_id.wrapping_add(1);
            } else {
                fresh.push(Candidate { position: stray.position, seen_at: time, age: 0, still, evidence });
            }
        }
        self.candidates.retain(|candidate| candidate.age < CANDIDATE_FRAMES);
        self.candidates.append(&mut fresh);
    }
}

fn likeness_of(trail: &Trail, sighting: &Measurement) -> Likeness {
    // A ball that is smeared has mixed its colours with those of the cloth.
    if sighting.blurred {
        return Likeness::Open;
    }
    likeness((trail.label, trail.class), normalise(sighting.label, sighting.class))
}

#[cfg(test)]
mod tests;
