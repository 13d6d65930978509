//! A shaft measured along an axis by both its edges.

use super::{
    super::scene::Scene,
    axis::Axis,
    profile::{Search, Sides, Station, stations},
};

/// Distance between the profiles of the fine measurement, pixels.
const FINE: f64 = 3.0;
/// Maximum number of stations, spread over all, from which pairs are tried as points of the shaft's sides.
const PICKS: usize = 24;
/// Maximum distance of a station's edges from those of the shaft, in radii of the ball: at first, and once measured.
const MAX_EDGE_DISTANCE: [f64; 2] = [0.12, 0.09];
/// Range of the change of half the width along the shaft, pixels per pixel. A cue grows from 12 to 30 mm over 1.4 m; a
/// lens and the nearer butt add to that, and edges are not measured exactly.
const TAPER: std::ops::Range<f64> = -0.002..0.011;
/// Minimum width of a shaft, in radii of the ball: the bright strip of one with dark sides.
pub(super) const MIN_WIDTH: f64 = 0.17;
/// Usual width of a shaft towards its tip, in radii of the ball: among a glint, the shaft itself, and the shaft with
/// the shadows at its sides, the shaft is preferred.
const USUAL: f64 = 0.5;
/// Spread of the width of thinner and of wider shafts, in radii of the ball.
const USUAL_SPREAD: [f64; 2] = [0.35, 0.25];
/// Maximum slope of the shaft against the line it is searched for along, pixels per pixel.
const MAX_SLOPE: f64 = 0.05;
/// Maximum length of the shaft that a hand hides, in radii of the ball.
const HIDDEN: f64 = 13.0;
/// Minimum share of the profiles within a radius of the ball that must show the shaft too; with fewer, a station is
/// there by chance.
const DENSE: f64 = 0.4;
/// Minimum ratio between the lengths seen of the shafts that widen in one sense and in the other; below it both are the
/// same shaft, because a line does not hold two.
const MIN_SHARE_BOTH_WAYS: f64 = 0.5;
/// Maximum slope of an edge that counts, grey levels per pixel; steeper edges count no more.
const STEEP: f64 = 25.0;
/// Weight of a strip of light relative to both edges: it need not lie quite in the middle of the shaft.
const CORE_PULL: f64 = 0.3;

/// A shaft over the table.
#[derive(Debug, Clone)]
pub(super) struct Shaft {
    /// Centre line; the first station has `s` = 0.
    pub axis: Axis,
    /// Edges relative to that line.
    pub sides: Sides,
    /// `s` of the last station.
    pub end: f64,
    /// Stations at which it was seen, by growing `s`.
    pub stations: Vec<Station>,
    /// Distance between profiles, pixels.
    step: f64,
}

impl Shaft {
    /// Finds shafts along a range of an axis, measured coarsely: one that widens in the direction of the axis, and one
    /// that widens against it. Each begins at its thinner end.
    pub fn rough(scene: &Scene, axis: &Axis, range: [f64; 2], radius: f64) -> Vec<Self> {
        let search = Search { radius, along: 0.3 * radius, fineness: 1, expected: None };
        let seen = stations(scene, axis, range, &search);
        let gate = MAX_EDGE_DISTANCE[0] * radius;
        let one = |(sides, sense): (Sides, f64)| {
            let profiles = seen.chunk_by(|a, b| a.s == b.s);
            let kept: Vec<_> = profiles.filter_map(|pairs| sides.best(pairs, gate)).collect();
            let shaft = Self::through(axis, &kept, &search, sense)?;
            Some(if sense < 0.0 { shaft.reversed() } else { shaft })
        };
        let [opening, closing] = consensus(&seen, gate, radius);
        let shafts = [opening.and_then(|sides| one((sides, 1.0))), closing.and_then(|sides| one((sides, -1.0)))];
        let seen = |shaft: &Option<Self>| shaft.as_ref().map_or(0.0, Self::seen);
        let [opening, closing] = shafts;
        let shafts = if seen(&opening) < MIN_SHARE_BOTH_WAYS * seen(&closing) {
            [closing.clone().map(Self::reversed), closing]
        } else if seen(&closing) < MIN_SHARE_BOTH_WAYS * seen(&opening) {
            [opening.clone(), opening.map(Self::reversed)]
        } else {
            [opening, closing]
        };
        shafts.into_iter().flatten().collect()
    }

