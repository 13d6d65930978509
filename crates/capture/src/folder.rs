//! A folder of pictures, or one picture, shown at a constant rate.

use super::{
    CaptureError, FrameSource, Picture, SourceOptions,
    picture::{is_picture, read_picture, unreadable},
    source::short_name,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::warn;

/// The pictures of a folder in the order of their names.
pub(super) struct FolderSource {
    path: PathBuf,
    files: Vec<PathBuf>,
    /// Number of the first picture of the range among all pictures of the folder.
    offset: usize,
    fps: f64,
    looped: bool,
    next: usize,
    pass: usize,
    /// Number of pictures that could be read in this pass.
    readable: usize,
    skipped: u64,
    first_error: Option<CaptureError>,
}

impl FolderSource {
    /// Opens a folder and lists its pictures.
    pub fn open(path: &Path, options: &SourceOptions) -> Result<Self, CaptureError> {
        let about = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        if !about.is_dir() {
            return Err(CaptureError::NotAFolder { path: path.into() });
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
            let file = entry.map_err(|error| unreadable(path, error))?.path();
            if is_picture(&file) && file.is_file() {
                files.push(file);
            }
        }
        if files.is_empty() {
            return Err(CaptureError::NoPictures { path: path.into() });
        }
        files.sort();
        Self::new(path, files, options)
    }

    /// Opens one picture, shown as a folder that holds nothing else.
    pub fn single(path: &Path, options: &SourceOptions) -> Result<Self, CaptureError> {
        // A single picture that cannot be read is rejected with its own error rather than as a folder without pictures.
        read_picture(path)?;
        Self::new(path, vec![path.to_owned()], options)
    }

    fn new(path: &Path, mut files: Vec<PathBuf>, options: &SourceOptions) -> Result<Self, CaptureError> {
        let fps = options.folder_fps;
        // Picture k is shown at k / fps; one that lies on an edge of the range belongs to the range that begins there.
        let number = |time: f64| ((time * fps - 1e-6).ceil().max(0.0) as usize).min(files.len());
        let (from, to) = (number(options.start.unwrap_or(0.0)), options.end.map_or(files.len(), number));
        if from >= to {
            let length = (files.len() - 1) as f64 / fps;
            let (start, end) = (options.start.unwrap_or(0.0), options.end);
            return Err(CaptureError::EmptyRange { path: path.into(), start, end, length });
        }
        files.truncate(to);
        files.drain(..from);
        Ok(Self {
            path: path.into(),
            files,
            offset: from,
            fps,
            looped: options.looped,
            next: 0,
            pass: 0,
            readable: 0,
            skipped: 0,
            first_error: None,
        })
    }

    /// Starts the next pass and returns `true`, or returns `false` at the end.
    fn rewind(&mut self) -> Result<bool, CaptureError> {
        if self.readable == 0 {
            let first = self.first_error.take().unwrap_or(CaptureError::NoPictures { path: self.path.clone() });
            let (path, count) = (self.path.clone(), self.files.len());
            return Err(CaptureError::NoneReadable { path, count, first: Box::new(first) });
        }
        if self.looped {
            (self.next, self.readable) = (0, 0);
            self.pass += 1;
        }
        Ok(self.looped)
    }
}

impl FrameSource for FolderSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        loop {
            let Some(file) = self.files.get(self.next) else {
                if self.rewind()? {
                    continue;
                }
                return Ok(None);
            };
            let number = self.offset + self.pass * self.files.len() + self.next;
            let read = read_picture(file);
            self.next += 1;
            match read {
                Ok(image) => {
                    self.readable += 1;
                    return Ok(Some(Picture { image, time: Some(Duration::from_secs_f64(number as f64 / self.fps)) }));
                }
                Err(error) => {
                    self.skipped += 1;
                    // Logged once, not in every pass.
                    if self.pass == 0 {
                        warn!("picture skipped: {error}");
                    }
                    self.first_error.get_or_insert(error);
                }
            }
        }
    }

    fn is_live(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        let plural = if self.files.len() == 1 { "" } else { "s" };
        format!("{}, {} picture{plural}, {} fps", short_name(&self.path), self.files.len(), self.fps)
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::blank;
    use opencv::prelude::*;
    use tempfile::TempDir;

    /// Writes pictures that are distinguished by their width: the k-th name gets a width of 100 + k.
    fn folder(names: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (k, name) in names.iter().enumerate() {
            let extension = &name[name.rfind('.').unwrap()..];
            fs::write(folder.path().join(name), blank(&extension.to_lowercase(), 100 + k as i32, 80)).unwrap();
        }
        folder
    }

    /// Returns width and time of each picture, at most twenty.
    fn shown(source: &mut FolderSource) -> Vec<(i32, f64)> {
        let next = || source.read().unwrap().map(|p| (p.image.cols(), p.time.unwrap().as_secs_f64()));
        std::iter::from_fn(next).take(20).collect()
    }

    fn error(path: &Path, options: &SourceOptions) -> CaptureError {
        FolderSource::open(path, options).map(|_| ()).expect_err("the folder is refused")
    }

    #[test]
    fn pictures_come_in_the_order_of_their_names() {
        let folder = folder(&["c.bmp", "a.PNG", "b.jpg"]);
        fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
        fs::create_dir(folder.path().join("d.png")).unwrap();
        let mut source = FolderSource::open(folder.path(), &SourceOptions::default()).unwrap();
        assert_eq!(shown(&mut source), [(101, 0.0), (102, 0.5), (100, 1.0)]);
        assert!(source.describe().ends_with(", 3 pictures, 2 fps"), "{}", source.describe());
        assert!(!source.is_live());
    }

    #[test]
    fn an_unreadable_picture_is_skipped_and_counted() {
        let folder = folder(&["a.png", "c.png"]);
        fs::write(folder.path().join("b.png"), "no picture").unwrap();
        let mut source = FolderSource::open(folder.path(), &SourceOptions::default()).unwrap();
        assert_eq!(shown(&mut source), [(100, 0.0), (101, 1.0)]);
        assert_eq!(source.skipped(), 1);
    }

    #[test]
    fn a_folder_with_no_readable_picture_is_an_error_even_when_repeated() {
        let folder = TempDir::new().unwrap();
        assert!(matches!(error(folder.path(), &SourceOptions::default()), CaptureError::NoPictures { .. }));
        fs::write(folder.path().join("a.png"), "no picture").unwrap();
        fs::write(folder.path().join("b.png"), "").unwrap();
        let options = SourceOptions { looped: true, ..SourceOptions::default() };
        let refused = FolderSource::open(folder.path(), &options).unwrap().read().map(|_| ()).unwrap_err();
        assert!(matches!(&refused, CaptureError::NoneReadable { count: 2, first, .. }
            if matches!(**first, CaptureError::NotAnImage { .. })));
        assert_eq!(refused.to_string().lines().count(), 1);
    }

    #[test]
    fn a_missing_folder_and_a_file_are_told_apart() {
        let folder = folder(&["a.png"]);
        let options = SourceOptions::default();
        assert!(matches!(error(&folder.path().join("nowhere"), &options), CaptureError::Missing { .. }));
        assert!(matches!(error(&folder.path().join("a.png"), &options), CaptureError::NotAFolder { .. }));
    }

    #[test]
    fn a_range_keeps_its_times_and_repeats() {
        let folder = folder(&["a.png", "b.png", "c.png", "d.png"]);
        let options = SourceOptions { start: Some(0.5), end: Some(1.5), ..SourceOptions::default() };
        let mut once = FolderSource::open(folder.path(), &options).unwrap();
        assert_eq!(shown(&mut once), [(101, 0.5), (102, 1.0)]);
        let mut looped = FolderSource::open(folder.path(), &SourceOptions { looped: true, ..options.clone() }).unwrap();
        assert_eq!(shown(&mut looped)[..5], [(101, 0.5), (102, 1.0), (101, 1.5), (102, 2.0), (101, 2.5)]);
        let late = SourceOptions { start: Some(9.0), end: None, ..options };
        assert!(matches!(error(folder.path(), &late), CaptureError::EmptyRange { .. }));
    }

    #[test]
    fn one_picture_is_a_folder_of_one() {
        let folder = folder(&["a.png"]);
        let mut source = FolderSource::single(&folder.path().join("a.png"), &SourceOptions::default()).unwrap();
        assert_eq!(shown(&mut source), [(100, 0.0)]);
        assert_eq!(source.describe(), "a.png, 1 picture, 2 fps");
    }
}
