//! What was played: each shot from its first moment to the last ball's rest.

use crate::{
    app::PipelineSystems,
    model::{Ball, BallId, BallLabel, BallState, TableEvent},
};
use bevy::prelude::*;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// So many shots are remembered.
const SHOTS: usize = 200;

/// What is over sooner than this, seconds, and touched nothing is no shot.
const LEAST: f64 = 0.3;

/// A shot that was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShotRecord {
    /// Counts the shots of this run, from 1.
    pub id: u64,
    /// When the first ball began to move.
    pub started: Timestamp,
    /// Seconds until all balls lay still.
    pub duration_s: f64,
    /// The ball that was struck.
    pub struck: String,
    /// Its greatest speed before it met anything, metres a second: the cloth only slows it, and its first frames are too
    /// few to tell.
    pub strike_speed: f64,
    /// The ball that it met first.
    pub first_hit: Option<String>,
    /// Times that two balls met.
    pub contacts: usize,
    /// Times that a ball met a cushion.
    pub rails: usize,
    /// The balls that fell, in order.
    pub balls_pocketed: Vec<String>,
    /// Whether the cue ball fell.
    pub scratch: bool,
}

/// The shots of this run.
#[derive(Resource, Debug, Default)]
pub struct ShotHistory {
    shots: VecDeque<ShotRecord>,
    /// The one that is under way.
    running: Option<Running>,
    count: u64,
}

/// A shot that is under way.
#[derive(Debug)]
struct Running {
    shot: ShotRecord,
    struck: BallId,
}

impl Running {
    /// Takes up how fast the struck ball is.
    fn watch(&mut self, speed: f64) {
        if self.shot.contacts + self.shot.rails == 0 {
            self.shot.strike_speed = self.shot.strike_speed.max(speed);
        }
    }
}

impl ShotHistory {
    /// The shots that are over, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &ShotRecord> {
        self.shots.iter().rev()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes up what happened at `now`; `name` tells how a ball is called. Returns whether a shot is over with it.
    fn take(&mut self, event: &TableEvent, now: Timestamp, name: impl Fn(BallId) -> String) -> bool {
        match *event {
            TableEvent::ShotStarted { ball, speed, .. } => {
                self.count += 1;
                let shot = ShotRecord {
                    id: self.count,
                    started: now,
                    duration_s: 0.0,
                    struck: name(ball),
                    strike_speed: speed,
                    first_hit: None,
                    contacts: 0,
                    rails: 0,
                    balls_pocketed: Vec::new(),
                    scratch: false,
                };
                self.running = Some(Running { shot, struck: ball });
            }
            TableEvent::ShotEnded { duration } => {
                // A ball that was only touched is no shot.
                let played = |shot: &ShotRecord| duration >= LEAST || shot.contacts + shot.rails > 0;
                if let Some(mut shot) = self.running.take().map(|running| running.shot).filter(played) {
                    shot.duration_s = duration;
                    if self.shots.len() == SHOTS {
                        self.shots.pop_front();
                    }
                    self.shots.push_back(shot);
                    return true;
                }
            }
            _ => {
                let Some(Running { shot, .. }) = &mut self.running else { return false };
                match *event {
                    TableEvent::BallContact { ball, other } => {
                        shot.contacts += 1;
                        let (ball, other) = (name(ball), name(other));
                        if shot.first_hit.is_none() && (ball == shot.struck || other == shot.struck) {
                            shot.first_hit = Some(if ball == shot.struck { other } else { ball });
                        }
                    }
                    TableEvent::RailContact { .. } => shot.rails += 1,
                    TableEvent::BallPocketed { ball, .. } => {
                        let fallen = name(ball);
                        shot.scratch |= fallen == BallLabel::Cue.to_string();
                        shot.balls_pocketed.push(fallen);
                    }
                    _ => {}
                }
            }
        }
        false
    }
}

/// Keeps [`ShotHistory`] from the events on the table.
#[derive(Debug, Clone, Copy, Default)]
pub struct HistoryPlugin;

impl Plugin for HistoryPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ShotHistory>()
            .add_message::<TableEvent>()
            .add_systems(Update, remember.in_set(PipelineSystems::Coach));
    }
}

