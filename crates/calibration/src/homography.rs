//! Solvers for the transforms between the coordinate frames.

use billiards_table::{
    CameraPoint, CameraPx, CameraView, FrameSize, Homography, Pinhole, Pose, ProjectorPoint, ProjectorPx,
    ProjectorView, TableMetres, TablePoint, TableQuad, TableSpec,
};
use euclid::Point2D;
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// Error of solving for a transform from corners.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CornersError {
    /// The corners do not span a convex quad in clockwise order.
    #[error(
        "the four corners do not make a convex quad in clockwise order (top left, top right, bottom right, bottom left)"
    )]
    NotAQuad,
    /// No camera of this focal length, pixels, can see a table with these corners.
    #[error("a camera of focal length {0:.0} pixels cannot see a table with these corners: calibrate its lens again")]
    NoPose(f64),
    /// More than four points were given, and no flat picture comes near to all of them.
    #[error("the points contradict each other: no flat picture comes near to all of them")]
    Contradiction,
}

/// Returns the homography that maps four points to four others; `None` if three points of either set are collinear.
///
/// The eight unknowns of the direct linear transform are solved for with the last entry of the matrix at 1 (Hartley &
/// Zisserman, Multiple View Geometry, 2nd ed., §4.1).
#[must_use]
pub fn from_four_points<Src, Dst>(
    from: [Point2D<f64, Src>; 4],
    to: [Point2D<f64, Dst>; 4],
) -> Option<Homography<Src, Dst>> {
    let mut a = SMatrix::<f64, 8, 8>::zeros();
    let mut b = SVector::<f64, 8>::zeros();
    for (i, (p, q)) in from.into_iter().zip(to).enumerate() {
        let rows = [
            ([p.x, p.y, 1.0, 0.0, 0.0, 0.0, -q.x * p.x, -q.x * p.y], q.x),
            ([0.0, 0.0, 0.0, p.x, p.y, 1.0, -q.y * p.x, -q.y * p.y], q.y),
        ];
        for (k, (row, value)) in rows.into_iter().enumerate() {
            a.set_row(2 * i + k, &SMatrix::<f64, 1, 8>::from_row_slice(&row));
            b[2 * i + k] = value;
        }
    }
    let h = a.lu().solve(&b)?;
    Homography::from_matrix(Matrix3::new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0))
}

/// Returns the corners of the nose lines on the table, metres, in the order top left, top right, bottom right, bottom
/// left as seen in the picture. The frame is right-handed seen from above, so its origin depends on whether the table
/// lies across the picture.
pub(super) fn corner_places(lies_across: bool, spec: &TableSpec) -> [TablePoint; 4] {
    let (w, l) = (spec.width, spec.length);
    if lies_across {
        [(0.0, 0.0), (0.0, l), (w, l), (w, 0.0)].map(TablePoint::from)
    } else {
        [(0.0, l), (w, l), (w, 0.0), (0.0, 0.0)].map(TablePoint::from)
    }
}

/// Returns whether the table's long axis runs across the picture, left to right.
#[must_use]
pub fn lies_across(corners: &TableQuad) -> bool {
    let side = |i: usize| (corners[(i + 1) % 4] - corners[i]).length();
    side(0) + side(2) > side(1) + side(3)
}

/// Solves for the camera's view from the four nose-line corners in rectified pictures of `size`.
///
/// The `pinhole` of those pictures determines the camera's position, and so where it sees things higher or lower than
/// the noses: under a camera 2.2 m over the middle of a nine-foot table, a place of the bed in the corner is seen 24 mm
/// nearer to the middle than the nose above it. Without it, all planes are assumed to be that of the noses.
///
/// # Errors
/// The corners do not span a convex quad, or no camera of that focal length can see them.
pub fn camera_view(
    size: FrameSize,
    corners: &TableQuad,
    spec: &TableSpec,
    pinhole: Option<&Pinhole>,
) -> Result<CameraView, CornersError> {
    if !is_convex(corners) {
        return Err(CornersError::NotAQuad);
    }
    let places = corner_places(lies_across(corners), spec);
    let nose_plane: Homography<CameraPx, TableMetres> =
        from_four_points(*corners, places).ok_or(CornersError::NotAQuad)?;
    let Some(pinhole) = pinhole else { return Ok(CameraView::flat(size, nose_plane)) };
    let none = || CornersError::NoPose(pinhole.focal);
    let eye = pose_of(&nose_plane, pinhole, spec.nose_height).ok_or_else(none)?.eye;
    let plane = |height| at_height(&nose_plane, spec.nose_height, eye, height).ok_or_else(none);
    let (ball_plane, bed_plane) = (plane(spec.ball_radius)?, plane(0.0)?);
    Ok(CameraView { size, ball_plane, bed_plane, nose_plane, eye: Some(eye.into()) })
}

