//! The table cut out of the picture and scaled to one size, and the edges in it.

use super::{
    VisionError, WORKING_LENGTH,
    cloth::ClothColour,
    colourless::is_colourless,
    edges::{Edge, Gradients},
    grids::{CoarsePoint, FinePoint, FineQuad, StoredPoint},
    lit::LitMask,
    perspective::Perspective,
    picture::{Picture, View, halved, scaled},
    shade::Shades,
    table::shape,
    table_shape::TableShape,
};
use billiards_table::{CameraPoint, FrameSize, Pinhole, TableQuad, longer_side};
use euclid::Point2D;
use opencv::{core, prelude::*};

/// Width of a coarse pixel, working pixels.
pub(super) const COARSE: f64 = 2.0;

/// The table cut out of the picture and scaled to one size.
pub(super) struct Scene<'a> {
    /// The cut, read at full resolution in working pixels.
    pub picture: View<'a>,
    /// The cut at a scale of one half, for steps that scan all of it.
    pub coarse: Picture,
    /// Nose-line corners in it.
    pub quad: FineQuad,
    /// Shape of the table.
    pub shape: TableShape,
    /// Change of apparent sizes over it.
    pub perspective: Perspective,
    /// Length of the table's longer side in it, working pixels.
    pub length: f64,
    /// Working pixels per picture pixel.
    pub scale: f64,
    /// Set if the picture has no colour.
    pub colourless: bool,
    /// Colour of the cloth in it.
    pub cloth: Option<ClothColour>,
    shades: Option<Shades>,
    /// Part of the scene that the projector lights, if known.
    pub lit: Option<LitMask>,
    origin: CameraPoint,
    /// For each nose line: the unit normal that points inwards, and the line's offset along it.
    sides: [[f64; 3]; 4],
    /// Set for each side that is seen so obliquely that its nose hides what lies behind it.
    hiding: [bool; 4],
    /// Edges on the bed and the cushions, found in the coarse picture.
    pub edges: Vec<Edge>,
    /// Direction of the edge at each coarse pixel, in 127ths; zero where there is no edge.
    pub compass: Vec<[i8; 2]>,
    /// Maximum gradient that cloth alone causes, grey levels per pixel.
    pub noise: f32,
}

/// Minimum ratio of the horizontal to the vertical part of the view across a side at which its nose hides a relevant
/// part of a ball at the rail: noses are only a little higher than a ball's middle.
const HIDING: f64 = 0.3;

/// Distance between places at which the colour of the cloth is sampled, coarse pixels.
const CLOTH_STRIDE: usize = 4;
/// Distance between places at which the tiles' cloth colours are sampled, coarse pixels.
const SHADE_STRIDE: usize = 7;

/// Maximum length of the table at which all pixels are read, in pixels; above it they are averaged, which costs less
/// and suppresses noise.
const LONGEST: f64 = 5.0 / 3.0 * WORKING_LENGTH;

/// Returns a smaller copy of a picture in which the table is longer than is useful, and the width of one of the copy's
/// pixels, pixels of the picture.
pub(super) fn reduced(bgr: &Mat, corners: &TableQuad) -> Result<Option<(Mat, f64)>, VisionError> {
    let length = longer_side(corners);
    let (mut smaller, mut step): (Option<Mat>, f64) = (None, 1.0);
    while length / step > LONGEST {
        smaller = Some(halved(smaller.as_ref().unwrap_or(bgr))?);
        step *= 2.0;
    }
    Ok(smaller.map(|picture| (picture, step)))
}

