//! How the next stroke is imagined, and what comes of it.

use super::tip::tip_ui;
use crate::{
    model::{BallLabel, Prediction, ShotOdds, ShotSettings},
    operate::{Command, SettingsCommand},
    show::panel::{
        PanelAction, PanelView,
        setting::{Setting, number, switch},
        style::{fact, fact_on_one_line, hint, section},
    },
    think::physics::{
        Physics,
        params::{BallBallLaw, BallFriction, CushionLaw},
    },
};
use bevy_egui::egui::Ui;

/// Number of pots that are shown.
const POTS: usize = 4;

/// Draws the tab.
pub(super) fn prediction_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    actions.extend(shot_ui(ui, &view.prediction.shot).map(|wanted| SettingsCommand::SetShot(wanted).into()));
    let new_player = ui.button("New player").on_hover_text("Forgets the strokes of this player, and the shots played.");
    if new_player.clicked() {
        actions.push(Command::ResetGame.into());
    }
    section(ui, "Aimed shot", |ui| live_ui(ui, view, view.prediction.live, view.prediction.odds));
    if let Some(physics) = view.prediction.physics {
        section(ui, "Physics", |ui| physics_ui(ui, physics));
    }
}

/// Shows the settings of the shot; returns them when the operator has changed something.
fn shot_ui(ui: &mut Ui, settings: &ShotSettings) -> Option<ShotSettings> {
    let (mut wanted, usual) = (*settings, ShotSettings::default());
    section(ui, "Stroke", |ui| {
        ui.horizontal(|ui| {
            tip_ui(ui, &mut wanted);
            ui.vertical(|ui| {
                switch(
                    ui,
                    &mut wanted.side_from_cue,
                    "side as the cue points",
                    "The offset of the cue's line from the ball's centre, as it is seen, stands in for the side. Off by \
                     default.",
                );
                switch(
                    ui,
                    &mut wanted.speed_from_cue,
                    "speed as the player strokes",
                    "Once strokes of this player were seen, their usual speed stands in for the set one. On by default.",
                );
                hint(ui, "Drag the tip. Beyond the ring it slips off.");
            });
        });
        let by_hand = number(ui, &mut wanted.strike_speed, &strike_speed(usual.strike_speed));
        let mut right = 0.0 - wanted.side;
        if number(ui, &mut right, &tip("Side", -usual.side, "English: the tip to the right of the ball's centre.")) {
            (wanted.side, wanted.side_from_cue) = (0.0 - right, false);
        }
        number(ui, &mut wanted.height, &tip("Height", usual.height, "Follow above the ball's centre, draw below it."));
        number(
            ui,
            &mut wanted.elevation,
            &Setting {
                name: "Elevation",
                unit: "°",
                range: ShotSettings::ELEVATION,
                default: usual.elevation,
                scale: 1.0_f64.to_degrees(),
                decimals: 1,
                logarithmic: false,
                help: "How steeply the cue points down: with side, the way curves.",
            },
        );
        if by_hand {
            wanted.speed_from_cue = false;
        }
    });
    section(ui, "The player's errors", |ui| {
        for (value, setting) in [
            (&mut wanted.aim_error, aim_error(usual.aim_error)),
            (&mut wanted.speed_error, speed_error(usual.speed_error)),
            (&mut wanted.tip_error, tip_error(usual.tip_error)),
        ] {
            number(ui, value, &setting);
        }
        hint(ui, "Standard deviations. The chances on the cloth are worked out with them.");
    });
    (wanted != *settings).then_some(wanted)
}

fn strike_speed(default: f64) -> Setting {
    Setting {
        name: "Speed",
        unit: "m/s",
        range: ShotSettings::STRIKE_SPEED,
        default,
        scale: 1.0,
        decimals: 2,
        logarithmic: true,
        help: "Speed with which a centre hit sends the cue ball off. Set by hand, the player's usual speed no longer counts.",
    }
}

fn tip(name: &'static str, default: f64, help: &'static str) -> Setting {
    Setting { name, unit: "R", range: ShotSettings::OFFSET, default, scale: 1.0, decimals: 2, logarithmic: false, help }
}

fn aim_error(default: f64) -> Setting {
    Setting {
        name: "Aim",
        unit: "°",
        range: ShotSettings::AIM_ERROR,
        default,
        scale: 1.0_f64.to_degrees(),
        decimals: 2,
        logarithmic: true,
        help: "By how much the player misses the direction.",
    }
}

fn speed_error(default: f64) -> Setting {
    Setting {
        name: "Speed error",
        unit: "%",
        range: ShotSettings::SPEED_ERROR,
        default,
        scale: 100.0,
        decimals: 1,
        logarithmic: true,
        help: "By how much of it the player misses the speed.",
    }
}

fn tip_error(default: f64) -> Setting {
    Setting {
        name: "Tip",
        unit: "R",
        range: ShotSettings::TIP_ERROR,
        default,
        scale: 1.0,
        decimals: 3,
        logarithmic: true,
        help: "By how many ball radii the tip misses its place on the ball.",
    }
}

/// Shows the aimed shot in as many lines as without one: nothing below moves when somebody aims.
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
            (None, _) => Some("nobody aims".to_owned()),
            (Some(_), None) => Some("none".to_owned()),
            (Some(_), Some(ghost)) => Some(name(ghost.object_ball)),
        },
    );
    figure("cut", ghost.map(|ghost| format!("{:.1}°", ghost.cut_angle.to_degrees())));
    let strike = view.prediction.strike.filter(|_| live.is_some());
    figure("speed", strike.map(|strike| format!("{:.1} m/s: {}", strike.speed, strike.reason())));
    let odds = odds.filter(|_| live.is_some());
    for line in 0..POTS {
        let pot = odds.and_then(|odds| odds.pots.get(line));
        let title = if line == 0 { "pots" } else { "" };
        let text = pot.map(|pot| format!("{:.0} %  {} into {}", 100.0 * pot.chance, name(pot.ball), pot.pocket));
        figure(title, text.or_else(|| (line > 0).then(String::new)));
    }
    // An empty sum is -0.0.
    figure("scratch", odds.map(|odds| format!("{:.0} % of {} runs", 100.0 * odds.scratch + 0.0, odds.runs)));
}

fn physics_ui(ui: &mut Ui, physics: &Physics) {
    let Physics { ball, cushion, cue, .. } = physics;
    fact(ui, "balls meet", ball_law(&physics.ball_ball));
    fact(ui, "cushions", cushion_law(&physics.rail));
    fact(ui, "jaws", cushion_law(&physics.jaw));
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
