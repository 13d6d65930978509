//! Requests of browsers to the program, and its answers.
//!
//! The program never waits for a client: an answer that is no longer awaited is dropped.

use crate::problem::Problem;
use axum::http::StatusCode;
use billiards_table::command::{Command, Refusal};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};
use tracing::debug;

/// Maximum number of requests that may wait; a further one is refused.
const ROOM: usize = 64;

/// Timeout of a request, after which the program counts as hung: an update takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

type Outcome = Result<(), Refusal>;

/// A request of a client, and the channel for its answer.
struct Request {
    command: Command,
    answer: oneshot::Sender<Outcome>,
}

/// The clients' end.
#[derive(Clone)]
pub(crate) struct Mailbox(Sender<Request>);

/// The program's end: it handles requests in the order in which they arrived, and answers each when the update is over,
/// so that the reported state already includes the result.
pub struct Requests {
    waiting: Receiver<Request>,
    done: Vec<(oneshot::Sender<Outcome>, Outcome)>,
}

/// Creates both ends.
pub(crate) fn mailbox() -> (Mailbox, Requests) {
    let (sender, waiting) = bounded(ROOM);
    (Mailbox(sender), Requests { waiting, done: Vec::new() })
}

impl Mailbox {
    /// Has a command executed, and waits for the result.
    pub async fn ask(&self, command: impl Into<Command>) -> Result<(), Problem> {
        let (answer, outcome) = oneshot::channel();
        self.0.try_send(Request { command: command.into(), answer }).map_err(|error| {
            let detail = match error {
                TrySendError::Full(_) => "too many requests wait already; try again in a moment",
                TrySendError::Disconnected(_) => "the program is shutting down",
            };
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1)
        })?;
        match timeout(PATIENCE, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(_)) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the program is shutting down")),
            Err(_) => {
                let detail = format!("the program has not answered for {} s", PATIENCE.as_secs());
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(5))
            }
        }
    }
}

impl Requests {
    /// Handles the requests that have arrived so far, each once, in order.
    pub fn obey(&mut self, mut obey: impl FnMut(&Command) -> Outcome) {
        for Request { command, answer } in self.waiting.try_iter().take(ROOM) {
            self.done.push((answer, obey(&command)));
        }
    }

    /// Sends the clients the results of their requests.
    pub fn answer(&mut self) {
        for (answer, outcome) in self.done.drain(..) {
            if answer.send(outcome).is_err() {
                debug!("a client did not wait for its answer");
            }
        }
    }
}