impl<'a> Scene<'a> {
    /// Cuts the table and its cushions out of `bgr`, a continuous picture or a smaller copy of it: one of its pixels is
    /// `step` pixels of the picture wide. `corners` are pixels of the picture; `lit` is a mask of it; `camera` is the
    /// camera that took it, if known; `table_shape` is the shape of the table.
    pub fn new(
        bgr: &'a Mat,
        step: f64,
        corners: &TableQuad,
        lit: Option<&Mat>,
        camera: Option<&Pinhole>,
        table_shape: TableShape,
    ) -> Result<Self, VisionError> {
        let reduced = |p: CameraPoint| StoredPoint::new((p.x + 0.5) / step - 0.5, (p.y + 0.5) / step - 0.5);
        let inside = corners.map(reduced);
        let margin = 0.06 * longer_side(&inside);
        let low = |v: [f64; 4]| (v.into_iter().fold(f64::MAX, f64::min) - margin).floor().max(0.0);
        let high = |v: [f64; 4], end: i32| (v.into_iter().fold(f64::MIN, f64::max) + margin).ceil().min(f64::from(end));
        let (xs, ys) = (inside.map(|p| p.x), inside.map(|p| p.y));
        let (x, y) = (low(xs), low(ys));
        let (width, height) = ((high(xs, bgr.cols()) - x).max(1.0), (high(ys, bgr.rows()) - y).max(1.0));
        let cut = core::Rect::new(x as i32, y as i32, width as i32, height as i32);
        // Working pixels per pixel of `bgr`.
        let zoom = WORKING_LENGTH / longer_side(&inside);
        let coarse = Picture::from_mat(&scaled(&Mat::roi(bgr, cut)?, zoom / COARSE)?)?;
        let origin = StoredPoint::new(x + 0.5 / zoom - 0.5, y + 0.5 / zoom - 0.5);
        let size = [width, height].map(|v| (v * zoom) as usize);
        let picture = View::new(bgr, origin, 1.0 / zoom, size)?;
        let working = |p: StoredPoint| FinePoint::new((p.x - x + 0.5) * zoom - 0.5, (p.y - y + 0.5) * zoom - 0.5);
        let quad = inside.map(working);
        let middle = StoredPoint::new(0.5 * f64::from(bgr.cols()), 0.5 * f64::from(bgr.rows()));
        let axis = working(camera.map_or(middle, |camera| reduced(camera.centre)));
        let side = zoom * f64::from(bgr.cols().max(bgr.rows()));
        let (size, aspect) = (FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 }, table_shape.aspect);
        let focal = camera.map(|camera| camera.focal * zoom / step);
        let mut scene = Self {
            picture,
            coarse,
            quad,
            shape: table_shape,
            perspective: Perspective::of(&quad, aspect, axis, side, focal),
            length: longer_side(&quad),
            scale: zoom / step,
            colourless: is_colourless(bgr)?,
            cloth: None,
            shades: None,
            lit: lit.map(|mask| LitMask::new(mask, step, cut, zoom / COARSE)).transpose()?,
            origin: CameraPoint::new(step * x, step * y),
            sides: std::array::from_fn(|i| {
                let (a, b) = (quad[i], quad[(i + 1) % 4]);
                let along = (b - a) / (b - a).length().max(1.0);
                [-along.y, along.x, along.x * a.y - along.y * a.x]
            }),
            hiding: shape::view(&inside, size, aspect)
                .map_or([false; 4], |view| view.slant.map(|slant| slant > HIDING)),
            edges: Vec::new(),
            compass: Vec::new(),
            noise: 0.0,
        };
        let bed = scene.bed(CLOTH_STRIDE);
        let cloth = if scene.colourless {
            ClothColour::dominant_grey(&scene.coarse, bed)
        } else {
            ClothColour::dominant(&scene.coarse, bed)
        };
        let shades = cloth.map(|cloth| Shades::of(&cloth, &scene.coarse, scene.bed(SHADE_STRIDE)));
        (scene.cloth, scene.shades) = (cloth, shades);
        scene.noise = scene.measure_noise();
        scene.find_edges();
        Ok(scene)
    }

    /// Converts a place from the working picture to the whole picture.
    pub fn to_picture(&self, p: FinePoint) -> CameraPoint {
        CameraPoint::new((p.x + 0.5) / self.scale - 0.5 + self.origin.x, (p.y + 0.5) / self.scale - 0.5 + self.origin.y)
    }

    /// Converts a place from the whole picture to the working picture.
    pub fn of_picture(&self, p: CameraPoint) -> FinePoint {
        FinePoint::new((p.x - self.origin.x + 0.5) * self.scale - 0.5, (p.y - self.origin.y + 0.5) * self.scale - 0.5)
    }

    /// Returns the distance of a place inside the nose lines, working pixels; negative outside.
    pub fn inset(&self, p: FinePoint) -> f64 {
        self.sides.iter().map(|[x, y, offset]| x * p.x + y * p.y - offset).fold(f64::MAX, f64::min)
    }

    /// Returns whether a place is hidden by a nose: it lies beyond the nose line of a side that the camera looks
    /// across, or less than `margin` working pixels in front of it.
    pub fn behind_nose(&self, p: FinePoint, margin: f64) -> bool {
        let beyond = |[x, y, offset]: &[f64; 3]| x * p.x + y * p.y - offset < margin;
        self.sides.iter().zip(self.hiding).any(|(side, hides)| hides && beyond(side))
    }

    /// Returns whether the projector lights a place.
    pub fn is_lit(&self, p: FinePoint) -> bool {
        self.lit.as_ref().is_some_and(|lit| {
            let [x, y] = self.picture.stored(p);
            lit.at(x, y)
        })
    }

    /// Returns whether the projector lights a coarse pixel.
    pub fn is_coarse_lit(&self, x: usize, y: usize) -> bool {
        self.lit.as_ref().is_some_and(|lit| lit.at_coarse(y * self.coarse.width + x))
    }

    /// Returns the appearance of the cloth near a place.
    pub fn cloth_at(&self, p: FinePoint) -> Option<&ClothColour> {
        let place = coarse(p).to_f32();
        self.shades.as_ref().map(|shades| shades.at(place))
    }

    /// Returns the appearance of the cloth near a coarse pixel.
    pub fn cloth_at_coarse(&self, x: usize, y: usize) -> Option<&ClothColour> {
        self.shades.as_ref().map(|shades| shades.at(Point2D::new(x as f32, y as f32)))
    }

    /// Returns the distance of a place's colour from cloth, 1 at the limit; without a cloth colour nothing is cloth.
    pub fn cloth_distance(&self, p: FinePoint) -> f32 {
        self.cloth_at(p).map_or(2.0, |cloth| cloth.distance(self.picture.sample(p)))
    }

    /// Returns the columns of a coarse row that lie at least `inset` working pixels inside the nose lines.
    pub fn columns(&self, y: usize, inset: f64) -> std::ops::Range<usize> {
        let y = fine(CoarsePoint::new(0.0, y as f64)).y;
        let (mut low, mut high) = (0.0_f64, self.coarse.width as f64 * COARSE);
        for [nx, ny, offset] in self.sides {
            let free = ny * y - offset - inset;
            if nx > 1e-9 {
                low = low.max(-free / nx);
            } else if nx < -1e-9 {
                high = high.min(-free / nx);
            } else if free < 0.0 {
                return 0..0;
            }
        }
        let at = |x: f64| (coarse(FinePoint::new(x, 0.0)).x.max(0.0) as usize).min(self.coarse.width);
        at(low)..at(high).max(at(low))
    }

    /// Returns every `stride`-th column and row of the coarse pixels on the bed that the projector does not light.
    fn bed(&self, stride: usize) -> impl Iterator<Item = [usize; 2]> {
        let along = move |y: usize| {
            let columns = self.columns(y, 4.0);
            (columns.start.next_multiple_of(stride)..columns.end).step_by(stride).map(move |x| [x, y])
        };
        let places = (0..self.coarse.height).step_by(stride).flat_map(along);
        places.filter(|[x, y]| !self.is_coarse_lit(*x, *y))
    }

    /// Returns the gradient on the bed above which it is not cloth alone: four times the median.
    fn measure_noise(&self) -> f32 {
        const STRIDE: usize = 24;
        let mut sizes = Vec::new();
        for y in (0..self.picture.height).step_by(STRIDE) {
            for x in (0..self.picture.width).step_by(STRIDE) {
                let p = FinePoint::new(x as f64, y as f64);
                if self.inset(p) > 4.0 {
                    let at = |dx: f64, dy: f64| self.picture.sample(p + euclid::vec2(dx, dy));
                    let (across, down) = ([at(-1.0, 0.0), at(1.0, 0.0)], [at(0.0, -1.0), at(0.0, 1.0)]);
                    let size = |c: usize| (across[1][c] - across[0][c]).hypot(down[1][c] - down[0][c]) / 2.0;
                    sizes.push((0..3).map(size).fold(0.0, f32::max));
                }
            }
        }
        if sizes.is_empty() {
            return 0.0;
        }
        let middle = sizes.len() / 2;
        (4.0 * *sizes.select_nth_unstable_by(middle, f32::total_cmp).1).clamp(5.0, 14.0)
    }

    fn find_edges(&mut self) {
        self.compass = vec![[0; 2]; self.coarse.width * self.coarse.height];
        if self.coarse.width < 8 {
            return;
        }
        let mut gradients = Gradients::new(&self.coarse);
        let rows = 1..self.coarse.height.saturating_sub(1);
        let within = |range: std::ops::Range<usize>| range.start.max(1)..range.end.min(self.coarse.width - 1);
        let mut sizes = Vec::new();
        for y in rows.clone().step_by(5) {
            gradients.take(&self.coarse, y);
            let columns = within(self.columns(y, 4.0)).step_by(5);
            sizes.extend(columns.map(|x| gradients.strongest(x, 0.0).map_or(0.0, |(_, size)| size)));
        }
        if sizes.is_empty() {
            return;
        }
        let middle = sizes.len() / 2;
        let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
        let min_size = (4.0 * *median).clamp(8.0 * 5.0, 8.0 * 14.0);
        let mut edges = Vec::new();
        let mut compass = std::mem::take(&mut self.compass);
        for y in rows {
            // Balls reach to the nose lines; the cue lies over the cushions too.
            let columns = within(self.columns(y, -0.03 * self.length));
            if columns.is_empty() {
                continue;
            }
            gradients.take(&self.coarse, y);
            gradients.above(columns, min_size, |x, direction| {
                if self.is_coarse_lit(x, y) {
                    return;
                }
                compass[y * self.coarse.width + x] = direction.map(|v| (127.0 * v) as i8);
                let place = fine(CoarsePoint::new(x as f64, y as f64)).to_f32();
                // Only every other pixel votes, as on a chessboard: edges are wide enough to be met there.
                edges.push(Edge { place, direction, votes: (x + y) % 2 == 0 });
            });
        }
        (self.edges, self.compass) = (edges, compass);
    }
}

/// Converts a place from the coarse picture to the working picture.
pub(super) fn fine(p: CoarsePoint) -> FinePoint {
    FinePoint::new((p.x + 0.5) * COARSE - 0.5, (p.y + 0.5) * COARSE - 0.5)
}

/// Converts a place from the working picture to the coarse picture.
pub(super) fn coarse(p: FinePoint) -> CoarsePoint {
    CoarsePoint::new((p.x + 0.5) / COARSE - 0.5, (p.y + 0.5) / COARSE - 0.5)
}
