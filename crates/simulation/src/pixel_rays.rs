//! Line of sight of each pixel of the camera.

use super::camera::SimulatedCamera;
use billiards_table::{SensorPoint, TablePoint};
use euclid::Vector2D;
use nalgebra::Vector3;
use std::ops::Range;

/// Columns and rows of a picture.
pub(super) type Window = (Range<usize>, Range<usize>);

/// Lines of sight of all pixels.
///
/// Every pixel of a camera over a table looks down, so a line is stored as its displacement along table x and y for
/// each metre that it goes down.
pub(super) struct PixelRays {
    camera: SimulatedCamera,
    width: usize,
    height: usize,
    /// Slopes row by row; NaN where the lens shows nothing.
    slopes: Vec<[f32; 2]>,
}

impl PixelRays {
    /// Computes the lines of sight of a camera.
    pub fn new(camera: SimulatedCamera) -> Self {
        let size = camera.size();
        let (width, height) = (size.width as usize, size.height as usize);
        let mut slopes = Vec::with_capacity(width * height);
        for y in 0..height {
            slopes.extend((0..width).map(|x| {
                let ray = camera.lens.ray(SensorPoint::new(x as f64, y as f64));
                let down = ray.map(|ray| camera.pose.direction(ray)).filter(|direction| direction.z < -1e-3);
                down.map_or([f32::NAN; 2], |d| [(-d.x / d.z) as f32, (-d.y / d.z) as f32])
            }));
        }
        Self { camera, width, height, slopes }
    }

    /// Returns the camera.
    pub fn camera(&self) -> &SimulatedCamera {
        &self.camera
    }

    /// Returns the number of pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the position of the camera.
    pub fn eye(&self) -> Vector3<f64> {
        self.camera.pose.eye
    }

    fn slope(&self, x: usize, y: usize) -> [f64; 2] {
        self.slopes[y * self.width + x].map(f64::from)
    }

    /// Returns the direction in which a pixel looks, scaled to one metre down.
    pub fn direction(&self, x: usize, y: usize) -> Vector3<f64> {
        let [across, along] = self.slope(x, y);
        Vector3::new(across, along, -1.0)
    }

    /// Returns the change of direction from a pixel to the next one on the right and to the next one below.
    pub fn steps(&self, x: usize, y: usize) -> [Vector3<f64>; 2] {
        let (left, top) = (x.min(self.width.saturating_sub(2)), y.min(self.height.saturating_sub(2)));
        let here = self.direction(left, top);
        [self.direction(left + 1, top) - here, self.direction(left, top + 1) - here]
    }

    /// Returns the place at this height over the bed that a pixel shows.
    pub fn place(&self, x: usize, y: usize, height: f64) -> TablePoint {
        let ([across, along], eye) = (self.slope(x, y), self.eye());
        TablePoint::new(eye.x + across * (eye.z - height), eye.y + along * (eye.z - height))
    }

    /// Returns the width of the area shown by a pixel at this distance below the camera, metres.
    pub fn footprint(&self, below: f64) -> f64 {
        below / self.camera.lens.focal[0]
    }

    /// Returns the share of the light that the lens passes to a pixel.
    pub fn vignette(&self, x: usize, y: usize) -> f32 {
        let (w, h) = (0.5 * self.width as f32, 0.5 * self.height as f32);
        let distance2 = ((x as f32 - w).powi(2) + (y as f32 - h).powi(2)) / (w * w + h * h);
        1.0 - self.camera.vignette * distance2
    }

    /// Projects a place, and returns the point with the maximum distance in pixels of anything within `reach` metres of
    /// the place.
    fn circle(&self, place: Vector3<f64>, reach: f64) -> Option<(SensorPoint, f64)> {
        /// Factor for local magnification by the lens and for spheres, which look elongated towards the edges.
        const STRETCH: f64 = 1.4;
        let ray = self.camera.pose.ray(place)?;
        let depth = (self.camera.pose.turn * (place - self.eye())).z;
        Some((self.camera.lens.see(ray), STRETCH * reach * self.camera.lens.focal[0] / depth + 1.5))
    }

