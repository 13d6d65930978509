//! Measurement of the pockets' mouths in a picture of a table whose nose lines are known.
//!
//! Behind each nose, the picture is read along lines parallel to it. On every line the cloth on the cushion's top ends
//! at the jaw: coming from the middle of the nose, that is the first clear change of colour. The jaw's outline, shifted
//! along the nose until it fits the ends on all lines, says where the lines of nose and facing meet.

use super::{VisionError, detector::checked, picture::Picture};
use billiards_table::{
    CameraPx, Homography, JawOutline, Pocket, PocketMouth, PocketPair, TableDimension, TableFeatures, TableKind,
    TableMetres, TablePoint, TableSpec, TableVector,
};
use opencv::{core::Mat, prelude::*};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2};

/// Number of lines behind a nose.
const LINES: u32 = 13;
/// Depths of the first and of the last line, cushion widths. The lip at the nose and the joint at the wood lie outside.
const DEPTHS: [f64; 2] = [0.2, 0.8];
/// Minimum number of lines on which the cloth's end must show.
const MIN_LINES: usize = 7;
/// Distance between the samples on a line, metres.
const STEP: f64 = 0.001;
/// Length on either side of a place over which colours are averaged to be compared, pixels: cameras blur edges that
/// far.
const SIDE: f64 = 1.5;
/// Range of the number of samples in such a length.
const SIDE_SAMPLES: [f64; 2] = [2.0, 1000.0];
/// Minimum change of colour at the cloth's end over the median change on the cushion, which is pattern and noise.
const MIN_CHANGE: f64 = 5.0;
/// Minimum change of colour at the cloth's end, as a share of the largest one on the line, which is that at the hole or
/// at the jaw. Traces of chalk, seams and the blocks of compressed pictures change less.
const MIN_CHANGE_SHARE: f64 = 0.3;
/// Minimum ratio of the residuals at which a shipped table's jaws replace those of the table.
const CLEARLY_BETTER: f64 = 1.5;
/// Standard error of a nose line in the picture, pixels.
const NOSE_ERROR: f64 = 0.5;
/// Maximum difference of the two halves of a mouth, as a share of its width: beyond, something hides one of them.
const MAX_ASYMMETRY: f64 = 0.25;
/// Maximum uncertainty of a measured mouth, as a share of its width.
const MAX_UNCERTAINTY: f64 = 0.1;

/// Measures the mouths of the pockets in an 8-bit BGR picture with packed rows. `nose_plane` maps the picture to the
/// plane of the noses. `lit` is a single-channel 8-bit picture of the same size in which pixels that a projector lights
/// are not zero; lines with such pixels are left out.
///
/// Of the `table`, the bed, the cushions and the sort of jaws are used, not the widths of its mouths. Where the jaws of
/// a shipped table fit clearly better, those are assumed.
///
/// Mouths that cannot be measured are left out: those that are hidden, dark or outside the picture, and all of them
/// where cushions meet instead, as on a carom table.
///
/// # Errors
/// The picture or the mask has another pixel layout, or OpenCV fails.
pub fn measure_mouths(
    bgr: &Mat,
    lit: Option<&Mat>,
    table: &TableSpec,
    nose_plane: &Homography<CameraPx, TableMetres>,
) -> Result<Vec<PocketMouth>, VisionError> {
    checked(bgr, lit)?;
    let Some(pockets) = &table.pockets else { return Ok(Vec::new()) };
    let view = NoseView {
        picture: Picture::from_mat(bgr)?,
        lit: lit.map(|mask| mask.data_bytes()).transpose()?,
        to_picture: nose_plane.inverse(),
    };
    let features = table.features();
    let measured = features.pockets.iter().filter_map(|pocket| {
        let [one, other] = NoseEnd::beside(pocket, table, &features)?;
        let ends = [view.cloth_ends(&one, table)?, view.cloth_ends(&other, table)?];
        mouth_between(pocket, pockets, &ends).filter(|mouth| is_plausible(mouth, table))
    });
    Ok(measured.collect())
}

/// A picture of the table in the plane of the noses.
struct NoseView<'a> {
    picture: Picture,
    /// Mask of lit pixels, row by row.
    lit: Option<&'a [u8]>,
    to_picture: Homography<TableMetres, CameraPx>,
}

