//! Why something that was asked for is not done.

/// Why something that was asked for is not done, for people; the kind tells programs what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{0}")]
    Missing(String),
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// Something else has to end first.
    #[error("{0}")]
    Busy(String),
    /// The part of the program that it is for does not run.
    #[error("{0}")]
    Unavailable(String),
    /// The disk does not do it.
    #[error("{0}")]
    Failed(String),
}
