//! Measurement of the edge of a ball in the picture, to a fraction of a pixel.

use billiards_table::CameraPoint;
use billiards_vision::{BallDetection, Picture};
use nalgebra::{SMatrix, SVector};
use std::f64::consts::TAU;

/// Number of rays around a ball.
const RAYS: usize = 64;
/// Range along a ray in which the edge is searched for, in radii: the silhouette of a ball far from the axis is longer
/// than wide.
const SOUGHT: [f64; 2] = [0.78, 1.28];
/// Maximum distance from the centre at which the cloth next to a ball is sampled, in radii.
const CLOTH: f64 = 1.5;
/// Number of samples per pixel.
const FINE: f64 = 4.0;
/// Minimum change over an edge that is not noise, grey levels.
const CONTRAST: f32 = 24.0;
/// Maximum difference of the cloth next to the ball from the usual cloth around it, as a share of the latter's grey
/// levels.
const OTHER: f32 = 0.35;

/// A point on the edge of a ball's silhouette.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgePoint {
    /// Position in the rectified picture, pixels.
    pub at: CameraPoint,
    /// Standard deviation of the position, pixels. Points around one ball have common errors: shade, gloss, the pixels'
    /// own grid.
    pub noise: f64,
}

/// Standard deviations of an edge point, pixels: where ball and cloth differ in hue, and where they differ in
/// brightness alone, so that shade on either may be taken for the edge.
const NOISE: (f64, f64) = (0.7, 2.5);

/// Radius of a ball in a picture of 1280 columns, pixels. In larger pictures edges are not as sharp as the pixels.
const USUAL_RADIUS: f64 = 13.0;

/// Finds points on the edge of a ball's silhouette where cloth is next to it; the picture must be rectified.
///
/// On each ray from the centre, the edge is where the colour changes most steeply from the ball's to the cloth's. Shade
/// dims the cloth but does not change its hue, so a change along the cloth's own colour counts only if the ball differs
/// in nothing else, and then with a larger standard deviation.
pub fn silhouette(picture: &Picture, ball: &BallDetection) -> Vec<EdgePoint> {
    let at = |angle: f64, reach: f64| ball.centre + euclid::vec2(angle.cos(), angle.sin()) * (reach * ball.radius);
    let sample = |p: CameraPoint| picture.sample(p.x as f32, p.y as f32);
    let angles = || (0..RAYS).map(|i| TAU * i as f64 / RAYS as f64);
    let usual = median(angles().map(|angle| sample(at(angle, CLOTH))).collect());
    let scale = (ball.radius / USUAL_RADIUS).max(1.0);
    let places = angles()
        .filter_map(|angle| {
            let inside = mean([0.73, 0.78, 0.83].map(|reach| sample(at(angle, reach))));
            let outside = mean([1.36, 1.43, CLOTH].map(|reach| sample(at(angle, reach))));
            // The cloth must be cloth, shaded or not.
            let shade = dot(outside, usual) / dot(usual, usual).max(1.0);
            let other = length(minus(outside, times(usual, shade))) + 0.5 * length(usual) * (shade - 1.0).abs();
            if other > OTHER * length(usual) {
                return None;
            }
            let (axis, noise) = comparison_axis(minus(inside, outside), outside)?;
            let step = 1.0 / (FINE * ball.radius);
            let count = ((SOUGHT[1] - SOUGHT[0]) / step) as usize;
            let levels: Vec<f32> =
                (0..=count).map(|k| dot(axis, sample(at(angle, SOUGHT[0] + step * k as f64)))).collect();
            let edge = steepest(&levels)?;
            Some(EdgePoint { at: at(angle, SOUGHT[0] + step * edge), noise: scale * noise })
        })
        .collect();
    on_one_outline(ball.centre, places, scale)
}

