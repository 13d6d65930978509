//! Which ball it is: white first, then the colour of the rest.

use super::{ball_set::BallSet, disc::Disc, scene::Scene};
use crate::model::{BallClass, BallLabel};
use pathfinding::{kuhn_munkres::kuhn_munkres_min, matrix::Matrix};

/// What the colours of one ball come to.
#[derive(Debug, Clone, Copy)]
struct Look {
    /// Share of its pixels that are white.
    white: f32,
    /// Share of its pixels that are as good as black.
    black: f32,
    /// Hue in degrees, saturation and value of its coloured pixels; `None` when there are hardly any.
    colour: Option<[f32; 3]>,
}

/// Label and class for each disc; no label is given twice.
pub(super) fn identify(scene: &Scene, discs: &[Disc], set: &BallSet) -> Vec<(BallLabel, BallClass)> {
    let pixels: Vec<Vec<[f32; 3]>> = discs.iter().map(|disc| inner_pixels(scene, disc)).collect();
    let white = white_point(&pixels);
    let looks: Vec<Look> = pixels.iter().map(|pixels| look(pixels, white)).collect();

    let mut answer = vec![(BallLabel::Unknown, BallClass::Other); discs.len()];
    let cue = whitest(&looks);
    if let Some(i) = cue {
        answer[i] = (BallLabel::Cue, BallClass::Cue);
    }
    let eight = (0..looks.len()).filter(|i| Some(*i) != cue).max_by(|a, b| looks[*a].black.total_cmp(&looks[*b].black));
    let eight = eight.filter(|i| looks[*i].black > 0.45);
    if let Some(i) = eight {
        answer[i] = (BallLabel::Number(8), BallClass::Eight);
    }
    let rest: Vec<usize> = (0..looks.len()).filter(|i| Some(*i) != cue && Some(*i) != eight).collect();
    for (i, given) in rest.iter().zip(number(&rest.iter().map(|i| looks[*i]).collect::<Vec<_>>(), set)) {
        answer[*i] = given;
    }
    answer
}

/// The ball that is white all over.
fn whitest(looks: &[Look]) -> Option<usize> {
    let best = (0..looks.len()).max_by(|a, b| looks[*a].white.total_cmp(&looks[*b].white))?;
    (looks[best].white > 0.85).then_some(best)
}

/// Cost, in thousandths, above which a colour is no answer.
const STRANGE: i32 = 900;

/// Labels for balls that are neither the cue ball nor the 8: one global assignment.
fn number(looks: &[Look], set: &BallSet) -> Vec<(BallLabel, BallClass)> {
    let unknown =
        |look: &Look| (BallLabel::Unknown, if look.white > 0.185 { BallClass::Stripe } else { BallClass::Solid });
    if looks.is_empty() {
        return Vec::new();
    }
    let labels: Vec<u8> = (1..=15).filter(|n| *n != 8).collect();
    let cost = |look: &Look, label: u8| -> i32 {
        let Some(colour) = look.colour else { return 2 * STRANGE };
        let nearest = set
            .colours
            .iter()
            .filter(|c| c.numbers.contains(&label))
            .map(|c| colour_distance(colour, c.hsv))
            .fold(f32::MAX, f32::min);
        // Numbers alone make a solid up to a quarter white; a band seen from the side leaves a stripe hardly whiter.
        let stripe = (look.white - 0.185) / 0.15;
        let kind = if label > 8 { -stripe } else { stripe };
        (1000.0 * (nearest + 0.35 * kind.clamp(-1.0, 1.0).max(0.0))).min(1e6) as i32
    };
    // More than a solid and a stripe of one colour: another game's balls, whose numbers would all be wrong.
    let crowd = set.colours.iter().any(|c| {
        let like = |look: &&Look| look.colour.is_some_and(|colour| colour_distance(colour, c.hsv) < 0.3);
        looks.iter().filter(like).count() > 3
    });
    if crowd {
        return vec![(BallLabel::Unknown, BallClass::Other); looks.len()];
    }
    let columns = labels.len() + looks.len();
    let weights = Matrix::from_fn(looks.len(), columns, |(row, column)| match labels.get(column) {
        Some(label) => cost(&looks[row], *label),
        None => STRANGE,
    });
    let (_, assigned) = kuhn_munkres_min(&weights);
    looks
        .iter()
        .zip(assigned)
        .map(|(look, column)| match labels.get(column).map(|n| BallLabel::Number(*n)) {
            Some(label) => (label, label.class().unwrap_or(BallClass::Other)),
            None => unknown(look),
        })
        .collect()
}

/// How unlike two colours are: 1 is as far as neighbouring balls of a set.
fn colour_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let hue = (a[0] - b[0]).rem_euclid(360.0);
    let hue = hue.min(360.0 - hue) / 28.0;
    let (saturation, value) = ((a[1] - b[1]) / 0.45, (a[2] - b[2]) / 0.30);
    (hue * hue + saturation * saturation + value * value).sqrt()
}

