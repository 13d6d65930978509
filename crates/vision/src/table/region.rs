//! The area of the cloth: approximately one colour, and connected.

use crate::{VisionError, cloth::ClothColour, picture::Picture};
use opencv::{
    core::{self, Mat, Point},
    imgproc,
    prelude::*,
};
use std::ops::Range;

/// Minimum size of a table, as a share of the picture.
const SMALLEST: f64 = 0.05;

/// Criteria for cloth.
#[derive(Debug, Clone)]
pub(super) struct Strictness {
    /// Maximum difference of the colour, over the cloth's usual tolerance.
    colour: f32,
    /// Range of the brightness over the usual one.
    light: Range<f32>,
    /// `true` if the usual brightness is that of the whole cloth rather than of the surrounding cloth.
    even: bool,
    /// Diameter of the disc that cuts thin bridges, as a share of the picture's longer side.
    bridges: f64,
    /// Diameter of the disc that closes gaps, as a share of the picture's longer side.
    gaps: f64,
}

/// Criteria, tried in order. The first accepts cushions in another light than the bed, across the shadows of the noses
/// and with any falloff of the light; the others separate grey cloth from other grey things around, at the price of
/// gaps.
pub(super) const STRICTNESS: [Strictness; 3] = [
    Strictness { colour: 1.0, light: 0.5..1.8, even: false, bridges: 0.003, gaps: 0.026 },
    Strictness { colour: 0.75, light: 0.65..1.6, even: true, bridges: 0.003, gaps: 0.02 },
    Strictness { colour: 0.75, light: 0.7..1.5, even: false, bridges: 0.005, gaps: 0.016 },
];

/// Criteria for pictures without colour, where a wide range of brightness covers everything.
pub(super) const COLOURLESS_STRICTNESS: [Strictness; 3] = [
    Strictness { colour: 1.0, light: 0.82..1.22, even: true, bridges: 0.003, gaps: 0.02 },
    Strictness { colour: 1.0, light: 0.75..1.33, even: false, bridges: 0.003, gaps: 0.02 },
    Strictness { colour: 1.0, light: 0.87..1.15, even: true, bridges: 0.005, gaps: 0.026 },
];

/// Criteria for areas without edges.
pub(super) const SMOOTH: Strictness =
    Strictness { colour: 1.0, light: 0.0..f32::INFINITY, even: false, bridges: 0.004, gaps: 0.004 };

/// Returns a mask that is 255 where the picture has the cloth's colour and about its brightness, and 0 elsewhere.
pub(super) fn cloth_mask(picture: &Picture, cloth: &ClothColour, strictness: &Strictness) -> Result<Mat, VisionError> {
    let (w, h) = (picture.width as i32, picture.height as i32);
    let mut cloth = *cloth;
    cloth.tolerance *= strictness.colour;
    let (mut weight, mut light) = (vec![0.0_f32; (w * h) as usize], vec![0.0_f32; (w * h) as usize]);
    for i in 0..weight.len() {
        let pixel = picture.pixel(i % picture.width, i / picture.width);
        if cloth.has_colour(pixel) {
            weight[i] = 1.0;
            light[i] = pixel.iter().sum();
        }
    }
    // Light falls off over a table, but slowly; rails and clothes of the cloth's hue differ abruptly.
    let around = |values: &[f32]| -> Result<Mat, VisionError> {
        let side = w.max(h) / 8;
        let mut out = Mat::default();
        let values = Mat::new_rows_cols_with_data(h, w, values)?;
        imgproc::box_filter_def(&values, &mut out, core::CV_32F, core::Size::new(side, side))?;
        Ok(out)
    };
    let (total, count) = (around(&light)?, around(&weight)?);
    let (total, count) = (total.data_typed::<f32>()?, count.data_typed::<f32>()?);
    let usual = |i: usize| if strictness.even { cloth.brightness } else { total[i] / count[i].max(1e-6) };
    let mut mask = Mat::zeros(h, w, core::CV_8UC1)?.to_mat()?;
    for (i, out) in mask.data_bytes_mut()?.iter_mut().enumerate() {
        *out = 255 * u8::from(weight[i] > 0.0 && strictness.light.contains(&(light[i] / usual(i))));
    }
    Ok(mask)
}