    /// Calls `row` with each row, and the columns in it, that may show something within `reach` metres of a short
    /// straight piece.
    pub fn band(&self, from: Vector3<f64>, to: Vector3<f64>, reach: f64, mut row: impl FnMut(usize, Range<usize>)) {
        let (Some((a, before)), Some((b, after))) = (self.circle(from, reach), self.circle(to, reach)) else { return };
        let pixels = before.max(after);
        let direction = (b - a).try_normalize().unwrap_or(Vector2D::new(1.0, 0.0));
        let length = (b - a).length();
        let top = (a.y.min(b.y) - pixels).ceil().max(0.0) as usize;
        let bottom = ((a.y.max(b.y) + pixels).floor() + 1.0).max(0.0) as usize;
        for y in top..bottom.min(self.height) {
            let down = y as f64 - a.y;
            // Along the piece and across it, each column to the right adds direction.x and -direction.y.
            let along = within(down * direction.y, direction.x, -pixels, length + pixels);
            let across = within(down * direction.x, -direction.y, -pixels, pixels);
            let (first, last) = (along.0.max(across.0) + a.x, along.1.min(across.1) + a.x);
            let columns = (first.ceil() as usize)..(((last + 1.0).floor() as usize).min(self.width));
            if !columns.is_empty() {
                row(y, columns);
            }
        }
    }

    /// Returns the pixels that may show something within `reach` metres of a place. `None` if it is not in the picture.
    pub fn window(&self, place: Vector3<f64>, reach: f64) -> Option<Window> {
        let (centre, pixels) = self.circle(place, reach)?;
        // Casts from floats saturate: a place left of the picture begins at 0.
        let range = |middle: f64, end: usize| {
            let (first, after) = ((middle - pixels).ceil() as usize, (middle + pixels + 1.0).floor() as usize);
            first.min(end)..after.min(end)
        };
        let window = (range(centre.x, self.width), range(centre.y, self.height));
        (!window.0.is_empty() && !window.1.is_empty()).then_some(window)
    }
}

/// Returns the range of x in which `start + slope · x` lies between two numbers.
fn within(start: f64, slope: f64, low: f64, high: f64) -> (f64, f64) {
    if slope.abs() < 1e-9 {
        let holds = (low..=high).contains(&start);
        return if holds { (f64::NEG_INFINITY, f64::INFINITY) } else { (f64::INFINITY, f64::NEG_INFINITY) };
    }
    let ends = [(low - start) / slope, (high - start) / slope];
    (ends[0].min(ends[1]), ends[0].max(ends[1]))
}

/// Returns the smallest window that contains both.
pub(super) fn union(a: Option<Window>, b: Option<Window>) -> Option<Window> {
    let join = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
    match (a, b) {
        (Some(a), Some(b)) => Some((join(a.0, b.0), join(a.1, b.1))),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, TableKind};

    #[test]
    fn pixels_look_where_the_camera_sees_them() {
        let spec = TableKind::NINE_FOOT.spec();
        let mut camera = SimulatedCamera::over(&spec, FrameSize { width: 320, height: 180 });
        camera.lens.radial = [-0.12, 0.01, 0.0];
        let rays = PixelRays::new(camera);
        for (x, y) in [(0, 0), (160, 90), (319, 179), (40, 150)] {
            for height in [0.0, 0.03, -0.8] {
                let p = rays.place(x, y, height);
                let seen = camera.see([p.x, p.y, height]).expect("in front");
                assert!((seen.x - x as f64).hypot(seen.y - y as f64) < 1e-3, "{seen:?}");
            }
        }
    }

    #[test]
    fn windows_hold_what_is_near_and_end_with_the_picture() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, FrameSize { width: 320, height: 180 });
        let rays = PixelRays::new(camera);
        let (columns, rows) = rays.window(Vector3::new(0.3, 0.4, 0.0), 0.05).expect("in the picture");
        let p = camera.see([0.3, 0.4, 0.0]).expect("in front");
        assert!(columns.contains(&(p.x.round() as usize)) && rows.contains(&(p.y.round() as usize)));
        assert!((8..24).contains(&columns.len()) && (8..24).contains(&rows.len()));
        // A band is little wider than its content, however long it is.
        let pixels = |from: f64, to: f64| {
            let (from, to, mut count) = (Vector3::new(0.3, from, 0.0), Vector3::new(0.5, to, 0.0), 0);
            rays.band(from, to, 0.02, |_, columns| count += columns.len());
            count
        };
        assert!((150..320).contains(&pixels(0.4, 0.4)) && (700..1100).contains(&pixels(0.4, 1.4)));
        assert_eq!(pixels(9.0, 9.5), 0);
        assert_eq!(rays.window(Vector3::new(0.3, 9.0, 0.0), 0.05), None);
        assert_eq!(rays.window(Vector3::new(0.3, 0.4, 5.0), 0.05), None);
        assert_eq!(union(None, Some((1..3, 2..4))), Some((1..3, 2..4)));
        assert_eq!(union(Some((0..2, 3..9)), Some((1..3, 2..4))), Some((0..3, 2..9)));
    }
}
