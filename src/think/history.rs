//! History of the shots that were played, each from the strike until the last ball is at rest.

use crate::stages::PipelineSystems;
use bevy::prelude::*;
use billiards_protocol::shot::ShotRecord;
use billiards_table::{Ball, BallId, BallLabel, TableEvent};
use jiff::Timestamp;
use std::collections::VecDeque;

/// Maximum number of shots kept.
const SHOTS: usize = 200;

/// Shots of this run.
#[derive(Resource, Debug, Default)]
pub struct ShotHistory {
    shots: VecDeque<ShotRecord>,
    /// Shot in progress.
    running: Option<ShotRecord>,
    /// Ball that was struck in the last shot.
    struck: Option<BallId>,
    count: u64,
}

impl ShotHistory {
    /// Returns the finished shots, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &ShotRecord> {
        self.shots.iter().rev()
    }

    /// Forgets all shots.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds an event that is reported at `now`; `name` returns the name of a ball. Returns whether the list of finished
    /// shots has changed.
    fn take(&mut self, event: &TableEvent, now: Timestamp, name: impl Fn(BallId) -> String) -> bool {
        match *event {
            TableEvent::ShotStarted { ball, speed, direction, .. } => {
                self.count += 1;
                self.struck = Some(ball);
                self.running = Some(ShotRecord {
                    id: self.count,
                    started: now,
                    duration_s: 0.0,
                    struck: name(ball),
                    strike_speed: speed,
                    strike_direction: direction.to_array(),
                    first_hit: None,
                    contacts: 0,
                    rails: 0,
                    balls_pocketed: Vec::new(),
                    scratch: false,
                });
                false
            }
            TableEvent::ShotEnded { duration, speed, direction } => {
                let Some(mut shot) = self.running.take() else { return false };
                (shot.duration_s, shot.strike_speed) = (duration, speed);
                shot.strike_direction = direction.to_array();
                if self.shots.len() == SHOTS {
                    self.shots.pop_front();
                }
                self.shots.push_back(shot);
                true
            }
            _ => {
                // A ball that falls when all others are at rest, or whose fall is detected late, belongs to the last
                // shot.
                let late = self.running.is_none();
                let Some(shot) = self.running.as_mut().or(self.shots.back_mut()) else { return false };
                match *event {
                    TableEvent::BallPocketed { ball, .. } => {
                        let fallen = name(ball);
                        shot.scratch |= fallen == BallLabel::Cue.to_string();
                        shot.balls_pocketed.push(fallen);
                        late
                    }
                    _ if late => false,
                    TableEvent::BallContact { .. } => {
                        shot.contacts += 1;
                        if shot.first_hit.is_none() {
                            shot.first_hit = self.struck.and_then(|struck| event.ball_met_by(struck)).map(name);
                        }
                        false
                    }
                    TableEvent::RailContact { .. } => {
                        shot.rails += 1;
                        false
                    }
                    _ => false,
                }
            }
        }
    }
}

/// Updates [`ShotHistory`] from the events on the table.
#[derive(Debug, Clone, Copy, Default)]
pub struct HistoryPlugin;

impl Plugin for HistoryPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ShotHistory>()
            .add_message::<TableEvent>()
            .add_systems(Update, record.in_set(PipelineSystems::Coach));
    }
}

fn record(
    mut happened: MessageReader<TableEvent>,
    balls: Query<&Ball>,
    mut history: ResMut<ShotHistory>,
    // Labels of the balls: those that have fallen are gone when their fall is reported.
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
    if over {
        history.set_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FeatureId, PocketId, TableVector};

    fn name(id: BallId) -> String {
        if id.0 == 0 { "cue".to_owned() } else { id.0.to_string() }
    }

    fn feed(history: &mut ShotHistory, events: &[TableEvent]) -> Vec<bool> {
        events.iter().map(|event| history.take(event, Timestamp::UNIX_EPOCH, name)).collect()
    }

    fn start() -> TableEvent {
        TableEvent::ShotStarted { ball: BallId(0), speed: 2.5, direction: TableVector::new(0.0, 1.0), ago: 0.1 }
    }

    fn end(duration: f64) -> TableEvent {
        TableEvent::ShotEnded { duration, speed: 2.4, direction: TableVector::new(0.6, 0.8) }
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
                end(3.5),
                end(9.0),
            ],
        );
        assert_eq!(over, [false, false, false, false, false, false, false, true, false]);
        let shot = history.newest_first().next().expect("one shot");
        assert_eq!((shot.id, shot.struck.as_str(), shot.strike_speed, shot.duration_s), (1, "cue", 2.4, 3.5));
        assert_eq!(shot.strike_direction, [0.6, 0.8]);
        assert_eq!((shot.contacts, shot.rails, shot.first_hit.as_deref()), (2, 1, Some("9")));
        assert_eq!(
            (shot.balls_pocketed.as_slice(), shot.scratch),
            (["9".to_owned(), "cue".to_owned()].as_slice(), true)
        );
    }

    #[test]
    fn a_late_fall_belongs_to_the_last_shot() {
        let mut history = ShotHistory::default();
        let fall = |id| TableEvent::BallPocketed { ball: BallId(id), pocket: PocketId::LeftTop };
        assert_eq!(feed(&mut history, &[fall(4), start(), end(2.0), fall(5)]), [false, false, true, true]);
        let shot = history.newest_first().next().expect("one shot");
        assert_eq!(shot.balls_pocketed, ["5".to_owned()]);
    }

    #[test]
    fn memory_is_bounded_and_can_be_cleared() {
        let mut history = ShotHistory::default();
        for _ in 0..2 * SHOTS {
            feed(&mut history, &[start(), end(1.0)]);
        }
        let ids: Vec<u64> = history.newest_first().map(|shot| shot.id).collect();
        assert_eq!((ids.len(), ids[0]), (SHOTS, 2 * SHOTS as u64));
        history.clear();
        assert_eq!(history.newest_first().count(), 0);
    }
}
