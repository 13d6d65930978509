//! The header of a picture file, read before a decoder sees the file: its size, and whether it is complete. Decoders
//! print warnings to stderr, fill in missing parts, and allocate whatever a header asks for.

use super::exif::{EXIF_PREFIX, Orientation, Tiff};

/// Integrity of the file's own structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wholeness {
    /// The file is complete, as far as it can be checked without decoding.
    Whole,
    /// The file ends before its structure does.
    Truncated,
    /// The parts of the file contradict each other.
    Damaged,
}

/// Properties of a picture file that are read without decoding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Columns and rows, pixels; `None` if only the decoder knows.
    pub size: Option<(u32, u32)>,
    pub wholeness: Wholeness,
    /// Rotation and mirroring that make the picture upright.
    pub orientation: Orientation,
    /// File for the decoder, if it has to differ from the original: with the missing end added, without parts that
    /// decoders warn about, stored upright.
    pub for_decoder: Option<Vec<u8>>,
    /// Description of pixels that are not integers of 8 or 16 bits.
    pub unsupported: Option<String>,
}

impl Header {
    fn new(size: Option<(u32, u32)>, wholeness: Wholeness) -> Self {
        Self { size, wholeness, orientation: Orientation::default(), for_decoder: None, unsupported: None }
    }
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The last chunk of a PNG.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// The last marker of a JPEG.
const JPEG_END: &[u8] = &[0xff, 0xd9];

/// Reads the header; `None` if it is not a picture of a known format.
pub(super) fn read(bytes: &[u8]) -> Option<Header> {
    if bytes.starts_with(PNG_SIGNATURE) {
        Some(png(bytes))
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(jpeg(bytes))
    } else if bytes.starts_with(b"BM") && bytes.len() >= 14 {
        Some(bmp(bytes))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12).is_some_and(|kind| kind == b"WEBP") {
        Some(webp(bytes))
    } else {
        Some(tiff(&Tiff::new(bytes)?))
    }
}

/// Reads a PNG: chunks of length, kind, data and checksum, from IHDR to IEND. Decoders get only the critical ones: they
/// warn about colour profiles and the like.
fn png(bytes: &[u8]) -> Header {
    let mut header = Header::new(None, Wholeness::Whole);
    let mut critical = PNG_SIGNATURE.to_vec();
    let mut has_pixels = false;
    let mut at = PNG_SIGNATURE.len();
    header.wholeness = loop {
        let rest = &bytes[at..];
        let whole = big_u32(rest, 0).and_then(|length| {
            let length = length as usize;
            Some((length + 12, rest.get(4..length.checked_add(8)?)?, big_u32(rest, length + 8)?))
        });
        let Some((length, body, sum)) = whole else {
            // A piece of the last chunk, or nothing at all in its place.
            if has_pixels && PNG_END.starts_with(rest) {
                header.for_decoder = Some([&critical, PNG_END].concat());
            }
            break Wholeness::Truncated;
        };
        if crc32(body) != sum {
            break Wholeness::Damaged;
        }
        if body[0].is_ascii_uppercase() {
            critical.extend_from_slice(&rest[..length]);
        }
        match &body[..4] {
            b"IHDR" => header.size = big_u32(body, 4).zip(big_u32(body, 8)),
            b"eXIf" => header.orientation = Orientation::of_exif(&body[4..]),
            b"IDAT" => has_pixels = true,
            b"IEND" => {
                header.for_decoder = Some(critical);
                break Wholeness::Whole;
            }
            _ => {}
        }
        at += length;
    };
    header
}

/// Reads a JPEG: segments of marker and length; a scan's data extend to the next marker that is neither stuffing nor a
/// restart.
fn jpeg(bytes: &[u8]) -> Header {
    let mut header = Header::new(None, Wholeness::Whole);
    let (mut at, mut has_pixels, mut has_exif) = (2, false, false);
    header.wholeness = loop {
        let Some(&lead) = bytes.get(at) else { break Wholeness::Truncated };
        if lead != 0xff {
            // Some writers leave stray bytes between segments, and decoders skip them.
            at += 1;
            continue;
        }
        let Some(&marker) = bytes.get(at + 1) else { break Wholeness::Truncated };
        match marker {
            0xd9 => break Wholeness::Whole,
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let Some(length) = big_u16(bytes, at + 2) else { break Wholeness::Truncated };
                if length < 2 {
                    break Wholeness::Damaged;
                }
                let end = at + 2 + usize::from(length);
                if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
                    let (rows, columns) = (big_u16(bytes, at + 5), big_u16(bytes, at + 7));
                    // Zero rows: the writer did not know the number yet and writes it after the scan.
                    header.size = columns.map(u32::from).zip(rows.map(u32::from)).filter(|(_, rows)| *rows > 0);
                }
                let body = bytes.get(at + 4..end).unwrap_or_default();
                if marker == 0xe1 && body.starts_with(EXIF_PREFIX) && !std::mem::replace(&mut has_exif, true) {
                    header.orientation = Orientation::of_exif(body);
                }
                has_pixels |= marker == 0xda && end < bytes.len();
                at = end;
            }
        }
    };
    if header.wholeness == Wholeness::Truncated && has_pixels {
        header.for_decoder = Some([bytes, JPEG_END].concat());
    }
    header
}

