//! Protection from foreign web pages, for a server that trusts its network.

use axum::http::{HeaderMap, HeaderName, header, uri::Authority};
use std::net::{IpAddr, SocketAddr};

/// Returns the host, in lower case and without brackets, and the port of an authority.
fn authority(text: &str) -> Option<(String, Option<u16>)> {
    if text.contains('@') {
        return None;
    }
    let authority: Authority = text.parse().ok()?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    (!host.is_empty()).then(|| (host, authority.port_u16()))
}

/// Returns the single value of a header; `None` if there is none, more than one, or one that is not text.
pub(crate) fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Returns whether a request that names `host` may be answered on `listen`: the page of another site that points its
/// own name here (DNS rebinding) names itself, never an address.
pub(crate) fn host_is_ours(host: &str, listen: SocketAddr) -> bool {
    let Some((host, _)) = authority(host) else { return false };
    match host.parse::<IpAddr>() {
        Ok(ip) => {
            let ip = ip.to_canonical();
            ip.is_loopback() || listen.ip().is_unspecified() || ip == listen.ip().to_canonical()
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Returns whether the page that sent a request came from this very server, under the name that the request uses.
/// Programs other than browsers send no origin and are accepted.
pub(crate) fn origin_is_ours(headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let (Some(origin), Some(host)) = (only(headers, header::ORIGIN), only(headers, header::HOST)) else {
        return false;
    };
    let (default_port, origin) = match origin.split_once("://") {
        Some(("http", rest)) => (80, rest),
        Some(("https", rest)) => (443, rest),
        _ => return false,
    };
    let (Some((page, page_port)), Some((server, server_port))) = (authority(origin), authority(host)) else {
        return false;
    };
    page == server && page_port.unwrap_or(default_port) == server_port.unwrap_or(default_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn loopback_and_the_own_address_are_ours() {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 8000));
        for host in ["localhost:8000", "LocalHost", "127.0.0.1:8000", "127.0.0.1:9", "[::1]:8000", "table.localhost:80"]
        {
            assert!(host_is_ours(host, loopback), "{host}");
        }
        for host in
            ["evil.example:8000", "192.168.1.5:8000", "localhost.evil.example", "", "a@localhost", "127.0.0.1.evil"]
        {
            assert!(!host_is_ours(host, loopback), "{host}");
        }
        let lan = SocketAddr::from(([192, 168, 1, 5], 8000));
        assert!(host_is_ours("192.168.1.5:8000", lan));
        assert!(!host_is_ours("192.168.1.6:8000", lan));
        assert!(!host_is_ours("table.local:8000", lan));
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 8000));
        assert!(host_is_ours("192.168.1.5:8000", everywhere));
        assert!(!host_is_ours("evil.example", everywhere));
    }

    fn ours(origin: Option<&'static str>, host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        origin_is_ours(&headers)
    }

    #[test]
    fn only_our_own_page_may_connect() {
        assert!(ours(None, "127.0.0.1:8000"));
        assert!(ours(Some("http://127.0.0.1:8000"), "127.0.0.1:8000"));
        assert!(ours(Some("https://table.localhost"), "table.localhost:443"));
        assert!(ours(Some("http://LOCALHOST"), "localhost"));
        assert!(ours(Some("http://[::1]:8000"), "[::1]:8000"));
        for foreign in [
            "http://evil.example",
            "http://localhost:8000",
            "http://127.0.0.1:8001",
            "http://127.0.0.1",
            "null",
            "file://",
        ] {
            assert!(!ours(Some(foreign), "127.0.0.1:8000"), "{foreign}");
        }
    }
}
