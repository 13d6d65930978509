//! A receiver's subscription to the streams: selects its next message and when it is due.

use crate::{
    alerts::{Alerts, WAITING},
    fields::Fields,
    hub::Hub,
    topic::{Newest, Published, Topic},
};
use billiards_protocol::{
    client_message::{Compression, SubscribeData, SubscribedData, UnsubscribeData},
    stream::{LatestStream, Stream},
};
use futures_util::future::select_all;
use std::{collections::BTreeSet, future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep_until},
};

/// Maximum time by which a message may be early, to compensate for a late one before it.
const SLACK: Duration = Duration::from_millis(4);

/// Reason why there is nothing more to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The program ends.
    Closed,
    /// Alerts were lost because they were not fetched in time; holds their number.
    Behind(u64),
}

/// A message that a receiver gets.
pub(crate) struct Item {
    pub stream: Stream,
    pub message: Arc<Published>,
    /// Members to keep; `None` keeps all.
    pub fields: Option<Fields>,
    /// Number of messages before this one that the receiver was too slow for.
    pub missed: u64,
    /// Set if nothing but the receiver itself delayed the message: it was news, and its rate is not limited.
    pub prompt: bool,
}

/// A receiver's subscription to the streams.
pub(crate) struct Intake {
    /// One feed for each stream that is not queued.
    feeds: Vec<Feed>,
    /// Index of the feed that is polled first. It rotates, so that a feed that is always ready does not starve the
    /// others.
    first: usize,
    alerts: Option<broadcast::Receiver<Arc<Published>>>,
    alert_fields: Option<Fields>,
    /// Set until the receiver first subscribes or unsubscribes.
    untold: bool,
    pub compression: Compression,
}

impl Intake {
    /// Creates a subscription to the default streams.
    pub fn new(hub: &Hub) -> Self {
        let feed = |(stream, topic): (&LatestStream, &Topic)| {
            let stream = Stream::from(*stream);
            Feed {
                stream,
                wanted: Stream::DEFAULT.contains(&stream),
                news: topic.subscribe(),
                fresh: false,
                prompt: false,
                seen: 0,
                pace: None,
                fields: None,
            }
        };
        Self {
            feeds: hub.topics.iter().map(feed).collect(),
            first: 0,
            alerts: None,
            alert_fields: None,
            untold: true,
            compression: Compression::None,
        }
    }

    /// Applies a subscription. The newest message of each stream that it names comes next.
    pub fn subscribe(&mut self, wish: &SubscribeData, alerts: &Alerts) {
        if std::mem::take(&mut self.untold) {
            self.feeds.iter_mut().for_each(|feed| feed.wanted = false);
        }
        for feed in self.feeds.iter_mut().filter(|feed| wish.streams.contains(&feed.stream)) {
            let pace = wish.max_fps.get(&feed.stream).map(|rate| Pace::new(*rate));
            feed.begin(pace, wish.fields.get(&feed.stream).cloned());
        }
        if wish.streams.contains(&Stream::Alert) {
            self.alerts.get_or_insert_with(|| alerts.subscribe());
            self.alert_fields = wish.fields.get(&Stream::Alert).cloned();
        }
        self.compression = wish.compression.unwrap_or(self.compression);
    }

    /// Removes streams from the subscription.
    pub fn unsubscribe(&mut self, wish: &UnsubscribeData) {
        self.untold = false;
        self.feeds.iter_mut().filter(|feed| wish.streams.contains(&feed.stream)).for_each(|feed| feed.wanted = false);
        if wish.streams.contains(&Stream::Alert) {
            self.alerts = None;
        }
    }

    /// Returns the subscription in force.
    pub fn subscribed(&self) -> SubscribedData {
        let wanted = || self.feeds.iter().filter(|feed| feed.wanted);
        let alerts = self.alerts.is_some();
        let mut streams: BTreeSet<Stream> = wanted().map(|feed| feed.stream).collect();
        streams.extend(alerts.then_some(Stream::Alert));
        let alert_fields = self.alert_fields.as_ref().filter(|_| alerts).map(|fields| (Stream::Alert, fields));
        let fields = wanted().filter_map(|feed| Some((feed.stream, feed.fields.as_ref()?)));
        SubscribedData {
            streams,
            max_fps: wanted().filter_map(|feed| Some((feed.stream, feed.pace?.rate))).collect(),
            fields: fields.chain(alert_fields).map(|(stream, fields)| (stream, fields.clone())).collect(),
            compression: self.compression,
        }
    }

