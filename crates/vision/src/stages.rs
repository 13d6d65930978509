//! Pictures of the intermediate results of detection, for diagnosing why something is not detected.

use super::{
    Detector, VisionError,
    balls::Judged,
    cue,
    detector::{checked, identified, with_scene},
    scene::Scene,
};
use billiards_table::{BallLabel, CameraPoint};
use opencv::{
    core::{self, Mat, Point, Scalar},
    imgproc,
    prelude::*,
};

/// Name of a stage and its picture.
type Stage = (&'static str, Mat);

const GREEN: (f64, f64, f64) = (60.0, 220.0, 60.0);
const RED: (f64, f64, f64) = (60.0, 60.0, 240.0);
const YELLOW: (f64, f64, f64) = (40.0, 220.0, 240.0);

impl Detector {
    /// Returns a picture of each stage's result, in order, with short names that can be file names: the table's
    /// outline, the cloth, the edges, the votes for centres, the candidates with their roundness and the objections to
    /// them, and the final detections. Only the first if there is no table. Slow; changes nothing in the detector.
    ///
    /// # Errors
    /// See [`Detector::detect`].
    pub fn stages(&self, bgr: &Mat) -> Result<Vec<Stage>, VisionError> {
        let size = checked(bgr, None)?;
        let mut outline = bgr.try_clone()?;
        let mut aside = self.clone();
        let (table, radius) = match aside.locate(bgr, size)? {
            Ok(found) => found,
            Err(why) => {
                let (x, y) = (bgr.cols() / 20, bgr.rows() / 10);
                let place = CameraPoint::new(f64::from(x), f64::from(y));
                write(&mut outline, &format!("no table: {why}"), place, RED)?;
                return Ok(vec![("1-table", outline)]);
            }
        };
        for i in 0..4 {
            line(&mut outline, table.corners[i], table.corners[(i + 1) % 4], GREEN)?;
        }
        with_scene(bgr, None, &table.corners, self.camera_of(size), self.shape(), |scene| {
            let mut stages = vec![("1-table", outline), ("2-cloth", cloth(scene)?), ("3-edges", edges(scene)?)];
            let mut candidates = bgr.try_clone()?;
            let mut seen = bgr.try_clone()?;
            if let Some(share) = radius.share_for(scene) {
                stages.push(("4-votes", votes(scene, share)?));
                for Judged { disc, objection } in scene.judged(share) {
                    let (place, radius) = (scene.to_picture(disc.centre), disc.radius / scene.scale);
                    let colour = if objection.is_none() { GREEN } else { RED };
                    ring(&mut candidates, place, radius, colour)?;
                    let text = format!("{:.0} {}", 100.0 * disc.roundness, objection.unwrap_or_default());
                    write(&mut candidates, &text, place + euclid::vec2(radius, 0.0), colour)?;
                }
                let found = scene.balls(share);
                let balls = identified(scene, &found, share, &mut aside.identifier);
                for ball in &balls {
                    ring(&mut seen, ball.centre, ball.radius, GREEN)?;
                    let jaw = if ball.in_jaw { " jaw" } else { "" };
                    let text = format!("{} {}{jaw}", ball.label, ball.class.name());
                    write(&mut seen, &text, ball.centre + euclid::vec2(ball.radius, 0.0), GREEN)?;
                }
                let white = balls.iter().position(|ball| ball.label == BallLabel::Cue).and_then(|i| found.get(i));
                if let Some(cue) = cue::find(scene, &found, white, None) {
                    line(&mut seen, cue.tip, cue.butt, YELLOW)?;
                    ring(&mut seen, cue.tip, 5.0, YELLOW)?;
                }
            }
            stages.extend([("5-candidates", candidates), ("6-seen", seen)]);
            Ok(stages)
        })
    }
}

impl Detector {
    /// Returns the places of the edges by which balls are detected in a picture; `lit` as for
    /// [`Detector::detect_under`]. Empty without a table. Changes nothing in the detector.
    ///
    /// # Errors
    /// See [`Detector::detect_under`].
    pub fn edge_places(&self, bgr: &Mat, lit: Option<&Mat>) -> Result<Vec<CameraPoint>, VisionError> {
        let size = checked(bgr, lit)?;
        let Ok((table, _)) = self.clone().locate(bgr, size)? else { return Ok(Vec::new()) };
        with_scene(bgr, lit, &table.corners, self.camera_of(size), self.shape(), |scene| {
            let places = scene.edges.iter().map(|edge| scene.to_picture(edge.place.to_f64()));
            Ok(places.collect())
        })
    }
}

/// Draws cloth black, and anything else the brighter the more it differs from cloth.
fn cloth(scene: &Scene) -> Result<Mat, VisionError> {
    drawn(scene, |x, y| {
        let distance = scene.cloth.map_or(2.0, |cloth| cloth.distance(scene.coarse.pixel(x, y)));
        if distance < 1.0 { 0 } else { (80.0 * distance) as u8 }
    })
}

/// Draws the pixels with edges.
fn edges(scene: &Scene) -> Result<Mat, VisionError> {
    drawn(scene, |x, y| 255 * u8::from(scene.compass[y * scene.coarse.width + x] != [0; 2]))
}

/// Draws the votes for centres of balls with a radius; the maximum is white.
fn votes(scene: &Scene, radius_share: f64) -> Result<Mat, VisionError> {
    let votes = scene.votes(radius_share);
    let most = votes.iter().copied().max().unwrap_or(0).max(1);
    drawn(scene, |x, y| (255 * u32::from(votes[y * scene.coarse.width + x]) / u32::from(most)) as u8)
}

/// Draws a grey picture of the scene, one pixel for each coarse pixel.
fn drawn(scene: &Scene, level: impl Fn(usize, usize) -> u8) -> Result<Mat, VisionError> {
    let (width, height) = (scene.coarse.width, scene.coarse.height);
    let mut picture = Mat::zeros(height as i32, width as i32, core::CV_8UC1)?.to_mat()?;
    for (i, byte) in picture.data_bytes_mut()?.iter_mut().enumerate() {
        *byte = level(i % width, i / width);
    }
    Ok(picture)
}

fn paint((b, g, r): (f64, f64, f64)) -> Scalar {
    Scalar::new(b, g, r, 0.0)
}

fn whole(p: CameraPoint) -> Point {
    Point::new(p.x.round() as i32, p.y.round() as i32)
}

fn line(picture: &mut Mat, from: CameraPoint, to: CameraPoint, colour: (f64, f64, f64)) -> Result<(), VisionError> {
    Ok(imgproc::line(picture, whole(from), whole(to), paint(colour), 2, imgproc::LINE_AA, 0)?)
}

fn ring(picture: &mut Mat, centre: CameraPoint, radius: f64, colour: (f64, f64, f64)) -> Result<(), VisionError> {
    Ok(imgproc::circle(picture, whole(centre), radius.round() as i32, paint(colour), 1, imgproc::LINE_AA, 0)?)
}

fn write(picture: &mut Mat, text: &str, place: CameraPoint, colour: (f64, f64, f64)) -> Result<(), VisionError> {
    // Readable in a picture of any size.
    let scale = (f64::from(picture.cols()) / 2500.0).max(0.35);
    let font = imgproc::FONT_HERSHEY_SIMPLEX;
    Ok(imgproc::put_text(picture, text, whole(place), font, scale, paint(colour), 1, imgproc::LINE_AA, false)?)
}

#[cfg(test)]
mod tests {
    use super::super::synthetic;
    use super::*;
    use billiards_table::BallSet;

    #[test]
    fn edges_lie_round_the_balls() {
        let mut detector = Detector::new(BallSet::american());
        let picture = synthetic::table(&[(300.0, 200.0, [240.0; 3])]);
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        let places = detector.edge_places(&picture, None).expect("a picture");
        let near = places.iter().filter(|p| (**p - CameraPoint::new(300.0, 200.0)).length() < 15.0).count();
        assert!(near > 10, "{near} of {}", places.len());
        assert!(Detector::new(None).edge_places(&Mat::default(), None).is_err());
    }

    #[test]
    fn every_stage_has_its_picture() {
        let mut detector = Detector::new(BallSet::american());
        let picture = synthetic::table(&[(300.0, 200.0, [240.0; 3]), (500.0, 300.0, [30.0, 30.0, 220.0])]);
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        let stages = detector.stages(&picture).expect("a picture");
        let names: Vec<_> = stages.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["1-table", "2-cloth", "3-edges", "4-votes", "5-candidates", "6-seen"]);
        assert!(stages.iter().all(|(_, picture)| picture.cols() > 300 && picture.rows() > 150));
        let nothing = Mat::new_rows_cols_with_default(200, 300, core::CV_8UC3, Scalar::all(0.0)).expect("a picture");
        let stages = Detector::new(BallSet::american()).stages(&nothing).expect("a picture");
        assert_eq!(stages.len(), 1);
    }
}
