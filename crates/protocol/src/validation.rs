//! Validation of messages before they are published. An invalid message is a fault of this program: it is counted,
//! logged, and never sent, so that no client receives data that the protocol does not allow.

use crate::message::{Scaled, StateData, TrajectoryData};

/// An invalid value in a message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place} is {value}; {wanted} is expected")]
pub struct InvalidMessage {
    /// Path of the member that holds the value.
    pub place: String,
    /// The invalid value.
    pub value: f64,
    /// Description of a valid value.
    pub wanted: &'static str,
}

/// Data that can be validated before they are sent.
pub trait Validate {
    /// Checks that every value may be sent.
    ///
    /// # Errors
    /// Returns the first value that may not be sent.
    fn validate(&self) -> Result<(), InvalidMessage>;
}

fn check(ok: bool, value: f64, wanted: &'static str, place: impl FnOnce() -> String) -> Result<(), InvalidMessage> {
    if ok { Ok(()) } else { Err(InvalidMessage { place: place(), value, wanted }) }
}

fn finite(value: f64, place: impl FnOnce() -> String) -> Result<(), InvalidMessage> {
    check(value.is_finite(), value, "a finite number", place)
}

fn positive(value: f64, place: impl FnOnce() -> String) -> Result<(), InvalidMessage> {
    check(value.is_finite() && value > 0.0, value, "a positive number", place)
}

fn share(value: f64, place: impl FnOnce() -> String) -> Result<(), InvalidMessage> {
    check((0.0..=1.0).contains(&value), value, "0 to 1", place)
}

fn pair(at: [f64; 2], place: impl Fn() -> String) -> Result<(), InvalidMessage> {
    at.into_iter().try_for_each(|value| finite(value, &place))
}

fn scaled(at: &Scaled, place: impl Fn() -> String) -> Result<(), InvalidMessage> {
    finite(at.x, || format!("{}.x", place()))?;
    finite(at.y, || format!("{}.y", place()))?;
    positive(at.scale, || format!("{}.scale", place()))
}

impl Validate for StateData {
    fn validate(&self) -> Result<(), InvalidMessage> {
        for (i, ball) in self.balls.iter().enumerate() {
            scaled(&ball.position, || format!("balls[{i}].position"))?;
            scaled(&ball.velocity, || format!("balls[{i}].velocity"))?;
            positive(ball.radius, || format!("balls[{i}].radius"))?;
            share(ball.confidence.into(), || format!("balls[{i}].confidence"))?;
        }
        if let Some(cue) = &self.cue {
            scaled(&cue.tip, || "cue.tip".to_owned())?;
            scaled(&cue.butt, || "cue.butt".to_owned())?;
            pair(cue.direction, || "cue.direction".to_owned())?;
            finite(cue.angle_deg, || "cue.angle_deg".to_owned())?;
            finite(cue.speed, || "cue.speed".to_owned())?;
        }
        positive(self.table.length, || "table.length".to_owned())?;
        positive(self.table.width, || "table.width".to_owned())?;
        positive(self.table.cushion_width, || "table.cushion_width".to_owned())?;
        positive(self.table.ball_radius, || "table.ball_radius".to_owned())?;
        positive(self.table.cue_ball_radius, || "table.cue_ball_radius".to_owned())?;
        for (i, likely) in self.table.likely.iter().enumerate() {
            share(likely.probability, || format!("table.likely[{i}].probability"))?;
        }
        for (i, rail) in self.table.rails.iter().enumerate() {
            rail.iter().try_for_each(|end| pair(*end, || format!("table.rails[{i}]")))?;
        }
        for (i, pocket) in self.table.pockets.iter().enumerate() {
            pair([pocket.x, pocket.y], || format!("table.pockets[{i}]"))?;
            positive(pocket.radius, || format!("table.pockets[{i}].radius"))?;
        }
        for (i, spot) in self.table.spots.iter().enumerate() {
            pair(*spot, || format!("table.spots[{i}]"))?;
        }
        if let Some(line) = self.table.baulk_line {
            finite(line, || "table.baulk_line".to_owned())?;
        }
        if let Some(radius) = self.table.d_radius {
            finite(radius, || "table.d_radius".to_owned())?;
        }
        finite(self.source.fps, || "source.fps".to_owned())
    }
}

