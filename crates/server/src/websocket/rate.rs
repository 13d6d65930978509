//! How many messages a client may send.

use crate::limits::Limits;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;

/// So many messages above the rate are forgiven, one more a second.
const FORGIVEN: u32 = 100;

/// What to do with a client's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Heed it.
    Heed,
    /// Tell the client that it sends too many.
    Refuse,
    /// Close the connection.
    Close,
}

/// How many messages a client may send.
pub(super) struct Rate {
    messages: DefaultDirectRateLimiter,
    patience: DefaultDirectRateLimiter,
}

impl Rate {
    pub fn new(limits: &Limits) -> Self {
        let number = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(limits.client_messages)).allow_burst(number(limits.client_burst));
        let patience = Quota::per_second(NonZeroU32::MIN).allow_burst(number(FORGIVEN));
        Self { messages: RateLimiter::direct(quota), patience: RateLimiter::direct(patience) }
    }

    /// Judges the next message.
    pub fn judge(&self) -> Verdict {
        if self.messages.check().is_ok() {
            Verdict::Heed
        } else if self.patience.check().is_ok() {
            Verdict::Refuse
        } else {
            Verdict::Close
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_heeded_then_refused_then_the_end() {
        // So slow that time plays no part.
        let limits = Limits { client_messages: 1, client_burst: 5, ..Limits::default() };
        let rate = Rate::new(&limits);
        let verdicts: Vec<Verdict> = (0..200).map(|_| rate.judge()).collect();
        assert_eq!(verdicts[..5], [Verdict::Heed; 5]);
        assert_eq!(verdicts[6], Verdict::Refuse);
        assert_eq!(verdicts[199], Verdict::Close);
    }
}
