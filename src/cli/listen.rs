//! Address of the page, as `--listen` gives it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// Parses `ADDRESS:PORT`, `HOST:PORT`, or a port alone, which serves this computer only.
///
/// # Errors The text is not an address; the error shows an example.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let example = |why: &str| format!("{why}: expected an address and a port like 127.0.0.1:8000, or a port like 8000");
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(example("there is no port"));
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
    if port.is_empty() {
        return Err(example("there is no port"));
    }
    let port: u16 = match port.parse() {
        Ok(port) => port,
        Err(_) if port.bytes().all(|b| b.is_ascii_digit()) => return Err(example("a port is at most 65535")),
        Err(_) => return Err(example("there is no port")),
    };
    match host {
        // A name that may mean ::1 elsewhere means the usual address here, so that server and client agree.
        "" | "localhost" => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        "*" => Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))),
        _ if host.contains([':', '[', ']', '/', '@']) => Err(example("not an address")),
        _ => {
            let found = (host, port).to_socket_addrs().map_err(|error| format!("unknown host `{host}`: {error}"))?;
            let mut found: Vec<_> = found.collect();
            found.sort_by_key(SocketAddr::is_ipv6);
            found.first().copied().ok_or_else(|| format!("`{host}` has no address"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, meant) in [
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:8000", "[::1]:8000"),
            ("localhost:8150", "127.0.0.1:8150"),
            (":8000", "127.0.0.1:8000"),
            ("8000", "127.0.0.1:8000"),
            ("*:8000", "0.0.0.0:8000"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Ok(meant), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_gets_an_example() {
        for text in [
            "",
            ":",
            "127.0.0.1",
            "::1",
            "localhost",
            "99999",
            "localhost:99999",
            "host:port",
            "host:",
            "-1",
            "http://a:8000",
        ] {
            let refused = address(text).expect_err(text);
            assert!(refused.contains("127.0.0.1:8000"), "{text}: {refused}");
        }
        assert!(address("no-such-host.invalid:8000").expect_err("unknown").contains("no-such-host.invalid"));
    }
}
