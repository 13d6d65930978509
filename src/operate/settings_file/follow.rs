//! Synchronisation with the settings file while the program runs: edits from outside are applied, changes made here are
//! written.

use super::{SettingsChange, SettingsFileError, StoredSettings, load, save};
use crate::operate::Controls;
use bevy::prelude::*;
use billiards_files::{FileLock, LockError, Retry, program};
use billiards_protocol::storage::StorageIssue;
use billiards_table::{
    command::SettingsCommand,
    settings::{Settings, SettingsError, compose_patches},
};
use serde_json::{Map, Value};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};
use tracing::{debug, error, info, warn};

/// Time without a further change after which changes are written, so that dragging a slider does not write a hundred
/// files.
const QUIET_TIME: Duration = Duration::from_millis(800);
/// Interval between two checks of the file.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Applies edits of a settings file and writes changes of the settings to it. Values given on the command line are in
/// force and not written.
///
/// Needs `ControlPlugin`.
#[derive(Debug)]
pub struct SettingsFilePlugin(Mutex<Option<SettingsFile>>);

impl SettingsFilePlugin {
    /// Creates the plugin for a file that has been read. The second value is a warning if another program has locked
    /// the file.
    #[must_use]
    pub fn new(path: PathBuf, saved: Settings) -> (Self, Option<String>) {
        let (file, warning) = SettingsFile::new(path, saved);
        (Self(Mutex::new(Some(file))), warning)
    }
}

impl Plugin for SettingsFilePlugin {
    fn build(&self, app: &mut App) {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(file) = file {
            app.insert_resource(file).add_systems(PostStartup, note_start).add_systems(Last, keep_settings);
        }
    }
}

/// Modification time, length and inode of a file, which tell one of its versions from another; `None` if it cannot be
/// read.
type Stamp = Option<(SystemTime, u64, u64)>;

fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// State of the synchronisation with a settings file.
#[derive(Resource, Debug)]
struct SettingsFile {
    path: PathBuf,
    lock: Option<FileLock>,
    /// Set while another program has the lock.
    in_use: bool,
    stamp: Stamp,
    next_look: Option<Instant>,
    /// Settings in the file when it was last read or written.
    saved: Settings,
    /// Settings in force at the last update.
    known: Option<Settings>,
    /// Changes made here that are not in the file yet, as a merge patch.
    pending: Value,
    /// Time of the last of these changes.
    changed: Option<Instant>,
    /// Time since which the file has been empty; it counts as damaged if it stays so.
    empty: Option<Instant>,
    retry: Retry,
}

fn no_change() -> Value {
    Value::Object(Map::new())
}

impl SettingsFile {
    fn new(path: PathBuf, saved: Settings) -> (Self, Option<String>) {
        let mut file = Self {
            lock: None,
            in_use: false,
            stamp: stamp(&path),
            path,
            next_look: None,
            saved,
            known: None,
            pending: no_change(),
            changed: None,
            empty: None,
            retry: Retry::default(),
        };
        let warning = file.lock().err().map(|by| file.in_use_words(&by));
        (file, warning)
    }

    /// Locks the file for this program.
    ///
    /// # Errors Another program has the lock; the error names that program.
    fn lock(&mut self) -> Result<(), String> {
        if self.lock.is_some() {
            return Ok(());
        }
        let outcome = FileLock::acquire(&self.path);
        self.in_use = matches!(outcome, Err(LockError::Held(_)));
        match outcome {
            Ok(lock) => self.lock = Some(lock),
            Err(LockError::Held(process)) => return Err(program(process)),
            // A file system without locks does not prevent saving.
            Err(LockError::Unavailable(error)) => debug!("{} cannot be locked: {error}", self.path.display()),
        }
        Ok(())
    }

    fn in_use_words(&self, by: &str) -> String {
        let path = self.path.display();
        format!(
            "{by} keeps these settings: what is changed here is not saved until it ends; --settings FILE chooses \
             another file: {path}"
        )
    }

    /// Records the changes made here since the last update.
    fn note(&mut self, in_force: &Settings, now: Instant) {
        if let Some(known) = self.known.as_ref().filter(|known| *known != in_force) {
            self.pending = compose_patches(&self.pending, &in_force.changes_since(known));
            self.changed = Some(now);
        }
        self.known = Some(*in_force);
    }

