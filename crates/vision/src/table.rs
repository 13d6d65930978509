//! Detection of the table: hypotheses around areas of the picture, the best of which a model of a table explains.

mod bars;
mod cushions;
#[cfg(test)]
mod drawn;
mod evidence;
mod model;
mod noses;
mod outline;
mod proposals;
mod reading;
mod refine;
mod region;
mod search;
pub(super) mod shape;
mod watch;

use super::{VisionError, colourless::is_colourless, picture::Picture};
use bars::Content;
use billiards_table::{FrameSize, TableQuad, ordered_corners};
use euclid::Point2D;
use opencv::{core, imgproc, prelude::*};
use search::Search;
use std::{fmt, ops::Range};

pub use refine::nose_points;
pub use search::{TableHypothesis, table_hypotheses};
pub use watch::{TableFit, TableWatch};

/// A side of the picture, or of the table as it lies in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Towards row 0.
    Top,
    /// Towards the last column.
    Right,
    /// Towards the last row.
    Bottom,
    /// Towards column 0.
    Left,
}

impl Side {
    /// All sides, in the order of a quad's sides.
    const ALL: [Self; 4] = [Self::Top, Self::Right, Self::Bottom, Self::Left];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Top => "top",
            Self::Right => "right",
            Self::Bottom => "bottom",
            Self::Left => "left",
        })
    }
}

/// Reason why no table was found, and what would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTable {
    /// Hardly any pixel is lit.
    #[error("the middle of the picture is too dark: switch on the light over the table or lengthen the exposure")]
    Dark,
    /// The lower rows are all alike, as a decoder leaves them when data is missing.
    #[error("the lower part of the picture is missing: check the camera's cable and its bandwidth")]
    Incomplete,
    /// All pixels have one hue, and no area of one brightness is a table.
    #[error(
        "the picture has no colour, and no table stands out by its brightness: switch the camera's night mode off, or \
         light the table alone"
    )]
    Colourless,
    /// No area of one colour in the middle.
    #[error("no area of one colour is in the middle of the picture: point the camera at the table")]
    NoCloth,
    /// The cloth runs out of the picture.
    #[error("the cloth runs out of the picture at the {0}: move or turn the camera until all cushions are inside")]
    Cut(Side),
    /// The cloth's colour runs out of the picture on three sides or all four.
    #[error("one colour fills the picture: move the camera back until all cushions are inside")]
    Fills,
    /// An area without four straight sides.
    #[error("the area of the cloth's colour has no four straight sides: clear the table's edges")]
    Ragged,
    /// The area has four sides, but not those of a table.
    #[error(
        "the area of the cloth's colour is not shaped like the table (twice as long as wide unless another one is \
         chosen): clear the table's edges"
    )]
    Shape,
    /// There is no cushion edge inside a side of the outline.
    #[error("no cushion shows at the {0} of the table: clear that side or light the table from above")]
    NoNose(Side),
}

/// Longer side of the picture in which the outline is searched for, pixels.
const OUTLINE_SIDE: f64 = 640.0;
/// Range of the decoded share of a picture in which the missing rest alone explains a failure; a picture of one flat
/// colour lies outside it.
const DECODED: Range<f64> = 0.02..0.75;

/// Maximum distance of an outline's side from the end of a partly decoded picture, as a share of the picture's height.
const SPARE: f64 = 0.015;

/// Finds the nose-line corners of a table of this `aspect` (length over width; 2 for most tables) in a BGR picture, or
/// the reason why there is none.
///
/// # Errors
/// OpenCV fails.
pub fn find(bgr: &Mat, aspect: f64) -> Result<Result<TableQuad, NoTable>, VisionError> {
    let packed = if bgr.is_continuous() { None } else { Some(bgr.try_clone()?) };
    let bgr = packed.as_ref().unwrap_or(bgr);
    let reason = match find_in(bgr, aspect)? {
        Ok(quad) => return Ok(Ok(quad)),
        Err(reason) => reason,
    };
    let Some(Content { rect, is_letterboxed }) = bars::content(bgr)? else { return Ok(Err(reason)) };
    Ok(match find_in(&Mat::roi(bgr, rect)?.try_clone()?, aspect)? {
        Ok(quad) => Ok(quad.map(|p| p + euclid::vec2(f64::from(rect.x), f64::from(rect.y)))),
        // Bars may also be a plain floor: a cloth that fills the rest does not fill the picture.
        Err(cut @ NoTable::Cut(_)) if reason != NoTable::Incomplete || is_letterboxed => Err(cut),
        Err(inside) if reason == NoTable::Incomplete && is_letterboxed => Err(inside),
        Err(_) => Err(reason),
    })
}

