//! Why the server does not start.

use std::{io, net::SocketAddr};

/// Why there is no remote view.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Another program listens there.
    #[error("cannot listen on {0}: address in use; stop the other program or choose another with --listen")]
    AddressInUse(SocketAddr),
    /// The system does not let this user listen there.
    #[error("cannot listen on {0}: permission denied; choose a port above 1023 with --listen")]
    PermissionDenied(SocketAddr),
    /// The address belongs to another computer.
    #[error("cannot listen on {0}: this computer has no such address; choose one that it has with --listen")]
    NoSuchAddress(SocketAddr),
    /// Something else stands in the way.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no threads or no event queue.
    #[error("cannot start the remote view's runtime: {0}")]
    Runtime(io::Error),
}
