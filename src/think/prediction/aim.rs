//! Where an aimed shot would go, in straight lines: the first contact, the way of the ball that is hit, and the way of
//! the cue ball off it or off one cushion.
//!
//! Balls are taken to be perfectly elastic and without spin, cushions to be mirrors. Each ball's way ends with the first
//! thing that would need more than that to go on.

use super::exact::{Meeting, enter_circle, meet_circle, meet_segment};
use crate::model::{
    BallId, BallPath, Fate, FeatureId, GhostBall, MotionState, PathPiece, PocketId, PredictedEvent, PredictedEventKind,
    Prediction, TableFeatures, TablePoint, TableVector,
};

/// Balls nearer to one another than this beyond touching, metres, are taken to touch: sightings are no better.
const TOUCHING: f64 = 0.001;

/// A ball that touches another one leaves it alone if it goes nearly sideways: less than this part of its way is towards
/// the other.
const SIDEWAYS: f64 = 0.05;

/// A ball slower than this, metres a second, after a contact is taken to stay.
const STAYS: f64 = 0.01;

/// Cushions that a ball goes on from: the cue ball before it meets a ball, and the ball that is hit.
const CUSHIONS: u8 = 1;

/// Something that a moving ball can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A ball that lies there.
    Ball(BallId),
    /// A nose, a facing or a jaw.
    Cushion(FeatureId),
}

/// A ball's straight way, to be searched for obstacles.
#[derive(Debug, Clone, Copy)]
pub struct Sweep<'a> {
    /// Where its centre starts.
    pub from: TablePoint,
    /// Unit direction.
    pub direction: TableVector,
    /// Metres to look ahead.
    pub length: f64,
    /// Obstacles that are not in the way: the ball itself, balls that have left, a cushion that it just left.
    pub ignored: &'a [Obstacle],
}

/// The first obstacle on a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// What it is.
    pub obstacle: Obstacle,
    /// Metres until the ball touches it.
    pub distance: f64,
    /// Unit normal at the contact, from the obstacle to the ball.
    pub normal: TableVector,
}

/// Finds the first obstacle on a sweep. The distance may be a little off: it is worked out exactly afterwards.
pub type Cast<'a> = dyn Fn(&Sweep<'_>) -> Option<Touch> + 'a;

/// A ball that lies somewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Which ball.
    pub id: BallId,
    /// Its centre.
    pub position: TablePoint,
}

/// The table as it lies before the shot.
pub struct Layout<'a> {
    /// Cushions and pockets.
    pub features: &'a TableFeatures,
    /// Radius of the balls, metres.
    pub ball_radius: f64,
    /// All balls, the cue ball too.
    pub balls: &'a [Spot],
    /// No straight piece is longer than this, metres.
    pub horizon: f64,
    /// Finds what comes first.
    pub cast: &'a Cast<'a>,
}

/// A ball on its way.
struct Runner {
    id: BallId,
    position: TablePoint,
    direction: TableVector,
    /// Metres a second.
    speed: f64,
    /// Seconds after the strike.
    time: f64,
    /// The cushion that it just left.
    left: Option<Obstacle>,
    pieces: Vec<PathPiece>,
}

/// Why a way ends.
enum End {
    Pocket(PocketId),
    Ball { other: BallId, normal: TableVector },
    Open,
}

