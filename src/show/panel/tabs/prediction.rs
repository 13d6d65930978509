//! The Prediction tab: parameters of the next stroke, and the predicted outcome.

use super::tip::tip_ui;
use crate::show::panel::{
    PanelAction, PanelView,
    setting::{changed_settings, group_ui, setting_ui},
    style::{fact, fact_on_one_line, hint, section},
};
use bevy_egui::egui::Ui;
use billiards_physics::{
    Physics,
    params::{BallBallLaw, BallFriction, CushionLaw},
};
use billiards_table::{
    BallLabel, Prediction, ShotOdds,
    command::Command,
    settings::{Field, Group, Settings},
};

/// Number of pots shown.
const POTS: usize = 4;

/// Draws the tab.
pub(super) fn prediction_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let mut wanted = view.settings;
    stroke_ui(ui, &mut wanted);
    let table = &view.table.spec;
    group_ui(ui, Group::Errors, table, &mut wanted);
    let shown = if table.pockets.is_some() { "chances on the cloth are" } else { "spread on the cloth is" };
    hint(ui, &format!("The {shown} worked out with them."));
    actions.extend(changed_settings(&view.settings, &wanted));
    let new_player = ui.button("New player").on_hover_text("Resets the strokes of this player and the list of shots.");
    if new_player.clicked() {
        actions.push(Command::ResetGame.into());
    }
    section(ui, "Aimed shot", |ui| live_ui(ui, view, view.prediction.live, view.prediction.odds));
    if let Some(physics) = view.prediction.physics {
        section(ui, "Physics", |ui| physics_ui(ui, physics, table.pockets.is_some()));
    }
}

/// Shows the tip on the ball with the switches next to it, then the numbers.
fn stroke_ui(ui: &mut Ui, wanted: &mut Settings) {
    let (switches, numbers): (Vec<_>, Vec<_>) =
        Group::Stroke.settings().partition(|setting| matches!(setting.field, Field::Switch(_)));
    section(ui, Group::Stroke.title(), |ui| {
        ui.horizontal(|ui| {
            tip_ui(ui, wanted);
            ui.vertical(|ui| {
                for setting in switches {
                    setting_ui(ui, setting, wanted);
                }
                hint(ui, "Drag the tip. Beyond the ring it slips off.");
            });
        });
        for setting in numbers {
            setting_ui(ui, setting, wanted);
        }
    });
}

/// Shows the aimed shot in as many lines as without one, so that nothing below moves when somebody aims.
fn live_ui(ui: &mut Ui, view: &PanelView, live: Option<&Prediction>, odds: Option<&ShotOdds>) {
    let name = |id| {
        let ball = view.balls.iter().find(|ball| ball.id == id);
        ball.map_or(BallLabel::Unknown, |ball| ball.label).or_id(id)
    };
    let mut figure = |name: &str, text: Option<String>| {
        let text = text.unwrap_or_else(|| "–".to_owned());
        fact_on_one_line(ui, name, &text);
    };
    let ghost = live.and_then(|live| live.ghost_ball);
    figure(
        "first ball",
        match (live, ghost) {
            (None, _) => Some("no aim detected".to_owned()),
            (Some(_), None) => Some("none".to_owned()),
            (Some(_), Some(ghost)) => Some(name(ghost.object_ball)),
        },
    );
    figure("cut", ghost.map(|ghost| format!("{:.1}°", ghost.cut_angle.to_degrees())));
    let strike = view.prediction.strike.filter(|_| live.is_some());
    figure("speed", strike.map(|strike| format!("{:.1} m/s: {}", strike.speed, strike.reason())));
    let odds = odds.filter(|_| live.is_some());
    if view.table.spec.pockets.is_none() {
        return;
    }
    for line in 0..POTS {
        let pot = odds.and_then(|odds| odds.pots.get(line));
        let title = if line == 0 { "pots" } else { "" };
        let text = pot.map(|pot| format!("{:.0} %  {} into {}", 100.0 * pot.chance, name(pot.ball), pot.pocket));
        figure(title, text.or_else(|| (line > 0).then(String::new)));
    }
    // An empty sum is -0.0.
    figure("scratch", odds.map(|odds| format!("{:.0} % of {} runs", 100.0 * odds.scratch + 0.0, odds.runs)));
}

fn physics_ui(ui: &mut Ui, physics: &Physics, has_pockets: bool) {
    let Physics { ball, cushion, cue, .. } = physics;
    fact(ui, "balls meet", ball_law(&physics.ball_ball));
    fact(ui, "cushions", cushion_law(&physics.rail));
    if has_pockets {
        fact(ui, "jaws", cushion_law(&physics.jaw));
    }
    for (name, value) in [
        ("ball", format!("{:.0} g, restitution {:.3}", 1e3 * ball.mass, ball.restitution)),
        ("sliding", format!("friction {:.3}", ball.sliding_friction)),
        ("rolling", format!("resistance {:.4}", ball.rolling_friction)),
        ("spinning", format!("{:.3} × radius in metres", ball.spin_friction_per_radius)),
        ("cushion", format!("restitution {:.2}, friction {:.2}", cushion.restitution, cushion.friction)),
        ("cue", format!("{:.0} g, miscues from {:.2} R", 1e3 * cue.mass, cue.miscue_limit)),
    ] {
        fact(ui, name, value);
    }
    hint(ui, "A table's own figures are measured by the command fit, and taken up when the program starts.");
}

fn ball_law(law: &BallBallLaw) -> String {
    match law {
        BallBallLaw::FrictionalInelastic(BallFriction::Alciatore { .. }) => {
            "inelastic, friction by Alciatore".to_owned()
        }
        BallBallLaw::FrictionalInelastic(BallFriction::Constant(friction)) => {
            format!("inelastic, friction {friction:.3}")
        }
        BallBallLaw::Frictionless => "elastic and smooth".to_owned(),
        BallBallLaw::Mathavan { friction, .. } => format!("Mathavan, friction {friction:.3}"),
    }
}

fn cushion_law(law: &CushionLaw) -> &'static str {
    match law {
        CushionLaw::Stronge { .. } => "Stronge, compliant",
        CushionLaw::Han => "Han, one impulse",
        CushionLaw::Mathavan { .. } => "Mathavan, integrated",
        CushionLaw::Impulse => "one impulse, rigid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy_egui::egui;
    use billiards_table::{ShotSettings, TableKind};

    #[test]
    fn looking_changes_nothing() {
        let shot = ShotSettings { strike_speed: 2.123_456, aim_error: 0.001_234_5, ..ShotSettings::default() };
        let settings = Settings { shot, ..Settings::default() };
        let (context, table) = (egui::Context::default(), TableKind::NINE_FOOT.spec());
        for _ in 0..3 {
            let mut wanted = settings;
            let output = context.run_ui(egui::RawInput::default(), |ui| {
                stroke_ui(ui, &mut wanted);
                group_ui(ui, Group::Errors, &table, &mut wanted);
            });
            output.drop_without_applying_deltas();
            assert_eq!(wanted, settings);
        }
    }
}