/// Returns the pose of a pinhole camera that sees the plane at `height`, metres, by this homography; `None` if the
/// camera would be below the plane.
///
/// The columns of the map to the picture are two axes of the table and the vector to its origin, all times one factor
/// (Zhang, "A flexible new technique for camera calibration", 2000, §3.1); the rotation is the one nearest to those
/// axes.
pub(super) fn pose_of(plane: &Homography<CameraPx, TableMetres>, camera: &Pinhole, height: f64) -> Option<Pose> {
    let (f, c) = (camera.focal, camera.centre);
    let to_rays = Matrix3::new(1.0 / f, 0.0, -c.x / f, 0.0, 1.0 / f, -c.y / f, 0.0, 0.0, 1.0);
    let columns = to_rays * plane.inverse().matrix();
    // The whole table lies in front of the camera, and so does its origin.
    let times = columns[(2, 2)].signum() * 2.0 / (columns.column(0).norm() + columns.column(1).norm());
    let [x, y, origin] = [0, 1, 2].map(|i| Vector3::from(columns.column(i)) * times);
    let nearest = Matrix3::from_columns(&[x, y, x.cross(&y)]).svd(true, true);
    let turn = nearest.u? * nearest.v_t?;
    let eye = Vector3::new(0.0, 0.0, height) - turn.transpose() * origin;
    (turn.determinant() > 0.0 && eye.iter().all(|v| v.is_finite()) && eye.z > height).then_some(Pose { eye, turn })
}

/// Returns the homography to the plane at `height` from that to the plane at `known`: points on one ray lie on a line
/// through `eye`.
fn at_height(
    plane: &Homography<CameraPx, TableMetres>,
    known: f64,
    eye: Vector3<f64>,
    height: f64,
) -> Option<Homography<CameraPx, TableMetres>> {
    let grows = (eye.z - height) / (eye.z - known);
    let shift = 1.0 - grows;
    let about_foot = Matrix3::new(grows, 0.0, shift * eye.x, 0.0, grows, shift * eye.y, 0.0, 0.0, 1.0);
    Homography::from_matrix(about_foot * plane.matrix())
}

/// Solves for the projector's view from the four nose-line corners in its picture.
///
/// # Errors
/// The corners do not span a convex quad.
pub fn projector_view(
    size: FrameSize,
    corners: &[ProjectorPoint; 4],
    spec: &TableSpec,
) -> Result<ProjectorView, CornersError> {
    let seen = corners.map(|p| CameraPoint::new(p.x, p.y));
    if !is_convex(&seen) {
        return Err(CornersError::NotAQuad);
    }
    let from_table: Homography<TableMetres, ProjectorPx> =
        from_four_points(corner_places(lies_across(&seen), spec), *corners).ok_or(CornersError::NotAQuad)?;
    Ok(ProjectorView { size, from_table })
}