/// Finds the table in a picture with packed rows and without bars around it.
fn find_in(bgr: &Mat, aspect: f64) -> Result<Result<TableQuad, NoTable>, VisionError> {
    let height = f64::from(bgr.rows());
    let (small, scale) = outline_picture(bgr)?;
    let colourless = is_colourless(&small)?;
    let picture = Picture::from_mat(&small)?;
    let decoded = decoded(&picture);
    let mut search = Search::new(bgr, aspect, scale);
    search.run(&small, &picture, colourless)?;
    let found = search.best()?;
    if let Some(Ok(quad)) = found {
        // The lower side of such a table is merely the end of the decoded part.
        let ends = decoded < 1.0 && quad.iter().any(|p| p.y > (decoded - SPARE) * height);
        return Ok(if ends { Err(NoTable::Incomplete) } else { Ok(quad) });
    }
    if DECODED.contains(&decoded) {
        return Ok(Err(NoTable::Incomplete));
    }
    let strictness = if colourless { &region::COLOURLESS_STRICTNESS[0] } else { &region::STRICTNESS[0] };
    Ok(Err(match (outline::judge(&picture, colourless, strictness, aspect)?, found) {
        (Err(NoTable::Dark), _) => NoTable::Dark,
        // A plain picture shows nothing at all.
        (Err(NoTable::Fills), _) if is_plain(&picture) => NoTable::Fills,
        _ if colourless => NoTable::Colourless,
        (Ok(_), Some(Err(side))) => NoTable::NoNose(side),
        (Ok(_), _) => NoTable::Shape,
        (Err(reason), _) => reason,
    }))
}

/// Returns the picture reduced for the search of outlines, and its scale.
fn outline_picture(bgr: &Mat) -> Result<(Mat, f64), VisionError> {
    let scale = (OUTLINE_SIDE / f64::from(bgr.cols().max(bgr.rows()))).min(1.0);
    Ok((resized(bgr, scale)?, scale))
}

/// Returns whether the brightness hardly varies in a picture.
fn is_plain(picture: &Picture) -> bool {
    const MAX_RANGE: f32 = 45.0;
    let rows = (0..picture.height).step_by(8);
    let sums = rows.flat_map(|y| (0..picture.width).step_by(8).map(move |x| picture.pixel(x, y).iter().sum::<f32>()));
    let mut sums: Vec<f32> = sums.collect();
    sums.sort_by(f32::total_cmp);
    let at = |share: f64| sums.get((share * (sums.len() - 1) as f64) as usize).copied().unwrap_or_default();
    at(0.98) - at(0.02) < MAX_RANGE
}

/// Returns the share of the picture above the rows that all repeat the last one, as a decoder leaves them when data is
/// missing. Black bars repeat too.
fn decoded(picture: &Picture) -> f64 {
    // Rows of a camera's picture differ at least by its noise, in the sum of the channels.
    const ALIKE: f32 = 0.3;
    let (w, last) = (picture.width, picture.height - 1);
    let repeats = |y: &usize| {
        let difference = |x: usize| -> f32 {
            picture.pixel(x, *y).iter().zip(picture.pixel(x, last)).map(|(a, b)| (a - b).abs()).sum()
        };
        (0..w).map(difference).sum::<f32>() <= ALIKE * w as f32
    };
    // The last row repeats itself.
    1.0 - (0..last).rev().take_while(repeats).count() as f64 / picture.height as f64
}

/// Returns a place in a picture that is `scale` times as large; a pixel's centre is at whole numbers.
fn scaled<U, V>(p: Point2D<f64, U>, scale: f64) -> Point2D<f64, V> {
    Point2D::new((p.x + 0.5) * scale - 0.5, (p.y + 0.5) * scale - 0.5)
}

