//! Finding the table: the cloth's outline first, the nose lines inside it second.

use super::{VisionError, cloth::ClothColour, lines::Line, picture::Picture};
use crate::model::{CameraPoint, FrameSize, TableQuad, longer_side};
use opencv::{core, imgproc, prelude::*};

/// Side of the picture in which the outline is sought, pixels.
const OUTLINE_SIDE: f64 = 640.0;
/// Longer side of the table in the picture in which the nose lines are sought, pixels.
const NOSE_LENGTH: f64 = 1000.0;

/// Finds the nose-line corners of the table in a BGR picture; `None` when nothing there looks like one.
pub(super) fn find(bgr: &Mat) -> Result<Option<TableQuad>, VisionError> {
    let (width, height) = (f64::from(bgr.cols()), f64::from(bgr.rows()));
    let scale = (OUTLINE_SIDE / width.max(height)).min(1.0);
    let small = resized(bgr, scale)?;
    let Some(outline) = find_outline(&small)? else { return Ok(None) };
    let to_full = |p: CameraPoint, scale: f64| CameraPoint::new((p.x + 0.5) / scale - 0.5, (p.y + 0.5) / scale - 0.5);
    let outline = outline.map(|p| to_full(p, scale));
    let long = longer_side(&outline);
    let scale = (NOSE_LENGTH / long).min(1.0);
    let working = resized(bgr, scale)?;
    let to_working = |p: CameraPoint| CameraPoint::new((p.x + 0.5) * scale - 0.5, (p.y + 0.5) * scale - 0.5);
    let blurred = {
        let mut out = Mat::default();
        imgproc::gaussian_blur_def(&working, &mut out, core::Size::new(3, 3), 0.8)?;
        Picture::from_mat(&out)?
    };
    let Some(corners) = find_noses(&blurred, &outline.map(to_working)) else { return Ok(None) };
    let corners = corners.map(|p| to_full(p, scale));
    Ok(plausible(&corners).then_some(corners))
}

/// A smaller copy, areas averaged; at scale 1 a plain copy.
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

/// Whether corners set by hand span something to look at in a picture of this size: clockwise, convex, neither tiny nor
/// mostly outside.
pub(super) fn usable(quad: &TableQuad, size: FrameSize) -> bool {
    const SHORTEST: f64 = 48.0;
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let middle = quad[0].lerp(quad[2], 0.5);
    let centred = (0.0..w).contains(&middle.x) && (0.0..h).contains(&middle.y);
    let near = quad.iter().all(|p| (-0.5 * w..1.5 * w).contains(&p.x) && (-0.5 * h..1.5 * h).contains(&p.y));
    let side = |i: usize| (quad[(i + 1) % 4] - quad[i]).length();
    centred && near && is_convex(quad) && (0..4).all(|i| side(i) >= SHORTEST)
}

/// Whether the corners turn clockwise (y down) at each.
fn is_convex(quad: &TableQuad) -> bool {
    (0..4).all(|i| {
        let (a, b, c) = (quad[i], quad[(i + 1) % 4], quad[(i + 2) % 4]);
        (b - a).cross(c - b) > 0.0
    })
}

/// Whether four corners can be those of a table twice as long as wide, seen from above or at a slant.
fn plausible(quad: &TableQuad) -> bool {
    let side = |i: usize| (quad[(i + 1) % 4] - quad[i]).length();
    let (across, along) = (f64::midpoint(side(0), side(2)), f64::midpoint(side(1), side(3)));
    let ratio = across.max(along) / across.min(along);
    let similar = |i: usize| (0.5..2.0).contains(&(side(i) / side(i + 2)));
    is_convex(quad) && (1.3..3.2).contains(&ratio) && similar(0) && similar(1)
}

