//! The camera's picture as a JPEG, with detections and prediction drawn into it.

use crate::sense::Sight;
use billiards_server::boards::CameraPicture;
use billiards_table::{Ball, CameraPoint, CameraView, Cue, Prediction, TablePoint, TableSpec};
use opencv::{
    core::{Mat, Point, Scalar, Size, Vector},
    imgcodecs::{IMWRITE_JPEG_QUALITY, imencode},
    imgproc::{self, FONT_HERSHEY_SIMPLEX, INTER_AREA, LINE_AA},
    prelude::*,
};
use std::sync::Arc;

/// Maximum width of a picture that is sent, pixels: enough for a phone.
const WIDEST: i32 = 960;
/// Quality of the JPEG, 0 to 100.
const QUALITY: i32 = 80;
/// Maximum distance of chords from curved paths, metres.
const CHORD: f64 = 0.003;
/// Colour of balls: blue, green, red.
const BALL: [f64; 3] = [120.0, 230.0, 120.0];
/// Colour of the cue: blue, green, red.
const CUE: [f64; 3] = [255.0, 220.0, 120.0];
/// Colour of the cue ball's path: blue, green, red.
const AIM: [f64; 3] = [255.0, 255.0, 255.0];
/// Colour of the other paths: blue, green, red.
const PATH: [f64; 3] = [26.0, 194.0, 255.0];
/// Colour of the nose lines: blue, green, red.
const NOSES: [f64; 3] = [60.0, 180.0, 255.0];

/// Frame of the camera that was kept, and the state of the table at that time.
pub(super) struct AnnotatedFrame {
    pub sight: Arc<Sight>,
    pub camera: Option<CameraView>,
    pub table: TableSpec,
    pub balls: Vec<Ball>,
    pub cue: Option<Cue>,
    pub prediction: Option<Prediction>,
}

impl CameraPicture for AnnotatedFrame {
    fn jpeg(&self, overlay: bool) -> Result<Vec<u8>, String> {
        let frame = self.sight.frame.as_ref().ok_or("the frame was not kept")?;
        let picture = scaled(&frame.image).and_then(|mut picture| {
            if let Some(camera) = self.camera.filter(|camera| overlay && camera.size == frame.stamp.size) {
                let scale = f64::from(picture.cols()) / f64::from(frame.image.cols());
                Pen { picture: &mut picture, camera, scale }.all(self)?;
            }
            let mut bytes = Vector::new();
            imencode(".jpg", &picture, &mut bytes, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, QUALITY]))?;
            Ok(bytes.to_vec())
        });
        picture.map_err(|error| error.to_string())
    }
}

fn scaled(bgr: &Mat) -> opencv::Result<Mat> {
    if bgr.cols() <= WIDEST {
        return bgr.try_clone();
    }
    let size = Size::new(WIDEST, (bgr.rows() * WIDEST + bgr.cols() / 2) / bgr.cols());
    let mut small = Mat::default();
    imgproc::resize(bgr, &mut small, size, 0.0, 0.0, INTER_AREA)?;
    Ok(small)
}

/// Draws table metres into the picture.
struct Pen<'a> {
    picture: &'a mut Mat,
    camera: CameraView,
    /// Ratio of the picture's pixels to the camera's.
    scale: f64,
}

impl Pen<'_> {
    fn all(&mut self, seen: &AnnotatedFrame) -> opencv::Result<()> {
        let table = &seen.table;
        let noses = self.camera.nose_plane.inverse();
        let corners = [(0.0, 0.0), (table.width, 0.0), (table.width, table.length), (0.0, table.length)];
        let corners = corners.into_iter().filter_map(|(x, y)| noses.map(TablePoint::new(x, y)));
        self.line(corners.collect(), true, NOSES, 1)?;
        for path in seen.prediction.iter().flat_map(|shot| &shot.paths) {
            let colour =
                if seen.prediction.as_ref().is_some_and(|shot| shot.cue_ball == path.ball) { AIM } else { PATH };
            let places = path.polyline(CHORD).into_iter().filter_map(|p| self.camera.ball_in_picture(p));
            self.line(places.collect(), false, colour, 2)?;
        }
        if let Some(ghost) = seen.prediction.as_ref().and_then(|shot| shot.ghost_ball) {
            self.ring(ghost.position, table.cue_ball.radius, AIM)?;
        }
        if let Some(cue) = &seen.cue {
            let shaft = [cue.butt, cue.tip].into_iter().filter_map(|p| self.camera.ball_in_picture(p));
            self.line(shaft.collect(), false, CUE, 2)?;
        }
        for ball in &seen.balls {
            let radius = table.radius(ball.is_cue_ball());
            self.ring(ball.position, radius, BALL)?;
            self.word(ball.position, radius, &ball.label.or_id(ball.id))?;
        }
        Ok(())
    }

    fn pixel(&self, p: CameraPoint) -> Point {
        // Coordinates far outside the picture would overflow OpenCV's integers.
        let whole = |value: f64| (value * self.scale).clamp(-1e5, 1e5).round() as i32;
        Point::new(whole(p.x), whole(p.y))
    }

    fn line(&mut self, places: Vec<CameraPoint>, closed: bool, [b, g, r]: [f64; 3], width: i32) -> opencv::Result<()> {
        if places.len() < 2 {
            return Ok(());
        }
        let points: Vector<Point> = places.into_iter().map(|p| self.pixel(p)).collect();
        imgproc::polylines(self.picture, &points, closed, Scalar::new(b, g, r, 0.0), width, LINE_AA, 0)
    }

    /// Returns the radius of a ball at a place, pixels of the picture.
    fn radius(&self, centre: TablePoint, radius: f64) -> Option<f64> {
        let side = self.camera.ball_in_picture(centre + euclid::vec2(radius, 0.0))?;
        Some((side - self.camera.ball_in_picture(centre)?).length() * self.scale)
    }

    fn ring(&mut self, centre: TablePoint, radius: f64, [b, g, r]: [f64; 3]) -> opencv::Result<()> {
        let Some((radius, middle)) = self.radius(centre, radius).zip(self.camera.ball_in_picture(centre)) else {
            return Ok(());
        };
        let (middle, radius) = (self.pixel(middle), (1.15 * radius).clamp(2.0, 500.0).round() as i32);
        imgproc::circle(self.picture, middle, radius, Scalar::new(b, g, r, 0.0), 1, LINE_AA, 0)
    }

    fn word(&mut self, centre: TablePoint, radius: f64, word: &str) -> opencv::Result<()> {
        let Some((radius, middle)) = self.radius(centre, radius).zip(self.camera.ball_in_picture(centre)) else {
            return Ok(());
        };
        let beside =
            self.pixel(middle) + Point::new((1.4 * radius).min(500.0) as i32, (0.5 * radius).min(500.0) as i32);
        for (width, shade) in [(3, 0.0), (1, 255.0)] {
            let colour = Scalar::new(shade, shade, shade, 0.0);
            imgproc::put_text(self.picture, word, beside, FONT_HERSHEY_SIMPLEX, 0.42, colour, width, LINE_AA, false)?;
        }
        Ok(())
    }
}
