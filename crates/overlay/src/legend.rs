//! Names of the balls, written next to them: never on a ball, a line, other text or beyond the bed. Pure.

use super::{
    label::TextBox,
    shape::{RibbonCorner, Shape},
};
use billiards_table::{Ball, BallLabel, TablePoint, TableSpec, TableVector};
use std::f64::consts::TAU;

/// Free space around a name, metres.
const MARGIN: f64 = 0.006;
/// Minimum width of a band of light that text may lie on, metres; narrower shapes are lines.
const MAX_LINE: f64 = 0.04;
/// Directions that are tried, as shares of a turn from the right as the reader sees it: right and left of the ball,
/// above, below, then the diagonals.
const DIRECTIONS: [f64; 16] =
    [0.0, 0.5, 0.25, 0.75, 0.125, 0.875, 0.375, 0.625, 0.0625, 0.9375, 0.4375, 0.5625, 0.1875, 0.8125, 0.3125, 0.6875];
/// Additional distances tried for a name without space next to the ball, metres; farther away, it would be unclear to
/// which ball it belongs.
const FURTHER: [f64; 3] = [0.0, 0.012, 0.024];

/// Obstacles on which text must not lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Obstacles {
    discs: Vec<(TablePoint, f64)>,
    /// Two ends and half of the width.
    lines: Vec<(TablePoint, TablePoint, f64)>,
    boxes: Vec<TextBox>,
    /// Balls with their radii.
    balls: Vec<(TablePoint, f64)>,
}

/// Number of lines that text may cross rather than hide a ball.
const BALL_WEIGHT: usize = 4;

impl Obstacles {
    /// Collects the drawn shapes, except wide bands and the dark frame around the bed.
    pub fn of(shapes: &[Shape]) -> Self {
        let mut obstacles = Self::default();
        for shape in shapes {
            match shape {
                Shape::Polyline { points, width, .. } | Shape::Dashes { points, width, .. } => {
                    obstacles.line(points, *width);
                }
                Shape::Ribbon { corners } => {
                    let points: Vec<_> = corners.iter().map(|RibbonCorner { at, .. }| *at).collect();
                    obstacles.line(&points, corners.iter().map(|corner| corner.width).fold(0.0, f64::max));
                }
                Shape::Ring { centre, radius, width, .. } => obstacles.discs.push((*centre, radius + width / 2.0)),
                Shape::Disc { centre, radius, .. } | Shape::SoftDisc { centre, radius, .. } => {
                    obstacles.discs.push((*centre, *radius));
                }
                // An arrow head is narrow; dark shapes are no obstacle.
                Shape::Polygon { corners, colour: [red, green, blue, _] } if red + green + blue > 0.0 => {
                    obstacles.line(corners, 0.0);
                }
                Shape::Polygon { .. } => {}
            }
        }
        obstacles
    }

    fn line(&mut self, points: &[TablePoint], width: f64) {
        if width < MAX_LINE {
            self.lines.extend(points.windows(2).map(|pair| (pair[0], pair[1], width / 2.0)));
        }
    }

    /// Adds text that is already placed.
    pub fn add(&mut self, words: TextBox) {
        self.boxes.push(words);
    }

    /// Adds a straight line of this width.
    pub fn add_line(&mut self, from: TablePoint, to: TablePoint, width: f64) {
        self.lines.push((from, to, width / 2.0));
    }

    /// Adds the balls themselves, which count more than the shapes drawn around them.
    #[must_use]
    pub fn with_balls(mut self, balls: &[Ball], table: &TableSpec) -> Self {
        self.balls.extend(balls.iter().map(|ball| (ball.position, table.radius(ball.is_cue_ball()))));
        self
    }

    /// Returns the number of obstacles that a text would cover; each ball counts as `BALL_WEIGHT` obstacles.
    pub fn covered_by(&self, words: &TextBox) -> usize {
        let discs = self.discs.iter().filter(|(centre, radius)| words.distance(*centre) < *radius);
        let lines = self.lines.iter().filter(|(from, to, half)| words.grown(*half).is_crossed(*from, *to));
        let boxes = self.boxes.iter().filter(|other| words.meets(other));
        let balls = self.balls.iter().filter(|(centre, radius)| words.distance(*centre) < *radius);
        discs.count() + lines.count() + boxes.count() + BALL_WEIGHT * balls.count()
    }

    fn leave_room_for(&self, words: &TextBox) -> bool {
        self.covered_by(&words.grown(MARGIN)) == 0
    }
}

/// Returns the text next to a ball; `None` if its label is unknown.
pub(crate) fn name(label: BallLabel) -> Option<String> {
    (label != BallLabel::Unknown).then(|| label.to_string())
}