    /// Measures the same shaft finely: sub-pixel edges in many profiles.
    pub fn measured(&self, scene: &Scene, radius: f64) -> Option<Self> {
        let again = |shaft: &Self, tolerance: f64| {
            let whole = shaft.axis.inside(scene, 2.0)?;
            let range = [whole[0].max(-2.0 * radius), whole[1].min(shaft.end + 2.0 * radius)];
            let search =
                Search { radius, along: FINE, fineness: 2, expected: Some((&shaft.sides, tolerance * radius)) };
            Self::through(&shaft.axis, &stations(scene, &shaft.axis, range, &search), &search, 1.0)
        };
        again(&again(self, MAX_EDGE_DISTANCE[0])?, MAX_EDGE_DISTANCE[1])
    }

    /// Returns the same shaft seen from its other end.
    pub fn reversed(self) -> Self {
        let axis = Axis { origin: self.axis.at(self.end, 0.0), ..self.axis.reversed() };
        let turned = |station: Station| Station {
            s: self.end - station.s,
            left: -station.right,
            right: -station.left,
            ..station
        };
        let [half, opening] = self.sides.half;
        Self {
            axis,
            sides: Sides { middle: [0.0; 2], half: [half + opening * self.end, -opening] },
            stations: self.stations.into_iter().rev().map(turned).collect(),
            ..self
        }
    }

    /// Returns the length over which the shaft was seen, pixels.
    pub fn seen(&self) -> f64 {
        self.stations.len() as f64 * self.step
    }

    /// Returns the length over which both its edges were seen, not only a strip between them, pixels.
    pub fn whole(&self) -> f64 {
        self.stations.iter().filter(|station| !station.core).count() as f64 * self.step
    }

    /// Returns the slope of the weaker edge, averaged over the stations, grey levels per pixel.
    pub fn contrast(&self) -> f64 {
        self.stations.iter().map(|station| station.weight.min(STEEP)).sum::<f64>() / self.stations.len().max(1) as f64
    }

    /// Fits both edges to the connected stations and places the axis midway.
    ///
    /// `sense` is the sense of `s` in which the shaft widens. The axis is recomputed in every round, so that least
    /// squares across it converge to total least squares.
    fn through(axis: &Axis, stations: &[Station], search: &Search, sense: f64) -> Option<Self> {
        let stations = connected(stations, search);
        let middle = regression(&stations, |station| 0.5 * (station.left + station.right))?;
        let whole: Vec<Station> = stations.iter().filter(|station| !station.core).copied().collect();
        let [width, opening] = regression(&whole, |station| 0.5 * (station.right - station.left))?;
        // The taper of a short shaft is known better from the range of real cues than from the picture.
        let known = sense * (sense * opening).clamp(TAPER.start, TAPER.end);
        let centre = whole.iter().map(|station| station.s).sum::<f64>() / whole.len() as f64;
        let half = [width + (opening - known) * centre, known];
        let (first, last) = (stations.first()?.s, stations.last()?.s);
        let length = middle[1].hypot(1.0);
        let along = (axis.along + axis.normal() * middle[1]) / length;
        let offset = |s: f64| middle[0] + middle[1] * s;
        let moved = |station: &Station| Station {
            s: (station.s - first) * length,
            left: (station.left - offset(station.s)) / length,
            right: (station.right - offset(station.s)) / length,
            ..*station
        };
        Some(Self {
            axis: Axis { origin: axis.at(first, offset(first)), along },
            sides: Sides { middle: [0.0; 2], half: [half[0] + half[1] * first, half[1]] },
            end: (last - first) * length,
            stations: stations.iter().map(moved).collect(),
            step: search.along,
        })
    }
}

