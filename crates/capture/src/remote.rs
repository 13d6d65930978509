//! A finished recording at a web address, read by byte position: the parts of a container show whether it is complete.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::Duration,
};
use ureq::{Agent, BodyReader, http::HeaderMap};

/// Timeout of a server to connect, and to begin its answer.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Maximum gap that is read and discarded instead of requested anew, bytes: beyond it a request is cheaper.
const MAX_SKIP: u64 = 1 << 18;

/// A recording at an `http` or `https` address.
pub(super) struct RemoteFile {
    agent: Agent,
    url: String,
    length: u64,
    /// Position of the next read, bytes from the beginning.
    position: u64,
    /// Answer that is being read, and its current position, bytes from the beginning.
    answer: Option<(BodyReader<'static>, u64)>,
    /// `true` if the server sends parts of the recording; otherwise every answer begins at its first byte.
    by_parts: bool,
}

impl RemoteFile {
    /// Requests the recording.
    ///
    /// # Errors
    /// The server does not answer, refuses, or does not state the length of the recording.
    pub fn open(url: &str) -> io::Result<Self> {
        let config =
            Agent::config_builder().timeout_connect(Some(TIMEOUT)).timeout_recv_response(Some(TIMEOUT)).build();
        let mut file = Self {
            agent: config.new_agent(),
            url: url.to_owned(),
            length: 0,
            position: 0,
            answer: None,
            by_parts: false,
        };
        let headers = file.request(0)?;
        let length = if file.by_parts { total_of(&headers) } else { number(&headers, "content-length") };
        file.length = length.ok_or_else(|| io::Error::other("the server does not say how long the recording is"))?;
        Ok(file)
    }

    /// Returns the length of the recording, bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Requests the recording from byte `from` on.
    fn request(&mut self, from: u64) -> io::Result<HeaderMap> {
        let answer =
            self.agent.get(&self.url).header("Range", format!("bytes={from}-")).call().map_err(io::Error::other)?;
        self.by_parts = answer.status() == 206;
        let headers = answer.headers().clone();
        let begins = if self.by_parts { from } else { 0 };
        self.answer = Some((answer.into_body().into_reader(), begins));
        Ok(headers)
    }
}

impl Read for RemoteFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length {
            return Ok(0);
        }
        let ahead = |(_, at): &(_, u64)| self.position.checked_sub(*at);
        let gap = self.answer.as_ref().and_then(ahead);
        if gap.is_none_or(|gap| self.by_parts && gap > MAX_SKIP) {
            self.request(self.position)?;
        }
        let Some((body, at)) = &mut self.answer else { return Ok(0) };
        let gap = self.position.saturating_sub(*at);
        *at += io::copy(&mut body.by_ref().take(gap), &mut io::sink())?;
        let read = if *at == self.position { body.read(buffer)? } else { 0 };
        *at += read as u64;
        self.position = *at;
        Ok(read)
    }
}

impl Seek for RemoteFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// Returns the length of the whole recording of which an answer is a part: `Content-Range: bytes 0-99/1000`.
fn total_of(headers: &HeaderMap) -> Option<u64> {
    headers.get("content-range")?.to_str().ok()?.rsplit('/').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    /// Serves `bytes`, by parts or always whole; returns the address and the number of requests.
    fn serve(bytes: Vec<u8>, by_parts: bool) -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/clip.mkv", listener.local_addr().expect("an address"));
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                counted.fetch_add(1, Ordering::Relaxed);
                let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
                let lines: Vec<String> =
                    lines.map(|line| line.expect("text")).take_while(|line| !line.is_empty()).collect();
                let range = lines
                    .iter()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
                let from: usize = range.and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0);
                let (from, head) = if by_parts {
                    let last = bytes.len() - 1;
                    (from, format!("206 Partial Content\r\nContent-Range: bytes {from}-{last}/{}", bytes.len()))
                } else {
                    (0, "200 OK".to_owned())
                };
                let body = &bytes[from..];
                let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                // The client disconnects when it has read enough.
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok();
            }
        });
        (url, requests)
    }

    #[test]
    fn any_position_is_read_with_and_without_parts() {
        let bytes: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 251) as u8).collect();
        for (by_parts, most) in [(true, 5), (false, 2)] {
            let (url, requests) = serve(bytes.clone(), by_parts);
            let mut file = RemoteFile::open(&url).expect("opens");
            assert_eq!(file.length(), bytes.len() as u64);
            for at in [0, 100, 90_000, 1_500_000, 1_999_990, 10] {
                file.seek(SeekFrom::Start(at)).expect("sought");
                let mut read = [0; 8];
                file.read_exact(&mut read).expect("read");
                assert_eq!(read, bytes[at as usize..at as usize + 8], "{at}, {by_parts}");
            }
            file.seek(SeekFrom::Start(bytes.len() as u64)).expect("sought");
            assert_eq!(file.read(&mut [0; 8]).expect("the end"), 0);
            assert!(requests.load(Ordering::Relaxed) <= most, "{requests:?}, {by_parts}");
        }
    }

    #[test]
    fn a_server_that_refuses_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/clip.mkv", listener.local_addr().expect("an address"));
        drop(listener);
        assert!(RemoteFile::open(&url).is_err());
    }
}
