//! Label with the chance of the pot in per cent, on the cloth near the pocket. Pure.

use super::{label::TextBox, legend::Obstacles};
use billiards_table::{Fate, PocketId, Prediction, ShotOdds, TablePoint, TableSpec, TableVector};

/// Distances of the text's middle from the pocket's centre, metres, in the order in which they are tried.
const DISTANCES: [f64; 7] = [0.2, 0.26, 0.32, 0.4, 0.48, 0.56, 0.64];
/// Directions of the text from the pocket, degrees off the line straight into the table, in the order in which they are
/// tried.
const DIRECTIONS: [f64; 9] = [0.0, 20.0, -20.0, 40.0, -40.0, 60.0, -60.0, 80.0, -80.0];
/// Free space around the text, metres.
const MARGIN: f64 = 0.012;

/// Returns the predicted chance of the aimed pot as text, and the box where it is written.
///
/// The text lies on the bed, clear of the obstacles (lines, rings, balls, the cue) if there is such a place near the
/// pocket, and stays at its previous place `before` as long as that is free.
pub(crate) fn chance(
    prediction: &Prediction,
    odds: &ShotOdds,
    table: &TableSpec,
    height: f64,
    obstacles: &Obstacles,
    before: Option<TablePoint>,
) -> Option<(String, TextBox)> {
    let object_ball = prediction.ghost_ball?.object_ball;
    let path = prediction.paths.iter().find(|path| path.ball == object_ball)?;
    let Fate::Pocketed(pocket) = path.fate else { return None };
    let text = format!("{:.0} %", 100.0 * odds.chance(object_ball, pocket));
    let places = places(table, pocket)?;
    let near = |before: &TablePoint| places.iter().any(|place| (*place - *before).length() < 1e-9);
    let candidates = before.filter(near).into_iter().chain(places.iter().copied());
    let boxes = candidates
        .map(|place| TextBox::of(&text, place, height))
        .filter(|words| words.grown(MARGIN).lies_within(table.width, table.length));
    // The first of those that cover the fewest obstacles.
    let words = boxes.min_by_key(|words| obstacles.covered_by(&words.grown(MARGIN)))?;
    Some((text, words))
}

