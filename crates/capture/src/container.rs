//! Number of bytes that a video file lacks according to its own container.
//!
//! Frame counts of containers are estimates: sound may be longer than the picture, frames may come at any time, and
//! edit lists show a part of what is stored. The lengths of a container's parts are exact.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Maximum length of the header of any part, bytes.
const MAX_HEAD: usize = 16;
/// Length of a packet of an MPEG transport stream, bytes.
const TS_PACKET: u64 = 188;
/// Number of packets whose first byte identifies a transport stream.
const TS_PROBE: usize = 3;
/// Parts of MP4 and QuickTime files at the top level.
const BOXES: [&[u8; 4]; 18] = [
    b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"free", b"skip", b"wide", b"uuid",
    b"meta", b"udta", b"pdin", b"prft", b"emsg", b"pnot",
];
const EBML: u64 = 0x1a45_dfa3;
const SEGMENT: u64 = 0x1853_8067;

/// Returns the number of bytes missing at the end of a file; 0 for a complete file, and for a container that does not
/// state it.
///
/// # Errors
/// The file cannot be read.
pub(super) fn missing_of_file(path: &Path) -> io::Result<u64> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    missing_bytes(file, length)
}

/// Returns the number of bytes missing at the end of a recording of `length` bytes; 0 for a complete one, and for a
/// container that does not state it.
///
/// # Errors
/// The recording cannot be read.
pub(super) fn missing_bytes(mut file: impl Read + Seek, length: u64) -> io::Result<u64> {
    let mut head = [0; TS_PACKET as usize * TS_PROBE];
    let head = read_at(&mut file, 0, &mut head)?;
    let mut parts = Parts { file, length };
    if head.get(..4) == Some(b"RIFF") {
        parts.missing(riff)
    } else if head.get(..3) == Some(b"FLV") {
        parts.missing(flv)
    } else if head.get(4..8).is_some_and(is_box) {
        parts.missing(mp4_box)
    } else if element(head).is_some_and(|(id, _)| id == EBML) {
        parts.missing(matroska)
    } else {
        Ok(transport_stream(head, length))
    }
}

/// Length of the part that begins at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Length of the part, bytes, header included.
    Bytes(u64),
    /// The part has no length of its own; the next part begins after this number of bytes.
    Open(u64),
    /// The bytes do not belong to the container.
    Unknown,
}

/// The top-level parts of a file, one after the other.
struct Parts<R> {
    file: R,
    length: u64,
}

impl<R: Read + Seek> Parts<R> {
    /// Returns the number of bytes by which the last part extends beyond the end of the file.
    fn missing(&mut self, part: fn(&[u8]) -> Part) -> io::Result<u64> {
        let mut at = 0;
        while at < self.length {
            let mut head = [0; MAX_HEAD];
            let head = read_at(&mut self.file, at, &mut head)?;
            at = match part(head) {
                Part::Bytes(bytes) | Part::Open(bytes) if bytes > 0 => at.saturating_add(bytes),
                _ => return Ok(0),
            };
        }
        Ok(at - self.length)
    }
}

fn read_at<'a>(file: &mut (impl Read + Seek), at: u64, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while read < buffer.len() {
        match file.read(&mut buffer[read..])? {
            0 => break,
            count => read += count,
        }
    }
    Ok(&buffer[..read])
}

fn is_box(kind: &[u8]) -> bool {
    BOXES.iter().any(|known| known.as_slice() == kind)
}

/// Reads the header of an MP4 or QuickTime box: length and kind; a length of 1 stands for one of 64 bits, 0 for the
/// rest of the file.
fn mp4_box(head: &[u8]) -> Part {
    let Some(short) = big(head, 0, 4).filter(|_| head.get(4..8).is_some_and(is_box)) else { return Part::Unknown };
    match (short, big(head, 8, 8)) {
        (1, Some(long)) if long >= 16 => Part::Bytes(long),
        (8.., _) => Part::Bytes(short),
        _ => Part::Unknown,
    }
}

/// Reads the header of an AVI chunk, one for each two gigabytes or so. A recorder that was killed leaves its length at
/// zero.
fn riff(head: &[u8]) -> Part {
    match head.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes) {
        Some(length) if head.starts_with(b"RIFF") && length > 0 && length < u32::MAX => {
            Part::Bytes(u64::from(length) + 8 + u64::from(length % 2))
        }
        _ => Part::Unknown,
    }
}

/// Reads the header of a part of a Flash video: a file header, then tags of data of a known length, each followed by
/// the length of the tag.
fn flv(head: &[u8]) -> Part {
    const HEADER: u64 = 9 + 4;
    const AROUND_DATA: u64 = 11 + 4;
    match (head.first(), big(head, 1, 3)) {
        (Some(b'F'), _) => Part::Bytes(HEADER),
        // Sound, picture, description.
        (Some(8 | 9 | 18), Some(data)) => Part::Bytes(data + AROUND_DATA),
        _ => Part::Unknown,
    }
}

/// Reads the header of a part of Matroska or WebM: a header and a segment. A segment that is written on the fly has no
/// length, but its parts have.
fn matroska(head: &[u8]) -> Part {
    let Some((id, rest)) = element(head) else { return Part::Unknown };
    let header = head.len() - rest.len();
    let Some(width) = rest.first().map(|byte| byte.leading_zeros() as usize + 1).filter(|width| *width <= 8) else {
        return Part::Unknown;
    };
    let Some(length) = big(rest, 0, width) else { return Part::Unknown };
    let mask = (1 << (7 * width)) - 1;
    match length & mask {
        unknown if unknown == mask => match id {
            SEGMENT => Part::Open((header + width) as u64),
            _ => Part::Unknown,
        },
        length => Part::Bytes(length.saturating_add((header + width) as u64)),
    }
}

