//! Recordings as they occur in practice: sound longer than the picture, variable frame rates, edit lists, a size that
//! changes, non-square pixels, cut and repeated pictures.

use crate::common::{shared, trainer};
use billiards_capture::{CaptureError, FrameSource, SourceOptions, SourceSpec};
use opencv::{
    core::{Mat, Size},
    imgproc,
    prelude::{MatTraitConst, VideoWriterTrait},
    videoio::VideoWriter,
};
use serde_json::Value;
use std::{fs, path::Path};

fn open(path: &Path) -> Box<dyn FrameSource> {
    billiards_capture::open(&SourceSpec::Video(path.into()), &SourceOptions::default()).expect("a video")
}

/// Returns seconds, columns and rows of each frame until the end, or until the source fails.
fn frames(path: &Path) -> (Vec<(f64, i32, i32)>, Option<CaptureError>) {
    let (mut source, mut frames) = (open(path), Vec::new());
    loop {
        match source.read() {
            Ok(Some(picture)) => {
                let time = picture.time.expect("a recording tells times").as_secs_f64();
                frames.push((time, picture.image.cols(), picture.image.rows()));
            }
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let output = trainer(&["track", "--json", path.to_str().expect("text")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn whole_recordings_deliver_every_frame_at_its_time() {
    // Name, number of frames, and time of the last frame, seconds.
    for (name, count, last) in [("longaudio.mkv", 60, 2.36), ("vfr2.mkv", 18, 2.16), ("elst.mp4", 47, 1.84)] {
        let Some(path) = shared(&format!("cases/vid/{name}")) else { return };
        let (frames, failure) = frames(&path);
        assert!(failure.is_none(), "{name}: {failure:?}");
        assert_eq!(frames.len(), count, "{name}");
        assert!(frames[0].0 < 1e-9 && (frames[count - 1].0 - last).abs() < 0.002, "{name}: {frames:?}");
        assert!(frames.windows(2).all(|pair| pair[1].0 > pair[0].0), "{name}");
    }
}

#[test]
fn cut_recordings_say_so_after_their_last_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["longaudio.mkv", "vfr2.mkv", "res.ts"] {
        let Some(path) = shared(&format!("cases/vid/{name}")) else { return };
        let bytes = fs::read(&path).expect("readable");
        let cut = folder.path().join(name);
        for length in [bytes.len() - 5, bytes.len() * 2 / 3 + 1] {
            fs::write(&cut, &bytes[..length]).expect("written");
            let (frames, failure) = frames(&cut);
            assert!(frames.len() > 5, "{name}");
            let failure = failure.unwrap_or_else(|| panic!("{name} cut to {length} bytes"));
            assert!(matches!(failure, CaptureError::CutShort { .. }), "{name}: {failure}");
        }
    }
}

#[test]
fn a_change_of_size_is_followed_and_invents_nothing() {
    let Some(path) = shared("cases/vid/res.ts") else { return };
    let (frames, failure) = frames(&path);
    assert!(failure.is_none(), "{failure:?}");
    let sizes: Vec<_> =
        frames.chunk_by(|a, b| (a.1, a.2) == (b.1, b.2)).map(|run| (run.len(), run[0].1, run[0].2)).collect();
    assert_eq!(sizes, [(20, 1920, 1080), (20, 1280, 720)]);
    let lines = lines(&path);
    assert_eq!(lines.len(), 40);
    let ids =
        |line: &Value| -> Vec<_> { line["balls"].as_array().expect("balls").iter().map(|b| b["id"].clone()).collect() };
    for line in &lines[1..] {
        assert_eq!(line["events"].as_array().map(Vec::len), Some(0), "{line}");
        assert_eq!(line.get("error"), None, "{line}");
    }
    assert_eq!(ids(&lines[25]), ids(&lines[18]), "the balls are the same");
}

#[test]
fn pixels_are_made_square() {
    let Some(path) = shared("cases/vid/sar.mp4") else { return };
    let (frames, failure) = frames(&path);
    assert!(failure.is_none(), "{failure:?}");
    assert!(frames.iter().all(|(_, columns, rows)| (*columns, *rows) == (1920, 1080)), "{:?}", frames[0]);
    assert!(open(&path).describe().contains("1920×1080"));
}

/// A real clip of 25 frames a second, converted to 60 as video tools do, moves like the original.
#[test]
fn repeated_pictures_are_taken_out() {
    let Some(path) = shared("vision/dev/videos/smartcue_clip6.mp4") else { return };
    let (mut source, mut pictures) = (open(&path), Vec::new());
    while let Some(picture) = source.read().expect("readable").filter(|_| pictures.len() < 150) {
        let mut small = Mat::default();
        imgproc::resize_def(&picture.image, &mut small, Size::new(640, 360)).expect("resized");
        pictures.push((picture.time.expect("a time").as_secs_f64(), small));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let converted = folder.path().join("converted.avi");
    let code = VideoWriter::fourcc('M', 'J', 'P', 'G').expect("a code");
    let mut writer = VideoWriter::new(&converted, code, 60.0, Size::new(640, 360), true).expect("a writer");
    let mut shown = 0;
    for number in 0..355 {
        while pictures.get(shown + 1).is_some_and(|(time, _)| (time * 60.0).round() <= f64::from(number)) {
            shown += 1;
        }
        writer.write(&pictures[shown].1).expect("written");
    }
    writer.release().expect("written");

    let (frames, failure) = frames(&converted);
    assert!(failure.is_none(), "{failure:?}");
    // Still pictures at the beginning are left as they are.
    let moving: Vec<_> = frames.iter().map(|(time, ..)| *time).filter(|time| *time > 2.4).collect();
    assert!((84..=92).contains(&moving.len()), "{}", moving.len());
    assert!(moving.windows(2).all(|pair| (pair[1] - pair[0] - 0.04).abs() < 0.002), "{moving:?}");
}
