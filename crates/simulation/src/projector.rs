//! The projector of the simulated rig, modelled as an inverse camera.

use super::{camera::straight_down, scale::scale};
use billiards_table::{
    FrameSize, Homography, Pinhole, Pose, ProjectorPoint, ProjectorPx, TableMetres, TablePoint, TableSpec,
};
use nalgebra::{Matrix3, Rotation3, Vector3};

/// Default height of the projector over the bed of an American table, metres.
const HEIGHT: f64 = 2.3;
/// Default share of its picture that the bed takes, equal to the trainer's assumption for a projector that has not been
/// calibrated.
const SHARE: f64 = 0.90;

/// A projector over the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedProjector {
    /// Size of the picture, focal length and centre, pixels; with lens shift, the centre is far off the middle.
    pub lens: Pinhole,
    /// Position and orientation of the projector.
    pub pose: Pose,
    /// `true` if the picture is projected mirrored, left and right exchanged, as in rear projection.
    pub mirrored: bool,
    /// Light that white adds in the middle of the bed; 1 equals the light of the lamps at level 1.
    pub brightness: f32,
    /// Light that black adds, in the units of `brightness`.
    pub black: f32,
    /// Time from the submission of a picture to its light, seconds.
    pub delay: f64,
}

impl SimulatedProjector {
    /// Creates a projector straight over the middle of the table, its picture along the table.
    #[must_use]
    pub fn over(spec: &TableSpec) -> Self {
        let size = FrameSize { width: 1280, height: 720 };
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let above = HEIGHT * scale(spec);
        let focal = SHARE * above * (width / spec.length).min(height / spec.width);
        let eye = Vector3::new(0.5 * spec.width, 0.5 * spec.length, above);
        Self {
            lens: Pinhole { size, focal, centre: billiards_table::CameraPoint::new(0.5 * width, 0.5 * height) },
            pose: Pose { eye, turn: straight_down() },
            mirrored: false,
            brightness: 1.5,
            black: 0.0,
            delay: 0.0,
        }
    }

    /// Returns the same projector after a bump: its light falls 6 to 10 mm off.
    #[must_use]
    pub fn bumped(&self) -> Self {
        let knock = Rotation3::from_euler_angles(0.0026, -0.0019, 0.0005).into_inner();
        Self { pose: Pose { turn: knock * self.pose.turn, ..self.pose }, ..*self }
    }

    /// Returns the point of the picture (pixels from the corner, so that a pixel's centre is at a half) whose light
    /// reaches a place (table x, table y and height over the bed, metres). `None` behind the projector; the point may
    /// lie outside the picture.
    #[must_use]
    pub fn lit_by(&self, place: Vector3<f64>) -> Option<ProjectorPoint> {
        self.pose.ray(place).map(|ray| {
            let p = self.lens.see(ray);
            ProjectorPoint::new(if self.mirrored { self.width() - p.x } else { p.x }, p.y)
        })
    }

    /// Returns that point as shares (0 to 1) of the picture's width and height. `None` outside the picture.
    pub(super) fn share(&self, place: Vector3<f64>) -> Option<[f32; 2]> {
        let p = self.lit_by(place)?;
        let share = [p.x / self.width(), p.y / f64::from(self.lens.size.height)];
        share.iter().all(|v| (0.0..1.0).contains(v)).then(|| share.map(|v| v as f32))
    }

    /// Projects a point of the picture onto the plane of the bed. `None` if its light never meets the plane.
    #[must_use]
    pub fn lights(&self, p: ProjectorPoint) -> Option<TablePoint> {
        let x = if self.mirrored { self.width() - p.x } else { p.x };
        let ray = self.lens.ray(billiards_table::CameraPoint::new(x, p.y));
        self.pose.meet(ray, 0.0).map(|[x, y]| TablePoint::new(x, y))
    }

    /// Returns the map from the bed to the picture. `None` if the projector lies in the plane of the bed.
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

    /// Returns the light that white adds beyond black.
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
        let spec = TableKind::NINE_FOOT.spec();
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
        let spec = TableKind::NINE_FOOT.spec();
        let projector = SimulatedProjector::over(&spec);
        for (x, y) in [(0.1, 0.1), (0.635, 1.27), (1.1, 2.4), (0.2, 2.0)] {
            let place = TablePoint::new(x, y);
            let p = projector.lit_by(Vector3::new(x, y, 0.0)).expect("in front");
            let error = (projector.bumped().lights(p).expect("met") - place).length();
            assert!((0.006..0.0105).contains(&error), "{error} at {place:?}");
        }
    }

    #[test]
    fn the_plain_one_covers_the_bed_and_a_mirror_exchanges_left_and_right() {
        for kind in TableKind::all() {
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