/// Arranges the names of the balls: text and box of each ball that has a name and space for it.
///
/// `ring` is the radius around a ball that is kept free of text, metres. A ball in the thick of others has no space: a
/// name farther away would be taken for a neighbour's.
pub(crate) fn layout(
    balls: &[Ball],
    table: &TableSpec,
    height: f64,
    ring: f64,
    obstacles: &Obstacles,
) -> Vec<(String, TextBox)> {
    let mut taken = obstacles.clone();
    // Names keep clear of every ball, whether it is drawn or not.
    taken.discs.extend(balls.iter().map(|ball| (ball.position, ring)));
    let mut in_order: Vec<&Ball> = balls.iter().collect();
    in_order.sort_by_key(|ball| ball.id);
    let mut names = Vec::new();
    for ball in in_order {
        let Some(text) = name(ball.label) else { continue };
        let places = FURTHER.iter().flat_map(|further| DIRECTIONS.map(|turn| (turn * TAU, ring + MARGIN + further)));
        let boxes = places.map(|(angle, clear)| {
            let (sin, cos) = angle.sin_cos();
            // To the reader's right is +y, up is -x.
            let direction = TableVector::new(-sin, cos);
            let words = TextBox::of(&text, ball.position, height);
            let reach = clear + 1e-6 + words.half.x * sin.abs() + words.half.y * cos.abs();
            TextBox { middle: ball.position + direction * reach, ..words }
        });
        let mut free = boxes
            .filter(|words| words.lies_within(table.width, table.length))
            .filter(|words| taken.leave_room_for(words));
        if let Some(words) = free.next() {
            drop(free);
            taken.add(words);
            names.push((text, words));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallClass, BallId, BallState, TableKind};
    use proptest::prelude::*;

    const HEIGHT: f64 = 0.045;
    const RING: f64 = 0.058;

    fn ball(number: u8, x: f64, y: f64) -> Ball {
        let label = BallLabel::Number(number);
        Ball {
            id: BallId(number.into()),
            label,
            class: label.class().unwrap_or(BallClass::Other),
            position: TablePoint::new(x, y),
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        }
    }

    #[test]
    fn a_name_stands_to_the_right_of_its_ball_as_it_is_read() {
        let table = TableKind::NINE_FOOT.spec();
        let [(text, words)] = &layout(&[ball(12, 0.6, 1.0)], &table, HEIGHT, RING, &Obstacles::default())[..] else {
            panic!("one name")
        };
        assert_eq!(text, "12");
        assert!((words.middle.x - 0.6).abs() < 1e-9 && words.middle.y > 1.0 + RING);
        // In the corner there is no space to the right and below.
        let corner = ball(12, table.width - 0.03, table.length - 0.03);
        let names = layout(std::slice::from_ref(&corner), &table, HEIGHT, RING, &Obstacles::default());
        assert!(names[0].1.lies_within(table.width, table.length));
        let unknown = Ball { label: BallLabel::Unknown, ..corner };
        assert!(layout(&[unknown], &table, HEIGHT, RING, &Obstacles::default()).is_empty());
    }

    #[test]
    fn lines_push_names_aside_and_bands_do_not() {
        let table = TableKind::NINE_FOOT.spec();
        let along = |width| {
            let points = vec![TablePoint::new(0.6, 1.05), TablePoint::new(0.6, 2.0)];
            Obstacles::of(&[Shape::Polyline { points, width, colour: [1.0; 4] }])
        };
        let place = |obstacles: &Obstacles| layout(&[ball(3, 0.6, 1.0)], &table, HEIGHT, RING, obstacles)[0].1.middle;
        assert!(place(&along(0.008)).y < 1.0, "to the left");
        assert!(place(&along(0.1)).y > 1.0, "to the right");
    }

    proptest! {
        #[test]
        fn names_lie_on_nothing(places in proptest::collection::vec((0.03..1.24, 0.03..2.5), 1..16)) {
            let table = TableKind::NINE_FOOT.spec();
            let balls: Vec<_> = (1..).zip(&places).map(|(number, (x, y))| ball(number, *x, *y)).collect();
            let points = vec![TablePoint::new(0.1, 0.1), TablePoint::new(1.2, 2.4), TablePoint::new(0.3, 2.0)];
            let line = Shape::Polyline { points: points.clone(), width: 0.008, colour: [1.0; 4] };
            let names = layout(&balls, &table, HEIGHT, RING, &Obstacles::of(&[line]));
            for (i, (_, words)) in names.iter().enumerate() {
                prop_assert!(words.lies_within(table.width, table.length));
                prop_assert!(balls.iter().all(|ball| words.distance(ball.position) >= RING));
                prop_assert!(points.windows(2).all(|pair| !words.is_crossed(pair[0], pair[1])));
                prop_assert!(names[..i].iter().all(|(_, other)| !words.meets(other)));
            }
            prop_assert!(balls.len() > 3 || names.len() + 1 >= balls.len(), "on an empty table there is room");
        }
    }
}
