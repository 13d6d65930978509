//! The line of sight: the first obstacle of the cue ball if it left exactly along the cue.

use billiards_table::{
    AimLine, AimTarget, BallId, BallPath, Fate, FeatureId, GhostBall, MotionState, PathPiece, PocketId, Prediction,
    TableFeatures, TablePoint, TableVector,
    sweep::{enter_circle, meet_circle, meet_segment},
};

/// Maximum gap between two balls that count as touching, metres: detections are no more accurate.
const TOUCHING: f64 = 0.001;

/// Minimum ratio of the motion towards a touching ball to the whole motion: below it, the moving ball passes the other
/// one sideways without contact.
const SIDEWAYS: f64 = 0.05;

/// Object that a moving ball can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Ball at rest.
    Ball(BallId),
    /// Nose, facing or jaw.
    Cushion(FeatureId),
}

/// Straight path of the cue ball, to be searched for obstacles.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// Id of the moving ball.
    pub ball: BallId,
    /// Start of its centre, table metres.
    pub from: TablePoint,
    /// Unit direction.
    pub direction: TableVector,
    /// Maximum length of the path, metres.
    pub length: f64,
}

/// First obstacle on a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// Obstacle that is touched.
    pub obstacle: Obstacle,
    /// Distance that the ball moves until the contact, metres.
    pub distance: f64,
}

/// Finds the first obstacle on a sweep. The distance may be approximate: it is calculated exactly afterwards.
pub type Cast<'a> = dyn Fn(&Sweep) -> Option<Touch> + 'a;

/// Ball at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Id of the ball.
    pub id: BallId,
    /// Centre of the ball, table metres.
    pub position: TablePoint,
}

/// Table before the shot.
pub struct Layout<'a> {
    /// Cushions and pockets.
    pub features: &'a TableFeatures,
    /// Radius of the cue ball, metres.
    pub radius: f64,
    /// Distance between the centres of the cue ball and an object ball that touch, metres.
    pub contact_distance: f64,
    /// All balls, including the cue ball.
    pub balls: &'a [Spot],
    /// Maximum length of the line of sight, metres.
    pub horizon: f64,
    /// Finds the first obstacle on a sweep.
    pub cast: &'a Cast<'a>,
}

