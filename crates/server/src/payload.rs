//! The data of a message, serialised once and compressed at most once for all clients.
//!
//! Messages to different clients differ around the data (in the message's number), so the shared data are compressed
//! separately: a zlib stream may be assembled from blocks. Head and tail go in as stored blocks, the data as the blocks
//! that all clients share, and the checksum of the whole follows from those of the parts.

use flate2::{Compress, Compression, FlushCompress, Status};
use std::sync::OnceLock;

/// Maximum length of a message that is never compressed, bytes.
const SMALLEST: usize = 1024;
/// Maximum ratio of the compressed to the plain length; above it, a message is sent uncompressed.
const MAX_SHARE: f64 = 0.9;
/// Compression level, 0 to 9.
const LEVEL: u32 = 6;

/// The data of a message.
#[derive(Debug)]
pub(crate) struct Payload {
    text: String,
    packed: OnceLock<Option<Packed>>,
}

/// Data as deflate blocks that end on a whole byte, none of them the last.
#[derive(Debug)]
struct Packed {
    blocks: Vec<u8>,
    checksum: u32,
}

impl Payload {
    /// Creates a payload from JSON.
    pub fn new(text: String) -> Self {
        Self { text, packed: OnceLock::new() }
    }

    /// Returns the JSON.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns `head`, the data and `tail` as one zlib stream (RFC 1950); `None` where that is not worthwhile.
    pub fn packed_between(&self, head: &str, tail: &str) -> Option<Vec<u8>> {
        let length = head.len() + self.text.len() + tail.len();
        if length <= SMALLEST {
            return None;
        }
        let packed = self.packed.get_or_init(|| pack(self.text.as_bytes())).as_ref()?;
        let size = 2 + 5 + head.len() + packed.blocks.len() + 5 + tail.len() + 4;
        if size as f64 > MAX_SHARE * length as f64 {
            return None;
        }
        let mut stream = Vec::with_capacity(size);
        stream.extend([0x78, 0x9C]);
        store(&mut stream, head.as_bytes(), false)?;
        stream.extend(&packed.blocks);
        store(&mut stream, tail.as_bytes(), true)?;
        let checksum = joined(adler(head.as_bytes()), packed.checksum, self.text.len());
        stream.extend(joined(checksum, adler(tail.as_bytes()), tail.len()).to_be_bytes());
        Some(stream)
    }
}

fn pack(data: &[u8]) -> Option<Packed> {
    let mut deflate = Compress::new(Compression::new(LEVEL), false);
    // Incompressible data grow by a few bytes per block.
    let mut blocks = Vec::with_capacity(data.len() + data.len() / 64 + 256);
    let status = deflate.compress_vec(data, &mut blocks, FlushCompress::Sync).ok()?;
    let whole = status == Status::Ok && deflate.total_in() == data.len() as u64 && blocks.len() < blocks.capacity();
    whole.then(|| {
        blocks.shrink_to_fit();
        Packed { blocks, checksum: adler(data) }
    })
}

/// Appends a stored block (RFC 1951, 3.2.4); returns `None` if the bytes are too long for one.
fn store(stream: &mut Vec<u8>, bytes: &[u8], last: bool) -> Option<()> {
    let length = u16::try_from(bytes.len()).ok()?;
    stream.push(u8::from(last));
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    Some(())
}

/// Modulus of Adler-32: the largest prime below 2¹⁶.
const ADLER: u64 = 65_521;

/// Returns the Adler-32 checksum (RFC 1950).
fn adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u64, 0_u64);
    // Chunks so short that the sums are far from overflowing.
    for chunk in bytes.chunks(4096) {
        for byte in chunk {
            a += u64::from(*byte);
            b += a;
        }
        (a, b) = (a % ADLER, b % ADLER);
    }
    sums(a, b)
}

/// Returns the Adler-32 of two consecutive pieces from those of each; `length` is that of the second, bytes.
fn joined(first: u32, second: u32, length: usize) -> u32 {
    let parts = |sum: u32| (u64::from(sum & 0xFFFF), u64::from(sum >> 16));
    let ((a1, b1), (a2, b2)) = (parts(first), parts(second));
    let length = length as u64 % ADLER;
    sums((a1 + a2 + ADLER - 1) % ADLER, (b1 + b2 + length * (a1 + ADLER - 1)) % ADLER)
}

fn sums(a: u64, b: u64) -> u32 {
    u32::try_from(b << 16 | a).expect("both sums are below 2^16")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::ZlibDecoder;
    use proptest::prelude::*;
    use std::io::Read;

    fn unpacked(stream: &[u8]) -> String {
        let mut text = String::new();
        ZlibDecoder::new(stream).read_to_string(&mut text).expect("a whole zlib stream");
        text
    }

    #[test]
    fn a_packed_message_is_an_ordinary_zlib_stream() {
        let payload = Payload::new(format!("[{}1]", "12.5,".repeat(4000)));
        for number in [1, 1_000_000] {
            let head = format!(r#"{{"sequence":{number},"data":"#);
            let packed = payload.packed_between(&head, "}").expect("pays");
            assert!(packed.len() < 1000, "{}", packed.len());
            assert_eq!(unpacked(&packed), format!("{head}{}}}", payload.text()));
        }
    }

    #[test]
    fn what_is_small_or_does_not_shrink_is_left_alone() {
        assert!(Payload::new("1".repeat(1023)).packed_between("", "}").is_none());
        assert!(Payload::new("1".repeat(1024)).packed_between("", "}").is_some());
        let mut state = 1_u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(u8::try_from(state >> 25).expect("7 bits"))
        });
        let noise: String = noise.take(1100).collect();
        assert!(Payload::new(noise).packed_between("", "").is_none());
    }

    proptest! {
        #[test]
        fn any_text_comes_out_as_it_went_in(head in ".{0,40}", part in ".{1,40}", times in 100_usize..400, tail in ".{0,9}") {
            let payload = Payload::new(part.repeat(times));
            if let Some(packed) = payload.packed_between(&head, &tail) {
                prop_assert_eq!(unpacked(&packed), format!("{head}{}{tail}", payload.text()));
            }
        }
    }
}
