//! Rate limits per remote address.

use crate::places::neighbourhood;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

/// Rate limit per remote address.
pub(crate) struct AddressLimiter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    asked: AtomicU64,
}

impl AddressLimiter {
    /// Creates a limiter of `a_minute` permits per minute, of which `burst` may be used at once.
    pub fn new(a_minute: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_minute(a_minute).allow_burst(burst);
        Self { limiter: RateLimiter::keyed(quota), asked: AtomicU64::new(0) }
    }

    /// Returns whether this address has a permit left, and uses it up.
    pub fn allowed(&self, address: IpAddr) -> bool {
        // Idle addresses are dropped now and then, so that many of them cannot exhaust the memory.
        if self.asked.fetch_add(1, Ordering::Relaxed) % 1024 == 1023 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&neighbourhood(address)).is_ok()
    }
}
