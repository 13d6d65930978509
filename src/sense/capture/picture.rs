//! Reads one picture file, and says which pictures are accepted at all.

use super::{
    error::CaptureError,
    header::{self, Wholeness},
    quieten_log,
};
use crate::model::FrameSize;
use opencv::{
    core::{self, Mat},
    imgcodecs,
    prelude::*,
};
use std::{fs, io, path::Path};

/// The shortest side of a picture that is accepted, pixels.
pub const SMALLEST_SIDE: u32 = 64;
/// The longest side of a picture that is accepted, pixels.
pub const LARGEST_SIDE: u32 = 8192;
/// The longer side must be less than so many times the shorter.
pub const MOST_ELONGATED: u32 = 8;

/// What the names of pictures end in.
const EXTENSIONS: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp"];

/// Longer than any uncompressed picture of an accepted size with four channels of 16 bits.
const LARGEST_FILE: u64 = 1 << 30;

/// Reads a picture file: 8-bit BGR, turned upright where the file says how it was held.
///
/// # Errors
/// The file is missing, empty, no file, unreadable, no picture, cut short, damaged, or of a size that is not accepted.
pub fn read_picture(path: impl AsRef<Path>) -> Result<Mat, CaptureError> {
    quieten_log();
    let path = path.as_ref();
    let bytes = read_file(path)?;
    let name = path.display().to_string();
    let Some(header) = header::read(&bytes) else { return Err(CaptureError::NotAnImage { path: path.into() }) };
    match header.wholeness {
        Wholeness::Whole => {}
        Wholeness::Truncated => return Err(CaptureError::Truncated { path: path.into() }),
        Wholeness::Damaged => return Err(CaptureError::Damaged { path: path.into() }),
    }
    // Before the decoder allocates whatever the header asks for.
    if let Some((width, height)) = header.size {
        check_size(&name, FrameSize { width, height })?;
    }
    let wrapped = Mat::from_slice::<u8>(&bytes).map_err(|error| CaptureError::opencv(&name, &error))?;
    let decoded = imgcodecs::imdecode(&wrapped, imgcodecs::IMREAD_COLOR);
    let image = decoded.map_err(|error| CaptureError::opencv(&name, &error))?;
    // A decoder that fails is no error of OpenCV's but an empty picture.
    if image.empty() {
        return Err(CaptureError::Damaged { path: path.into() });
    }
    check_picture(&name, &image)?;
    Ok(image)
}

/// Whether a path is named as a picture.
pub(super) fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// Checks that a file is there and has bytes.
///
/// # Errors
/// It is missing, no file, or empty.
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

/// Names what the operating system refused.
pub(super) fn unreadable(path: &Path, error: io::Error) -> CaptureError {
    match error.kind() {
        io::ErrorKind::NotFound => CaptureError::Missing { path: path.into() },
        _ => CaptureError::Unreadable { path: path.into(), reason: error },
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, CaptureError> {
    let bytes = check_file(path)?;
    if bytes > LARGEST_FILE {
        return Err(CaptureError::FileTooLarge { path: path.into(), bytes, most: LARGEST_FILE });
    }
    fs::read(path).map_err(|error| unreadable(path, error))
}

/// Checks the layout and the size of a picture and says its size.
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
    if longer > LARGEST_SIDE {
        Err(CaptureError::TooLarge { name: name.to_owned(), width, height })
    } else if shorter < SMALLEST_SIDE {
        Err(CaptureError::TooSmall { name: name.to_owned(), width, height })
    } else if longer >= MOST_ELONGATED * shorter {
        Err(CaptureError::TooElongated { name: name.to_owned(), width, height })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sense::capture::testing::{blank, noise};
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
        for extension in [".png", ".jpg", ".bmp", ".webp"] {
            let whole = noise(extension, 160, 120);
            let cut = written(&folder, &format!("cut{extension}"), &whole[..whole.len() / 2]);
            assert!(matches!(error(&cut), CaptureError::Truncated { .. }), "{extension}");
        }
        let whole = noise(".tif", 160, 120);
        let cut = written(&folder, "cut.tif", &whole[..whole.len() / 2]);
        assert!(matches!(error(&cut), CaptureError::Damaged { .. }));
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
