//! Labels in a picture without colour: the cue ball is the white one, and the others stay unknown.

use super::{naming::Identity, pattern};
use crate::{disc::Disc, scene::Scene};
use billiards_table::{BallClass, BallLabel};

/// Minimum brightness of the cue ball over that of the cloth.
const MIN_OVER_CLOTH: f32 = 1.3;
/// Minimum brightness of the cue ball over that of the next bright ball, which may be a stripe.
const MIN_OVER_NEXT: f32 = 1.08;

/// Returns the identities of the discs of a scene without colour.
pub(crate) fn without_colour(scene: &Scene, discs: &[Disc]) -> Vec<Identity> {
    let brightness = |disc: &Disc| -> f32 {
        let radius = disc.radius as f32;
        let sums = pattern::places().map(|[x, y]| {
            let place = disc.centre.to_f32() + euclid::vec2(x, y) * radius;
            scene.picture.sample(place.to_f64()).iter().sum::<f32>()
        });
        sums.sum::<f32>() / pattern::PLACES as f32
    };
    let white = white_one(&discs.iter().map(brightness).collect::<Vec<_>>(), scene.cloth.map(|cloth| cloth.brightness));
    (0..discs.len())
        .map(|i| {
            let (label, class) = if white == Some(i) {
                (BallLabel::Cue, BallClass::Cue)
            } else {
                (BallLabel::Unknown, BallClass::Other)
            };
            Identity { label, class, confidence: 0.5 }
        })
        .collect()
}

/// Returns the ball that is clearly brighter than the cloth and all other balls.
fn white_one(balls: &[f32], cloth: Option<f32>) -> Option<usize> {
    let brightest = (0..balls.len()).max_by(|a, b| balls[*a].total_cmp(&balls[*b]))?;
    let next = (0..balls.len()).filter(|i| *i != brightest).map(|i| balls[i]).fold(0.0, f32::max);
    let clear = balls[brightest] >= MIN_OVER_NEXT * next && balls[brightest] >= MIN_OVER_CLOTH * cloth?;
    clear.then_some(brightest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cue_ball_is_white_beyond_doubt() {
        for (balls, white) in [
            (&[600.0, 300.0, 120.0][..], Some(0)),
            (&[300.0, 600.0, 580.0], None),
            (&[330.0, 310.0], None),
            (&[120.0, 90.0], None),
            (&[500.0], Some(0)),
            (&[], None),
        ] {
            assert_eq!(white_one(balls, Some(320.0)), white, "{balls:?}");
        }
    }
}
