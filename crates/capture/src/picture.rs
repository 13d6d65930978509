//! Reading of one picture file, and the check that a picture is accepted.

use super::{
    error::CaptureError,
    header::{self, Wholeness},
    quieten_log,
};
use billiards_table::FrameSize;
use opencv::{
    core::{self, Mat},
    imgcodecs,
    prelude::*,
};
use std::{fs, io, path::Path};

/// Minimum side of an accepted picture, pixels.
pub const MIN_SIDE: u32 = 64;
/// Maximum side of an accepted picture, pixels.
pub const MAX_SIDE: u32 = 8192;
/// Ratio of the longer side to the shorter from which a picture is rejected.
pub const MAX_ELONGATED: u32 = 8;

/// Extensions of picture files.
const EXTENSIONS: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp"];

/// Maximum length of a picture file, bytes: more than any uncompressed picture of an accepted size with four channels
/// of 16 bits.
const MAX_FILE: u64 = 1 << 30;

/// Maximum share of a JPEG's rows that may be missing at its lower end. Viewers show such a picture; one that lacks
/// more is reported as cut short.
const MAX_MISSING_SHARE: f64 = 0.05;

/// Reads a picture file as 8-bit BGR, turned upright if the file states its orientation.
///
/// # Errors
/// The file is missing, empty, not a file, unreadable, not a picture, cut short, damaged, or of a size or kind that is
/// not accepted.
pub fn read_picture(path: impl AsRef<Path>) -> Result<Mat, CaptureError> {
    quieten_log();
    let path = path.as_ref();
    let bytes = read_file(path)?;
    let name = path.display().to_string();
    let Some(header) = header::read(&bytes) else { return Err(CaptureError::NotAnImage { path: path.into() }) };
    match header.wholeness {
        Wholeness::Truncated if header.for_decoder.is_none() => {
            return Err(CaptureError::Truncated { path: path.into() });
        }
        Wholeness::Damaged => return Err(CaptureError::Damaged { path: path.into() }),
        Wholeness::Whole | Wholeness::Truncated => {}
    }
    if let Some(pixels) = header.unsupported {
        return Err(CaptureError::UnsupportedPixels { path: path.into(), pixels });
    }
    // Checked before the decoder allocates whatever the header asks for.
    if let Some((width, height)) = header.size {
        check_size(&name, FrameSize { width, height })?;
    }
    let bytes = header.for_decoder.unwrap_or(bytes);
    let wrapped = Mat::from_slice::<u8>(&bytes).map_err(|error| CaptureError::opencv(&name, &error))?;
    // Rotated here: the decoders know the orientation of some formats only.
    let flags = imgcodecs::IMREAD_COLOR | imgcodecs::IMREAD_IGNORE_ORIENTATION;
    let stored = imgcodecs::imdecode(&wrapped, flags).map_err(|error| CaptureError::opencv(&name, &error))?;
    // A decoder that fails returns an empty picture, not an error.
    if stored.empty() {
        return Err(CaptureError::UnknownPicture { path: path.into() });
    }
    if header.wholeness == Wholeness::Truncated && missing_share(&stored) > MAX_MISSING_SHARE {
        return Err(CaptureError::Truncated { path: path.into() });
    }
    let image = header.orientation.upright(stored).map_err(|error| CaptureError::opencv(&name, &error))?;
    check_picture(&name, &image)?;
    Ok(image)
}

/// Returns the share of a decoded JPEG's rows, from the lowest one up, for which the file had no data: libjpeg leaves
/// them grey.
fn missing_share(image: &Mat) -> f64 {
    const GREY: u8 = 128;
    let is_grey = |row: &i32| {
        image.at_row::<core::Vec3b>(*row).is_ok_and(|pixels| pixels.iter().all(|pixel| pixel.0 == [GREY; 3]))
    };
    let missing = (0..image.rows()).rev().take_while(is_grey).count();
    missing as f64 / f64::from(image.rows().max(1))
}

/// Returns whether a path has the extension of a picture.
pub(super) fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// Checks that a file exists and is not empty, and returns its length in bytes.
///
/// # Errors
/// The file is missing, not a file, or empty.
pub(super) fn check_file(path: &Path) -> Result<u64, CaptureError> {
    let about = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !about.is_file() {
        return Err(CaptureError::NotAFile { path: path.into() });
    }
    if about.len() == 0 {
        return Err(CaptureError::Empty { path: path.into() });
    }
    Ok(about.len())
}

