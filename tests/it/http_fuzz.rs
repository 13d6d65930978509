//! Ten thousand HTTP requests that no client should send, over real sockets: each is answered, or its connection is
//! closed, and the server keeps running.

use crate::remote::Rig;
use billiards_server::Limits;
use rand::{Rng as _, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::{net::SocketAddr, num::NonZeroU32};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const REQUESTS: usize = 10_000;
const BATCH: usize = 250;

const METHODS: [&str; 10] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "BREW"];
const PATHS: [&str; 24] = [
    "/",
    "/api/v1/health",
    "/api/v1/session",
    "/api/v1/config",
    "/api/v1/config/import",
    "/api/v1/config/assistance",
    "/api/v1/calibration/points/0",
    "/api/v1/calibration/points/-1/nudge",
    "/api/v1/calibration/points/18446744073709551616",
    "/api/v1/calibration/profiles/..%2f..%2fetc%2fpasswd",
    "/api/v1/calibration/profiles/%ff%fe",
    "/api/v1/game/history?limit=-1",
    "/api/v1/game/history?limit=99999999999999999999",
    "/api/v1/vision/source",
    "/api/v1/vision/stream?fps=nan",
    "/api/v1/debug/frames",
    "/api/v1/ws",
    "/api/v1/openapi.json",
    "/metrics",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//",
    "*",
    "http://evil.example/",
];
const BODIES: [&str; 10] = [
    "",
    "{",
    "{}",
    "[]",
    "null",
    "{\"token\": 7}",
    "{\"token\": \"x\"}",
    "{\"level\": \"god\"}",
    "{\"overlay\": {\"theme\": null}}",
    "\u{0}\u{1F3B1}",
];

/// Returns a request that is invalid in some way, or valid without permission; its connection is closed after it.
fn any_request(rng: &mut ChaCha8Rng, host: SocketAddr) -> Vec<u8> {
    if rng.random_range(0..10) == 0 {
        return (0..rng.random_range(1..600)).map(|_| rng.random()).collect();
    }
    let one = |rng: &mut ChaCha8Rng, of: &[&str]| (*of.choose(rng).expect("some")).to_owned();
    let body = one(rng, &BODIES);
    let mut request = format!("{} {} HTTP/1.1\r\n", one(rng, &METHODS), one(rng, &PATHS));
    let hosts = [format!("Host: {host}\r\n"), String::new(), "Host: evil.example\r\n".into(), "Host: \r\n".into()];
    request += hosts[if rng.random_range(0..4) == 0 { rng.random_range(1..4) } else { 0 }].as_str();
    for _ in 0..rng.random_range(0..4) {
        request += &one(
            rng,
            &[
                "Content-Type: application/json\r\n",
                "Content-Type: text/plain\r\n",
                "Content-Type: application/toml\r\n",
                "Authorization: Bearer x\r\n",
                "Authorization: Basic \u{e9}\r\n",
                "Cookie: billiards_token=; ;=;;\r\n",
                "Origin: null\r\n",
                "Origin: http://evil.example\r\n",
                "Sec-Fetch-Site: cross-site\r\n",
                "Forwarded: for=1.2.3.4\r\n",
                "Upgrade: websocket\r\n",
                "Connection: upgrade\r\n",
                "Transfer-Encoding: chunked\r\n",
                "Range: bytes=0-\r\n",
                "X: y\nZ: w\r\n",
            ],
        );
    }
    // The true length, in most requests.
    let length = if rng.random_range(0..6) == 0 { rng.random_range(0..1_000_000) } else { body.len() };
    request += &format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let mut request = request.into_bytes();
    match rng.random_range(0..8) {
        0 => request.truncate(rng.random_range(0..=request.len())),
        1 => {
            let place = rng.random_range(0..request.len());
            request[place] = rng.random();
        }
        _ => {}
    }
    request
}

/// Returns the status of the answer, if one arrives before the connection is closed. With `hangs_up` the client closes
/// its side after the request, so that the server does not wait for the rest of an incomplete one.
async fn answer(address: SocketAddr, request: &[u8], hangs_up: bool) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    // The server may have closed the connection before the end of the request.
    if stream.write_all(request).await.is_ok() && hangs_up {
        stream.shutdown().await.ok();
    }
    let mut head = [0; 12];
    let mut read = 0;
    while read < head.len() {
        match stream.read(&mut head[read..]).await {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    let text = std::str::from_utf8(&head[..read]).ok()?;
    text.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

#[test]
fn whatever_is_asked_is_answered_or_closed() {
    let many = NonZeroU32::MAX;
    let limits = Limits { requests_a_minute: many, requests_at_once: many, ..Limits::default() };
    let mut rig = Rig::with_limits(limits);
    let address = rig.address;
    rig.app.update();
    let (mut answered, mut refused) = (0, 0);
    for batch in 0..REQUESTS / BATCH {
        let mut rng = ChaCha8Rng::seed_from_u64(batch as u64);
        let requests: Vec<Vec<u8>> = (0..BATCH).map(|_| any_request(&mut rng, address)).collect();
        let statuses = rig.while_clients(async move {
            let mut statuses = Vec::new();
            for request in requests {
                let status = answer(address, &request, true).await;
                // Routes without data yet answer 503; no other request causes a server error.
                assert!(
                    status.is_none_or(|status| status < 500 || status == 503),
                    "{status:?} to {}",
                    String::from_utf8_lossy(&request)
                );
                statuses.push(status);
            }
            statuses
        });
        answered += statuses.iter().flatten().count();
        refused += statuses.iter().flatten().filter(|status| **status >= 400).count();
    }
    assert!(answered > REQUESTS / 2 && refused > REQUESTS / 4, "{answered} answered, {refused} refused");
    let live = format!("GET /api/v1/health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let alive = rig.while_clients(async move { answer(address, live.as_bytes(), false).await });
    assert_eq!(alive, Some(200));
}
