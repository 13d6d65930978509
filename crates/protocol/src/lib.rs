//! Messages of a billiards trainer: those of its WebSocket in both directions, the reports of its REST interface, and a
//! JSON Schema of the messages ([`schema`]). Plain data without transport.
//!
//! Every message is wrapped in an [`envelope::Envelope`]; `docs/protocol/README.md` shows an example of each.

pub mod alert;
pub mod calibration;
pub mod client_message;
pub mod counters;
pub mod envelope;
pub mod health;
pub mod message;
pub mod performance;
pub mod schema;
pub mod shot;
pub mod sink;
pub mod storage;
pub mod stream;
pub mod validation;
pub mod vision;

pub use message::json;