/// The pixels well inside the silhouette.
fn inner_pixels(scene: &Scene, disc: &Disc) -> Vec<[f32; 3]> {
    let reach = 0.82 * disc.radius;
    let [cx, cy] = disc.centre;
    let range = |c: f64, end: usize| (c - reach).ceil().max(0.0) as usize..((c + reach).floor() as usize + 1).min(end);
    let mut pixels = Vec::new();
    for y in range(cy, scene.picture.height) {
        for x in range(cx, scene.picture.width) {
            if (x as f64 - cx).hypot(y as f64 - cy) < reach {
                pixels.push(scene.picture.pixel(x, y));
            }
        }
    }
    pixels
}

/// What white looks like under this light: the bright part of the pale pixels on balls.
fn white_point(balls: &[Vec<[f32; 3]>]) -> [f32; 3] {
    let pale: Vec<[f32; 3]> = balls
        .iter()
        .flatten()
        .copied()
        .filter(|pixel| {
            let (low, high) = extremes(*pixel);
            high > 110.0 && (high - low) < 0.35 * high
        })
        .collect();
    if pale.len() < 30 {
        return [235.0; 3];
    }
    std::array::from_fn(|c| {
        let mut channel: Vec<f32> = pale.iter().map(|pixel| pixel[c]).collect();
        channel.sort_by(f32::total_cmp);
        channel[channel.len() * 3 / 4].max(60.0)
    })
}

fn extremes([b, g, r]: [f32; 3]) -> (f32, f32) {
    (b.min(g).min(r), b.max(g).max(r))
}

fn look(pixels: &[[f32; 3]], white: [f32; 3]) -> Look {
    let (mut pale, mut dark) = (0, 0);
    let mut coloured: Vec<[f32; 3]> = Vec::new();
    let mut hue = [0.0_f32; 2];
    for pixel in pixels {
        let balanced: [f32; 3] = std::array::from_fn(|c| (pixel[c] / white[c]).min(1.2));
        let (low, high) = extremes(balanced);
        let saturation = (high - low) / high.max(0.01);
        pale += usize::from(saturation < 0.28 && high > 0.6);
        dark += usize::from(high < 0.30);
        if saturation > 0.4 && high > 0.15 {
            let hsv = [hue_of(balanced), saturation, high.min(1.0)];
            let (sin, cos) = hsv[0].to_radians().sin_cos();
            hue = [hue[0] + cos, hue[1] + sin];
            coloured.push(hsv);
        }
    }
    let share = |n: usize| n as f32 / pixels.len().max(1) as f32;
    let colour = (share(coloured.len()) > 0.06).then(|| {
        let mut median = |i: usize| {
            coloured.sort_by(|a, b| a[i].total_cmp(&b[i]));
            coloured[coloured.len() / 2][i]
        };
        [hue[1].atan2(hue[0]).to_degrees().rem_euclid(360.0), median(1), median(2)]
    });
    Look { white: share(pale), black: share(dark), colour }
}

/// Hue of a colour that is not grey, degrees.
fn hue_of([b, g, r]: [f32; 3]) -> f32 {
    let (low, high) = extremes([b, g, r]);
    let span = (high - low).max(1e-6);
    let sixth = if high == r {
        (g - b) / span
    } else if high == g {
        2.0 + (b - r) / span
    } else {
        4.0 + (r - g) / span
    };
    (60.0 * sixth).rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(hsv: [f32; 3], white: f32) -> Look {
        Look { white, black: 0.0, colour: Some(hsv) }
    }

    #[test]
    fn hues_are_degrees_on_the_wheel() {
        assert_eq!(hue_of([0.0, 0.0, 1.0]), 0.0);
        assert_eq!(hue_of([0.0, 1.0, 0.0]), 120.0);
        assert_eq!(hue_of([1.0, 0.0, 0.0]), 240.0);
    }

    #[test]
    fn every_ball_of_the_set_is_itself() {
        let set = BallSet::american();
        let colours: Vec<_> =
            set.colours.iter().filter(|c| !["pink", "violet", "burgundy"].contains(&c.name.as_str())).collect();
        let looks: Vec<Look> = colours.iter().flat_map(|c| [plain(c.hsv, 0.05), plain(c.hsv, 0.4)]).collect();
        let wanted: Vec<_> = colours.iter().flat_map(|c| c.numbers).map(BallLabel::Number).collect();
        assert_eq!(number(&looks, &set).into_iter().map(|(label, _)| label).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn of_two_yellows_the_whiter_is_the_nine() {
        let yellow = [44.0, 0.8, 0.97];
        let given = number(&[plain(yellow, 0.19), plain(yellow, 0.02)], &BallSet::american());
        assert_eq!(given, [(BallLabel::Number(9), BallClass::Stripe), (BallLabel::Number(1), BallClass::Solid)]);
    }

    #[test]
    fn a_crowd_of_reds_gets_no_numbers() {
        let reds = [plain([346.0, 0.8, 0.9], 0.02); 6];
        assert!(number(&reds, &BallSet::american()).iter().all(|(label, _)| *label == BallLabel::Unknown));
    }
}
