//! The cue in the picture.

use super::{
    camera::OverheadCamera,
    canvas::Canvas,
    colour::{Rgb, smooth},
    lamp::Lamp,
};
use crate::model::TablePoint;

/// Length of the cue, metres.
pub(super) const LENGTH: f64 = 1.47;

/// Where the cue is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CuePose {
    /// The end that strikes.
    pub tip: TablePoint,
    /// The end in the hand, [`LENGTH`] away.
    pub butt: TablePoint,
}

/// Radius of the cue `s` metres behind its tip: the shaft is straight at first, then widens.
fn radius(s: f64) -> f64 {
    0.0063 + 0.0082 * smooth(0.15, LENGTH, s)
}

/// Height of the cue's axis above the bed, metres.
fn height(s: f64) -> f64 {
    0.04 + 0.12 * s / LENGTH
}

/// The cue's materials from the tip on: where each ends, and its colour and gloss.
fn materials() -> [(f64, Rgb, f32); 9] {
    let maple = Rgb::stored(226, 196, 150);
    let black = Rgb::stored(28, 26, 27);
    let wood = Rgb::stored(74, 34, 24);
    let ivory = Rgb::stored(240, 234, 218);
    [
        (0.008, Rgb::stored(66, 98, 138), 0.0),
        (0.032, ivory, 0.35),
        (0.730, maple, 0.25),
        (0.738, black, 0.3),
        (0.752, Rgb::stored(196, 190, 178), 0.6),
        (1.020, wood, 0.35),
        (1.030, ivory, 0.3),
        (1.340, Rgb::stored(44, 42, 46), 0.08),
        (LENGTH, wood, 0.35),
    ]
}

/// Draws the cue's shadow on the table, which it lies above.
pub(super) fn draw_shadow(canvas: &mut Canvas<'_>, pose: &CuePose, camera: &OverheadCamera, lamp: &Lamp) {
    let (middle, lamp_height) = lamp.middle();
    let cast = |p: TablePoint, height: f64| p + (p - middle) * (height / (lamp_height - height));
    let from = camera.to_picture(cast(pose.tip, height(0.0)));
    let to = camera.to_picture(cast(pose.butt, height(LENGTH)));
    let scale = camera.pixels_per_metre();
    let stretch = (to - from).length() / LENGTH;
    // The higher the cue, the wider and paler its shadow.
    let soft = |s: f64| 0.008 + 0.20 * height(s);
    let reach = scale * (radius(LENGTH) + soft(LENGTH));
    canvas.strip(from, to, reach, |along, off| {
        let s = along / stretch.max(1e-9);
        let (r, soft) = (radius(s.clamp(0.0, LENGTH)), soft(s.clamp(0.0, LENGTH)));
        let across = smooth(r + 0.5 * soft, r - 0.5 * soft, off.abs() / scale);
        let ends = smooth(-0.5 * soft, 0.5 * soft, s) * smooth(LENGTH + 0.5 * soft, LENGTH - 0.5 * soft, s);
        let dark = 0.85 * across * ends * (2.0 * r / (r + soft)).min(0.7);
        (dark > 0.004).then_some(([0.0; 3], dark as f32))
    });
}

/// Draws the cue.
pub(super) fn draw(canvas: &mut Canvas<'_>, pose: &CuePose, camera: &OverheadCamera, lamp: &Lamp) {
    let (from, to) = (camera.to_picture(pose.tip), camera.to_picture(pose.butt));
    let scale = camera.pixels_per_metre();
    let materials = materials();
    let level = |s: f64| lamp.level(pose.tip.lerp(pose.butt, s / LENGTH));
    // The light changes little along the cue.
    let levels = [0.0, 0.5 * LENGTH, LENGTH].map(level);
    canvas.strip(from, to, scale * radius(LENGTH) + 1.0, |along, off| {
        let s = (along / scale).clamp(0.0, LENGTH);
        // The tip is rounded.
        let rounded = 0.45 * radius(0.0) * (off / (scale * radius(0.0))).powi(2);
        let r = scale * radius(s);
        let cover = |distance: f64| (0.5 - distance).clamp(0.0, 1.0);
        let share = cover(off.abs() - r) * cover(scale * rounded - along) * cover(along - scale * LENGTH);
        if share <= 0.0 {
            return None;
        }
        let (_, colour, gloss) = materials.iter().find(|(end, ..)| s <= *end).unwrap_or(&materials[8]);
        let across = (off / r).clamp(-1.0, 1.0);
        let up = (1.0 - across * across).sqrt();
        let matt = 0.36 + 0.64 * up;
        let shine = f64::from(*gloss) * (-((across + 0.18) / 0.22).powi(2)).exp();
        let t = 2.0 * s / LENGTH;
        let light = if t < 1.0 {
            levels[0] + (levels[1] - levels[0]) * t as f32
        } else {
            levels[1] + (levels[2] - levels[1]) * (t - 1.0) as f32
        };
        let seen = (*colour * matt as f32 + Rgb([0.8; 3]) * shine as f32) * light;
        Some((seen.encode(), share as f32))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FrameSize, TableKind};

    #[test]
    fn materials_follow_each_other_to_the_end() {
        let ends = materials().map(|(end, ..)| end);
        assert!(ends.is_sorted() && ends[8] == LENGTH);
        assert!(radius(0.0) < radius(0.5) && radius(0.5) < radius(LENGTH));
    }

    #[test]
    fn the_cue_is_drawn_from_tip_to_butt_and_nowhere_else() {
        let spec = TableKind::NineFoot.spec();
        let size = FrameSize { width: 640, height: 360 };
        let camera = OverheadCamera::over(&spec, size);
        let pose = CuePose { tip: TablePoint::new(0.4, 0.5), butt: TablePoint::new(0.4, 0.5 + LENGTH) };
        let mut bytes = vec![0; 640 * 360 * 3];
        draw(&mut Canvas::new(size, &mut bytes), &pose, &camera, &Lamp::over(&spec));
        let lit = |x: f64, y: f64| {
            let p = camera.to_picture(TablePoint::new(x, y));
            bytes[3 * (p.y.round() as usize * 640 + p.x.round() as usize) + 2] > 0
        };
        assert!(lit(0.4, 0.52) && lit(0.4, 0.45 + LENGTH));
        assert!(!lit(0.4, 0.48) && !lit(0.4, 0.53 + LENGTH) && !lit(0.44, 1.0));
    }
}
