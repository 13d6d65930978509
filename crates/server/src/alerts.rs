//! The alerts of late: each client has its own place in them, and none is replaced by a newer one.

use crate::topic::Published;
use billiards_protocol::{
    alert::{AlertData, AlertEvent},
    json,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;
use tracing::trace;

/// So many alerts wait for a client; one that is further behind is closed.
pub(crate) const WAITING: usize = 256;

/// The alerts of late: each client has its own place in them.
#[derive(Debug)]
pub(crate) struct Alerts {
    sender: broadcast::Sender<Arc<Published>>,
    count: Mutex<u64>,
}

impl Alerts {
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING), count: Mutex::new(0) }
    }

    /// Tells all clients, and waits for none.
    pub fn raise(&self, event: AlertEvent) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let alert = Published::new(*count, json(&AlertData::from(event)));
        // Where nobody listens, there is nobody to tell.
        if self.sender.send(Arc::new(alert)).is_err() {
            trace!("nobody listens to alerts");
        }
    }

    /// How many there have been.
    pub fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The alerts from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listener_hears_every_alert_until_it_is_too_far_behind() {
        let alerts = Alerts::new();
        let mut listener = alerts.subscribe();
        for _ in 0..WAITING {
            alerts.raise(AlertEvent::TableMoved {});
        }
        for count in 1..=WAITING as u64 {
            assert_eq!(listener.try_recv().expect("waits").count, count);
        }
        for _ in 0..=WAITING {
            alerts.raise(AlertEvent::TableMoved {});
        }
        assert!(matches!(listener.try_recv(), Err(broadcast::error::TryRecvError::Lagged(1))));
    }
}
