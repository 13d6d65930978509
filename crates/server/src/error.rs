//! Errors of the server's start.

use std::{io, net::SocketAddr};

/// Reason why the remote view cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Another program listens on the address.
    #[error("cannot listen on {0}: address in use; stop the other program or choose another with --listen")]
    AddressInUse(SocketAddr),
    /// The system does not let this user listen on the address.
    #[error("cannot listen on {0}: permission denied; choose a port above 1023 with --listen")]
    PermissionDenied(SocketAddr),
    /// The address belongs to another computer.
    #[error("cannot listen on {0}: this computer has no such address; choose one that it has with --listen")]
    NoSuchAddress(SocketAddr),
    /// Listening failed for another reason.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Address to listen on.
        address: SocketAddr,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The system provides no threads or no event queue.
    #[error("cannot start the remote view's runtime: {0}")]
    Runtime(io::Error),
}
