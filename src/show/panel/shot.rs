//! The stroke that is imagined, as a function of a `Ui`.

use crate::model::ShotSettings;
use bevy_egui::egui::{self, Color32, Pos2, Sense, Stroke, Ui, Vec2};
use std::ops::RangeInclusive;

/// Side of the picture of the ball on which the tip is placed, points.
const BALL: f32 = 92.0;
/// Largest offset of the tip, ball radii: further out it slips off.
const MISCUE: f64 = 0.5;
/// Offsets smaller than this count as the centre, ball radii: a centre hit must be easy to ask for.
const CENTRE: f64 = 0.04;

const CHALK: Color32 = Color32::from_rgb(70, 130, 200);
const IVORY: Color32 = Color32::from_rgb(238, 232, 214);
const LINE: Color32 = Color32::from_gray(150);

/// Shows the settings; returns them when the operator has changed something.
pub fn shot_ui(ui: &mut Ui, settings: &ShotSettings) -> Option<ShotSettings> {
    let (mut wanted, mut reset) = (*settings, false);
    ui.horizontal(|ui| {
        ui.heading("Shot");
        if ui.button("Reset").on_hover_text("back to a firm centre hit by a practised player").clicked() {
            reset = true;
        }
    });
    if reset {
        return Some(ShotSettings::default());
    }
    ui.horizontal(|ui| {
        tip_ui(ui, &mut wanted);
        ui.vertical(|ui| {
            ui.label(format!("side {:+.2} R", 0.0 - wanted.side));
            ui.label(format!("height {:+.2} R", wanted.height));
            ui.weak("where the tip meets\nthe ball, right and up");
            ui.checkbox(&mut wanted.side_from_cue, "side as the cue points");
        });
    });
    egui::Grid::new("stroke").num_columns(2).show(ui, |ui| {
        row(ui, "speed", "m/s", &mut wanted.strike_speed, &ShotSettings::STRIKE_SPEED, 1.0, true);
        row(ui, "elevation", "°", &mut wanted.elevation, &ShotSettings::ELEVATION, 1.0_f64.to_degrees(), false);
    });
    ui.checkbox(&mut wanted.speed_from_cue, "speed as the cue strokes");
    ui.label("The player's errors");
    egui::Grid::new("errors").num_columns(2).show(ui, |ui| {
        row(ui, "aim", "°", &mut wanted.aim_error, &ShotSettings::AIM_ERROR, 1.0_f64.to_degrees(), true);
        row(ui, "speed", "%", &mut wanted.speed_error, &ShotSettings::SPEED_ERROR, 100.0, true);
        row(ui, "tip", "R", &mut wanted.tip_error, &ShotSettings::TIP_ERROR, 1.0, true);
    });
    if wanted.strike_speed != settings.strike_speed && wanted.speed_from_cue == settings.speed_from_cue {
        wanted.speed_from_cue = false;
    }
    (wanted != *settings).then_some(wanted)
}

/// A number with its unit, shown `scale` times as large as it is kept.
fn row(
    ui: &mut Ui,
    name: &str,
    unit: &str,
    value: &mut f64,
    range: &RangeInclusive<f64>,
    scale: f64,
    logarithmic: bool,
) {
    ui.label(name);
    let before = (*value * scale * 100.0).round() / 100.0;
    let mut shown = before;
    ui.add(
        egui::Slider::new(&mut shown, range.start() * scale..=range.end() * scale)
            .logarithmic(logarithmic)
            .smallest_positive(0.01)
            .max_decimals(2)
            .suffix(format!(" {unit}")),
    );
    // What was not touched keeps all its digits.
    if shown != before {
        *value = (shown / scale).clamp(*range.start(), *range.end());
    }
    ui.end_row();
}

/// The ball as the player sees it, with the tip's place to be dragged.
fn tip_ui(ui: &mut Ui, settings: &mut ShotSettings) {
    let (response, painter) = ui.allocate_painter(Vec2::splat(BALL), Sense::click_and_drag());
    let centre = response.rect.center();
    let radius = 0.46 * BALL;
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged()) {
        (settings.side, settings.height) = offset(centre, radius, pointer);
        settings.side_from_cue = false;
    }
    painter.circle_filled(centre, radius, IVORY);
    painter.circle_stroke(centre, radius * MISCUE as f32, Stroke::new(1.0, LINE));
    let tip = centre + Vec2::new(-settings.side as f32, -settings.height as f32) * radius;
    painter.circle_filled(tip, 5.0, CHALK);
    response.on_hover_text("drag the tip; beyond the ring it slips off");
}

/// Offset of the tip, (left, up) in ball radii, where the pointer is on the ball's picture; held within the ring.
fn offset(centre: Pos2, radius: f32, pointer: Pos2) -> (f64, f64) {
    let away = (pointer - centre) / radius;
    let (side, height) = (-f64::from(away.x), -f64::from(away.y));
    let length = side.hypot(height);
    if length < CENTRE {
        return (0.0, 0.0);
    }
    // A hair inside, so that rounding never makes it a miscue.
    let scale = (0.999 * MISCUE / length).min(1.0);
    (side * scale, height * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::think::{physics::Physics, prediction::imagined};

    #[test]
    fn the_tip_stays_where_it_does_not_slip() {
        let centre = Pos2::new(50.0, 50.0);
        for pointer in [Pos2::new(50.0, 0.0), Pos2::new(500.0, 400.0), Pos2::new(-3.0, 52.0), Pos2::new(60.0, 45.0)] {
            let (side, height) = offset(centre, 40.0, pointer);
            let settings = ShotSettings { side, height, ..ShotSettings::default() };
            assert_eq!(settings.validate(), Ok(()));
            let stroke = imagined(&settings, crate::model::TableVector::new(0.0, 1.0), &Physics::default());
            assert_eq!(stroke.validate(&Physics::default()), Ok(()));
        }
        assert_eq!(offset(centre, 40.0, Pos2::new(51.0, 50.5)), (0.0, 0.0));
        let (side, height) = offset(centre, 40.0, Pos2::new(38.0, 42.0));
        assert!((side - 0.3).abs() < 1e-6 && (height - 0.2).abs() < 1e-6);
    }

    #[test]
    fn looking_changes_nothing() {
        let settings = ShotSettings { strike_speed: 2.123_456, aim_error: 0.001_234_5, ..ShotSettings::default() };
        let context = egui::Context::default();
        for _ in 0..3 {
            let mut changed = None;
            context
                .run_ui(egui::RawInput::default(), |ui| changed = shot_ui(ui, &settings))
                .drop_without_applying_deltas();
            assert_eq!(changed, None);
        }
    }
}
