//! Shadows on the cloth.

use super::{canvas::Canvas, colour::smooth, lamp::Illumination, pixel_rays::PixelRays};
use nalgebra::Vector3;

/// Draws the shadow that the ball casts on the cloth in the light of the lamps.
pub(super) fn ball(canvas: &mut Canvas, rays: &PixelRays, centre: Vector3<f64>, radius: f64, lit: &Illumination) {
    let reach = 2.3 * radius;
    let below = Vector3::new(centre.x, centre.y, 0.0);
    let Some((columns, rows)) = rays.window(below, reach) else { return };
    let casts = lit.bulbs.map(|[x, y, z]| [x / z, y / z].map(|slope| -radius * f64::from(slope)));
    for y in rows {
        for x in columns.clone() {
            let p = rays.place(x, y, 0.0);
            let (dx, dy) = (p.x - centre.x, p.y - centre.y);
            if dx * dx + dy * dy > reach * reach {
                continue;
            }
            // Around the contact point little light of the room reaches the cloth.
            let mut dark = 0.24 * smooth(1.55, 0.75, (dx * dx + dy * dy).sqrt() / radius);
            for (cast, share) in casts.iter().zip(lit.shares) {
                let (dx, dy) = (dx - cast[0], dy - cast[1]);
                let distance = (dx * dx + dy * dy).sqrt() / radius;
                dark += 0.30 * f64::from(share) * smooth(1.5, 0.65, distance);
            }
            if dark > 0.0 {
                canvas.darken(x, y, dark.min(0.9) as f32);
            }
        }
    }
}

/// Marks where a ball blocks the light from `from` to the cloth: `blocked` has 0 to 255 for each pixel.
pub(super) fn block(blocked: &mut [u8], rays: &PixelRays, from: Vector3<f64>, centre: Vector3<f64>, radius: f64) {
    let grow = from.z / (from.z - centre.z);
    let onto = from + (centre - from) * grow;
    // The more oblique the light, the longer the shadow compared to its width.
    let slant = (from - centre).norm() / (from.z - centre.z);
    let Some((columns, rows)) = rays.window(Vector3::new(onto.x, onto.y, 0.0), radius * grow * slant) else { return };
    let pixel = rays.footprint(rays.eye().z);
    for y in rows {
        for x in columns.clone() {
            let p = rays.place(x, y, 0.0);
            let line = Vector3::new(p.x, p.y, 0.0) - from;
            let distance = line.cross(&(centre - from)).norm() / line.norm();
            mark(blocked, y * rays.width() + x, 0.5 + (radius - distance) / pixel);
        }
    }
}

/// Marks the shadow that a ball casts on the cloth in the light of a lamp at `from` of this size (metres): `blocked` has
/// 0 to 255 for each pixel.
pub(super) fn block_soft(
    blocked: &mut [u8],
    rays: &PixelRays,
    from: Vector3<f64>,
    size: f64,
    centre: Vector3<f64>,
    radius: f64,
) {
    if from.z <= centre.z + radius {
        return;
    }
    let grow = from.z / (from.z - centre.z);
    let onto = from + (centre - from) * grow;
    let slant = (from - centre).norm() / (from.z - centre.z);
    // The edge is sharp where the ball touches the cloth and softer the longer the light's way past the ball.
    let soft = |past: f64| (size * past / (from - centre).norm()).max(0.001);
    let reach = (radius + 0.5 * soft(radius * (1.0 + slant))) * grow * slant;
    let Some((columns, rows)) = rays.window(Vector3::new(onto.x, onto.y, 0.0), reach) else { return };
    for y in rows {
        for x in columns.clone() {
            let p = rays.place(x, y, 0.0);
            let line = Vector3::new(p.x, p.y, 0.0) - from;
            let to = centre - from;
            let past = line.norm() - line.dot(&to) / line.norm();
            let distance = line.cross(&to).norm() / line.norm();
            let half = 0.5 * soft(past.max(0.0));
            mark(blocked, y * rays.width() + x, smooth(radius + half, radius - half, distance));
        }
    }
}

/// Marks the share `share` of a pixel as blocked, unless more of it is blocked already.
pub(super) fn mark(blocked: &mut [u8], pixel: usize, share: f64) {
    let here = &mut blocked[pixel];
    *here = (*here).max((255.0 * share.clamp(0.0, 1.0)) as u8);
}
