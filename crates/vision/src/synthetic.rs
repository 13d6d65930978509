//! Drawn tables for tests: plain cloth, rails, and balls with a shaded rim.

use billiards_table::{CameraPoint, FrameSize, Pinhole, TableQuad};
use opencv::{
    core::{self, Mat, Point, Scalar},
    imgproc,
};

/// Size of the drawn pictures.
pub(super) const SIZE: FrameSize = FrameSize { width: 960, height: 540 };
/// Radius of the drawn balls, pixels.
pub(super) const RADIUS: f64 = 10.0;

/// Returns the nose-line corners of the drawn table.
pub(super) fn corners() -> TableQuad {
    [(60.0, 60.0), (900.0, 60.0), (900.0, 480.0), (60.0, 480.0)].map(CameraPoint::from)
}

/// Returns a camera so far away that all balls appear as circles, as they are drawn.
pub(super) fn camera() -> Pinhole {
    Pinhole { size: SIZE, focal: 1e5, centre: CameraPoint::new(480.0, 270.0) }
}

/// Draws a table seen from above, with balls of these colours (blue, green, red) at these places.
pub(super) fn table(balls: &[(f64, f64, [f64; 3])]) -> Mat {
    let colour = |[b, g, r]: [f64; 3]| Scalar::new(b, g, r, 0.0);
    let mut picture =
        Mat::new_rows_cols_with_default(540, 960, core::CV_8UC3, colour([40.0, 60.0, 90.0])).expect("a picture");
    let cushion = core::Rect::new(40, 40, 880, 460);
    let bed = core::Rect::new(60, 60, 840, 420);
    imgproc::rectangle(&mut picture, cushion, colour([60.0, 130.0, 40.0]), -1, imgproc::LINE_8, 0).expect("drawn");
    imgproc::rectangle(&mut picture, bed, colour([70.0, 150.0, 50.0]), -1, imgproc::LINE_8, 0).expect("drawn");
    for (x, y, body) in balls {
        let centre = CameraPoint::new(*x, *y);
        disc(&mut picture, centre, RADIUS, body.map(|v| 0.8 * v));
        disc(&mut picture, centre, 0.7 * RADIUS, *body);
    }
    picture
}

/// Draws a full disc of a colour (blue, green, red); centre and radius in pixels.
pub(super) fn disc(picture: &mut Mat, centre: CameraPoint, radius: f64, [b, g, r]: [f64; 3]) {
    // Sixteenths of a pixel.
    let fixed = |v: f64| (v * 16.0).round() as i32;
    let (centre, paint) = (Point::new(fixed(centre.x), fixed(centre.y)), Scalar::new(b, g, r, 0.0));
    imgproc::circle(picture, centre, fixed(radius), paint, -1, imgproc::LINE_AA, 4).expect("drawn");
}

/// Draws a line of light on a picture and on the mask of lit pixels.
pub(super) fn light(picture: &mut Mat, mask: &mut Mat, from: (i32, i32), to: (i32, i32)) {
    let (from, to) = (Point::new(from.0, from.1), Point::new(to.0, to.1));
    let cyan = Scalar::new(250.0, 240.0, 140.0, 0.0);
    imgproc::line(picture, from, to, cyan, 3, imgproc::LINE_AA, 0).expect("drawn");
    imgproc::line(mask, from, to, Scalar::all(1.0), 5, imgproc::LINE_8, 0).expect("drawn");
}

/// Draws a ring of light on a picture and on the mask of lit pixels.
pub(super) fn ring(picture: &mut Mat, mask: &mut Mat, centre: (i32, i32), radius: i32) {
    let centre = Point::new(centre.0, centre.1);
    let cyan = Scalar::new(250.0, 240.0, 140.0, 0.0);
    imgproc::circle(picture, centre, radius, cyan, 3, imgproc::LINE_AA, 0).expect("drawn");
    imgproc::circle(mask, centre, radius, Scalar::all(1.0), 5, imgproc::LINE_8, 0).expect("drawn");
}
