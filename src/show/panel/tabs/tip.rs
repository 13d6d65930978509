//! The ball as the player sees it, with a draggable tip.

use crate::show::panel::{
    setting::turn_off_overridden,
    style::{ACCENT, LINE},
};
use bevy_egui::egui::{Color32, Pos2, Sense, Stroke, Ui, Vec2};
use billiards_table::settings::{Setting, Settings};

/// Side of the picture of the ball, points.
const BALL: f32 = 92.0;
/// Maximum offset of the tip, ball radii: further out it slips off.
const MISCUE: f64 = 0.5;
/// Maximum offset that counts as the centre, ball radii: a centre hit must be easy to select.
const CENTRE: f64 = 0.04;

const IVORY: Color32 = Color32::from_rgb(238, 232, 214);

/// Shows the ball, and moves the tip to the pointer while it is dragged.
pub(super) fn tip_ui(ui: &mut Ui, wanted: &mut Settings) {
    let (response, painter) = ui.allocate_painter(Vec2::splat(BALL), Sense::click_and_drag());
    let centre = response.rect.center();
    let radius = 0.46 * BALL;
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        (wanted.shot.side, wanted.shot.height) = offset(centre, radius, pointer);
        for setting in ["shot.side", "shot.height"].into_iter().filter_map(Setting::find) {
            turn_off_overridden(setting, wanted);
        }
    }
    painter.circle_filled(centre, radius, IVORY);
    painter.circle_stroke(centre, radius * MISCUE as f32, Stroke::new(1.0, LINE));
    let tip = centre + Vec2::new(-wanted.shot.side as f32, -wanted.shot.height as f32) * radius;
    painter.circle(tip, 5.0, ACCENT, Stroke::new(1.0, Color32::from_gray(30)));
    response.on_hover_text("drag the tip; beyond the ring it slips off");
}

/// Returns the offset of the tip, (left, up) in ball radii, for a pointer on the ball's picture; limited to the ring.
fn offset(centre: Pos2, radius: f32, pointer: Pos2) -> (f64, f64) {
    let away = (pointer - centre) / radius;
    let (side, height) = (-f64::from(away.x), -f64::from(away.y));
    let length = side.hypot(height);
    if length < CENTRE {
        return (0.0, 0.0);
    }
    // Slightly inside, so that rounding never makes it a miscue.
    let scale = (0.999 * MISCUE / length).min(1.0);
    (side * scale, height * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::think::prediction::imagined;
    use billiards_physics::Physics;
    use billiards_table::{ShotSettings, TableKind, TableVector};

    #[test]
    fn the_tip_stays_where_it_does_not_slip() {
        let centre = Pos2::new(50.0, 50.0);
        for pointer in [Pos2::new(50.0, 0.0), Pos2::new(500.0, 400.0), Pos2::new(-3.0, 52.0), Pos2::new(60.0, 45.0)] {
            let (side, height) = offset(centre, 40.0, pointer);
            let settings = ShotSettings { side, height, ..ShotSettings::default() };
            assert_eq!(Settings { shot: settings, ..Settings::default() }.validate(), Ok(()));
            let stroke =
                imagined(&settings, TableVector::new(0.0, 1.0), &TableKind::NINE_FOOT.spec(), &Physics::default());
            assert_eq!(stroke.validate(&Physics::default()), Ok(()));
        }
        assert_eq!(offset(centre, 40.0, Pos2::new(51.0, 50.5)), (0.0, 0.0));
        let (side, height) = offset(centre, 40.0, Pos2::new(38.0, 42.0));
        assert!((side - 0.3).abs() < 1e-6 && (height - 0.2).abs() < 1e-6);
    }
}
