//! Recent events, as text.

use crate::sense::SourceHealth;
use bevy::prelude::*;
use billiards_table::{Ball, BallId, BallLabel, TableEvent};
use jiff::Zoned;
use std::collections::VecDeque;

/// Maximum number of lines kept.
const LINES: usize = 40;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// Time of day, `hh:mm:ss`.
    pub at: String,
    /// Description of the event.
    pub text: String,
}

/// Recent events.
#[derive(Resource, Debug, Default)]
pub(super) struct EventLog(VecDeque<EventLine>);

impl EventLog {
    /// Returns the lines, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &EventLine> {
        self.0.iter().rev()
    }

    fn note(&mut self, text: String) {
        if self.0.len() == LINES {
            self.0.pop_front();
        }
        self.0.push_back(EventLine { at: Zoned::now().strftime("%H:%M:%S").to_string(), text });
    }
}

/// Records the events on the table and the changes of the source's state.
pub(super) fn keep(
    mut happened: MessageReader<TableEvent>,
    balls: Query<&Ball>,
    health: Res<SourceHealth>,
    mut before: Local<Option<String>>,
    mut log: ResMut<EventLog>,
) {
    for event in happened.read() {
        log.note(words(event, |id| {
            let label = balls.iter().find(|ball| ball.id == id).map(|ball| ball.label);
            match label.filter(|label| *label != BallLabel::Unknown) {
                Some(BallLabel::Cue) => "the cue ball".to_owned(),
                Some(label) => format!("ball {label}"),
                None => format!("ball #{}", id.0),
            }
        }));
    }
    if health.is_changed() {
        // Without the time to the next attempt, which is not an event.
        let now = health.status.to_string();
        let now = now.split("; retry").next().unwrap_or_default().to_owned();
        let was = before.replace(now.clone());
        if was.as_ref() != Some(&now) {
            log.note(format!("source {now}"));
        }
    }
}

fn words(event: &TableEvent, name: impl Fn(BallId) -> String) -> String {
    match *event {
        TableEvent::ShotStarted { ball, speed, .. } => format!("shot: {} leaves at {speed:.2} m/s", name(ball)),
        TableEvent::BallContact { ball, other } => format!("{} meets {}", name(ball), name(other)),
        TableEvent::RailContact { ball, .. } => format!("{} meets a cushion", name(ball)),
        TableEvent::BallPocketed { ball, pocket } => {
            format!("{} falls into {}", name(ball), if pocket.is_side() { "a side pocket" } else { "a corner pocket" })
        }
        TableEvent::ShotEnded { duration, .. } => format!("all balls at rest after {duration:.1} s"),
        TableEvent::TableMoved => "camera or table were moved".to_owned(),
        TableEvent::LightMoved { by } => {
            format!("the projector's light is {:.0} mm off", 1e3 * by.length())
        }
        TableEvent::LightFits => "the projector's light is in place again".to_owned(),
        TableEvent::CueAppeared => "a cue comes over the table".to_owned(),
        TableEvent::CueLeft => "the cue has gone".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_capture::SourceStatus;
    use std::time::Duration;

    #[test]
    fn the_newest_comes_first_and_the_oldest_goes() {
        let mut app = App::new();
        app.init_resource::<EventLog>().init_resource::<SourceHealth>().add_message::<TableEvent>();
        app.add_systems(Update, keep);
        let lost = |seconds| SourceStatus::Lost { reason: "gone".into(), retry_in: Duration::from_secs(seconds) };
        for seconds in [1, 2] {
            app.world_mut().resource_mut::<SourceHealth>().status = lost(seconds);
            app.update();
        }
        for ball in 0..50 {
            app.world_mut().write_message(TableEvent::BallContact { ball: BallId(ball), other: BallId(90) });
        }
        app.update();
        let log = app.world().resource::<EventLog>();
        let lines: Vec<&EventLine> = log.newest_first().collect();
        assert_eq!((lines.len(), lines[0].text.as_str()), (LINES, "ball #49 meets ball #90"));
        assert_eq!(lines[0].at.len(), 8);
    }

    #[test]
    fn the_same_trouble_is_told_once() {
        let mut app = App::new();
        app.init_resource::<EventLog>().init_resource::<SourceHealth>().add_message::<TableEvent>();
        app.add_systems(Update, keep);
        for seconds in [1, 2] {
            app.world_mut().resource_mut::<SourceHealth>().status =
                SourceStatus::Lost { reason: "gone".into(), retry_in: Duration::from_secs(seconds) };
            app.update();
        }
        let texts: Vec<_> = app.world().resource::<EventLog>().newest_first().map(|line| &line.text).collect();
        assert_eq!(texts, ["source lost: gone"]);
    }
}