/// The outer edge of the cloth as a quad, pixels of `small`.
fn find_outline(small: &Mat) -> Result<Option<TableQuad>, VisionError> {
    let picture = Picture::from_mat(small)?;
    let (w, h) = (picture.width, picture.height);
    let central = |x: usize, y: usize| (w / 5..w - w / 5).contains(&x) && (h / 5..h - h / 5).contains(&y);
    let Some(cloth) = ClothColour::dominant(&picture, central) else { return Ok(None) };

    let mut mask = Mat::zeros(h as i32, w as i32, core::CV_8UC1)?.to_mat()?;
    for (i, out) in mask.data_bytes_mut()?.iter_mut().enumerate() {
        *out = 255 * u8::from(cloth.matches(picture.pixel(i % w, i / w)));
    }
    let Some(region) = central_region(&mask)? else { return Ok(None) };
    let bytes = region.data_bytes()?;
    let inside = |x: usize, y: usize| bytes[y * w + x] != 0;
    let area = bytes.iter().filter(|v| **v != 0).count();
    if area < w * h / 14 {
        return Ok(None);
    }

    let [top, bottom] = {
        let column = |x: usize, reverse: bool| {
            let mut rows = (0..h).filter(|y| inside(x, *y));
            if reverse { rows.next_back() } else { rows.next() }.map(|y| [x as f64, y as f64])
        };
        [false, true].map(|reverse| (0..w).filter_map(|x| column(x, reverse)).collect::<Vec<_>>())
    };
    let [left, right] = {
        let row = |y: usize, reverse: bool| {
            let mut columns = (0..w).filter(|x| inside(*x, y));
            if reverse { columns.next_back() } else { columns.next() }.map(|x| [x as f64, y as f64])
        };
        [false, true].map(|reverse| (0..h).filter_map(|y| row(y, reverse)).collect::<Vec<_>>())
    };
    // The ends of each side belong to the corners and to the neighbouring sides.
    let middle = |points: Vec<[f64; 2]>| {
        let cut = points.len() / 10;
        points[cut..points.len() - cut].to_vec()
    };
    let tolerance = 0.004 * w.max(h) as f64;
    let sides = [top, right, bottom, left].map(|points| Line::consensus(&middle(points), tolerance));
    let mut lines = Vec::with_capacity(4);
    for side in sides {
        match side {
            Some((line, share)) if share > 0.2 => lines.push(line),
            _ => return Ok(None),
        }
    }
    let corner = |a: usize, b: usize| lines[a].meet(&lines[b]).map(|p| CameraPoint::new(p[0], p[1]));
    let (Some(tl), Some(tr), Some(br), Some(bl)) = (corner(3, 0), corner(0, 1), corner(1, 2), corner(2, 3)) else {
        return Ok(None);
    };
    let quad = [tl, tr, br, bl];
    // Much of the quad must be cloth: a blob of the right colour is not a table.
    let filled = area as f64 / quad_area(&quad).max(1.0);
    Ok((plausible(&quad) && (0.5..1.15).contains(&filled)).then_some(quad))
}

/// Area of a quad, square pixels.
fn quad_area(quad: &TableQuad) -> f64 {
    0.5 * (quad[2] - quad[0]).cross(quad[3] - quad[1]).abs()
}

/// The connected part of the mask that holds most of the picture's centre, its gaps closed.
fn central_region(mask: &Mat) -> Result<Option<Mat>, VisionError> {
    let ellipse = |side: i32| imgproc::get_structuring_element_def(imgproc::MORPH_ELLIPSE, core::Size::new(side, side));
    let border = imgproc::morphology_default_border_value()?;
    let anchor = core::Point::new(-1, -1);
    let mut opened = Mat::default();
    imgproc::morphology_ex(
        mask,
        &mut opened,
        imgproc::MORPH_OPEN,
        &ellipse(3)?,
        anchor,
        1,
        core::BORDER_CONSTANT,
        border,
    )?;
    // Wide enough for nose shadows, which cut the cushions off; narrower than rails.
    let mut closed = Mat::default();
    imgproc::morphology_ex(
        &opened,
        &mut closed,
        imgproc::MORPH_CLOSE,
        &ellipse(9)?,
        anchor,
        1,
        core::BORDER_CONSTANT,
        border,
    )?;
    let mut labels = Mat::default();
    let count = imgproc::connected_components(&closed, &mut labels, 4, core::CV_32S)?;
    if count < 2 {
        return Ok(None);
    }
    let (w, h) = (mask.cols() as usize, mask.rows() as usize);
    let labels = labels.data_typed::<i32>()?;
    let mut votes = vec![0_usize; count as usize];
    for y in h / 4..h - h / 4 {
        for x in w / 4..w - w / 4 {
            votes[labels[y * w + x] as usize] += 1;
        }
    }
    let Some(best) = (1..votes.len()).max_by_key(|i| votes[*i]).filter(|i| votes[*i] > 0) else { return Ok(None) };
    let mut region = Mat::zeros(h as i32, w as i32, core::CV_8UC1)?.to_mat()?;
    for (out, label) in region.data_bytes_mut()?.iter_mut().zip(labels) {
        *out = 255 * u8::from(*label as usize == best);
    }
    Ok(Some(region))
}

