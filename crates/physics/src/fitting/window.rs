//! Windows: the legs on both sides of one contact, or a single leg, as the engine predicts them.

use super::legs::{Cause, Course, Cut, LEAST, Leg};
use crate::{BallMotion, Engine, PhysicsError, Shot, Vec2, Vec3};
use nalgebra::{Matrix3, Vector3};

/// Contact between the legs of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    None,
    Rail,
    Balls,
}

/// Unknowns in the initial state of a ball in a window.
#[derive(Debug, Clone, Copy)]
struct Start {
    /// Radius of the ball, metres.
    radius: f64,
    rests: bool,
    /// `true` if the slip is unknown; otherwise the ball has rolled for long enough.
    slides: bool,
    /// `true` if side spin matters and is unknown.
    spins: bool,
}

/// An unknown of one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unknown {
    pub step: f64,
    /// Standard deviation of the prior about 0; `None` without a prior.
    pub prior: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    ball: usize,
    /// Time, seconds after the window's start.
    t: f64,
    place: Vec2,
    /// Weight of the sample: one over the number of windows that use it.
    pub weight: f64,
    key: (usize, usize),
}

#[derive(Debug)]
pub(super) struct Window {
    starts: Vec<Start>,
    /// Index of the cue ball in `starts`, if it is there.
    cue_ball: Option<usize>,
    /// Samples, ordered by ball and time.
    pub seen: Vec<Seen>,
    /// Normal of the nose, whose exact position is an unknown.
    nose: Option<Vec2>,
    pub joint: Joint,
    /// Time from the window's start to the contact, seconds, as estimated from the samples.
    lead: f64,
    /// Number of legs that begin with a contact or a strike.
    pub sliding: usize,
    pub unknowns: Vec<Unknown>,
    /// Values of the unknowns.
    pub local: Vec<f64>,
    /// Ratio of the speeds normal to the nose after and before the contact, and angle of incidence from the normal,
    /// radians; from the samples alone.
    pub observed: Option<(f64, f64)>,
}

/// Returns position, velocity and acceleration at `t`, from a parabola through samples.
fn parabola(course: &Course, from: usize, to: usize, t: f64) -> Option<(Vec2, Vec2, Vec2)> {
    let line = to - from < 3;
    let (mut a, mut bx, mut by) = (Matrix3::zeros(), Vector3::zeros(), Vector3::zeros());
    for i in from..=to {
        let s = course.times[i] - t;
        let row = Vector3::new(1.0, s, if line { 0.0 } else { 0.5 * s * s });
        a += row * row.transpose();
        bx += row * course.places[i].x;
        by += row * course.places[i].y;
    }
    if line {
        a[(2, 2)] = 1.0;
    }
    let inverse = a.try_inverse()?;
    let (x, y) = (inverse * bx, inverse * by);
    Some((Vec2::new(x[0], y[0]), Vec2::new(x[1], y[1]), Vec2::new(x[2], y[2])))
}

/// Returns the longest time that a ball may slide after a disturbance, seconds, if most of its speed is slip and the
/// cloth is slippery.
fn settling(speed: f64) -> f64 {
    0.1 + 0.33 * speed
}

/// Returns all windows of the legs.
pub(super) fn windows(cut: &Cut) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut used: Vec<Vec<bool>> = cut.legs.iter().map(|legs| vec![false; legs.len()]).collect();
    let mut pairs: std::collections::BTreeMap<usize, Vec<(usize, usize)>> = std::collections::BTreeMap::new();
    for (c, legs) in cut.legs.iter().enumerate() {
        for k in 1..legs.len() {
            match legs[k].begin {
                Cause::Rail(normal) => {
                    if let Some(window) = around_rail(cut, (c, k), normal, used[c][k - 1]) {
                        windows.push(window);
                        used[c][k - 1] = true;
                        used[c][k] = true;
                    }
                }
                Cause::Ball(number) => pairs.entry(number).or_default().push((c, k)),
                Cause::Unseen | Cause::Struck | Cause::Stopped => {}
            }
        }
    }
    for pair in pairs.values() {
        if let [one, two] = pair[..]
            && let Some(window) = around_meeting(cut, [one, two])
        {
            windows.push(window);
            for (c, k) in [one, two] {
                used[c][k - 1] = true;
                used[c][k] = true;
            }
        }
    }
    for (legs, used) in cut.legs.iter().zip(&used) {
        for leg in legs.iter().zip(used).filter(|(leg, used)| !**used && !leg.rests && leg.len() >= LEAST) {
            windows.extend(alone(cut, leg.0));
        }
    }
    share(&mut windows);
    windows
}

/// Sets the weights such that a sample that several windows use counts once.
fn share(windows: &mut [Window]) {
    let mut uses = std::collections::HashMap::new();
    for seen in windows.iter().flat_map(|window| &window.seen) {
        *uses.entry(seen.key).or_insert(0.0) += 1.0;
    }
    for seen in windows.iter_mut().flat_map(|window| &mut window.seen) {
        seen.weight = 1.0 / uses[&seen.key];
    }
}

