//! What browsers ask of the program, and its answers.
//!
//! The ECS takes requests from a bounded channel, does them in the order in which they came, and answers each when the
//! update is over: then the boards show what has come of it. Nobody waits for a client: an answer that nobody awaits any
//! more is dropped.

use super::problem::Problem;
use crate::operate::{Command, Controls, Refusal};
use axum::http::StatusCode;
use bevy::prelude::*;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};

/// Requests that may wait; one more is refused.
const ROOM: usize = 64;
/// An update takes milliseconds; a program that does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(5);

type Outcome = Result<(), Refusal>;

/// A request, and where its answer goes.
pub(super) struct Request {
    command: Command,
    answer: oneshot::Sender<Outcome>,
}

/// The clients' end.
#[derive(Clone)]
pub(super) struct Mailbox(Sender<Request>);

/// The ECS's end.
#[derive(Resource)]
pub(super) struct Requests {
    waiting: Receiver<Request>,
    done: Vec<(oneshot::Sender<Outcome>, Outcome)>,
}

/// Both ends.
pub(super) fn mailbox() -> (Mailbox, Requests) {
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

/// Does what is asked.
pub(super) fn obey(mut requests: ResMut<Requests>, mut controls: Controls) {
    let waiting: Vec<Request> = requests.waiting.try_iter().take(ROOM).collect();
    for Request { command, answer } in waiting {
        let outcome = controls.obey(&command);
        requests.done.push((answer, outcome));
    }
}

/// Answers, once what was done is published.
pub(super) fn answer(mut requests: ResMut<Requests>) {
    for (answer, outcome) in requests.done.drain(..) {
        if answer.send(outcome).is_err() {
            debug!("a client did not wait for its answer");
        }
    }
}
