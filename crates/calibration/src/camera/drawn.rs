//! Rendered pictures of tables seen through a lens, for the tests.

use billiards_table::{FrameSize, Lens, Pose, SensorPoint, TableKind, TablePoint, TableSpec};
use nalgebra::Vector3;
use opencv::{
    core::{self, Mat, Vec3b},
    imgproc,
    prelude::*,
};

/// Levels of blue, green and red.
pub type Colour = [f64; 3];

/// A table, its balls, and the camera over it.
pub struct Drawn {
    pub spec: TableSpec,
    pub lens: Lens,
    pub pose: Pose,
    pub cloth: Colour,
    pub balls: Vec<(TablePoint, Colour)>,
}

const WOOD: Colour = [40., 70., 110.];
const FLOOR: Colour = [60., 80., 100.];

impl Drawn {
    /// Creates a nine-foot table with green cloth seen from above in a picture of 960 × 540, the table's length across
    /// it: `focal` in widths of the picture, `edge` the share by which the lens distorts the left and right edge, the
    /// camera's `tilt` in degrees, and the balls.
    pub fn above(focal: f64, edge: f64, tilt: f64, balls: Vec<(TablePoint, Colour)>) -> Self {
        let spec = TableKind::NINE_FOOT.spec();
        let size = FrameSize { width: 960, height: 540 };
        let mut lens = Lens::rectilinear(size, 960.0 * focal);
        lens.radial[0] = edge * (2.0 * focal).powi(2);
        let middle = Vector3::new(0.5 * spec.width, 0.5 * spec.length, 0.0);
        // The table fills most of the picture.
        let height = 1.08 * (spec.length + 0.35) * focal;
        let aside = height * tilt.to_radians().tan();
        let eye = middle + Vector3::new(0.9 * aside, 0.4 * aside, height);
        let pose = Pose::looking(eye, middle, Vector3::new(0.02, 1.0, 0.0)).expect("a direction");
        Self { spec, lens, pose, cloth: [70.0, 150.0, 60.0], balls }
    }

    /// Renders the picture, with some noise.
    pub fn picture(&self) -> Mat {
        let FrameSize { width, height } = self.lens.size;
        let mut picture =
            Mat::new_rows_cols_with_default(height as i32, width as i32, core::CV_8UC3, core::Scalar::all(0.0))
                .expect("a picture");
        for y in 0..height {
            for x in 0..width {
                let mut sum = [0.0; 3];
                for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                    let colour = self.seen(SensorPoint::new(f64::from(x) + dx, f64::from(y) + dy));
                    (0..3).for_each(|c| sum[c] += 0.25 * colour[c]);
                }
                *picture.at_2d_mut::<Vec3b>(y as i32, x as i32).expect("a pixel") =
                    Vec3b::from(sum.map(|v| v.clamp(0.0, 255.0) as u8));
            }
        }
        let mut blurred = Mat::default();
        imgproc::gaussian_blur_def(&picture, &mut blurred, core::Size::new(5, 5), 0.7).expect("blurred");
        let mut state = 1_u32;
        for byte in blurred.data_bytes_mut().expect("bytes") {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (i32::from(*byte) + (state >> 16) as i32 % 7 - 3).clamp(0, 255) as u8;
        }
        blurred
    }

    fn seen(&self, p: SensorPoint) -> Colour {
        let Some(ray) = self.lens.ray(p) else { return [0.0; 3] };
        let way = self.pose.direction(ray).normalize();
        let hit = self.balls.iter().filter_map(|(place, colour)| {
            let centre = Vector3::new(place.x, place.y, self.spec.ball_radius);
            let to = centre - self.pose.eye;
            let along = to.dot(&way);
            let inside = self.spec.ball_radius.powi(2) - (to.norm_squared() - along * along);
            (inside > 0.0).then(|| (along - inside.sqrt(), centre, *colour))
        });
        let ball = hit.min_by(|a, b| a.0.total_cmp(&b.0));
        let nose = self.pose.meet(ray, self.spec.nose_height).unwrap_or([9.0, 9.0]);
        let out = self.outside(nose);
        let covered = out > 0.0;
        if let Some((reach, centre, colour)) = ball
            && !(covered && reach > (self.spec.nose_height - self.pose.eye.z) / way.z)
        {
            let place = self.pose.eye + way * reach;
            let lamp = Vector3::new(0.5 * self.spec.width, 0.5 * self.spec.length, 1.0);
            let normal = (place - centre).normalize();
            let light = 0.35 + 0.65 * normal.dot(&(lamp - place).normalize()).max(0.0);
            return colour.map(|v| v * light);
        }
        if out > 0.15 {
            return FLOOR;
        }
        if out > self.spec.cushion_width {
            return WOOD;
        }
        if covered {
            return self.cloth.map(|v| 1.15 * v);
        }
        let bed = self.pose.meet(ray, 0.0).unwrap_or([9.0, 9.0]);
        let out = self.outside(bed);
        // The noses' shadow fades over four centimetres.
        let mut light = 0.55 + 0.45 * (-out / 0.04).clamp(0.0, 1.0);
        for (place, _) in &self.balls {
            // The shadow falls away from the lamp over the middle.
            let away = euclid::vec2(place.x - 0.5 * self.spec.width, place.y - 0.5 * self.spec.length);
            let shadow = *place + away * 0.015;
            let off = (TablePoint::new(bed[0], bed[1]) - shadow).length() / self.spec.ball_radius;
            light *= 1.0 - 0.5 * (-0.5 * (off / 0.8).powi(4)).exp();
        }
        self.cloth.map(|v| light * v)
    }

    /// Returns the distance of a place outside the nose lines, metres; negative inside.
    fn outside(&self, [x, y]: [f64; 2]) -> f64 {
        (-x).max(x - self.spec.width).max(-y).max(y - self.spec.length)
    }
}
