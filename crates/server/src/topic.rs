//! The newest message of a stream, and nothing older.

use crate::{
    fields::{self, Fields},
    payload::Payload,
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::watch;

/// A message of a stream, serialised once and shared by all clients.
#[derive(Debug)]
pub struct Published {
    /// Number of messages in the stream so far, this one included; a gap shows skipped messages.
    pub count: u64,
    /// Time at which the message was published.
    pub at: Timestamp,
    /// The same time on the monotonic clock, for measurements.
    pub published: Instant,
    payload: Arc<Payload>,
    /// The message reduced to some of its fields, for clients that asked for those only.
    parts: Mutex<BTreeMap<Fields, Arc<Payload>>>,
}

impl Published {
    /// Creates a message from the JSON of its `data`.
    pub(crate) fn new(count: u64, data: String) -> Self {
        Self {
            count,
            at: Timestamp::now(),
            published: Instant::now(),
            payload: Arc::new(Payload::new(data)),
            parts: Mutex::default(),
        }
    }

    /// Returns the message's `data`, or some fields of it.
    pub(crate) fn payload(&self, fields: Option<&Fields>) -> Arc<Payload> {
        let Some(fields) = fields else { return Arc::clone(&self.payload) };
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(part) = parts.get(fields) {
            return Arc::clone(part);
        }
        let part = Arc::new(Payload::new(fields::select(self.payload.text(), fields)));
        parts.insert(fields.clone(), Arc::clone(&part));
        part
    }

    /// Returns the JSON of the whole `data`.
    pub fn data(&self) -> &str {
        self.payload.text()
    }
}

/// The newest message of a topic, if there is one.
pub(crate) type Newest = Option<Arc<Published>>;

/// A stream of messages of which only the newest matters. Publishing replaces it and never waits.
#[derive(Debug)]
pub(crate) struct Topic(watch::Sender<Newest>);

impl Topic {
    pub fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Replaces the newest message; `data` is JSON.
    pub fn publish(&self, data: String) {
        self.0.send_modify(|newest| *newest = Some(after(newest.as_deref(), data)));
    }

    /// Replaces the newest message unless it is the same; `data` is JSON.
    pub fn publish_news(&self, data: String) {
        self.0.send_if_modified(|newest| {
            let news = newest.as_ref().is_none_or(|newest| newest.data() != data);
            if news {
                *newest = Some(after(newest.as_deref(), data));
            }
            news
        });
    }

    /// Returns the newest message.
    pub fn newest(&self) -> Newest {
        self.0.borrow().clone()
    }

    /// Subscribes a client to the stream.
    pub fn subscribe(&self) -> watch::Receiver<Newest> {
        self.0.subscribe()
    }
}

fn after(before: Option<&Published>, data: String) -> Arc<Published> {
    Arc::new(Published::new(before.map_or(1, |before| before.count + 1), data))
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
        assert_eq!((newest.count, newest.data()), (3, "c"));
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

    #[test]
    fn the_same_fields_are_cut_out_once() {
        let message = Published::new(1, r#"{"a":1,"b":2}"#.to_owned());
        let fields = Fields::from(["b".to_owned()]);
        let first = message.payload(Some(&fields));
        assert_eq!(first.text(), r#"{"b":2}"#);
        assert!(Arc::ptr_eq(&first, &message.payload(Some(&fields))));
        assert_eq!(message.payload(None).text(), message.data());
    }
}
