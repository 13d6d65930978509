//! Learns the speed of the player's strokes from the shots that were played.

use super::player::{LayoutKind, ObservedStroke, PlayerStrokes};
use crate::think::history::ShotHistory;
use bevy::prelude::*;
use billiards_table::{BallLabel, TableEvent};

/// Address of the player when the cue was last aimed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Address {
    /// Kind of layout that the stroke would be played at.
    pub layout: LayoutKind,
    /// Speed of a cue ball struck as fast as the last practice stroke, m/s; `None` without a practice stroke.
    pub practice: Option<f64>,
}

/// Knowledge of the player of this session.
#[derive(Resource, Debug, Default)]
pub(super) struct Player {
    /// Strokes that were played.
    pub strokes: PlayerStrokes,
    /// Last address since the last shot began.
    pub address: Option<Address>,
    /// Address of the shot that began last.
    played: Option<Address>,
    /// Number of the last shot that was learnt from, in the history.
    learnt: u64,
}

/// Learns from finished shots; a cue ball that moved without an address was not struck by the player. Once the shots
/// are forgotten, a new session begins, perhaps with another player.
pub(super) fn learn(
    mut events: MessageReader<TableEvent>,
    history: Option<Res<ShotHistory>>,
    mut player: ResMut<Player>,
) {
    let player = player.bypass_change_detection();
    for event in events.read() {
        if matches!(event, TableEvent::ShotStarted { .. }) {
            player.played = player.address.take();
        }
    }
    let Some(history) = history.filter(|history| history.is_changed()) else { return };
    let newest = history.newest_first().next();
    let number = newest.map_or(0, |shot| shot.id);
    if number < player.learnt {
        *player = Player::default();
    }
    if number == player.learnt {
        return;
    }
    player.learnt = number;
    let cue_ball = BallLabel::Cue.to_string();
    if let Some((shot, address)) = newest.filter(|shot| shot.struck == cue_ball).zip(player.played.take()) {
        let Address { layout, practice } = address;
        player.strokes.add(ObservedStroke { layout, speed: shot.strike_speed, practice });
    }
}
