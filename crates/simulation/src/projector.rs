//! The projector of the simulated rig: a camera backwards.

use super::camera::straight_down;
use billiards_table::{
    FrameSize, Homography, Pinhole, Pose, ProjectorPoint, ProjectorPx, TableMetres, TablePoint, TableSpec,
};
use nalgebra::{Matrix3, Rotation3, Vector3};

/// Height of the projector over the bed where nothing else is asked for, metres.
const HEIGHT: f64 = 2.3;
/// Share of its picture that the bed takes where nothing else is asked for: as much as the trainer takes for granted of a
/// projector that has not been calibrated.
const SHARE: f64 = 0.90;

/// A projector over the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedProjector {
    /// Size of its picture, focal length and centre, pixels; the centre is far off the middle where the lens is
    /// shifted.
    pub lens: Pinhole,
    /// Where it hangs and which way it throws.
    pub pose: Pose,
    /// Whether the picture is thrown mirrored, left and right exchanged, as a projector set to rear projection does.
    pub mirrored: bool,
    /// Light that its white adds to the middle of the bed; 1 is as much as the lamps give at level 1.
    pub brightness: f32,
    /// Light that its black adds.
    pub black: f32,
    /// Seconds from a picture's handing in to its light.
    pub delay: f64,
}

impl SimulatedProjector {
    /// One that hangs straight over the middle and throws its picture along the table.
    #[must_use]
    pub fn over(spec: &TableSpec) -> Self {
        let size = FrameSize { width: 1280, height: 720 };
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let focal = SHARE * HEIGHT * (width / spec.length).min(height / spec.width);
        let eye = Vector3::new(0.5 * spec.width, 0.5 * spec.length, HEIGHT);
        Self {
            lens: Pinhole { size, focal, centre: billiards_table::CameraPoint::new(0.5 * width, 0.5 * height) },
            pose: Pose { eye, turn: straight_down() },
            mirrored: false,
            brightness: 1.5,
            black: 0.0,
            delay: 0.0,
        }
    }

    /// The same projector after somebody has knocked against it: its light falls 6 to 10 mm beside where it fell.
    #[must_use]
    pub fn bumped(&self) -> Self {
        let knock = Rotation3::from_euler_angles(0.0026, -0.0019, 0.0005).into_inner();
        Self { pose: Pose { turn: knock * self.pose.turn, ..self.pose }, ..*self }
    }

    /// The point of its picture (pixels from the corner, so that a pixel's centre is at a half) whose light comes to a
    /// place (table x, table y and height over the bed, metres). `None` behind the projector; it may lie outside the
    /// picture.
    #[must_use]
    pub fn lit_by(&self, place: Vector3<f64>) -> Option<ProjectorPoint> {
        self.pose.ray(place).map(|ray| {
            let p = self.lens.see(ray);
            ProjectorPoint::new(if self.mirrored { self.width() - p.x } else { p.x }, p.y)
        })
    }

    /// The same as shares (0 to 1) of the picture's width and height. `None` outside the picture.
    pub(super) fn share(&self, place: Vector3<f64>) -> Option<[f32; 2]> {
        let p = self.lit_by(place)?;
        let share = [p.x / self.width(), p.y / f64::from(self.lens.size.height)];
        share.iter().all(|v| (0.0..1.0).contains(v)).then(|| share.map(|v| v as f32))
    }

    /// Where on the plane of the bed the light of a point of the picture falls. `None` where it never does.
    #[must_use]
    pub fn lights(&self, p: ProjectorPoint) -> Option<TablePoint> {
        let x = if self.mirrored { self.width() - p.x } else { p.x };
        let ray = self.lens.ray(billiards_table::CameraPoint::new(x, p.y));
        self.pose.meet(ray, 0.0).map(|[x, y]| TablePoint::new(x, y))
    }

    /// The map from the bed to its picture. `None` where the projector lies in the plane of the bed.
    #[must_use]
    pub fn from_bed(&self) -> Option<Homography<TableMetres, ProjectorPx>> {
        let plane = self.pose.plane(&self.lens, 0.0)?.inverse();
        let mirror = if self.mirrored {
            Matrix3::new(-1.0, 0.0, self.width(), 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
        } else {
            Matrix3::identity()
        };
        Homography::from_matrix(mirror * plane.matrix())
    }

    /// Light that its white adds to its black.
    pub(super) fn gain(&self) -> f32 {
        (self.brightness - self.black).max(0.0)
    }

    fn width(&self) -> f64 {
        f64::from(self.lens.size.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn rays_and_the_map_of_the_bed_agree() {
        let spec = TableKind::NineFoot.spec();
        let plain = SimulatedProjector::over(&spec);
        let tilted = Vector3::new(0.4, 1.0, 2.4);
        let pose = Pose::looking(tilted, Vector3::new(0.6, 1.3, 0.0), -Vector3::y()).expect("a direction");
        for projector in [plain, SimulatedProjector { mirrored: true, ..plain }, SimulatedProjector { pose, ..plain }] {
            let map = projector.from_bed().expect("regular");
            for (x, y) in [(0.0, 0.0), (1.27, 2.54), (0.3, 2.0)] {
                let p = projector.lit_by(Vector3::new(x, y, 0.0)).expect("in front");
                assert!((map.map(TablePoint::new(x, y)).expect("finite") - p).length() < 1e-9);
                assert!((projector.lights(p).expect("met") - TablePoint::new(x, y)).length() < 1e-9);
            }
        }
    }

    #[test]
    fn a_knock_moves_the_light_by_some_millimetres() {
        let spec = TableKind::NineFoot.spec();
        let projector = SimulatedProjector::over(&spec);
        for (x, y) in [(0.1, 0.1), (0.635, 1.27), (1.1, 2.4), (0.2, 2.0)] {
            let place = TablePoint::new(x, y);
            let p = projector.lit_by(Vector3::new(x, y, 0.0)).expect("in front");
            let off = (projector.bumped().lights(p).expect("met") - place).length();
            assert!((0.006..0.0105).contains(&off), "{off} at {place:?}");
        }
    }

    #[test]
    fn the_plain_one_covers_the_bed_and_a_mirror_exchanges_left_and_right() {
        for kind in TableKind::ALL {
            let spec = kind.spec();
            let projector = SimulatedProjector::over(&spec);
            let at =
                |projector: &SimulatedProjector, x, y| projector.lit_by(Vector3::new(x, y, 0.0)).expect("in front");
            let (first, last) = (at(&projector, 0.0, 0.0), at(&projector, spec.width, spec.length));
            assert!(first.x > 0.0 && first.y > 0.0 && last.x < 1280.0 && last.y < 720.0, "{first:?} {last:?}");
            let mirrored = at(&SimulatedProjector { mirrored: true, ..projector }, 0.0, 0.0);
            assert!((mirrored.x - last.x).abs() < 1e-9 && (mirrored.y - first.y).abs() < 1e-9);
        }
    }
}