impl Layout<'_> {
    /// What would happen if the cue ball left along `aim` with `speed` metres a second; `None` if there is no such ball,
    /// or if direction or speed are nothing to go by.
    #[must_use]
    pub fn predict(&self, cue_ball: BallId, aim: TableVector, speed: f64) -> Option<Prediction> {
        let aim = aim.try_normalize().filter(|aim| aim.is_finite())?;
        let start = self.balls.iter().find(|spot| spot.id == cue_ball)?.position;
        if !start.is_finite() || !speed.is_finite() || speed <= 0.0 {
            return None;
        }
        let mut events = Vec::new();
        let mut cue = Runner::new(cue_ball, start, aim, speed, 0.0);
        let end = self.run(&mut cue, CUSHIONS, &[Obstacle::Ball(cue_ball)], &mut events);
        let End::Ball { other, normal } = end else {
            let paths = vec![cue.path(end.fate())];
            return Some(Prediction { cue_ball, aim, ghost_ball: None, paths, events });
        };

        // Without friction the push goes along the line of centres, and the cue ball keeps what is across it.
        let towards = (-normal.dot(cue.direction)).clamp(0.0, 1.0);
        let cut_angle = towards.acos();
        let ghost_ball = Some(GhostBall { position: cue.position, object_ball: other, cut_angle });
        let struck = self.balls.iter().find(|spot| spot.id == other).map_or(cue.position, |spot| spot.position);
        let mut object = Runner::new(other, struck, -normal, cue.speed * towards, cue.time);
        cue.speed *= cut_angle.sin();
        cue.left = None;
        // Both have left their places.
        let away = [Obstacle::Ball(cue_ball), Obstacle::Ball(other)];
        let tangent = cue.direction + normal * towards;
        let cue_fate = match tangent.try_normalize().filter(|_| cue.speed > STAYS) {
            Some(tangent) => {
                cue.direction = tangent;
                self.run(&mut cue, 0, &away, &mut events).fate()
            }
            None => Fate::Rests,
        };
        let mut paths = vec![cue.path(cue_fate)];
        if object.speed > STAYS {
            let fate = self.run(&mut object, CUSHIONS, &away, &mut events).fate();
            paths.push(object.path(fate));
        }
        events.sort_by(|a, b| a.time.total_cmp(&b.time));
        Some(Prediction { cue_ball, aim, ghost_ball, paths, events })
    }

    /// Moves a ball on until it meets a ball, falls, has no cushion left to go on from, or is out of sight.
    fn run(&self, runner: &mut Runner, cushions: u8, absent: &[Obstacle], events: &mut Vec<PredictedEvent>) -> End {
        let mut cushions_left = cushions;
        loop {
            let ignored: Vec<Obstacle> = absent.iter().copied().chain(runner.left).collect();
            let sweep =
                Sweep { from: runner.position, direction: runner.direction, length: self.horizon, ignored: &ignored };
            let touch = self.first_touch(&sweep);
            let length = touch.map_or(self.horizon, |touch| touch.distance);
            if let Some((pocket, distance)) = self.first_pocket(&sweep, length) {
                runner.advance(distance);
                events.push(runner.event(PredictedEventKind::Pocketed { ball: runner.id, pocket }));
                return End::Pocket(pocket);
            }
            runner.advance(length);
            let Some(Touch { obstacle, normal, .. }) = touch else { return End::Open };
            match obstacle {
                Obstacle::Ball(other) => {
                    events.push(runner.event(PredictedEventKind::BallContact { ball: runner.id, other }));
                    return End::Ball { other, normal };
                }
                Obstacle::Cushion(feature) => {
                    events.push(runner.event(PredictedEventKind::RailContact { ball: runner.id, feature }));
                    if cushions_left == 0 {
                        return End::Open;
                    }
                    cushions_left -= 1;
                    runner.direction = runner.direction.reflect(normal);
                    runner.left = Some(obstacle);
                }
            }
        }
    }

    /// The first obstacle on a sweep, exactly.
    fn first_touch(&self, sweep: &Sweep<'_>) -> Option<Touch> {
        if let Some(touch) = self.touching_ball(sweep) {
            return Some(touch);
        }
        let touch = (self.cast)(sweep)?;
        // A cast that sees a contact where the exact answer is a miss by a hair has its way.
        Some(match self.meet(sweep, touch.obstacle) {
            Some(Meeting { distance, normal }) => Touch { distance, normal, ..touch },
            None => Touch { distance: touch.distance.max(0.0), ..touch },
        })
    }

    /// The ball that the moving one touches from the start and goes towards, the straightest first.
    fn touching_ball(&self, sweep: &Sweep<'_>) -> Option<Touch> {
        let touching = self.balls.iter().filter_map(|spot| {
            let obstacle = Obstacle::Ball(spot.id);
            let apart = sweep.from - spot.position;
            let near = apart.length() < 2.0 * self.ball_radius + TOUCHING && !sweep.ignored.contains(&obstacle);
            let normal = apart.try_normalize().filter(|_| near)?;
            let towards = -normal.dot(sweep.direction);
            (towards > SIDEWAYS).then_some((towards, Touch { obstacle, distance: 0.0, normal }))
        });
        touching.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, touch)| touch)
    }

    /// Where exactly a sweep meets an obstacle.
    fn meet(&self, sweep: &Sweep<'_>, obstacle: Obstacle) -> Option<Meeting> {
        let Sweep { from, direction, .. } = *sweep;
        match obstacle {
            Obstacle::Ball(id) => {
                let spot = self.balls.iter().find(|spot| spot.id == id)?;
                meet_circle(from, direction, spot.position, 2.0 * self.ball_radius)
            }
            Obstacle::Cushion(id) => {
                let rail = self.features.rails.iter().find(|rail| rail.id == id);
                let jaw = self.features.jaws.iter().find(|jaw| jaw.id == id);
                rail.and_then(|rail| meet_segment(from, direction, rail.from, rail.to, self.ball_radius)).or_else(
                    || jaw.and_then(|jaw| meet_circle(from, direction, jaw.centre, jaw.radius + self.ball_radius)),
                )
            }
        }
    }

    /// The first pocket that the ball's centre comes into within `length`, and where.
    fn first_pocket(&self, sweep: &Sweep<'_>, length: f64) -> Option<(PocketId, f64)> {
        let entered = self.features.pockets.iter().filter_map(|pocket| {
            let way = enter_circle(sweep.from, sweep.direction, length, pocket.centre, pocket.radius)?;
            Some((pocket.id, way))
        });
        entered.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Runner {
    fn new(id: BallId, position: TablePoint, direction: TableVector, speed: f64, time: f64) -> Self {
        Self { id, position, direction, speed, time, left: None, pieces: Vec::new() }
    }

    /// Goes straight on for `distance` metres.
    fn advance(&mut self, distance: f64) {
        let end = self.time + distance / self.speed;
        // A way of no length is kept where it is all there is, so that a path always has a beginning.
        if distance > 0.0 || self.pieces.is_empty() {
            self.pieces.push(PathPiece {
                start: self.time,
                end,
                position: self.position,
                velocity: self.direction * self.speed,
                acceleration: TableVector::zero(),
                motion: MotionState::Rolling,
            });
        }
        self.position += self.direction * distance;
        self.time = end;
    }

    fn event(&self, kind: PredictedEventKind) -> PredictedEvent {
        PredictedEvent { time: self.time, position: self.position, kind }
    }

    fn path(self, fate: Fate) -> BallPath {
        BallPath { ball: self.id, pieces: self.pieces, fate }
    }
}

impl End {
    fn fate(&self) -> Fate {
        match self {
            Self::Pocket(pocket) => Fate::Pocketed(*pocket),
            Self::Ball { .. } | Self::Open => Fate::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TableKind, TableSpec};
    use proptest::prelude::*;

    const CUE: BallId = BallId(1);
    const OBJECT: BallId = BallId(2);
    const OTHER: BallId = BallId(3);
    const SPEED: f64 = 2.0;

    fn at(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    fn table() -> TableSpec {
        TableKind::NineFoot.spec()
    }

    /// Looks at every obstacle.
    fn first_of_all<'a>(features: &'a TableFeatures, balls: &'a [Spot]) -> impl Fn(&Sweep<'_>) -> Option<Touch> + 'a {
        let r = table().ball_radius;
        move |sweep: &Sweep<'_>| {
            let (from, direction) = (sweep.from, sweep.direction);
            let balls = balls.iter().map(|b| (Obstacle::Ball(b.id), meet_circle(from, direction, b.position, 2.0 * r)));
            let rails = features
                .rails
                .iter()
                .map(|s| (Obstacle::Cushion(s.id), meet_segment(from, direction, s.from, s.to, r)));
            let jaws = features
                .jaws
                .iter()
                .map(|j| (Obstacle::Cushion(j.id), meet_circle(from, direction, j.centre, j.radius + r)));
            balls
                .chain(rails)
                .chain(jaws)
                .filter(|(obstacle, _)| !sweep.ignored.contains(obstacle))
                .filter_map(|(obstacle, meeting)| {
                    let Meeting { distance, normal } = meeting?;
                    (distance <= sweep.length).then_some(Touch { obstacle, distance, normal })
                })
                .min_by(|a, b| a.distance.total_cmp(&b.distance))
        }
    }

    fn predict(balls: &[(BallId, TablePoint)], aim: TableVector) -> Prediction {
        let balls: Vec<_> = balls.iter().map(|(id, position)| Spot { id: *id, position: *position }).collect();
        let features = table().features();
        let cast = first_of_all(&features, &balls);
        let horizon = table().length + table().width;
        let layout =
            Layout { features: &features, ball_radius: table().ball_radius, balls: &balls, horizon, cast: &cast };
        layout.predict(CUE, aim, SPEED).expect("a prediction")
    }

    fn kinds(prediction: &Prediction) -> Vec<PredictedEventKind> {
        prediction.events.iter().map(|event| event.kind).collect()
    }

    #[test]
    fn a_cut_sends_the_ball_along_the_line_of_centres() {
        // Aimed so that the line of centres is at 30° to the aim.
        let (object, cut) = (at(0.6, 1.2), 30_f64.to_radians());
        let centres = TableVector::new(cut.sin(), cut.cos());
        let ghost = object - centres * (2.0 * table().ball_radius);
        let prediction = predict(&[(CUE, at(ghost.x, 0.5)), (OBJECT, object)], TableVector::new(0.0, 3.0));
        let found = prediction.ghost_ball.expect("a ghost ball");
        assert!((found.position - ghost).length() < 1e-12);
        assert!((found.cut_angle - cut).abs() < 1e-9);
        assert_eq!(found.object_ball, OBJECT);
        let [cue_path, object_path] = &prediction.paths[..] else { panic!("two paths") };
        let struck = object_path.pieces[0];
        assert!((struck.velocity - centres * (SPEED * cut.cos())).length() < 1e-9);
        // The cue ball leaves at a right angle, on the other side.
        let tangent = TableVector::new(-cut.cos(), cut.sin());
        assert!((cue_path.pieces[1].velocity - tangent * (SPEED * cut.sin())).length() < 1e-9);
        assert!((cue_path.pieces[1].start - (ghost.y - 0.5) / SPEED).abs() < 1e-12);
        assert_eq!(prediction.aim, TableVector::new(0.0, 1.0));
    }

    #[test]
    fn a_full_hit_pots_the_ball_and_leaves_the_cue_ball() {
        let aim = TableVector::new(-1.0, -1.0);
        let prediction = predict(&[(CUE, at(0.5, 0.5)), (OBJECT, at(0.25, 0.25))], aim);
        assert_eq!(prediction.paths[0].fate, Fate::Rests);
        assert_eq!(prediction.paths[1].fate, Fate::Pocketed(PocketId::LeftBottom));
        let pocketed = PredictedEventKind::Pocketed { ball: OBJECT, pocket: PocketId::LeftBottom };
        assert_eq!(kinds(&prediction), [PredictedEventKind::BallContact { ball: CUE, other: OBJECT }, pocketed]);
        let features = table().features();
        let hole = features.pockets[0];
        assert!(((prediction.events[1].position - hole.centre).length() - hole.radius).abs() < 1e-9);
    }

    #[test]
    fn a_bank_is_a_mirror() {
        let prediction = predict(&[(CUE, at(0.4, 0.6)), (OBJECT, at(0.9, 1.8))], TableVector::new(1.0, 1.0));
        let pieces = &prediction.paths[0].pieces;
        let wall = table().width - table().ball_radius;
        assert!((pieces[0].end_position() - at(wall, 0.6 + wall - 0.4)).length() < 1e-12);
        let mirrored = TableVector::new(-1.0, 1.0).normalize() * SPEED;
        assert!((pieces[1].velocity - mirrored).length() < 1e-12);
        assert!(matches!(prediction.events[0].kind, PredictedEventKind::RailContact { ball: CUE, .. }));
        // The ball that stands in the way behind the cushion is hit.
        assert!(matches!(prediction.events[1].kind, PredictedEventKind::BallContact { ball: CUE, other: OBJECT }));
        assert!(prediction.ghost_ball.is_some());
    }

    #[test]
    fn without_a_ball_the_second_cushion_is_the_end() {
        let prediction = predict(&[(CUE, at(0.4, 0.6))], TableVector::new(1.0, 1.0));
        assert_eq!((prediction.paths.len(), prediction.paths[0].pieces.len()), (1, 2));
        assert_eq!((prediction.ghost_ball, prediction.paths[0].fate), (None, Fate::Open));
        assert_eq!(prediction.events.len(), 2);
    }

    #[test]
    fn a_scratch_is_foreseen() {
        let prediction = predict(&[(CUE, at(0.3, 0.3))], TableVector::new(-1.0, -1.0));
        assert_eq!(prediction.paths[0].fate, Fate::Pocketed(PocketId::LeftBottom));
    }

    #[test]
    fn a_touching_ball_is_hit_at_once() {
        let apart = 2.0 * table().ball_radius + 0.000_8;
        let cue = at(0.6, 0.6);
        let prediction = predict(&[(CUE, cue), (OBJECT, at(0.6, 0.6 + apart))], TableVector::new(0.5, 1.0));
        let ghost = prediction.ghost_ball.expect("a ghost ball");
        assert_eq!((ghost.position, ghost.object_ball), (cue, OBJECT));
        assert!((ghost.cut_angle - 0.5_f64.atan()).abs() < 1e-9);
        // Going away from it, it is left alone.
        let away = predict(&[(CUE, cue), (OBJECT, at(0.6, 0.6 + apart))], TableVector::new(0.5, -1.0));
        assert_eq!(away.ghost_ball, None);
    }

    #[test]
    fn a_combination_ends_at_the_second_ball() {
        let balls = [(CUE, at(0.6, 0.5)), (OBJECT, at(0.6, 1.0)), (OTHER, at(0.6, 1.5))];
        let prediction = predict(&balls, TableVector::new(0.0, 1.0));
        assert_eq!(
            kinds(&prediction),
            [
                PredictedEventKind::BallContact { ball: CUE, other: OBJECT },
                PredictedEventKind::BallContact { ball: OBJECT, other: OTHER },
            ]
        );
        assert_eq!(prediction.paths[1].fate, Fate::Open);
    }

    #[test]
    fn nothing_to_go_by_is_no_prediction() {
        let features = table().features();
        let balls = [Spot { id: CUE, position: at(0.6, 0.6) }];
        let cast = first_of_all(&features, &balls);
        let layout = Layout { features: &features, ball_radius: 0.028_575, balls: &balls, horizon: 4.0, cast: &cast };
        let ahead = TableVector::new(0.0, 1.0);
        assert_eq!(layout.predict(CUE, TableVector::zero(), SPEED), None);
        assert_eq!(layout.predict(CUE, TableVector::new(f64::NAN, 0.0), SPEED), None);
        assert_eq!(layout.predict(OBJECT, ahead, SPEED), None);
        assert_eq!(layout.predict(CUE, ahead, 0.0), None);
    }

    proptest! {
        #[test]
        fn pieces_join_and_events_are_in_order(
            places in proptest::collection::vec((0.05..1.2_f64, 0.05..2.5_f64), 1..16),
            angle in 0.0..std::f64::consts::TAU,
        ) {
            let balls: Vec<_> = (1..).map(BallId).zip(places.into_iter().map(TablePoint::from)).collect();
            let prediction = predict(&balls, TableVector::new(angle.cos(), angle.sin()));
            prop_assert!(prediction.paths.len() <= 2);
            for path in &prediction.paths {
                prop_assert!(!path.pieces.is_empty());
                for piece in &path.pieces {
                    prop_assert!(piece.end_position().is_finite() && piece.end >= piece.start);
                    prop_assert!(table().holds(piece.end_position(), 0.1), "{:?}", piece);
                }
                for pair in path.pieces.windows(2) {
                    prop_assert!((pair[0].end_position() - pair[1].position).length() < 1e-9);
                    prop_assert!(pair[0].end == pair[1].start);
                }
            }
            prop_assert!(prediction.events.windows(2).all(|pair| pair[0].time <= pair[1].time));
        }
    }
}
