//! The file that settings are kept in: read at the start, followed while the program runs, written when something was
//! changed in the panel or from a phone.

use crate::{
    files::{self, beside, keep},
    model::ShotSettings,
    show::{
        control::{
            Command, Controls, Settings,
            settings::{OverlaySettings, SettingsError},
        },
        remote::settings::RemoteSettings,
    },
};
use bevy::prelude::*;
use serde::Deserialize;
use std::{
    fs, io,
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

/// What a file of settings holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// What can be set while the program runs.
    pub settings: Settings,
    /// Where messages go of our own accord, in the table `remote`. It is set in the file alone and taken at the start: who
    /// could set it over the network could write files, and read addresses with passwords in them.
    pub remote: RemoteSettings,
}

impl Kept {
    fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let shape = |error: toml::de::Error| SettingsError::Shape(error.to_string().trim_end().to_owned());
        /// The whole of a file, for words that say where something is wrong.
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
        let File { overlay, shot, remote } = toml::from_str(text).map_err(shape)?;
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

/// Reads settings; a file that is not there holds the defaults.
///
/// # Errors
/// The file cannot be read, or holds no settings.
pub fn load(path: &Path) -> Result<Kept, SettingsFileError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            Kept::from_toml(&text).map_err(|source| SettingsFileError::Invalid { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(source) => Err(SettingsFileError::Read { path: path.to_owned(), source }),
    }
}

/// Reads settings; where the file is damaged, the last good ones that were kept beside it.
///
/// # Errors
/// The file is no good, and there are no good ones from before.
pub fn load_or_before(path: &Path) -> Result<Kept, SettingsFileError> {
    load(path).or_else(|error| {
        let before = beside(path, "before");
        match load(&before) {
            Ok(kept) if before.exists() => {
                warn!("{error}; the last good settings are used: {}", before.display());
                Ok(kept)
            }
            _ => Err(error),
        }
    })
}

/// Writes settings, in one step and to the disk itself. Good ones that were there are kept as `FILE.before`, others as
/// `FILE.bad`; what a good file says of `remote` stays.
///
/// # Errors
/// The folder or a file cannot be written; what was there is as it was.
pub fn save(path: &Path, settings: &Settings) -> Result<(), SettingsFileError> {
    let write = |source| SettingsFileError::Write { path: path.to_owned(), source };
    let remote = match load_or_before(path) {
        Ok(Kept { remote, .. }) => remote,
        Err(error) => {
            warn!("{error}");
            RemoteSettings::default()
        }
    };
    match load(path) {
        Ok(_) if path.exists() => keep(path, "before").map_err(write)?,
        Err(SettingsFileError::Invalid { .. }) => keep(path, "bad").map_err(write)?,
        _ => {}
    }
    files::put(path, Kept { settings: settings.clone(), remote }.to_toml().as_bytes()).map_err(write)
}

/// Follows a file of settings and keeps what is changed in it. What is in force at the start beside what the file says,
/// for it was said on the command line, is not written.
///
/// Needs `ControlPlugin`.
#[derive(Debug, Clone)]
pub struct SettingsFilePlugin {
    /// The file; it need not be there.
    pub path: PathBuf,
    /// What it says.
    pub kept: Settings,
}

impl Plugin for SettingsFilePlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(Watched {
            seen: stamp(&self.path),
            path: self.path.clone(),
            looked: Instant::now(),
            kept: self.kept.clone(),
            taken: None,
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
    /// What the file says,
    kept: Settings,
    /// and what was in force when it was taken from there.
    taken: Option<Settings>,
    /// What was in force at the last look.
    known: Option<Settings>,
    /// When the settings in force changed last, until that is written.
    changed: Option<Instant>,
}

impl Watched {
    /// What the file says, with what was changed since it was taken.
    fn to_be_kept(&self, now: &Settings) -> Settings {
        let patch = now.since(self.taken.as_ref().unwrap_or(now));
        // What the file says and the change may not go together; what is in force does.
        self.kept.patched(&patch).unwrap_or_else(|_| now.clone())
    }
}

/// Puts in force what somebody wrote into the file.
fn follow(mut watched: ResMut<Watched>, mut controls: Controls) {
    let now = Instant::now();
    if now.saturating_duration_since(watched.looked) < LOOK {
        return;
    }
    watched.looked = now;
    let there = stamp(&watched.path);
    // An editor that is writing the file empties or moves it for a moment.
    if there == watched.seen || there.is_none_or(|(_, length)| length == 0) {
        return;
    }
    watched.seen = there;
    match load(&watched.path) {
        Ok(Kept { settings, .. }) => match controls.obey(&Command::Configure(Box::new(settings.clone()))) {
            Ok(()) => {
                info!("settings taken from {}", watched.path.display());
                watched.kept = settings;
                let taken = controls.settings();
                (watched.taken, watched.known) = (Some(taken.clone()), Some(taken));
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
        None => {
            watched.known = Some(settings.clone());
            watched.taken = Some(settings.clone());
        }
        Some(known) if *known != settings => {
            watched.known = Some(settings.clone());
            watched.changed = Some(now);
        }
        Some(_) => {}
    }
    let due = watched.changed.is_some_and(|then| now.saturating_duration_since(then) >= QUIET || !ended.is_empty());
    if due && stamp(&watched.path) != watched.seen && ended.is_empty() && watched.path.exists() {
        // Somebody has written the file meanwhile: what it says comes first.
        watched.looked = now.checked_sub(LOOK).unwrap_or(now);
        return;
    }
    if due {
        watched.changed = None;
        let wanted = watched.to_be_kept(&settings);
        match save(&watched.path, &wanted) {
            Ok(()) => (watched.kept, watched.taken) = (wanted, Some(settings)),
            Err(error) => {
                warn!("{error}");
                controls.tell(error.to_string());
            }
        }
        watched.seen = stamp(&watched.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_side(side: f64) -> Settings {
        Settings { shot: ShotSettings { side, ..ShotSettings::default() }, ..Settings::default() }
    }

    #[test]
    fn settings_are_kept_and_the_ones_before_them_too() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/settings.toml");
        assert_eq!(load(&path).expect("none are the defaults"), Kept::default());
        save(&path, &with_side(0.1)).expect("saves");
        save(&path, &with_side(0.2)).expect("saves");
        assert_eq!(load(&path).expect("loads").settings, with_side(0.2));
        fs::write(&path, "[shot]\nside = \"left\"\n").expect("writes");
        let error = load(&path).expect_err("damaged").to_string();
        assert!(error.contains("line 2") && error.contains("settings.toml"), "{error}");
        assert_eq!(load_or_before(&path).expect("from before").settings, with_side(0.1));
        save(&path, &with_side(0.3)).expect("saves");
        assert!(fs::read_to_string(beside(&path, "bad")).expect("kept").contains("left"));
        assert_eq!(load_or_before(&path).expect("loads").settings, with_side(0.3));
        assert_eq!(load(&beside(&path, "before")).expect("the last good ones").settings, with_side(0.1));
    }

    #[test]
    fn what_the_file_says_of_the_remote_view_stays() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        let hook = "[[remote.publishers]]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/hook\"\n";
        fs::write(&path, hook).expect("writes");
        let remote = load(&path).expect("loads").remote;
        assert_eq!(remote.publishers.len(), 1);
        save(&path, &with_side(0.1)).expect("saves");
        assert_eq!(load(&path).expect("loads"), Kept { settings: with_side(0.1), remote });
        fs::write(&path, "[remote.resilience]\nretries = 99\n").expect("writes");
        let error = load(&path).expect_err("too many").to_string();
        assert!(error.contains("retries"), "{error}");
    }

    #[test]
    fn what_was_said_on_the_command_line_is_not_kept_until_it_is_changed() {
        let kept = with_side(0.1);
        let said = Settings { shot: ShotSettings { strike_speed: 4.0, ..kept.shot }, ..kept.clone() };
        let watched = Watched {
            path: PathBuf::new(),
            seen: None,
            looked: Instant::now(),
            kept: kept.clone(),
            taken: Some(said.clone()),
            known: None,
            changed: None,
        };
        assert_eq!(watched.to_be_kept(&said), kept);
        let changed = Settings { shot: ShotSettings { side: 0.3, ..said.shot }, ..said.clone() };
        assert_eq!(watched.to_be_kept(&changed), with_side(0.3));
        let changed = Settings { shot: ShotSettings { strike_speed: 3.0, ..said.shot }, ..said };
        assert_eq!(watched.to_be_kept(&changed).shot.strike_speed, 3.0);
    }

    #[test]
    fn the_settings_that_are_described_can_be_put_into_the_file() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol/README.md");
        let page = fs::read_to_string(page).expect("the description");
        let block = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
        let Kept { settings, remote } = Kept::from_toml(block).expect("settings");
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
    }
}
