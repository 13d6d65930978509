//! How often each address may do something.

use crate::places::neighbourhood;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

/// How often each address may do something.
pub(crate) struct AddressLimiter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    asked: AtomicU64,
}

impl AddressLimiter {
    /// So many a minute, and as many at once as `burst` says.
    pub fn new(a_minute: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_minute(a_minute).allow_burst(burst);
        Self { limiter: RateLimiter::keyed(quota), asked: AtomicU64::new(0) }
    }

    /// Whether this address may now.
    pub fn allowed(&self, address: IpAddr) -> bool {
        // Addresses that have been quiet are forgotten: no crowd of them fills the memory.
        if self.asked.fetch_add(1, Ordering::Relaxed) % 1024 == 1023 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&neighbourhood(address)).is_ok()
    }
}