/// Returns the first sample of the part of a leg with which a window begins, and whether the ball may slide there.
fn run_up(course: &Course, leg: &Leg, covered: bool) -> (usize, bool) {
    let speed = parabola(course, leg.first, leg.last.min(leg.first + 5), course.times[leg.first]);
    let rolls_from = course.times[leg.first] + settling(speed.map_or(f64::INFINITY, |(_, v, _)| v.length()));
    let first = course.times.partition_point(|t| *t < rolls_from);
    let enough = leg.last >= first + 7 && course.times[leg.last] - course.times[first] > 0.25;
    if covered && enough { (first, false) } else { (leg.first, true) }
}

fn seen(course: &Course, key: usize, ball: usize, range: std::ops::RangeInclusive<usize>, t0: f64) -> Vec<Seen> {
    let one = |i| Seen { ball, t: course.times[i] - t0, place: course.places[i], weight: 1.0, key: (key, i) };
    range.map(one).collect()
}

fn around_rail(cut: &Cut, (c, k): (usize, usize), normal: Vec2, covered: bool) -> Option<Window> {
    let (course, before, after) = (&cut.courses[c], &cut.legs[c][k - 1], &cut.legs[c][k]);
    if before.len() < 4 || after.len() < 4 || before.rests || after.rests {
        return None;
    }
    let (first, slides) = run_up(course, before, covered);
    let mut window = Window::new(Joint::Rail);
    window.nose = Some(normal);
    window.sliding = 1 + usize::from(slides);
    window.begin(course, before, first, Start { radius: course.radius, rests: false, slides, spins: true })?;
    window.seen = seen(course, c, 0, first..=after.last, course.times[first]);
    window.unknowns.push(Unknown { step: 1e-5, prior: Some(0.003) });
    window.local.push(0.0);
    let at = 0.5 * (course.times[before.last] + course.times[after.first]);
    window.lead = at - course.times[first];
    let (_, incoming, _) = parabola(course, before.first.max(before.last.saturating_sub(5)), before.last, at)?;
    let (_, outgoing, _) = parabola(course, after.first, after.last.min(after.first + 3), at)?;
    let (vin, vout) = (-incoming.dot(normal), outgoing.dot(normal));
    let angle = incoming.cross(normal).atan2(vin).abs();
    window.observed = (vin > 0.1).then_some((vout / vin, angle));
    Some(window)
}

fn around_meeting(cut: &Cut, pair: [(usize, usize); 2]) -> Option<Window> {
    let mut window = Window::new(Joint::Balls);
    let before = pair.map(|(c, k)| cut.legs[c][k - 1]);
    let fits = |leg: &Leg| leg.len() >= if leg.rests { 2 } else { 4 };
    if !before.iter().all(fits) || before.iter().all(|leg| leg.rests) {
        return None;
    }
    let t0 = before
        .iter()
        .filter(|leg| !leg.rests)
        .map(|leg| cut.courses[leg.course].times[leg.first])
        .fold(f64::NEG_INFINITY, f64::max);
    for (ball, ((c, k), leg)) in pair.into_iter().zip(&before).enumerate() {
        let (course, after) = (&cut.courses[c], &cut.legs[c][k]);
        let first = course.times.partition_point(|t| *t < t0 - 1e-9);
        let first = if leg.rests { leg.first } else { first.max(leg.first) };
        if after.len() < 4 || (!leg.rests && leg.last < first + 3) {
            return None;
        }
        window.lead = 0.5 * (course.times[leg.last] + course.times[after.first]) - t0;
        // Balls of one recording are sampled at the same times, so both initial states are at t0.
        let moves = !leg.rests;
        let start = Start { radius: course.radius, rests: leg.rests, slides: moves, spins: moves };
        window.begin(course, leg, first, start)?;
        window.seen.extend(seen(course, c, ball, first..=after.last, t0));
        window.sliding += 2 - usize::from(leg.rests);
    }
    Some(window)
}

fn alone(cut: &Cut, leg: &Leg) -> Option<Window> {
    let course = &cut.courses[leg.course];
    let mut window = Window::new(Joint::None);
    window.sliding = usize::from(leg.begin != Cause::Unseen);
    window.begin(course, leg, leg.first, Start { radius: course.radius, rests: false, slides: true, spins: false })?;
    window.seen = seen(course, leg.course, 0, leg.first..=leg.last, course.times[leg.first]);
    Some(window)
}

impl Window {
    fn new(joint: Joint) -> Self {
        Self {
            starts: Vec::new(),
            cue_ball: None,
            seen: Vec::new(),
            nose: None,
            joint,
            lead: 0.0,
            sliding: 0,
            unknowns: Vec::new(),
            local: Vec::new(),
            observed: None,
        }
    }

