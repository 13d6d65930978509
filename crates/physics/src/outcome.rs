//! Conversion of a shot to the [`Prediction`] that the rest of the program uses.

use super::motion::Piece;
use super::shot::{EventKind, Shot};
use super::stick::Stroke;
use super::vector::Vec2;
use billiards_table::{
    BallId, BallPath, Fate, GhostBall, MotionState, PathPiece, PredictedEvent, PredictedEventKind, Prediction,
};

impl From<&Piece> for PathPiece {
    fn from(piece: &Piece) -> Self {
        Self {
            start: piece.start,
            end: piece.end,
            position: piece.initial.position.into(),
            velocity: piece.initial.velocity.into(),
            acceleration: piece.acceleration.into(),
            motion: piece.motion,
        }
    }
}

impl Shot {
    /// Returns the prediction of a stroke at ball `cue_ball`. `ids` names the balls in the order of the layout; balls
    /// without a name are left out. Returns `None` if the cue ball has no name.
    #[must_use]
    pub fn prediction(&self, ids: &[BallId], cue_ball: usize, stroke: &Stroke) -> Option<Prediction> {
        let cue_id = *ids.get(cue_ball)?;
        let others = (0..self.balls().min(ids.len())).filter(|ball| *ball != cue_ball);
        let paths =
            std::iter::once(cue_ball).chain(others).filter_map(|ball| self.ball_path(ball, ids[ball])).collect();
        let struck = self.path(cue_ball).map(|piece| piece.initial.velocity).find(|velocity| *velocity != Vec2::ZERO);
        let aim = struck.map_or(Vec2::from_angle(stroke.direction), Vec2::unit_or_zero);
        Some(Prediction {
            cue_ball: cue_id,
            aim: aim.into(),
            aim_line: None,
            ghost_ball: self.ghost_ball(ids, cue_ball),
            paths,
            events: self.predicted_events(ids),
        })
    }

    /// Returns the path of one ball under the name `id`, from its first movement until it rests or falls into a pocket.
    /// Returns `None` for a ball that does not move.
    #[must_use]
    pub fn ball_path(&self, ball: usize, id: BallId) -> Option<BallPath> {
        let stands = |piece: &PathPiece| piece.motion == MotionState::Stationary;
        let mut pieces: Vec<PathPiece> = self
            .path(ball)
            .filter(|piece| !piece.pocketed && piece.end > piece.start)
            .map(PathPiece::from)
            .skip_while(stands)
            .collect();
        while pieces.last().is_some_and(stands) {
            pieces.pop();
        }
        let fate = match *self.fallen.get(ball)? {
            Some(pocket) => Fate::Pocketed(pocket),
            None => Fate::Rests,
        };
        (!pieces.is_empty()).then_some(BallPath { ball: id, pieces, fate })
    }

    /// Returns the ghost ball: the cue ball at its first contact with another ball.
    fn ghost_ball(&self, ids: &[BallId], cue_ball: usize) -> Option<GhostBall> {
        let contact = self.events.iter().find(|event| {
            let (first, second) = event.kind.balls();
            second.is_some_and(|second| usize::from(first) == cue_ball || usize::from(second) == cue_ball)
        })?;
        let (mut cue, mut object) = (None, None);
        for change in self.changes(contact) {
            let slot = if usize::from(change.ball) == cue_ball { &mut cue } else { &mut object };
            *slot = Some(change);
        }
        let (cue, object) = (cue?, object?);
        let line = (object.before.position - cue.before.position).unit_or_zero();
        let direction = cue.before.velocity.unit_or_zero();
        Some(GhostBall {
            position: cue.before.position.into(),
            object_ball: *ids.get(usize::from(object.ball))?,
            cut_angle: direction.dot(line).clamp(0.0, 1.0).acos(),
        })
    }

    fn predicted_events(&self, ids: &[BallId]) -> Vec<PredictedEvent> {
        let id = |ball: u16| ids.get(usize::from(ball)).copied();
        self.events
            .iter()
            .filter_map(|event| {
                let kind = match event.kind {
                    EventKind::Balls { first, second } => {
                        PredictedEventKind::BallContact { ball: id(first)?, other: id(second)? }
                    }
                    EventKind::Rail { ball, feature } | EventKind::Jaw { ball, feature } => {
                        PredictedEventKind::RailContact { ball: id(ball)?, feature }
                    }
                    EventKind::Pocket { ball, pocket } => PredictedEventKind::Pocketed { ball: id(ball)?, pocket },
                    EventKind::Strike { .. } | EventKind::Settled { .. } => return None,
                };
                let position = self.changes(event).next()?.before.position;
                Some(PredictedEvent { time: event.time, position: position.into(), kind })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BallMotion, Engine, Physics, Table};
    use billiards_table::{PocketId, TableKind};

    #[test]
    fn a_pot_is_predicted_from_strike_to_pocket() {
        let engine = Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default()).expect("sound");
        let balls = [Vec2::new(0.6, 0.6), Vec2::new(0.3, 0.3), Vec2::new(0.3, 2.0)].map(BallMotion::at_rest);
        let stroke = Stroke::plain(1.5, -135.0_f64.to_radians());
        let shot = engine.shoot(&balls, 0, &stroke).expect("shot");
        let ids = [BallId(7), BallId(3), BallId(9)];
        let prediction = shot.prediction(&ids, 0, &stroke).expect("cue ball has a name");
        assert_eq!(prediction.cue_ball, BallId(7));
        let ghost = prediction.ghost_ball.expect("meets the other ball");
        assert_eq!(ghost.object_ball, BallId(3));
        assert!(ghost.cut_angle < 1e-6);
        let fates: Vec<_> = prediction.paths.iter().map(|path| (path.ball, path.fate)).collect();
        assert_eq!(fates, [(BallId(7), Fate::Rests), (BallId(3), Fate::Pocketed(PocketId::LeftBottom))]);
        for path in &prediction.paths {
            for joint in path.pieces.windows(2) {
                assert_eq!(joint[0].end, joint[1].start);
                assert!((joint[1].position - joint[0].end_position()).length() < 1e-5);
            }
            assert!(path.polyline(0.0005).len() > path.pieces.len());
        }
        assert!(matches!(
            prediction.events[0].kind,
            PredictedEventKind::BallContact { ball: BallId(7), other: BallId(3) }
        ));
        assert!(prediction.events.iter().any(|event| matches!(event.kind, PredictedEventKind::Pocketed { .. })));
    }

    #[test]
    fn a_prediction_needs_a_name_for_the_cue_ball() {
        assert_eq!(Shot::default().prediction(&[], 0, &Stroke::plain(1.0, 0.0)), None);
    }
}