/// Returns the places near a pocket, in the order in which they are tried.
fn places(table: &TableSpec, pocket: PocketId) -> Option<Vec<TablePoint>> {
    let centre = table.features().pockets.into_iter().find(|other| other.id == pocket)?.centre;
    // Towards the middle of the square of table in front of the pocket.
    let half = table.width / 2.0;
    let inwards = (TablePoint::new(half, centre.y.clamp(half, table.length - half)) - centre).try_normalize()?;
    let place = |distance: f64, degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        centre + TableVector::new(inwards.x * cos - inwards.y * sin, inwards.x * sin + inwards.y * cos) * distance
    };
    Some(DISTANCES.iter().flat_map(|distance| DIRECTIONS.map(|degrees| place(*distance, degrees))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;
    use billiards_table::{
        Ball, BallClass, BallId, BallLabel, BallPath, BallState, GhostBall, PotChance, TableKind,
        settings::READABLE_HEIGHT,
    };

    const OBJECT: BallId = BallId(2);

    fn shot(fate: Fate) -> Prediction {
        Prediction {
            cue_ball: BallId(1),
            aim: TableVector::new(0.0, 1.0),
            aim_line: None,
            ghost_ball: Some(GhostBall { position: TablePoint::new(0.5, 0.5), object_ball: OBJECT, cut_angle: 0.1 }),
            paths: vec![BallPath { ball: OBJECT, pieces: Vec::new(), fate }],
            events: Vec::new(),
        }
    }

    fn written(pocket: PocketId, obstacles: &[Shape], before: Option<TablePoint>) -> (String, TextBox) {
        let pots = vec![PotChance { ball: OBJECT, pocket, chance: 0.734 }];
        let odds = ShotOdds { runs: 64, pots, scratch: 0.0, rests: Vec::new(), openings: Vec::new() };
        let (table, obstacles) = (TableKind::NINE_FOOT.spec(), Obstacles::of(obstacles));
        let shot = shot(Fate::Pocketed(pocket));
        chance(&shot, &odds, &table, READABLE_HEIGHT, &obstacles, before).expect("a pot")
    }

    fn disc(centre: TablePoint) -> Shape {
        Shape::Disc { centre, radius: 0.04, colour: [0.0, 0.0, 0.0, 1.0] }
    }

    #[test]
    fn a_pot_is_labelled_on_the_bed_at_every_pocket_and_a_miss_is_not() {
        let table = TableKind::NINE_FOOT.spec();
        for pocket in table.features().pockets {
            let (text, words) = written(pocket.id, &[], None);
            assert_eq!(text, "73 %");
            assert!(words.lies_within(table.width, table.length), "{words:?}");
            assert!(words.distance(pocket.centre) > pocket.radius, "{words:?}");
            assert!((words.middle - pocket.centre).length() < 0.4, "{words:?}");
        }
        let odds = ShotOdds { runs: 64, pots: Vec::new(), scratch: 0.0, rests: Vec::new(), openings: Vec::new() };
        let none = chance(&shot(Fate::Rests), &odds, &table, READABLE_HEIGHT, &Obstacles::default(), None);
        assert_eq!(none, None);
    }

    #[test]
    fn balls_and_lines_push_the_text_aside() {
        let free = written(PocketId::LeftTop, &[], None).1;
        let ball = disc(free.middle + TableVector::new(0.0, 0.08));
        let points = vec![free.middle + TableVector::new(-0.1, -0.15), free.middle + TableVector::new(0.1, -0.15)];
        let line = Shape::Polyline { points: points.clone(), width: 0.01, colour: [1.0; 4] };
        let pushed = written(PocketId::LeftTop, &[ball, line], None).1;
        assert!(pushed.distance(free.middle + TableVector::new(0.0, 0.08)) >= 0.04, "{pushed:?}");
        assert!(!pushed.is_crossed(points[0], points[1]), "{pushed:?}");
    }

    /// With lines everywhere and a ball at the first place, the text crosses a line rather than hiding the ball.
    #[test]
    fn the_text_does_not_hide_a_ball() {
        let table = TableKind::NINE_FOOT.spec();
        let free = written(PocketId::LeftTop, &[], None).1;
        let lines: Vec<_> = (0..50)
            .map(|i| Shape::Polyline {
                points: vec![
                    TablePoint::new(0.0, 0.05 * f64::from(i)),
                    TablePoint::new(table.width, 0.05 * f64::from(i)),
                ],
                width: 0.01,
                colour: [1.0; 4],
            })
            .collect();
        let ball = Ball {
            id: OBJECT,
            label: BallLabel::Number(3),
            class: BallClass::Solid,
            position: free.middle,
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        };
        let around = Obstacles::of(&lines).with_balls(&[ball], &table);
        let odds = ShotOdds { runs: 64, pots: Vec::new(), scratch: 0.0, rests: Vec::new(), openings: Vec::new() };
        let shot = shot(Fate::Pocketed(PocketId::LeftTop));
        let (_, words) = chance(&shot, &odds, &table, READABLE_HEIGHT, &around, None).expect("a pot");
        assert!(words.distance(free.middle) >= table.ball_radius, "{words:?}");
    }

    #[test]
    fn the_text_stays_where_it_was_while_that_is_free() {
        let first = written(PocketId::LeftTop, &[], None).1;
        let ball = disc(first.middle);
        let second = written(PocketId::LeftTop, std::slice::from_ref(&ball), Some(first.middle)).1;
        assert_ne!(second.middle, first.middle);
        assert_eq!(written(PocketId::LeftTop, &[], Some(second.middle)).1, second, "the ball is gone");
        let other = written(PocketId::RightBottom, &[], Some(second.middle)).1;
        assert!((other.middle - second.middle).length() > 1.0, "the text goes to the pocket of the shot");
    }

    #[test]
    fn where_everything_is_covered_there_is_text_all_the_same() {
        let place = |i: u32| TablePoint::new(0.05 * f64::from(i % 26), 0.05 * f64::from(i / 26));
        let discs: Vec<_> = (0..26 * 52).map(|i| disc(place(i))).collect();
        assert_eq!(written(PocketId::LeftTop, &discs, None).0, "73 %");
    }
}
