//! Tables drawn for the tests.

use billiards_table::{CameraPoint, TableQuad};
use opencv::{
    core::{self, Mat, Point, Point2f, Rect, Scalar, Vector},
    imgproc,
    prelude::*,
};

/// Blue, green, red.
pub(super) type Colour = [f64; 3];

/// Colours of a drawn table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub cloth: Colour,
    pub rail: Colour,
    pub floor: Colour,
}

pub(super) const GREEN: Paint = Paint { cloth: [70., 150., 60.], rail: [40., 70., 110.], floor: [60., 80., 100.] };
/// Nose corners of a table seen from above, slightly turned, in a picture of 1280 × 720.
pub(super) const ABOVE: [(f64, f64); 4] = [(162., 118.), (1118., 126.), (1114., 604.), (158., 596.)];

/// Draws a table whose nose lines are at `quad` in a picture of this size, with noise.
pub(super) fn table(paint: Paint, quad: &TableQuad, width: i32, height: i32) -> Mat {
    let scaled = |colour: Colour, by: f64| Scalar::new(colour[0] * by, colour[1] * by, colour[2] * by, 0.0);
    // Widths from the floor inwards, pixels of a bed of 960 × 480.
    let (floor, rail, cushion, shadow) = (40, 60, 24, 14);
    let nose = floor + rail + cushion;
    let (w, h) = (960 + 2 * nose, 480 + 2 * nose);
    let mut flat = Mat::new_rows_cols_with_default(h, w, core::CV_8UC3, scaled(paint.floor, 1.0)).expect("a picture");
    let mut fill = |inset: i32, colour: Scalar| {
        let rect = Rect::new(inset, inset, w - 2 * inset, h - 2 * inset);
        imgproc::rectangle(&mut flat, rect, colour, imgproc::FILLED, imgproc::LINE_8, 0).expect("drawn");
    };
    fill(floor, scaled(paint.rail, 1.0));
    fill(floor + rail - 2, scaled(paint.rail, 0.5));
    fill(floor + rail, scaled(paint.cloth, 1.1));
    for i in 0..shadow {
        fill(nose + i, scaled(paint.cloth, 0.55 + 0.45 * f64::from(i) / f64::from(shadow)));
    }
    for (x, y) in [
        (nose, nose),
        (w - nose, nose),
        (nose, h - nose),
        (w - nose, h - nose),
        (w / 2, nose - 12),
        (w / 2, h - nose + 12),
    ] {
        imgproc::circle(&mut flat, Point::new(x, y), 26, Scalar::all(20.0), imgproc::FILLED, imgproc::LINE_AA, 0)
            .expect("drawn");
    }
    // A nose lies between the pixels that it separates.
    let (left, top) = (nose as f32 - 0.5, nose as f32 - 0.5);
    let (right, bottom) = ((w - nose) as f32 - 0.5, (h - nose) as f32 - 0.5);
    let from: Vector<Point2f> = [(left, top), (right, top), (right, bottom), (left, bottom)]
        .map(|(x, y)| Point2f::new(x, y))
        .into_iter()
        .collect();
    let to: Vector<Point2f> = quad.iter().map(|p| Point2f::new(p.x as f32, p.y as f32)).collect();
    let warp = imgproc::get_perspective_transform_def(&from, &to).expect("a perspective");
    let mut seen = Mat::default();
    imgproc::warp_perspective(
        &flat,
        &mut seen,
        &warp,
        core::Size::new(width, height),
        imgproc::INTER_LINEAR,
        core::BORDER_CONSTANT,
        scaled(paint.floor, 1.0),
    )
    .expect("warped");
    noisy(&seen, 3)
}

/// Returns the picture with noise of up to this many grey levels.
pub(super) fn noisy(picture: &Mat, most: i32) -> Mat {
    let mut out = picture.clone();
    let mut state = 1_u32;
    for byte in out.data_bytes_mut().expect("bytes") {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 16) as i32 % (2 * most + 1) - most;
        *byte = (i32::from(*byte) + noise).clamp(0, 255) as u8;
    }
    out
}

/// Returns the picture with each pixel's brightness times `light` at its place, given as shares of width and height.
pub(super) fn lit(picture: &Mat, light: impl Fn(f64, f64) -> f64) -> Mat {
    let mut out = picture.clone();
    let (w, h) = (picture.cols() as usize, picture.rows() as usize);
    for (i, byte) in out.data_bytes_mut().expect("bytes").iter_mut().enumerate() {
        let (x, y) = (i / 3 % w, i / 3 / w);
        *byte = (f64::from(*byte) * light(x as f64 / w as f64, y as f64 / h as f64)).min(255.0) as u8;
    }
    out
}

/// Draws an arm, or a cue, from one place to another.
pub(super) fn arm(picture: &mut Mat, from: (i32, i32), to: (i32, i32), width: i32, colour: Colour) {
    let [b, g, r] = colour;
    let (from, to) = (Point::new(from.0, from.1), Point::new(to.0, to.1));
    imgproc::line(picture, from, to, Scalar::new(b, g, r, 0.0), width, imgproc::LINE_AA, 0).expect("drawn");
}

/// Returns the corners as points.
pub(super) fn quad(corners: [(f64, f64); 4]) -> TableQuad {
    corners.map(CameraPoint::from)
}

/// Returns the largest distance between corresponding corners, pixels.
pub(super) fn worst(a: &TableQuad, b: &TableQuad) -> f64 {
    a.iter().zip(b).map(|(a, b)| (*a - *b).length()).fold(0.0, f64::max)
}

/// Projects a rectangle of width 1 and depth `aspect` into a picture of 1280 × 720, from `elevation` degrees above it
/// and turned by `turn` degrees, four widths away; `focal` in pixels.
pub(super) fn seen(aspect: f64, elevation: f64, turn: f64, focal: f64) -> TableQuad {
    const FAR: f64 = 4.0;
    let (elevation, turn) = (elevation.to_radians(), turn.to_radians());
    [(-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)].map(|(x, y): (f64, f64)| {
        let y = y * aspect;
        let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
        let depth = FAR + y * elevation.cos();
        CameraPoint::new(639.5 + focal * x / depth, 359.5 - focal * y * elevation.sin() / depth)
    })
}
