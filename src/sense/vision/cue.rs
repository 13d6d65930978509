//! Finding the cue that is aimed at the cue ball: two parallel edges of opposite sign that point past it.

use super::{CueDetection, disc::Disc, lines::Line, scene::Scene};
use std::f64::consts::PI;

/// Directions that are told apart in the first search, over the full turn.
const DIRECTIONS: usize = 720;
/// How far the direction of one edge pixel may be wrong, in those steps.
const SLACK: usize = 9;
/// Shaft widths, over the ball's radius: 5 mm (the glint along a dark shaft) to 26 mm, and what is usual.
const WIDTHS: (f64, f64) = (0.18, 0.92);
const USUAL_WIDTH: f64 = 0.46;
/// The search goes this far from the cue ball's centre, in its radii.
const REACH: f64 = 40.0;
/// The tip is at most this far from the cue ball's centre, in its radii.
const TIP_REACH: f64 = 24.0;
/// A bridge hand hides no more of the shaft than this, in radii of the ball.
const HIDDEN: f64 = 12.0;
/// How much steeper the edges of a shaft are than what cloth alone makes; lines drawn on the cloth are fainter.
const CLEAR: f64 = 3.5;
/// Both edges must be seen over this length, in radii of the ball.
const SHORTEST: f64 = 2.6;

/// A ray along the cue from near the cue ball outwards, working pixels.
#[derive(Debug, Clone, Copy)]
struct Axis {
    /// Foot of the cue ball's centre on the axis.
    origin: [f64; 2],
    /// Unit vector away from the cue ball.
    along: [f64; 2],
    /// Width of the shaft.
    width: f64,
    /// +1 for a shaft brighter than cloth in the strongest channel, -1 for a darker one.
    sign: f64,
}

impl Axis {
    fn normal(&self) -> [f64; 2] {
        [-self.along[1], self.along[0]]
    }

    fn at(&self, s: f64, across: f64) -> [f64; 2] {
        let n = self.normal();
        [self.origin[0] + self.along[0] * s + n[0] * across, self.origin[1] + self.along[1] * s + n[1] * across]
    }
}

/// A place along the axis where both edges of the shaft were seen: distance from the origin, and the two edges.
struct Station {
    s: f64,
    low: [f64; 2],
    high: [f64; 2],
    /// Steepness of the weaker edge, grey levels a pixel.
    contrast: f64,
}

/// The cue aimed at the ball `white`.
pub(super) fn find(scene: &Scene, balls: &[Disc], white: &Disc) -> Option<CueDetection> {
    let mut best: Option<(f64, Axis, Vec<Station>)> = None;
    for axis in candidates(scene, balls, white) {
        let Some((axis, stations)) = refine(scene, balls, white, axis) else { continue };
        // Long and clear: lines drawn on the cloth are long but faint.
        let score: f64 = stations.iter().map(|station| station.contrast.min(60.0)).sum();
        if best.as_ref().is_none_or(|(most, ..)| score > *most) {
            best = Some((score, axis, stations));
        }
    }
    let (_, axis, stations) = best?;
    let (first, last) = (stations.first()?.s, stations.last()?.s);
    Some(CueDetection {
        tip: scene.to_picture(axis.at(first, 0.0)),
        butt: scene.to_picture(axis.at(last, 0.0)),
        confidence: (stations.len() as f64 / (last - first + 1.0)).min(1.0) as f32,
    })
}

