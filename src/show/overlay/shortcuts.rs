//! Keys of the projector, in one table from which they are listed and handled.

use super::{
    Picture,
    window::{Monitors, ProjectorWindow, toggle_screen},
};
use bevy::{
    input::{
        ButtonState,
        keyboard::{Key, KeyboardInput},
    },
    prelude::*,
};
use bevy_egui::input::EguiWantsInput;
use billiards_table::{ProjectorOutput, settings::Settings};

/// Action of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortcutAction {
    /// Toggles between full screen and a window.
    FillScreen,
    /// Opens the projector's window again.
    Reopen,
    /// Shows the next test card.
    NextCard,
    /// Shows the check of the calibration, or the overlay again.
    Check,
    /// Turns the light off, or on again.
    Blank,
    /// Selects the next style.
    NextStyle,
}

/// A key and its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortcut {
    /// Label of the key.
    pub key: &'static str,
    /// Description of the action.
    pub words: &'static str,
    /// Action of the key.
    pub action: ShortcutAction,
    /// `true` if the key works only in the projector's window; otherwise it works in the operator's too, except while
    /// text is entered there.
    pub projector_only: bool,
}

/// The keys of the projector.
pub const SHORTCUTS: [Shortcut; 7] = [
    shortcut("S", "next style of the overlay", ShortcutAction::NextStyle, false),
    shortcut("B", "projector's window: dark, and light again", ShortcutAction::Blank, true),
    shortcut("T", "next test card of the projector", ShortcutAction::NextCard, false),
    shortcut("C", "projector's window: check of the calibration, and back", ShortcutAction::Check, true),
    shortcut("P", "open the projector's window again", ShortcutAction::Reopen, false),
    shortcut("F11", "projector's window: fill the screen, and back", ShortcutAction::FillScreen, true),
    shortcut("Esc", "projector's window: fill the screen, and back", ShortcutAction::FillScreen, true),
];

const fn shortcut(key: &'static str, words: &'static str, action: ShortcutAction, projector_only: bool) -> Shortcut {
    Shortcut { key, words, action, projector_only }
}

/// Returns the shortcut of a key, if it has one.
fn shortcut_of(key: &Key) -> Option<&'static Shortcut> {
    SHORTCUTS.iter().find(|shortcut| match key {
        Key::Character(letter) => letter.eq_ignore_ascii_case(shortcut.key),
        Key::Escape => shortcut.key == "Esc",
        Key::F11 => shortcut.key == "F11",
        _ => false,
    })
}

/// Performs the actions of the keys that were pressed.
pub(super) fn obey_keys(
    mut keys: MessageReader<KeyboardInput>,
    windows: Query<&ProjectorWindow>,
    monitors: Monitors,
    typing: Option<Res<EguiWantsInput>>,
    mut output: ResMut<ProjectorOutput>,
    (mut picture, mut settings): (ResMut<Picture>, ResMut<Settings>),
) {
    let typing = typing.is_some_and(|egui| egui.wants_any_keyboard_input());
    for key in keys.read().filter(|key| key.state == ButtonState::Pressed && !key.repeat) {
        let Some(shortcut) = shortcut_of(&key.logical_key) else { continue };
        let window = windows.get(key.window).ok();
        if window.is_none() && (typing || shortcut.projector_only) {
            continue;
        }
        match (shortcut.action, window) {
            (ShortcutAction::FillScreen, Some(window)) => toggle_screen(&mut output, window, &monitors),
            (ShortcutAction::FillScreen, None) => {}
            (ShortcutAction::Reopen, _) => {
                if !output.open {
                    output.open = true;
                }
            }
            (ShortcutAction::NextCard, _) => *picture = picture.next_card(),
            (ShortcutAction::Check, _) => *picture = picture.toggled_check(),
            (ShortcutAction::Blank, _) => settings.overlay.on = !settings.overlay.on,
            (ShortcutAction::NextStyle, _) => {
                let next = settings.overlay.style.next();
                info!("overlay style: {}", next.name());
                settings.overlay.style = next.style();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{TestCard, settings::StylePreset};

    fn app() -> (App, Entity) {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins)
            .add_message::<KeyboardInput>()
            .init_resource::<ProjectorOutput>()
            .init_resource::<Picture>()
            .init_resource::<Settings>()
            .add_systems(Update, obey_keys);
        let operators = app.world_mut().spawn_empty().id();
        (app, operators)
    }

    fn press(app: &mut App, letter: &str, window: Entity) {
        app.world_mut().write_message(KeyboardInput {
            key_code: KeyCode::KeyA,
            logical_key: Key::Character(letter.into()),
            state: ButtonState::Pressed,
            text: None,
            repeat: false,
            window,
        });
        app.update();
    }

    #[test]
    fn each_key_does_what_the_table_says() {
        let (mut app, window) = app();
        press(&mut app, "t", window);
        assert_eq!(*app.world().resource::<Picture>(), Picture::Card(TestCard::Grid));
        press(&mut app, "s", window);
        assert_eq!(app.world().resource::<Settings>().overlay.style.preset(), Some(StylePreset::Full));
        // In the operator's window these letters switch layers of the camera's picture.
        press(&mut app, "c", window);
        press(&mut app, "b", window);
        assert_eq!(*app.world().resource::<Picture>(), Picture::Card(TestCard::Grid));
        assert!(app.world().resource::<Settings>().overlay.on);
        let projectors = app.world_mut().spawn(ProjectorWindow::windowed()).id();
        press(&mut app, "C", projectors);
        assert_eq!(*app.world().resource::<Picture>(), Picture::Check);
        press(&mut app, "c", projectors);
        assert_eq!(*app.world().resource::<Picture>(), Picture::Overlay);
        press(&mut app, "b", projectors);
        assert!(!app.world().resource::<Settings>().overlay.on);
        press(&mut app, "b", projectors);
        assert!(app.world().resource::<Settings>().overlay.on);
    }

    #[test]
    fn no_key_means_two_things() {
        for (i, shortcut) in SHORTCUTS.iter().enumerate() {
            assert!(SHORTCUTS[..i].iter().all(|other| other.key != shortcut.key), "{}", shortcut.key);
        }
    }
}
