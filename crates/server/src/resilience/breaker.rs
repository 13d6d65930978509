//! Circuit breaker: stops sending to a sink that fails repeatedly, and probes it once in a while.

use crate::{alerts::Alerts, hub::Hub, resilience::SinkHandle, settings::ResilienceSettings};
use billiards_protocol::{alert::AlertEvent, sink::BreakerState};
use failsafe::{
    Config, Instrument, StateMachine,
    backoff::{self, Constant},
    failure_policy::{self, ConsecutiveFailures},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tracing::{info, warn};

/// Circuit breaker of one sink.
pub(super) struct Breaker {
    machine: StateMachine<ConsecutiveFailures<Constant>, Herald>,
    last: Arc<Mutex<Last>>,
}

/// Details of the last failure, for the alerts.
#[derive(Default)]
struct Last {
    reason: String,
    retry_at: Option<Instant>,
}

impl Breaker {
    pub fn new(settings: &ResilienceSettings, sink: SinkHandle, hub: Arc<Hub>) -> Self {
        let policy = failure_policy::consecutive_failures(settings.failures, backoff::constant(settings.open()));
        let last = Arc::new(Mutex::new(Last::default()));
        let herald = Herald { sink, hub, open: settings.open(), last: Arc::clone(&last) };
        Self { machine: Config::new().failure_policy(policy).instrument(herald).build(), last }
    }

    /// Returns whether the sink may be used now. This may begin a probe.
    pub fn permits(&self) -> bool {
        self.machine.is_call_permitted()
    }

    /// Returns the time at which the sink may be used again; `None` if it may be used now.
    pub fn retry_at(&self) -> Option<Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).retry_at
    }

    pub fn succeeded(&self) {
        self.machine.on_success();
    }

    pub fn failed(&self, reason: &str) {
        reason.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner).reason);
        self.machine.on_error();
    }
}

/// Reports every transition.
struct Herald {
    sink: SinkHandle,
    hub: Arc<Hub>,
    open: Duration,
    last: Arc<Mutex<Last>>,
}

impl Herald {
    /// Records the new state and returns whether it differs from the previous one.
    fn enters(&self, state: BreakerState) -> bool {
        self.sink.enter(state) != state
    }

    fn alerts(&self) -> &Alerts {
        &self.hub.alerts
    }
}

impl Instrument for Herald {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retry_at = Some(Instant::now() + self.open);
        self.enters(BreakerState::Open);
        let (sink, reason) = (self.sink.name().to_owned(), last.reason.clone());
        warn!("{sink} keeps failing, next attempt in {:.1} s: {reason}", self.open.as_secs_f64());
        self.alerts().raise(AlertEvent::BreakerOpened { sink, retry_in_s: self.open.as_secs_f64(), reason });
    }

    fn on_half_open(&self) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).retry_at = None;
        self.enters(BreakerState::Probing);
        self.alerts().raise(AlertEvent::BreakerProbes { sink: self.sink.name().to_owned() });
    }

    fn on_closed(&self) {
        // A new breaker is closed; that is not reported.
        if self.enters(BreakerState::Closed) {
            info!("{} accepts messages again", self.sink.name());
            self.alerts().raise(AlertEvent::BreakerClosed { sink: self.sink.name().to_owned() });
        }
    }
}