/// Directions in which the edges around the cue ball line up in pairs, best first.
fn candidates(scene: &Scene, balls: &[Disc], white: &Disc) -> Vec<Axis> {
    let radius = white.radius;
    let bins = (2.6 * radius).ceil() as usize;
    let directions: Vec<[f64; 2]> = (0..DIRECTIONS)
        .map(|i| {
            let (sin, cos) = (2.0 * PI * i as f64 / DIRECTIONS as f64).sin_cos();
            [cos, sin]
        })
        .collect();
    // For each direction and offset from the cue ball's centre: edges that brighten, and that darken, with the offset.
    let mut votes = [vec![0.0_f32; DIRECTIONS * bins], vec![0.0_f32; DIRECTIONS * bins]];
    for edge in &scene.edges {
        let p = [f64::from(edge.x) - white.centre[0], f64::from(edge.y) - white.centre[1]];
        let distance = (p[0] * p[0] + p[1] * p[1]).sqrt();
        let here = [f64::from(edge.x), f64::from(edge.y)];
        // The nose and its shadow are pairs of edges too.
        let usable = (1.15 * radius..REACH * radius).contains(&distance) && scene.inset(here).abs() > 0.45 * radius;
        if !usable || balls.iter().any(|ball| ball.covers(here, 1.15)) {
            continue;
        }
        let gradient = edge.direction.map(f64::from);
        let mut along = [-gradient[1], gradient[0]];
        if along[0] * p[0] + along[1] * p[1] < 0.0 {
            along = [-along[0], -along[1]];
        }
        let middle = (along[1].atan2(along[0]).rem_euclid(2.0 * PI) / (2.0 * PI) * DIRECTIONS as f64).round() as usize;
        for i in middle + DIRECTIONS - SLACK..=middle + DIRECTIONS + SLACK {
            let i = i % DIRECTIONS;
            let d = directions[i];
            let normal = [-d[1], d[0]];
            let offset = p[0] * normal[0] + p[1] * normal[1];
            let bin = offset + bins as f64 / 2.0;
            if (0.0..bins as f64).contains(&bin) {
                let brightens = gradient[0] * normal[0] + gradient[1] * normal[1] > 0.0;
                votes[usize::from(brightens)][i * bins + bin as usize] += 1.0;
            }
        }
    }
    let (narrow, wide) = (((WIDTHS.0 * radius) as usize).max(2), (WIDTHS.1 * radius).ceil() as usize);
    let prior: Vec<f32> = (0..=wide)
        .map(|width| {
            let unusual = (width as f64 / radius - USUAL_WIDTH) / 0.22;
            (-0.5 * unusual * unusual).exp() as f32
        })
        .collect();
    let mut found: Vec<(f32, Axis)> = Vec::new();
    for (i, along) in directions.iter().enumerate() {
        let row = |kind: usize| &votes[kind][i * bins..(i + 1) * bins];
        let near = |row: &[f32], j: usize| row[j.saturating_sub(1)..(j + 2).min(bins)].iter().sum::<f32>();
        let mut best: Option<(f32, Axis)> = None;
        for low in 0..bins {
            let fits = (bins - low).min(wide + 1);
            for (width, usual) in prior.iter().enumerate().take(fits).skip(narrow) {
                for (bright, sign) in [(1, 1.0), (0, -1.0)] {
                    let score = usual * near(row(bright), low).min(near(row(1 - bright), low + width));
                    if best.as_ref().is_none_or(|(most, _)| score > *most) {
                        let middle = low as f64 + 0.5 * width as f64 + 0.5 - bins as f64 / 2.0;
                        let origin = [white.centre[0] - along[1] * middle, white.centre[1] + along[0] * middle];
                        best = Some((score, Axis { origin, along: *along, width: width as f64, sign }));
                    }
                }
            }
        }
        found.extend(best);
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut kept: Vec<Axis> = Vec::new();
    for (score, axis) in found {
        let apart = |other: &Axis| axis.along[0] * other.along[0] + axis.along[1] * other.along[1] < 0.998;
        if f64::from(score) > radius && kept.iter().all(apart) {
            kept.push(axis);
        }
        if kept.len() == 4 {
            break;
        }
    }
    kept
}

/// Measures the shaft station by station and fits its axis midway between both edges.
fn refine(scene: &Scene, balls: &[Disc], white: &Disc, mut axis: Axis) -> Option<(Axis, Vec<Station>)> {
    let radius = white.radius;
    let mut stations = Vec::new();
    for round in 0..4 {
        let gate = if round == 0 { 0.35 } else { 0.2 } * radius;
        stations = measure(scene, balls, radius, &axis, gate);
        if (stations.len() as f64) < SHORTEST * radius {
            return None;
        }
        let low = Line::fit(stations.iter().map(|station| (station.low, 1.0)))?;
        let high = Line::fit(stations.iter().map(|station| (station.high, 1.0)))?;
        // A shaft tapers: each edge leans by the same small angle to its own side.
        let towards = |line: &Line| {
            let along = [line.normal[1], -line.normal[0]];
            let sign = (along[0] * axis.along[0] + along[1] * axis.along[1]).signum();
            [along[0] * sign, along[1] * sign]
        };
        let (a, b) = (towards(&low), towards(&high));
        let lean = (a[0] * b[1] - a[1] * b[0]).asin();
        if lean.abs() > 0.05 {
            return None;
        }
        let sum = [a[0] + b[0], a[1] + b[1]];
        let length = sum[0].hypot(sum[1]).max(1e-9);
        let along = [sum[0] / length, sum[1] / length];
        let n = stations.len() as f64;
        let middle = [0, 1].map(|i| stations.iter().map(|s| 0.5 * (s.low[i] + s.high[i])).sum::<f64>() / n);
        let width = stations.iter().map(|s| (s.high[0] - s.low[0]).hypot(s.high[1] - s.low[1])).sum::<f64>() / n;
        let back = (middle[0] - white.centre[0]) * along[0] + (middle[1] - white.centre[1]) * along[1];
        axis = Axis { origin: [middle[0] - along[0] * back, middle[1] - along[1] * back], along, width, ..axis };
    }
    let offset = (axis.origin[0] - white.centre[0]).hypot(axis.origin[1] - white.centre[1]);
    let tip = stations.first()?.s;
    let contrast = stations.iter().map(|station| station.contrast).sum::<f64>() / stations.len() as f64;
    let plausible = offset < 1.2 * radius
        && tip < TIP_REACH * radius
        && contrast > CLEAR * f64::from(scene.noise)
        && (WIDTHS.0 * radius..1.1 * WIDTHS.1 * radius).contains(&axis.width);
    // Right behind the tip the shaft is free: the bridge hand comes later.
    let behind_tip = stations.iter().take_while(|station| station.s < tip + SHORTEST * radius).count();
    let solid = behind_tip as f64 > 0.7 * SHORTEST * radius;
    // A line drawn on the cloth, or the rail, goes on beyond the cue ball; a cue cannot.
    let back = Axis { along: axis.along.map(|v| -v), sign: axis.sign, ..axis };
    let near = 1.2 * radius..8.0 * radius;
    let beyond = measure(scene, balls, radius, &back, 0.2 * radius);
    let beyond = beyond.iter().filter(|station| near.contains(&station.s)).count() as f64;
    let room = (0..(8.0 * radius) as usize)
        .filter(|s| near.contains(&(*s as f64)) && scene.inset(back.at(*s as f64, 0.0)) > 0.5 * radius)
        .count() as f64;
    let goes_on = beyond > 0.6 * radius && beyond > 0.5 * room;
    (plausible && solid && !goes_on).then_some((axis, stations))
}

/// The stations along the axis, one a pixel, where both edges lie within `gate` of where they should.
fn measure(scene: &Scene, balls: &[Disc], radius: f64, axis: &Axis, gate: f64) -> Vec<Station> {
    let mut stations: Vec<Station> = Vec::new();
    let mut run: Vec<Station> = Vec::new();
    // How far to go on without seeing the shaft: to its tip first, then past a hand.
    let mut patience = TIP_REACH * radius;
    let mut step = 1.0 * radius;
    // Three pixels in a row with both edges are shaft; fewer are a chance.
    let close = |run: &mut Vec<Station>, stations: &mut Vec<Station>| {
        if run.len() >= 3 {
            stations.append(run);
        }
        run.clear();
    };
    while step < REACH * radius {
        let p = axis.at(step, 0.0);
        let outside = scene.inset(p) < -0.03 * scene.length;
        if outside || step > patience {
            break;
        }
        let hidden = balls.iter().any(|ball| ball.covers(p, 1.1));
        let seen = (!hidden).then(|| edges_across(scene, axis, step, gate)).flatten();
        match seen {
            Some((low, high, contrast)) => {
                run.push(Station { s: step, low: axis.at(step, low), high: axis.at(step, high), contrast });
                if run.len() >= 3 {
                    patience = step + HIDDEN * radius;
                }
            }
            None => close(&mut run, &mut stations),
        }
        step += 1.0;
    }
    close(&mut run, &mut stations);
    stations
}

/// Offsets of the two edges of the shaft at distance `s` along the axis, sub-pixel, and the slope of the weaker one.
fn edges_across(scene: &Scene, axis: &Axis, s: f64, gate: f64) -> Option<(f64, f64, f64)> {
    const STEP: f64 = 0.5;
    let edge = |expected: f64, sign: f64| -> Option<(f64, f64)> {
        let count = (2.0 * gate / STEP) as usize;
        let first = expected - gate;
        let profile: Vec<[f32; 3]> = (0..count + 5)
            .map(|k| {
                let p = axis.at(s, first + (k as f64 - 2.0) * STEP);
                scene.picture.sample(p[0] as f32, p[1] as f32)
            })
            .collect();
        // Grey levels a pixel, signed, summed over the channels: a shaft is brighter or darker in most of them.
        let slope: Vec<f64> = (0..=count)
            .map(|k| (0..3).map(|c| f64::from(profile[k + 4][c] - profile[k][c])).sum::<f64>() * sign / (4.0 * STEP))
            .collect();
        let best = (1..count).max_by(|a, b| slope[*a].total_cmp(&slope[*b]))?;
        let (before, here, after) = (slope[best - 1], slope[best], slope[best + 1]);
        if here < 1.5 * f64::from(scene.noise) || here < before || here < after {
            return None;
        }
        let bend = before - 2.0 * here + after;
        let shift = if bend.abs() > 1e-9 { 0.5 * (before - after) / bend } else { 0.0 };
        Some((first + (best as f64 + shift) * STEP, here))
    };
    let low = edge(-0.5 * axis.width, axis.sign)?;
    let high = edge(0.5 * axis.width, -axis.sign)?;
    Some((low.0, high.0, low.1.min(high.1)))
}
