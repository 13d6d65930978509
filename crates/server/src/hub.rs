//! Connection between the program and the clients: the newest message of each stream, the latest alerts, and the
//! counts.

use crate::{
    alerts::Alerts,
    boards::Boards,
    complaints::Complaints,
    counters::Counters,
    limits::Limits,
    places::Places,
    resilience::SinkHandle,
    times::SendTimes,
    topic::{Published, Topic},
    vitals::Vitals,
};
use billiards_protocol::{
    alert::AlertEvent,
    counters::CounterValues,
    json,
    performance::{MessageCounts, StageLatency},
    sink::SinkData,
    stream::{LatestStream, Stream},
    validation::Validate,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use tokio::sync::watch;

/// Connection between the program and the clients. The program only ever replaces the newest message of a stream and
/// never waits.
pub struct Hub {
    /// Topic of every stream that is not queued.
    pub(crate) topics: BTreeMap<LatestStream, Topic>,
    pub(crate) alerts: Alerts,
    pub(crate) vitals: watch::Sender<Option<Vitals>>,
    /// State that HTTP reports.
    pub(crate) boards: Boards,
    /// Places for WebSocket clients.
    pub(crate) places: Arc<Places>,
    pub(crate) counters: Counters,
    /// Logs messages that were not published.
    complaints: Complaints,
    /// Times that messages wait to be sent.
    pub(crate) send_times: SendTimes,
    /// Sinks of the publishers.
    pub(crate) sinks: OnceLock<Vec<SinkHandle>>,
}

impl Hub {
    /// Creates an empty hub.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let topics = Stream::ALL.into_iter().filter_map(Stream::latest);
        Self {
            topics: topics.map(|stream| (stream, Topic::new())).collect(),
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

    /// Replaces the newest message of a stream.
    pub fn publish<T: Serialize>(&self, stream: LatestStream, data: &T) {
        self.topics[&stream].publish(json(data));
    }

    /// Replaces the newest message of a stream unless it is the same.
    pub fn publish_news<T: Serialize>(&self, stream: LatestStream, data: &T) {
        self.topics[&stream].publish_news(json(data));
    }

    /// Returns whether data may be sent; invalid data are counted and logged.
    pub fn is_valid<T: Validate>(&self, stream: LatestStream, data: &T) -> bool {
        let fault = data.validate().err();
        if let Some(fault) = &fault {
            self.counters.count(|counts| counts.invalid += 1);
            self.complaints.note(Stream::from(stream).name(), fault);
        }
        fault.is_none()
    }

    /// Returns the newest message of a stream; `None` before the first.
    #[must_use]
    pub fn newest(&self, stream: LatestStream) -> Option<Arc<Published>> {
        self.topics[&stream].newest()
    }

    /// Sends an alert to all clients, without waiting.
    pub fn raise(&self, event: AlertEvent) {
        self.alerts.raise(event);
    }

    /// Replaces the input of the health report.
    pub fn set_vitals(&self, vitals: Vitals) {
        self.vitals.send_replace(Some(vitals));
    }

    /// Returns the times that messages waited to be sent since the last call; `None` if none was sent.
    #[must_use]
    pub fn take_send_times(&self) -> Option<StageLatency> {
        self.send_times.take()
    }

    /// Returns the number of WebSocket clients.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.places.taken()
    }

    /// Returns whether there is any client or publisher.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.clients() > 0 || self.sinks.get().is_some_and(|sinks| !sinks.is_empty())
    }

    /// Returns the counts since the start.
    #[must_use]
    pub fn counters(&self) -> CounterValues {
        CounterValues { alerts: self.alerts.count(), ..self.counters.values() }
    }

    /// Returns the counts of messages to all WebSocket clients.
    #[must_use]
    pub fn message_counts(&self) -> MessageCounts {
        let counted = self.counters.values();
        MessageCounts {
            sent: counted.messages_sent,
            bytes: counted.bytes_sent,
            compressed: counted.compressed,
            dropped: counted.dropped,
            invalid: counted.invalid,
        }
    }

    /// Returns the state of the publishers' sinks.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkData> {
        self.sinks.get().into_iter().flatten().map(SinkHandle::data).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_protocol::message::TrajectoryData;
    use std::time::Duration;

    #[test]
    fn what_must_not_be_sent_is_counted() {
        let hub = Hub::new(&Limits::default());
        assert!(hub.is_valid(LatestStream::Trajectory, &TrajectoryData::default()));
        let bad = TrajectoryData { aim: Some([f64::NAN, 0.0]), ..TrajectoryData::default() };
        assert!(!hub.is_valid(LatestStream::Trajectory, &bad));
        assert_eq!(hub.message_counts(), MessageCounts { sent: 0, bytes: 0, compressed: 0, dropped: 0, invalid: 1 });
    }

    #[test]
    fn every_stream_but_the_queued_ones_has_its_newest_message() {
        let hub = Hub::new(&Limits::default());
        for stream in Stream::ALL.into_iter().filter_map(Stream::latest) {
            let name = Stream::from(stream).name();
            hub.publish(stream, &name);
            let newest = hub.newest(stream).map(|newest| newest.data().to_owned());
            assert_eq!(newest, Some(format!("\"{name}\"")));
        }
    }

    #[test]
    fn the_times_of_sending_are_told_once() {
        let hub = Hub::new(&Limits::default());
        hub.send_times.record(Duration::from_millis(1));
        assert_eq!(hub.take_send_times().map(|times| times.count), Some(1));
        assert_eq!(hub.take_send_times(), None);
    }
}
