//! Handling of messages that a receiver does not accept: one mechanism for every sink of a publisher.
//!
//! A transient failure (no connection, no answer in time, 5xx) is retried with exponential back-off. A permanent one
//! (the receiver understands and refuses) is counted and never retried. Many consecutive failures open a circuit
//! breaker: nothing is sent for a while, then a single message once. Every transition is an alert.
//!
//! A WebSocket client is a sink too, but one that opens its own connection: a message that it does not accept in time
//! cannot be sent again (half of it may be in the connection, and TCP has been repeating it all along), so the
//! connection is closed, which corresponds to the open breaker; the client's reconnection is the retry, with its own
//! back-off, and begins with a snapshot.

mod breaker;

use crate::{hub::Hub, settings::ResilienceSettings};
use backon::{ExponentialBuilder, Retryable};
use billiards_protocol::sink::{BreakerState, SinkData};
use breaker::Breaker;
use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
};
use tokio::time::sleep_until;
use tracing::{debug, warn};

/// Destination of messages.
pub(super) trait Sink: Send + Sync + 'static {
    /// Sends a message (JSON), once.
    fn attempt(&self, message: Arc<str>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Completes the delivery of what was sent, at the end.
    fn finish(&self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Reason why a message was not accepted, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The message may be accepted when it is retried.
    Transient(String),
    /// The message will not be accepted, however often it is retried.
    Permanent(String),
}

/// Result of the delivery of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The message was accepted.
    Delivered,
    /// The message will not be accepted.
    Refused,
    /// The message was not accepted for now.
    Failed,
}

