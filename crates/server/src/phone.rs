//! Access for phones: the address of the page, with a token in it, and that address as a QR code.

use crate::access::Tokens;
use qrcode::{Color, QrCode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Returns the address under which other computers reach a server that listens on `listen`; `None` where only this
/// computer does.
#[must_use]
pub fn reachable(listen: SocketAddr) -> Option<SocketAddr> {
    let ip = listen.ip().to_canonical();
    if ip.is_loopback() {
        return None;
    }
    let ip = if ip.is_unspecified() { outward()? } else { ip };
    Some(SocketAddr::new(ip, listen.port()))
}

/// Returns the address under which this computer itself reaches a server that listens on `listen`.
#[must_use]
pub fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// Returns this computer's address towards others. Nothing is sent: only the route to an address that nobody owns is
/// looked up.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

/// Addresses of the page with a token in them. The part after the `#` is never sent over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneAddresses {
    /// Address with the token that permits reading.
    pub viewer: String,
    /// Address with the token that permits changing everything.
    pub operator: String,
}

impl PhoneAddresses {
    /// Creates the addresses of a server at this address.
    #[must_use]
    pub fn new(address: SocketAddr, tokens: &Tokens) -> Self {
        let with = |token: &str| format!("http://{address}/#token={token}");
        Self { viewer: with(&tokens.viewer), operator: with(&tokens.operator) }
    }
}

/// Returns a QR code: rows of squares, dark ones `true`, without the light border that readers need around it.
///
/// Returns `None` if the text is longer than a code can hold.
#[must_use]
pub fn qr(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = QrCode::new(text).ok()?;
    let dark: Vec<bool> = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
    Some(dark.chunks(code.width()).map(<[bool]>::to_vec).collect())
}

/// Renders a QR code for a terminal, with its border: two rows per line, the light squares drawn, so that it can be
/// read on terminals with white text on black.
#[must_use]
pub fn qr_text(rows: &[Vec<bool>]) -> String {
    const BORDER: usize = 2;
    let side = rows.len() + 2 * BORDER;
    let light = |x: usize, y: usize| {
        let square = (y.checked_sub(BORDER)).zip(x.checked_sub(BORDER));
        !square.and_then(|(y, x)| rows.get(y)?.get(x)).copied().unwrap_or(false)
    };
    let line = |y: usize| {
        let square = |x| match (light(x, y), y + 1 < side && light(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        (0..side).map(square).chain(['\n']).collect::<String>()
    };
    (0..side).step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_others_need_an_address() {
        assert_eq!(reachable(([127, 0, 0, 1], 8000).into()), None);
        assert_eq!(reachable("[::1]:8000".parse().expect("an address")), None);
        let lan = SocketAddr::from(([192, 168, 1, 5], 8000));
        assert_eq!((reachable(lan), here(lan)), (Some(lan), lan));
        assert_eq!(here(([0, 0, 0, 0], 8000).into()), ([127, 0, 0, 1], 8000).into());
        assert_eq!(here("[::]:80".parse().expect("an address")), "[::1]:80".parse().expect("an address"));
    }

    #[test]
    fn a_code_is_square_with_three_finders() {
        let tokens = Tokens::random();
        let addresses = PhoneAddresses::new(([192, 168, 178, 201], 8000).into(), &tokens);
        assert!(addresses.operator.ends_with(&tokens.operator) && addresses.viewer.contains("/#token="));
        let rows = qr(&addresses.operator).expect("fits");
        let side = rows.len();
        assert!(rows.iter().all(|row| row.len() == side));
        // A finder pattern is a dark square in a light one in a dark one.
        for (x, y) in [(0, 0), (side - 7, 0), (0, side - 7)] {
            let line: Vec<bool> = rows[y + 3][x..x + 7].to_vec();
            assert_eq!(line, [true, false, true, true, true, false, true]);
        }
        let text = qr_text(&rows);
        assert_eq!(text.lines().count(), (side + 4).div_ceil(2));
        assert!(text.lines().all(|line| line.chars().count() == side + 4));
        assert_eq!(qr(&"x".repeat(5000)), None);
    }
}