/// The quad of the nose lines inside the cloth's outline.
fn find_noses(picture: &Picture, outline: &TableQuad) -> Option<TableQuad> {
    let length = longer_side(outline);
    let mut noses = Vec::with_capacity(4);
    for side in 0..4 {
        noses.push(find_nose(picture, outline[side], outline[(side + 1) % 4], length)?);
    }
    let corner = |a: &Line, b: &Line| a.meet(b).map(|p| CameraPoint::new(p[0], p[1]));
    Some([
        corner(&noses[3], &noses[0])?,
        corner(&noses[0], &noses[1])?,
        corner(&noses[1], &noses[2])?,
        corner(&noses[2], &noses[3])?,
    ])
}

/// Cushions are 2 inches wide: this share of the length of a nine-foot table, more on smaller ones.
const NOSE_INSET: f64 = 0.024;
const NOSE_INSET_SPREAD: f64 = 0.010;

/// The nose line along the side of the outline that runs from `a` to `b` (clockwise in the picture): the edge, constant
/// along the side, that stands out most near where a nose must be.
fn find_nose(picture: &Picture, a: CameraPoint, b: CameraPoint, length: f64) -> Option<Line> {
    const STEP: f64 = 0.5;
    let side = b - a;
    let along = side / side.length().max(1.0);
    let inward = euclid::vec2::<f64, _>(-along.y, along.x);
    // Corner and side pockets interrupt the nose.
    let is_long = side.length() > 0.75 * length;
    let stations: Vec<f64> =
        (0..200).map(|i| 0.11 + 0.78 * f64::from(i) / 199.0).filter(|t| !is_long || (t - 0.5).abs() > 0.055).collect();
    let deepest = 0.062 * length;
    let rows = (deepest / STEP) as usize;
    // Gradient towards the inside for each station and depth, per channel, clipped so that nothing outvotes the rest.
    let gradients: Vec<Vec<[f32; 3]>> = stations
        .iter()
        .map(|t| {
            let foot = a + side * *t;
            let profile: Vec<[f32; 3]> = (0..rows + 6)
                .map(|k| {
                    let p = foot + inward * ((k as f64 - 3.0) * STEP);
                    picture.sample(p.x as f32, p.y as f32)
                })
                .collect();
            (0..rows)
                .map(|k| std::array::from_fn(|c| (profile[k + 5][c] - profile[k + 1][c]).clamp(-24.0, 24.0)))
                .collect()
        })
        .collect();
    let slant = (0.015 * length / STEP) as isize;
    let first = (0.009 * length / STEP) as isize;
    let mut best: Option<(f32, f64, f64)> = None;
    for start in first..rows as isize {
        for end in (start - slant).max(first)..(start + slant + 1).min(rows as isize) {
            let mut sums = [0.0_f32; 3];
            for (t, gradient) in stations.iter().zip(&gradients) {
                let depth = start as f64 + (end - start) as f64 * t;
                let g = gradient[depth as usize];
                sums = [sums[0] + g[0], sums[1] + g[1], sums[2] + g[2]];
            }
            let strength = sums.into_iter().map(f32::abs).fold(0.0, f32::max) / stations.len() as f32;
            let inset = 0.5 * (start + end) as f64 * STEP / length;
            let off = (inset - NOSE_INSET) / NOSE_INSET_SPREAD;
            let score = strength * (-0.5 * off * off).exp() as f32;
            if best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, start as f64 * STEP, end as f64 * STEP));
            }
        }
    }
    // Half a grey level, all along the side, is beyond noise.
    let (_, start, end) = best.filter(|(score, ..)| *score > 0.5)?;
    let (p, q) = (a + inward * start, b + inward * end);
    Line::through([p.x, p.y], [q.x, q.y])
}