    /// Checks that no more alerts wait than are kept: the excess is lost, even while nothing is fetched.
    pub fn is_behind(&self) -> Result<(), Over> {
        let waiting = self.alerts.as_ref().map_or(0, broadcast::Receiver::len);
        match waiting.checked_sub(WAITING) {
            None | Some(0) => Ok(()),
            Some(lost) => Err(Over::Behind(lost as u64)),
        }
    }

    /// Returns the newest messages of all streams that are not queued, and counts them as received.
    pub fn snapshot(&mut self) -> Vec<(Stream, Newest)> {
        self.feeds.iter_mut().map(|feed| (feed.stream, feed.skip())).collect()
    }

    /// Waits until the state is published for the first time.
    pub async fn first_state(&mut self) -> Result<(), Over> {
        let state = self.feeds.iter_mut().find(|feed| feed.stream == Stream::State).ok_or(Over::Closed)?;
        state.news.changed().await.map_err(|_| Over::Closed)
    }

    /// Returns the next message. Cancel safe: no message is lost if the future is dropped.
    pub async fn next(&mut self) -> Result<Item, Over> {
        let count = self.feeds.len();
        let (before, after) = self.feeds.split_at_mut(self.first);
        let ready = after.iter_mut().chain(before).map(|feed| Box::pin(feed.ready()));
        // Alerts take precedence.
        let place = tokio::select! {
            biased;
            alert = next_alert(self.alerts.as_mut()) => {
                let fields = self.alert_fields.clone();
                return alert.map(|message| Item { stream: Stream::Alert, message, fields, missed: 0, prompt: true });
            }
            (ready, place, _) = select_all(ready) => ready.map(|()| place)?,
        };
        let place = (self.first + place) % count;
        self.first = (place + 1) % count;
        Ok(self.feeds[place].take(Instant::now()))
    }
}

async fn next_alert(alerts: Option<&mut broadcast::Receiver<Arc<Published>>>) -> Result<Arc<Published>, Over> {
    let Some(alerts) = alerts else { return pending().await };
    alerts.recv().await.map_err(|error| match error {
        broadcast::error::RecvError::Closed => Over::Closed,
        broadcast::error::RecvError::Lagged(lost) => Over::Behind(lost),
    })
}

/// Rate limit of a stream's messages.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Maximum number of messages per second.
    rate: f64,
    period: Duration,
    /// Time at which the next message is due.
    next: Option<Instant>,
}

impl Pace {
    fn new(rate: f64) -> Self {
        Self { rate, period: Duration::from_secs_f64(1.0 / rate), next: None }
    }

    /// Records that a message is sent now. Returns the number of further messages that the rate would have permitted
    /// since it was due.
    fn step(&mut self, now: Instant) -> u64 {
        let Some(due) = self.next else {
            self.next = Some(now + self.period);
            return 0;
        };
        let late = now.saturating_duration_since(due);
        // In the long run never faster than requested: a delay is made up for, but only within the slack.
        self.next = Some(due.max(now.checked_sub(SLACK.min(self.period / 4)).unwrap_or(now)) + self.period);
        (late.as_secs_f64() / self.period.as_secs_f64()) as u64
    }
}

/// A receiver's subscription to a stream of which only the newest message matters.
struct Feed {
    stream: Stream,
    wanted: bool,
    news: watch::Receiver<Newest>,
    /// Set while there is a message that has not been taken.
    fresh: bool,
    /// Set if that message is news that may be sent at once.
    prompt: bool,
    /// Number of the last message taken.
    seen: u64,
    pace: Option<Pace>,
    fields: Option<Fields>,
}