/// Keeps the points that lie on one smooth outline around a centre, a circle slightly shifted and stretched; returns
/// none if many do not: half of a striped ball may have been taken for a ball. A point off the outline is part of a
/// number, a stripe or a shadow.
fn on_one_outline(centre: CameraPoint, places: Vec<EdgePoint>, scale: f64) -> Vec<EdgePoint> {
    // Maximum distance from the outline, pixels, round by round.
    const MAX_DISTANCES: [f64; 4] = [1.5, 0.8, 0.45, 0.35];
    // Minimum share of the rays: half an outline does not determine its length.
    const MIN_SHARE: f64 = 0.6;
    let row = |place: &EdgePoint| {
        let offset = place.at - centre;
        let (sin, cos) = offset.y.atan2(offset.x).sin_cos();
        (SVector::<f64, 5>::new(1.0, cos, sin, cos * cos - sin * sin, 2.0 * sin * cos), offset.length())
    };
    let rows: Vec<_> = places.iter().map(row).collect();
    let mut kept: Vec<usize> = (0..places.len()).collect();
    for most in MAX_DISTANCES {
        let (mut normal, mut right) = (SMatrix::<f64, 5, 5>::identity() * 1e-6, SVector::<f64, 5>::zeros());
        for (row, reach) in kept.iter().filter_map(|i| rows.get(*i)) {
            normal += row * row.transpose();
            right += row * *reach;
        }
        let Some(outline) = normal.cholesky().map(|normal| normal.solve(&right)) else { return Vec::new() };
        let distance = |(row, reach): &(SVector<f64, 5>, f64)| (reach - row.dot(&outline)).abs();
        kept = rows.iter().enumerate().filter(|(_, row)| distance(row) < most * scale).map(|(i, _)| i).collect();
    }
    if (kept.len() as f64) < MIN_SHARE * RAYS as f64 {
        return Vec::new();
    }
    kept.into_iter().filter_map(|i| places.get(i).copied()).collect()
}

type Colour = [f32; 3];

/// Returns the unit direction in which the colours of ball and cloth are compared, and the standard deviation of an
/// edge there, pixels; `None` if the colours differ too little.
fn comparison_axis(change: Colour, cloth: Colour) -> Option<(Colour, f64)> {
    let along = dot(change, cloth) / dot(cloth, cloth).max(1.0);
    let hue = minus(change, times(cloth, along));
    let (axis, noise) = if length(hue) > CONTRAST { (hue, NOISE.0) } else { (change, NOISE.1) };
    (length(axis) > CONTRAST).then(|| (times(axis, 1.0 / length(axis)), noise))
}

/// Returns the index, with a fraction, at which levels fall most steeply; `None` if that is at an end, or the fall is
/// too small.
fn steepest(levels: &[f32]) -> Option<f64> {
    // Differences over about a pixel and a half, summed over half a pixel.
    const GAP: usize = 6;
    let falls: Vec<f32> = levels.windows(GAP + 1).map(|w| w[0] - w[GAP]).collect();
    let smooth: Vec<f32> = falls.windows(3).map(|w| w.iter().sum::<f32>() / 3.0).collect();
    // Outside of the last steep fall there is only cloth; further in there may be stripes and numbers.
    let most = smooth.iter().copied().fold(0.0, f32::max);
    let steep = |i: &usize| smooth[*i] > 0.6 * most && smooth[*i] >= smooth[*i - 1] && smooth[*i] > smooth[*i + 1];
    let best = (1..smooth.len().saturating_sub(1)).rev().find(steep)?;
    let (before, here, after) = (*smooth.get(best.checked_sub(1)?)?, smooth[best], *smooth.get(best + 1)?);
    let curvature = before - 2.0 * here + after;
    let between = if curvature < 0.0 { 0.5 * (before - after) / curvature } else { 0.0 };
    (here > 0.5 * CONTRAST).then(|| best as f64 + f64::from(between) + 1.0 + 0.5 * GAP as f64)
}

fn dot(a: Colour, b: Colour) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(a: Colour) -> f32 {
    dot(a, a).sqrt()
}

fn minus(a: Colour, b: Colour) -> Colour {
    std::array::from_fn(|i| a[i] - b[i])
}

fn times(a: Colour, by: f32) -> Colour {
    a.map(|v| v * by)
}

fn mean(colours: [Colour; 3]) -> Colour {
    std::array::from_fn(|i| colours.iter().map(|c| c[i]).sum::<f32>() / 3.0)
}

/// Returns the median of each channel.
fn median(colours: Vec<Colour>) -> Colour {
    std::array::from_fn(|i| {
        let mut values: Vec<f32> = colours.iter().map(|c| c[i]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    })
}
