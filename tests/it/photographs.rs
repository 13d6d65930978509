//! Real photographs and a real clip: the detections are compared with annotations made by people.

use crate::common::shared;
use billiards_capture::{SourceOptions, SourceSpec, open, read_picture};
use billiards_table::CameraPoint;
use billiards_vision::{Detections, Detector};
use serde_json::Value;
use std::{fs, path::Path};

/// Annotations of a photograph.
struct Truth {
    file: String,
    corners: Option<Vec<CameraPoint>>,
    balls: Vec<(CameraPoint, f64, String)>,
    cue: Option<(CameraPoint, CameraPoint)>,
}

fn point(value: &Value) -> CameraPoint {
    CameraPoint::new(value[0].as_f64().expect("a number"), value[1].as_f64().expect("a number"))
}

fn truths(folder: &Path) -> Vec<Truth> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let value: Value = serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON");
        let balls = value["balls"].as_array().map_or(&[][..], Vec::as_slice);
        Truth {
            file: value["image"].as_str().expect("a name").to_owned(),
            corners: value["table_corners"].as_array().map(|corners| corners.iter().map(point).collect()),
            balls: balls
                .iter()
                .map(|ball| {
                    let centre = CameraPoint::new(ball["x"].as_f64().expect("x"), ball["y"].as_f64().expect("y"));
                    let class = ball["class"].as_str().expect("a class").to_owned();
                    (centre, ball["r"].as_f64().expect("r"), class)
                })
                .collect(),
            cue: value["cue"].is_object().then(|| (point(&value["cue"]["tip"]), point(&value["cue"]["through"]))),
        }
    };
    files.iter().map(read).collect()
}

fn see(folder: &Path, truth: &Truth) -> Detections {
    let picture = read_picture(folder.join(&truth.file)).expect("a picture");
    Detector::new(None).detect(&picture).expect("a picture that can be seen")
}

#[test]
fn tables_balls_and_cues_are_seen_in_photographs() {
    let Some(folder) = shared("vision/dev/images") else { return };
    let (mut wanted, mut found, mut false_balls, mut classed, mut cues) = (0, 0, 0, 0, 0);
    for truth in truths(&folder) {
        let seen = see(&folder, &truth);
        if let Some(corners) = &truth.corners {
            let table = seen.corners().unwrap_or_else(|| panic!("{}: {:?}", truth.file, seen.table));
            let long = (corners[1] - corners[0]).length();
            let worst = table.iter().zip(corners).map(|(a, b)| (*a - *b).length()).fold(0.0, f64::max);
            assert!(worst < 0.01 * long, "{}: a corner is off by {worst:.1} px", truth.file);
        }
        let mut left: Vec<_> = seen.balls.iter().collect();
        for (centre, radius, class) in &truth.balls {
            wanted += 1;
            let near = left.iter().position(|ball| (ball.centre - *centre).length() < 0.6 * radius);
            if let Some(i) = near {
                found += 1;
                classed += usize::from(left.swap_remove(i).class.name() == class);
            }
        }
        false_balls += left.len();
        assert!(truth.cue.is_some() || seen.cue.is_none(), "{}: a cue where there is none", truth.file);
        if let Some(((tip, through), cue)) = truth.cue.zip(seen.cue) {
            let angle = (cue.tip - cue.butt).angle_to(tip - through).to_degrees().abs();
            cues += usize::from(angle < 1.0);
        }
    }
    assert!(wanted > 100, "the annotations are there");
    assert!(found >= wanted - 1, "{found} of {wanted} balls");
    assert!(false_balls <= 1, "{false_balls} things that are no balls");
    assert!(classed * 100 >= wanted * 97, "{classed} of {wanted} classes");
    assert!(cues >= 4, "{cues} of 5 cues within a degree");
}

#[test]
fn balls_are_seen_under_a_projector_and_hardly_anything_else() {
    let Some(folder) = shared("vision/dev/projector") else { return };
    let (mut wanted, mut found, mut seen) = (0, 0, 0);
    // Every fourth picture: they show the same few scenes.
    for truth in truths(&folder).iter().step_by(4).filter(|truth| !truth.balls.is_empty()) {
        let balls = see(&folder, truth).balls;
        wanted += truth.balls.len();
        seen += balls.len();
        let near = |(centre, radius, _): &&(CameraPoint, f64, String)| {
            balls.iter().any(|ball| (ball.centre - *centre).length() < 0.6 * radius)
        };
        found += truth.balls.iter().filter(near).count();
    }
    assert!(found * 100 >= wanted * 98, "{found} of {wanted} balls");
    assert!(found * 100 >= seen * 97, "{} of {seen} are no balls", seen - found);
}

/// Views from the side, in which the far balls are smaller and the near cushion hides what is close to it.
#[test]
fn most_balls_are_seen_from_the_side() {
    let Some(folder) = shared("vision/dev/frames_oblique") else { return };
    let (mut wanted, mut found, mut seen, mut classed) = (0, 0, 0, 0);
    for truth in truths(&folder) {
        let balls = see(&folder, &truth).balls;
        wanted += truth.balls.len();
        seen += balls.len();
        for (centre, radius, class) in &truth.balls {
            let near = balls.iter().find(|ball| (ball.centre - *centre).length() < 0.6 * radius);
            found += usize::from(near.is_some());
            classed += usize::from(near.is_some_and(|ball| ball.class.name() == class));
        }
    }
    assert!(found * 100 >= wanted * 87, "{found} of {wanted} balls");
    assert!(found * 100 >= seen * 95, "{} of {seen} are no balls", seen - found);
    assert!(classed * 100 >= found * 85, "{classed} of {found} classes");
}

/// A player aims for a second: in nearly every frame with a detected cue it lies where the annotated one lies, and not
/// along the line that is drawn on the cloth under the cue ball.
#[test]
fn the_cue_is_seen_while_a_player_aims() {
    let Some((clip, image)) = shared("vision/dev/videos/smartcue_clip1.mp4").zip(shared("vision/dev/images")) else {
        return;
    };
    let truth = truths(&image).into_iter().find(|truth| truth.file == "smartcue_clip1_f000.png").expect("annotated");
    let (tip, through) = truth.cue.expect("a cue");
    let source = SourceSpec::Video(clip);
    let mut frames = open(&source, &SourceOptions::default()).expect("a clip");
    let mut detector = Detector::new(None);
    let mut angles = Vec::new();
    for _ in 0..20 {
        let frame = frames.read().expect("readable").expect("a frame");
        let Some(cue) = detector.detect(&frame.image).expect("seen").cue else { continue };
        let angle = (cue.tip - cue.butt).angle_to(tip - through).to_degrees().abs();
        angles.push(angle);
    }
    let right = angles.iter().filter(|angle| **angle < 1.0).count();
    assert!(right >= 19, "{right} of 20 frames: {angles:.2?}");
}