fn remember(
    mut happened: MessageReader<TableEvent>,
    balls: Query<&Ball>,
    mut history: ResMut<ShotHistory>,
    // Balls that have fallen are gone when that is told.
    mut labels: Local<std::collections::HashMap<BallId, BallLabel>>,
) {
    labels.extend(balls.iter().map(|ball| (ball.id, ball.label)));
    let now = Timestamp::now();
    let mut over = false;
    let quiet = history.bypass_change_detection();
    for event in happened.read() {
        over |= quiet.take(event, now, |id| labels.get(&id).copied().unwrap_or(BallLabel::Unknown).or_id(id));
        if matches!(event, TableEvent::ShotEnded { .. }) {
            labels.retain(|id, _| balls.iter().any(|ball| ball.id == *id));
        }
    }
    if let Some(running) = &mut quiet.running
        && let Some(ball) = balls.iter().find(|ball| ball.id == running.struck && ball.state == BallState::Moving)
    {
        running.watch(ball.velocity.length());
    }
    if over {
        history.set_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeatureId, PocketId, TableVector};

    fn name(id: BallId) -> String {
        if id.0 == 0 { "cue".to_owned() } else { id.0.to_string() }
    }

    fn feed(history: &mut ShotHistory, events: &[TableEvent]) -> Vec<bool> {
        events.iter().map(|event| history.take(event, Timestamp::UNIX_EPOCH, name)).collect()
    }

    fn start() -> TableEvent {
        TableEvent::ShotStarted { ball: BallId(0), speed: 2.5, direction: TableVector::new(0.0, 1.0) }
    }

    #[test]
    fn a_shot_is_told_from_its_events() {
        let mut history = ShotHistory::default();
        let feature = FeatureId(3);
        let over = feed(
            &mut history,
            &[
                TableEvent::RailContact { ball: BallId(7), feature },
                start(),
                TableEvent::RailContact { ball: BallId(0), feature },
                TableEvent::BallContact { ball: BallId(9), other: BallId(0) },
                TableEvent::BallContact { ball: BallId(9), other: BallId(4) },
                TableEvent::BallPocketed { ball: BallId(9), pocket: PocketId::LeftTop },
                TableEvent::BallPocketed { ball: BallId(0), pocket: PocketId::LeftTop },
                TableEvent::ShotEnded { duration: 3.5 },
                TableEvent::ShotEnded { duration: 9.0 },
            ],
        );
        assert_eq!(over, [false, false, false, false, false, false, false, true, false]);
        let shot = history.newest_first().next().expect("one shot");
        assert_eq!((shot.id, shot.struck.as_str(), shot.strike_speed, shot.duration_s), (1, "cue", 2.5, 3.5));
        assert_eq!((shot.contacts, shot.rails, shot.first_hit.as_deref()), (2, 1, Some("9")));
        assert_eq!(
            (shot.balls_pocketed.as_slice(), shot.scratch),
            (["9".to_owned(), "cue".to_owned()].as_slice(), true)
        );
    }

    #[test]
    fn a_stroke_is_as_fast_as_the_ball_was_before_it_met_anything() {
        let mut history = ShotHistory::default();
        feed(&mut history, &[start()]);
        let watch = |history: &mut ShotHistory, speed| history.running.as_mut().expect("a shot").watch(speed);
        [2.0, 3.25, 3.0].into_iter().for_each(|speed| watch(&mut history, speed));
        feed(&mut history, &[TableEvent::BallContact { ball: BallId(0), other: BallId(4) }]);
        watch(&mut history, 5.0);
        feed(&mut history, &[TableEvent::ShotEnded { duration: 3.5 }]);
        assert_eq!(history.newest_first().next().map(|shot| shot.strike_speed), Some(3.25));
    }

    #[test]
    fn a_ball_that_was_only_touched_is_no_shot() {
        let mut history = ShotHistory::default();
        assert_eq!(feed(&mut history, &[start(), TableEvent::ShotEnded { duration: 0.1 }]), [false, false]);
        assert_eq!(history.newest_first().count(), 0);
    }

    #[test]
    fn memory_is_bounded_and_can_be_cleared() {
        let mut history = ShotHistory::default();
        for _ in 0..2 * SHOTS {
            feed(&mut history, &[start(), TableEvent::ShotEnded { duration: 1.0 }]);
        }
        let ids: Vec<u64> = history.newest_first().map(|shot| shot.id).collect();
        assert_eq!((ids.len(), ids[0]), (SHOTS, 2 * SHOTS as u64));
        history.clear();
        assert_eq!(history.newest_first().count(), 0);
    }
}