/// Returns a copy at another scale, with areas averaged if it is smaller; at scale 1 a plain copy.
pub(super) fn resized(bgr: &(impl MatTraitConst + core::ToInputArray), scale: f64) -> Result<Mat, VisionError> {
    let mut out = Mat::default();
    if scale == 1.0 {
        bgr.copy_to(&mut out)?;
    } else {
        let flag = if scale < 1.0 { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
        imgproc::resize(bgr, &mut out, core::Size::default(), scale, scale, flag)?;
    }
    Ok(out)
}

/// Returns whether corners set by hand span a usable area in a picture of this size: clockwise, convex, neither tiny
/// nor mostly outside.
pub(super) fn usable(quad: &TableQuad, size: FrameSize) -> bool {
    shape::is_convex(quad) && ordered_corners(*quad, size).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{
        drawn::{ABOVE, GREEN, Paint, arm, lit, noisy, quad, seen, table, worst},
        *,
    };
    use billiards_table::CameraPoint;
    use opencv::core::{Rect, Scalar};

    fn found(picture: &Mat) -> Result<TableQuad, NoTable> {
        find(picture, 2.0).expect("a picture")
    }

    #[test]
    fn the_noses_are_found_to_a_pixel_whatever_the_colours() {
        let truth = quad(ABOVE);
        let same = [70., 150., 60.];
        for paint in [
            GREEN,
            Paint { cloth: [190., 110., 20.], ..GREEN },
            Paint { cloth: [40., 30., 150.], rail: [30., 25., 110.], ..GREEN },
            Paint { cloth: [120., 122., 120.], rail: [30., 30., 30.], floor: [120., 120., 125.] },
            Paint { cloth: same, rail: same, ..GREEN },
            Paint { rail: [230., 230., 230.], ..GREEN },
            Paint { cloth: [45., 45., 45.], floor: [150., 160., 170.], ..GREEN },
        ] {
            let corners = found(&table(paint, &truth, 1280, 720)).expect("a table");
            assert!(worst(&corners, &truth) < 1.2, "{paint:?}: {corners:?}");
        }
    }

    #[test]
    fn raking_light_dim_light_and_arms_do_not_hide_a_table() {
        let truth = quad(ABOVE);
        let plain = table(GREEN, &truth, 1280, 720);
        let mut covered = plain.clone();
        arm(&mut covered, (300, 0), (400, 300), 70, [60., 60., 70.]);
        arm(&mut covered, (1279, 300), (900, 350), 60, [150., 170., 220.]);
        arm(&mut covered, (600, 719), (560, 420), 60, [40., 40., 40.]);
        let raking = lit(&plain, |x, _| (1.6 - 2.4 * x).clamp(0.2, 1.0));
        for picture in [covered, noisy(&raking, 2), noisy(&lit(&plain, |_, _| 0.35), 2)] {
            let corners = found(&picture).expect("a table");
            assert!(worst(&corners, &truth) < 2.5, "{corners:?}");
        }
    }

    #[test]
    fn a_table_beside_the_middle_and_under_a_bar_is_found() {
        let truth = ABOVE.map(|(x, y)| CameraPoint::new(0.55 * x + 560.0, 0.55 * y + 20.0));
        let mut picture = table(Paint { floor: [150., 160., 170.], ..GREEN }, &truth, 1280, 720);
        assert!(worst(&found(&picture).expect("a table"), &truth) < 1.5);
        // A bar hides the whole width and cuts the cloth in two.
        arm(&mut picture, (800, 0), (810, 400), 14, [90., 90., 90.]);
        let corners = found(&picture).expect("a table");
        assert!(worst(&corners, &truth) < 1.5, "{corners:?}");
    }

    #[test]
    fn the_edge_of_a_shadow_along_a_cushion_is_no_nose() {
        let truth = quad(ABOVE);
        let plain = table(GREEN, &truth, 1280, 720);
        for darkness in [0.6, 0.8] {
            // From the left nose, at 160, some way onto the bed; the picture is 1280 wide.
            let shaded = lit(&plain, |x, _| if (0.125..0.145).contains(&x) { darkness } else { 1.0 });
            let corners = found(&noisy(&shaded, 2)).expect("a table");
            assert!(worst(&corners, &truth) < 2.5, "{darkness}: {corners:?}");
        }
    }

    #[test]
    fn a_table_is_found_from_the_side() {
        for (elevation, turn) in [(50.0, 0.0), (45.0, 12.0), (40.0, -20.0)] {
            let truth = seen(0.5, elevation, turn, 2800.0);
            let corners = found(&table(GREEN, &truth, 1280, 720)).expect("a table");
            assert!(worst(&corners, &truth) < 4.0, "{elevation} {turn}: {corners:?} {truth:?}");
        }
    }

    #[test]
    fn a_table_cut_by_the_picture_says_where() {
        let plain = table(GREEN, &quad(ABOVE), 1280, 720);
        for (rect, side) in [
            (Rect::new(300, 0, 980, 720), Side::Left),
            (Rect::new(0, 0, 900, 720), Side::Right),
            (Rect::new(0, 200, 1280, 520), Side::Top),
            (Rect::new(0, 0, 1280, 560), Side::Bottom),
        ] {
            let cut = Mat::roi(&plain, rect).expect("inside").try_clone().expect("a copy");
            assert_eq!(found(&cut), Err(NoTable::Cut(side)));
        }
    }

    #[test]
    fn a_half_decoded_picture_is_no_table() {
        for level in [0.0, 128.0] {
            let mut picture = table(GREEN, &quad(ABOVE), 1280, 720);
            imgproc::rectangle(
                &mut picture,
                Rect::new(0, 360, 1280, 360),
                Scalar::all(level),
                imgproc::FILLED,
                imgproc::LINE_8,
                0,
            )
            .expect("drawn");
            assert_eq!(found(&picture), Err(NoTable::Incomplete));
        }
    }

    /// Returns the picture as a camera in night mode shows it.
    fn grey(picture: &Mat) -> Mat {
        let (mut grey, mut out) = (Mat::default(), Mat::default());
        imgproc::cvt_color_def(picture, &mut grey, imgproc::COLOR_BGR2GRAY).expect("grey");
        imgproc::cvt_color_def(&grey, &mut out, imgproc::COLOR_GRAY2BGR).expect("a picture");
        out
    }

    #[test]
    fn a_table_without_colour_is_found_by_its_brightness() {
        let truth = quad(ABOVE);
        for paint in [
            GREEN,
            Paint { cloth: [110., 75., 25.], rail: [120., 150., 170.], ..GREEN },
            Paint { cloth: [60., 60., 60.], rail: [25., 25., 25.], floor: [120., 120., 120.] },
        ] {
            let picture = noisy(&grey(&table(paint, &truth, 1280, 720)), 2);
            let corners = found(&picture).unwrap_or_else(|reason| panic!("{paint:?}: {reason}"));
            assert!(worst(&corners, &truth) < 2.5, "{paint:?}: {corners:?}");
        }
        let mut face = Mat::new_rows_cols_with_default(720, 1280, core::CV_8UC3, Scalar::all(90.0)).expect("a picture");
        let (middle, white) = (core::Point::new(640, 360), Scalar::all(180.0));
        imgproc::circle(&mut face, middle, 250, white, imgproc::FILLED, imgproc::LINE_8, 0).expect("drawn");
        let reason = found(&noisy(&face, 3)).expect_err("no table");
        assert!(reason.to_string().contains("no colour"), "{reason}");
    }

    #[test]
    fn bars_around_a_picture_change_nothing() {
        let truth = quad(ABOVE);
        let plain = table(GREEN, &truth, 1280, 720);
        for (top, bottom, left, right) in [(180, 180, 0, 0), (0, 0, 320, 320), (200, 150, 100, 300), (0, 400, 0, 0)] {
            for level in [0.0, 255.0] {
                let mut padded = Mat::default();
                let colour = Scalar::all(level);
                core::copy_make_border(&plain, &mut padded, top, bottom, left, right, core::BORDER_CONSTANT, colour)
                    .expect("padded");
                let corners = found(&padded).expect("a table");
                let moved = truth.map(|p| p + euclid::vec2(f64::from(left), f64::from(top)));
                assert!(worst(&corners, &moved) < 1.2, "{top} {bottom} {left} {right}: {corners:?}");
            }
        }
        // A table that is cut by the picture's border is still cut in a picture with bars.
        let cut = Mat::roi(&plain, Rect::new(300, 0, 980, 720)).expect("inside").try_clone().expect("a copy");
        let mut padded = Mat::default();
        core::copy_make_border(&cut, &mut padded, 0, 0, 200, 200, core::BORDER_CONSTANT, Scalar::all(0.0))
            .expect("padded");
        assert_eq!(found(&padded), Err(NoTable::Cut(Side::Left)));
    }

    #[test]
    fn other_things_are_no_table_and_the_reason_is_said() {
        let plain = |b: f64, g: f64, r: f64| {
            Mat::new_rows_cols_with_default(720, 1280, core::CV_8UC3, Scalar::new(b, g, r, 0.0)).expect("a picture")
        };
        let with = |rect: Rect, colour: Scalar| {
            let mut picture = plain(60., 80., 100.);
            imgproc::rectangle(&mut picture, rect, colour, imgproc::FILLED, imgproc::LINE_8, 0).expect("drawn");
            noisy(&picture, 3)
        };
        let green = Scalar::new(60., 150., 60., 0.0);
        let mut face = noisy(&plain(120., 100., 80.), 3);
        imgproc::circle_def(&mut face, core::Point::new(640, 360), 250, Scalar::new(140., 170., 220., 0.0))
            .expect("drawn");
        for (picture, reason) in [
            (plain(0., 0., 0.), NoTable::Dark),
            (plain(255., 255., 255.), NoTable::Fills),
            (noisy(&plain(60., 150., 60.), 4), NoTable::Fills),
            (with(Rect::new(0, 300, 1280, 420), green), NoTable::Fills),
            (with(Rect::new(390, 110, 500, 500), green), NoTable::Shape),
            (with(Rect::new(200, 140, 880, 440), green), NoTable::NoNose(Side::Top)),
            (face, NoTable::Fills),
        ] {
            assert_eq!(found(&picture), Err(reason));
            assert!(!reason.to_string().is_empty());
        }
    }
}
