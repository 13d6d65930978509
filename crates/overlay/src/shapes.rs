//! Composes a shot into shapes on the cloth. Pure.

use super::{painter::Painter, shape::Shape};
use billiards_table::settings::{OverlayStyle, Theme};
use billiards_table::{Ball, BallState, Prediction, ShotOdds, TableSpec};

/// Inputs from which the overlay is composed.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Dimensions of the table.
    pub table: &'a TableSpec,
    /// All tracked balls, at their predicted positions when the light arrives.
    pub balls: &'a [Ball],
    /// Prediction of the aimed shot, if there is one.
    pub prediction: Option<&'a Prediction>,
    /// Odds of that shot, if they are known.
    pub odds: Option<&'a ShotOdds>,
    /// Set while the knowledge of the table is too old to be shown.
    pub stale: bool,
    /// Colours and dimensions.
    pub theme: &'a Theme,
    /// Selection of the parts that are drawn.
    pub style: &'a OverlayStyle,
}

impl<'a> Scene<'a> {
    /// Returns the shot to be drawn; `None` while a ball moves or the knowledge is stale.
    #[must_use]
    pub fn shot(&self) -> Option<&'a Prediction> {
        self.prediction.filter(|_| self.is_quiet())
    }

    /// Returns whether the knowledge is fresh and all balls are at rest.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        !self.stale && self.balls.iter().all(|ball| ball.state != BallState::Moving)
    }
}