    fn has_changes(&self) -> bool {
        self.changed.is_some()
    }

    /// Returns whether changes are to be written now; at the end of the program they are written at once.
    fn is_due(&self, now: Instant, ending: bool) -> bool {
        let quiet = self.changed.is_some_and(|then| now.saturating_duration_since(then) >= QUIET_TIME);
        (quiet && self.retry.is_due(now)) || (ending && self.has_changes())
    }

    /// Checks whether another program has written the file, and reads it if so. An editor that is writing the file
    /// empties it for a moment: only a file that stays empty counts as damaged.
    fn look(&mut self, now: Instant) -> Option<Result<StoredSettings, SettingsFileError>> {
        self.next_look = Some(now + LOOK_INTERVAL);
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            return None;
        }
        // A user who removes the file wants the defaults at the next start; later changes are written to a new file.
        let read = stamp.is_some().then(|| load(&self.path));
        if matches!(read, Some(Err(SettingsFileError::Empty { .. }))) {
            let since = *self.empty.get_or_insert(now);
            if now.saturating_duration_since(since) < LOOK_INTERVAL {
                return None;
            }
        }
        (self.empty, self.stamp) = (None, stamp);
        read
    }

    /// Merges what another program has written, and returns the settings to apply, if they change: the settings in
    /// force with the edits of the file, and over these the changes made here that are not written yet.
    fn take(&mut self, theirs: Settings, in_force: &Settings) -> Result<Option<Settings>, SettingsError> {
        let edit = theirs.changes_since(&self.saved);
        self.saved = theirs;
        if edit == no_change() {
            return Ok(None);
        }
        in_force.patched(&compose_patches(&edit, &self.pending)).map(Some)
    }

    /// Writes the changes made here into the present text of the file.
    fn save(&mut self, in_force: &Settings) -> Result<(), String> {
        self.lock().map_err(|by| self.in_use_words(&by))?;
        let change = SettingsChange { saved: &self.saved, patch: &self.pending, in_force };
        let (expected, _) = change.applied(&self.saved);
        let stored = save(&self.path, change).map_err(|error| error.to_string())?;
        // If another program has written it since the last check, the next check applies that.
        self.stamp = if stored.settings == expected { stamp(&self.path) } else { None };
        (self.saved, self.pending, self.changed) = (expected, no_change(), None);
        // The folder of the lock may not have existed before.
        self.lock().map_err(|by| self.in_use_words(&by))
    }
}

/// Records the settings in force before they can be changed: the first command may come with the first update.
fn note_start(mut file: ResMut<SettingsFile>, controls: Controls) {
    file.note(&controls.settings, Instant::now());
}

/// Applies edits of the file, and writes the changes made here.
fn keep_settings(mut file: ResMut<SettingsFile>, mut controls: Controls, ended: MessageReader<AppExit>) {
    let (now, ending) = (Instant::now(), !ended.is_empty());
    file.note(&controls.settings, now);
    let looks = file.next_look.is_none_or(|next| now >= next);
    if looks && file.in_use && file.lock().is_ok() {
        info!("the settings are kept by this trainer from now on: {}", file.path.display());
        controls.storage().clear(StorageIssue::SettingsInUse);
    }
    if looks || file.is_due(now, ending) {
        match file.look(now) {
            None => {}
            Some(Ok(stored)) => {
                controls.storage().clear(StorageIssue::SettingsDamaged);
                take(&mut file, stored.settings, &mut controls);
            }
            Some(Err(error)) => {
                // The settings in force are valid, and nobody is editing an empty file: write them.
                if matches!(error, SettingsFileError::Empty { .. }) {
                    file.changed.get_or_insert(now);
                }
                let words = format!("{error}; the settings stay as they are");
                warn!("{words}");
                controls.notify(words.clone());
                controls.storage().set(StorageIssue::SettingsDamaged, words);
            }
        }
    }
    // While an editor is writing the file there is no text to patch.
    if !file.is_due(now, ending) || (file.empty.is_some() && !ending) {
        return;
    }
    let in_force = *controls.settings;
    match file.save(&in_force) {
        Ok(()) => {
            if file.retry.succeeded() {
                info!("the settings are saved: {}", file.path.display());
            }
            for issue in [StorageIssue::SettingsNotSaved, StorageIssue::SettingsInUse, StorageIssue::SettingsDamaged] {
                controls.storage().clear(issue);
            }
        }
        Err(reason) => {
            let words = format!("settings not saved: {reason}");
            if ending {
                error!("{words}");
            } else if file.retry.failed(now, &reason) {
                warn!("{words}; they are in force, and saving is tried again");
                controls.notify(words.clone());
                controls.storage().set(StorageIssue::SettingsNotSaved, words);
            }
        }
    }
}