/// Reads a WebP, a RIFF container: chunks of kind, length and data, padded to even lengths.
fn webp(bytes: &[u8]) -> Header {
    let whole = little_u32(bytes, 4).is_some_and(|length| bytes.len() as u64 >= u64::from(length) + 8);
    let mut header = Header::new(None, if whole { Wholeness::Whole } else { Wholeness::Truncated });
    let mut at = 12;
    while let (Some(kind), Some(length)) = (bytes.get(at..at + 4), little_u32(bytes, at + 4)) {
        let length = length as usize;
        if kind == b"EXIF"
            && let Some(body) = bytes.get(at + 8..at.saturating_add(8).saturating_add(length))
        {
            header.orientation = Orientation::of_exif(body);
        }
        at = at.saturating_add(8).saturating_add(length).saturating_add(length % 2);
    }
    header
}

/// Reads a TIFF: a directory of tags with the positions of the pixels.
fn tiff(tiff: &Tiff) -> Header {
    let wholeness = if tiff.is_whole() { Wholeness::Whole } else { Wholeness::Truncated };
    let mut header = Header::new(None, wholeness);
    header.orientation = tiff.orientation();
    let turned = wholeness == Wholeness::Whole && !header.orientation.is_upright();
    header.for_decoder = turned.then(|| tiff.without_orientation());
    header.unsupported = tiff.unsupported();
    header
}

/// Reads a BMP: a file header of 14 bytes, an information header, a palette, rows padded to four bytes.
fn bmp(bytes: &[u8]) -> Header {
    let side = |at| little_u32(bytes, at).map(|v| v.cast_signed().unsigned_abs());
    let (columns, rows) = (side(18), side(22));
    let size = columns.zip(rows);
    let needed = || -> Option<u64> {
        let (columns, rows) = size?;
        let bits = u64::from(little_u32(bytes, 28)? & 0xffff);
        let row = (u64::from(columns).checked_mul(bits)?.checked_add(31)? / 32).checked_mul(4)?;
        row.checked_mul(u64::from(rows))?.checked_add(u64::from(little_u32(bytes, 10)?))
    };
    // Only an uncompressed picture's length follows from its header; an older header (12 bytes) has another layout.
    let header_length = little_u32(bytes, 14);
    let plain = matches!(little_u32(bytes, 30), Some(0 | 3));
    if header_length == Some(12) {
        return Header::new(None, Wholeness::Whole);
    }
    let whole = size.is_some() && (!plain || needed().is_some_and(|needed| bytes.len() as u64 >= needed));
    Header::new(size, if whole { Wholeness::Whole } else { Wholeness::Truncated })
}

fn big_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

fn big_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

fn little_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Computes the checksum of PNG, polynomial 0xEDB88320.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut value = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[byte] = value;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc: u32, &byte| (crc >> 8) ^ TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noise;

    fn encoded(extension: &str) -> Vec<u8> {
        noise(extension, 120, 90)
    }

    #[test]
    fn whole_files_are_known_with_their_size() {
        let size = Some((120, 90));
        for (extension, size) in [(".png", size), (".jpg", size), (".bmp", size), (".tif", None), (".webp", None)] {
            let header = read(&encoded(extension)).expect("a picture");
            let header = Header { for_decoder: None, ..header };
            assert_eq!(header, Header::new(size, Wholeness::Whole), "{extension}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated() {
        for extension in [".png", ".jpg", ".bmp", ".webp", ".tif"] {
            let bytes = encoded(extension);
            // The last bytes of a TIFF describe its pixels, and it can do without them.
            let nearly_whole = if extension == ".tif" { 200 } else { 1 };
            for length in [bytes.len() - nearly_whole, bytes.len() / 2, bytes.len() / 10, 40] {
                let header = read(&bytes[..length]).expect("the signature is there");
                assert_eq!(header.wholeness, Wholeness::Truncated, "{extension} cut to {length}");
            }
        }
    }

    #[test]
    fn a_file_that_lacks_its_end_alone_can_be_given_one() {
        for (extension, lacking) in [(".png", 1), (".png", 11), (".png", 12), (".jpg", 1), (".jpg", 2), (".jpg", 9)] {
            let bytes = encoded(extension);
            let cut = &bytes[..bytes.len() - lacking];
            let mended = read(cut).and_then(|header| header.for_decoder).expect("an end");
            assert_eq!(read(&mended).map(|header| header.wholeness), Some(Wholeness::Whole), "{extension} {lacking}");
        }
        for (extension, left) in [(".png", 33), (".jpg", 40)] {
            assert_eq!(read(&encoded(extension)[..left]).and_then(|header| header.for_decoder), None, "{extension}");
        }
    }

    #[test]
    fn what_a_png_says_beside_its_pixels_is_kept_from_the_decoder() {
        let bytes = encoded(".png");
        let body = b"iCCPa colour profile that is none";
        let length = (body.len() as u32 - 4).to_be_bytes();
        let chunk = [&length[..], body, &crc32(body).to_be_bytes()].concat();
        let with = [&bytes[..33], &chunk, &bytes[33..]].concat();
        assert_eq!(read(&with), read(&bytes));
    }

    #[test]
    fn a_changed_byte_in_a_png_is_damage() {
        let mut bytes = encoded(".png");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        assert_eq!(read(&bytes).map(|header| header.wholeness), Some(Wholeness::Damaged));
    }

    #[test]
    fn what_is_no_picture_is_not_known() {
        for bytes in [&b"cue ball, eight ball"[..], b"B", b"", b"RIFF....WAVE"] {
            assert_eq!(read(bytes), None);
        }
    }

    #[test]
    fn the_checksum_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