/// Returns the shapes that show the scene, in painter's order: later ones cover earlier ones.
///
/// Empty if there is nothing to show: nobody aims, a ball moves, or the knowledge is stale. Only rings that follow the
/// balls and a legend are drawn without an aimed shot. The dark discs of the balls come last, so that no light falls on
/// a ball.
#[must_use]
pub fn compose(scene: &Scene<'_>) -> Vec<Shape> {
    let mut painter = Painter::new(scene);
    let style = scene.style;
    if style.follow && !scene.stale {
        painter.followers();
    }
    if let Some(shot) = scene.shot() {
        painter.shot(shot);
    }
    // Names keep clear of balls: a legend alone lights none.
    if !painter.shapes.is_empty() {
        painter.discs();
    }
    painter.shapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dashes::DashPattern, marks::POCKET_MARGIN, painter::BLACK, shape::RibbonCorner};
    use billiards_table::settings::{Field, Group, Rgba, Settings, StylePreset};
    use billiards_table::{
        BallClass, BallId, BallLabel, BallPath, Fate, FeatureId, GhostBall, MotionState, Opening, PathPiece, PocketId,
        PredictedEvent, PredictedEventKind, TableKind, TablePoint, TableVector,
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

    /// Returns a shot in which the cue ball at (0.5, 0.5) runs up the table into the object ball at (0.5, 1.5), which
    /// falls at the top left; the cue ball goes on to the right rail.
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

    /// Returns a scene in which somebody aims and the odds are not known.
    fn scene<'a>(table: &'a TableSpec, balls: &'a [Ball], prediction: &'a Prediction, theme: &'a Theme) -> Scene<'a> {
        Scene {
            table,
            balls,
            prediction: Some(prediction),
            odds: None,
            stale: false,
            theme,
            style: &OverlayStyle::STANDARD,
        }
    }

    fn composed(change: impl FnOnce(&mut Vec<Ball>, &mut Prediction)) -> (Vec<Shape>, TableSpec, Theme) {
        let (table, theme) = (TableKind::NINE_FOOT.spec(), Theme::default());
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

    /// Returns the dashed lines of a colour, each with its pattern.
    fn broken_lines(shapes: &[Shape], colour: Rgba) -> Vec<(&[TablePoint], DashPattern)> {
        let of_colour = shapes.iter().filter_map(|shape| match shape {
            Shape::Dashes { points, dash, gap, colour: own, .. } if *own == colour => {
                Some((points.as_slice(), DashPattern { stroke: *dash, gap: *gap }))
            }
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
        // After the contact: dots to the rail and back, and the two arms of the cross there.
        let cyan = theme.tangent.light(1.0);
        let [(after, DashPattern::AFTER_CONTACT)] = broken_lines(&shapes, cyan)[..] else { panic!("{shapes:?}") };
        assert!(after.len() == 3 && (after[2] - TablePoint::new(0.8, 1.8)).length() < 1e-9);
        assert_eq!(lines(&shapes, cyan).iter().map(|line| line.len()).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn the_object_balls_line_ends_in_an_arrow_at_a_marked_pocket() {
        let (shapes, table, theme) = composed(|_, _| ());
        let yellow = theme.object.light(1.0);
        let end = TablePoint::new(0.0, table.length);
        let heads = shapes.iter().filter_map(|shape| match shape {
            Shape::Polygon { corners, .. } => Some(corners[0]),
            _ => None,
        });
        let heads: Vec<_> = heads.collect();
        assert!(heads.len() == 1 && (heads[0] - end).length() < 1e-9, "{heads:?}");
        let [(line, DashPattern::OBJECT_BALL)] = broken_lines(&shapes, yellow)[..] else { panic!("{shapes:?}") };
        assert!(((line[line.len() - 1] - end).length() - 4.0 * theme.object_width).abs() < 1e-9);
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
            [(hole.centre, hole.radius + POCKET_MARGIN), (TablePoint::new(0.5, 1.5), 2.2 * table.ball_radius)]
        );
    }

    #[test]
    fn a_smaller_cue_ball_has_smaller_marks_and_a_longer_line() {
        let (table, theme) = (TableKind::named("english-7ft").expect("a shipped table").spec(), Theme::default());
        let (small, large) = (table.cue_ball.radius, table.ball_radius);
        let (prediction, balls) = (shot(&table), [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)]);
        let shapes = compose(&scene(&table, &balls, &prediction, &theme));
        let radii = |place: TablePoint| -> Vec<f64> {
            let here = shapes.iter().filter_map(|shape| match shape {
                Shape::Ring { centre, radius, .. } | Shape::Disc { centre, radius, .. } if *centre == place => {
                    Some(*radius)
                }
                _ => None,
            });
            here.collect()
        };
        let ghost = prediction.ghost_ball.expect("a ghost ball").position;
        assert_eq!(radii(ghost), [small]);
        assert_eq!(radii(balls[0].position), [2.2 * small, 1.35 * small]);
        assert_eq!(radii(balls[1].position), [2.2 * large, 1.35 * large]);
        // The cue ball's line runs from its edge to the ring of the ghost ball.
        let white = lines(&shapes, theme.aim.light(1.0));
        let (first, last) = (white[0][0], white[0][white[0].len() - 1]);
        assert!((first.y - (0.5 + small)).abs() < 1e-9 && (last.y - (ghost.y - small)).abs() < 1e-9);
    }

    #[test]
    fn a_table_without_pockets_marks_none() {
        let theme = Theme::default();
        let rings = |name: &str| {
            let table = TableKind::named(name).expect("a shipped table").spec();
            let (prediction, balls) = (shot(&table), [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)]);
            let shapes = compose(&scene(&table, &balls, &prediction, &theme));
            shapes.iter().filter(|shape| matches!(shape, Shape::Ring { .. })).count()
        };
        assert_eq!(rings("carom-match") + 1, rings("9ft"));
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
        let (table, theme) = (TableKind::SEVEN_FOOT.spec(), Theme::default());
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
            let theme = Theme::default();
            broken_lines(&shapes, theme.object.light(theme.faint)).len()
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
            Shape::Polygon { corners, .. } => corners.clone(),
            Shape::Ribbon { corners } => corners.iter().map(|corner| corner.at).collect(),
            Shape::Ring { centre, .. } | Shape::Disc { centre, .. } | Shape::SoftDisc { centre, .. } => vec![*centre],
        });
        assert!(points.into_iter().all(|p| p.x.is_finite() && p.y.is_finite()));
    }

    #[test]
    fn where_the_fan_opens_the_line_fades_and_has_no_arrow() {
        let (table, theme) = (TableKind::NINE_FOOT.spec(), Theme::default());
        let (prediction, balls) = (shot(&table), [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)]);
        let drawn = |widths: &[(f64, f64)]| {
            let openings = vec![Opening { ball: OBJECT, widths: widths.to_vec() }];
            let odds = ShotOdds { runs: 64, pots: Vec::new(), scratch: 0.0, rests: Vec::new(), openings };
            compose(&Scene { odds: Some(&odds), ..scene(&table, &balls, &prediction, &theme) })
        };
        let ribbons = |shapes: &[Shape]| {
            let ribbons = shapes.iter().filter_map(|shape| match shape {
                Shape::Ribbon { corners } => Some(corners.clone()),
                _ => None,
            });
            ribbons.collect::<Vec<Vec<RibbonCorner>>>()
        };
        let arrow = |shapes: &[Shape]| shapes.iter().any(|shape| matches!(shape, Shape::Polygon { .. }));
        let narrow = drawn(&[(2.0, 0.01)]);
        assert!(ribbons(&narrow).is_empty() && arrow(&narrow));
        // It opens linearly to four balls' width at its end.
        let wide = drawn(&[(1.0, 0.0), (2.0, 8.0 * table.ball_radius)]);
        let strokes = ribbons(&wide);
        assert!(strokes.len() > 5, "{strokes:?}");
        let (bright, faint) = (theme.object.light(1.0), theme.object.light(theme.faint));
        let [first, last] = [strokes.first(), strokes.last()].map(|stroke| stroke.expect("strokes"));
        assert_eq!((first[0].colour, last[last.len() - 1].colour), (bright, faint));
        assert!(!arrow(&wide));
    }

    #[test]
    fn a_style_leaves_out_what_it_does_not_ask_for() {
        let (table, theme) = (TableKind::NINE_FOOT.spec(), Theme::default());
        let (prediction, balls) = (shot(&table), [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.51, 1.5)]);
        let drawn = |style: &OverlayStyle| compose(&Scene { style, ..scene(&table, &balls, &prediction, &theme) });
        assert!(drawn(&OverlayStyle::NOTHING).is_empty());
        let full = StylePreset::Full.style();
        let everything = drawn(&full);
        // What this shot does not have, or does not show as shapes.
        const NOT_HERE: [&str; 6] = ["other_balls", "chance", "fan", "sight_line", "legend", "follow"];
        for setting in Group::Drawn.settings() {
            let Field::Switch(switch) = setting.field else { continue };
            let mut settings = Settings::default();
            settings.overlay.style = full;
            *switch(&mut settings) = false;
            let fewer = drawn(&settings.overlay.style).len() < everything.len();
            let here = settings.overlay.style != full && !NOT_HERE.iter().any(|name| setting.path.ends_with(name));
            assert_eq!(fewer, here, "{}", setting.path);
        }
        // The rest is drawn as before.
        let rest = drawn(&OverlayStyle { rails: false, ..full });
        assert!(rest.iter().all(|shape| everything.contains(shape)));
    }

    #[test]
    fn rings_follow_moving_balls_when_asked_to_and_not_on_stale_knowledge() {
        let (table, theme) = (TableKind::NINE_FOOT.spec(), Theme::default());
        let mut balls = [ball(CUE, 0.5, 0.5), ball(OBJECT, 0.5, 1.5)];
        balls[0].state = BallState::Moving;
        let prediction = shot(&table);
        let style = StylePreset::Follow.style();
        let scene = Scene { style: &style, ..scene(&table, &balls, &prediction, &theme) };
        let rings = |scene: &Scene<'_>| compose(scene).iter().filter(|s| matches!(s, Shape::Ring { .. })).count();
        assert_eq!((rings(&scene), compose(&scene).len()), (2, 4), "two rings, two dark discs, no lines");
        assert_eq!(rings(&Scene { prediction: None, ..scene }), 2);
        assert!(compose(&Scene { stale: true, ..scene }).is_empty());
    }
}
