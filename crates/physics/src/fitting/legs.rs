//! Cuts tracks into legs of undisturbed motion and finds the disturbances between them.

use super::{settings::FitSettings, track::Track};
use crate::{Table, Vec2};
use billiards_table::TableSpec;

/// Speed below which a ball counts as resting, metres per second.
const REST: f64 = 0.008;
/// Maximum acceleration that the cloth can cause, metres per second squared.
const CLOTH: f64 = 0.35 * 9.81;
/// Margin around a hole, beyond its radius, in which a ball may touch a jaw, metres; nothing is fitted there.
const MOUTH: f64 = 0.05;
/// Maximum number of samples that are used of a ball at rest.
const REST_SAMPLES: usize = 10;
/// Minimum number of consecutive samples of a moving ball.
pub(super) const LEAST: usize = 6;

/// A track as the fit needs it: without the samples near pockets.
#[derive(Debug)]
pub(super) struct Course {
    pub recording: usize,
    pub is_cue_ball: bool,
    /// Radius of the ball, metres.
    pub radius: f64,
    /// Times of the samples, seconds.
    pub times: Vec<f64>,
    /// Positions of the samples, metres.
    pub places: Vec<Vec2>,
    /// Median time between samples, seconds.
    pub dt: f64,
}

/// Disturbance between two legs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cause {
    /// The ball was not detected, or fell.
    Unseen,
    /// The ball began to move, or changed its path, with no rail or ball nearby.
    Struck,
    /// The ball came to rest.
    Stopped,
    /// The ball hit the nose with this normal.
    Rail(Vec2),
    /// The ball hit another ball; the value is the number of the meeting.
    Ball(usize),
}

/// A disturbance of the motion between two samples.
#[derive(Debug, Clone, Copy)]
struct Break {
    /// Last sample that is certainly before the disturbance.
    before: usize,
    /// First sample that is certainly after the disturbance.
    after: usize,
    cause: Cause,
}

/// Undisturbed motion: samples `first..=last` of a course.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg {
    pub course: usize,
    pub first: usize,
    pub last: usize,
    pub begin: Cause,
    pub rests: bool,
}

impl Leg {
    pub fn len(&self) -> usize {
        (self.last + 1).saturating_sub(self.first)
    }
}

impl Course {
    fn new(track: &Track, settings: &FitSettings) -> Self {
        let holes = settings.spec.features().pockets;
        let clear = |p: Vec2| {
            !settings.rails || holes.iter().all(|hole| (p - hole.centre.into()).length() > hole.radius + MOUTH)
        };
        let seen = track.samples.iter().map(|sample| (sample.t, Vec2::from(sample.position)));
        let (times, places): (Vec<_>, Vec<_>) = seen.filter(|(_, p)| clear(*p)).unzip();
        let mut gaps: Vec<_> = track.samples.windows(2).map(|pair| pair[1].t - pair[0].t).collect();
        let is_cue_ball = track.is_cue_ball();
        Self {
            recording: track.recording,
            is_cue_ball,
            radius: settings.spec.radius(is_cue_ball),
            dt: median(&mut gaps).unwrap_or(1.0),
            times,
            places,
        }
    }

    /// Returns the mean velocity between two samples, metres per second.
    fn velocity(&self, from: usize, to: usize) -> Vec2 {
        (self.places[to] - self.places[from]) * (1.0 / (self.times[to] - self.times[from]))
    }

    /// Returns the change of velocity around a sample, metres per second, from three samples on either side.
    fn jump(&self, i: usize) -> Option<Vec2> {
        if i < 3 || i + 3 >= self.times.len() || self.times[i + 3] - self.times[i - 3] > 9.0 * self.dt {
            return None;
        }
        Some(self.velocity(i + 1, i + 3) - self.velocity(i - 3, i - 1))
    }

    /// Returns the position of the ball at a time, metres; `None` if it was not detected around that time.
    fn at(&self, t: f64) -> Option<Vec2> {
        let after = self.times.partition_point(|seen| *seen < t);
        if after < self.times.len() && (self.times[after] - t).abs() < 1e-9 {
            return Some(self.places[after]);
        }
        if after == 0 || after >= self.times.len() || self.times[after] - self.times[after - 1] > 2.5 * self.dt {
            return None;
        }
        Some(self.places[after - 1] + self.velocity(after - 1, after) * (t - self.times[after - 1]))
    }

