//! Orientation of a picture (EXIF), and the TIFF structure that holds it: in TIFF files themselves, and inside others.

use opencv::core::{self, Mat};

/// Prefix of the TIFF structure in JPEG, and in other files of some writers.
pub(super) const EXIF_PREFIX: &[u8] = b"Exif\0\0";

const BITS_PER_SAMPLE: u16 = 258;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const STRIP_BYTE_COUNTS: u16 = 279;
const TILE_OFFSETS: u16 = 324;
const TILE_BYTE_COUNTS: u16 = 325;
const SAMPLE_FORMAT: u16 = 339;

/// Rotation and mirroring that make a stored picture upright: 1 to 8, as EXIF numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Orientation(u16);

impl Default for Orientation {
    fn default() -> Self {
        Self(1)
    }
}

impl Orientation {
    /// Creates an orientation; like viewers, it takes invalid numbers as upright.
    fn new(number: u64) -> Self {
        u16::try_from(number).ok().filter(|number| (1..=8).contains(number)).map_or_else(Self::default, Self)
    }

    /// Returns the orientation stored in EXIF data.
    pub fn of_exif(exif: &[u8]) -> Self {
        let exif = exif.strip_prefix(EXIF_PREFIX).unwrap_or(exif);
        Tiff::new(exif).map_or_else(Self::default, |tiff| tiff.orientation())
    }

    /// Returns whether the stored picture is upright.
    pub fn is_upright(self) -> bool {
        self.0 == 1
    }

    /// Turns a stored picture upright.
    pub fn upright(self, stored: Mat) -> Result<Mat, opencv::Error> {
        if self.is_upright() {
            return Ok(stored);
        }
        // From 5 on, rows become columns.
        let lying = if self.0 < 5 {
            stored
        } else {
            let mut turned = Mat::default();
            core::transpose(&stored, &mut turned)?;
            turned
        };
        // Flip around the vertical axis, the horizontal one, or both.
        let code = match self.0 {
            2 | 6 => 1,
            4 | 8 => 0,
            3 | 7 => -1,
            _ => return Ok(lying),
        };
        let mut upright = Mat::default();
        core::flip(&lying, &mut upright, code)?;
        Ok(upright)
    }
}

/// The first directory of a TIFF structure.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Position of the first entry, and the number of entries; `None` if they lie beyond the end.
    entries: Option<(usize, usize)>,
}

/// An entry of the directory.
struct Entry {
    /// Position of the value, or of the first of several.
    at: usize,
    /// Size of a value, bytes.
    size: usize,
    count: usize,
}

impl<'a> Tiff<'a> {
    /// Reads the header; `None` if it is not TIFF.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        let mut tiff = Self { bytes, big_endian, entries: None };
        tiff.entries = tiff.number(4, 4).and_then(|at| {
            let at = usize::try_from(at).ok()?;
            let count = usize::try_from(tiff.number(at, 2)?).ok()?;
            // All of the directory has to be present.
            bytes.get(at..at.checked_add(2 + 12 * count)?)?;
            Some((at + 2, count))
        });
        Some(tiff)
    }

    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
    }

    fn entry(&self, tag: u16) -> Option<Entry> {
        let (first, count) = self.entries?;
        let at = (0..count).map(|i| first + 12 * i).find(|at| self.number(*at, 2) == Some(tag.into()))?;
        // Bytes, shorts and longs; other types have no meaning for the tags that are read here.
        let size = match self.number(at + 2, 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = usize::try_from(self.number(at + 4, 4)?).ok()?;
        // Values of more than four bytes lie elsewhere.
        let fits = size * count <= 4;
        let at = if fits { at + 8 } else { usize::try_from(self.number(at + 8, 4)?).ok()? };
        Some(Entry { at, size, count })
    }

    /// Returns the values of a tag as far as they are present; none if the tag is missing.
    fn values(&self, tag: u16) -> impl Iterator<Item = u64> + '_ {
        let entry = self.entry(tag);
        let at = |i: usize, entry: &Entry| self.number(entry.at.checked_add(i.checked_mul(entry.size)?)?, entry.size);
        let mut i = 0;
        std::iter::from_fn(move || {
            let entry = entry.as_ref().filter(|entry| i < entry.count)?;
            i += 1;
            at(i - 1, entry)
        })
    }

    /// Returns the orientation of the picture.
    pub fn orientation(&self) -> Orientation {
        self.values(ORIENTATION).next().map_or_else(Orientation::default, Orientation::new)
    }

    /// Returns the file as it would be if it were stored upright: decoders differ in how they treat the tag.
    pub fn without_orientation(&self) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        if let Some(Entry { at, size, .. }) = self.entry(ORIENTATION)
            && let Some(value) = bytes.get_mut(at..at + size)
        {
            value.fill(0);
            value[if self.big_endian { size - 1 } else { 0 }] = 1;
        }
        bytes
    }

    /// Returns whether the directory and the pixels are complete.
    pub fn is_whole(&self) -> bool {
        let are_there = |offsets, counts| {
            let ends = self.values(offsets).zip(self.values(counts)).map(|(at, count)| at.saturating_add(count));
            ends.max().is_none_or(|end| end <= self.bytes.len() as u64)
        };
        self.entries.is_some()
            && are_there(STRIP_OFFSETS, STRIP_BYTE_COUNTS)
            && are_there(TILE_OFFSETS, TILE_BYTE_COUNTS)
    }

    /// Describes the kind of pixels, if they are not integers of at most 16 bits.
    pub fn unsupported(&self) -> Option<String> {
        let bits = self.values(BITS_PER_SAMPLE).max().unwrap_or(1);
        let format = match self.values(SAMPLE_FORMAT).max().unwrap_or(1) {
            3 => "floating-point",
            5 | 6 => "complex",
            _ if bits > 16 => "whole",
            _ => return None,
        };
        Some(format!("{format} numbers of {bits} bits"))
    }
}
