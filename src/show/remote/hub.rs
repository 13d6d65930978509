//! Where the ECS and the clients meet: the newest message of each stream, and nothing older.

use super::{boards::Boards, message::SourceState};
use jiff::Timestamp;
use std::{sync::Arc, time::Instant};
use tokio::sync::{Semaphore, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The newest message of a stream. Serialised once; clones share the text.
#[derive(Debug, Clone)]
pub(super) struct Published {
    /// How many messages the stream has had, this one included: the difference of two is what a client missed.
    pub count: u64,
    /// When it was published.
    pub at: Timestamp,
    /// JSON of the message's `data`.
    pub data: Utf8Bytes,
}

/// A stream of messages of which only the newest matters. Publishing replaces it and waits for nobody.
#[derive(Debug)]
pub(super) struct Topic(watch::Sender<Option<Published>>);

impl Topic {
    fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Replaces the newest message.
    pub fn publish(&self, data: String) {
        self.0.send_modify(|newest| *newest = Some(Published::after(newest.as_ref(), data)));
    }

    /// Replaces the newest message unless it says the same.
    pub fn publish_news(&self, data: String) {
        self.0.send_if_modified(|newest| {
            let news = newest.as_ref().is_none_or(|newest| newest.data.as_str() != data);
            if news {
                *newest = Some(Published::after(newest.as_ref(), data));
            }
            news
        });
    }

    /// The newest message; `None` before the first.
    pub fn newest(&self) -> Option<Published> {
        self.0.borrow().clone()
    }

    /// A client's view of the stream.
    pub fn subscribe(&self) -> watch::Receiver<Option<Published>> {
        self.0.subscribe()
    }
}

impl Published {
    fn after(before: Option<&Self>, data: String) -> Self {
        Self { count: before.map_or(1, |before| before.count + 1), at: Timestamp::now(), data: data.into() }
    }
}

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
}

/// Where the ECS and the clients meet.
pub(super) struct Hub {
    pub state: Topic,
    pub trajectory: Topic,
    pub vitals: watch::Sender<Option<Vitals>>,
    /// What HTTP tells.
    pub boards: Boards,
    /// One permit a WebSocket client.
    pub slots: Arc<Semaphore>,
    capacity: usize,
}

impl Hub {
    pub fn new(clients: u16) -> Self {
        let capacity = usize::from(clients);
        Self {
            state: Topic::new(),
            trajectory: Topic::new(),
            vitals: watch::Sender::new(None),
            boards: Boards::default(),
            slots: Arc::new(Semaphore::new(capacity)),
            capacity,
        }
    }

    /// WebSocket clients now.
    pub fn clients(&self) -> usize {
        self.capacity.saturating_sub(self.slots.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_message_replaces_the_older_ones_and_counts_them() {
        let topic = Topic::new();
        let mut client = topic.subscribe();
        for text in ["a", "b", "c"] {
            topic.publish(text.to_owned());
        }
        let newest = client.borrow_and_update().clone().expect("published");
        assert_eq!((newest.count, newest.data.as_str()), (3, "c"));
        assert!(!client.has_changed().expect("alive"));
    }

    #[test]
    fn the_same_again_is_no_news() {
        let topic = Topic::new();
        let mut client = topic.subscribe();
        topic.publish_news("a".to_owned());
        assert_eq!(client.borrow_and_update().as_ref().map(|p| p.count), Some(1));
        topic.publish_news("a".to_owned());
        assert!(!client.has_changed().expect("alive"));
        topic.publish_news("b".to_owned());
        assert_eq!(client.borrow_and_update().as_ref().map(|p| p.count), Some(2));
    }
}
