//! What there is to draw: a shot becomes shapes on the cloth. Pure.

use super::{
    lines::{corners_between, without_end, without_start},
    shape::Shape,
    theme::{Colour, Rgba, Theme},
};
use crate::model::{
    Ball, BallId, BallPath, BallState, Fate, PocketId, PredictedEventKind, Prediction, ShotOdds, TablePoint, TableSpec,
    TableVector,
};

/// Radius of the dark disc over each ball, in ball radii: room for a few millimetres of calibration error.
pub const DISC_RADII: f64 = 1.35;
/// Length and half width of an arrow head, in widths of its line.
const ARROW: (f64, f64) = (5.0, 2.25);
/// An arrow head shorter than this cannot be seen, metres.
const SHORTEST_ARROW: f64 = 0.002;
/// From the middle of a cross to the end of its arms, metres.
const CROSS_ARM: f64 = 0.012;
/// By how much the marker of a pocket is larger than the hole, metres: its light must fall on the bed.
const POCKET_MARGIN: f64 = 0.012;
/// Stroke and gap of the other balls' lines, metres.
const DASH: (f64, f64) = (0.03, 0.02);
/// Stroke and gap of the line of sight, metres.
const SIGHT_DASH: (f64, f64) = (0.012, 0.018);
/// The line of sight is shown once the cue ball's way leaves it by this much, metres.
const OFF_SIGHT: f64 = 0.004;
/// More other balls than this are a break, and their lines a thicket that nobody can read.
const MOST_OTHERS: usize = 3;
const BLACK: Rgba = [0.0, 0.0, 0.0, 1.0];

/// What the overlay is composed from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The table.
    pub table: &'a TableSpec,
    /// Every tracked ball.
    pub balls: &'a [Ball],
    /// The shot that is aimed, if there is one.
    pub prediction: Option<&'a Prediction>,
    /// How sure it is, if that is known.
    pub odds: Option<&'a ShotOdds>,
    /// Whether what is known of the table is too old to be shown.
    pub stale: bool,
    /// Colours and measures.
    pub theme: &'a Theme,
}

/// The shapes that show the scene, in painter's order: later ones cover earlier ones.
///
/// Nothing at all when there is nothing to say: nobody aims, a ball moves, or the knowledge is stale. Otherwise the
/// dark discs of the balls come last, so that no light falls on a ball.
#[must_use]
pub fn compose(scene: &Scene<'_>) -> Vec<Shape> {
    let Some(prediction) = scene.prediction else { return Vec::new() };
    if scene.stale || scene.balls.iter().any(|ball| ball.state == BallState::Moving) {
        return Vec::new();
    }
    let mut painter = Painter { scene, prediction, contact: first_contact(prediction), shapes: Vec::new() };
    let object_ball = prediction.ghost_ball.map(|ghost| ghost.object_ball);
    let path_of = |id: BallId| prediction.paths.iter().find(|path| path.ball == id);

    let is_other = |path: &&BallPath| path.ball != prediction.cue_ball && Some(path.ball) != object_ball;
    let others: Vec<_> = prediction.paths.iter().filter(is_other).collect();
    if others.len() <= MOST_OTHERS {
        for path in others {
            painter.other_ball(path);
        }
    }
    if let Some(path) = path_of(prediction.cue_ball) {
        painter.line_of_sight(path);
        painter.cue_ball(path);
    }
    if let Some(path) = object_ball.and_then(path_of) {
        painter.object_ball(path);
    }
    painter.crosses(object_ball);
    painter.rings(object_ball);
    painter.discs();
    painter.shapes
}

/// When the cue ball first touches another ball, seconds after the strike.
fn first_contact(prediction: &Prediction) -> Option<f64> {
    prediction.events.iter().find_map(|event| match event.kind {
        PredictedEventKind::BallContact { ball, other } if [ball, other].contains(&prediction.cue_ball) => {
            Some(event.time)
        }
        _ => None,
    })
}

struct Painter<'a> {
    scene: &'a Scene<'a>,
    prediction: &'a Prediction,
    contact: Option<f64>,
    shapes: Vec<Shape>,
}