/// One end of a nose, with its cushion beside a pocket. Places along the nose are counted from the axis of the mouth
/// into the cushion, depths from the nose line into the wood.
struct NoseEnd {
    /// Place where the mouth's axis crosses the nose line.
    axis: TablePoint,
    /// Direction along the nose, unit length.
    along: TableVector,
    /// Direction of the depth, unit length.
    outwards: TableVector,
    /// Places along the nose of the hole's centre and of the nose's middle, metres.
    span: [f64; 2],
}

/// Ends of the cloth behind one end of a nose.
struct ClothEnds {
    /// Depth and place along the nose of each, metres.
    places: Vec<[f64; 2]>,
    /// Size of a pixel there, metres.
    pixel: f64,
}

impl NoseEnd {
    /// Returns the two ends of noses beside a pocket.
    fn beside(pocket: &Pocket, table: &TableSpec, features: &TableFeatures) -> Option<[Self; 2]> {
        let noses = features.rails.get(..6)?.iter();
        let mut ends: Vec<_> = noses.flat_map(|nose| [(nose.from, nose.to), (nose.to, nose.from)]).collect();
        let distance = |(end, _): &(TablePoint, TablePoint)| (*end - pocket.centre).length();
        ends.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let centre = pocket.centre;
        let axis = TablePoint::new(centre.x.clamp(0.0, table.width), centre.y.clamp(0.0, table.length));
        let middle_of_bed = TablePoint::new(0.5 * table.width, 0.5 * table.length);
        let end = |(near, far): (TablePoint, TablePoint)| {
            let along = (far - near).normalize();
            let across = TableVector::new(-along.y, along.x);
            let outwards = across * (axis - middle_of_bed).dot(across).signum();
            let span = [centre, near.lerp(far, 0.5)].map(|place| (place - axis).dot(along));
            Self { axis, along, outwards, span }
        };
        Some([end(*ends.first()?), end(*ends.get(1)?)])
    }

    /// Returns the place of the table at a place along the nose and a depth, metres.
    fn at(&self, along: f64, depth: f64) -> TablePoint {
        self.axis + self.along * along + self.outwards * depth
    }
}

impl NoseView<'_> {
    /// Returns the ends of the cloth behind an end of a nose; `None` if they show on too few lines.
    fn cloth_ends(&self, end: &NoseEnd, table: &TableSpec) -> Option<ClothEnds> {
        let pixel = STEP / (self.to_picture.map(end.at(STEP, 0.0))? - self.to_picture.map(end.axis)?).length();
        let side = (SIDE * pixel / STEP).round().clamp(SIDE_SAMPLES[0], SIDE_SAMPLES[1]) as usize;
        let [first, last] = DEPTHS.map(|depth| depth * table.cushion_width);
        let place = |line: u32| {
            let depth = first + (last - first) * f64::from(line) / f64::from(LINES - 1);
            let samples = cloth_end(&self.colours(end, depth)?, side)?;
            Some([depth, end.span[0] + STEP * samples])
        };
        let places: Vec<_> = (0..LINES).filter_map(place).collect();
        (places.len() >= MIN_LINES).then_some(ClothEnds { places, pixel })
    }

    /// Returns the colours on a line, from the mouth to the middle of the nose; `None` if it is partly lit, or outside
    /// the picture.
    fn colours(&self, end: &NoseEnd, depth: f64) -> Option<Vec<[f32; 3]>> {
        let [start, middle] = end.span;
        let count = ((middle - start) / STEP) as u32;
        (0..count).map(|sample| self.colour(end.at(start + STEP * f64::from(sample), depth))).collect()
    }

    fn colour(&self, place: TablePoint) -> Option<[f32; 3]> {
        let p = self.to_picture.map(place)?;
        let (width, height) = (self.picture.width, self.picture.height);
        let is_inside = |v: f64, size: usize| (0.0..=(size - 1) as f64).contains(&v);
        if !is_inside(p.x, width) || !is_inside(p.y, height) {
            return None;
        }
        let pixel = p.y.round() as usize * width + p.x.round() as usize;
        let is_lit = self.lit.and_then(|mask| mask.get(pixel)).is_some_and(|lit| *lit != 0);
        (!is_lit).then(|| self.picture.sample(p.x as f32, p.y as f32))
    }
}

