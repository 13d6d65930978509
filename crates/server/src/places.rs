//! Limits on the number of open connections, in total and per remote address, so that no client shuts the others out.

use std::{collections::HashMap, net::IpAddr, sync::Arc};
use tokio::sync::watch;

/// A limited number of places for connections.
pub(crate) struct Places {
    all: usize,
    of_one_address: usize,
    taken: watch::Sender<Occupancy>,
}

#[derive(Default)]
struct Occupancy {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Reason why no place is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// Every place is taken.
    #[error("all {0} connections are in use")]
    All(usize),
    /// This address has as many places as one address may have.
    #[error("this address has {0} connections already, the maximum for one address")]
    OfOneAddress(usize),
}

/// A place, which is occupied until this is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Places {
    /// Creates `all` places, of which one address may occupy `of_one_address`. Loopback may occupy all: a proxy in
    /// front of the server acts for many clients.
    pub fn new(all: u16, of_one_address: u16) -> Self {
        Self { all: all.into(), of_one_address: of_one_address.into(), taken: watch::Sender::default() }
    }

    /// Returns the number of occupied places.
    pub fn taken(&self) -> usize {
        self.taken.borrow().all
    }

    /// Waits until no place is occupied.
    pub async fn all_left(&self) {
        let mut taken = self.taken.subscribe();
        while taken.borrow_and_update().all > 0 && taken.changed().await.is_ok() {}
    }

    /// Occupies a place for this address.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let address = neighbourhood(address);
        let mut outcome = Ok(());
        self.taken.send_if_modified(|taken| {
            let own = taken.by_address.get(&address).copied().unwrap_or(0);
            if taken.all >= self.all {
                outcome = Err(Full::All(self.all));
            } else if own >= self.of_one_address && !address.is_loopback() {
                outcome = Err(Full::OfOneAddress(self.of_one_address));
            } else {
                taken.by_address.insert(address, own + 1);
                taken.all += 1;
            }
            outcome.is_ok()
        });
        outcome.map(|()| Place { places: Arc::clone(self), address })
    }
}

/// Returns the key under which an address is counted: for IPv6 its first 64 bits, because a client with one address of
/// a /64 network has all of them.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => IpAddr::V6((ip.to_bits() & !u128::from(u64::MAX)).into()),
        ip => ip,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.send_modify(|taken| {
            taken.all -= 1;
            let own = taken.by_address.remove(&self.address).unwrap_or(1);
            // Addresses without places are removed, so that many of them cannot exhaust the memory.
            if own > 1 {
                taken.by_address.insert(self.address, own - 1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 0, 7));
    const TABLET: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 0, 8));

    #[test]
    fn one_address_leaves_room_for_another() {
        let places = Arc::new(Places::new(5, 2));
        let mapped = IpAddr::V6(Ipv4Addr::new(192, 168, 0, 7).to_ipv6_mapped());
        let near = |end: u16| neighbourhood(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, end, end, end, end)));
        assert_eq!(near(1), near(2));
        assert_ne!(near(1), PHONE);
        let held = [places.take(PHONE), places.take(mapped)];
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(places.take(PHONE).err(), Some(Full::OfOneAddress(2)));
        assert!(places.take(TABLET).is_ok());
        drop(held);
        assert!(places.take(PHONE).is_ok());
        assert!(places.taken.borrow().by_address.is_empty(), "nobody is remembered");
    }

    #[test]
    fn this_computer_may_have_all_and_no_more() {
        let places = Arc::new(Places::new(3, 1));
        let local = IpAddr::V6(Ipv6Addr::LOCALHOST);
        let held: Vec<_> = (0..3).map(|_| places.take(local)).collect();
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(places.take(local).err(), Some(Full::All(3)));
        assert_eq!(places.take(PHONE).err(), Some(Full::All(3)));
    }
}