/// Returns the identifier of a Matroska element, and the bytes that follow it.
fn element(head: &[u8]) -> Option<(u64, &[u8])> {
    let width = head.first()?.leading_zeros() as usize + 1;
    let id = if width <= 4 { big(head, 0, width)? } else { return None };
    Some((id, &head[width..]))
}

/// Returns the number of bytes that the last packet of a transport stream lacks.
fn transport_stream(head: &[u8], length: u64) -> u64 {
    let synchronised = (0..TS_PROBE).all(|packet| head.get(packet * TS_PACKET as usize) == Some(&0x47));
    if synchronised { length.next_multiple_of(TS_PACKET) - length } else { 0 }
}

/// Reads a big-endian number of `width` bytes.
fn big(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    Some(bytes.get(at..at + width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn missing(bytes: &[u8]) -> u64 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip");
        fs::write(&path, bytes).unwrap();
        missing_of_file(&path).unwrap()
    }

    fn mp4(kinds: &[(&[u8; 4], usize)]) -> Vec<u8> {
        let part = |(kind, body): &(&[u8; 4], usize)| {
            let length = (*body as u32 + 8).to_be_bytes();
            [&length[..], &kind[..], &vec![7; *body]].concat()
        };
        kinds.iter().flat_map(part).collect()
    }

    /// Checks a complete file, and the file cut at several places within the last part.
    fn assert_cuts_are_detected(whole: &[u8], last: usize) {
        assert_eq!(missing(whole), 0);
        for lost in [1, last / 2, last - 1] {
            assert_eq!(missing(&whole[..whole.len() - lost]), lost as u64, "{lost} bytes lost");
        }
    }

    #[test]
    fn boxes_reach_to_the_end_of_the_file() {
        assert_cuts_are_detected(&mp4(&[(b"ftyp", 12), (b"moov", 80), (b"mdat", 500)]), 500);
        assert_cuts_are_detected(&mp4(&[(b"ftyp", 12), (b"moov", 80), (b"moof", 30), (b"mdat", 90)]), 90);
        let long = [&mp4(&[(b"ftyp", 12)])[..], &[0, 0, 0, 1], b"mdat", &516u64.to_be_bytes(), &[0; 500]].concat();
        assert_cuts_are_detected(&long, 500);
        let to_the_end = [&mp4(&[(b"ftyp", 12)])[..], &[0; 4], b"mdat", &[0; 99]].concat();
        assert_eq!(missing(&to_the_end), 0);
        let padded = [&mp4(&[(b"ftyp", 12), (b"mdat", 50)])[..], &[0xa5; 300]].concat();
        assert_eq!(missing(&padded), 0, "what follows the last box is no box");
    }

    #[test]
    fn chunks_reach_to_the_end_of_the_file() {
        let riff = |body: usize| [b"RIFF", &(body as u32).to_le_bytes()[..], b"AVI ", &vec![3; body - 4]].concat();
        assert_cuts_are_detected(&riff(600), 590);
        assert_cuts_are_detected(&[riff(600), riff(400)].concat(), 390);
        let mut killed = riff(600);
        killed[4..8].fill(0);
        assert_eq!(missing(&killed), 0);
    }

    #[test]
    fn tags_reach_to_the_end_of_the_file() {
        let tag = |kind: u8, data: u8| [&[kind, 0, 0, data][..], &vec![1; usize::from(data) + 11]].concat();
        let file = [&b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..], &tag(18, 40), &tag(9, 200), &tag(8, 90)].concat();
        assert_cuts_are_detected(&file, 100);
    }

    #[test]
    fn segments_reach_to_the_end_of_the_file() {
        let header = [0x1a, 0x45, 0xdf, 0xa3, 0x84, 1, 2, 3, 4];
        let segment = |length: &[u8], body: &[u8]| [&header[..], &[0x18, 0x53, 0x80, 0x67], length, body].concat();
        assert_cuts_are_detected(&segment(&[0x01, 0, 0, 0, 0, 0, 1, 0x90], &[0; 400]), 400);
        // Written on the fly: a segment without a length, of clusters with one.
        let cluster = [&[0x1f, 0x43, 0xb6, 0x75, 0x41, 0x2c][..], &[0; 300]].concat();
        let open = segment(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[&cluster[..], &cluster].concat());
        assert_cuts_are_detected(&open, 300);
        let live = [&[0x1f, 0x43, 0xb6, 0x75, 0x01][..], &[0xff; 7], &[0; 300]].concat();
        assert_eq!(missing(&segment(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &live)), 0);
    }

    #[test]
    fn packets_of_a_transport_stream_are_whole() {
        let packet = [&[0x47][..], &[0; 187]].concat();
        assert_cuts_are_detected(&packet.repeat(9), 188);
    }

    #[test]
    fn what_is_no_container_lacks_nothing() {
        for bytes in [&b""[..], b"R", b"cue ball, eight ball, nine ball, ten ball", &[0; 600], &[0xff; 600]] {
            assert_eq!(missing(bytes), 0);
        }
    }
}
