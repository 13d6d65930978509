//! The file that settings are kept in: read at the start, followed while the program runs, written when something was
//! changed in the panel or from a phone.

use crate::show::control::{Command, Controls, Settings, settings::SettingsError};
use bevy::prelude::*;
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};
use tracing::{info, warn};

/// Changes are written when nothing was changed for so long: a slider is not a hundred files.
const QUIET: Duration = Duration::from_millis(800);
/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why settings cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// The file cannot be read.
    #[error("cannot read the settings ({source}): {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no settings.
    #[error("{source}; in {}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: SettingsError,
    },
    /// The file cannot be written.
    #[error("cannot write the settings ({source}): {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The user's own file of settings.
#[must_use]
pub fn usual_path() -> PathBuf {
    directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("settings.toml"), |dirs| dirs.config_dir().join("settings.toml"))
}

/// Reads settings; a file that is not there holds the defaults.
///
/// # Errors
/// The file cannot be read, or holds no settings.
pub fn load(path: &Path) -> Result<Settings, SettingsFileError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            Settings::from_toml(&text).map_err(|source| SettingsFileError::Invalid { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Settings::default()),
        Err(source) => Err(SettingsFileError::Read { path: path.to_owned(), source }),
    }
}

/// Reads settings; where the file is damaged, the last good ones that were kept beside it.
///
/// # Errors
/// The file is no good, and there are no good ones from before.
pub fn load_or_before(path: &Path) -> Result<Settings, SettingsFileError> {
    load(path).or_else(|error| {
        let before = beside(path, "before");
        match load(&before) {
            Ok(settings) if before.exists() => {
                warn!("{error}; the last good settings are used: {}", before.display());
                Ok(settings)
            }
            _ => Err(error),
        }
    })
}

/// Writes settings, in one step and to the disk itself. Good ones that were there are kept as `FILE.before`, others as
/// `FILE.bad`.
///
/// # Errors
/// The folder or a file cannot be written; what was there is as it was.
pub fn save(path: &Path, settings: &Settings) -> Result<(), SettingsFileError> {
    let write = |source| SettingsFileError::Write { path: path.to_owned(), source };
    match load(path) {
        Ok(_) if path.exists() => keep(path, "before").map_err(write)?,
        Err(SettingsFileError::Invalid { .. }) => keep(path, "bad").map_err(write)?,
        _ => {}
    }
    put(path, settings.to_toml().as_bytes()).map_err(write)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    path.with_added_extension(end)
}

fn keep(path: &Path, end: &str) -> io::Result<()> {
    put(&beside(path, end), &fs::read(path)?)
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name must be on the disk too.
    fs::File::open(folder)?.sync_all()
}

/// Follows a file of settings and keeps what is changed in it. What is in force at the start is not written until
/// something is changed.
///
/// Needs `ControlPlugin`.
#[derive(Debug, Clone)]
pub struct SettingsFilePlugin {
    /// The file; it need not be there.
    pub path: PathBuf,
}

impl Plugin for SettingsFilePlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(Watched {
            seen: stamp(&self.path),
            path: self.path.clone(),
            looked: Instant::now(),
            known: None,
            changed: None,
        })
        .add_systems(Last, (follow, keep_changes).chain());
    }
}

/// What tells that a file is another one.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[derive(Resource)]
struct Watched {
    path: PathBuf,
    seen: Stamp,
    looked: Instant,
    /// What the file and the program agree on.
    known: Option<Settings>,
    /// When the settings in force changed last, until that is written.
    changed: Option<Instant>,
}

/// Puts in force what somebody wrote into the file.
fn follow(mut watched: ResMut<Watched>, mut controls: Controls) {
    let now = Instant::now();
    if now.saturating_duration_since(watched.looked) < LOOK {
        return;
    }
    watched.looked = now;
    let there = stamp(&watched.path);
    if there == watched.seen {
        return;
    }
    watched.seen = there;
    match load(&watched.path) {
        Ok(settings) => match controls.obey(&Command::Configure(Box::new(settings.clone()))) {
            Ok(()) => {
                info!("settings taken from {}", watched.path.display());
                watched.known = Some(controls.settings());
                watched.changed = None;
            }
            Err(refusal) => warn!("{refusal}"),
        },
        Err(error) => {
            warn!("{error}; the settings stay as they are");
            controls.tell(format!("{error}; the settings stay as they are"));
        }
    }
}

/// Writes what was changed.
fn keep_changes(mut watched: ResMut<Watched>, mut controls: Controls, ended: MessageReader<AppExit>) {
    let now = Instant::now();
    let settings = controls.settings();
    match &watched.known {
        None => watched.known = Some(settings.clone()),
        Some(known) if *known != settings => {
            watched.known = Some(settings.clone());
            watched.changed = Some(now);
        }
        Some(_) => {}
    }
    let due = watched.changed.is_some_and(|then| now.saturating_duration_since(then) >= QUIET || !ended.is_empty());
    if due {
        watched.changed = None;
        if let Err(error) = save(&watched.path, &settings) {
            warn!("{error}");
            controls.tell(error.to_string());
        }
        watched.seen = stamp(&watched.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShotSettings;

    fn with_side(side: f64) -> Settings {
        Settings { shot: ShotSettings { side, ..ShotSettings::default() }, ..Settings::default() }
    }

    #[test]
    fn settings_are_kept_and_the_ones_before_them_too() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/settings.toml");
        assert_eq!(load(&path).expect("none are the defaults"), Settings::default());
        save(&path, &with_side(0.1)).expect("saves");
        save(&path, &with_side(0.2)).expect("saves");
        assert_eq!(load(&path).expect("loads"), with_side(0.2));
        fs::write(&path, "[shot]\nside = \"left\"\n").expect("writes");
        let error = load(&path).expect_err("damaged").to_string();
        assert!(error.contains("line 2") && error.contains("settings.toml"), "{error}");
        assert_eq!(load_or_before(&path).expect("from before"), with_side(0.1));
        save(&path, &with_side(0.3)).expect("saves");
        assert!(fs::read_to_string(beside(&path, "bad")).expect("kept").contains("left"));
        assert_eq!(load_or_before(&path).expect("loads"), with_side(0.3));
        assert_eq!(load(&beside(&path, "before")).expect("the last good ones"), with_side(0.1));
    }

    #[test]
    fn damaged_settings_without_good_ones_are_told() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        fs::write(&path, "[overlay.theme]\nring_radii = 1.0\n").expect("writes");
        let error = load_or_before(&path).expect_err("lights the ball").to_string();
        assert!(error.contains("1.7 to 5") && error.contains("settings.toml"), "{error}");
    }
}
