//! Reasons for refusing a request.

/// Reason for refusing a request, as text for people; the variant tells programs how to react.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The requested thing does not exist.
    #[error("{0}")]
    Missing(String),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Something else has to end first.
    #[error("{0}")]
    Busy(String),
    /// The part of the program that the request is for is not running.
    #[error("{0}")]
    Unavailable(String),
    /// The disk operation failed.
    #[error("{0}")]
    Failed(String),
}