impl Painter<'_> {
    fn cue_ball(&mut self, path: &BallPath) {
        let theme = self.scene.theme;
        let radius = self.scene.table.ball_radius;
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, theme.scratch.light(theme.brightness));
        }
        if let Some(contact) = self.contact {
            let sure = self.sure_until(path.ball).max(contact);
            let after = without_start(&corners_between(path, contact, sure), radius);
            self.line(after, theme.tangent_width, theme.tangent.light(theme.brightness));
            self.line(
                corners_between(path, sure, f64::INFINITY),
                theme.tangent_width,
                theme.tangent.light(theme.brightness * theme.faint),
            );
        }
        self.stopping_point(path, theme.tangent);
        let mut before =
            without_start(&corners_between(path, f64::NEG_INFINITY, self.contact.unwrap_or(f64::INFINITY)), radius);
        if self.contact.is_some() {
            // The ghost ball's ring ends the line.
            before = without_end(&before, radius);
        }
        self.line(before, theme.aim_width, theme.aim.light(theme.brightness));
    }

    /// Where the cue points, when english or a raised butt takes the cue ball off it.
    fn line_of_sight(&mut self, path: &BallPath) {
        let Some(line) = self.prediction.aim_line else { return };
        let way = corners_between(path, f64::NEG_INFINITY, self.contact.unwrap_or(f64::INFINITY));
        let Some(along) = (line.to - line.from).try_normalize() else { return };
        // Up to the first thing met; what comes after a cushion is no sight any more.
        let reach = (line.to - line.from).length();
        let before = way.iter().map(|p| *p - line.from).take_while(|off| off.dot(along) <= reach);
        if before.map(|off| off.cross(along).abs()).fold(0.0, f64::max) < OFF_SIGHT {
            return;
        }
        let theme = self.scene.theme;
        let points = without_start(&[line.from, line.to], self.scene.table.ball_radius);
        let (dash, gap) = SIGHT_DASH;
        let colour = theme.aim.light(theme.brightness * theme.faint);
        self.shapes.push(Shape::Dashes { points, width: theme.tangent_width, dash, gap, colour });
    }

    fn object_ball(&mut self, path: &BallPath) {
        let theme = self.scene.theme;
        let colour = theme.object.light(theme.brightness);
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, colour);
        }
        let sure = self.sure_until(path.ball);
        let points = without_start(&corners_between(path, f64::NEG_INFINITY, sure), self.scene.table.ball_radius);
        if sure.is_finite() {
            // Where it may go from here is anybody's guess: no arrow.
            self.line(points, theme.object_width, colour);
            let rest = corners_between(path, sure, f64::INFINITY);
            self.line(rest, theme.object_width, theme.object.light(theme.brightness * theme.faint));
            return;
        }
        self.stopping_point(path, theme.object);
        let (length, half_width) = (ARROW.0 * theme.object_width, ARROW.1 * theme.object_width);
        let arrow = length.min(points.windows(2).map(|pair| (pair[1] - pair[0]).length()).sum());
        let shaft = without_end(&points, arrow);
        let Some(&tip) = points.last() else { return };
        let base = shaft.last().or(points.first()).copied().unwrap_or(tip);
        if arrow > SHORTEST_ARROW && (tip - base).length() > 0.5 * SHORTEST_ARROW {
            let along = (tip - base).normalize();
            let aside = TableVector::new(-along.y, along.x) * (half_width * arrow / length);
            self.shapes.push(Shape::Triangle { corners: [tip, base + aside, base - aside], colour });
        }
        self.line(shaft, theme.object_width, colour);
    }

    /// When the fan of a ball's ways opens wider than a ball, seconds after the strike.
    fn sure_until(&self, ball: BallId) -> f64 {
        let opening = self.scene.odds.and_then(|odds| odds.openings.iter().find(|opening| opening.ball == ball));
        opening.map_or(f64::INFINITY, |opening| opening.wider_than(2.0 * self.scene.table.ball_radius))
    }

    /// A ball's outline where it comes to rest, where that is sure.
    fn stopping_point(&mut self, path: &BallPath, colour: Colour) {
        let Some(last) = path.pieces.last().filter(|_| path.fate == Fate::Rests) else { return };
        let centre = last.end_position();
        if self.sure_until(path.ball).is_finite() || !(centre.x.is_finite() && centre.y.is_finite()) {
            return;
        }
        let theme = self.scene.theme;
        self.shapes.push(Shape::Ring {
            centre,
            radius: self.scene.table.ball_radius,
            width: theme.ghost_width,
            colour: colour.light(theme.brightness * theme.faint),
        });
    }

    fn other_ball(&mut self, path: &BallPath) {
        let theme = self.scene.theme;
        let colour = theme.object.light(theme.brightness * theme.faint);
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, colour);
        }
        let points =
            without_start(&corners_between(path, f64::NEG_INFINITY, f64::INFINITY), self.scene.table.ball_radius);
        if points.len() > 1 {
            let (dash, gap) = DASH;
            self.shapes.push(Shape::Dashes { points, width: theme.tangent_width, dash, gap, colour });
        }
    }

    /// A cross at each cushion that the cue ball or the object ball meets.
    fn crosses(&mut self, object_ball: Option<BallId>) {
        let theme = self.scene.theme;
        for event in &self.prediction.events {
            let PredictedEventKind::RailContact { ball, .. } = event.kind else { continue };
            let colour = if Some(ball) == object_ball {
                theme.object
            } else if ball != self.prediction.cue_ball {
                continue;
            } else if self.contact.is_some_and(|contact| event.time > contact) {
                theme.tangent
            } else {
                theme.aim
            };
            for arm in [TableVector::new(1.0, 1.0), TableVector::new(1.0, -1.0)] {
                let reach = arm.normalize() * CROSS_ARM;
                let points = vec![event.position - reach, event.position + reach];
                self.line(points, theme.tangent_width, colour.light(theme.brightness));
            }
        }
    }

    fn rings(&mut self, object_ball: Option<BallId>) {
        let Scene { table, balls, theme, .. } = *self.scene;
        if let Some(ghost) = self.prediction.ghost_ball {
            self.shapes.push(Shape::Ring {
                centre: ghost.position,
                radius: table.ball_radius,
                width: theme.ghost_width,
                colour: theme.aim.light(theme.brightness),
            });
        }
        let radius = theme.ring_radii.max(Theme::MIN_RING_RADII) * table.ball_radius;
        for ball in balls {
            let colour = if ball.id == self.prediction.cue_ball {
                theme.aim.light(theme.brightness * theme.faint)
            } else if Some(ball.id) == object_ball {
                theme.object.light(theme.brightness)
            } else {
                continue;
            };
            self.shapes.push(Shape::Ring { centre: ball.position, radius, width: theme.ring_width, colour });
        }
    }

    fn discs(&mut self) {
        let radius = DISC_RADII * self.scene.table.ball_radius;
        let discs = self.scene.balls.iter().map(|ball| Shape::Disc { centre: ball.position, radius, colour: BLACK });
        self.shapes.extend(discs);
    }

    fn pocket(&mut self, id: PocketId, colour: Rgba) {
        let pockets = self.scene.table.features().pockets;
        let Some(pocket) = pockets.into_iter().find(|pocket| pocket.id == id) else { return };
        let radius = pocket.radius + POCKET_MARGIN;
        self.shapes.push(Shape::Ring { centre: pocket.centre, radius, width: self.scene.theme.ring_width, colour });
    }

    fn line(&mut self, points: Vec<TablePoint>, width: f64, colour: Rgba) {
        if points.len() > 1 {
            self.shapes.push(Shape::Polyline { points, width, colour });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        BallClass, BallLabel, FeatureId, GhostBall, MotionState, Opening, PathPiece, PredictedEvent, TableKind,
    };

    const CUE: BallId = BallId(1);
    const OBJECT: BallId = BallId(2);

    fn ball(id: BallId, x: f64, y: f64) -> Ball {
        let label = if id == CUE { BallLabel::Cue } else { BallLabel::Number(3) };
        Ball {
            id,
            label,
            class: label.class().unwrap_or(BallClass::Other),
            position: TablePoint::new(x, y),
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        }
    }

    fn piece(start: f64, end: f64, from: (f64, f64), to: (f64, f64)) -> PathPiece {
        let (from, to) = (TablePoint::new(from.0, from.1), TablePoint::new(to.0, to.1));
        PathPiece {
            start,
            end,
            position: from,
            velocity: (to - from) / (end - start),
            acceleration: TableVector::zero(),
            motion: MotionState::Rolling,
        }
    }

    /// The cue ball at (0.5, 0.5) runs up the table into the object ball at (0.5, 1.5), which falls at the top left; the
    /// cue ball goes on to the right rail.
    fn shot(table: &TableSpec) -> Prediction {
        let ghost = TablePoint::new(0.5, 1.5 - 2.0 * table.ball_radius);
        let rail = (table.width - table.ball_radius, 1.6);
        Prediction {
            cue_ball: CUE,
            aim: TableVector::new(0.0, 1.0),
            aim_line: None,
            ghost_ball: Some(GhostBall { position: ghost, object_ball: OBJECT, cut_angle: 0.3 }),
            paths: vec![
                BallPath {
                    ball: CUE,
                    pieces: vec![
                        piece(0.0, 1.0, (0.5, 0.5), (ghost.x, ghost.y)),
                        piece(1.0, 2.0, (ghost.x, ghost.y), rail),
                        piece(2.0, 3.0, rail, (0.8, 1.8)),
                    ],
                    fate: Fate::Rests,
                },
                BallPath {
                    ball: OBJECT,
                    pieces: vec![piece(1.0, 2.0, (0.5, 1.5), (0.0, table.length))],
                    fate: Fate::Pocketed(PocketId::LeftTop),
                },
            ],
            events: vec![
                PredictedEvent {
                    time: 1.0,
                    position: ghost,
                    kind: PredictedEventKind::BallContact { ball: CUE, other: OBJECT },
                },
                PredictedEvent {
                    time: 2.0,
                    position: TablePoint::new(rail.0, rail.1),
                    kind: PredictedEventKind::RailContact { ball: CUE, feature: FeatureId(1) },
                },
            ],
        }
    }

    /// Somebody aims, and nothing is known of the odds.
    fn scene<'a>(table: &'a TableSpec, balls: &'a [Ball], prediction: &'a Prediction, theme: &'a Theme) -> Scene<'a> {
        Scene { table, balls, prediction: Some(prediction), odds: None, stale: false, theme }
    }

    fn composed(change: impl FnOnce(&mut Vec<Ball>, &mut Prediction)) -> (Vec<Shape>, TableSpec, Theme) {
        let (table, theme) = (TableKind::NineFoot.spec(), Theme::default());
        let mut balls = vec![ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5), ball(BallId(3), 1.0, 2.0)];
        let mut prediction = shot(&table);
        change(&mut balls, &mut prediction);
        let scene = scene(&table, &balls, &prediction, &theme);
        (compose(&scene), table, theme)
    }

    fn lines(shapes: &[Shape], colour: Rgba) -> Vec<&[TablePoint]> {
        let of_colour = shapes.iter().filter_map(|shape| match shape {
            Shape::Polyline { points, colour: own, .. } if *own == colour => Some(points.as_slice()),
            _ => None,
        });
        of_colour.collect()
    }

    #[test]
    fn the_cue_balls_line_runs_from_its_edge_to_the_ghost_ball() {
        let (shapes, table, theme) = composed(|_, _| ());
        let white = lines(&shapes, theme.aim.light(1.0));
        let r = table.ball_radius;
        assert_eq!(white.len(), 1);
        assert!((white[0][0] - TablePoint::new(0.5, 0.5 + r)).length() < 1e-9);
        assert!((white[0][white[0].len() - 1] - TablePoint::new(0.5, 1.5 - 3.0 * r)).length() < 1e-9);
        // After the contact: the way to the rail and back, and the two arms of the cross there.
        let cyan = lines(&shapes, theme.tangent.light(1.0));
        assert_eq!(cyan.iter().map(|line| line.len()).collect::<Vec<_>>(), [3, 2, 2]);
        assert!((cyan[0][2] - TablePoint::new(0.8, 1.8)).length() < 1e-9);
    }

    #[test]
    fn the_object_balls_line_ends_in_an_arrow_at_a_marked_pocket() {
        let (shapes, table, theme) = composed(|_, _| ());
        let yellow = theme.object.light(1.0);
        let end = TablePoint::new(0.0, table.length);
        let heads = shapes.iter().filter_map(|shape| match shape {
            Shape::Triangle { corners, .. } => Some(corners[0]),
            _ => None,
        });
        let heads: Vec<_> = heads.collect();
        assert!(heads.len() == 1 && (heads[0] - end).length() < 1e-9, "{heads:?}");
        let line = lines(&shapes, yellow)[0];
        assert!(((line[line.len() - 1] - end).length() - 0.04).abs() < 1e-9);
        let rings: Vec<_> = shapes
            .iter()
            .filter_map(|shape| match shape {
                Shape::Ring { centre, radius, colour, .. } if *colour == yellow => Some((*centre, *radius)),
                _ => None,
            })
            .collect();
        let hole = table.features().pockets[2];
        assert_eq!(
            rings,
            [(hole.centre, hole.radius + POCKET_MARGIN), (TablePoint::new(0.5, 1.5), 1.9 * table.ball_radius)]
        );
    }

    #[test]
    fn dark_discs_come_last_and_no_ring_touches_its_ball() {
        let (shapes, table, _) = composed(|_, _| ());
        let is_dark = |shape: &&Shape| matches!(shape, Shape::Disc { colour, .. } if *colour == BLACK);
        let discs = shapes.iter().rev().take_while(is_dark).count();
        assert_eq!(discs, 3);
        assert!(shapes.iter().all(|shape| match shape {
            Shape::Disc { radius, .. } => (radius - 1.35 * table.ball_radius).abs() < 1e-12,
            Shape::Ring { centre, radius, width, .. } if *centre == TablePoint::new(0.5, 0.5) => {
                radius - width / 2.0 > 1.7 * table.ball_radius
            }
            _ => true,
        }));
    }

    #[test]
    fn dark_when_there_is_nothing_to_say() {
        let (table, theme) = (TableKind::SevenFoot.spec(), Theme::default());
        let balls = [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)];
        let prediction = shot(&table);
        let scene = scene(&table, &balls, &prediction, &theme);
        assert!(!compose(&scene).is_empty());
        assert!(compose(&Scene { stale: true, ..scene }).is_empty());
        assert!(compose(&Scene { prediction: None, ..scene }).is_empty());
        let (moving, ..) = composed(|balls, _| balls[2].state = BallState::Moving);
        assert!(moving.is_empty());
    }

    #[test]
    fn without_a_contact_the_whole_way_is_white() {
        let (shapes, _, theme) = composed(|_, prediction| {
            prediction.ghost_ball = None;
            prediction.events.clear();
            prediction.paths.truncate(1);
        });
        let white = lines(&shapes, theme.aim.light(1.0));
        assert_eq!((white.len(), white[0].len()), (1, 4));
        assert!(lines(&shapes, theme.tangent.light(1.0)).is_empty());
    }

    #[test]
    fn a_break_draws_no_thicket() {
        let dashes = |others: u32| {
            let (shapes, ..) = composed(|_, prediction| {
                let path = prediction.paths[1].clone();
                let more = (0..others).map(|i| BallPath { ball: BallId(10 + i), ..path.clone() });
                prediction.paths.extend(more);
            });
            shapes.iter().filter(|shape| matches!(shape, Shape::Dashes { .. })).count()
        };
        assert_eq!((dashes(2), dashes(14)), (2, 0));
    }

    #[test]
    fn a_piece_without_end_draws_no_nonsense() {
        let (shapes, ..) = composed(|_, prediction| {
            prediction.paths[0].pieces[2].end = f64::INFINITY;
            prediction.paths[1].pieces[0].velocity = TableVector::new(f64::NAN, 0.0);
        });
        let points = shapes.iter().flat_map(|shape| match shape {
            Shape::Polyline { points, .. } | Shape::Dashes { points, .. } => points.clone(),
            Shape::Triangle { corners, .. } => corners.to_vec(),
            Shape::Ring { centre, .. } | Shape::Disc { centre, .. } => vec![*centre],
        });
        assert!(points.into_iter().all(|p| p.x.is_finite() && p.y.is_finite()));
    }

    #[test]
    fn where_the_fan_is_wider_than_a_ball_the_line_is_faint_and_has_no_arrow() {
        let (table, theme) = (TableKind::NineFoot.spec(), Theme::default());
        let (prediction, balls) = (shot(&table), [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)]);
        let drawn = |widths: &[(f64, f64)]| {
            let openings = vec![Opening { ball: OBJECT, widths: widths.to_vec() }];
            let odds = ShotOdds { runs: 64, pots: Vec::new(), scratch: 0.0, rests: Vec::new(), openings };
            compose(&Scene { odds: Some(&odds), ..scene(&table, &balls, &prediction, &theme) })
        };
        let faint = theme.object.light(theme.brightness * theme.faint);
        let arrow = |shapes: &[Shape]| shapes.iter().any(|shape| matches!(shape, Shape::Triangle { .. }));
        let narrow = drawn(&[(2.0, 0.01)]);
        assert!(lines(&narrow, faint).is_empty() && arrow(&narrow));
        // It opens evenly to four balls' width at its end: the second half is faint.
        let wide = drawn(&[(1.0, 0.0), (2.0, 8.0 * table.ball_radius)]);
        let [rest] = lines(&wide, faint)[..] else { panic!("one faint line: {wide:?}") };
        assert!((rest[0].y - (1.5 + 0.25 * (table.length - 1.5))).abs() < 1e-6, "{rest:?}");
        assert!(!arrow(&wide));
    }
}