impl Validate for TrajectoryData {
    fn validate(&self) -> Result<(), InvalidMessage> {
        if let Some(aim) = self.aim {
            pair(aim, || "aim".to_owned())?;
        }
        if let Some(ghost) = &self.ghost_ball {
            pair([ghost.x, ghost.y], || "ghost_ball".to_owned())?;
            positive(ghost.scale, || "ghost_ball.scale".to_owned())?;
            finite(ghost.cut_angle_deg, || "ghost_ball.cut_angle_deg".to_owned())?;
        }
        for (i, path) in self.paths.iter().enumerate() {
            path.points.iter().try_for_each(|point| pair(*point, || format!("paths[{i}].points")))?;
        }
        for (i, event) in self.events.iter().enumerate() {
            finite(event.time, || format!("events[{i}].time"))?;
            pair([event.position.x, event.position.y], || format!("events[{i}].position"))?;
        }
        if let Some(line) = &self.aim_line {
            pair(line.from, || "aim_line.from".to_owned())?;
            pair(line.to, || "aim_line.to".to_owned())?;
        }
        if let Some(strike) = &self.strike_speed {
            positive(strike.speed, || "strike_speed.speed".to_owned())?;
        }
        let Some(odds) = &self.odds else { return Ok(()) };
        share(odds.scratch, || "odds.scratch".to_owned())?;
        for (i, pot) in odds.pots.iter().enumerate() {
            share(pot.chance, || format!("odds.pots[{i}].chance"))?;
        }
        for (i, rest) in odds.rests.iter().enumerate() {
            pair(rest.mean, || format!("odds.rests[{i}].mean"))?;
            rest.covariance.iter().try_for_each(|row| pair(*row, || format!("odds.rests[{i}].covariance")))?;
            rest.places.iter().try_for_each(|place| pair(*place, || format!("odds.rests[{i}].places")))?;
        }
        for (i, fan) in odds.fans.iter().enumerate() {
            fan.corners.iter().flatten().try_for_each(|value| finite(*value, || format!("odds.fans[{i}].corners")))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{BallData, BallSetData, GhostBallData, LikelyTableData, SourceData, SourceState, TableData};
    use billiards_table::{BallClass, BallId, BallLabel, BallState, Sights, TableKind};

    fn state(x: f64) -> StateData {
        let at = |x, y| Scaled { x, y, scale: 1500.0 };
        let table = TableKind::NINE_FOOT.spec();
        StateData {
            balls: vec![BallData {
                id: BallId(1),
                label: BallLabel::Cue,
                class: BallClass::Cue,
                position: at(x, 0.5),
                velocity: at(0.0, 0.0),
                radius: table.ball_radius,
                is_cue_ball: true,
                state: BallState::Resting,
                confidence: 1.0,
            }],
            cue: None,
            table: TableData {
                kind: table.kind,
                title: table.title(),
                likely: vec![],
                length: table.length,
                width: table.width,
                cushion_width: table.cushion_width,
                ball_radius: table.ball_radius,
                cue_ball_radius: table.cue_ball.radius,
                found: true,
                cloth: None,
                ball_set: BallSetData::default(),
                rails: vec![[[0.0, 0.0], [1.27, 0.0]]],
                pockets: vec![],
                spots: vec![],
                baulk_line: None,
                d_radius: None,
                sights: Sights::None,
            },
            source: SourceData {
                status: SourceState::Running,
                reason: None,
                description: String::new(),
                fps: 30.0,
                frame_age_ms: Some(20),
                stale: false,
            },
        }
    }

    #[test]
    fn what_is_whole_may_go_and_an_empty_table_is_whole() {
        assert_eq!(state(0.3).validate(), Ok(()));
        assert_eq!(StateData { balls: vec![], ..state(0.3) }.validate(), Ok(()));
        assert_eq!(TrajectoryData::default().validate(), Ok(()));
    }

    #[test]
    fn a_fault_is_named() {
        let told = |state: &StateData| state.validate().expect_err("a fault").to_string();
        assert_eq!(told(&state(f64::NAN)), "balls[0].position.x is NaN; a finite number is expected");
        let mut bad = state(0.3);
        bad.balls[0].velocity.scale = 0.0;
        assert_eq!(told(&bad), "balls[0].velocity.scale is 0; a positive number is expected");
        let mut bad = state(0.3);
        bad.balls[0].confidence = 1.5;
        assert_eq!(told(&bad), "balls[0].confidence is 1.5; 0 to 1 is expected");
        let mut bad = state(0.3);
        bad.table.spots = vec![[0.5, f64::INFINITY]];
        assert_eq!(told(&bad), "table.spots[0] is inf; a finite number is expected");
        let mut bad = state(0.3);
        let kind = bad.table.kind;
        bad.table.likely = vec![LikelyTableData { kind, title: String::new(), probability: 1.2 }];
        assert_eq!(told(&bad), "table.likely[0].probability is 1.2; 0 to 1 is expected");
        let ghost = GhostBallData { x: 0.0, y: f64::INFINITY, scale: 1.0, object_ball: BallId(2), cut_angle_deg: 3.0 };
        let trajectory = TrajectoryData { ghost_ball: Some(ghost), ..TrajectoryData::default() };
        assert_eq!(trajectory.validate().expect_err("a fault").place, "ghost_ball");
    }
}
