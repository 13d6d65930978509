//! Settings file: read at the start, followed while the program runs, written when settings are changed in the panel or
//! from a phone.

mod document;
mod follow;

pub use follow::SettingsFilePlugin;

use billiards_files::{self, Loaded, ReadError};
use billiards_server::settings::RemoteSettings;
use billiards_table::{
    ShotSettings,
    settings::{OverlaySettings, Settings, SettingsError},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    io,
    path::{Path, PathBuf},
};
use tracing::warn;

/// Error of reading or writing settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file cannot be read.
    #[error("cannot read the settings ({source}): {}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file exists and is empty.
    #[error("the settings file is empty; remove it to begin with the defaults: {}", path.display())]
    Empty {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file is not UTF-8 text.
    #[error("the settings file is damaged (no UTF-8 text from byte {position} on): {}", path.display())]
    NotText {
        /// Path of the file.
        path: PathBuf,
        /// Position of the first invalid byte.
        position: usize,
    },
    /// The file holds no valid settings.
    #[error("{source}; in {}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Description and place of the error.
        source: SettingsError,
    },
    /// The file cannot be written.
    #[error("cannot write the settings ({source}): {}", path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

impl SettingsFileError {
    fn read(path: &Path, error: ReadError) -> Self {
        let path = path.to_owned();
        match error {
            ReadError::Io(source) => Self::Read { path, source },
            ReadError::Empty => Self::Empty { path },
            ReadError::NotText(position) => Self::NotText { path, position },
        }
    }
}

/// Returns the path of the user's own settings file.
#[must_use]
pub fn usual_path() -> PathBuf {
    directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("settings.toml"), |dirs| dirs.config_dir().join("settings.toml"))
}

/// Contents of a file of settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredSettings {
    /// Settings that can be changed while the program runs.
    pub settings: Settings,
    /// Publishers and their limits, in the table `remote`. They are set in the file alone and read at the start: if
    /// they could be set over the network, others could write files, and read addresses that contain passwords.
    pub remote: RemoteSettings,
}

impl StoredSettings {
    fn from_toml(text: &str) -> Result<Self, SettingsError> {
        /// Structure of the whole file, so that errors name the right line.
        #[derive(Deserialize)]
        #[serde(default, deny_unknown_fields)]
        struct File {
            overlay: OverlaySettings,
            shot: ShotSettings,
            remote: RemoteSettings,
        }
        impl Default for File {
            fn default() -> Self {
                let Settings { overlay, shot } = Settings::default();
                Self { overlay, shot, remote: RemoteSettings::default() }
            }
        }
        let File { overlay, shot, remote } = billiards_table::document::from_toml(text)?;
        let settings = Settings { overlay, shot };
        settings.validate()?;
        remote.validate().map_err(|error| SettingsError::Shape(error.to_string()))?;
        Ok(Self { settings, remote })
    }

    fn to_toml(&self) -> String {
        let remote = toml::Table::from_iter([("remote", &self.remote)].map(|(name, remote)| {
            (name.to_owned(), toml::Value::try_from(remote).expect("plain data has a TOML form"))
        }));
        let usual = self.remote == RemoteSettings::default();
        self.settings.to_toml() + &if usual { String::new() } else { format!("\n{remote}") }
    }
}

/// Reads settings; a missing file gives the defaults.
///
/// # Errors The file cannot be read, or holds no valid settings.
pub fn load(path: &Path) -> Result<StoredSettings, SettingsFileError> {
    load_text(path).map(|(_, stored)| stored)
}

/// Reads settings together with their text, which is `None` for a missing file.
fn load_text(path: &Path) -> Result<(Option<String>, StoredSettings), SettingsFileError> {
    let text = match billiards_files::read(path) {
        Ok(text) => text,
        Err(error) if error.is_missing() => return Ok((None, StoredSettings::default())),
        Err(error) => return Err(SettingsFileError::read(path, error)),
    };
    match StoredSettings::from_toml(&text) {
        Ok(stored) => Ok((Some(text), stored)),
        Err(source) => Err(SettingsFileError::Invalid { path: path.to_owned(), source }),
    }
}

