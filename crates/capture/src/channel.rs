//! A slot that passes values from one thread to the next, one value deep: the newest wins, or the sender waits. Also
//! the token that ends such threads.

use super::Delivery;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError, bounded, select_biased};
use std::{convert::Infallible, time::Duration};

/// Handle of running threads: those that hold its token run until it is dropped.
pub struct StopHandle {
    /// Never sends; only its disconnect is observed.
    _lifeline: Sender<Infallible>,
}

/// Token that tells a thread when to end.
#[derive(Clone)]
pub struct StopToken(Receiver<Infallible>);

/// Creates a handle and its token.
pub fn stop_pair() -> (StopHandle, StopToken) {
    let (lifeline, ended) = bounded(1);
    (StopHandle { _lifeline: lifeline }, StopToken(ended))
}

impl StopToken {
    /// Returns whether the handle has been dropped.
    pub fn is_stopped(&self) -> bool {
        matches!(self.0.try_recv(), Err(TryRecvError::Disconnected))
    }

    /// Sleeps for `time`, or until the handle is dropped; returns whether it was dropped.
    pub fn sleep(&self, time: Duration) -> bool {
        matches!(self.0.recv_timeout(time), Err(RecvTimeoutError::Disconnected))
    }

    /// Returns the channel that disconnects when the handle is dropped, for `select!`.
    pub fn channel(&self) -> &Receiver<Infallible> {
        &self.0
    }
}

/// Error for a value that was not taken: the sending thread is to end, or the receiver is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// The sending end of a [`slot`].
pub struct SlotSender<T> {
    sender: Sender<T>,
    /// Receiver to take back a value that was not fetched in time; `None` if the sender waits.
    unfetched: Option<Receiver<T>>,
    stop: StopToken,
}

/// Creates a channel for one value between two threads; [`Delivery::Latest`] replaces a value that was not fetched,
/// [`Delivery::EveryFrame`] makes the sender wait.
pub fn slot<T>(delivery: Delivery, stop: StopToken) -> (SlotSender<T>, Receiver<T>) {
    let (sender, receiver) = bounded(1);
    let unfetched = (delivery == Delivery::Latest).then(|| receiver.clone());
    (SlotSender { sender, unfetched, stop }, receiver)
}

impl<T> SlotSender<T> {
    /// Sends a value: at once, replacing one that was not fetched, or as soon as there is room.
    ///
    /// # Errors
    /// [`Stopped`] if the thread is to end or the receiver is gone; the value is lost.
    pub fn send(&self, value: T) -> Result<(), Stopped> {
        match &self.unfetched {
            Some(unfetched) => self.replace(unfetched, value),
            None => select_biased! {
                recv(self.stop.channel()) -> _ => Err(Stopped),
                send(self.sender, value) -> sent => sent.map_err(|_| Stopped),
            },
        }
    }

    fn replace(&self, unfetched: &Receiver<T>, mut value: T) -> Result<(), Stopped> {
        while !self.stop.is_stopped() {
            match self.sender.try_send(value) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) => {
                    // The receiver may have been faster; then there is room as well.
                    drop(unfetched.try_recv());
                    value = back;
                }
                Err(TrySendError::Disconnected(_)) => return Err(Stopped),
            }
        }
        Err(Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_newest_wins_and_the_sender_never_waits() {
        let (_stop, token) = stop_pair();
        let (sender, receiver) = slot(Delivery::Latest, token);
        (0..100).for_each(|k| sender.send(k).unwrap());
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [99]);
        drop(sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    }

    #[test]
    fn every_value_arrives_in_order() {
        let (_stop, token) = stop_pair();
        let (sender, receiver) = slot(Delivery::EveryFrame, token);
        let sender = thread::spawn(move || (0..100).all(|k| sender.send(k).is_ok()));
        assert!(receiver.iter().eq(0..100));
        assert!(sender.join().unwrap());
    }

    #[test]
    fn a_waiting_sender_hears_the_end() {
        let (stop, token) = stop_pair();
        let (sender, receiver) = slot(Delivery::EveryFrame, token.clone());
        sender.send(1).unwrap();
        let sender = thread::spawn(move || sender.send(2));
        drop(stop);
        assert_eq!(sender.join().unwrap(), Err(Stopped));
        assert!(token.is_stopped() && token.sleep(Duration::from_secs(3600)));
        drop(receiver);
    }
}
