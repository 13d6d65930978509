//! What can be switched on and off in the overlay: one list to show, one place to switch.

use crate::show::overlay::{OverlayStyle, OverlaySwitch};

/// The overlay as a whole; the first of the list.
const LIGHT: &str = "Light on the cloth";

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toggle {
    /// As it is written, and named in [`Command::SetToggle`](super::Command::SetToggle).
    pub name: &'static str,
    /// Whether it is on.
    pub on: bool,
    /// What it does, for a tooltip.
    pub help: &'static str,
}

/// A switch of the style: its name, where it is, and what it does.
type StyleSwitch = (&'static str, fn(&mut OverlayStyle) -> &mut bool, &'static str);

/// All switches of the style.
const STYLE: [StyleSwitch; 14] = [
    ("Cue ball's way", |style| &mut style.cue_path, "The cue ball's way, before and after the contact."),
    ("Ghost ball", |style| &mut style.ghost_ball, "The cue ball's outline where it first touches a ball."),
    ("Object ball's way", |style| &mut style.object_path, "The way of the ball that is hit first."),
    ("Tangent line", |style| &mut style.tangent_line, "Where a cue ball without spin leaves to."),
    ("Other balls", |style| &mut style.other_balls, "The ways of the balls that are hit after that."),
    ("Rail marks", |style| &mut style.rails, "Crosses where balls meet cushions."),
    ("Stopping points", |style| &mut style.stopping_points, "Outlines where balls come to rest."),
    ("Pocket", |style| &mut style.pocket, "A ring round each pocket that takes a ball."),
    ("Make %", |style| &mut style.chance, "The chance of the pot beside its pocket."),
    ("Fan", |style| &mut style.fan, "How far the outcomes spread when the shot is played many times."),
    ("Line of sight", |style| &mut style.sight_line, "Where the cue points, when english takes the ball off it."),
    ("Rings", |style| &mut style.rings, "Rings round the cue ball and the object ball."),
    ("Legend", |style| &mut style.legend, "Numbers and names beside the balls."),
    ("Follow balls", |style| &mut style.follow, "A ring round every ball, which goes with it while it moves."),
];

/// The switches as they are.
pub fn list(switch: &OverlaySwitch, style: Option<&OverlayStyle>) -> Vec<Toggle> {
    let light = Toggle { name: LIGHT, on: switch.on, help: "Off, the projector throws no light at all." };
    let of_style = style.into_iter().flat_map(|style| {
        let mut style = *style;
        STYLE.map(|(name, of, help)| Toggle { name, on: *of(&mut style), help })
    });
    [light].into_iter().chain(of_style).collect()
}

/// Turns the switch of this name.
pub fn set(switch: &mut OverlaySwitch, style: Option<&mut OverlayStyle>, name: &str, on: bool) {
    if name == LIGHT {
        switch.on = on;
    }
    if let (Some(style), Some((_, of, _))) = (style, STYLE.iter().find(|(other, ..)| *other == name)) {
        *of(style) = on;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_turns_itself_and_nothing_else() {
        let (mut switch, mut style) = (OverlaySwitch::default(), OverlayStyle::STANDARD);
        for i in 0..=STYLE.len() {
            let before = list(&switch, Some(&style));
            set(&mut switch, Some(&mut style), before[i].name, !before[i].on);
            let after = list(&switch, Some(&style));
            for (j, (a, b)) in before.iter().zip(&after).enumerate() {
                assert_eq!(a.on != b.on, i == j, "{} turned {}", before[i].name, a.name);
            }
        }
    }
}
