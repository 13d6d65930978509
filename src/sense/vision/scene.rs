//! The table cut out of the picture and brought to one scale, and the edges in it.

use super::{VisionError, WORKING_LENGTH, cloth::ClothColour, picture::Picture, table::resized};
use crate::model::{CameraPoint, TableQuad, longer_side};
use opencv::{core, imgproc, prelude::*};

/// The table cut out of the picture and brought to one scale.
pub(super) struct Scene {
    /// The cut, slightly smoothed.
    pub picture: Picture,
    /// Nose-line corners in it.
    pub quad: TableQuad,
    /// Length of the table's longer side in it, pixels.
    pub length: f64,
    /// Working pixels a picture pixel.
    pub scale: f64,
    /// Colour of the cloth in it.
    pub cloth: Option<ClothColour>,
    origin: CameraPoint,
    /// For each nose line: the unit normal that points inwards, and the line's offset along it.
    sides: [[f64; 3]; 4],
    /// The edges on the bed and the cushions.
    pub edges: Vec<Edge>,
    /// Size of gradient that cloth alone does not make, grey levels a pixel.
    pub noise: f32,
}

/// A pixel where the brightness of some channel changes.
pub(super) struct Edge {
    /// Pixels of the working picture.
    pub x: f32,
    /// Pixels of the working picture.
    pub y: f32,
    /// Unit vector towards the brighter side.
    pub direction: [f32; 2],
    /// Inside the nose lines, where balls are.
    pub on_bed: bool,
}

impl Scene {
    /// Cuts the table and its cushions out of `bgr` and finds the edges there.
    pub fn new(bgr: &Mat, corners: &TableQuad) -> Result<Self, VisionError> {
        let margin = 0.06 * longer_side(corners);
        let low = |v: [f64; 4]| (v.into_iter().fold(f64::MAX, f64::min) - margin).floor().max(0.0);
        let high = |v: [f64; 4], end: i32| (v.into_iter().fold(f64::MIN, f64::max) + margin).ceil().min(f64::from(end));
        let (xs, ys) = (corners.map(|p| p.x), corners.map(|p| p.y));
        let (x0, y0) = (low(xs), low(ys));
        let cut = core::Rect::new(
            x0 as i32,
            y0 as i32,
            ((high(xs, bgr.cols()) - x0) as i32).max(1),
            ((high(ys, bgr.rows()) - y0) as i32).max(1),
        );
        let scale = WORKING_LENGTH / longer_side(corners);
        let working = resized(&Mat::roi(bgr, cut)?, scale)?;
        let mut smooth = Mat::default();
        imgproc::gaussian_blur_def(&working, &mut smooth, core::Size::new(3, 3), 0.7)?;
        let picture = Picture::from_mat(&smooth)?;
        let origin = CameraPoint::new(x0, y0);
        let quad = corners.map(|p| CameraPoint::new((p.x - x0 + 0.5) * scale - 0.5, (p.y - y0 + 0.5) * scale - 0.5));
        let mut scene = Self {
            quad,
            length: longer_side(&quad),
            scale,
            cloth: None,
            origin,
            sides: std::array::from_fn(|i| {
                let (a, b) = (quad[i], quad[(i + 1) % 4]);
                let along = (b - a) / (b - a).length().max(1.0);
                [-along.y, along.x, along.x * a.y - along.y * a.x]
            }),
            edges: Vec::new(),
            noise: 0.0,
            picture,
        };
        scene.cloth = ClothColour::dominant(&scene.picture, |x, y| scene.inset([x as f64, y as f64]) > 4.0);
        scene.find_edges(&smooth)?;
        Ok(scene)
    }

    /// A place of the working picture in the whole picture.
    pub fn to_picture(&self, p: [f64; 2]) -> CameraPoint {
        CameraPoint::new(
            (p[0] + 0.5) / self.scale - 0.5 + self.origin.x,
            (p[1] + 0.5) / self.scale - 0.5 + self.origin.y,
        )
    }

    /// How far inside the nose lines a place lies, pixels; negative outside.
    pub fn inset(&self, p: [f64; 2]) -> f64 {
        self.sides.iter().map(|[x, y, offset]| x * p[0] + y * p[1] - offset).fold(f64::MAX, f64::min)
    }

    /// Distance of a place's colour from cloth; 1 at the limit. With no cloth colour nothing is cloth.
    pub fn cloth_distance(&self, p: [f64; 2]) -> f32 {
        self.cloth.map_or(2.0, |cloth| cloth.distance(self.picture.sample(p[0] as f32, p[1] as f32)))
    }

    fn find_edges(&mut self, smooth: &Mat) -> Result<(), VisionError> {
        let (mut dx, mut dy) = (Mat::default(), Mat::default());
        imgproc::sobel_def(smooth, &mut dx, core::CV_16S, 1, 0)?;
        imgproc::sobel_def(smooth, &mut dy, core::CV_16S, 0, 1)?;
        let (dx, dy) = (dx.data_typed::<core::Vec3s>()?, dy.data_typed::<core::Vec3s>()?);
        let (w, h) = (self.picture.width, self.picture.height);
        // Squared size of the gradient in the strongest channel; Sobel has eight for a grey level a pixel.
        let strongest = |i: usize| -> (i32, [i32; 2]) {
            let mut best = (0, [0; 2]);
            for c in 0..3 {
                let g = [i32::from(dx[i][c]), i32::from(dy[i][c])];
                let size = g[0] * g[0] + g[1] * g[1];
                if size > best.0 {
                    best = (size, g);
                }
            }
            best
        };
        let mut sizes = Vec::new();
        for y in (0..h).step_by(5) {
            for x in (0..w).step_by(5) {
                if self.inset([x as f64, y as f64]) > 4.0 {
                    sizes.push(strongest(y * w + x).0);
                }
            }
        }
        if sizes.is_empty() {
            return Ok(());
        }
        let middle = sizes.len() / 2;
        sizes.select_nth_unstable(middle);
        self.noise = (4.0 * (sizes[middle] as f32).sqrt() / 8.0).clamp(5.0, 14.0);
        let enough = (8.0 * self.noise).powi(2) as i32;
        for y in 1..h - 1 {
            for x in 1..w - 1 {
                let (size, g) = strongest(y * w + x);
                if size > enough {
                    // Balls reach to the nose lines; the cue lies over the cushions too.
                    let inset = self.inset([x as f64, y as f64]);
                    if inset > -0.03 * self.length {
                        let size = (size as f32).sqrt();
                        let direction = [g[0] as f32 / size, g[1] as f32 / size];
                        self.edges.push(Edge { x: x as f32, y: y as f32, direction, on_bed: inset > -4.0 });
                    }
                }
            }
        }
        Ok(())
    }
}