/// Applies the settings that another program has written to the file.
fn take(file: &mut SettingsFile, theirs: Settings, controls: &mut Controls) {
    let wanted = file.take(theirs, &controls.settings);
    let outcome = wanted.map_err(|error| error.to_string()).and_then(|wanted| {
        let Some(wanted) = wanted else { return Ok(false) };
        controls.execute(&SettingsCommand::Replace(wanted).into()).map_err(|refusal| refusal.to_string())?;
        Ok(true)
    });
    match outcome {
        Ok(false) => {}
        Ok(true) => info!("settings taken from {}", file.path.display()),
        Err(reason) => {
            let words = format!("{reason}; in {}; the settings stay as they are", file.path.display());
            warn!("{words}");
            controls.notify(words);
        }
    }
    // These changes come from the file and need not be written.
    file.known = Some(*controls.settings);
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_files;
    use billiards_table::ShotSettings;
    use serde_json::json;

    fn shot(side: f64, height: f64, strike_speed: f64) -> Settings {
        Settings { shot: ShotSettings { side, height, strike_speed, ..ShotSettings::default() }, ..Settings::default() }
    }

    /// File in a folder of its own, followed by a program in which `said` is in force at the start.
    struct Rig {
        _dir: tempfile::TempDir,
        file: SettingsFile,
        now: Instant,
    }

    impl Rig {
        fn new(said: &Settings) -> Self {
            let dir = tempfile::tempdir().expect("a temporary directory");
            let (mut file, warning) = SettingsFile::new(dir.path().join("settings.toml"), shot(0.0, 0.0, 2.0));
            assert_eq!(warning, None);
            let now = Instant::now();
            file.note(said, now);
            Self { _dir: dir, file, now }
        }

        fn edit(&self, text: &str) {
            fs::write(&self.file.path, text).expect("written");
        }

        fn change(&mut self, in_force: &Settings) {
            self.file.note(in_force, self.now);
        }

        fn look(&mut self, in_force: &Settings) -> Option<Settings> {
            let theirs = self.file.look(self.now)?.expect("good").settings;
            self.file.take(theirs, in_force).expect("good")
        }

        fn stored(&self) -> Settings {
            load(&self.file.path).expect("good").settings
        }
    }

    #[test]
    fn what_was_said_on_the_command_line_is_not_kept_until_it_is_changed() {
        let said = shot(0.0, 0.0, 4.0);
        let mut rig = Rig::new(&said);
        assert!(!rig.file.is_due(rig.now, true));
        rig.change(&shot(0.25, 0.0, 4.0));
        assert!(rig.file.is_due(rig.now, true) && !rig.file.is_due(rig.now, false));
        assert!(rig.file.is_due(rig.now + QUIET_TIME, false));
        rig.file.save(&shot(0.25, 0.0, 4.0)).expect("saved");
        assert_eq!(rig.stored(), shot(0.25, 0.0, 2.0));
        assert!(!rig.file.is_due(rig.now + QUIET_TIME, true));
        rig.change(&shot(0.25, 0.0, 3.0));
        rig.file.save(&shot(0.25, 0.0, 3.0)).expect("saved");
        assert_eq!(rig.stored(), shot(0.25, 0.0, 3.0));
    }

    #[test]
    fn a_change_here_and_an_edit_of_the_file_are_merged() {
        let said = shot(0.0, 0.0, 4.0);
        let mut rig = Rig::new(&said);
        // Within the quiet time: side from a phone; height, and side too, in an editor.
        let changed = shot(0.25, 0.0, 4.0);
        rig.change(&changed);
        rig.edit("[shot]\nheight = 0.3 # by hand\nside = 0.1\n");
        let wanted = rig.look(&changed).expect("an edit");
        // The answered change from the phone wins over the editor, and the value of the command line stays in force.
        assert_eq!(wanted, shot(0.25, 0.3, 4.0));
        rig.file.known = Some(wanted);
        rig.file.save(&wanted).expect("saved");
        assert_eq!(rig.stored(), shot(0.25, 0.3, 2.0));
        assert!(fs::read_to_string(&rig.file.path).expect("there").contains("by hand"));
        assert_eq!(rig.look(&wanted), None);
    }

    #[test]
    fn an_edit_between_the_look_and_the_save_is_not_lost() {
        let said = shot(0.0, 0.0, 2.0);
        let mut rig = Rig::new(&said);
        let changed = shot(0.25, 0.0, 2.0);
        rig.change(&changed);
        rig.edit("[shot]\nheight = 0.3\n");
        rig.file.save(&changed).expect("saved");
        assert_eq!(rig.stored(), shot(0.25, 0.3, 2.0));
        assert_eq!(rig.look(&changed), Some(shot(0.25, 0.3, 2.0)));
    }

    #[test]
    fn an_emptied_file_is_damage_only_when_it_stays_empty() {
        let mut rig = Rig::new(&shot(0.0, 0.0, 2.0));
        rig.edit("");
        assert!(rig.file.look(rig.now).is_none());
        rig.edit("[shot]\nside = 0.1\n");
        assert_eq!(rig.look(&shot(0.0, 0.0, 2.0)), Some(shot(0.1, 0.0, 2.0)));
        rig.edit("");
        assert!(rig.file.look(rig.now).is_none());
        let later = rig.now + LOOK_INTERVAL;
        assert!(matches!(rig.file.look(later), Some(Err(SettingsFileError::Empty { .. }))));
        assert!(rig.file.look(later).is_none(), "told once");
        // Nothing is lost.
        rig.change(&shot(0.1, 0.2, 2.0));
        rig.file.save(&shot(0.1, 0.2, 2.0)).expect("saved");
        assert_eq!(rig.stored(), shot(0.1, 0.0, 2.0).patched(&json!({"shot": {"height": 0.2}})).expect("good"));
    }

    #[test]
    fn a_second_program_says_so_and_saves_when_the_first_has_ended() {
        let mut rig = Rig::new(&shot(0.0, 0.0, 2.0));
        let (mut second, warning) = SettingsFile::new(rig.file.path.clone(), shot(0.0, 0.0, 2.0));
        assert!(warning.expect("a warning").contains("another trainer (process"));
        second.note(&shot(0.0, 0.0, 2.0), rig.now);
        second.note(&shot(0.0, 0.4, 2.0), rig.now);
        assert!(second.save(&shot(0.0, 0.4, 2.0)).expect_err("held").contains("--settings"));
        assert!(!rig.file.path.exists());
        rig.change(&shot(0.25, 0.0, 2.0));
        rig.file.save(&shot(0.25, 0.0, 2.0)).expect("saved");
        rig.file.lock = None;
        assert!(second.in_use && second.has_changes());
        let theirs = second.look(rig.now).expect("an edit").expect("good").settings;
        let wanted = second.take(theirs, &shot(0.0, 0.4, 2.0)).expect("good").expect("other settings");
        assert_eq!(wanted, shot(0.25, 0.4, 2.0));
        second.save(&wanted).expect("saved");
        assert_eq!(rig.stored(), shot(0.25, 0.4, 2.0));
    }

    #[test]
    fn what_could_not_be_saved_waits_for_its_time() {
        let mut rig = Rig::new(&shot(0.0, 0.0, 2.0));
        fs::create_dir(&rig.file.path).expect("a folder in its place");
        let changed = shot(0.25, 0.0, 2.0);
        rig.change(&changed);
        let reason = rig.file.save(&changed).expect_err("a folder");
        assert!(reason.contains("settings.toml"), "{reason}");
        let failed = rig.now + QUIET_TIME;
        assert!(rig.file.retry.failed(failed, &reason));
        assert!(!rig.file.is_due(failed, false) && rig.file.is_due(failed, true));
        let later = failed + Duration::from_secs(1);
        assert!(rig.file.is_due(later, false));
        fs::remove_dir(&rig.file.path).expect("gone");
        rig.file.save(&changed).expect("saved");
        assert_eq!(rig.stored(), changed);
        assert!(!billiards_files::before(&rig.file.path).exists());
    }
}