/// Returns the corners of a table that fills the projector's picture except for a margin, with its proportions kept.
#[must_use]
pub fn centred_corners(size: FrameSize, spec: &TableSpec) -> [ProjectorPoint; 4] {
    const MARGIN: f64 = 0.90;
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let scale = MARGIN * (width / spec.length).min(height / spec.width);
    let (half_length, half_width) = (0.5 * scale * spec.length, 0.5 * scale * spec.width);
    let (cx, cy) = (0.5 * width, 0.5 * height);
    [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
        .map(|(x, y)| ProjectorPoint::new(cx + x * half_length, cy + y * half_width))
}

/// Returns whether the corners go clockwise, with y down, and the quad is clearly convex at each.
pub(super) fn is_convex(corners: &TableQuad) -> bool {
    let finite = corners.iter().all(|p| p.x.is_finite() && p.y.is_finite());
    finite
        && (0..4).all(|i| {
            let (a, b, c) = (corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]);
            let (u, v) = (b - a, c - b);
            u.cross(v) > 1e-3 * u.length() * v.length() && u.length() > 1.0
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;
    use proptest::prelude::*;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn quad(points: [(f64, f64); 4]) -> TableQuad {
        points.map(CameraPoint::from)
    }

    #[test]
    fn a_table_across_the_picture_has_its_origin_top_left() {
        let spec = TableKind::NINE_FOOT.spec();
        let view = camera_view(SIZE, &quad([(100., 100.), (1100., 100.), (1100., 600.), (100., 600.)]), &spec, None)
            .expect("a view");
        let at = |x, y| view.ball_on_table(CameraPoint::new(x, y)).expect("finite");
        assert!((at(100., 100.) - TablePoint::new(0., 0.)).length() < 1e-9);
        assert!((at(1100., 100.) - TablePoint::new(0., 2.54)).length() < 1e-9);
        assert!((at(600., 350.) - TablePoint::new(0.635, 1.27)).length() < 1e-9);
    }

    #[test]
    fn a_table_along_the_picture_has_its_origin_bottom_left() {
        let spec = TableKind::SEVEN_FOOT.spec();
        let view = camera_view(SIZE, &quad([(500., 10.), (800., 10.), (800., 700.), (500., 700.)]), &spec, None)
            .expect("a view");
        let origin = view.ball_on_table(CameraPoint::new(500., 700.)).expect("finite");
        assert!(origin.to_vector().length() < 1e-9);
    }

    #[test]
    fn planes_lie_where_the_camera_sees_them() {
        let spec = TableKind::NINE_FOOT.spec();
        let pinhole = Pinhole { size: SIZE, focal: 1000.0, centre: CameraPoint::new(639.5, 359.5) };
        for (eye, target) in [([0.635, 1.27, 2.2], [0.635, 1.27]), ([1.1, 1.0, 2.6], [0.7, 1.3])] {
            let (eye, target) = (Vector3::from(eye), Vector3::new(target[0], target[1], 0.0));
            let pose = Pose::looking(eye, target, Vector3::new(0.05, 1.0, 0.0)).expect("a direction");
            let see = |p: TablePoint, z: f64| pinhole.see(pose.ray(Vector3::new(p.x, p.y, z)).expect("in front"));
            let corners = corner_places(true, &spec).map(|p| see(p, spec.nose_height));
            let view = camera_view(SIZE, &corners, &spec, Some(&pinhole)).expect("a view");
            let found = view.eye.expect("known");
            assert!((Vector3::from(found) - eye).norm() < 1e-6, "{found:?}");
            for place in [(0.0, 0.0), (1.2, 2.5), (0.4, 1.9)].map(TablePoint::from) {
                let [ball, bed, nose] = [
                    view.ball_on_table(see(place, spec.ball_radius)),
                    view.bed_at(see(place, 0.0)),
                    view.nose_plane.map(see(place, spec.nose_height)),
                ]
                .map(|p| (p.expect("finite") - place).length());
                assert!(ball < 1e-6 && bed < 1e-6 && nose < 1e-6, "{ball} {bed} {nose}");
                // A cue ball of another size is placed by its own height.
                let radius = 0.8 * spec.ball_radius;
                let assumed = view.ball_on_table(see(place, radius)).expect("finite");
                assert!((view.at_height(assumed, spec.ball_radius, radius) - place).length() < 1e-6);
            }
        }
    }

    #[test]
    fn corners_out_of_order_or_in_line_are_refused() {
        let spec = TableKind::NINE_FOOT.spec();
        for bad in [
            quad([(100., 100.), (1100., 600.), (1100., 100.), (100., 600.)]),
            quad([(100., 100.), (200., 100.), (300., 100.), (400., 100.)]),
            quad([(5., 5.); 4]),
            quad([(f64::NAN, 0.), (1., 0.), (1., 1.), (0., 1.)]),
        ] {
            assert_eq!(camera_view(SIZE, &bad, &spec, None), Err(CornersError::NotAQuad));
        }
    }

    #[test]
    fn the_centred_projector_keeps_the_proportions() {
        let spec = TableKind::NINE_FOOT.spec();
        let view = projector_view(SIZE, &centred_corners(SIZE, &spec), &spec).expect("a view");
        let at = |x, y| view.from_table.map(TablePoint::new(x, y)).expect("finite");
        let (a, b, c) = (at(0., 0.), at(0., 2.54), at(1.27, 0.));
        assert!(((b - a).length() / (c - a).length() - 2.0).abs() < 1e-9);
        assert!(a.x > 0. && b.x < 1280. && a.y > 0. && c.y < 720.);
    }

    proptest! {
        /// Any quad that is not nearly flat maps its corners to the table's and keeps the handedness.
        #[test]
        fn corners_map_to_corners(j in prop::array::uniform8(-80.0..80.0_f64)) {
            let corners = quad([(200. + j[0], 150. + j[1]), (1000. + j[2], 150. + j[3]), (1000. + j[4], 550. + j[5]), (200. + j[6], 550. + j[7])]);
            let spec = TableKind::NINE_FOOT.spec();
            let view = camera_view(SIZE, &corners, &spec, None).expect("a view");
            for (corner, place) in corners.iter().zip(corner_places(true, &spec)) {
                let there = view.ball_on_table(*corner).expect("finite");
                prop_assert!((there - place).length() < 1e-9);
                let back = view.ball_in_picture(place).expect("finite");
                prop_assert!((back - *corner).length() < 1e-6);
            }
        }
    }
}
