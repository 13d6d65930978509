//! The camera's projection is the homography from the table to the projector: world units are table metres, and the
//! renderer does the warp. For pictures in pixels of the projector, world units are those pixels.

use super::{PROJECTOR, Picture, ProjectorSurface};
use bevy::{
    camera::{CameraProjection, RenderTarget, SubCameraView},
    prelude::*,
};
use billiards_table::{Calibration, FrameSize, ProjectorPoint, ProjectorView};
use nalgebra::{Matrix3, Vector3};

/// Share of the depth range by which a metre of z lifts a shape: z only orders layers.
const DEPTH_PER_METRE: f32 = 1e-3;

/// Marks the camera that looks at the table through the projector.
#[derive(Component, Debug, Clone, Copy, Default)]
pub struct ProjectorCamera;

/// A camera projection that is a plane homography.
#[derive(Debug, Clone, PartialEq)]
pub struct HomographyProjection {
    /// Maps (x, y, 1) in world units to homogeneous normalised device coordinates: x right, y up, each -1 to 1.
    pub ndc_from_world: Mat3,
}

impl HomographyProjection {
    /// Creates the projection of this view.
    #[must_use]
    pub fn new(view: &ProjectorView) -> Self {
        Self { ndc_from_world: ndc_from_table(view) }
    }

    /// Creates the projection in which world units are pixels of a picture of this size: x right, y down, (0, 0) at its
    /// corner.
    #[must_use]
    pub fn of_pixels(size: FrameSize) -> Self {
        let (x, y) = (2.0 / size.width.max(1) as f32, 2.0 / size.height.max(1) as f32);
        let columns = [Vec3::new(x, 0.0, 0.0), Vec3::new(0.0, -y, 0.0), Vec3::new(-1.0, 1.0, 1.0)];
        Self { ndc_from_world: Mat3::from_cols(columns[0], columns[1], columns[2]) }
    }
}

impl CameraProjection for HomographyProjection {
    fn get_clip_from_view(&self) -> Mat4 {
        let h = self.ndc_from_world;
        // Half way between the clipping planes at z = 0, whatever the weight.
        let column = |c: Vec3| Vec4::new(c.x, c.y, 0.5 * c.z, c.z);
        Mat4::from_cols(column(h.x_axis), column(h.y_axis), Vec4::new(0.0, 0.0, DEPTH_PER_METRE, 0.0), column(h.z_axis))
    }

    fn get_clip_from_view_for_sub(&self, _: &SubCameraView) -> Mat4 {
        self.get_clip_from_view()
    }

    fn update(&mut self, _width: f32, _height: f32) {}

    fn far(&self) -> f32 {
        1000.0
    }

    fn get_frustum_corners(&self, _z_near: f32, _z_far: f32) -> [Vec3A; 8] {
        [Vec3A::ZERO; 8]
    }
}

/// Returns the matrix from table metres to normalised device coordinates (x right, y up, -1 to 1 over the picture),
/// scaled so that the weight is 1 in the middle of the picture: everything visible then has a positive weight near 1,
/// so that nothing is clipped and f32 suffices.
#[must_use]
pub fn ndc_from_table(view: &ProjectorView) -> Mat3 {
    let (width, height) = (f64::from(view.size.width.max(1)), f64::from(view.size.height.max(1)));
    #[rustfmt::skip]
    let ndc_from_projector = Matrix3::new(
        2.0 / width, 0.0, -1.0,
        0.0, -2.0 / height, 1.0,
        0.0, 0.0, 1.0,
    );
    let matrix = ndc_from_projector * view.from_table.matrix();
    let middle = view.from_table.inverse().map(ProjectorPoint::new(width / 2.0, height / 2.0));
    let weight = middle.map_or(0.0, |p| (matrix * Vector3::new(p.x, p.y, 1.0)).z);
    let scale = if weight.is_normal() { weight } else { matrix.abs().max() };
    let mut cells = [0.0; 9];
    for (cell, value) in cells.iter_mut().zip(matrix.iter()) {
        *cell = (value / scale) as f32;
    }
    // Both libraries store matrices column by column.
    Mat3::from_cols_array(&cells)
}

