//! What browsers ask of the program, and its answers.
//!
//! Nobody waits for a client: an answer that nobody awaits any more is dropped.

use crate::problem::Problem;
use axum::http::StatusCode;
use billiards_table::command::{Command, Refusal};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};
use tracing::debug;

/// Requests that may wait; one more is refused.
const ROOM: usize = 64;

/// An update takes milliseconds; a program that does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(5);

type Outcome = Result<(), Refusal>;

/// A request of a client, and where its answer goes.
pub struct Request {
    command: Command,
    answer: oneshot::Sender<Outcome>,
}

/// The clients' end.
#[derive(Clone)]
pub(crate) struct Mailbox(Sender<Request>);

/// The program's end: it takes requests in the order in which they came, and answers each when the update is over, so that
/// the boards show what has come of it.
pub struct Requests {
    waiting: Receiver<Request>,
    done: Vec<(oneshot::Sender<Outcome>, Outcome)>,
}

/// Both ends.
pub(crate) fn mailbox() -> (Mailbox, Requests) {
    let (sender, waiting) = bounded(ROOM);
    (Mailbox(sender), Requests { waiting, done: Vec::new() })
}

impl Mailbox {
    /// Has a command done, and waits until it is.
    pub async fn ask(&self, command: impl Into<Command>) -> Result<(), Problem> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(Request { command: command.into(), answer }).map_err(|error| {
            let detail = match error {
                TrySendError::Full(_) => "too many requests wait already; try again in a moment",
                TrySendError::Disconnected(_) => "the program ends",
            };
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1)
        })?;
        match timeout(PATIENCE, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(_)) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the program ends")),
            Err(_) => {
                let detail = format!("the program has not answered for {} s", PATIENCE.as_secs());
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(5))
            }
        }
    }
}

impl Requests {
    /// Does what is asked so far, each request once, in order.
    pub fn obey(&mut self, mut obey: impl FnMut(&Command) -> Outcome) {
        for Request { command, answer } in self.waiting.try_iter().take(ROOM) {
            self.done.push((answer, obey(&command)));
        }
    }

    /// Tells the clients what has come of their requests.
    pub fn answer(&mut self) {
        for (answer, outcome) in self.done.drain(..) {
            if answer.send(outcome).is_err() {
                debug!("a client did not wait for its answer");
            }
        }
    }
}
