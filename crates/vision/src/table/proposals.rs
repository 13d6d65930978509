//! Quads that may be a table's cloth, bed or rails: around areas of one colour, and around areas without edges.

use super::{
    outline::{self, Straight},
    region::{self, Strictness},
    shape,
};
use crate::{VisionError, cloth::ClothColour, grids::OutlineQuad, picture::Picture};
use billiards_table::FrameSize;
use opencv::{
    core::{self, Mat},
    imgproc,
    prelude::*,
};

/// Maximum number of colours of which areas are sought.
const COLOURS: usize = 4;
/// Minimum share of the picture that has a colour.
const LEAST: f64 = 0.05;
/// Distance between places at which colours are sampled, pixels.
const STRIDE: usize = 4;
/// Maximum number of quads around one area.
const MOST: usize = 4;
/// Maximum number of areas of one kind.
const AREAS: usize = 3;

/// Finds the most common colour in the middle of the picture.
pub(super) fn central_colour(picture: &Picture, colourless: bool) -> Option<ClothColour> {
    let [columns, rows] = [picture.width, picture.height].map(|size| (size / 5..size - size / 5).step_by(STRIDE));
    dominant(picture, rows.flat_map(|y| columns.clone().map(move |x| [x, y])), colourless)
}

/// Returns the most common colour at some places of the picture, or the most common brightness in one without colour.
fn dominant(picture: &Picture, places: impl Iterator<Item = [usize; 2]>, colourless: bool) -> Option<ClothColour> {
    if colourless { ClothColour::dominant_grey(picture, places) } else { ClothColour::dominant(picture, places) }
}

/// Finds the colours of the picture that cover most, most common first.
pub(super) fn colours(picture: &Picture, colourless: bool) -> Vec<ClothColour> {
    let (w, h) = (picture.width, picture.height);
    let mut places: Vec<[usize; 2]> =
        (0..h).step_by(STRIDE).flat_map(|y| (0..w).step_by(STRIDE).map(move |x| [x, y])).collect();
    let least = LEAST * places.len() as f64;
    let mut out = Vec::new();
    while out.len() < COLOURS && places.len() as f64 > least {
        let Some(colour) = dominant(picture, places.iter().copied(), colourless) else { break };
        let before = places.len();
        places.retain(|[x, y]| !colour.has_colour(picture.pixel(*x, *y)));
        if ((before - places.len()) as f64) < least {
            break;
        }
        out.push(colour);
    }
    out
}

/// Finds quads around the areas of a colour.
pub(super) fn of_colour(
    picture: &Picture,
    colour: &ClothColour,
    strictness: &Strictness,
    aspect: f64,
) -> Result<Vec<OutlineQuad>, VisionError> {
    let mask = region::cloth_mask(picture, colour, strictness)?;
    of_areas(&region::areas(&mask, strictness)?, aspect)
}

/// Finds quads around the areas in which neighbouring pixels differ by less than `limit` times the usual noise.
pub(super) fn of_smooth(edges: &Mat, limit: f64, aspect: f64) -> Result<Vec<OutlineQuad>, VisionError> {
    let mut mask = Mat::default();
    imgproc::threshold(edges, &mut mask, limit, 255.0, imgproc::THRESH_BINARY_INV)?;
    let mut smooth = Mat::default();
    mask.convert_to_def(&mut smooth, core::CV_8U)?;
    of_areas(&region::areas(&smooth, &region::SMOOTH)?, aspect)
}

/// Returns the strongest step of a channel at each pixel of the picture blurred by `blur` pixels, over the median one.
pub(super) fn edges(small: &Mat, blur: f64) -> Result<Mat, VisionError> {
    let mut blurred = Mat::default();
    imgproc::gaussian_blur_def(small, &mut blurred, core::Size::new(0, 0), blur)?;
    let (mut dx, mut dy) = (Mat::default(), Mat::default());
    imgproc::sobel_def(&blurred, &mut dx, core::CV_16S, 1, 0)?;
    imgproc::sobel_def(&blurred, &mut dy, core::CV_16S, 0, 1)?;
    let (dx, dy) = (dx.data_typed::<core::Vec3s>(), dy.data_typed::<core::Vec3s>());
    let (dx, dy) = (dx?, dy?);
    let strength: Vec<f32> = dx
        .iter()
        .zip(dy)
        .map(|(x, y)| (0..3).map(|i| f32::from(x[i]).hypot(f32::from(y[i]))).fold(0.0, f32::max))
        .collect();
    let mut sorted: Vec<f32> = strength.iter().copied().step_by(7).collect();
    let middle = sorted.len() / 2;
    let median = (*sorted.select_nth_unstable_by(middle, f32::total_cmp).1).max(4.0);
    let strength: Vec<f32> = strength.into_iter().map(|v| v / median).collect();
    Ok(Mat::new_rows_cols_with_data(small.rows(), small.cols(), &strength)?.try_clone()?)
}

/// Returns quads around the largest areas.
fn of_areas(areas: &[Mat], aspect: f64) -> Result<Vec<OutlineQuad>, VisionError> {
    let mut quads = Vec::new();
    // The last one is all of them together.
    let last = if areas.len() > AREAS { areas.last() } else { None };
    for area in areas.iter().take(AREAS).chain(last) {
        let (w, h) = (area.cols() as usize, area.rows() as usize);
        let straights = outline::straights(&outline::contour(area)?, w, h);
        quads.extend(around(&straights, area, aspect)?);
    }
    Ok(quads)
}

/// Returns the quads of straight parts that best enclose an area, best first.
fn around(straights: &[Straight], area: &Mat, aspect: f64) -> Result<Vec<OutlineQuad>, VisionError> {
    // Minimum share of the area inside, and of the quad that the area fills.
    const INSIDE: f64 = 0.65;
    const FILLED: f64 = 0.45;
    let size = FrameSize { width: area.cols() as u32, height: area.rows() as u32 };
    let bytes = area.data_bytes()?;
    let whole = bytes.iter().filter(|v| **v != 0).count() as f64;
    let angle = |s: &Straight| s.line.normal.y.atan2(s.line.normal.x);
    let mut order: Vec<&Straight> = straights.iter().collect();
    order.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    let mut found: Vec<(f64, OutlineQuad)> = Vec::new();
    outline::for_each_four(order.len(), |four| {
        let sides = four.map(|i| order[i]);
        let Some(quad) = outline::corners(&sides) else { return };
        let Some(seen) = outline::support(&sides, &quad) else { return };
        let filled = outline::filled(&quad, bytes, size);
        let inside = (filled * shape::area(&quad) / whole).min(1.0);
        if filled < FILLED || inside < INSIDE || !outline::table_shaped(&quad, size, aspect) {
            return;
        }
        found.push((seen * filled * inside, outline::in_order(quad, size)));
    });
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut quads: Vec<OutlineQuad> = Vec::new();
    for (_, quad) in found {
        if quads.len() < MOST && quads.iter().all(|other| !are_alike(other, &quad)) {
            quads.push(quad);
        }
    }
    Ok(quads)
}

/// Returns whether two quads lead to the same table.
pub(super) fn are_alike(a: &OutlineQuad, b: &OutlineQuad) -> bool {
    const SHARE: f64 = 0.015;
    let far = a.iter().zip(b).map(|(a, b)| (*a - *b).length()).fold(0.0, f64::max);
    far < SHARE * billiards_table::longer_side(a)
}
