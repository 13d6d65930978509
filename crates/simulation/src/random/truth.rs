//! Truth of a random picture: the table and its balls, exactly.

use super::super::{camera::SimulatedCamera, rod::Rod};
use billiards_table::{BallLabel, CameraPoint, SensorPoint, TableQuad, TableSpec};
use nalgebra::Vector3;
use std::f64::consts::{PI, TAU};

/// The table in a random picture. Lengths and places are in pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct PicturedTable {
    /// Dimensions of the table.
    pub spec: TableSpec,
    /// Intersections of the nose lines, at the height of the noses, where the lens shows them: clockwise from the top
    /// left.
    pub corners: TableQuad,
    /// Distance by which the noses reach outside the picture; 0 if all of them are inside.
    pub outside: f64,
    /// Balls on the bed.
    pub balls: Vec<PicturedBall>,
}

/// A ball in a random picture, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PicturedBall {
    /// Label of the ball.
    pub label: BallLabel,
    /// Centre of its silhouette.
    pub centre: CameraPoint,
    /// Radius of the circle with the area of its silhouette.
    pub radius: f64,
    /// Share of the silhouette that is visible, 0 to 1: the rest lies outside the picture or behind something.
    pub visible: f64,
}

impl PicturedBall {
    /// Returns whether so much of the ball is visible that it can be expected to be found.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.visible >= 0.5
    }
}

/// A ball that lies in view.
#[derive(Debug, Clone, Copy)]
pub(super) struct LyingBall {
    pub label: BallLabel,
    /// Centre: table x, table y, height over the bed, metres.
    pub centre: Vector3<f64>,
    /// Radius, metres.
    pub radius: f64,
}

/// Returns a point of the delivered picture as one of the picture in which a table is searched for.
pub(super) fn as_delivered(p: SensorPoint) -> CameraPoint {
    CameraPoint::new(p.x, p.y)
}

impl LyingBall {
    /// Returns the places on the rim of the ball, as seen from `eye`, and between the rim and the centre: those at this
    /// share of the radius.
    fn ring(&self, eye: Vector3<f64>, share: f64, places: u32) -> impl Iterator<Item = Vector3<f64>> + use<> {
        let to = self.centre - eye;
        let distance = to.norm();
        let sine = self.radius / distance;
        let forward = to / distance;
        let right = forward.cross(&Vector3::x()).try_normalize(1e-6).unwrap_or_else(Vector3::y);
        let up = right.cross(&forward);
        let (middle, reach) = (eye + to * (1.0 - sine * sine), share * self.radius * (1.0 - sine * sine).sqrt());
        (0..places).map(move |i| {
            let (sin, cos) = (TAU * f64::from(i) / f64::from(places)).sin_cos();
            middle + (right * cos + up * sin) * reach
        })
    }

    /// Returns the place of the ball's surface on a line of sight; `None` if the line passes it.
    fn meets(&self, eye: Vector3<f64>, line: Vector3<f64>) -> Option<Vector3<f64>> {
        let (forward, to) = (line.normalize(), self.centre - eye);
        let along = to.dot(&forward);
        let root = self.radius * self.radius - (to.norm_squared() - along * along);
        (root >= 0.0).then(|| eye + forward * (along - root.sqrt()))
    }

    /// Returns centre and radius of the silhouette in the picture; `None` behind the camera.
    fn silhouette(&self, camera: &SimulatedCamera) -> Option<(SensorPoint, f64)> {
        let rim: Option<Vec<SensorPoint>> =
            self.ring(camera.pose.eye, 1.0, 72).map(|place| camera.see(place.into())).collect();
        let rim = rim?;
        let origin = *rim.first()?;
        // Area and centroid of a polygon, measured from one of its corners.
        let (mut area, mut sum) = (0.0, euclid::Vector2D::zero());
        for (i, p) in rim.iter().enumerate() {
            let (a, b) = (*p - origin, rim[(i + 1) % rim.len()] - origin);
            let cross = a.cross(b);
            area += 0.5 * cross;
            sum += (a + b) * (cross / 6.0);
        }
        Some((origin + sum / area, (area.abs() / PI).sqrt()))
    }
}

