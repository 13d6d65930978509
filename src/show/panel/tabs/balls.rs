//! The Balls tab: the balls and their positions.

use crate::show::panel::{
    PanelView,
    style::{BAD, fact, hint, section},
};
use bevy_egui::egui::{Grid, RichText, Ui};
use billiards_table::{Ball, BallState, Cue, CueState};

/// Draws the tab.
pub(super) fn balls_ui(ui: &mut Ui, view: &PanelView) {
    section(ui, &format!("Balls: {}", view.balls.len()), |ui| {
        if view.balls.is_empty() {
            ui.weak("none on the table, or the table is not known");
            return;
        }
        Grid::new("balls").num_columns(5).min_row_height(18.0).spacing([12.0, 2.0]).striped(true).show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 0.0;
            for name in ["ball", "x, y  mm", "m/s", "sure", ""] {
                ui.label(RichText::new(name).small().weak());
            }
            ui.end_row();
            let mut balls = view.balls.clone();
            balls.sort_by_key(|ball| (ball.label, ball.id));
            balls.into_iter().for_each(|ball| ball_row(ui, ball));
        });
    });
    section(ui, "Cue", |ui| cue_ui(ui, view.cue));
    let seen = view.sight.map_or(0, |sight| sight.detections.balls.len());
    hint(ui, &format!("{seen} seen in the newest picture. Places are measured from the table's corner, x across it."));
}

fn ball_row(ui: &mut Ui, ball: &Ball) {
    ui.label(RichText::new(ball.label.or_id(ball.id)).strong()).on_hover_text(format!(
        "#{}, {}",
        ball.id.0,
        ball.class.name()
    ));
    ui.monospace(format!("{:6.1} {:6.1}", 1e3 * ball.position.x, 1e3 * ball.position.y));
    ui.monospace(format!("{:4.2}", ball.velocity.length()));
    ui.monospace(format!("{:3.0} %", 100.0 * ball.confidence));
    match ball.state {
        BallState::Resting => ui.weak("rests"),
        BallState::Moving => ui.label("moves"),
        BallState::Occluded => ui.colored_label(BAD, "hidden"),
    };
    ui.end_row();
}

/// Shows the cue in as many lines as without one, so that nothing below moves when somebody aims.
fn cue_ui(ui: &mut Ui, cue: Option<&Cue>) {
    let state = cue.map_or("not over the table", |cue| match cue.state {
        CueState::Aiming => "aims",
        CueState::Stroking => "strokes",
        CueState::Struck => "has struck",
        CueState::Away => "over the table",
    });
    let mut figure = |name: &str, text: Option<String>| fact(ui, name, text.unwrap_or_else(|| "–".to_owned()));
    figure("state", Some(state.to_owned()));
    figure("tip", cue.map(|cue| format!("{:.1}, {:.1} mm", 1e3 * cue.tip.x, 1e3 * cue.tip.y)));
    figure("speed", cue.map(|cue| format!("{:+.2} m/s", cue.speed)));
    figure("last stroke", cue.and_then(|cue| cue.stroke_speed).map(|speed| format!("{speed:.2} m/s")));
    figure("offset", cue.and_then(|cue| cue.offset).map(|left| format!("{:+.1} mm to the left", 1e3 * left)));
}