impl Layout<'_> {
    /// Returns the line of sight of `cue_ball` along `aim`; `None` if there is no such ball, if the direction is zero
    /// or not finite, or if there is no obstacle in that direction.
    #[must_use]
    pub fn aim_line(&self, cue_ball: BallId, aim: TableVector) -> Option<AimLine> {
        let direction = aim.try_normalize().filter(|aim| aim.is_finite())?;
        let from = self.position(cue_ball).filter(|place| place.is_finite())?;
        let sweep = Sweep { ball: cue_ball, from, direction, length: self.horizon };
        let touch = self.first_touch(&sweep);
        let length = touch.map_or(self.horizon, |touch| touch.distance);
        if let Some((pocket, distance)) = self.first_pocket(&sweep, length) {
            return Some(AimLine { from, to: from + direction * distance, target: AimTarget::Pocket(pocket) });
        }
        let target = match touch?.obstacle {
            Obstacle::Ball(id) => AimTarget::Ball(id),
            Obstacle::Cushion(id) => AimTarget::Cushion(id),
        };
        Some(AimLine { from, to: from + direction * length, target })
    }

    /// Returns the prediction of a shot without physics: the cue ball moves along the line of sight.
    #[must_use]
    pub fn straight_shot(&self, cue_ball: BallId, line: &AimLine, speed: f64) -> Prediction {
        let step = line.to - line.from;
        let aim = step.try_normalize().unwrap_or_default();
        let piece = PathPiece {
            start: 0.0,
            end: step.length() / speed,
            position: line.from,
            velocity: aim * speed,
            acceleration: TableVector::zero(),
            motion: MotionState::Sliding,
        };
        let (fate, ghost_ball) = match line.target {
            AimTarget::Pocket(pocket) => (Fate::Pocketed(pocket), None),
            AimTarget::Cushion(_) => (Fate::Open, None),
            AimTarget::Ball(id) => {
                let centres = self.position(id).and_then(|there| (there - line.to).try_normalize());
                let cut_angle = centres.map_or(0.0, |centres| centres.dot(aim).clamp(0.0, 1.0).acos());
                (Fate::Open, Some(GhostBall { position: line.to, object_ball: id, cut_angle }))
            }
        };
        let paths = vec![BallPath { ball: cue_ball, pieces: vec![piece], fate }];
        Prediction { cue_ball, aim, aim_line: Some(*line), ghost_ball, paths, events: Vec::new() }
    }

    fn position(&self, ball: BallId) -> Option<TablePoint> {
        self.balls.iter().find(|spot| spot.id == ball).map(|spot| spot.position)
    }

    /// Returns the first obstacle on a sweep, at the exact distance.
    fn first_touch(&self, sweep: &Sweep) -> Option<Touch> {
        if let Some(touch) = self.touching_ball(sweep) {
            return Some(touch);
        }
        let touch = (self.cast)(sweep)?;
        // If the cast reports a contact that the exact calculation narrowly misses, the cast prevails.
        let distance = self.meet(sweep, touch.obstacle).unwrap_or(touch.distance.max(0.0));
        Some(Touch { distance, ..touch })
    }

    /// Returns the ball that the moving one touches from the start and moves towards, the most head-on first.
    fn touching_ball(&self, sweep: &Sweep) -> Option<Touch> {
        let touching = self.balls.iter().filter(|spot| spot.id != sweep.ball).filter_map(|spot| {
            let apart = sweep.from - spot.position;
            let near = apart.length() < self.contact_distance + TOUCHING;
            let towards = -apart.try_normalize().filter(|_| near)?.dot(sweep.direction);
            (towards > SIDEWAYS).then_some((towards, Touch { obstacle: Obstacle::Ball(spot.id), distance: 0.0 }))
        });
        touching.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, touch)| touch)
    }

    /// Returns the exact distance until a sweep meets an obstacle, metres.
    fn meet(&self, sweep: &Sweep, obstacle: Obstacle) -> Option<f64> {
        let Sweep { from, direction, .. } = *sweep;
        match obstacle {
            Obstacle::Ball(id) => meet_circle(from, direction, self.position(id)?, self.contact_distance),
            Obstacle::Cushion(id) => {
                let rail = self.features.rails.iter().find(|rail| rail.id == id);
                let jaw = self.features.jaws.iter().find(|jaw| jaw.id == id);
                rail.and_then(|rail| meet_segment(from, direction, rail.from, rail.to, self.radius))
                    .or_else(|| jaw.and_then(|jaw| meet_circle(from, direction, jaw.centre, jaw.radius + self.radius)))
            }
        }
    }

    /// Returns the first pocket that the ball's centre enters within `length`, and the distance to it, metres.
    fn first_pocket(&self, sweep: &Sweep, length: f64) -> Option<(PocketId, f64)> {
        let entered = self.features.pockets.iter().filter_map(|pocket| {
            let distance = enter_circle(sweep.from, sweep.direction, length, pocket.centre, pocket.radius)?;
            Some((pocket.id, distance))
        });
        entered.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{TableKind, TableSpec};
    use proptest::prelude::*;

    const CUE: BallId = BallId(1);
    const OBJECT: BallId = BallId(2);

    fn at(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    fn table() -> TableSpec {
        TableKind::NINE_FOOT.spec()
    }

    /// Checks every obstacle.
    fn first_of_all<'a>(
        table: &TableSpec,
        features: &'a TableFeatures,
        balls: &'a [Spot],
    ) -> impl Fn(&Sweep) -> Option<Touch> + use<'a> {
        let (r, reach) = (table.cue_ball.radius, table.contact_distance(true));
        move |sweep: &Sweep| {
            let (from, direction) = (sweep.from, sweep.direction);
            let others = balls.iter().filter(|spot| spot.id != sweep.ball);
            let others = others.map(|b| (Obstacle::Ball(b.id), meet_circle(from, direction, b.position, reach)));
            let rails = features
                .rails
                .iter()
                .map(|s| (Obstacle::Cushion(s.id), meet_segment(from, direction, s.from, s.to, r)));
            let jaws = features
                .jaws
                .iter()
                .map(|j| (Obstacle::Cushion(j.id), meet_circle(from, direction, j.centre, j.radius + r)));
            others
                .chain(rails)
                .chain(jaws)
                .filter_map(|(obstacle, meeting)| {
                    let distance = meeting?;
                    (distance <= sweep.length).then_some(Touch { obstacle, distance })
                })
                .min_by(|a, b| a.distance.total_cmp(&b.distance))
        }
    }

    /// Returns the line of sight and the prediction without physics on a nine-foot table.
    fn sight(balls: &[TablePoint], aim: TableVector) -> Option<(AimLine, Prediction)> {
        sight_on(&table(), balls, aim)
    }

    /// Returns the line of sight and the prediction without physics on a table.
    fn sight_on(table: &TableSpec, balls: &[TablePoint], aim: TableVector) -> Option<(AimLine, Prediction)> {
        let balls: Vec<_> = (1..).map(BallId).zip(balls).map(|(id, p)| Spot { id, position: *p }).collect();
        let features = table.features();
        let cast = first_of_all(table, &features, &balls);
        let layout = Layout {
            features: &features,
            radius: table.cue_ball.radius,
            contact_distance: table.contact_distance(true),
            balls: &balls,
            horizon: table.length + table.width,
            cast: &cast,
        };
        let line = layout.aim_line(CUE, aim)?;
        Some((line, layout.straight_shot(CUE, &line, 2.0)))
    }

    #[test]
    fn a_ball_in_the_way_is_cut() {
        let reach = 2.0 * table().ball_radius;
        let cut = 30.0_f64.to_radians();
        let object = at(0.6, 1.5);
        let ghost = object - TableVector::new(cut.sin(), cut.cos()) * reach;
        let (line, shot) = sight(&[at(ghost.x, 0.4), object], TableVector::new(0.0, 3.0)).expect("a line");
        assert_eq!(line.target, AimTarget::Ball(OBJECT));
        assert!((line.to - ghost).length() < 1e-12);
        let seen = shot.ghost_ball.expect("a ghost ball");
        assert!((seen.cut_angle - cut).abs() < 1e-9 && seen.object_ball == OBJECT);
        assert!((shot.paths[0].pieces[0].end_position() - ghost).length() < 1e-12);
    }

    #[test]
    fn a_smaller_cue_ball_comes_nearer_to_balls_and_rails() {
        let table = TableKind::named("english-7ft").expect("a shipped table").spec();
        let (small, large) = (table.cue_ball.radius, table.ball_radius);
        // Its centre is lower by the difference of the radii, and the sum of them away.
        let reach = ((small + large).powi(2) - (large - small).powi(2)).sqrt();
        assert!(small < large && reach < small + large);
        let cut = 30.0_f64.to_radians();
        let object = at(0.4, 1.2);
        let ghost = object - TableVector::new(cut.sin(), cut.cos()) * reach;
        let shot = sight_on(&table, &[at(ghost.x, 0.4), object], TableVector::new(0.0, 1.0)).expect("a line");
        assert!((shot.0.to - ghost).length() < 1e-12, "{:?}", shot.0);
        let seen = shot.1.ghost_ball.expect("a ghost ball");
        assert!((seen.cut_angle - cut).abs() < 1e-9 && seen.position == shot.0.to);
        let (line, _) = sight_on(&table, &[at(0.4, 0.5)], TableVector::new(1.0, 0.0)).expect("a line");
        assert!((line.to.x - (table.width - small)).abs() < 1e-12);
        // A ball next to it is touched at that distance.
        let (line, _) =
            sight_on(&table, &[at(0.4, 0.5), at(0.4, 0.5 + reach)], TableVector::new(0.5, 1.0)).expect("a line");
        assert_eq!((line.to, line.target), (at(0.4, 0.5), AimTarget::Ball(OBJECT)));
    }

    #[test]
    fn on_a_table_without_pockets_every_line_ends_at_a_cushion_or_a_ball() {
        let table = TableKind::named("carom-match").expect("a shipped table").spec();
        for (aim, end) in
            [((-1.0, -1.0), (table.ball_radius, table.ball_radius)), ((-1.0, 0.0), (table.ball_radius, 0.3))]
        {
            let (line, shot) = sight_on(&table, &[at(0.3, 0.3)], TableVector::from(aim)).expect("a line");
            assert!(matches!(line.target, AimTarget::Cushion(_)), "{line:?}");
            assert!((line.to - TablePoint::from(end)).length() < 1e-9, "{line:?}");
            assert_eq!(shot.paths[0].fate, Fate::Open);
        }
    }

    #[test]
    fn a_cushion_or_a_pocket_ends_it() {
        let (line, shot) = sight(&[at(0.4, 0.6)], TableVector::new(1.0, 1.0)).expect("a line");
        assert!(matches!(line.target, AimTarget::Cushion(_)));
        assert!((line.to.x - (table().width - table().ball_radius)).abs() < 1e-12);
        assert_eq!((shot.ghost_ball, shot.paths[0].fate), (None, Fate::Open));
        let (line, shot) = sight(&[at(0.3, 0.3)], TableVector::new(-1.0, -1.0)).expect("a line");
        assert_eq!(line.target, AimTarget::Pocket(PocketId::LeftBottom));
        assert_eq!(shot.paths[0].fate, Fate::Pocketed(PocketId::LeftBottom));
    }

    #[test]
    fn a_touching_ball_is_met_at_once_or_left_alone() {
        let cue = at(0.6, 0.6);
        let object = at(0.6, 0.6 + 2.0 * table().ball_radius + 0.000_8);
        let (line, shot) = sight(&[cue, object], TableVector::new(0.5, 1.0)).expect("a line");
        assert_eq!((line.to, line.target), (cue, AimTarget::Ball(OBJECT)));
        assert!(shot.paths[0].pieces[0].end == 0.0);
        let (line, _) = sight(&[cue, object], TableVector::new(0.5, -1.0)).expect("a line");
        assert!(matches!(line.target, AimTarget::Cushion(_)));
    }

    #[test]
    fn nothing_to_go_by_is_no_line() {
        let balls = [at(0.6, 0.6)];
        assert!(sight(&balls, TableVector::zero()).is_none());
        assert!(sight(&balls, TableVector::new(f64::NAN, 0.0)).is_none());
        assert!(sight(&[], TableVector::new(0.0, 1.0)).is_none());
        assert!(sight(&[at(f64::NAN, 0.6)], TableVector::new(0.0, 1.0)).is_none());
    }

    proptest! {
        #[test]
        fn lines_stay_on_the_table(
            places in proptest::collection::vec((0.05..1.2_f64, 0.05..2.5_f64), 1..16),
            angle in 0.0..std::f64::consts::TAU,
        ) {
            let balls: Vec<_> = places.into_iter().map(TablePoint::from).collect();
            let (line, shot) = sight(&balls, TableVector::new(angle.cos(), angle.sin())).expect("a table has cushions");
            prop_assert!(table().holds(line.to, 0.1), "{line:?}");
            let piece = shot.paths[0].pieces[0];
            prop_assert!((piece.end_position() - line.to).length() < 1e-9 && piece.end >= piece.start);
        }
    }
}
