//! The edge of a ball in the picture, to a fraction of a pixel.

use billiards_table::CameraPoint;
use billiards_vision::{BallDetection, Picture};
use nalgebra::{SMatrix, SVector};
use std::f64::consts::TAU;

/// Rays round a ball.
const RAYS: usize = 64;
/// Where along a ray the edge is sought, in radii: the silhouette of a ball far from the axis is longer than wide.
const SOUGHT: [f64; 2] = [0.78, 1.28];
/// Beyond it, the cloth is looked at up to here.
const CLOTH: f64 = 1.5;
/// Samples a pixel.
const FINE: f64 = 4.0;
/// Change over an edge that is no noise, grey levels.
const CONTRAST: f32 = 24.0;
/// Difference of the cloth next to the ball from what is usual around it, grey levels as a share.
const OTHER: f32 = 0.35;

/// A place on the edge of a ball's silhouette.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgePlace {
    /// Where it is seen.
    pub at: CameraPoint,
    /// How far it may be off, as a standard deviation, pixels. Places round one ball err together: shade, gloss, the
    /// pixels' own grid.
    pub noise: f64,
}

/// Noise of a place where ball and cloth differ in hue, and of one where they differ in brightness alone, so that shade
/// on either may be taken for the edge; pixels.
const NOISE: (f64, f64) = (0.7, 2.5);

/// Radius of a ball in a picture of 1280 columns, pixels. In larger pictures edges are not as sharp as the pixels.
const USUAL_RADIUS: f64 = 13.0;

/// Places on the edge of a ball's silhouette, where cloth shows beside it; the picture must not be bent.
///
/// On each ray from the centre it is where the colour changes most steeply from the ball's to the cloth's, judged by
/// what a shadow cannot do: shade dims the cloth, so a change along the cloth's own colour counts only where the ball has
/// no other, and then for less.
pub fn silhouette(picture: &Picture, ball: &BallDetection) -> Vec<EdgePlace> {
    let at = |angle: f64, reach: f64| ball.centre + euclid::vec2(angle.cos(), angle.sin()) * (reach * ball.radius);
    let sample = |p: CameraPoint| picture.sample(p.x as f32, p.y as f32);
    let angles = || (0..RAYS).map(|i| TAU * i as f64 / RAYS as f64);
    let usual = median(angles().map(|angle| sample(at(angle, CLOTH))).collect());
    let scale = (ball.radius / USUAL_RADIUS).max(1.0);
    let places = angles()
        .filter_map(|angle| {
            let inside = mean([0.73, 0.78, 0.83].map(|reach| sample(at(angle, reach))));
            let outside = mean([1.36, 1.43, CLOTH].map(|reach| sample(at(angle, reach))));
            // Shaded or not, it must be the cloth.
            let shade = dot(outside, usual) / dot(usual, usual).max(1.0);
            let other = length(minus(outside, times(usual, shade))) + 0.5 * length(usual) * (shade - 1.0).abs();
            if other > OTHER * length(usual) {
                return None;
            }
            let (axis, noise) = telling(minus(inside, outside), outside)?;
            let step = 1.0 / (FINE * ball.radius);
            let count = ((SOUGHT[1] - SOUGHT[0]) / step) as usize;
            let levels: Vec<f32> =
                (0..=count).map(|k| dot(axis, sample(at(angle, SOUGHT[0] + step * k as f64)))).collect();
            let edge = steepest(&levels)?;
            Some(EdgePlace { at: at(angle, SOUGHT[0] + step * edge), noise: scale * noise })
        })
        .collect();
    on_one_outline(ball.centre, places, scale)
}

/// Those of the places that lie on one smooth outline round a centre, a circle a little shifted and stretched; none where
/// many do not: half of a striped ball may have been taken for a ball. What lies off is a number, a stripe, a shadow.
fn on_one_outline(centre: CameraPoint, places: Vec<EdgePlace>, scale: f64) -> Vec<EdgePlace> {
    // Pixels, round by round.
    const OFF: [f64; 4] = [1.5, 0.8, 0.45, 0.35];
    // Share of the rays: half an outline does not tell how long it is.
    const SEEN: f64 = 0.6;
    let row = |place: &EdgePlace| {
        let way = place.at - centre;
        let (sin, cos) = way.y.atan2(way.x).sin_cos();
        (SVector::<f64, 5>::new(1.0, cos, sin, cos * cos - sin * sin, 2.0 * sin * cos), way.length())
    };
    let rows: Vec<_> = places.iter().map(row).collect();
    let mut kept: Vec<usize> = (0..places.len()).collect();
    for most in OFF {
        let (mut normal, mut right) = (SMatrix::<f64, 5, 5>::identity() * 1e-6, SVector::<f64, 5>::zeros());
        for (row, reach) in kept.iter().filter_map(|i| rows.get(*i)) {
            normal += row * row.transpose();
            right += row * *reach;
        }
        let Some(outline) = normal.cholesky().map(|normal| normal.solve(&right)) else { return Vec::new() };
        let off = |(row, reach): &(SVector<f64, 5>, f64)| (reach - row.dot(&outline)).abs();
        kept = rows.iter().enumerate().filter(|(_, row)| off(row) < most * scale).map(|(i, _)| i).collect();
    }
    if (kept.len() as f64) < SEEN * RAYS as f64 {
        return Vec::new();
    }
    kept.into_iter().filter_map(|i| places.get(i).copied()).collect()
}

type Colour = [f32; 3];

/// The direction, of unit length, in which the colours of ball and cloth are compared, and the noise of an edge there.
fn telling(change: Colour, cloth: Colour) -> Option<(Colour, f64)> {
    let along = dot(change, cloth) / dot(cloth, cloth).max(1.0);
    let hue = minus(change, times(cloth, along));
    let (axis, noise) = if length(hue) > CONTRAST { (hue, NOISE.0) } else { (change, NOISE.1) };
    (length(axis) > CONTRAST).then(|| (times(axis, 1.0 / length(axis)), noise))
}

/// Where levels fall most steeply, between their steps; `None` where that is at an end, or a mere trifle.
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
    let bend = before - 2.0 * here + after;
    let between = if bend < 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
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

/// The median of each channel.
fn median(colours: Vec<Colour>) -> Colour {
    std::array::from_fn(|i| {
        let mut values: Vec<f32> = colours.iter().map(|c| c[i]).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    })
}
