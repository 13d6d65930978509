//! A billiards table in browsers: one port that serves a page, a REST interface and a WebSocket, independent of the
//! program that knows the table.
//!
//! ```text
//!  the program ──► hub: the newest message of each stream ──► one task per client ──► browsers
//!              ──► boards: the state that the REST interface reports
//!              ◄── requests: commands of operators ◄─────────────────────────────────────┘
//! ```
//!
//! The program only ever replaces the newest message of a stream and never waits; a message that a slow client missed
//! is gone, not queued. The sockets live on a runtime of their own.
//!
//! # Over HTTP
//!
//! | path | answer |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /api/v1/ws` | the WebSocket |
//! | `/api/v1/…` | the REST interface, described by `GET /api/v1/openapi.json`; `GET /api/docs` shows the description |
//! | `GET /metrics` | metrics for Prometheus |
//!
//! Requests from this computer may read without a token; requests from elsewhere, and all requests that change
//! anything, need one ([`access`]).
//!
//! Refusals are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems (`application/problem+json`). A request
//! must name this computer in `Host` (`localhost`, a loopback address or the address listened on), so that a foreign
//! page cannot reach the table through a name that it points here. A browser may open the WebSocket only from a page
//! that this very server served.
//!
//! # Over the WebSocket
//!
//! The WebSocket carries the messages of [`billiards_protocol`]. A client that subscribes to nothing receives a
//! snapshot, then `state` and `trajectory`. A stream of which only the newest message matters is a topic; an event that
//! happens once is an alert, queued for each client.
//!
//! # Publishers
//!
//! A publisher posts messages to a web address or writes them to a file, behind retries and a circuit breaker;
//! [`settings`] define the destinations.

pub mod access;
mod alerts;
mod api;
mod assemble;
pub mod boards;
mod complaints;
mod counters;
mod error;
mod fields;
mod frames;
mod guard;
mod hub;
mod intake;
mod limiter;
mod limits;
mod log_tail;
mod mailbox;
mod metrics;
mod page;
mod payload;
pub mod phone;
mod places;
mod problem;
mod publisher;
mod resilience;
mod serve;
mod server;
pub mod settings;
mod state;
pub mod times;
mod topic;
mod vitals;
mod websocket;

pub use error::RemoteError;
pub use hub::Hub;
pub use limits::Limits;
pub use log_tail::{LogLine, LogTail};
pub use mailbox::Requests;
pub use server::{Server, ServerConfig, bind};
pub use topic::Published;
pub use vitals::Vitals;
pub use websocket::close_code;