impl Feed {
    /// Subscribes to the stream from its newest message on, with these options.
    fn begin(&mut self, pace: Option<Pace>, fields: Option<Fields>) {
        let newest = self.news.borrow_and_update().as_ref().map(|newest| newest.count);
        // Messages before the subscription do not count as missed.
        (self.seen, self.fresh) = (newest.map_or(0, |count| count - 1), newest.is_some());
        // Subscribing again does not bring the next message forward.
        let next = self.pace.and_then(|pace| pace.next).filter(|_| self.wanted);
        self.pace = pace.map(|pace| Pace { next: next.map(|next| next.min(Instant::now() + pace.period)), ..pace });
        (self.wanted, self.fields, self.prompt) = (true, fields, false);
    }

    /// Returns the newest message and counts it as received.
    fn skip(&mut self) -> Newest {
        let newest = self.news.borrow_and_update().clone();
        (self.seen, self.fresh) = (newest.as_ref().map_or(0, |newest| newest.count), false);
        newest
    }

    /// Waits until there is a message to take and it is due.
    async fn ready(&mut self) -> Result<(), Over> {
        if !self.wanted {
            return pending().await;
        }
        if !self.fresh {
            self.news.changed().await.map_err(|_| Over::Closed)?;
            (self.fresh, self.prompt) = (true, self.pace.is_none());
        }
        if let Some(due) = self.pace.and_then(|pace| pace.next).filter(|due| *due > Instant::now()) {
            sleep_until(due).await;
        }
        Ok(())
    }

    /// Takes the newest message. Those between it and the last one were withheld by the rate limit, or missed.
    fn take(&mut self, now: Instant) -> Item {
        self.fresh = false;
        let message = self.news.borrow_and_update().clone().expect("a feed that is ready has a message");
        let between = message.count.saturating_sub(self.seen + 1);
        let missed = self.pace.as_mut().map_or(between, |pace| pace.step(now).min(between));
        self.seen = message.count;
        Item { stream: self.stream, message, fields: self.fields.clone(), missed, prompt: self.prompt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use billiards_protocol::alert::AlertEvent;
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    /// Returns the value of a future that is ready without waiting.
    fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    /// Returns stream, number and missed messages of everything that is ready without waiting.
    fn all(intake: &mut Intake) -> Vec<(Stream, u64, u64)> {
        std::iter::from_fn(|| poll(intake.next()))
            .map(|item| item.expect("goes on"))
            .map(|item| (item.stream, item.message.count, item.missed))
            .collect()
    }

    fn wish(streams: &[Stream]) -> SubscribeData {
        SubscribeData { streams: streams.iter().copied().collect(), ..SubscribeData::default() }
    }

    fn publish(topic: &Topic, times: u64) {
        (0..times).for_each(|i| topic.publish(i.to_string()));
    }

    #[test]
    fn who_asks_for_nothing_gets_state_and_trajectory() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        for topic in hub.topics.values() {
            publish(topic, 1);
        }
        hub.alerts.raise(AlertEvent::TableMoved {});
        let mut got = all(&mut intake);
        got.sort_unstable();
        assert_eq!(got, [(Stream::State, 1, 0), (Stream::Trajectory, 1, 0)]);
        assert_eq!(intake.subscribed().streams, Stream::DEFAULT.into());
    }

    #[test]
    fn what_was_too_fast_is_counted_and_what_was_not_wanted_is_not() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        publish(&hub.topics[&LatestStream::State], 3);
        assert_eq!(all(&mut intake), [(Stream::State, 3, 2)]);
        intake.unsubscribe(&UnsubscribeData { streams: [Stream::State].into() });
        publish(&hub.topics[&LatestStream::State], 4);
        assert_eq!(all(&mut intake), []);
        intake.subscribe(&wish(&[Stream::State]), &hub.alerts);
        assert_eq!(all(&mut intake), [(Stream::State, 7, 0)], "the newest comes at once, nothing was missed");
        publish(&hub.topics[&LatestStream::State], 1);
        assert_eq!(all(&mut intake), [(Stream::State, 8, 0)]);
    }

