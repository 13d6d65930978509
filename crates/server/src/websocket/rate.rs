//! Rate limit of a client's messages.

use crate::limits::Limits;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;

/// Number of messages above the rate limit that are refused before the connection is closed; it recovers by one per
/// second.
const FORGIVEN: u32 = 100;

/// Decision on a client's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Handle the message.
    Heed,
    /// Refuse the message and report the rate limit to the client.
    Refuse,
    /// Close the connection.
    Close,
}

/// Rate limit of a client's messages.
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

    /// Decides on the next message.
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
        // The rate is so low that elapsed time does not matter.
        let limits = Limits { client_messages: 1, client_burst: 5, ..Limits::default() };
        let rate = Rate::new(&limits);
        let verdicts: Vec<Verdict> = (0..200).map(|_| rate.judge()).collect();
        assert_eq!(verdicts[..5], [Verdict::Heed; 5]);
        assert_eq!(verdicts[6], Verdict::Refuse);
        assert_eq!(verdicts[199], Verdict::Close);
    }
}
