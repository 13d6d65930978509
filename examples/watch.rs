//! Client of the WebSocket protocol (docs/protocol/README.md): prints the number of balls, and the alerts.
//!
//! `cargo run --release --example watch -- ws://127.0.0.1:8000/api/v1/ws [MESSAGES]`

use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{env, error::Error, io::Read, io::Write, time::Duration};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// Returns whether a client whose connection was closed with this code may reconnect automatically.
fn may_retry(code: u16) -> bool {
    !matches!(code, 1002 | 1003 | 1007 | 1008 | 1009 | 1010 | 4100..=4199)
}

/// Parses a message, decompressed if needed; `None` for control messages of the WebSocket protocol.
fn parsed(message: &Message) -> Result<Option<Value>, Box<dyn Error>> {
    match message {
        Message::Text(text) => Ok(Some(serde_json::from_str(text)?)),
        Message::Binary(packed) => {
            let mut text = String::new();
            ZlibDecoder::new(&packed[..]).read_to_string(&mut text)?;
            Ok(Some(serde_json::from_str(&text)?))
        }
        _ => Ok(None),
    }
}

/// Prints messages until the connection ends; returns whether to connect again.
async fn watch(url: &str, left: &mut u64, wait: &mut Duration) -> Result<bool, Box<dyn Error>> {
    let (mut socket, _) = connect_async(url).await?;
    *wait = Duration::from_millis(500);
    let wish = json!({"streams": ["state", "alert"], "max_fps": {"state": 5}, "compression": "zlib"});
    socket.send(Message::text(json!({"type": "subscribe", "data": wish}).to_string())).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if let Message::Close(frame) = &message {
            return Ok(frame.as_ref().is_none_or(|frame| may_retry(frame.code.into())));
        }
        let Some(message) = parsed(&message)? else { continue };
        let (kind, data) = (message["type"].as_str().unwrap_or_default(), &message["data"]);
        let line = match kind {
            "state" => format!("{} balls", data["balls"].as_array().map_or(0, Vec::len)),
            "alert" => data["message"].to_string(),
            _ => String::new(),
        };
        writeln!(std::io::stdout(), "{} {kind} {line}", message["sequence"])?;
        *left -= 1;
        if *left == 0 {
            socket.close(None).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8000/api/v1/ws".to_owned());
    let mut left: u64 = env::args().nth(2).map_or(Ok(u64::MAX), |count| count.parse())?;
    let mut wait = Duration::from_millis(500);
    loop {
        match watch(&url, &mut left, &mut wait).await {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            Err(error) => writeln!(std::io::stderr(), "{url}: {error}")?,
        }
        tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.5))).await;
        wait = (wait * 2).min(Duration::from_secs(30));
    }
}