    #[test]
    fn the_first_wish_replaces_the_default_and_later_ones_add_to_it() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        intake.subscribe(&wish(&[Stream::Config]), &hub.alerts);
        assert_eq!(intake.subscribed().streams, [Stream::Config].into());
        let mut more = wish(&[Stream::State, Stream::Alert]);
        more.max_fps.insert(Stream::State, 5.0);
        more.fields.insert(Stream::Alert, ["code".to_owned()].into());
        more.compression = Some(Compression::Zlib);
        intake.subscribe(&more, &hub.alerts);
        let subscribed = intake.subscribed();
        assert_eq!(subscribed.streams, [Stream::State, Stream::Alert, Stream::Config].into());
        assert_eq!((subscribed.max_fps, subscribed.fields), (more.max_fps, more.fields));
        assert_eq!(subscribed.compression, Compression::Zlib);
        intake.unsubscribe(&UnsubscribeData { streams: Stream::ALL.into() });
        let nothing = SubscribedData { compression: Compression::Zlib, ..SubscribedData::default() };
        assert_eq!(intake.subscribed(), nothing);
    }

    #[test]
    fn alerts_come_one_by_one_and_before_the_rest_until_too_many_wait() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        intake.subscribe(&wish(&[Stream::Alert, Stream::State]), &hub.alerts);
        publish(&hub.topics[&LatestStream::State], 1);
        let raise = || hub.alerts.raise(AlertEvent::TableMoved {});
        (0..3).for_each(|_| raise());
        let alert = |count| (Stream::Alert, count, 0);
        assert_eq!(all(&mut intake), [alert(1), alert(2), alert(3), (Stream::State, 1, 0)]);
        (0..300).for_each(|_| raise());
        assert_eq!(poll(intake.next()).map(|item| item.err()), Some(Some(Over::Behind(44))));
    }

    #[test]
    fn a_stream_that_always_has_something_does_not_hide_the_others() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        publish(&hub.topics[&LatestStream::State], 1);
        publish(&hub.topics[&LatestStream::Trajectory], 1);
        let next = |intake: &mut Intake| {
            let item = poll(intake.next()).expect("there is something").expect("goes on");
            publish(&hub.topics[&LatestStream::State], 1);
            item.stream
        };
        let mut streams: Vec<Stream> = (0..2).map(|_| next(&mut intake)).collect();
        streams.sort_unstable();
        assert_eq!(streams, [Stream::State, Stream::Trajectory]);
        publish(&hub.topics[&LatestStream::Trajectory], 1);
        let streams: Vec<Stream> = (0..2).map(|_| next(&mut intake)).collect();
        assert!(streams.contains(&Stream::Trajectory), "{streams:?}");
    }

    #[test]
    fn a_limited_stream_is_withheld_without_a_gap() {
        let hub = Hub::new(&Limits::default());
        let mut intake = Intake::new(&hub);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let _inside = runtime.enter();
        let mut slow = wish(&[Stream::State]);
        slow.max_fps.insert(Stream::State, 0.1);
        intake.subscribe(&slow, &hub.alerts);
        publish(&hub.topics[&LatestStream::State], 1);
        assert_eq!(all(&mut intake), [(Stream::State, 1, 0)]);
        publish(&hub.topics[&LatestStream::State], 5);
        assert_eq!(all(&mut intake), [], "ten seconds are not over");
        // Subscribing again does not bypass the limit.
        intake.subscribe(&slow, &hub.alerts);
        assert_eq!(all(&mut intake), []);
        // Without the limit the message comes at once; withheld messages are no gap.
        intake.subscribe(&wish(&[Stream::State]), &hub.alerts);
        assert_eq!(all(&mut intake), [(Stream::State, 6, 0)]);
    }

    #[test]
    fn a_pace_is_kept_in_the_mean_and_tells_what_did_not_fit() {
        let start = Instant::now();
        let mut pace = Pace::new(10.0);
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(pace.step(at(0)), 0);
        let mut sent = Vec::new();
        for ms in 1..=10_000 {
            // Every message is two milliseconds late.
            if pace.next.is_some_and(|due| at(ms) >= due + Duration::from_millis(2)) {
                assert_eq!(pace.step(at(ms)), 0);
                sent.push(ms);
            }
        }
        assert!((99..=100).contains(&sent.len()), "{}", sent.len());
        assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= 98));
        // Blocked for 350 ms beyond the due time: three messages could have been sent meanwhile.
        let due = pace.next.expect("known");
        assert_eq!(pace.step(due + Duration::from_millis(350)), 3);
    }
}
