//! Where the program and the clients meet: the newest message of each stream, what happened of late, and the counts.

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
    stream::Stream,
    validation::Validate,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};
use tokio::sync::watch;

/// Where the program and the clients meet. The program only ever replaces the newest message of a stream; it waits for
/// nobody.
pub struct Hub {
    /// Of every stream that is not queued.
    pub(crate) topics: BTreeMap<Stream, Topic>,
    pub(crate) alerts: Alerts,
    pub(crate) vitals: watch::Sender<Option<Vitals>>,
    /// What HTTP tells.
    pub(crate) boards: Boards,
    /// Of WebSocket clients.
    pub(crate) places: Arc<Places>,
    pub(crate) counters: Counters,
    /// What the log is told of messages that were not published.
    complaints: Complaints,
    /// How long messages wait to be sent.
    pub(crate) send_times: SendTimes,
    /// Where messages go of our own accord.
    pub(crate) sinks: OnceLock<Vec<SinkHandle>>,
}

impl Hub {
    /// An empty one.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let topics = Stream::ALL.into_iter().filter(|stream| !stream.is_queued());
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
    pub fn publish<T: Serialize>(&self, stream: Stream, data: &T) {
        if let Some(topic) = self.topics.get(&stream) {
            topic.publish(json(data));
        }
    }

    /// Replaces the newest message of a stream unless that says the same.
    pub fn publish_news<T: Serialize>(&self, stream: Stream, data: &T) {
        if let Some(topic) = self.topics.get(&stream) {
            topic.publish_news(json(data));
        }
    }

    /// Returns whether data may be sent; those that may not are counted and logged.
    pub fn is_valid<T: Validate>(&self, stream: Stream, data: &T) -> bool {
        let fault = data.validate().err();
        if let Some(fault) = &fault {
            self.counters.count(|counts| counts.invalid += 1);
            self.complaints.note(stream.name(), fault);
        }
        fault.is_none()
    }

    /// The newest message of a stream; `None` before the first, and for a stream whose messages are queued.
    #[must_use]
    pub fn newest(&self, stream: Stream) -> Option<Arc<Published>> {
        self.topics.get(&stream)?.newest()
    }

    /// Tells all clients of an event, and waits for none.
    pub fn raise(&self, event: AlertEvent) {
        self.alerts.raise(event);
    }

    /// Replaces what the health report is made of.
    pub fn set_vitals(&self, vitals: Vitals) {
        self.vitals.send_replace(Some(vitals));
    }

    /// How long messages waited to be sent since this was asked last; `None` when none was sent.
    #[must_use]
    pub fn take_send_times(&self) -> Option<StageLatency> {
        self.send_times.take()
    }

    /// WebSocket clients now.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.places.taken()
    }

    /// Whether anybody takes the messages.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.clients() > 0 || self.sinks.get().is_some_and(|sinks| !sinks.is_empty())
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn counters(&self) -> CounterValues {
        CounterValues { alerts: self.alerts.count(), ..self.counters.values() }
    }

    /// What has become of the messages to all WebSocket clients.
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

    /// How the publishers' other ends do.
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
        assert!(hub.is_valid(Stream::Trajectory, &TrajectoryData::default()));
        let bad = TrajectoryData { aim: Some([f64::NAN, 0.0]), ..TrajectoryData::default() };
        assert!(!hub.is_valid(Stream::Trajectory, &bad));
        assert_eq!(hub.message_counts(), MessageCounts { sent: 0, bytes: 0, compressed: 0, dropped: 0, invalid: 1 });
    }

    #[test]
    fn every_stream_but_the_queued_ones_has_its_newest_message() {
        let hub = Hub::new(&Limits::default());
        for stream in Stream::ALL {
            hub.publish(stream, &stream.name());
            let newest = hub.newest(stream).map(|newest| newest.data().to_owned());
            assert_eq!(newest, (!stream.is_queued()).then(|| format!("\"{stream}\"")));
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
