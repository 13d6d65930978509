//! Named profiles in a folder.

use super::profile::{Profile, ProfileError};
use billiards_files::{self, FileLock, LockError};
use billiards_table::ProfileName;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tracing::debug;

/// A folder of profiles, one `NAME.json` each; a profile that was overwritten is kept next to the new one as
/// `NAME.json.before`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileStore {
    folder: PathBuf,
}

impl ProfileStore {
    /// Creates a store for a folder, which need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the names of the stored profiles, sorted. Other JSON files are ignored.
    ///
    /// # Errors
    /// The folder exists but cannot be read.
    pub fn names(&self) -> Result<Vec<ProfileName>, ProfileError> {
        let read = |source| ProfileError::Read { path: self.folder.clone(), source };
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(read(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(read)?.path();
            let file = path.file_name().and_then(|file| file.to_str());
            let name = file.and_then(|file| file.strip_suffix(".json")).map(str::parse);
            names.extend(name.and_then(Result::ok).filter(|_| is_profile(&path)));
        }
        names.sort();
        Ok(names)
    }

    /// Returns the path of a profile's file.
    #[must_use]
    pub fn path(&self, name: &ProfileName) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// The profile does not exist, or cannot be read.
    pub fn load(&self, name: &ProfileName) -> Result<Profile, ProfileError> {
        Profile::load(&self.path(name))
    }

    /// Writes a profile, and keeps the one that it replaces next to it.
    ///
    /// # Errors
    /// The folder or the file cannot be written; the previous file is unchanged.
    pub fn save(&self, name: &ProfileName, profile: &Profile) -> Result<(), ProfileError> {
        profile.save(&self.path(name))
    }

    /// Deletes a profile; a copy is kept next to it.
    ///
    /// # Errors
    /// The profile does not exist, or cannot be removed.
    pub fn delete(&self, name: &ProfileName) -> Result<(), ProfileError> {
        Profile::delete(&self.path(name))
    }
}

/// Profile file to which a calibration is saved. While this value lives and holds the lock, no other program saves to
/// the file.
#[derive(Debug)]
pub struct ProfileFile {
    path: PathBuf,
    lock: Option<FileLock>,
}

impl ProfileFile {
    /// Creates a handle to a file; the file is not locked before something is saved.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, lock: None }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the file, so that no other program saves to it.
    ///
    /// # Errors
    /// Another program has already locked the file.
    pub fn lock(&mut self) -> Result<(), ProfileError> {
        if self.lock.is_none() {
            match FileLock::acquire(&self.path) {
                Ok(lock) => self.lock = Some(lock),
                Err(LockError::Held(process)) => return Err(ProfileError::InUse { path: self.path.clone(), process }),
                // A missing lock is no reason not to save.
                Err(LockError::Unavailable(error)) => debug!("{} cannot be locked: {error}", self.path.display()),
            }
        }
        Ok(())
    }