/// Reads settings; if the file is damaged, the last good copy of it. An empty file without such a copy gives the
/// defaults. The result has a warning if it differs from the file.
///
/// # Errors The file is damaged, and there is no good copy.
pub fn load_or_before(path: &Path) -> Result<Loaded<StoredSettings>, SettingsFileError> {
    let before = billiards_files::before(path);
    let present = |path: &Path| match load_text(path)? {
        (Some(_), stored) => Ok(Some(stored)),
        (None, _) if path == before => Err(SettingsFileError::Empty { path: path.to_owned() }),
        (None, _) => Ok(None),
    };
    match billiards_files::load_or_before(path, present, |_| true) {
        Ok(Loaded { value: Some(value), warning }) => Ok(Loaded { value, warning }),
        Ok(Loaded { value: None, .. }) => {
            let kept = matches!(load_text(&before), Ok((Some(_), _)));
            let warning = kept.then(|| {
                let (path, before) = (path.display(), before.display());
                format!(
                    "there are no settings, the defaults are in force: {path}; a copy from before is here: {before}"
                )
            });
            Ok(Loaded { value: StoredSettings::default(), warning })
        }
        Err(error @ SettingsFileError::Empty { .. }) => {
            let warning = Some(format!("{error}; there is no copy from before: the defaults are in force"));
            Ok(Loaded { value: StoredSettings::default(), warning })
        }
        Err(error) => Err(error),
    }
}

/// Change of the settings that is to be written.
#[derive(Debug, Clone, Copy)]
struct SettingsChange<'a> {
    /// Settings in the file when it was last read or written.
    saved: &'a Settings,
    /// Change as a merge patch (RFC 7396).
    patch: &'a Value,
    /// Settings in force, used if the file and the change do not go together.
    in_force: &'a Settings,
}

impl SettingsChange<'_> {
    /// Applies the change to settings; returns the result and the patch that leads there.
    fn applied(&self, before: &Settings) -> (Settings, Value) {
        match before.patched(self.patch) {
            Ok(settings) => (settings, self.patch.clone()),
            Err(_) => (*self.in_force, self.in_force.changes_since(before)),
        }
    }
}

