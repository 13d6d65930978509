//! A video stream, a finished video or a still picture from the network.

use super::{
    CaptureError, FrameSource, Picture, SourceOptions,
    cadence::RepeatFilter,
    decoder::{DecoderMode, VideoDecoder},
    picture::check_picture,
    source::redact,
    video::{VideoSource, rounded},
};
use crate::libav;
use std::{
    thread,
    time::{Duration, Instant},
};
use tracing::warn;

/// Timeout of a server for the next bytes, microseconds. The supervisor has timeouts as well.
const IO_TIMEOUT: &str = "8000000";
/// Maximum number of undecodable parts of a stream in a row before it counts as lost.
const MAX_BAD_PARTS: u64 = 50;
/// Interval at which a still picture is fetched again.
const STILL_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum number of failures in a row before the address of a still picture counts as lost.
const MAX_BAD_STILLS: u64 = 5;

/// Opens the stream, video or picture at an address.
///
/// # Errors
/// The server does not answer, or with neither a video nor a picture.
pub(super) fn open(url: &str, options: &SourceOptions) -> Result<Box<dyn FrameSource>, CaptureError> {
    let decoder = connect(url, DecoderMode::Live)?;
    let name = redact(url);
    if decoder.is_still() {
        return Ok(Box::new(StillSource::new(url, name, decoder)));
    }
    // An RTSP server paces what it sends; a web server sends a finished file as fast as it can.
    if scheme(url).starts_with("http") && decoder.has_duration() {
        drop(decoder);
        let address = url.to_owned();
        let reopen = Box::new(move || connect(&address, DecoderMode::Recorded));
        return Ok(Box::new(RepeatFilter::new(VideoSource::at_address(reopen, url.to_owned(), name, options)?)));
    }
    Ok(Box::new(StreamSource { decoder, name }))
}

fn connect(url: &str, mode: DecoderMode) -> Result<VideoDecoder, CaptureError> {
    let options: &[_] = match (scheme(url).as_str(), libav::major_version()) {
        // Before FFmpeg 5, `timeout` turned an RTSP client into a server.
        ("rtsp" | "rtsps", 59..) => &[("rtsp_flags", "prefer_tcp"), ("timeout", IO_TIMEOUT)],
        ("rtsp" | "rtsps", _) => &[("rtsp_flags", "prefer_tcp"), ("stimeout", IO_TIMEOUT)],
        _ if mode == DecoderMode::Recorded => &[("rw_timeout", IO_TIMEOUT), ("reconnect", "1")],
        _ => &[("rw_timeout", IO_TIMEOUT)],
    };
    VideoDecoder::open(url, options, mode)
        .map_err(|error| CaptureError::StreamRefused { url: redact(url), reason: libav::io_error(error).to_string() })
}

fn scheme(url: &str) -> String {
    url.split_once("://").map_or_else(String::new, |(scheme, _)| scheme.to_ascii_lowercase())
}

/// An open stream.
struct StreamSource {
    decoder: VideoDecoder,
    /// The address without a password.
    name: String,
}

impl FrameSource for StreamSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        if !self.decoder.next(MAX_BAD_PARTS) {
            return Err(CaptureError::SignalLost { name: self.name.clone() });
        }
        let image = self.decoder.picture().map_err(|error| CaptureError::opencv(&self.name, &error))?;
        check_picture(&self.name, &image)?;
        Ok(Some(Picture { image, time: None }))
    }

    fn is_live(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let size = self.decoder.size();
        format!("{}, {}×{}, {} fps", self.name, size.width, size.height, rounded(self.decoder.fps()))
    }

    fn skipped(&self) -> u64 {
        self.decoder.stats().undecodable
    }
}

/// A still picture at an address, fetched at an interval: many cameras offer nothing else.
struct StillSource {
    url: String,
    /// The address without a password.
    name: String,
    /// Picture that was fetched and not yet delivered.
    fetched: Option<VideoDecoder>,
    last: Instant,
    description: String,
    skipped: u64,
}

impl StillSource {
    fn new(url: &str, name: String, decoder: VideoDecoder) -> Self {
        let size = decoder.size();
        let (width, height) = (size.width, size.height);
        let interval = STILL_INTERVAL.as_secs();
        let description = format!("{name}, {width}×{height}, one picture, fetched again every {interval} s");
        warn!("{name} is one picture, not a stream: it is fetched again every {interval} s");
        Self { url: url.to_owned(), name, fetched: Some(decoder), last: Instant::now(), description, skipped: 0 }
    }

    /// Fetches the picture, or takes the one that was fetched when the source was opened.
    fn fetch(&mut self) -> Result<Picture, CaptureError> {
        let mut decoder = match self.fetched.take() {
            Some(decoder) => decoder,
            None => {
                thread::sleep(STILL_INTERVAL.saturating_sub(self.last.elapsed()));
                self.last = Instant::now();
                connect(&self.url, DecoderMode::Live)?
            }
        };
        if !decoder.next(0) {
            return Err(CaptureError::SignalLost { name: self.name.clone() });
        }
        let image = decoder.picture().map_err(|error| CaptureError::opencv(&self.name, &error))?;
        check_picture(&self.name, &image)?;
        Ok(Picture { image, time: None })
    }
}

