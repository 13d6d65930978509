//! A shaft measured along an axis by both its edges.

use super::{
    super::scene::Scene,
    axis::Axis,
    profile::{Search, Sides, Station, stations},
};

/// Distance of the profiles in which a shaft is measured closely, pixels.
const FINE: f64 = 3.0;
/// So many stations spread over all are tried as the two that the shaft's sides pass through.
const PICKS: usize = 24;
/// How far a station's edges lie off those of the shaft at most, in radii of the ball: at first, and once measured.
const OFF: [f64; 2] = [0.12, 0.09];
/// Half the width changes at most so much along the shaft, pixels a pixel. A cue goes from 12 to 30 mm over 1.4 m; a
/// lens and the nearer butt add to that, and edges are not seen exactly.
const TAPER: std::ops::Range<f64> = -0.002..0.011;
/// The thinnest shaft, in radii of the ball: the bright strip of one with dark sides.
pub(super) const THINNEST: f64 = 0.17;
/// Width of a usual shaft towards its tip, in radii of the ball, and how much thinner and wider others are: of a glint,
/// its shaft, and the shaft with the shadows at its sides, the shaft is meant.
const USUAL: f64 = 0.5;
const USUAL_SPREAD: [f64; 2] = [0.35, 0.25];
/// How much the shaft may lie askew on the line it is sought along, pixels a pixel.
const ASKEW: f64 = 0.05;
/// A hand hides no more of the shaft than this, in radii of the ball.
const HIDDEN: f64 = 13.0;
/// Of the profiles within a radius of the ball this share shows the shaft too, or a station is there by chance.
const DENSE: f64 = 0.4;
/// Minimum share of a shaft that is seen whichever way it is taken to widen, or it is the same shaft in both senses: a
/// line does not hold two.
const MIN_SHARE_BOTH_WAYS: f64 = 0.5;
/// An edge steeper than this, grey levels a pixel, counts no more.
const STEEP: f64 = 25.0;
/// A strip of light need not lie quite in the middle of the shaft: it counts for less than both edges do.
const CORE_PULL: f64 = 0.3;

/// A shaft over the table.
#[derive(Debug, Clone)]
pub(super) struct Shaft {
    /// Its middle line; the first station has `s` = 0.
    pub axis: Axis,
    /// Its edges over that line.
    pub sides: Sides,
    /// `s` of the last station.
    pub end: f64,
    /// Where it was seen, by growing `s`.
    pub stations: Vec<Station>,
    /// Distance of the profiles, pixels.
    step: f64,
}

impl Shaft {
    /// Shafts along a range of an axis, measured coarsely: one that widens this way, and one that widens the other way.
    /// Each begins at its thinner end.
    pub fn rough(scene: &Scene, axis: &Axis, range: [f64; 2], radius: f64) -> Vec<Self> {
        let search = Search { radius, along: 0.3 * radius, fineness: 1, expected: None };
        let seen = stations(scene, axis, range, &search);
        let gate = OFF[0] * radius;
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

    /// The same shaft measured closely: sub-pixel edges in many profiles.
    pub fn measured(&self, scene: &Scene, radius: f64) -> Option<Self> {
        let again = |shaft: &Self, off: f64| {
            let whole = shaft.axis.inside(scene, 2.0)?;
            let range = [whole[0].max(-2.0 * radius), whole[1].min(shaft.end + 2.0 * radius)];
            let search = Search { radius, along: FINE, fineness: 2, expected: Some((&shaft.sides, off * radius)) };
            Self::through(&shaft.axis, &stations(scene, &shaft.axis, range, &search), &search, 1.0)
        };
        again(&again(self, OFF[0])?, OFF[1])
    }

    /// The same shaft seen from its other end.
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

    /// Length over which the shaft was seen, pixels.
    pub fn seen(&self) -> f64 {
        self.stations.len() as f64 * self.step
    }

    /// Length over which both its edges were seen, not only a strip between them, pixels.
    pub fn whole(&self) -> f64 {
        self.stations.iter().filter(|station| !station.core).count() as f64 * self.step
    }

    /// Steepness of the weaker edge, mean over the stations, grey levels a pixel.
    pub fn contrast(&self) -> f64 {
        self.stations.iter().map(|station| station.weight.min(STEEP)).sum::<f64>() / self.stations.len().max(1) as f64
    }

    /// Fits both edges to the stations that hang together and lays the axis midway.
    ///
    /// `sense` is that of `s` in which the shaft widens. The axis is laid anew in every round, so that least squares across it are total least squares in the end.
    fn through(axis: &Axis, stations: &[Station], search: &Search, sense: f64) -> Option<Self> {
        let stations = connected(stations, search);
        let middle = regression(&stations, |station| 0.5 * (station.left + station.right))?;
        let whole: Vec<Station> = stations.iter().filter(|station| !station.core).copied().collect();
        let [width, opening] = regression(&whole, |station| 0.5 * (station.right - station.left))?;
        // Of a short shaft the taper is known better than seen.
        let known = sense * (sense * opening).clamp(TAPER.start, TAPER.end);
        let centre = whole.iter().map(|station| station.s).sum::<f64>() / whole.len() as f64;
        let half = [width + (opening - known) * centre, known];
        let (first, last) = (stations.first()?.s, stations.last()?.s);
        let length = middle[1].hypot(1.0);
        let normal = axis.normal();
        let along = [0, 1].map(|i| (axis.along[i] + middle[1] * normal[i]) / length);
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

/// The sides that the most stations lie on, of those that open with growing `s`, and of those that close.
fn consensus(stations: &[Station], off: f64, radius: f64) -> [Option<Sides>; 2] {
    let picks: Vec<_> = stations.iter().step_by(stations.len().div_ceil(PICKS).max(1)).collect();
    let mut best: [Option<(f64, Sides)>; 2] = [None; 2];
    let most: f64 = stations.iter().map(|station| station.weight.min(STEEP)).sum();
    for (i, a) in picks.iter().enumerate() {
        for b in picks.iter().skip(i + 1).filter(|b| b.s - a.s > 2.0 * radius) {
            let sides = Sides::through(a, b);
            let width = (a.right - a.left).min(b.right - b.left) / radius;
            let senses = [1.0, -1.0].map(|sense| TAPER.contains(&(sense * sides.half[1])));
            if width < THINNEST || sides.middle[1].abs() > ASKEW || senses == [false; 2] {
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
                station if sides.meet(station, off) => 1.0,
                station if sides.show_core(station, off) => CORE_PULL,
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

/// The stations without those that stand alone; of groups farther apart than a hand is wide, the heaviest.
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

/// How much a station counts in a fit.
fn pull(station: &Station) -> f64 {
    station.weight.min(STEEP) * if station.core { CORE_PULL } else { 1.0 }
}

/// Weighted least squares through a value at the stations: at `s` = 0, and its change a pixel.
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