/// Returns the place where the cushion's cloth ends on a line that begins in the mouth and ends on the cushion, in
/// samples; `side` is the number of samples on either side of a place that are compared.
fn cloth_end(colours: &[[f32; 3]], side: usize) -> Option<f64> {
    let changes: Vec<f64> = colours.windows(2 * side).map(change).collect();
    let middle = changes.len() / 2;
    if middle == 0 {
        return None;
    }
    let mut on_cushion = changes[middle..].to_vec();
    let half = on_cushion.len() / 2;
    let usual = *on_cushion.select_nth_unstable_by(half, f64::total_cmp).1;
    let largest = changes.iter().copied().fold(0.0, f64::max);
    let least = (MIN_CHANGE * usual).max(MIN_CHANGE_SHARE * largest);
    let is_clear = |i: &usize| changes[*i] > least && changes[*i] >= changes[*i - 1] && changes[*i] > changes[*i + 1];
    let top = (1..middle).rev().find(is_clear)?;
    let [before, here, after] = [changes[top - 1], changes[top], changes[top + 1]];
    let between = 0.5 * (before - after) / (before - 2.0 * here + after);
    // A change lies between the two samples in the middle of its window.
    Some(top as f64 + between + side as f64 - 0.5)
}

/// Returns the distance between the mean colours of the first and of the second half of a window.
fn change(window: &[[f32; 3]]) -> f64 {
    let (before, after) = window.split_at(window.len() / 2);
    let sum = |half: &[[f32; 3]], channel: usize| half.iter().map(|colour| f64::from(colour[channel])).sum::<f64>();
    let square = |channel: usize| (sum(before, channel) - sum(after, channel)).powi(2);
    (0..3).map(square).sum::<f64>().sqrt() / before.len() as f64
}

/// Fit of a jaw's outline to the ends of the cloth.
struct JawFit {
    /// Place along the nose where the lines of nose and facing meet, metres.
    meeting: f64,
    /// Mean deviation of the cloth's ends from the outline along the nose, metres.
    residual: f64,
}

impl JawFit {
    /// Fits an outline by the least sum of distances, which some false ends hardly move.
    fn new(ends: &ClothEnds, jaw: &JawOutline) -> Self {
        let shift = |[depth, along]: &[f64; 2]| {
            // The distance from the outline, where it is slanted, is less than that along the nose.
            let weight = jaw.slope(*depth).hypot(1.0).recip();
            (along - jaw.along(*depth), weight)
        };
        let mut shifts: Vec<(f64, f64)> = ends.places.iter().map(shift).collect();
        shifts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = shifts.iter().map(|(_, weight)| weight).sum();
        let mut passed = 0.0_f64;
        let median = shifts.iter().find(|(_, weight)| {
            passed += *weight;
            passed >= 0.5 * total
        });
        let meeting = median.map_or(0.0, |(shift, _)| *shift);
        let residual = shifts.iter().map(|(shift, weight)| weight * (shift - meeting).abs()).sum::<f64>() / total;
        Self { meeting, residual }
    }
}

/// Returns the mouth between the ends of the cloth on its two sides. Its jaws are those of the table's pockets, unless
/// those of a shipped table fit clearly better. `None` if the halves of the mouth differ.
fn mouth_between(pocket: &Pocket, pockets: &PocketPair, ends: &[ClothEnds; 2]) -> Option<PocketMouth> {
    let is_side = pocket.id.is_side();
    let jaw = |pair: &PocketPair| if is_side { JawOutline::side(&pair.side) } else { JawOutline::corner(&pair.corner) };
    let fits = |pair: &PocketPair| ends.each_ref().map(|ends| JawFit::new(ends, &jaw(pair)));
    let residual = |[one, other]: &[JawFit; 2]| one.residual + other.residual;
    let own = fits(pockets);
    let shipped = TableKind::all().filter_map(|kind| kind.spec().pockets).map(|pair| fits(&pair));
    let best = shipped.min_by(|a, b| residual(a).total_cmp(&residual(b)));
    let better = best.filter(|best| CLEARLY_BETTER * residual(best) < residual(&own));
    let [one, other] = better.unwrap_or(own);
    // The halves of a corner's mouth lie along two rails, at right angles.
    let share = if is_side { 1.0 } else { FRAC_1_SQRT_2 };
    let width = share * (one.meeting + other.meeting);
    // The standard deviation of a normal distribution over its mean deviation is √(π/2).
    let deviation = FRAC_PI_2.sqrt() * one.residual.hypot(other.residual);
    let uncertainty = deviation.hypot(NOSE_ERROR * ends[0].pixel.max(ends[1].pixel));
    let is_symmetric = (one.meeting - other.meeting).abs() < MAX_ASYMMETRY * width;
    is_symmetric.then_some(PocketMouth { pocket: pocket.id, width, uncertainty })
}

