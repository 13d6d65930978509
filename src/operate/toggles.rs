//! What can be switched on and off in the overlay: one list to show, one place to switch.

use crate::show::overlay::OverlaySwitch;
use billiards_table::settings::OverlayStyle;

/// A switch of the overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toggle {
    /// All of the overlay's light.
    Light,
    /// [`OverlayStyle::cue_path`].
    CuePath,
    /// [`OverlayStyle::ghost_ball`].
    GhostBall,
    /// [`OverlayStyle::object_path`].
    ObjectPath,
    /// [`OverlayStyle::tangent_line`].
    TangentLine,
    /// [`OverlayStyle::other_balls`].
    OtherBalls,
    /// [`OverlayStyle::rails`].
    Rails,
    /// [`OverlayStyle::stopping_points`].
    StoppingPoints,
    /// [`OverlayStyle::pocket`].
    Pocket,
    /// [`OverlayStyle::chance`].
    Chance,
    /// [`OverlayStyle::fan`].
    Fan,
    /// [`OverlayStyle::sight_line`].
    SightLine,
    /// [`OverlayStyle::rings`].
    Rings,
    /// [`OverlayStyle::legend`].
    Legend,
    /// [`OverlayStyle::follow`].
    Follow,
}

/// A switch as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToggleView {
    /// Which switch.
    pub toggle: Toggle,
    /// Whether it is on.
    pub on: bool,
}

impl Toggle {
    /// All switches of the style, in the order in which they are shown.
    const OF_STYLE: [Self; 14] = [
        Self::CuePath,
        Self::GhostBall,
        Self::ObjectPath,
        Self::TangentLine,
        Self::OtherBalls,
        Self::Rails,
        Self::StoppingPoints,
        Self::Pocket,
        Self::Chance,
        Self::Fan,
        Self::SightLine,
        Self::Rings,
        Self::Legend,
        Self::Follow,
    ];

    /// The label beside the switch.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.words().0
    }

    /// What the switch does, for a tooltip.
    #[must_use]
    pub const fn help(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("Light on the cloth", "Off, the projector throws no light at all."),
            Self::CuePath => ("Cue ball's way", "The cue ball's way, before and after the contact."),
            Self::GhostBall => ("Ghost ball", "The cue ball's outline where it first touches a ball."),
            Self::ObjectPath => ("Object ball's way", "The way of the ball that is hit first."),
            Self::TangentLine => ("Tangent line", "Where a cue ball without spin leaves to."),
            Self::OtherBalls => ("Other balls", "The ways of the balls that are hit after that."),
            Self::Rails => ("Rail marks", "Crosses where balls meet cushions."),
            Self::StoppingPoints => ("Stopping points", "Outlines where balls come to rest."),
            Self::Pocket => ("Pocket", "A ring round each pocket that takes a ball."),
            Self::Chance => ("Make %", "The chance of the pot beside its pocket."),
            Self::Fan => ("Fan", "How far the outcomes spread when the shot is played many times."),
            Self::SightLine => ("Line of sight", "Where the cue points, when english takes the ball off it."),
            Self::Rings => ("Rings", "Rings round the cue ball and the object ball."),
            Self::Legend => ("Legend", "Numbers and names beside the balls."),
            Self::Follow => ("Follow balls", "A ring round every ball, which goes with it while it moves."),
        }
    }

    /// The switch's place in the style; `None` for the light as a whole.
    fn of(self, style: &mut OverlayStyle) -> Option<&mut bool> {
        Some(match self {
            Self::Light => return None,
            Self::CuePath => &mut style.cue_path,
            Self::GhostBall => &mut style.ghost_ball,
            Self::ObjectPath => &mut style.object_path,
            Self::TangentLine => &mut style.tangent_line,
            Self::OtherBalls => &mut style.other_balls,
            Self::Rails => &mut style.rails,
            Self::StoppingPoints => &mut style.stopping_points,
            Self::Pocket => &mut style.pocket,
            Self::Chance => &mut style.chance,
            Self::Fan => &mut style.fan,
            Self::SightLine => &mut style.sight_line,
            Self::Rings => &mut style.rings,
            Self::Legend => &mut style.legend,
            Self::Follow => &mut style.follow,
        })
    }
}

/// Returns the switches as they are: the light, then those of the style where there is one.
pub fn list(switch: &OverlaySwitch, style: Option<&OverlayStyle>) -> Vec<ToggleView> {
    let light = ToggleView { toggle: Toggle::Light, on: switch.on };
    let of_style = style.into_iter().flat_map(|style| {
        let mut style = *style;
        Toggle::OF_STYLE.map(|toggle| ToggleView { toggle, on: toggle.of(&mut style).is_some_and(|on| *on) })
    });
    std::iter::once(light).chain(of_style).collect()
}

/// Turns a switch on or off.
pub fn set(switch: &mut OverlaySwitch, style: Option<&mut OverlayStyle>, toggle: Toggle, on: bool) {
    match style.and_then(|style| toggle.of(style)) {
        Some(place) => *place = on,
        None if toggle == Toggle::Light => switch.on = on,
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_turns_itself_and_nothing_else() {
        let (mut switch, mut style) = (OverlaySwitch::default(), OverlayStyle::STANDARD);
        for i in 0..=Toggle::OF_STYLE.len() {
            let before = list(&switch, Some(&style));
            set(&mut switch, Some(&mut style), before[i].toggle, !before[i].on);
            let after = list(&switch, Some(&style));
            for (j, (a, b)) in before.iter().zip(&after).enumerate() {
                assert_eq!(a.on != b.on, i == j, "{} turned {}", before[i].toggle.label(), a.toggle.label());
            }
        }
    }
}