    /// Saves a profile as [`Profile::save`] does.
    ///
    /// # Errors
    /// Another program saves to the file, or a file cannot be written; the previous file is unchanged.
    pub fn save(&mut self, profile: &Profile) -> Result<(), ProfileError> {
        self.lock()?;
        profile.save(&self.path)?;
        // The folder of the lock may not have existed before.
        self.lock()
    }
}

/// Returns whether a file is a profile: a readable one, one that a newer program wrote, or a damaged one with a valid
/// copy next to it. Other programs keep their JSON in the same folder.
fn is_profile(path: &Path) -> bool {
    // A pipe would be waited for.
    path.is_file()
        && match Profile::load(path) {
            Ok(_) => true,
            Err(ProfileError::Version { .. }) => mentions_a_rig(path),
            Err(_) => Profile::load(&billiards_files::before(path)).is_ok(),
        }
}

/// Returns whether a file is a JSON object with at least one of the fields of profiles since the first version.
fn mentions_a_rig(path: &Path) -> bool {
    let text = billiards_files::read(path).ok();
    let value: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(&text).ok());
    value.is_some_and(|value| ["table", "camera", "projector", "optics"].iter().any(|field| value.get(field).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_files::{Loaded, bad, before};
    use billiards_table::{TableChoice, TableKind};

    fn profile(kind: TableKind) -> Profile {
        Profile { table: TableChoice::Kind(kind), ..Profile::default() }
    }

    #[test]
    fn profiles_are_listed_replaced_and_deleted_and_the_one_before_is_kept() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = ProfileStore::new(dir.path().join("profiles"));
        assert_eq!(store.names().expect("no folder is no profile"), []);
        let (club, home): (ProfileName, ProfileName) = ("club".parse().expect("ok"), "home".parse().expect("ok"));
        store.save(&home, &profile(TableKind::SEVEN_FOOT)).expect("saves");
        store.save(&club, &profile(TableKind::NINE_FOOT)).expect("saves");
        store.save(&club, &profile(TableKind::EIGHT_FOOT)).expect("saves");
        assert_eq!(store.names().expect("listed"), [club.clone(), home]);
        assert_eq!(store.load(&club).expect("loads").table, TableChoice::Kind(TableKind::EIGHT_FOOT));
        let kept = Profile::load(&before(&store.path(&club))).expect("kept");
        assert_eq!(kept.table, TableChoice::Kind(TableKind::NINE_FOOT));
        store.delete(&club).expect("deleted");
        assert!(store.load(&club).is_err() && before(&store.path(&club)).exists());
    }

    #[test]
    fn other_json_files_are_not_listed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = ProfileStore::new(dir.path().to_owned());
        let (club, hurt): (ProfileName, ProfileName) = ("club".parse().expect("ok"), "hurt".parse().expect("ok"));
        for name in [&club, &hurt] {
            store.save(name, &profile(TableKind::NINE_FOOT)).expect("saves");
            store.save(name, &profile(TableKind::EIGHT_FOOT)).expect("saves");
        }
        for (file, text) in [
            ("hurt.json", "{ half"),
            ("newer.json", r#"{"version": 3, "table": "9ft", "new": 1}"#),
            ("package.json", r#"{"name": "x", "version": "1.0.0"}"#),
            ("lock.json", r#"{"version": 3, "packages": {}}"#),
            ("drawn.json", r#"{"version": 2, "type": "excalidraw"}"#),
            ("layout.json", r#"{"table": "9ft", "balls": {}}"#),
            ("list.json", "[1, 2]"),
            ("empty.json", ""),
        ] {
            fs::write(dir.path().join(file), text).expect("writes");
        }
        fs::create_dir(dir.path().join("folder.json")).expect("made");
        assert_eq!(store.names().expect("listed"), [club, hurt, "newer".parse().expect("ok")]);
    }

    #[test]
    fn a_damaged_profile_gives_way_to_the_one_before_and_does_not_replace_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("table.json");
        profile(TableKind::SEVEN_FOOT).save(&path).expect("saves");
        profile(TableKind::EIGHT_FOOT).save(&path).expect("saves");
        let loaded = || Profile::load_or_before(&path);
        for damage in [&b"{ half"[..], b"", b"\0\0\0", b"{\"version\": 2, \xff\xfe}", b"[]"] {
            fs::write(&path, damage).expect("writes");
            let Loaded { value, warning } = loaded().expect("from before");
            assert_eq!(value.table, TableChoice::Kind(TableKind::SEVEN_FOOT));
            let warning = warning.expect("a warning");
            assert!(warning.contains("table.json") && warning.contains("table.json.before"), "{warning}");
            profile(TableKind::NINE_FOOT).save(&path).expect("saves");
            assert_eq!(Profile::load(&before(&path)).expect("kept").table, TableChoice::Kind(TableKind::SEVEN_FOOT));
        }
        // A profile that a newer program wrote is neither ignored silently nor lost.
        let newer = r#"{"version": 9}"#;
        fs::write(&path, newer).expect("writes");
        assert!(matches!(loaded(), Err(ProfileError::Version { version: 9, .. })));
        profile(TableKind::NINE_FOOT).save(&path).expect("saves");
        let kept = (2..=9).map(|number| bad(&path).with_added_extension(number.to_string()));
        assert!(kept.filter_map(|file| fs::read_to_string(file).ok()).any(|text| text == newer), "it is lost");
        fs::remove_file(&path).expect("removed");
        assert!(matches!(loaded(), Err(ProfileError::Read { .. })), "one that was removed is not there");
    }

    #[test]
    fn a_damaged_profile_that_is_deleted_leaves_the_good_copy() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = ProfileStore::new(dir.path().to_owned());
        let club: ProfileName = "club".parse().expect("ok");
        store.save(&club, &profile(TableKind::SEVEN_FOOT)).expect("saves");
        store.save(&club, &profile(TableKind::EIGHT_FOOT)).expect("saves");
        fs::write(store.path(&club), "{ half").expect("writes");
        store.delete(&club).expect("deleted");
        assert_eq!(
            Profile::load(&before(&store.path(&club))).expect("kept").table,
            TableChoice::Kind(TableKind::SEVEN_FOOT)
        );
        assert_eq!(fs::read_to_string(bad(&store.path(&club))).expect("kept"), "{ half");
    }

    #[test]
    fn two_programs_do_not_save_to_one_profile() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/table.json");
        let [mut first, mut second] = [(); 2].map(|()| ProfileFile::new(path.clone()));
        first.save(&profile(TableKind::SEVEN_FOOT)).expect("saves");
        let refused = second.save(&profile(TableKind::EIGHT_FOOT)).expect_err("in use").to_string();
        assert!(refused.contains("another trainer") && refused.contains("table.json"), "{refused}");
        assert_eq!(Profile::load(&path).expect("there").table, TableChoice::Kind(TableKind::SEVEN_FOOT));
        drop(first);
        second.save(&profile(TableKind::EIGHT_FOOT)).expect("saves");
    }
}