    /// Adds the unknowns of a ball with initial guesses.
    fn begin(&mut self, course: &Course, leg: &Leg, first: usize, start: Start) -> Option<()> {
        let mut add = |value: f64, step: f64, prior: Option<f64>| {
            self.unknowns.push(Unknown { step, prior });
            self.local.push(value);
        };
        if start.rests {
            let count = leg.len() as f64;
            let sum = course.places[leg.first..=leg.last].iter().fold(Vec2::ZERO, |sum, place| sum + *place);
            add(sum.x / count, 1e-5, None);
            add(sum.y / count, 1e-5, None);
        } else {
            // A ball that may slide has one acceleration at first and another later, so only the first samples are
            // used.
            let last = if start.slides { leg.last.min(first + 7) } else { leg.last };
            let (place, velocity, _) = parabola(course, first, last, course.times[first])?;
            let speed = velocity.length();
            add(place.x, 1e-5, None);
            add(place.y, 1e-5, None);
            add(velocity.x, 1e-4, None);
            add(velocity.y, 1e-4, None);
            if start.spins {
                add(0.0, 0.05, Some(1.0 + 0.5 * speed / start.radius));
            }
            if start.slides {
                let prior = Some(0.1 + speed);
                add(0.05 * velocity.x, 1e-3, prior);
                add(0.05 * velocity.y, 1e-3, prior);
            }
        }
        if course.is_cue_ball {
            self.cue_ball = Some(self.starts.len());
        }
        self.starts.push(start);
        Some(())
    }

    /// Returns the radius of the first ball, metres.
    pub fn radius(&self) -> Option<f64> {
        self.starts.first().map(|start| start.radius)
    }

    /// Returns starting points for the search: the present values of the unknowns, and variants with other slips and
    /// side spins.
    pub fn candidates(&self) -> Vec<Vec<f64>> {
        let mut all = vec![self.local.clone()];
        for part in [0.05, 0.5, 1.0, 1.7, -0.6] {
            for side in [0.0, 0.4, -0.4] {
                let mut local = self.local.clone();
                let mut at = 0;
                for start in self.starts.iter() {
                    at += 2;
                    if start.rests {
                        continue;
                    }
                    let velocity = Vec2::new(local[at], local[at + 1]);
                    at += 2;
                    if start.spins {
                        local[at] = side * velocity.length() / start.radius;
                        at += 1;
                    }
                    if start.slides {
                        (local[at], local[at + 1]) = (part * velocity.x, part * velocity.y);
                        at += 2;
                    }
                }
                if !all.contains(&local) {
                    all.push(local);
                }
            }
        }
        all
    }

    fn states(&self, engine: &Engine, local: &[f64]) -> (Vec<BallMotion>, Vec2) {
        // The unknown is the side spin at the contact: the part that the cloth uses up before has no effect and cannot
        // be found.
        let ball = &engine.physics().ball;
        let used_up = 2.5 * ball.spin_friction_per_radius * ball.gravity * self.lead.max(0.0);
        let mut values = local.iter().copied();
        let mut next = || values.next().unwrap_or(0.0);
        let balls = self.starts.iter().map(|start| {
            let position = Vec2::new(next(), next());
            if start.rests {
                return BallMotion::at_rest(position);
            }
            let velocity = Vec2::new(next(), next());
            let side = if start.spins { next() } else { 0.0 };
            let side = if side == 0.0 { 0.0 } else { side + used_up.copysign(side) };
            let slip = if start.slides { Vec2::new(next(), next()) } else { Vec2::ZERO };
            let roll = (velocity - slip) * (1.0 / start.radius);
            BallMotion { position, velocity, spin: Vec3::new(-roll.y, roll.x, side) }
        });
        let mut balls: Vec<_> = balls.collect();
        let shift = self.nose.map_or(Vec2::ZERO, |normal| normal * next());
        for ball in &mut balls {
            ball.position = ball.position - shift;
        }
        (balls, shift)
    }

    /// Computes measured minus predicted positions, metres.
    ///
    /// # Errors
    /// An invalid initial state, see [`Engine::shoot_into`].
    pub fn residuals(
        &self,
        engine: &Engine,
        local: &[f64],
        shot: &mut Shot,
        out: &mut Vec<Vec2>,
    ) -> Result<(), PhysicsError> {
        let (balls, shift) = self.states(engine, local);
        engine.shoot_into(&balls, crate::Start::Moving { cue_ball: self.cue_ball }, shot)?;
        out.clear();
        for seen in &self.seen {
            let predicted = shot.state(seen.ball, seen.t).map_or(Vec2::ZERO, |state| state.position);
            out.push(seen.place - predicted - shift);
        }
        Ok(())
    }

    /// Returns whether samples `i` and `i + 1` are of the same ball.
    pub fn adjoin(&self, i: usize) -> bool {
        self.seen[i].ball == self.seen[i + 1].ball
    }
}
