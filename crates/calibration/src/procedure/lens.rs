//! Measurement of the camera's lens with the printed board: views are gathered while somebody holds it under the
//! camera.

use super::{interface::RigInterface, script::ProcedureError};
use crate::camera::board::{BoardDetection, BoardLens, BoardView, detect_board, lens_from_views};
use billiards_vision::VisionError;
use std::time::Duration;

/// Minimum number of views from which the lens is solved.
const MIN_VIEWS: usize = 10;
/// Maximum number of views that are gathered if fewer do not determine the lens.
const MAX_VIEWS: usize = 24;
/// Minimum distance between two kept views, as a share of the picture's longer side: further views of one pose add
/// nothing.
const MIN_DISTANCE: f64 = 0.06;
/// Maximum distance, as a share of the picture's longer side, by which a board that is held still moves between two
/// looks. A moving board is blurred, and distorted by a shutter that reads row by row.
const STILL: f64 = 0.008;
/// Minimum time between two looks, in which the board is moved on.
const INTERVAL: Duration = Duration::from_millis(300);

/// Measures the lens of a rig, whose projector is not used; [`RigInterface::report`] says how to hold the board.
///
/// # Errors
/// The camera stopped, somebody cancelled, or the views do not determine a lens.
pub fn measure_lens(rig: &mut dyn RigInterface) -> Result<BoardLens, ProcedureError> {
    let mut views = Views::default();
    views.report(rig, "Hold the printed board under the camera, flat, well lit and entirely in the picture");
    let mut looked: Option<Duration> = None;
    loop {
        let frame = rig.newest_frame()?;
        let stamp = frame.stamp;
        if looked.is_some_and(|looked| stamp >= looked && stamp - looked < INTERVAL) {
            continue;
        }
        looked = Some(stamp);
        let seen = detect_board(&frame.picture).map_err(VisionError::from)?;
        let (is_new, words) = views.take(seen);
        views.report(rig, words);
        if is_new && views.kept.len() >= MIN_VIEWS {
            match lens_from_views(&views.kept) {
                Ok(lens) => return Ok(lens),
                Err(error) if views.kept.len() >= MAX_VIEWS => return Err(error.into()),
                Err(error) => views.report(rig, &error.to_string()),
            }
        }
    }
}

/// Views of the board that were kept, and the one that was detected last.
#[derive(Default)]
struct Views {
    kept: Vec<BoardView>,
    last: Option<BoardView>,
}

impl Views {
    fn report(&self, rig: &mut dyn RigInterface, words: &str) {
        let count = self.kept.len();
        let of = MIN_VIEWS.max(count);
        rig.report(count as f64 / of as f64, &format!("{words}: {count} of {of} views."));
    }

    /// Takes in the board of a frame; returns whether it is kept as a new view, and what to do next.
    fn take(&mut self, seen: BoardDetection) -> (bool, &'static str) {
        let last = self.last.take();
        let view = match seen {
            BoardDetection::Detected(view) => view,
            BoardDetection::NotDetected => {
                return (false, "The board is not visible: hold it flat, well lit and entirely in the picture");
            }
            BoardDetection::Mirrored => {
                return (false, "The picture is mirrored: switch mirroring off in the camera's settings");
            }
            BoardDetection::OldLayout => {
                let words =
                    "This is a board of another layout: print the one that this page or calibrate --board gives";
                return (false, words);
            }
        };
        self.last = Some(view.clone());
        if last.is_none_or(|last| last.distance(&view) > STILL) {
            return (false, "Hold the board still");
        }
        if self.kept.iter().any(|kept| kept.distance(&view) < MIN_DISTANCE) {
            return (false, "Hold it differently: tilt it to all sides, and bring it into the picture's corners");
        }
        self.kept.push(view);
        (true, "Good; now hold it differently: tilt it to all sides, and bring it into the picture's corners")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        camera::board::testing,
        procedure::{Interruption, RigFrame},
    };
    use billiards_table::PatternPicture;
    use opencv::{core::Mat, prelude::*};

    /// A camera that delivers these pictures in turn, one per look, and then disconnects.
    struct Pictures {
        left: std::vec::IntoIter<Mat>,
        stamp: Duration,
        reported: Vec<String>,
    }

    impl RigInterface for Pictures {
        fn show(&mut self, _: &PatternPicture, _: Duration) -> Result<Duration, Interruption> {
            panic!("the projector is left alone")
        }

        fn frame(&mut self) -> Result<RigFrame, Interruption> {
            self.stamp += INTERVAL;
            let picture = self.left.next().ok_or(Interruption::CameraLost)?;
            Ok(RigFrame { stamp: self.stamp, picture })
        }

        fn report(&mut self, _: f64, words: &str) {
            self.reported.push(words.to_owned());
        }
    }

    fn measure(pictures: Vec<Mat>) -> (Result<BoardLens, ProcedureError>, Vec<String>) {
        let mut rig = Pictures { left: pictures.into_iter(), stamp: Duration::ZERO, reported: Vec::new() };
        let found = measure_lens(&mut rig);
        (found, rig.reported)
    }

    #[test]
    fn a_board_that_is_held_in_ten_ways_tells_the_lens() {
        let pictures = testing::pictures();
        let (turn, shift) = testing::POSES[0];
        let old = testing::picture_of(&testing::old_board(), &testing::lens(), turn, shift);
        let mut mirrored = Mat::default();
        opencv::core::flip(&pictures[0], &mut mirrored, 1).expect("flipped");
        let again = |picture: &Mat| picture.try_clone().expect("copied");
        let mut seen = vec![again(&pictures[0]), again(&pictures[0]), again(&pictures[0])];
        seen.extend([testing::nothing(), old, mirrored]);
        seen.extend(pictures[1..].iter().flat_map(|picture| [again(picture), again(picture)]));
        let (found, reported) = measure(seen);
        let starts = ["Hold the printed board", "Hold the board still", "Good; now", "Hold it differently"];
        let rest = ["The board is not visible", "This is a board of another layout", "The picture is mirrored"];
        for (words, expected) in reported.iter().zip(starts.iter().chain(&rest)) {
            assert!(words.starts_with(expected), "{words} instead of {expected}");
        }
        assert!(reported[0].ends_with("0 of 10 views.") && reported[2].ends_with("1 of 10 views."), "{reported:?}");
        let found = found.expect("a lens");
        assert!((found.lens.focal[0] / testing::FOCAL - 1.0).abs() < 0.01 && found.rms < 0.3, "{found:?}");
    }

    #[test]
    fn it_ends_with_the_camera() {
        let (found, reported) = measure(vec![testing::nothing()]);
        assert!(matches!(found, Err(ProcedureError::Interrupted(Interruption::CameraLost))), "{found:?}");
        assert_eq!(reported.len(), 2);
    }
}
