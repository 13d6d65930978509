//! Subpixel measurement of the nose lines in the full picture.

use super::{
    noses::{Nose, stations},
    shape,
};
use crate::{VisionError, lines::Line, picture::Picture, table_shape::USUAL_ASPECT};
use billiards_table::{CameraPoint, CameraPx, FrameSize, TableQuad};
use euclid::Vector2D;
use opencv::{core::Mat, prelude::*};

/// Maximum number of places along a side at which its edge is measured.
const STATIONS: usize = 60;
/// Half the distance over which an edge is measured, pixels: wide enough for any lens.
const REACH: f64 = 1.5;
/// Half the distance over which an edge is measured for subpixel places, pixels: narrow enough that the shadow behind
/// the edge does not pull.
const NARROW: f64 = 1.0;
/// Weight of an edge that brightens inwards, relative to one that darkens: the far edge of a nose's shadow is one too.
const BRIGHTENING: f64 = 0.5;
/// Step of the search, pixels.
const STEP: f64 = 0.5;
/// Minimum share of the places that must agree on the measured line.
const AGREEING: f64 = 0.35;

/// Returns the noses with each line moved onto the nearest edge; `reach` is the maximum distance of that edge, pixels.
/// Inferred lines stay, and so do those around which the places do not agree.
pub(super) fn refined(
    picture: &Picture,
    quad: &TableQuad,
    noses: &[Nose<CameraPx>; 4],
    long: [bool; 4],
    reach: f64,
) -> [Line<CameraPx>; 4] {
    std::array::from_fn(|side| {
        let nose = &noses[side];
        if !nose.seen {
            return nose.line;
        }
        let points = edge_points(picture, quad, side, long[side], [reach, REACH]);
        match Line::consensus(&points, 0.75_f64.max(0.25 * reach)) {
            Some((line, share)) if share > AGREEING => tightened(line, &points),
            _ => nose.line,
        }
    })
}

/// Finds places on the nose edges in a BGR picture with subpixel precision, side 0 of the quad first: at up to 60
/// stations along each side the strongest edge within `reach` pixels of the side. Some are outliers on other edges.
///
/// # Errors
/// OpenCV cannot read the picture.
pub fn nose_points(bgr: &Mat, quad: &TableQuad, reach: f64) -> Result<[Vec<CameraPoint>; 4], VisionError> {
    let size = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
    let aspect = shape::view(quad, size, USUAL_ASPECT).map_or(USUAL_ASPECT, |view| view.aspect);
    let picture = Picture::from_mat(bgr)?;
    let side = |side: usize| {
        let long = side.is_multiple_of(2) == (aspect > 1.0);
        edge_points(&picture, quad, side, long, [reach, NARROW])
    };
    Ok([side(0), side(1), side(2), side(3)])
}

/// Finds places on the edge that runs along a side of the quad, at most `reach` pixels from it; `half` is half the
/// distance over which it is measured.
fn edge_points(
    picture: &Picture,
    quad: &TableQuad,
    side: usize,
    long: bool,
    [reach, half]: [f64; 2],
) -> Vec<CameraPoint> {
    let (a, b) = (quad[side], quad[(side + 1) % 4]);
    let along = (b - a).normalize();
    let profiles: Vec<_> = stations(STATIONS, long)
        .map(|t| {
            let foot = a + (b - a) * t;
            (foot, darkening(picture, foot, along, [reach, half]))
        })
        .collect();
    let sign = polarity(profiles.iter().map(|(_, profile)| profile));
    profiles
        .iter()
        .filter_map(|(foot, profile)| peak(profile, sign).map(|k| (foot, k * STEP - reach)))
        .map(|(foot, inwards)| *foot + normal(along) * inwards)
        .collect()
}

/// Returns the unit vector inwards from a side that runs in this direction.
fn normal(along: Vector2D<f64, CameraPx>) -> Vector2D<f64, CameraPx> {
    Vector2D::new(-along.y, along.x)
}

/// Refits the line to the points near it; nearer ones count more.
fn tightened(mut line: Line<CameraPx>, points: &[CameraPoint]) -> Line<CameraPx> {
    for _ in 0..4 {
        let mut distances: Vec<f64> = points.iter().map(|p| line.distance(*p).abs()).collect();
        distances.sort_by(f64::total_cmp);
        // Tukey's weights, with the median as the scale of the noise.
        let limit = 4.0 * distances[distances.len() / 2].max(0.15);
        let weigh = |p: &CameraPoint| (1.0 - (line.distance(*p) / limit).powi(2)).max(0.0).powi(2);
        line = Line::fit(points.iter().map(|p| (*p, weigh(p)))).unwrap_or(line);
    }
    line
}