/// Returns the balls as they appear among each other, the rods, and the surfaces, of which each pixel shows one at the
/// given height over the bed.
pub(super) fn pictured_balls(
    camera: &SimulatedCamera,
    balls: &[LyingBall],
    rods: &[Rod],
    heights: &[f32],
) -> Vec<PicturedBall> {
    /// Shares of the radius at which the visibility is probed, and the number of places there.
    const RINGS: [(f64, u32); 3] = [(0.25, 6), (0.65, 16), (0.93, 24)];
    let (eye, size) = (camera.pose.eye, camera.size());
    let is_seen = |number: usize, line: Vector3<f64>, place: Vector3<f64>| {
        let Some(seen) = camera.see(place.into()) else { return false };
        let (x, y) = (seen.x.round(), seen.y.round());
        if !(x >= 0.0 && y >= 0.0 && x < f64::from(size.width) && y < f64::from(size.height)) {
            return false;
        }
        let surface = heights[y as usize * size.width as usize + x as usize];
        let distance = (place - eye).norm();
        let hidden = |hit: Option<Vector3<f64>>| hit.is_some_and(|hit| (hit - eye).norm() < distance);
        f64::from(surface) <= place.z
            && !rods.iter().any(|rod| hidden(rod.meets(eye, line)))
            && !balls.iter().enumerate().any(|(i, ball)| i != number && hidden(ball.meets(eye, line)))
    };
    let pictured = balls.iter().enumerate().filter_map(|(number, ball)| {
        let (mut probed, mut seen) = (0, 0);
        for (share, places) in RINGS {
            for towards in ball.ring(eye, share, places) {
                let line = towards - eye;
                probed += 1;
                seen += u32::from(ball.meets(eye, line).is_some_and(|place| is_seen(number, line, place)));
            }
        }
        let (centre, radius) = ball.silhouette(camera)?;
        let visible = f64::from(seen) / f64::from(probed);
        Some(PicturedBall { label: ball.label, centre: as_delivered(centre), radius, visible })
    });
    pictured.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{colour::Rgb, rod::RodKind};
    use billiards_table::{FrameSize, TableKind};

    #[test]
    fn covered_balls_are_not_clear() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, FrameSize { width: 640, height: 360 });
        let radius = spec.ball_radius;
        let ball = |x: f64, y: f64| LyingBall { label: BallLabel::Cue, centre: Vector3::new(x, y, radius), radius };
        let balls = [ball(0.4, 0.6), ball(0.4, 1.2), ball(0.4, 1.8), ball(5.0, 1.0)];
        let mut heights = vec![0.0; 640 * 360];
        let high = camera.see(balls[2].centre.into()).expect("in front");
        for y in 0..20 {
            for x in 0..20 {
                heights[(high.y as usize + y - 10) * 640 + high.x as usize + x - 10] = 0.2;
            }
        }
        let ends = [Vector3::new(0.4, 1.1, 0.2), Vector3::new(0.4, 1.3, 0.2)];
        let arm = Rod { opens: ends, closes: ends, kind: RodKind::Limb { radii: [0.05; 2], colour: Rgb::WHITE } };
        let seen = pictured_balls(&camera, &balls, &[arm], &heights);
        assert_eq!(seen.iter().map(PicturedBall::is_clear).collect::<Vec<_>>(), [true, false, false, false]);
        let there = camera.see(balls[0].centre.into()).expect("in front");
        assert!(seen[0].visible == 1.0 && (seen[0].centre - as_delivered(there)).length() < 0.3, "{seen:?}");
        // Pixels a metre at the height of the ball's centre; aside of the camera, spheres look elongated.
        let scale = camera.lens.focal[0] / (camera.pose.eye.z - radius);
        assert!((1.0..1.04).contains(&(seen[0].radius / (radius * scale))), "{seen:?}");
    }
}
