//! What a picture file says of itself, read before a decoder touches it: its size, and whether it is whole.
//! Decoders print their complaints to stderr, fill in for missing parts, and allocate whatever a header asks for.

/// Whether the file's own structure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wholeness {
    /// As far as it can be told without decoding.
    Whole,
    /// It ends before its structure does.
    Truncated,
    /// Its parts contradict each other.
    Damaged,
}

/// What a picture file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Columns and rows; `None` where only the decoder knows.
    pub size: Option<(u32, u32)>,
    pub wholeness: Wholeness,
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Reads the header; `None` for what is no picture of a known format.
pub(super) fn read(bytes: &[u8]) -> Option<Header> {
    if bytes.starts_with(PNG_SIGNATURE) {
        Some(png(bytes))
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(jpeg(bytes))
    } else if bytes.starts_with(b"BM") && bytes.len() >= 14 {
        Some(bmp(bytes))
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        Some(Header { size: None, wholeness: Wholeness::Whole })
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12).is_some_and(|kind| kind == b"WEBP") {
        let whole = little_u32(bytes, 4).is_some_and(|length| bytes.len() as u64 >= u64::from(length) + 8);
        let wholeness = if whole { Wholeness::Whole } else { Wholeness::Truncated };
        Some(Header { size: None, wholeness })
    } else {
        None
    }
}

/// Chunks of length, kind, data and checksum, from IHDR to IEND.
fn png(bytes: &[u8]) -> Header {
    let mut size = None;
    let mut rest = &bytes[PNG_SIGNATURE.len()..];
    let wholeness = loop {
        let Some(length) = big_u32(rest, 0).map(|length| length as usize) else { break Wholeness::Truncated };
        let (Some(body), Some(sum)) = (rest.get(4..length.saturating_add(8)), big_u32(rest, length.saturating_add(8)))
        else {
            break Wholeness::Truncated;
        };
        if crc32(body) != sum {
            break Wholeness::Damaged;
        }
        match &body[..4] {
            b"IHDR" => size = big_u32(body, 4).zip(big_u32(body, 8)),
            b"IEND" => break Wholeness::Whole,
            _ => {}
        }
        rest = &rest[length + 12..];
    };
    Header { size, wholeness }
}

/// Segments of marker and length; a scan's data runs on to the next marker that is neither stuffing nor a restart.
fn jpeg(bytes: &[u8]) -> Header {
    let mut size = None;
    let mut at = 2;
    let wholeness = loop {
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
                if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
                    let (rows, columns) = (big_u16(bytes, at + 5), big_u16(bytes, at + 7));
                    // No rows: the writer did not know yet and says so after the scan.
                    size = columns.map(u32::from).zip(rows.map(u32::from)).filter(|(_, rows)| *rows > 0);
                }
                at += 2 + usize::from(length);
            }
        }
    };
    Header { size, wholeness }
}

/// A file header of 14 bytes, an information header, a palette, rows padded to four bytes.
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
        return Header { size: None, wholeness: Wholeness::Whole };
    }
    let whole = size.is_some() && (!plain || needed().is_some_and(|needed| bytes.len() as u64 >= needed));
    Header { size, wholeness: if whole { Wholeness::Whole } else { Wholeness::Truncated } }
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

/// The checksum of PNG, polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
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
    use crate::sense::capture::testing::noise;

    fn encoded(extension: &str) -> Vec<u8> {
        noise(extension, 120, 90)
    }

    #[test]
    fn whole_files_are_known_with_their_size() {
        let size = Some((120, 90));
        for (extension, size) in [(".png", size), (".jpg", size), (".bmp", size), (".tif", None), (".webp", None)] {
            assert_eq!(read(&encoded(extension)), Some(Header { size, wholeness: Wholeness::Whole }), "{extension}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_truncated() {
        for extension in [".png", ".jpg", ".bmp", ".webp"] {
            let bytes = encoded(extension);
            for length in [bytes.len() - 1, bytes.len() - 2, bytes.len() / 2, bytes.len() / 10, 40] {
                let header = read(&bytes[..length]).expect("the signature is there");
                assert_eq!(header.wholeness, Wholeness::Truncated, "{extension} cut to {length}");
            }
        }
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
