//! The latest alerts: each client reads them at its own position, and none is replaced by a newer one.

use crate::topic::Published;
use billiards_protocol::{
    alert::{AlertData, AlertEvent},
    json,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;
use tracing::trace;

/// Maximum number of alerts that wait for a client; one that falls further behind is disconnected.
pub(crate) const WAITING: usize = 256;

/// The latest alerts: each client reads them at its own position.
#[derive(Debug)]
pub(crate) struct Alerts {
    sender: broadcast::Sender<Arc<Published>>,
    count: Mutex<u64>,
}

impl Alerts {
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING), count: Mutex::new(0) }
    }

    /// Sends an alert to all clients, without waiting.
    pub fn raise(&self, event: AlertEvent) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let alert = Published::new(*count, json(&AlertData::from(event)));
        // Without receivers there is nobody to send it to.
        if self.sender.send(Arc::new(alert)).is_err() {
            trace!("nobody listens to alerts");
        }
    }

    /// Returns the number of alerts raised so far.
    pub fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes to the alerts from now on.
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