    fn nearest(&self, t: f64) -> usize {
        let after = self.times.partition_point(|seen| *seen < t);
        let nearer = |i: &usize| (self.times[*i] - t).abs();
        let candidates = [after.saturating_sub(1), after.min(self.times.len() - 1)];
        if nearer(&candidates[0]) < nearer(&candidates[1]) { candidates[0] } else { candidates[1] }
    }
}

/// Returns the median, for an even count the mean of the two middle values. Reorders the values.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(0.5 * (lower + upper))
}

/// Returns the scatter of single coordinates, metres, from third differences of moving balls: smooth motion drops out.
fn noise(courses: &[Course]) -> f64 {
    let mut differences = Vec::new();
    for course in courses {
        for p in course.places.windows(4).filter(|p| (p[3] - p[0]).length() > 0.1 * 3.0 * course.dt) {
            let d = p[3] - p[0] + (p[1] - p[2]) * 3.0;
            differences.extend([d.x.abs(), d.y.abs()]);
        }
    }
    // The variance of a third difference is 20 times that of its terms.
    (1.4826 * median(&mut differences).unwrap_or(0.0) / 20.0_f64.sqrt()).max(1e-4)
}

/// Legs of all tracks.
#[derive(Debug)]
pub(super) struct Cut {
    pub courses: Vec<Course>,
    /// Legs of each course, in order of time.
    pub legs: Vec<Vec<Leg>>,
    /// Scatter of single coordinates, metres.
    pub noise: f64,
}

impl Cut {
    pub fn new(tracks: &[Track], settings: &FitSettings) -> Self {
        let courses: Vec<_> = tracks.iter().map(|track| Course::new(track, settings)).collect();
        let courses: Vec<_> = courses.into_iter().filter(|course| course.times.len() >= LEAST).collect();
        let noise = noise(&courses);
        let table = settings.table();
        let mut breaks: Vec<Vec<Break>> = courses.iter().map(|course| rails(course, &table, noise)).collect();
        meetings(&courses, &settings.spec, noise, &mut breaks);
        let legs = (0..).zip(&courses).zip(breaks).map(|((number, course), breaks)| {
            let moving = moving(course, noise);
            legs(number, course, &moving, all_breaks(course, &moving, noise, breaks))
        });
        Self { legs: legs.collect(), noise, courses }
    }
}

/// Finds the disturbances at noses, near which a ball turns back.
fn rails(course: &Course, table: &Table, noise: f64) -> Vec<Break> {
    let mut found = Vec::new();
    let n = course.times.len();
    for i in 2..n.saturating_sub(2) {
        let (p, dt) = (course.places[i], course.dt);
        if course.times[i + 2] - course.times[i - 2] > 6.0 * dt {
            continue;
        }
        for wall in table.walls().iter().filter(|wall| wall.is_beside(p)) {
            let d = |j: usize| wall.distance(course.places[j]);
            if d(i) > d(i - 1) || d(i) >= d(i + 1) {
                continue;
            }
            let (back, on) = (i.saturating_sub(4), (i + 4).min(n - 1));
            // Use as long a base as there is, at least two samples.
            let slope = |from: usize, to: usize| course.velocity(from, to).dot(wall.normal);
            let incoming = (back..i - 1).map(|from| slope(from, i - 1)).fold(f64::NEG_INFINITY, f64::max);
            let outgoing = (i + 2..=on).map(|to| slope(i + 1, to)).fold(f64::INFINITY, f64::min);
            let least = 0.03 + 2.0 * noise / dt / 3.0;
            let near = course.radius + 0.015 + 0.6 * dt * incoming.abs().max(outgoing.abs());
            if incoming < -least && outgoing > least && d(i) < near {
                found.push(Break { before: i - 1, after: i + 1, cause: Cause::Rail(wall.normal) });
            }
        }
    }
    found.dedup_by_key(|found| found.before);
    found
}