/// Returns the darkening inwards over twice `half`, from `reach` outside to `reach` inside of a place on the line, one
/// step apart; as shares of the mean brightness there, so that a dim end of the table counts like a bright one.
fn darkening(
    picture: &Picture,
    foot: CameraPoint,
    along: Vector2D<f64, CameraPx>,
    [reach, half]: [f64; 2],
) -> Vec<f64> {
    // Noise averages out along the edge.
    const WIDTH: [f64; 5] = [-3.0, -1.5, 0.0, 1.5, 3.0];
    // Sums of the channels below this are mostly noise.
    const DARK: f64 = 24.0;
    let light = |inwards: f64| {
        let sum: f32 = WIDTH
            .iter()
            .map(|w| {
                let p = foot + along * *w + normal(along) * inwards;
                picture.sample(p.x as f32, p.y as f32).iter().sum::<f32>()
            })
            .sum();
        f64::from(sum / WIDTH.len() as f32)
    };
    let samples: Vec<f64> =
        (0..=((2.0 * reach + 2.0 * half) / STEP) as usize).map(|k| light(k as f64 * STEP - reach - half)).collect();
    let gap = (2.0 * half / STEP) as usize;
    let mean = samples.iter().sum::<f64>() / samples.len() as f64 + DARK;
    samples.windows(gap + 1).map(|window| (window[0] - window[gap]) / mean).collect()
}

/// Returns 1 if the edge all along a side darkens inwards, and -1 if it brightens.
fn polarity<'a>(profiles: impl Iterator<Item = &'a Vec<f64>>) -> f64 {
    let mut sums: Vec<f64> = Vec::new();
    for profile in profiles {
        sums.resize(profile.len(), 0.0);
        sums.iter_mut().zip(profile).for_each(|(sum, value)| *sum += value.clamp(-0.5, 0.5));
    }
    let (low, high) = sums.iter().fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
    if high >= -BRIGHTENING * low { 1.0 } else { -1.0 }
}

/// Returns the position of a profile's peak, interpolated between its steps.
fn peak(profile: &[f64], sign: f64) -> Option<f64> {
    // Smaller shares of the brightness are within noise.
    const LEAST: f64 = 0.02;
    let i = (0..profile.len()).max_by(|a, b| (sign * profile[*a]).total_cmp(&(sign * profile[*b])))?;
    let [before, here, after] = [i.checked_sub(1)?, i, i + 1].map(|k| profile.get(k).map(|v| sign * v));
    let (before, here, after) = (before?, here?, after?);
    let curvature = before - 2.0 * here + after;
    (here > LEAST && curvature < 0.0).then(|| i as f64 + 0.5 * (before - after) / curvature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_found_between_the_steps() {
        let bump = |at: f64, sign: f64| -> Vec<f64> {
            (0..20).map(|k| sign * (-0.5 * ((f64::from(k) - at) / 2.0).powi(2)).exp()).collect()
        };
        for at in [6.0, 9.3, 11.8] {
            assert!(peak(&bump(at, 1.0), 1.0).is_some_and(|found| (found - at).abs() < 0.05));
            assert!(peak(&bump(at, -1.0), -1.0).is_some_and(|found| (found - at).abs() < 0.05));
        }
        assert_eq!(peak(&[0.0; 20], 1.0), None);
        assert_eq!(peak(&[], 1.0), None);
        // A peak at the end of the profile may lie beyond it.
        assert_eq!(peak(&bump(0.0, 1.0), 1.0), None);
    }

    #[test]
    fn a_tightened_line_ignores_what_is_off_it() {
        let points: Vec<CameraPoint> = (0..60)
            .map(|i| {
                let wobble = 0.1 * f64::from(i % 5 - 2);
                CameraPoint::new(f64::from(10 * i), 100.0 + wobble + if i % 4 == 0 { 3.0 } else { 0.0 })
            })
            .collect();
        let rough = Line::through(CameraPoint::new(0.0, 100.8), CameraPoint::new(600.0, 100.8)).expect("two points");
        let line = tightened(rough, &points);
        let ends = [(0.0, 100.0), (600.0, 100.0)].map(CameraPoint::from);
        assert!(ends.iter().all(|p| line.distance(*p).abs() < 0.1), "{line:?}");
    }
}
