//! Nose lines to a fraction of a pixel, in the full picture.

use super::noses::{BRIGHTENING, Nose, stations};
use crate::{
    model::TableQuad,
    sense::vision::{lines::Line, picture::Picture},
};

/// Places along a side at which its edge is measured.
const STATIONS: usize = 60;
/// Half the distance over which an edge is measured, and a step of the search, pixels.
const REACH: f64 = 1.5;
const STEP: f64 = 0.5;
/// Share of the places that must agree before the measured line is believed.
const AGREEING: f64 = 0.35;

/// The noses with each line moved onto the edge nearest to it; `reach` is how far that may be, pixels. Lines that were
/// only inferred stay, and so do those around which the places do not agree.
pub(super) fn refined(
    picture: &Picture,
    quad: &TableQuad,
    noses: &[Nose; 4],
    long: [bool; 4],
    reach: f64,
) -> [Line; 4] {
    std::array::from_fn(|side| {
        let nose = &noses[side];
        if !nose.seen {
            return nose.line;
        }
        let (a, b) = (quad[side], quad[(side + 1) % 4]);
        let along = (b - a).normalize();
        let profiles: Vec<_> = stations(STATIONS, long[side])
            .map(|t| {
                let foot = a + (b - a) * t;
                (foot, darkening(picture, [foot.x, foot.y], [along.x, along.y], reach))
            })
            .collect();
        let sign = polarity(profiles.iter().map(|(_, profile)| profile));
        let points: Vec<_> = profiles
            .iter()
            .filter_map(|(foot, profile)| peak(profile, sign).map(|k| (foot, k * STEP - reach)))
            .map(|(foot, inwards)| [foot.x - along.y * inwards, foot.y + along.x * inwards])
            .collect();
        match Line::consensus(&points, 0.75_f64.max(0.25 * reach)) {
            Some((line, share)) if share > AGREEING => tightened(line, &points),
            _ => nose.line,
        }
    })
}

/// The line once more through the points near it, the nearer the more they count.
fn tightened(mut line: Line, points: &[[f64; 2]]) -> Line {
    for _ in 0..4 {
        let mut off: Vec<f64> = points.iter().map(|p| line.distance(*p).abs()).collect();
        off.sort_by(f64::total_cmp);
        // Tukey's weights, from the median as the scale of the noise.
        let limit = 4.0 * off[off.len() / 2].max(0.15);
        let weigh = |p: &[f64; 2]| (1.0 - (line.distance(*p) / limit).powi(2)).max(0.0).powi(2);
        line = Line::fit(points.iter().map(|p| (*p, weigh(p)))).unwrap_or(line);
    }
    line
}

/// How much darker it gets inwards, from `reach` outside to `reach` inside of a place on the line, a step apart; as
/// shares of the mean brightness there, so that a dim end of the table counts like a bright one.
fn darkening(picture: &Picture, foot: [f64; 2], along: [f64; 2], reach: f64) -> Vec<f64> {
    // Noise averages out along the edge.
    const WIDTH: [f64; 5] = [-3.0, -1.5, 0.0, 1.5, 3.0];
    // Sums of the channels below this are mostly noise.
    const DARK: f64 = 24.0;
    let light = |inwards: f64| {
        let sum: f32 = WIDTH
            .iter()
            .map(|w| {
                let x = foot[0] + w * along[0] - inwards * along[1];
                let y = foot[1] + w * along[1] + inwards * along[0];
                picture.sample(x as f32, y as f32).iter().sum::<f32>()
            })
            .sum();
        f64::from(sum / WIDTH.len() as f32)
    };
    let samples: Vec<f64> =
        (0..=((2.0 * reach + 2.0 * REACH) / STEP) as usize).map(|k| light(k as f64 * STEP - reach - REACH)).collect();
    let gap = (2.0 * REACH / STEP) as usize;
    let mean = samples.iter().sum::<f64>() / samples.len() as f64 + DARK;
    samples.windows(gap + 1).map(|window| (window[0] - window[gap]) / mean).collect()
}

/// Whether the edge all along a side darkens (1) or brightens (-1) inwards.
fn polarity<'a>(profiles: impl Iterator<Item = &'a Vec<f64>>) -> f64 {
    let mut sums: Vec<f64> = Vec::new();
    for profile in profiles {
        sums.resize(profile.len(), 0.0);
        sums.iter_mut().zip(profile).for_each(|(sum, value)| *sum += value.clamp(-0.5, 0.5));
    }
    let (low, high) = sums.iter().fold((0.0_f64, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
    if high >= -BRIGHTENING * low { 1.0 } else { -1.0 }
}

/// Where a profile peaks, between its steps.
fn peak(profile: &[f64], sign: f64) -> Option<f64> {
    // Less of the brightness is within noise.
    const LEAST: f64 = 0.02;
    let i = (0..profile.len()).max_by(|a, b| (sign * profile[*a]).total_cmp(&(sign * profile[*b])))?;
    let [before, here, after] = [i.checked_sub(1)?, i, i + 1].map(|k| profile.get(k).map(|v| sign * v));
    let (before, here, after) = (before?, here?, after?);
    let bend = before - 2.0 * here + after;
    (here > LEAST && bend < 0.0).then(|| i as f64 + 0.5 * (before - after) / bend)
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
        // Where it only begins, it may lie beyond.
        assert_eq!(peak(&bump(0.0, 1.0), 1.0), None);
    }

    #[test]
    fn a_tightened_line_ignores_what_is_off_it() {
        let points: Vec<[f64; 2]> = (0..60)
            .map(|i| {
                let wobble = 0.1 * f64::from(i % 5 - 2);
                [f64::from(10 * i), 100.0 + wobble + if i % 4 == 0 { 3.0 } else { 0.0 }]
            })
            .collect();
        let rough = Line::through([0.0, 100.8], [600.0, 100.8]).expect("two points");
        let line = tightened(rough, &points);
        assert!(line.distance([0.0, 100.0]).abs() < 0.1 && line.distance([600.0, 100.0]).abs() < 0.1, "{line:?}");
    }
}