/// The connected parts of a mask, with its gaps closed.
struct Parts {
    /// Number of the part at each pixel; 0 outside them.
    labels: Mat,
    /// Number of pixels of each part, that outside them first.
    areas: Vec<usize>,
}

impl Parts {
    fn of(mask: &Mat, strictness: &Strictness) -> Result<Self, VisionError> {
        let opened = morphed(mask, imgproc::MORPH_OPEN, strictness.bridges)?;
        // Wide enough for nose shadows, which cut the cushions off; narrower than rails.
        let closed = morphed(&opened, imgproc::MORPH_CLOSE, strictness.gaps)?;
        let mut labels = Mat::default();
        let count = imgproc::connected_components(&closed, &mut labels, 4, core::CV_32S)?;
        let mut areas = vec![0_usize; count.max(1) as usize];
        labels.data_typed::<i32>()?.iter().for_each(|label| areas[*label as usize] += 1);
        Ok(Self { labels, areas })
    }

    /// Returns whether a part is large enough for a table.
    fn is_large(&self, number: usize) -> bool {
        self.areas[number] as f64 > SMALLEST * f64::from(self.labels.rows() * self.labels.cols())
    }

    /// Returns a mask of one part.
    fn mask(&self, number: usize) -> Result<Mat, VisionError> {
        let mut mask = Mat::zeros(self.labels.rows(), self.labels.cols(), core::CV_8UC1)?.to_mat()?;
        for (out, label) in mask.data_bytes_mut()?.iter_mut().zip(self.labels.data_typed::<i32>()?) {
            *out = 255 * u8::from(*label as usize == number);
        }
        Ok(mask)
    }
}

/// Returns the connected part of the mask that covers most of the picture's centre, with its gaps closed.
pub(super) fn central_region(mask: &Mat, strictness: &Strictness) -> Result<Option<Mat>, VisionError> {
    let parts = Parts::of(mask, strictness)?;
    let (w, h) = (mask.cols() as usize, mask.rows() as usize);
    let mut votes = vec![0_usize; parts.areas.len()];
    for (i, label) in parts.labels.data_typed::<i32>()?.iter().enumerate() {
        let (x, y) = (i % w, i / w);
        let central = (w / 4..w - w / 4).contains(&x) && (h / 4..h - h / 4).contains(&y);
        votes[*label as usize] += usize::from(central);
    }
    let best = (1..votes.len()).max_by_key(|i| votes[*i]).filter(|i| votes[*i] > 0);
    best.filter(|i| parts.is_large(*i)).map(|i| parts.mask(i)).transpose()
}

/// Returns the connected parts of the mask that are large enough for a table, largest first, with their gaps closed; the
/// last one of several is all of them together, for a cue, an arm or a bar across the table cuts its cloth.
pub(super) fn areas(mask: &Mat, strictness: &Strictness) -> Result<Vec<Mat>, VisionError> {
    let parts = Parts::of(mask, strictness)?;
    let mut order: Vec<usize> = (1..parts.areas.len()).filter(|i| parts.is_large(*i)).collect();
    order.sort_by_key(|i| std::cmp::Reverse(parts.areas[*i]));
    let mut regions: Vec<Mat> = order.iter().map(|i| parts.mask(*i)).collect::<Result<_, _>>()?;
    if let [first, rest @ ..] = regions.as_slice()
        && !rest.is_empty()
    {
        let mut whole = first.clone();
        for part in rest {
            let mut joined = Mat::default();
            core::bitwise_or_def(&whole, part, &mut joined)?;
            whole = joined;
        }
        regions.push(whole);
    }
    Ok(regions)
}

/// Opens or closes the mask by a disc.
fn morphed(mask: &Mat, operation: i32, share: f64) -> Result<Mat, VisionError> {
    let diameter = ((share * f64::from(mask.cols().max(mask.rows()))) as i32).max(2) | 1;
    let disc = imgproc::get_structuring_element_def(imgproc::MORPH_ELLIPSE, core::Size::new(diameter, diameter))?;
    let border = imgproc::morphology_default_border_value()?;
    let mut out = Mat::default();
    let middle = Point::new(-1, -1);
    imgproc::morphology_ex(mask, &mut out, operation, &disc, middle, 1, core::BORDER_CONSTANT, border)?;
    Ok(out)
}