/// Finds the collisions of two balls: they come close to one another and at least one changes its path.
fn meetings(courses: &[Course], spec: &TableSpec, noise: f64, breaks: &mut [Vec<Break>]) {
    let mut number = 0;
    for (a, one) in courses.iter().enumerate() {
        for (b, two) in courses.iter().enumerate().skip(a + 1).filter(|(_, two)| two.recording == one.recording) {
            let contact_distance = spec.contact_distance(one.is_cue_ball || two.is_cue_ball);
            let apart: Vec<_> = one.times.iter().zip(&one.places).map(|(t, p)| Some(*p - two.at(*t)?)).collect();
            for i in 2..one.times.len().saturating_sub(2) {
                let (Some(before), Some(last), Some(now), Some(next)) =
                    (apart[i - 2], apart[i - 1], apart[i], apart[i + 1])
                else {
                    continue;
                };
                let speed = (last - before).length() / one.dt;
                let touching = contact_distance + 0.6 * one.dt * speed + 3.0 * noise + 0.004;
                let nearest = now.length() <= last.length() && now.length() < next.length();
                if !nearest || now.length() > touching || speed < 0.05 {
                    continue;
                }
                let j = two.nearest(one.times[i]);
                let jump = |course: &Course, i: usize| course.jump(i).map_or(0.0, Vec2::length);
                if jump(one, i) + jump(two, j) < 0.1 + 8.0 * noise / one.dt {
                    continue;
                }
                for (course, i) in [(a, i), (b, j)] {
                    breaks[course].push(Break {
                        before: i.saturating_sub(1),
                        after: i + 1,
                        cause: Cause::Ball(number),
                    });
                }
                number += 1;
            }
        }
    }
}

fn moving(course: &Course, noise: f64) -> Vec<bool> {
    let n = course.times.len();
    let least = REST.max(1.2 * noise / course.dt);
    (0..n).map(|i| course.velocity(i.saturating_sub(2), (i + 2).min(n - 1)).length() > least).collect()
}

/// Adds rest, strikes, gaps and unexplained changes of path.
fn all_breaks(course: &Course, moving: &[bool], noise: f64, mut breaks: Vec<Break>) -> Vec<Break> {
    let n = course.times.len();
    let explained = breaks.clone();
    let near = |i: usize, reach: usize| explained.iter().any(|found| found.before.abs_diff(i) <= reach);
    for i in 1..n {
        if course.times[i] - course.times[i - 1] > 2.5 * course.dt {
            breaks.push(Break { before: i - 1, after: i, cause: Cause::Unseen });
        } else if moving[i] && !moving[i - 1] && !near(i + 1, 3) {
            breaks.push(Break { before: i, after: (i + 2).min(n - 1), cause: Cause::Struck });
        } else if !moving[i] && moving[i - 1] && !near(i - 1, 2) {
            breaks.push(Break { before: (i + 2).min(n - 1), after: i, cause: Cause::Stopped });
        }
    }
    let size = |i: usize| course.jump(i).map_or(0.0, Vec2::length);
    let unexplained = 4.0 * course.dt * CLOTH + 9.0 * noise / course.dt;
    let quiet: Vec<_> = breaks.iter().map(|found| found.before).collect();
    for i in 3..n.saturating_sub(3) {
        let largest = (i - 2..=i + 2).all(|j| size(j) <= size(i));
        if largest && size(i) > unexplained && quiet.iter().all(|at| at.abs_diff(i) > 3) {
            breaks.push(Break { before: i - 1, after: i + 1, cause: Cause::Struck });
        }
    }
    breaks.sort_by_key(|found| (found.before + found.after, found.after));
    breaks
}

fn legs(number: usize, course: &Course, moving: &[bool], breaks: Vec<Break>) -> Vec<Leg> {
    let end = Break { before: course.times.len() - 1, after: 0, cause: Cause::Unseen };
    let mut last = Break { before: 0, after: 0, cause: Cause::Unseen };
    let mut legs = Vec::new();
    for next in breaks.into_iter().chain([end]) {
        let mut leg = Leg { course: number, first: last.after, last: next.before, begin: last.cause, rests: false };
        if leg.len() > 0 && leg.first <= leg.last {
            let moves = moving[leg.first..=leg.last].iter().filter(|moving| **moving).count();
            leg.rests = last.cause == Cause::Stopped || 2 * moves < leg.len();
            if leg.rests {
                leg.first = leg.first.max((leg.last + 1).saturating_sub(REST_SAMPLES));
            }
        }
        legs.push(leg);
        last = next;
    }
    legs
}