impl FrameSource for StillSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        let mut bad = 0;
        loop {
            match self.fetch() {
                Ok(picture) => return Ok(Some(picture)),
                Err(error) if bad >= MAX_BAD_STILLS => return Err(error),
                Err(_) => {
                    bad += 1;
                    self.skipped += 1;
                }
            }
        }
    }

    fn is_live(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.description.clone()
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{blank, noise};
    use opencv::prelude::*;
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
    };

    /// Serves every request on a port of this machine with the same answer. Returns its address.
    fn serve(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                // The client may disconnect before the whole answer is sent.
                if stream.read(&mut request).is_ok() && answer(&mut stream).is_err() {
                    continue;
                }
            }
        });
        format!("http://{address}")
    }

    /// Returns an answer with this content type.
    fn whole(kind: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    /// Returns a stream of these parts.
    fn motion_jpeg(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut answer = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n".to_vec();
        for part in parts {
            let head = format!("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", part.len());
            answer.extend([head.as_bytes(), part, b"\r\n"].concat());
        }
        answer
    }

    fn opened(url: &str) -> Box<dyn FrameSource> {
        open(url, &SourceOptions::default()).unwrap()
    }

    /// Returns the width of each picture until the source ends or breaks off.
    fn widths(source: &mut Box<dyn FrameSource>) -> Vec<i32> {
        std::iter::from_fn(|| source.read().ok().flatten()).map(|picture| picture.image.cols()).collect()
    }

    #[test]
    fn a_server_that_does_not_answer_is_named_without_its_password() {
        // Nothing listens on port 1 of this machine.
        let opened = open("rtsp://me:secret@127.0.0.1:1/table", &SourceOptions::default());
        let refused = opened.map(|_| ()).unwrap_err();
        assert!(matches!(refused, CaptureError::StreamRefused { .. }) && refused.retry_helps());
        let text = refused.to_string();
        assert!(
            text.starts_with("rtsp://…@127.0.0.1:1/table cannot be opened: ") && !text.contains("secret"),
            "{text}"
        );
    }

    #[test]
    fn bad_parts_of_a_stream_are_passed_over_and_counted() {
        let good = blank(".jpg", 160, 120);
        let textured = noise(".jpg", 160, 120);
        let cut = textured[..textured.len() / 2].to_vec();
        let bad = [Vec::new(), vec![0x5a; 3000], cut];
        let mut parts = vec![good.clone(); 30];
        // Two in a row, and one alone.
        parts[12..14].clone_from_slice(&bad[..2]);
        parts[20] = bad[2].clone();
        let url = serve(move |stream| stream.write_all(&motion_jpeg(&parts)));
        let mut source = opened(&url);
        assert!(source.is_live());
        assert_eq!(widths(&mut source), [160; 27]);
        assert_eq!(source.skipped(), 3);
    }

    #[test]
    fn a_stream_whose_pictures_change_goes_on_at_the_new_size() {
        let parts = [vec![blank(".jpg", 160, 120); 25], vec![blank(".jpg", 96, 80); 25]].concat();
        let url = serve(move |stream| stream.write_all(&motion_jpeg(&parts)));
        let mut source = opened(&url);
        let mut widths = widths(&mut source);
        widths.dedup();
        assert_eq!(widths, [160, 96]);
        assert!(source.describe().contains(", 96×80, "), "{}", source.describe());
    }

    #[test]
    fn a_still_picture_is_said_to_be_one_and_fetched_again() {
        for path in ["", "/snapshot.jpg", "/snapshot.jpg?t=1", "/shot?a=b&_=1.jpg"] {
            let picture = blank(".jpg", 160, 120);
            let url = serve(move |stream| stream.write_all(&whole("image/jpeg", &picture)));
            let mut source = opened(&format!("{url}{path}"));
            assert!(source.is_live());
            assert!(source.describe().ends_with(", 160×120, one picture, fetched again every 1 s"), "{path}");
            assert_eq!(source.read().unwrap().unwrap().image.cols(), 160, "{path}");
        }
    }

    #[test]
    fn a_finished_video_plays_at_its_own_times_and_ends() {
        use opencv::{core, videoio::VideoWriter};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.avi");
        let code = VideoWriter::fourcc('M', 'J', 'P', 'G').unwrap();
        let mut writer = VideoWriter::new(&path, code, 10.0, core::Size::new(96, 64), true).unwrap();
        for _ in 0..15 {
            writer.write(&crate::testing::grey(96, 64)).unwrap();
        }
        writer.release().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let url = serve(move |stream| stream.write_all(&whole("video/x-msvideo", &bytes)));
        let mut source = opened(&format!("{url}/clip.avi"));
        assert!(!source.is_live());
        let mut times = Vec::new();
        while let Some(picture) = source.read().unwrap() {
            times.push((picture.time.unwrap().as_secs_f64() * 10.0).round() as i32);
        }
        assert!(times.iter().copied().eq(0..15), "{times:?}");
    }

    #[test]
    fn what_is_no_video_says_so() {
        let url = serve(|stream| stream.write_all(&whole("text/html", b"<html>please sign in</html>")));
        let refused = open(&url, &SourceOptions::default()).map(|_| ()).unwrap_err();
        assert!(matches!(refused, CaptureError::StreamRefused { .. }));
        let url = serve(|stream| stream.write_all(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
        let refused = open(&url, &SourceOptions::default()).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("404"), "{refused}");
    }
}
