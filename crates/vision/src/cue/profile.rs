//! Profiles across a shaft: positions of both its edges, and the colours between and outside them.

use super::{super::scene::Scene, WIDEST, axis::Axis};

/// Blue, green and red, or their change per pixel.
type Colour = [f32; 3];

/// Reach of a profile to both sides of the axis, in radii of the ball: past a shaft that lies askew.
const REACH: f64 = 1.3;
/// Distance from the axis beyond which a profile shows the background of the shaft, in radii of the ball.
const GROUND: f64 = 1.05;
/// Minimum width of a strip, in radii of the ball: the glint on a dark shaft in front of something as dark.
const NARROWEST: f64 = 0.12;
/// Minimum ratio of an edge's slope to that of cloth alone.
const CLEAR: f32 = 1.2;
/// Minimum ratio of a station's weight to the slope of cloth alone.
const FAINT: f64 = 0.6;
/// Minimum negative cosine between the changes of colour at both edges: away from the ground's colour and back.
const OPPOSITE: f32 = 0.3;
/// Minimum width of the strip seen in the middle of a shaft, as a share of the shaft's width.
const CORE: f64 = 0.25;
/// Maximum distance from the middle of an edge to the end of its blur, in radii of the ball.
const BLUR: f64 = 0.25;
/// Scale of the difference between the colour just outside a shaft and the ground, as a share of the shaft's own
/// difference; outside a dark shaft's glint is the shaft, not the ground.
const UNLIKE: f32 = 0.6;

/// Positions at which both edges of a shaft cross a profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Station {
    /// Distance along the axis, pixels.
    pub s: f64,
    /// Offset of the edge at lower `t`, pixels.
    pub left: f64,
    /// Offset of the edge at higher `t`, pixels.
    pub right: f64,
    /// Slope of the weaker edge, grey levels per pixel, reduced where the colours outside differ from the background.
    pub weight: f64,
    /// `true` if only a strip in the middle of the shaft was seen: the glint on a dark shaft in front of something as
    /// dark.
    pub core: bool,
}

/// Both edges of a shaft as straight lines over an axis: value at `s` = 0 and change per pixel of `s`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    /// Offset of the line midway, pixels.
    pub middle: [f64; 2],
    /// Half the shaft's width, pixels.
    pub half: [f64; 2],
}

impl Sides {
    /// Returns the sides through two stations.
    pub fn through(a: &Station, b: &Station) -> Self {
        let line = |u: f64, v: f64| {
            let slope = (v - u) / (b.s - a.s);
            [u - slope * a.s, slope]
        };
        Self {
            middle: line(0.5 * (a.left + a.right), 0.5 * (b.left + b.right)),
            half: line(0.5 * (a.right - a.left), 0.5 * (b.right - b.left)),
        }
    }

    /// Returns whether the edges of a station lie within `gate` pixels of these sides.
    pub fn meet(&self, station: &Station, gate: f64) -> bool {
        let (middle, half) = (self.middle[0] + self.middle[1] * station.s, self.half[0] + self.half[1] * station.s);
        (station.left - middle + half).abs() < gate && (station.right - middle - half).abs() < gate
    }

    /// Returns the station that shows the shaft best among those of one profile: by both edges, or by the strip between
    /// them.
    pub fn best(&self, pairs: &[Station], gate: f64) -> Option<Station> {
        let fitting = pairs.iter().filter_map(|station| {
            let core = !self.meet(station, gate);
            (!core || self.show_core(station, gate)).then_some(Station { core, ..*station })
        });
        fitting.max_by(|a, b| (!a.core).cmp(&!b.core).then(a.weight.total_cmp(&b.weight)))
    }

    /// Returns whether a station shows a strip in the middle of the shaft.
    pub fn show_core(&self, station: &Station, gate: f64) -> bool {
        let (middle, half) = (self.middle[0] + self.middle[1] * station.s, self.half[0] + self.half[1] * station.s);
        let (offset, width) = (0.5 * (station.left + station.right) - middle, station.right - station.left);
        offset.abs() < gate && (CORE * 2.0 * half..2.0 * half).contains(&width)
    }
}

/// Parameters of the search for a shaft.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    /// Radius of the balls, pixels.
    pub radius: f64,
    /// Distance between profiles, pixels.
    pub along: f64,
    /// Number of samples of a profile per pixel.
    pub fineness: usize,
    /// Expected edges and their tolerance, pixels; `None` accepts edges anywhere near the axis.
    pub expected: Option<(&'a Sides, f64)>,
}

/// Returns the stations in a range of the axis: one per profile if edges are expected, otherwise all pairs of edges.
pub(super) fn stations(scene: &Scene, axis: &Axis, range: [f64; 2], search: &Search) -> Vec<Station> {
    let mut profile = Profile::new(search);
    let count = ((range[1] - range[0]) / search.along).max(0.0) as usize;
    let mut found = Vec::new();
    for i in 0..=count {
        let s = range[0] + i as f64 * search.along;
        profile.read(scene, axis, s);
        let pairs = profile.pairs(s, scene.noise);
        match search.expected {
            Some((sides, gate)) => found.extend(sides.best(&pairs, gate)),
            None => found.extend(pairs),
        }
    }
    found
}

/// One profile, and the edges in it.
struct Profile {
    radius: f64,
    fineness: usize,
    samples: Vec<Colour>,
    /// Distance of each sample's colour from the ground's, grey levels.
    unlike: Vec<f32>,
    /// Increase of that distance with the offset, grey levels per pixel.
    rise: Vec<f32>,
}

