//! Reasons why a connection ends, and the close frames that report them to the client.

use crate::websocket::MAX_MESSAGE;
use std::{fmt, time::Duration};
use tokio_tungstenite::tungstenite::{
    Error,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// Maximum number of pings that may stay unanswered.
pub(super) const UNANSWERED: u32 = 2;

/// Codes with which this server closes a connection, beyond those of the standard.
///
/// 4000 to 4099: the client may reconnect after a while. 4100 to 4199: it must not, until somebody has changed
/// something.
pub mod close_code {
    /// Close code for a client that did not accept a message in time.
    pub const TOO_SLOW: u16 = 4000;
    /// Close code for a client that did not answer pings.
    pub const SILENT: u16 = 4001;
    /// Close code for a client for which more alerts waited than are kept.
    pub const BEHIND: u16 = 4002;

    /// Returns whether a client that was closed with this code may reconnect automatically.
    #[must_use]
    pub fn may_retry(code: u16) -> bool {
        !matches!(code, 1002 | 1003 | 1007 | 1008 | 1009 | 1010 | 4100..=4199)
    }
}

/// Reason why a client is no longer served.
#[derive(Debug)]
pub(super) enum Ending {
    /// The client disconnected, with a close frame or without.
    Left,
    /// The server stops.
    Stopping,
    /// No state has been published yet.
    NotReady,
    /// The client or this server violated the protocol.
    Broke(Error),
    /// The client sent far more messages than its rate limit permits.
    Abusive,
    /// The client did not accept a message in time.
    Slow(Duration),
    /// The client did not answer pings.
    Silent,
    /// The client was too slow for this number of alerts.
    Behind(u64),
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Left,
            Error::Capacity(_) | Error::Utf8(_) | Error::Protocol(_) | Error::WriteBufferFull(_) => Self::Broke(error),
            _ => Self::Left,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("it left"),
            Self::Stopping => f.write_str("the server ends"),
            Self::NotReady => f.write_str("there is no state yet"),
            Self::Broke(error) => write!(f, "{error}"),
            Self::Abusive => f.write_str("it sent far more messages than it may"),
            Self::Slow(limit) => write!(f, "it did not take a message within {:.1} s", limit.as_secs_f64()),
            Self::Silent => write!(f, "it left {UNANSWERED} pings unanswered"),
            Self::Behind(lost) => write!(f, "it was too slow for {lost} alerts"),
        }
    }
}

impl Ending {
    /// Returns the close frame to send; `None` for a client that has disconnected.
    pub fn close_frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left => return None,
            Self::Stopping => (CloseCode::Away, "the server ends".to_owned()),
            Self::NotReady => (CloseCode::Again, "there is no state yet; try again in some seconds".to_owned()),
            Self::Broke(Error::Capacity(_)) => {
                (CloseCode::Size, format!("a message may have {} KiB", MAX_MESSAGE / 1024))
            }
            Self::Broke(Error::WriteBufferFull(_)) => {
                (CloseCode::Error, "a message does not fit this connection".to_owned())
            }
            Self::Broke(Error::Utf8(_)) => (CloseCode::Invalid, "a text must be UTF-8".to_owned()),
            Self::Broke(_) => (CloseCode::Protocol, "not WebSocket".to_owned()),
            Self::Abusive => (CloseCode::Policy, "far more messages than a client may send".to_owned()),
            Self::Slow(_) => (close_code::TOO_SLOW.into(), self.to_string()),
            Self::Silent => (close_code::SILENT.into(), self.to_string()),
            Self::Behind(_) => (close_code::BEHIND.into(), self.to_string()),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::error::CapacityError;

    #[test]
    fn an_ending_tells_the_client_why() {
        let code = |ending: Ending| ending.close_frame().map(|frame| u16::from(frame.code));
        let too_long = CapacityError::MessageTooLong { size: 70_000, max_size: MAX_MESSAGE };
        for (ending, wanted, retry) in [
            (Ending::Stopping, 1001, true),
            (Error::from(too_long).into(), 1009, false),
            (Error::Utf8("bad".to_owned()).into(), 1007, false),
            (Error::Protocol(ProtocolError::InvalidOpcode(3)).into(), 1002, false),
            (Ending::NotReady, 1013, true),
            (Ending::Abusive, 1008, false),
            (Ending::Slow(Duration::from_secs(5)), 4000, true),
            (Ending::Silent, 4001, true),
            (Ending::Behind(3), 4002, true),
        ] {
            assert_eq!(code(ending), Some(wanted));
            assert_eq!(close_code::may_retry(wanted), retry, "{wanted}");
        }
        assert_eq!(code(Error::ConnectionClosed.into()), None);
        assert!(close_code::may_retry(1006) && !close_code::may_retry(4100));
    }
}
