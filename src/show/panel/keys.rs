//! Keyboard shortcuts in one table, from which they are handled and listed.

use super::{
    PanelAction, PanelView,
    setting::changed_settings,
    view::{Layers, Tab},
};
use crate::show::overlay::SHORTCUTS;
use bevy_egui::egui::{self, Event, Id, Key, Modifiers, Ui};
use billiards_table::command::{PointCommand, ProcedureCommand, ProfileCommand, ProjectorCommand, SetupCommand};

/// A keyboard shortcut.
pub(super) struct ShortCut {
    /// Label of the keys.
    pub keys: &'static str,
    /// Description of the action.
    pub words: &'static str,
    pressed: &'static [Key],
    modifiers: Modifiers,
    /// Set if holding the key repeats the action.
    repeats: bool,
    /// Returns the action in the present state; `None` if there is none.
    action: fn(&PanelView, Key) -> Option<PanelAction>,
}

#[cfg(test)]
impl ShortCut {
    /// Returns all key combinations of the shortcut.
    pub fn chords(&self) -> impl Iterator<Item = (Key, Modifiers)> {
        self.pressed.iter().map(|key| (*key, self.modifiers))
    }
}

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::CTRL };
const ARROWS: &[Key] = &[Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
const DIGITS: &[Key] =
    &[Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

const fn key(
    keys: &'static str,
    words: &'static str,
    pressed: &'static [Key],
    action: fn(&PanelView, Key) -> Option<PanelAction>,
) -> ShortCut {
    ShortCut { keys, words, pressed, modifiers: Modifiers::NONE, repeats: false, action }
}

const fn with(modifiers: Modifiers, short_cut: ShortCut) -> ShortCut {
    ShortCut { modifiers, ..short_cut }
}

const fn repeating(short_cut: ShortCut) -> ShortCut {
    ShortCut { repeats: true, ..short_cut }
}

/// All shortcuts of the operator's window.
pub(super) const SHORT_CUTS: &[ShortCut] = &[
    key("1 … 9", "open a tab", DIGITS, |_, key| {
        let place = DIGITS.iter().position(|digit| *digit == key)?;
        Tab::ALL.get(place).copied().map(PanelAction::ShowTab)
    }),
    key("F5", "calibrate", &[Key::F5], |view, _| {
        let ready = view.calibration.procedure.is_some_and(|procedure| procedure.running.is_none());
        ready.then(|| ProcedureCommand::Calibrate.into())
    }),
    key("Esc", "break the calibration off", &[Key::Escape], |view, _| {
        let runs = view.calibration.procedure.is_some_and(|procedure| procedure.running.is_some());
        runs.then(|| ProcedureCommand::Cancel.into())
    }),
    with(
        Modifiers::CTRL,
        repeating(key("Ctrl Z", "take the last change of the calibration back", &[Key::Z], |view, _| {
            view.calibration.can_undo.then(|| SetupCommand::Undo.into())
        })),
    ),
    with(
        CTRL_SHIFT,
        repeating(key("Ctrl Shift Z", "make it again", &[Key::Z], |view, _| {
            view.calibration.can_redo.then(|| SetupCommand::Redo.into())
        })),
    ),
    with(Modifiers::CTRL, key("Ctrl S", "save the profile", &[Key::S], |_, _| Some(ProfileCommand::Save.into()))),
    key("Tab", "next point of the projector's picture", &[Key::Tab], |view, _| select(view, true)),
    with(Modifiers::SHIFT, key("Shift Tab", "point before", &[Key::Tab], |view, _| select(view, false))),
    repeating(key("Arrows", "move it by 1 pixel", ARROWS, |view, key| nudge(view, key, 1.0))),
    with(Modifiers::SHIFT, repeating(key("Shift arrows", "by 10 pixels", ARROWS, |view, key| nudge(view, key, 10.0)))),
    with(Modifiers::CTRL, repeating(key("Ctrl arrows", "by 0.1 pixel", ARROWS, |view, key| nudge(view, key, 0.1)))),
    key("R", "picture: raw", &[Key::R], |view, _| layer(view, |layers| &mut layers.picture)),
    key("M", "picture: light mask", &[Key::M], |view, _| layer(view, |layers| &mut layers.light)),
    key("E", "picture: edges", &[Key::E], |view, _| layer(view, |layers| &mut layers.edges)),
    key("B", "picture: balls", &[Key::B], |view, _| layer(view, |layers| &mut layers.balls)),
    key("I", "picture: ids", &[Key::I], |view, _| layer(view, |layers| &mut layers.ids)),
    key("C", "picture: cue", &[Key::C], |view, _| layer(view, |layers| &mut layers.cue)),
    key("A", "picture: aimed shot", &[Key::A], |view, _| layer(view, |layers| &mut layers.prediction)),
    key("N", "picture: nose lines", &[Key::N], |view, _| layer(view, |layers| &mut layers.noses)),
    key("L", "light on the cloth on and off", &[Key::L], |view, _| {
        view.overlay.as_ref()?;
        let mut wanted = view.settings;
        wanted.overlay.on = !wanted.overlay.on;
        changed_settings(&view.settings, &wanted)
    }),
    key("K", "check of the calibration on the cloth, and back", &[Key::K], |view, _| {
        let procedure = view.calibration.procedure?;
        Some(ProjectorCommand::ShowCheck(!procedure.check_shown).into())
    }),
];

/// Returns the keys of the projector's window, some of which work in every window, for the list.
pub(super) fn elsewhere() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHORTCUTS.iter().map(|shortcut| (shortcut.key, shortcut.words))
}

/// Returns the id of the widget with the keyboard focus while the points of the projector's picture are moved: egui
/// must not take arrows and Tab away.
pub(super) fn hand_id() -> Id {
    Id::new("points of the projector's picture")
}

/// Returns the actions of the keys that were pressed. Keys that are typed into a text field have none.
pub(super) fn handle_shortcuts(ui: &Ui, view: &PanelView) -> Vec<PanelAction> {
    if ui.ctx().text_edit_focused() {
        return Vec::new();
    }
    // Arrows and Tab belong to the widget with the focus.
    let steers = ui.ctx().memory(|memory| memory.focused().is_none_or(|focused| focused == hand_id()));
    let events = ui.input(|input| input.events.clone());
    let pressed = events.into_iter().filter_map(|event| match event {
        Event::Key { key, pressed: true, repeat, modifiers, .. } => Some((key, repeat, modifiers)),
        _ => None,
    });
    let actions = pressed.filter_map(|(key, repeat, modifiers)| {
        let short_cut = SHORT_CUTS.iter().find(|short_cut| {
            short_cut.pressed.contains(&key)
                && modifiers.matches_exact(short_cut.modifiers)
                && (short_cut.repeats || !repeat)
                && (steers || !(key == Key::Tab || ARROWS.contains(&key)))
        })?;
        (short_cut.action)(view, key)
    });
    actions.collect()
}

fn layer(view: &PanelView, which: fn(&mut Layers) -> &mut bool) -> Option<PanelAction> {
    let mut layers = view.layers;
    let on = which(&mut layers);
    *on = !*on;
    Some(PanelAction::SetLayers(layers))
}

fn select(view: &PanelView, next: bool) -> Option<PanelAction> {
    let hand = view.calibration.hand.as_ref().filter(|_| view.tab == Tab::Calibration)?;
    let count = hand.points.len().max(1);
    Some(PointCommand::Select((hand.selected + if next { 1 } else { count - 1 }) % count).into())
}

fn nudge(view: &PanelView, key: Key, step: f64) -> Option<PanelAction> {
    view.calibration.hand.as_ref().filter(|_| view.tab == Tab::Calibration)?;
    let (dx, dy) = match key {
        Key::ArrowLeft => (-step, 0.0),
        Key::ArrowRight => (step, 0.0),
        Key::ArrowUp => (0.0, -step),
        _ => (0.0, step),
    };
    Some(PointCommand::NudgeSelected { dx, dy }.into())
}

/// Keeps the keyboard focus on the points while no other widget has it.
pub(super) fn hold_focus(ui: &Ui) {
    ui.ctx().memory_mut(|memory| {
        if memory.focused().is_none() {
            memory.request_focus(hand_id());
        }
        let filter = egui::EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        memory.set_focus_lock_filter(hand_id(), filter);
    });
}