/// Returns the sides that the most stations lie on, among those that open with growing `s`, and among those that close.
fn consensus(stations: &[Station], tolerance: f64, radius: f64) -> [Option<Sides>; 2] {
    let picks: Vec<_> = stations.iter().step_by(stations.len().div_ceil(PICKS).max(1)).collect();
    let mut best: [Option<(f64, Sides)>; 2] = [None; 2];
    let most: f64 = stations.iter().map(|station| station.weight.min(STEEP)).sum();
    for (i, a) in picks.iter().enumerate() {
        for b in picks.iter().skip(i + 1).filter(|b| b.s - a.s > 2.0 * radius) {
            let sides = Sides::through(a, b);
            let width = (a.right - a.left).min(b.right - b.left) / radius;
            let senses = [1.0, -1.0].map(|sense| TAPER.contains(&(sense * sides.half[1])));
            if width < MIN_WIDTH || sides.middle[1].abs() > MAX_SLOPE || senses == [false; 2] {
                continue;
            }
            let unusual = (width - USUAL) / USUAL_SPREAD[usize::from(width > USUAL)];
            let usual = (-unusual * unusual).exp();
            let may_win = |(best, fits): (&Option<(f64, Sides)>, bool)| {
                fits && best.is_none_or(|(score, _)| most * usual > score)
            };
            if !best.iter().zip(senses).any(may_win) {
                continue;
            }
            let share = |station: &Station| match station {
                station if sides.meet(station, tolerance) => 1.0,
                station if sides.show_core(station, tolerance) => CORE_PULL,
                _ => 0.0,
            };
            let seen: f64 = stations.iter().map(|station| share(station) * station.weight.min(STEEP)).sum();
            let score = seen * usual;
            for (best, fits) in best.iter_mut().zip(senses) {
                if fits && best.is_none_or(|(most, _)| score > most) {
                    *best = Some((score, sides));
                }
            }
        }
    }
    best.map(|best| best.map(|(_, sides)| sides))
}

/// Returns the stations without isolated ones; of groups farther apart than a hand is wide, the heaviest.
fn connected(stations: &[Station], search: &Search) -> Vec<Station> {
    let needed = DENSE * 2.0 * search.radius / search.along;
    let dense = |station: &&Station| {
        let before = stations.partition_point(|other| other.s < station.s - search.radius);
        let near = stations.partition_point(|other| other.s <= station.s + search.radius) - before;
        near as f64 >= needed
    };
    let kept: Vec<Station> = stations.iter().filter(dense).copied().collect();
    let weight = |group: &[Station]| group.iter().map(|station| station.weight).sum::<f64>();
    kept.chunk_by(|a, b| b.s - a.s < HIDDEN * search.radius)
        .max_by(|a, b| weight(a).total_cmp(&weight(b)))
        .map_or(Vec::new(), <[Station]>::to_vec)
}

/// Returns the weight of a station in a fit.
fn pull(station: &Station) -> f64 {
    station.weight.min(STEEP) * if station.core { CORE_PULL } else { 1.0 }
}

/// Fits a value at the stations by weighted least squares: at `s` = 0, and its change per pixel.
fn regression(stations: &[Station], value: impl Fn(&Station) -> f64) -> Option<[f64; 2]> {
    let sum = |f: &dyn Fn(&Station) -> f64| stations.iter().map(|station| pull(station) * f(station)).sum();
    let total: f64 = sum(&|_| 1.0);
    if stations.len() < 3 || total <= 0.0 {
        return None;
    }
    let (s, v): (f64, f64) = (sum(&|station| station.s), sum(&value));
    let (s, v) = (s / total, v / total);
    let (ss, sv): (f64, f64) =
        (sum(&|station| (station.s - s).powi(2)), sum(&|station| (station.s - s) * (value(station) - v)));
    let slope = sv / ss.max(1e-9);
    Some([v - slope * s, slope])
}
