//! The chance of the pot in per cent, on the cloth beside the pocket. Pure.

use crate::model::{Fate, Prediction, ShotOdds, TablePoint, TableSpec, TableVector};

/// From the pocket's centre towards the middle of the table, metres: on the bed, clear of the marker.
const FROM_POCKET: f64 = 0.27;
/// Directions in which the figures may lie, degrees off the way straight into the table.
const ASIDE: [f64; 5] = [0.0, 25.0, -25.0, 50.0, -50.0];
/// Nothing is further away than this, as far as the choice goes, metres.
const FAR: f64 = 0.15;

/// What to write and where: the chance that the aimed ball falls where the prediction says, beside the lines and the
/// balls.
pub(super) fn chance(
    prediction: &Prediction,
    odds: &ShotOdds,
    table: &TableSpec,
    balls: &[TablePoint],
) -> Option<(String, TablePoint)> {
    let object_ball = prediction.ghost_ball?.object_ball;
    let path = prediction.paths.iter().find(|path| path.ball == object_ball)?;
    let Fate::Pocketed(pocket) = path.fate else { return None };
    let centre = table.features().pockets.into_iter().find(|other| other.id == pocket)?.centre;
    // The middle of the square of table before the pocket.
    let half = table.width / 2.0;
    let inwards = (TablePoint::new(half, centre.y.clamp(half, table.length - half)) - centre).normalize();
    let lines: Vec<_> = prediction.paths.iter().map(|path| path.polyline(0.005)).collect();
    let room = |place: TablePoint| {
        let to_balls = balls.iter().map(|ball| (*ball - place).length());
        let to_lines = lines.iter().flat_map(|line| line.windows(2)).map(|pair| distance(place, pair[0], pair[1]));
        to_balls.chain(to_lines).fold(FAR, f64::min)
    };
    let places = ASIDE.map(|degrees| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let aside = TableVector::new(inwards.x * cos - inwards.y * sin, inwards.x * sin + inwards.y * cos);
        centre + aside * FROM_POCKET
    });
    // The first of those with the most room.
    let on_bed = places.into_iter().filter(|place| table.holds(*place, 0.0));
    let place = on_bed.reduce(|best, place| if room(place) > room(best) { place } else { best })?;
    Some((format!("{:.0} %", 100.0 * odds.chance(object_ball, pocket)), place))
}

/// Distance of a point from a straight line between two others, metres.
fn distance(p: TablePoint, a: TablePoint, b: TablePoint) -> f64 {
    let along = b - a;
    let share = if along.square_length() > 0.0 { (p - a).dot(along) / along.square_length() } else { 0.0 };
    (p - a.lerp(b, share.clamp(0.0, 1.0))).length()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BallId, BallPath, GhostBall, PocketId, PotChance, TableKind};

    #[test]
    fn a_pot_is_labelled_on_the_bed_and_a_miss_is_not() {
        let table = TableKind::NineFoot.spec();
        let (cue_ball, object_ball) = (BallId(1), BallId(2));
        let shot = |fate| Prediction {
            cue_ball,
            aim: TableVector::new(0.0, 1.0),
            aim_line: None,
            ghost_ball: Some(GhostBall { position: TablePoint::new(0.5, 0.5), object_ball, cut_angle: 0.1 }),
            paths: vec![BallPath { ball: object_ball, pieces: Vec::new(), fate }],
            events: Vec::new(),
        };
        let pot = PotChance { ball: object_ball, pocket: PocketId::LeftTop, chance: 0.734 };
        let odds = ShotOdds { runs: 64, pots: vec![pot], scratch: 0.0, rests: Vec::new(), openings: Vec::new() };
        let (text, place) = chance(&shot(Fate::Pocketed(PocketId::LeftTop)), &odds, &table, &[]).expect("a label");
        assert_eq!(text, "73 %");
        assert!(place.x > 0.04 && place.y < table.length - 0.04, "{place:?}");
        // A ball where the figures would be pushes them aside.
        let pushed = chance(&shot(Fate::Pocketed(PocketId::LeftTop)), &odds, &table, &[place]).expect("a label").1;
        assert!((pushed - place).length() > 0.09, "{pushed:?}");
        assert_eq!(chance(&shot(Fate::Rests), &odds, &table, &[]), None);
    }
}