/// Returns a camera that renders the overlay to `target`; it is aimed once the calibration is known.
pub(crate) fn projector_camera(target: RenderTarget, msaa: Msaa) -> impl Bundle {
    (
        Name::new("Projector camera"),
        ProjectorCamera,
        Camera2d,
        Camera { clear_color: ClearColorConfig::Custom(Color::BLACK), ..default() },
        Projection::custom(HomographyProjection { ndc_from_world: Mat3::IDENTITY }),
        target,
        msaa,
        PROJECTOR,
    )
}

/// Aims the cameras according to the picture: through the calibration for table metres, without it for pixels.
pub(super) fn aim_cameras(
    calibration: Res<Calibration>,
    (picture, surface): (Res<Picture>, Res<ProjectorSurface>),
    mut cameras: Query<&mut Projection, With<ProjectorCamera>>,
) {
    let wanted = if picture.is_on_table() {
        HomographyProjection::new(&calibration.projector)
    } else {
        HomographyProjection::of_pixels(surface.size)
    };
    for mut projection in &mut cameras {
        let held = match &*projection {
            Projection::Custom(custom) => custom.get::<HomographyProjection>(),
            _ => None,
        };
        if held != Some(&wanted) {
            *projection = Projection::custom(wanted.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{Homography, TableKind};

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    /// Returns a view with the table across the picture: its y runs to the right, its x downwards; a keystone makes the
    /// far end smaller. `sign` scales the matrix, which does not change the map.
    fn view(sign: f64) -> ProjectorView {
        #[rustfmt::skip]
        let matrix = Matrix3::new(
            20.0, 440.0, 80.0,
            500.0, 30.0, 60.0,
            0.0, 0.05, 1.0,
        );
        ProjectorView { size: SIZE, from_table: Homography::from_matrix(matrix * sign).expect("regular") }
    }

    fn corners() -> [Vec2; 4] {
        let spec = TableKind::NINE_FOOT.spec();
        let (w, l) = (spec.width as f32, spec.length as f32);
        [Vec2::ZERO, Vec2::new(w, 0.0), Vec2::new(w, l), Vec2::new(0.0, l)]
    }

    #[test]
    fn table_corners_land_on_their_pixels_with_y_up() {
        for sign in [1.0, -3e-4] {
            let view = view(sign);
            let matrix = ndc_from_table(&view);
            for corner in corners() {
                let q = matrix * corner.extend(1.0);
                let ndc = q.truncate() / q.z;
                let table = billiards_table::TablePoint::new(f64::from(corner.x), f64::from(corner.y));
                let pixel = view.from_table.map(table).expect("finite");
                let expected = Vec2::new(pixel.x as f32 / 640.0 - 1.0, 1.0 - pixel.y as f32 / 360.0);
                assert!(ndc.distance(expected) < 1e-5, "{corner}: {ndc} instead of {expected}");
            }
        }
        // The origin is at pixel (80, 60): left and up.
        let q = ndc_from_table(&view(1.0)) * Vec3::Z;
        assert!((q.truncate() / q.z - Vec2::new(-0.875, 5.0 / 6.0)).length() < 1e-6);
    }

    #[test]
    fn what_is_in_sight_is_in_front_of_the_camera_and_between_the_clipping_planes() {
        for sign in [1.0, -3e-4] {
            let clip = HomographyProjection::new(&view(sign)).get_clip_from_view();
            for corner in corners() {
                for z in [0.0, 10.0] {
                    let q = clip * corner.extend(z).extend(1.0);
                    assert!(q.w > 0.5, "{q}");
                    assert!((0.4..0.6).contains(&(q.z / q.w)), "{q}");
                }
            }
        }
    }

    #[test]
    fn pixels_land_on_themselves() {
        let matrix = HomographyProjection::of_pixels(SIZE).ndc_from_world;
        for (pixel, ndc) in [((0.0, 0.0), (-1.0, 1.0)), ((1280.0, 720.0), (1.0, -1.0)), ((640.0, 180.0), (0.0, 0.5))] {
            let q = matrix * Vec3::new(pixel.0, pixel.1, 1.0);
            assert!((q.truncate() / q.z - Vec2::new(ndc.0, ndc.1)).length() < 1e-6, "{pixel:?}: {q}");
        }
    }

    #[test]
    fn the_depth_rises_with_z() {
        let clip = HomographyProjection::new(&view(1.0)).get_clip_from_view();
        let depth = |z: f32| {
            let q = clip * Vec4::new(0.6, 1.2, z, 1.0);
            q.z / q.w
        };
        assert!(depth(2.0) > depth(1.0) && depth(1.0) > depth(0.0));
    }
}