/// Writes a change of the settings atomically and synced to the disk, and returns what the file then holds. The rest of
/// a good file stays, including comments and edits of others; a copy of it is kept as `FILE.before`. A damaged file is
/// kept as `FILE.bad`.
///
/// # Errors The folder or a file cannot be written, or the file cannot be read; nothing is changed then.
fn save(path: &Path, change: SettingsChange) -> Result<StoredSettings, SettingsFileError> {
    let (text, stored) = match load_text(path) {
        Ok((Some(text), StoredSettings { settings, remote })) => {
            let (settings, patch) = change.applied(&settings);
            let stored = StoredSettings { settings, remote };
            let patched = document::patched(&text, &patch);
            let patched = patched.filter(|text| StoredSettings::from_toml(text).is_ok_and(|read| read == stored));
            (patched.unwrap_or_else(|| stored.to_toml()), stored)
        }
        Err(error @ SettingsFileError::Read { .. }) => return Err(error),
        absent_or_damaged => {
            let damage = absent_or_damaged.err();
            let remote =
                load(&billiards_files::before(path)).ok().filter(|_| damage.is_some()).unwrap_or_default().remote;
            if let Some(error @ (SettingsFileError::Invalid { .. } | SettingsFileError::NotText { .. })) = damage {
                warn!("{error}; it is replaced, and kept here: {}", billiards_files::bad(path).display());
            }
            let stored = StoredSettings { settings: change.applied(change.saved).0, remote };
            (stored.to_toml(), stored)
        }
    };
    billiards_files::replace(path, text.as_bytes(), |text| StoredSettings::from_toml(text).is_ok())
        .map_err(|source| SettingsFileError::Write { path: path.to_owned(), source })?;
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn with_side(side: f64) -> Settings {
        Settings { shot: ShotSettings { side, ..ShotSettings::default() }, ..Settings::default() }
    }

    fn save_side(path: &Path, side: f64) -> StoredSettings {
        let (saved, in_force) = (Settings::default(), with_side(side));
        let patch = json!({"shot": {"side": side}});
        save(path, SettingsChange { saved: &saved, patch: &patch, in_force: &in_force }).expect("saves")
    }

    fn loaded(path: &Path) -> Settings {
        load(path).expect("loads").settings
    }

    #[test]
    fn settings_are_kept_and_the_ones_before_them_too() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/settings.toml");
        assert_eq!(load(&path).expect("none are the defaults"), StoredSettings::default());
        save_side(&path, 0.1);
        save_side(&path, 0.2);
        assert_eq!(loaded(&path), with_side(0.2));
        fs::write(&path, "[shot]\nside = \"left\"\n").expect("writes");
        let Loaded { value, warning } = load_or_before(&path).expect("from before");
        let warning = warning.expect("a warning");
        assert_eq!(value.settings, with_side(0.1));
        assert!(warning.contains("line 2") && warning.contains("settings.toml.before"), "{warning}");
        save_side(&path, 0.3);
        assert!(fs::read_to_string(billiards_files::bad(&path)).expect("kept").contains("left"));
        assert_eq!(load_or_before(&path).expect("loads"), Loaded::good(load(&path).expect("loads")));
        assert_eq!(loaded(&billiards_files::before(&path)), with_side(0.1));
    }

    #[test]
    fn an_emptied_file_is_damage_and_an_absent_one_is_told() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        for blank in ["", "\n\n", "\0\0\0"] {
            fs::write(&path, blank).expect("emptied");
            let Loaded { value, warning } = load_or_before(&path).expect("the defaults");
            assert_eq!(value, StoredSettings::default());
            assert!(warning.expect("a warning").contains("empty"));
        }
        save_side(&path, 0.1);
        save_side(&path, 0.2);
        fs::write(&path, "").expect("emptied");
        let Loaded { value, warning } = load_or_before(&path).expect("from before");
        assert_eq!(value.settings, with_side(0.1));
        assert!(warning.expect("a warning").contains("settings.toml.before"));
        // A file with only a comment is not empty.
        fs::write(&path, "# nothing yet\n").expect("written");
        assert_eq!(load_or_before(&path).expect("the defaults"), Loaded::good(StoredSettings::default()));
        fs::remove_file(&path).expect("removed");
        let Loaded { value, warning } = load_or_before(&path).expect("the defaults");
        assert_eq!(value, StoredSettings::default());
        assert!(warning.expect("a warning").contains("settings.toml.before"));
    }

    #[test]
    fn only_what_was_changed_is_written_into_a_file_of_somebody_else() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        let text = "# The club's own.\n[shot]\nheight = 0.25 # follow\n\n[[remote.publishers]] # the score board\n\
                    kind = \"webhook\"\nurl = \"http://127.0.0.1:9/hook\"\n";
        fs::write(&path, text).expect("writes");
        let before = load(&path).expect("loads");
        let stored = save_side(&path, 0.1);
        let shot = ShotSettings { side: 0.1, height: 0.25, ..ShotSettings::default() };
        assert_eq!(stored, StoredSettings { settings: Settings { shot, ..Settings::default() }, ..before.clone() });
        assert_eq!(load(&path).expect("loads"), stored);
        let written = fs::read_to_string(&path).expect("there");
        assert_eq!(written, text.replace("# follow\n", "# follow\nside = 0.1\n"));
        // A damaged file loses its settings, but not the publishers of the last good one.
        fs::write(&path, "[shot").expect("damaged");
        assert_eq!(save_side(&path, 0.2), StoredSettings { settings: with_side(0.2), remote: before.remote });
        fs::write(&path, "[remote.resilience]\nretries = 99\n").expect("writes");
        let error = load(&path).expect_err("too many").to_string();
        assert!(error.contains("retries"), "{error}");
    }

    #[test]
    fn what_does_not_go_together_with_the_file_is_written_as_it_is_in_force() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        fs::write(&path, "[shot]\nheight = 0.5\n").expect("writes");
        let patch = json!({"shot": {"side": 0.5}});
        let (saved, in_force) = (Settings::default(), with_side(0.5));
        assert!(loaded(&path).patched(&patch).is_err());
        let stored = save(&path, SettingsChange { saved: &saved, patch: &patch, in_force: &in_force }).expect("saves");
        assert_eq!((&stored.settings, &loaded(&path)), (&in_force, &in_force));
    }

    #[test]
    fn the_settings_that_are_described_can_be_put_into_the_file() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol/README.md");
        let page = fs::read_to_string(page).expect("the description");
        let block = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
        let StoredSettings { settings, remote } = StoredSettings::from_toml(block).expect("settings");
        assert_eq!((settings, remote.resilience), (Settings::default(), RemoteSettings::default().resilience));
        assert_eq!(remote.publishers.len(), 2);
    }

    #[test]
    fn damaged_settings_without_good_ones_are_told() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        fs::write(&path, "[overlay.theme]\nring_radii = 1.0\n").expect("writes");
        let error = load_or_before(&path).expect_err("lights the ball").to_string();
        assert!(error.contains("1.7 to 5") && error.contains("settings.toml"), "{error}");
        fs::write(&path, b"[shot]\nside = \xff").expect("writes");
        let error = load_or_before(&path).expect_err("no text").to_string();
        assert!(error.contains("byte 14") && error.contains("settings.toml"), "{error}");
    }
}