/// Wraps an error of the operating system for this path.
pub(super) fn unreadable(path: &Path, error: io::Error) -> CaptureError {
    match error.kind() {
        io::ErrorKind::NotFound => CaptureError::Missing { path: path.into() },
        _ => CaptureError::Unreadable { path: path.into(), reason: error },
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, CaptureError> {
    let bytes = check_file(path)?;
    if bytes > MAX_FILE {
        return Err(CaptureError::FileTooLarge { path: path.into(), bytes, most: MAX_FILE });
    }
    fs::read(path).map_err(|error| unreadable(path, error))
}

/// Checks the layout and the size of a picture and returns its size.
///
/// # Errors
/// The picture is not 8-bit BGR, or of a size that is not accepted.
pub(super) fn check_picture(name: &str, image: &Mat) -> Result<FrameSize, CaptureError> {
    let size = FrameSize { width: image.cols().unsigned_abs(), height: image.rows().unsigned_abs() };
    check_size(name, size)?;
    if image.typ() == core::CV_8UC3 {
        Ok(size)
    } else {
        Err(CaptureError::NotBgr { name: name.to_owned(), layout: image.typ() })
    }
}

fn check_size(name: &str, FrameSize { width, height }: FrameSize) -> Result<(), CaptureError> {
    let (shorter, longer) = (width.min(height), width.max(height));
    if longer > MAX_SIDE {
        Err(CaptureError::TooLarge { name: name.to_owned(), width, height })
    } else if shorter < MIN_SIDE {
        Err(CaptureError::TooSmall { name: name.to_owned(), width, height })
    } else if longer >= MAX_ELONGATED * shorter {
        Err(CaptureError::TooElongated { name: name.to_owned(), width, height })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{blank, noise};
    use opencv::core::Scalar;
    use std::path::PathBuf;
    use tempfile::TempDir;

    fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn error(path: &Path) -> CaptureError {
        read_picture(path).map(|_| ()).expect_err("the picture is refused")
    }

    #[test]
    fn every_format_is_read_as_bgr() {
        let folder = TempDir::new().unwrap();
        for extension in [".png", ".jpg", ".bmp", ".tif", ".webp"] {
            let image =
                read_picture(written(&folder, &format!("table{extension}"), &noise(extension, 160, 120))).unwrap();
            assert_eq!((image.cols(), image.rows(), image.typ()), (160, 120, core::CV_8UC3), "{extension}");
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let folder = TempDir::new().unwrap();
        assert!(matches!(error(&folder.path().join("nowhere.png")), CaptureError::Missing { .. }));
        assert!(matches!(error(folder.path()), CaptureError::NotAFile { .. }));
        assert!(matches!(error(&written(&folder, "empty.png", b"")), CaptureError::Empty { .. }));
        let text = written(&folder, "text.png", b"cue ball, eight ball, nine ball\n");
        assert!(matches!(error(&text), CaptureError::NotAnImage { .. }));
        for extension in [".png", ".jpg", ".bmp", ".tif", ".webp"] {
            let whole = noise(extension, 160, 120);
            let cut = written(&folder, &format!("cut{extension}"), &whole[..whole.len() / 2]);
            assert!(matches!(error(&cut), CaptureError::Truncated { .. }), "{extension}");
        }
    }

    #[test]
    fn a_jpeg_without_its_last_bytes_is_read_as_viewers_do() {
        let folder = TempDir::new().unwrap();
        let whole = noise(".jpg", 160, 120);
        let expected = read_picture(written(&folder, "whole.jpg", &whole)).unwrap();
        for lacking in [1, 2, 3, 20] {
            let cut = read_picture(written(&folder, "cut.jpg", &whole[..whole.len() - lacking])).unwrap();
            let mut difference = Mat::default();
            core::absdiff(&expected, &cut, &mut difference).unwrap();
            // At most the last blocks differ.
            let rows = core::Rect::new(0, 0, 160, 96);
            let upper = Mat::roi(&difference, rows).unwrap().try_clone().unwrap();
            assert!(upper.data_bytes().unwrap().iter().all(|byte| *byte == 0), "{lacking}");
        }
        let png = noise(".png", 160, 120);
        assert!(read_picture(written(&folder, "cut.png", &png[..png.len() - 12])).is_ok());
    }

    /// The upright picture: a colour in each quarter, blue, green, red.
    const QUARTERS: [[[u8; 3]; 2]; 2] = [[[250, 10, 10], [10, 250, 10]], [[10, 10, 250], [250, 250, 10]]];
    const UPRIGHT: [usize; 2] = [128, 96];

    /// Returns size and pixels as they are stored so that an orientation turns them upright: the standard defines which
    /// sides of the upright picture the first row and the first column are.
    fn stored(orientation: u16) -> ([usize; 2], Vec<[u8; 3]>) {
        let [w, h] = UPRIGHT;
        let [columns, rows] = if orientation < 5 { [w, h] } else { [h, w] };
        let place = |i: usize, j: usize| match orientation {
            1 => [i, j],
            2 => [i, w - 1 - j],
            3 => [h - 1 - i, w - 1 - j],
            4 => [h - 1 - i, j],
            5 => [j, i],
            6 => [j, w - 1 - i],
            7 => [h - 1 - j, w - 1 - i],
            _ => [h - 1 - j, i],
        };
        let pixels = (0..rows).flat_map(|i| (0..columns).map(move |j| place(i, j)));
        ([columns, rows], pixels.map(|[y, x]| QUARTERS[2 * y / h][2 * x / w]).collect())
    }

    /// Creates an uncompressed TIFF of samples of these bits and format, all zero where the bits are not 8.
    fn tiff(orientation: u16, big_endian: bool, bits: u16, format: u16) -> Vec<u8> {
        let ([columns, rows], pixels) = stored(orientation);
        let number = |value: u64, size: usize| -> Vec<u8> {
            let bytes = &value.to_be_bytes()[8 - size..];
            if big_endian { bytes.to_vec() } else { bytes.iter().rev().copied().collect() }
        };
        let pixels: Vec<u8> = pixels.iter().flat_map(|[b, g, r]| [*r, *g, *b]).collect();
        let data = if bits == 8 { pixels } else { vec![0; pixels.len() * usize::from(bits) / 8] };
        let entries: [(u16, u16, u64); 11] = [
            (256, 4, columns as u64),
            (257, 4, rows as u64),
            (258, 3, bits.into()),
            (259, 3, 1),
            (262, 3, 2),
            (273, 4, 8 + 2 + 12 * 11 + 4),
            (274, 3, orientation.into()),
            (277, 3, 3),
            (278, 4, rows as u64),
            (279, 4, data.len() as u64),
            (339, 3, format.into()),
        ];
        let mut bytes = if big_endian { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        bytes.extend([number(8, 4), number(entries.len() as u64, 2)].concat());
        for (tag, kind, value) in entries {
            let value = if kind == 3 { [number(value, 2), vec![0, 0]].concat() } else { number(value, 4) };
            bytes.extend([number(tag.into(), 2), number(kind.into(), 2), number(1, 4), value].concat());
        }
        [bytes, vec![0; 4], data].concat()
    }

    /// Returns EXIF data that contain only an orientation.
    fn exif(orientation: u16) -> Vec<u8> {
        let [high, low] = orientation.to_be_bytes();
        [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01"[..], &[high, low, 0, 0], &[0; 4]].concat()
    }

    fn with_exif(extension: &str, orientation: u16) -> Vec<u8> {
        let ([columns, rows], pixels) = stored(orientation);
        let mut image =
            Mat::new_rows_cols_with_default(rows as i32, columns as i32, core::CV_8UC3, Scalar::all(0.0)).unwrap();
        image.data_bytes_mut().unwrap().copy_from_slice(pixels.as_flattened());
        let mut bytes = core::Vector::<u8>::new();
        imgcodecs::imencode_def(extension, &image, &mut bytes).unwrap();
        let (bytes, exif) = (bytes.to_vec(), exif(orientation));
        match extension {
            ".jpg" => {
                let length = (exif.len() as u16 + 8).to_be_bytes();
                [&bytes[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &exif, &bytes[2..]].concat()
            }
            ".png" => {
                let body = [b"eXIf", &exif[..]].concat();
                let chunk =
                    [&(exif.len() as u32).to_be_bytes()[..], &body, &header::crc32(&body).to_be_bytes()].concat();
                // After the pixels, where it may also be.
                [&bytes[..bytes.len() - 12], &chunk, &bytes[bytes.len() - 12..]].concat()
            }
            ".webp" => {
                let chunk = [b"EXIF", &(exif.len() as u32).to_le_bytes()[..], &exif].concat();
                let length = (bytes.len() + chunk.len() - 8) as u32;
                [b"RIFF", &length.to_le_bytes()[..], &bytes[8..], &chunk].concat()
            }
            _ => unreachable!("no other format here"),
        }
    }

    #[test]
    fn pictures_are_turned_upright_in_every_format() {
        let folder = TempDir::new().unwrap();
        for orientation in 1..=8 {
            let files = [
                ("a.jpg", with_exif(".jpg", orientation)),
                ("a.png", with_exif(".png", orientation)),
                ("a.webp", with_exif(".webp", orientation)),
                ("little.tif", tiff(orientation, false, 8, 1)),
                ("big.tif", tiff(orientation, true, 8, 1)),
            ];
            for (name, bytes) in files {
                let image = read_picture(written(&folder, name, &bytes)).unwrap();
                assert_eq!([image.cols(), image.rows()], UPRIGHT.map(|side| side as i32), "{name} {orientation}");
                for (row, y) in [24, 72].into_iter().enumerate() {
                    for (column, x) in [32, 96].into_iter().enumerate() {
                        let pixel = image.at_2d::<core::Vec3b>(y, x).unwrap().0;
                        let difference =
                            pixel.iter().zip(QUARTERS[row][column]).map(|(a, b)| a.abs_diff(b)).max().unwrap();
                        assert!(difference < 40, "{name} {orientation}: {pixel:?} at {x}, {y}");
                    }
                }
            }
        }
        // An invalid orientation counts as none.
        assert!(read_picture(written(&folder, "a.tif", &tiff(1, false, 8, 1))).is_ok());
    }

    #[test]
    fn pixels_of_other_kinds_are_named() {
        let folder = TempDir::new().unwrap();
        for (bits, format, words) in [
            (32, 3, "floating-point numbers of 32 bits"),
            (16, 3, "floating-point numbers of 16 bits"),
            (64, 3, "floating-point numbers of 64 bits"),
            (32, 1, "whole numbers of 32 bits"),
        ] {
            let text = error(&written(&folder, "a.tif", &tiff(1, false, bits, format))).to_string();
            assert!(text.contains("not an 8- or 16-bit picture") && text.contains(words), "{text}");
        }
        let mut deep = Mat::new_rows_cols_with_default(96, 128, core::CV_16UC3, Scalar::all(51_400.0)).unwrap();
        core::randu(&mut deep, &51_000f64, &51_800f64).unwrap();
        for extension in [".png", ".tif"] {
            let mut bytes = core::Vector::<u8>::new();
            imgcodecs::imencode_def(extension, &deep, &mut bytes).unwrap();
            let image = read_picture(written(&folder, &format!("deep{extension}"), &bytes.to_vec())).unwrap();
            let pixel = image.at_2d::<core::Vec3b>(40, 40).unwrap().0;
            assert!(pixel.iter().all(|channel| channel.abs_diff(200) <= 3), "{extension}: {pixel:?}");
        }
    }

    #[test]
    fn errors_name_the_file_on_one_line() {
        let folder = TempDir::new().unwrap();
        for (name, bytes) in [("empty.png", &b""[..]), ("text.png", b"a\nb\n"), ("dot.png", &blank(".png", 1, 1))] {
            let text = error(&written(&folder, name, bytes)).to_string();
            assert!(text.contains(name) && text.lines().count() == 1, "{text}");
        }
    }

    #[test]
    fn sizes_that_no_table_fits_in_are_refused() {
        let folder = TempDir::new().unwrap();
        let of = |width, height| error(&written(&folder, "table.png", &blank(".png", width, height)));
        let dot = of(1, 1);
        assert!(matches!(dot, CaptureError::TooSmall { .. }));
        assert!(dot.to_string().ends_with("table.png is 1×1 pixels; a picture of 64 to 8192 pixels a side is needed"));
        assert!(matches!(of(20_000, 1), CaptureError::TooLarge { width: 20_000, height: 1, .. }));
        assert!(matches!(of(100, 63), CaptureError::TooSmall { .. }));
        assert!(matches!(of(8193, 1100), CaptureError::TooLarge { .. }));
        assert!(matches!(of(512, 64), CaptureError::TooElongated { .. }));
        let narrow = written(&folder, "narrow.png", &blank(".png", 511, 64));
        assert!(read_picture(narrow).is_ok());
    }

    #[test]
    fn a_picture_of_another_layout_is_refused() {
        let grey = Mat::new_rows_cols_with_default(100, 100, core::CV_8UC1, Scalar::all(0.0)).unwrap();
        assert!(matches!(check_picture("camera:0", &grey), Err(CaptureError::NotBgr { layout: 0, .. })));
    }
}
