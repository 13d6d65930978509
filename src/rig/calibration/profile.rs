//! A calibration on disk: the raw corners, from which the transforms are solved anew.

use crate::model::{CameraPoint, FrameSize, ProjectorPoint, TableChoice, TableQuad};
use serde::{Deserialize, Serialize};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// A named calibration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Format of the file; 1.
    pub version: u32,
    /// Which table stands there.
    #[serde(default)]
    pub table: TableChoice,
    /// What the camera sees; the table is sought in the picture without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraCorners>,
    /// What the projector throws; the table is centred in its picture without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projector: Option<ProjectorCorners>,
}

/// Where the nose-line corners lie in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraCorners {
    /// Size of the picture.
    pub size: FrameSize,
    /// Top left, top right, bottom right, bottom left as seen there, pixels.
    pub corners: TableQuad,
}

/// Where the nose-line corners lie in the projector's picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectorCorners {
    /// Size of the picture.
    pub size: FrameSize,
    /// Top left, top right, bottom right, bottom left as seen there, pixels.
    pub corners: [ProjectorPoint; 4],
}

/// A profile that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read the profile ({source}): {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no profile.
    #[error("not a calibration profile ({reason}; expected JSON as described in calibration/README.md): {}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },
    /// The file is of another version than this program reads.
    #[error("profile version {version}, but this program reads version {VERSION} alone: {}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The file cannot be written.
    #[error("cannot write the profile ({source}): {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// The file cannot be read, is no profile, or is of another version.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ProfileError::Read { path: path.to_owned(), source })?;
        let invalid = |reason: String| ProfileError::Invalid { path: path.to_owned(), reason };
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        // The version first: a newer file may have any other fields.
        let Versioned { version } = serde_json::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        if version != VERSION {
            return Err(ProfileError::Version { path: path.to_owned(), version });
        }
        let profile: Self = serde_json::from_str(&text).map_err(|e| invalid(e.to_string()))?;
        profile.check().map_err(invalid)?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), String> {
        let spec = crate::model::TableKind::NineFoot.spec();
        let sizes =
            self.camera.map(|c| ("camera", c.size)).into_iter().chain(self.projector.map(|p| ("projector", p.size)));
        for (name, size) in sizes {
            if !(64..=16_384).contains(&size.width) || !(64..=16_384).contains(&size.height) {
                let FrameSize { width, height } = size;
                return Err(format!("{name}: a picture of {width} × {height} pixels; 64 to 16384 a side are possible"));
            }
        }
        if let Some(camera) = &self.camera {
            let (w, h) = (f64::from(camera.size.width), f64::from(camera.size.height));
            let near = |p: &CameraPoint| (-0.5 * w..1.5 * w).contains(&p.x) && (-0.5 * h..1.5 * h).contains(&p.y);
            if !camera.corners.iter().all(near) {
                return Err("camera: the corners lie far outside the picture".into());
            }
            super::camera_view(camera.size, &camera.corners, &spec).map_err(|e| format!("camera: {e}"))?;
        }
        if let Some(projector) = &self.projector {
            super::projector_view(projector.size, &projector.corners, &spec).map_err(|e| format!("projector: {e}"))?;
        }
        Ok(())
    }

    /// Writes the profile so that a crash leaves either the old file or the new one, never half of one.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ProfileError> {
        let write = || -> std::io::Result<()> {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, &Self { version: VERSION, ..self.clone() })?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        write().map_err(|source| ProfileError::Write { path: path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableKind;

    fn profile() -> Profile {
        let corners = [(10., 10.), (1200., 12.), (1210., 700.), (8., 690.)].map(CameraPoint::from);
        Profile {
            version: 1,
            table: TableChoice::Kind(TableKind::EightFoot),
            camera: Some(CameraCorners { size: FrameSize { width: 1280, height: 720 }, corners }),
            projector: None,
        }
    }

    #[test]
    fn a_profile_survives_the_disk() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("club/table-3.json");
        profile().save(&path).expect("saves");
        assert_eq!(Profile::load(&path).expect("loads"), profile());
    }

    #[test]
    fn bad_profiles_say_what_is_wrong() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("p.json");
        let load = |text: &str| {
            std::fs::write(&path, text).expect("writes");
            Profile::load(&path).expect_err("refused").to_string()
        };
        assert!(load("{").contains("line 1"));
        assert!(load("[]").contains("not a calibration profile"));
        assert!(load(r#"{"version":7,"new":1}"#).contains("version 7"));
        assert!(
            load(r#"{"version":1,"table":"12ft"}"#).contains("table"),
            "{}",
            load(r#"{"version":1,"table":"12ft"}"#)
        );
        let crossed =
            r#"{"version":1,"camera":{"size":{"width":640,"height":480},"corners":[[0,0],[600,400],[600,0],[0,400]]}}"#;
        assert!(load(crossed).contains("camera: the four corners"));
        let tiny =
            r#"{"version":1,"camera":{"size":{"width":0,"height":0},"corners":[[0,0],[600,0],[600,400],[0,400]]}}"#;
        assert!(load(tiny).contains("0 × 0"));
        assert!(load(&tiny.replace(":0", ":70")).contains("outside the picture"));
        assert!(Profile::load(&dir.path().join("none.json")).expect_err("missing").to_string().contains("none.json"));
    }
}