impl Profile {
    fn new(search: &Search) -> Self {
        let count = 2 * (REACH * search.radius * search.fineness as f64) as usize + 1;
        Self {
            radius: search.radius,
            fineness: search.fineness,
            samples: vec![[0.0; 3]; count],
            unlike: vec![0.0; count],
            rise: vec![0.0; count],
        }
    }

    /// Returns the offset from the axis at a (fractional) place of the profile, pixels.
    fn offset(&self, place: f64) -> f64 {
        (place - (self.samples.len() / 2) as f64) / self.fineness as f64
    }

    /// Returns the number of samples along a length given in radii of the ball.
    fn count(&self, radii: f64) -> usize {
        (radii * self.radius * self.fineness as f64) as usize
    }

    fn read(&mut self, scene: &Scene, axis: &Axis, s: f64) {
        let normal = axis.normal();
        let first = axis.at(s, self.offset(0.0));
        let step = 1.0 / self.fineness as f64;
        for (i, sample) in self.samples.iter_mut().enumerate() {
            let t = i as f64 * step;
            *sample = scene.picture.sample(first + normal * t);
        }
        // The ground may change from one side to the other, where the shaft crosses a rail.
        let (end, ground) = (self.samples.len(), self.count(REACH - GROUND).max(1));
        let (left, right) = (mean(&self.samples[..ground.min(end)]), mean(&self.samples[end.saturating_sub(ground)..]));
        let change = difference(right, left).map(|v| v / end as f32);
        for (i, (unlike, sample)) in self.unlike.iter_mut().zip(&self.samples).enumerate() {
            let contrast: Colour = std::array::from_fn(|c| sample[c] - left[c] - change[c] * i as f32);
            *unlike = dot(contrast, contrast).sqrt();
        }
        let reach = self.fineness;
        for (rise, window) in self.rise.iter_mut().skip(reach).zip(self.unlike.windows(2 * reach + 1)) {
            *rise = 0.5 * (window[2 * reach] - window[0]);
        }
    }

    /// Returns the pairs of edges that may be those of a shaft.
    fn pairs(&self, s: f64, noise: f32) -> Vec<Station> {
        let steep = |window: &[f32], sense: f32| {
            let [before, here, after] = [window[0], window[1], window[2]].map(|v| sense * v);
            here > CLEAR * noise && here >= before && here > after
        };
        let peaks = |sense: f32| {
            let windows = self.rise.windows(3).enumerate();
            windows.filter(move |(_, window)| steep(window, sense)).map(|(k, _)| k + 1)
        };
        let mut found = Vec::new();
        for i in peaks(1.0) {
            for j in peaks(-1.0).filter(|j| *j > i) {
                let (left, right) = (self.edge(i), self.edge(j));
                if !(NARROWEST * self.radius..WIDEST * self.radius).contains(&(right - left))
                    || (left + right).abs() > self.radius
                {
                    continue;
                }
                let weight = self.weight(i, j);
                if weight > FAINT * f64::from(noise) {
                    found.push(Station { s, left, right, weight, core: false });
                }
            }
        }
        found
    }

    /// Returns the weight of two edges as the bounds of something in front of the ground: steep, with the ground
    /// outside them.
    fn weight(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (self.slope(i), self.slope(j));
        if dot(a, b) > -OPPOSITE * (dot(a, a) * dot(b, b)).sqrt() {
            return 0.0;
        }
        let shaft = self.unlike[i..=j].iter().copied().fold(1.0, f32::max);
        let beside = [self.foot(i, -1), self.foot(j, 1)].map(|foot| (self.unlike[foot] / (UNLIKE * shaft)).powi(2));
        f64::from(self.rise[i].min(-self.rise[j]) * (-beside[0] - beside[1]).exp())
    }

    /// Returns the change of colour across a place of the profile.
    fn slope(&self, k: usize) -> Colour {
        difference(self.samples[k + self.fineness], self.samples[k - self.fineness])
    }

    /// Returns the outer end of an edge: where the background begins, or the shaft around a glint.
    fn foot(&self, peak: usize, side: isize) -> usize {
        let mut place = peak;
        for _ in 0..self.count(BLUR) {
            match place.checked_add_signed(side).filter(|next| *next < self.rise.len()) {
                Some(next) if self.rise[next].abs() < self.rise[place].abs() => place = next,
                _ => break,
            }
        }
        place
    }

    /// Returns the offset of the steepest place next to a sample, pixels.
    fn edge(&self, k: usize) -> f64 {
        let (before, here, after) = (self.rise[k - 1].abs(), self.rise[k].abs(), self.rise[k + 1].abs());
        let curvature = before - 2.0 * here + after;
        let shift = if curvature < -1e-6 { 0.5 * (before - after) / curvature } else { 0.0 };
        self.offset(k as f64 + f64::from(shift.clamp(-0.5, 0.5)))
    }
}

/// Returns the mean colour of some samples.
fn mean(samples: &[Colour]) -> Colour {
    let n = samples.len().max(1) as f32;
    std::array::from_fn(|c| samples.iter().map(|sample| sample[c]).sum::<f32>() / n)
}

/// Returns the difference of two colours.
pub(super) fn difference(a: Colour, b: Colour) -> Colour {
    std::array::from_fn(|c| a[c] - b[c])
}

/// Returns the sum of the products of the channels.
pub(super) fn dot(a: Colour, b: Colour) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