/// Returns whether a mouth is possible on the table, and well known.
fn is_plausible(mouth: &PocketMouth, table: &TableSpec) -> bool {
    let dimension = if mouth.pocket.is_side() { TableDimension::SideWidth } else { TableDimension::CornerWidth };
    dimension.range(table).contains(&mouth.width) && mouth.uncertainty < MAX_UNCERTAINTY * mouth.width
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{Jaw, TableName};
    use nalgebra::Matrix3;
    use opencv::{
        core::{CV_8UC1, CV_8UC3, Point, Rect, Scalar, Vector},
        imgproc,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::iter;

    /// Scale of the drawn pictures, pixels per metre, as in a picture of 1920 × 1080 pixels.
    const SCALE: f64 = 600.0;
    /// Distance of the picture's edge from the nose lines, metres.
    const MARGIN: f64 = 0.15;
    const CLOTH: [f64; 3] = [150.0, 100.0, 25.0];
    /// Colour of the bed in the shadow of the noses.
    const SHADE: [f64; 3] = [95.0, 62.0, 15.0];
    const HOLE: [f64; 3] = [12.0, 10.0, 11.0];
    const SKIN: [f64; 3] = [120.0, 150.0, 210.0];

    /// Returns the map of the drawn pictures, with the table's y axis to the right.
    fn nose_plane() -> Homography<CameraPx, TableMetres> {
        let pixel = SCALE.recip();
        let map = Matrix3::new(0.0, pixel, -MARGIN, pixel, 0.0, -MARGIN, 0.0, 0.0, 1.0);
        Homography::from_matrix(map).expect("regular")
    }

    /// Returns a picture of wood for a table.
    fn wood(table: &TableSpec) -> Mat {
        let [width, height] = [table.length, table.width].map(|side| (SCALE * (side + 2.0 * MARGIN)) as i32);
        Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::new(40.0, 60.0, 90.0, 0.0)).expect("a picture")
    }

    /// Returns a length in sixteenths of a pixel.
    fn fixed(metres: f64) -> i32 {
        (16.0 * SCALE * metres).round() as i32
    }

    fn place(p: TablePoint) -> Point {
        Point::new(fixed(p.y + MARGIN), fixed(p.x + MARGIN))
    }

    fn paint([blue, green, red]: [f64; 3]) -> Scalar {
        Scalar::new(blue, green, red, 0.0)
    }

    fn fill(picture: &mut Mat, outline: &[TablePoint], colour: [f64; 3]) {
        let points: Vector<Point> = outline.iter().map(|p| place(*p)).collect();
        imgproc::fill_convex_poly(picture, &points, paint(colour), imgproc::LINE_AA, 4).expect("drawn");
    }

    /// Fills the bed and so much around it, metres.
    fn fill_bed(picture: &mut Mat, table: &TableSpec, around: f64, colour: [f64; 3]) {
        let (low, x, y) = (-around, table.width + around, table.length + around);
        fill(picture, &[(low, low), (low, y), (x, y), (x, low)].map(TablePoint::from), colour);
    }

    fn add_noise(picture: &mut Mat) {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for byte in picture.data_bytes_mut().expect("continuous") {
            *byte = (f64::from(*byte) + rng.random_range(-4.0..4.0)).round() as u8;
        }
    }

    /// Returns the outlines of the cushions.
    fn cushions(features: &TableFeatures) -> Vec<Vec<TablePoint>> {
        let (noses, facings) = features.rails.split_at(6);
        let touches = |p: TablePoint, jaw: &Jaw| ((p - jaw.centre).length() - jaw.radius).abs() < 1e-9;
        let flank = |end: TablePoint| {
            let jaw = features.jaws.iter().find(|jaw| touches(end, jaw)).expect("a rounding");
            let facing = facings.iter().find(|facing| touches(facing.to, jaw)).expect("a facing");
            let [from, to] = [facing.to, end].map(|p| p - jaw.centre);
            let arc = (0..=12).map(|i| jaw.centre + from.lerp(to, f64::from(i) / 12.0).normalize() * jaw.radius);
            iter::once(facing.from).chain(arc).collect::<Vec<_>>()
        };
        noses
            .iter()
            .map(|nose| flank(nose.from).into_iter().chain(flank(nose.to).into_iter().rev()).collect())
            .collect()
    }

    fn drawn(table: &TableSpec) -> Mat {
        let (mut picture, features) = (wood(table), table.features());
        fill_bed(&mut picture, table, table.cushion_width, SHADE);
        for pocket in &features.pockets {
            let (centre, radius) = (place(pocket.centre), fixed(pocket.radius));
            imgproc::circle(&mut picture, centre, radius, paint(HOLE), -1, imgproc::LINE_AA, 4).expect("drawn");
        }
        cushions(&features).iter().for_each(|outline| fill(&mut picture, outline, CLOTH));
        add_noise(&mut picture);
        picture
    }

    fn named(name: &str) -> TableSpec {
        TableSpec { kind: TableName::Custom, ..TableKind::named(name).expect("shipped").spec() }
    }

    fn measured(picture: &Mat, lit: Option<&Mat>, table: &TableSpec) -> Vec<PocketMouth> {
        measure_mouths(picture, lit, table, &nose_plane()).expect("a picture")
    }

    /// Asserts that all mouths of a table are measured to 4 mm: the drawn edges blur over a pixel, which is 1.7 mm.
    fn assert_measured(mouths: &[PocketMouth], table: &TableSpec) {
        assert_eq!(mouths.len(), 6, "{mouths:?}");
        let pockets = table.pockets.expect("pockets");
        for mouth in mouths {
            let truth = if mouth.pocket.is_side() { pockets.side.width } else { pockets.corner.width };
            assert!((mouth.width - truth).abs() < 0.004 && mouth.uncertainty < 0.004, "{truth}: {mouth:?}");
        }
    }

    #[test]
    fn mouths_are_measured_whatever_width_the_table_is_said_to_have() {
        for name in ["9ft", "english-7ft", "chinese"] {
            let said = named(name);
            let mut table = said;
            for (dimension, share) in [(TableDimension::CornerWidth, 1.1), (TableDimension::SideWidth, 0.93)] {
                let width = dimension.of(&table).expect("pockets");
                dimension.set(&mut table, share * width);
            }
            assert_measured(&measured(&drawn(&table), None, &said), &table);
        }
    }

    #[test]
    fn jaws_of_another_sort_than_the_table_s_are_recognised() {
        let english = named("english-7ft");
        let said = TableSpec { pockets: named("9ft").pockets, ..english };
        assert_measured(&measured(&drawn(&english), None, &said), &english);
    }

    #[test]
    fn hidden_and_lit_mouths_are_left_out() {
        let table = named("9ft");
        let mut picture = drawn(&table);
        // An arm over one jaw of the left side pocket, and light on a cushion beside the top right pocket.
        let y = 0.5 * table.length + 0.02;
        fill(&mut picture, &[(-0.14, y), (-0.14, y + 0.2), (0.3, y + 0.25), (0.3, y)].map(TablePoint::from), SKIN);
        let mut lit = Mat::zeros(picture.rows(), picture.cols(), CV_8UC1).expect("a mask").to_mat().expect("a mask");
        let light = place(TablePoint::new(table.width + 0.03, table.length - 0.4));
        let area = Rect::new(light.x / 16 - 20, light.y / 16 - 20, 40, 40);
        imgproc::rectangle(&mut lit, area, Scalar::all(255.0), -1, imgproc::LINE_8, 0).expect("drawn");
        let seen = |mask: Option<&Mat>| -> Vec<String> {
            measured(&picture, mask, &table).iter().map(|mouth| mouth.pocket.to_string()).collect()
        };
        assert_eq!(seen(None), ["lb", "lt", "rb", "rc", "rt"]);
        assert_eq!(seen(Some(&lit)), ["lb", "lt", "rb", "rc"]);
    }

    #[test]
    fn nothing_is_measured_in_the_dark_outside_the_picture_or_where_cushions_meet() {
        let table = named("9ft");
        let dark = Mat::zeros(720, 1280, CV_8UC3).expect("a picture").to_mat().expect("a picture");
        assert_eq!(measured(&dark, None, &table), []);
        let small = Mat::zeros(64, 64, CV_8UC3).expect("a picture").to_mat().expect("a picture");
        assert_eq!(measured(&small, None, &table), []);
        let mut closed = wood(&table);
        fill_bed(&mut closed, &table, table.cushion_width, CLOTH);
        fill_bed(&mut closed, &table, 0.0, SHADE);
        add_noise(&mut closed);
        assert_eq!(measured(&closed, None, &table), []);
        assert_eq!(measured(&drawn(&table), None, &TableSpec { pockets: None, ..table }), []);
    }
}
