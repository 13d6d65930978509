//! Where the ECS and the clients meet: the newest message of each stream, what happened of late, and the counts.

use super::{
    Limits,
    alert::Alerts,
    boards::Boards,
    counters::{CounterValues, Counters},
    message::SourceState,
    performance::SendTimes,
    places::Places,
    resilience::SinkHandle,
    topic::Topic,
    validation::Complaints,
};
use crate::operate::StorageStatus;
use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};
use tokio::sync::watch;

/// What the health report is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vitals {
    /// When these were taken: the main loop lives as long as this moves on.
    pub taken: Instant,
    /// What the source does.
    pub status: SourceState,
    /// Why it does not run.
    pub reason: Option<String>,
    /// Frames are old or missing.
    pub stale: bool,
    /// Processed frames a second.
    pub fps: f64,
    /// When the newest frame came.
    pub last_frame: Option<Instant>,
    /// Frames so far.
    pub frames: u64,
    /// Frames that newer ones replaced before they were processed.
    pub dropped: u64,
    /// Attempts to reopen the source.
    pub failures: u64,
    /// Whether the camera's view of the table is known.
    pub table_found: bool,
    /// Balls on the table.
    pub balls: usize,
    /// Trouble with the user's files.
    pub storage: StorageStatus,
}

/// Where the ECS and the clients meet.
pub(super) struct Hub {
    pub state: Topic,
    pub trajectory: Topic,
    /// The settings, as JSON; whoever owns them publishes them.
    pub config: Topic,
    pub performance: Topic,
    pub alerts: Alerts,
    pub vitals: watch::Sender<Option<Vitals>>,
    /// What HTTP tells.
    pub boards: Boards,
    /// Of WebSocket clients.
    pub places: Arc<Places>,
    pub counters: Counters,
    /// What the log is told of messages that were not published.
    pub complaints: Complaints,
    /// How long messages wait to be sent.
    pub send_times: SendTimes,
    /// Where messages go of our own accord.
    pub sinks: OnceLock<Vec<SinkHandle>>,
}

impl Hub {
    pub fn new(limits: &Limits) -> Self {
        Self {
            state: Topic::new(),
            trajectory: Topic::new(),
            config: Topic::new(),
            performance: Topic::new(),
            alerts: Alerts::new(),
            vitals: watch::Sender::new(None),
            boards: Boards::default(),
            places: Arc::new(Places::new(limits.clients, limits.of_one_address)),
            counters: Counters::default(),
            complaints: Complaints::default(),
            send_times: SendTimes::default(),
            sinks: OnceLock::new(),
        }
    }

    /// WebSocket clients now.
    pub fn clients(&self) -> usize {
        self.places.taken()
    }

    /// Whether anybody takes the messages.
    pub fn is_watched(&self) -> bool {
        self.clients() > 0 || self.sinks.get().is_some_and(|sinks| !sinks.is_empty())
    }

    /// What has been counted since the start.
    pub fn counters(&self) -> CounterValues {
        CounterValues { alerts: self.alerts.count(), ..self.counters.values() }
    }

    /// How the sinks do.
    pub fn sinks(&self) -> &[SinkHandle] {
        self.sinks.get().map_or(&[], Vec::as_slice)
    }
}