/// State of a sink, shared by its sender and its reporters.
#[derive(Debug, Clone)]
pub(super) struct SinkHandle(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    name: String,
    breaker: AtomicU8,
    opened: AtomicU64,
    delivered: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

const STATES: [BreakerState; 3] = [BreakerState::Closed, BreakerState::Open, BreakerState::Probing];

impl SinkHandle {
    /// Creates the handle of a sink that has not been used.
    pub fn new(name: String) -> Self {
        let zero = || AtomicU64::new(0);
        Self(Arc::new(Counts {
            name,
            breaker: AtomicU8::new(BreakerState::Closed as u8),
            opened: zero(),
            delivered: zero(),
            failures: zero(),
            retries: zero(),
            refused: zero(),
            dropped: zero(),
        }))
    }

    /// Returns the name of the sink.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the present state of the sink.
    pub fn data(&self) -> SinkData {
        let counts = &*self.0;
        SinkData {
            name: counts.name.clone(),
            breaker: STATES[usize::from(counts.breaker.load(Relaxed))],
            opened: counts.opened.load(Relaxed),
            delivered: counts.delivered.load(Relaxed),
            failures: counts.failures.load(Relaxed),
            retries: counts.retries.load(Relaxed),
            refused: counts.refused.load(Relaxed),
            dropped: counts.dropped.load(Relaxed),
        }
    }

    /// Counts messages that were never delivered.
    pub fn drop_messages(&self, count: u64) {
        self.0.dropped.fetch_add(count, Relaxed);
    }

    /// Records the breaker's new state and returns the previous one.
    fn enter(&self, state: BreakerState) -> BreakerState {
        if state == BreakerState::Open {
            self.0.opened.fetch_add(1, Relaxed);
        }
        STATES[usize::from(self.0.breaker.swap(state as u8, Relaxed))]
    }
}

/// A sink behind retries and a circuit breaker.
pub(super) struct Guarded<S> {
    pub sink: S,
    handle: SinkHandle,
    breaker: Breaker,
    backoff: ExponentialBuilder,
}

impl<S: Sink> Guarded<S> {
    pub fn new(sink: S, handle: SinkHandle, settings: &ResilienceSettings, hub: Arc<Hub>) -> Self {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(settings.base_delay())
            .with_factor(2.0)
            .without_max_delay()
            .with_max_times(settings.retries.into());
        Self { sink, breaker: Breaker::new(settings, handle.clone(), hub), handle, backoff }
    }

    /// Returns whether the breaker is not open.
    pub fn is_permitted(&self) -> bool {
        self.breaker.retry_at().is_none()
    }

    /// Waits while the breaker is open.
    pub async fn until_permitted(&self) {
        while let Some(at) = self.breaker.retry_at() {
            sleep_until(at.into()).await;
            if self.breaker.permits() {
                return;
            }
            // The breaker's clock has to be past the moment, not at it.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// Delivers a message, with retries where they may help.
    pub async fn deliver(&self, message: Arc<str>) -> Outcome {
        if !self.breaker.permits() {
            return Outcome::Failed;
        }
        let attempt = || self.attempt(Arc::clone(&message));
        let outcome = attempt
            .retry(self.backoff)
            // A probe is a single attempt: when it fails, the breaker is open again.
            .when(|failure| matches!(failure, Failure::Transient(_)) && self.breaker.retry_at().is_none())
            .notify(|_, _| {
                self.handle.0.retries.fetch_add(1, Relaxed);
            })
            .await;
        match outcome {
            Ok(()) => {
                self.handle.0.delivered.fetch_add(1, Relaxed);
                Outcome::Delivered
            }
            Err(Failure::Permanent(reason)) => {
                self.handle.0.refused.fetch_add(1, Relaxed);
                warn!("{} refused a message: {reason}", self.handle.name());
                Outcome::Refused
            }
            Err(Failure::Transient(_)) => Outcome::Failed,
        }
    }

    async fn attempt(&self, message: Arc<str>) -> Result<(), Failure> {
        let outcome = self.sink.attempt(message).await;
        match &outcome {
            // A receiver that refuses a message is reachable.
            Ok(()) | Err(Failure::Permanent(_)) => self.breaker.succeeded(),
            Err(Failure::Transient(reason)) => {
                debug!("{}: {reason}", self.handle.name());
                self.handle.0.failures.fetch_add(1, Relaxed);
                self.breaker.failed(reason);
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{intake::Intake, limits::Limits};
    use billiards_protocol::{alert::AlertData, client_message::SubscribeData, stream::Stream};
    use serde_json::Value;
    use std::{collections::VecDeque, sync::Mutex};

    /// Sink that gives scripted answers, then accepts everything.
    struct Scripted {
        answers: Mutex<VecDeque<Result<(), Failure>>>,
        attempts: AtomicU64,
    }

    impl Sink for Scripted {
        async fn attempt(&self, _: Arc<str>) -> Result<(), Failure> {
            self.attempts.fetch_add(1, Relaxed);
            self.answers.lock().expect("not poisoned").pop_front().unwrap_or(Ok(()))
        }

        async fn finish(&self) -> Result<(), Failure> {
            Ok(())
        }
    }

    struct Bench {
        guarded: Guarded<Scripted>,
        intake: Intake,
    }

    impl Bench {
        fn new(answers: Vec<Result<(), Failure>>, failures: u32) -> Self {
            let settings = ResilienceSettings { retries: 3, base_delay_s: 0.001, failures, open_s: 0.02 };
            let hub = Arc::new(Hub::new(&Limits::default()));
            let mut intake = Intake::new(&hub);
            let wish = SubscribeData { streams: [Stream::Alert].into(), ..SubscribeData::default() };
            intake.subscribe(&wish, &hub.alerts);
            let sink = Scripted { answers: Mutex::new(answers.into()), attempts: AtomicU64::new(0) };
            Self { guarded: Guarded::new(sink, SinkHandle::new("a sink".to_owned()), &settings, hub), intake }
        }

        async fn deliver(&self) -> Outcome {
            self.guarded.deliver("{}".into()).await
        }

        fn attempts(&self) -> u64 {
            self.guarded.sink.attempts.load(Relaxed)
        }

        fn data(&self) -> SinkData {
            self.guarded.handle.data()
        }

        /// Returns the codes of the next alerts.
        async fn alerts(&mut self, count: usize) -> Vec<String> {
            let mut codes = Vec::new();
            for _ in 0..count {
                let item = self.intake.next().await.expect("goes on");
                let alert: Value = serde_json::from_str(item.message.data()).expect("JSON");
                assert_eq!(alert["details"]["sink"], "a sink");
                assert!(serde_json::from_value::<AlertData>(alert.clone()).is_ok());
                codes.push(alert["code"].as_str().expect("a name").to_owned());
            }
            codes
        }
    }

    fn fails(times: usize) -> Vec<Result<(), Failure>> {
        vec![Err(Failure::Transient("no connection".to_owned())); times]
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again() {
        let bench = Bench::new(fails(3), 10);
        assert_eq!(bench.deliver().await, Outcome::Delivered);
        let data = bench.data();
        assert_eq!((bench.attempts(), data.failures, data.retries, data.delivered), (4, 3, 3, 1));
        assert_eq!(data.breaker, BreakerState::Closed);
    }

    #[tokio::test]
    async fn after_three_retries_it_is_given_up() {
        let bench = Bench::new(fails(5), 10);
        assert_eq!(bench.deliver().await, Outcome::Failed);
        assert_eq!(bench.attempts(), 4);
        assert_eq!(bench.deliver().await, Outcome::Delivered);
        assert_eq!(bench.attempts(), 6);
    }

    #[tokio::test]
    async fn what_is_refused_for_good_is_not_tried_again_and_opens_nothing() {
        let bench = Bench::new(vec![Err(Failure::Permanent("400".to_owned())); 20], 10);
        for _ in 0..20 {
            assert_eq!(bench.deliver().await, Outcome::Refused);
        }
        let data = bench.data();
        assert_eq!((bench.attempts(), data.refused, data.failures, data.opened), (20, 20, 0, 0));
    }

    #[tokio::test]
    async fn a_success_between_failures_keeps_the_breaker_closed() {
        let mut answers = fails(9);
        answers.push(Ok(()));
        answers.extend(fails(9));
        let bench = Bench::new(answers, 10);
        for _ in 0..6 {
            bench.deliver().await;
        }
        assert_eq!(bench.data().opened, 0);
    }

    #[tokio::test]
    async fn the_breaker_opens_probes_once_and_closes() {
        let mut bench = Bench::new(fails(11), 10);
        for _ in 0..3 {
            assert_eq!(bench.deliver().await, Outcome::Failed);
        }
        // The tenth failure is the second attempt of the third message: its other retries are not made.
        assert_eq!((bench.attempts(), bench.data().breaker), (10, BreakerState::Open));
        assert_eq!(bench.deliver().await, Outcome::Failed);
        assert_eq!(bench.attempts(), 10, "an open breaker tries nothing");
        assert_eq!(bench.alerts(1).await, ["breaker_opened"]);

        bench.guarded.until_permitted().await;
        assert_eq!(bench.data().breaker, BreakerState::Probing);
        assert_eq!(bench.deliver().await, Outcome::Failed);
        assert_eq!((bench.attempts(), bench.data().breaker), (11, BreakerState::Open), "a probe is one attempt");
        assert_eq!(bench.alerts(2).await, ["breaker_probes", "breaker_opened"]);

        bench.guarded.until_permitted().await;
        assert_eq!(bench.deliver().await, Outcome::Delivered);
        assert_eq!(bench.alerts(2).await, ["breaker_probes", "breaker_closed"]);
        let data = bench.data();
        assert_eq!((data.breaker, data.opened, data.delivered), (BreakerState::Closed, 2, 1));
    }
}
