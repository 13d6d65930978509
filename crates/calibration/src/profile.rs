//! Calibration profiles on disk: they hold the measurements, from which the transforms are solved.

use super::{camera::board::BoardLens, hand::MarkedPoint, homography::camera_view, setup::CornersOrigin};
use billiards_files::{self, Loaded, ReadError};
use billiards_table::{
    FrameSize, Homography, Lens, Pinhole, ProjectorPoint, ProjectorPx, ProjectorView, SensorPoint, TableChoice,
    TableKind, TableMetres, TablePoint, TableQuad, TableSpec, document, is_near_picture,
};
use jiff::Timestamp;
use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Version of the format that this program writes; it also reads version 1, which had corners only.
const VERSION: u32 = 2;
/// Maximum standard deviation of a focal length, as a share of it, from which the camera's height is worked out: beyond
/// it, the light on the bed would be off by more than a centimetre at the ends of a table.
const SUREST_NEEDED: f64 = 0.35;

/// A calibration profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version of the file's format; 2.
    pub version: u32,
    /// Time at which the profile was saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Timestamp>,
    /// Choice of table: a shipped or a custom one, or one that is estimated from the balls.
    #[serde(default)]
    pub table: TableChoice,
    /// Lens of the camera; without it, pictures are used as delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optics: Option<Optics>,
    /// Corners of the table in the camera's picture; without them, the table is searched for in the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraCorners>,
    /// Origin of these corners; files of older programs do not state it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera_origin: Option<CornersOrigin>,
    /// Calibration of the projector; without it, the table is assumed to be centred in the projector's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projector: Option<ProjectorSetup>,
    /// Measured delay of projector and camera together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<ProfileLatency>,
}

/// Lens of the camera, and the origin of its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optics {
    /// The lens.
    pub lens: Lens,
    /// Standard deviation of the focal length, as a share of it; `None` if the focal length was assumed and not
    /// measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_error: Option<f64>,
    /// Object with which the lens was measured.
    pub origin: OpticsOrigin,
}

/// Object with which a lens was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpticsOrigin {
    /// The table: its noses are straight lines, its balls are round.
    Table,
    /// A printed ChArUco board.
    Board,
}

impl Optics {
    /// Creates the optics from a measurement with the printed board.
    #[must_use]
    pub fn by_board(board: &BoardLens) -> Self {
        Self { lens: board.lens, focal_error: Some(board.focal_error), origin: OpticsOrigin::Board }
    }

    /// Returns the pinhole camera of rectified pictures of this size; `None` if the lens is for pictures of another
    /// size, or the focal length is not known well enough to work out the camera's height.
    #[must_use]
    pub fn pinhole(&self, size: FrameSize) -> Option<Pinhole> {
        let known = self.lens.size == size && self.focal_error.is_some_and(|error| error < SUREST_NEEDED);
        known.then(|| self.lens.rectified())
    }
}

impl Optics {
    fn check(&self) -> Result<(), String> {
        let Lens { size, focal, centre, radial, tangential } = self.lens;
        let longer = f64::from(size.width.max(size.height));
        if !focal.iter().all(|f| (0.1 * longer..20.0 * longer).contains(f)) {
            return Err(format!(
                "focal length is {} × {} pixels, expected 0.1 to 20 times the picture's longer side",
                focal[0], focal[1]
            ));
        }
        let inside =
            (0.0..f64::from(size.width)).contains(&centre[0]) && (0.0..f64::from(size.height)).contains(&centre[1]);
        if !inside {
            return Err("the optical axis lies outside the picture".into());
        }
        if !radial.iter().chain(&tangential).all(|k| k.abs() < 10.0) {
            return Err("a distortion coefficient is 10 or more in size, expected less".into());
        }
        let middle = [0.0, f64::from(size.height) - 1.0].map(|y| SensorPoint::new(0.5 * f64::from(size.width), y));
        if middle.iter().any(|p| self.lens.ray(*p).is_none()) {
            return Err("the lens folds the picture over itself".into());
        }
        match self.focal_error {
            Some(error) if !(0.0..=10.0).contains(&error) => Err(format!("focal_error is {error}, expected 0 to 10")),
            _ => Ok(()),
        }
    }
}

/// Corners of the nose lines in the camera's rectified picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraCorners {
    /// Size of the picture, pixels.
    pub size: FrameSize,
    /// Corners in the order top left, top right, bottom right, bottom left as seen in the picture, pixels.
    pub corners: TableQuad,
}

/// Calibration of the projector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ProjectorSetup {
    /// Measured with projected patterns.
    Measured(MeasuredProjector),
    /// The corners of the nose lines and any further points, set by hand.
    Corners(ProjectorCorners),
}

impl ProjectorSetup {
    /// Returns the size of the projector's picture for which the calibration is valid.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        match self {
            Self::Measured(measured) => measured.size,
            Self::Corners(corners) => corners.size,
        }
    }
}

/// Corners of the nose lines, and any other marks of the table, in the projector's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectorCorners {
    /// Size of the picture, pixels.
    pub size: FrameSize,
    /// Corners in the order top left, top right, bottom right, bottom left as seen in the picture, pixels.
    pub corners: [ProjectorPoint; 4],
    /// Marks other than the corners, each at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<MarkedPoint>,
}

/// Calibration of a projector measured with patterns on the cloth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredProjector {
    /// Size of the projector's picture, pixels.
    pub size: FrameSize,
    /// Rows of the homography from the bed, in metres, to the projector's picture, in pixels.
    pub from_table: [[f64; 3]; 3],
    /// Expected error of the light on the cloth, millimetres, root mean square over the checked places: the error
    /// measured there combined with that of the camera.
    pub rms_mm: f64,
    /// Expected error of the light at the worst of the checked places, millimetres.
    pub worst_mm: f64,
    /// Measured dots.
    pub points: Vec<MeasuredPoint>,
}

/// A projected dot and its measured position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredPoint {
    /// Position in the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// Position in the delivered camera picture, pixels.
    pub camera: SensorPoint,
    /// Position on the bed by the camera's calibration, metres.
    pub table: TablePoint,
    /// Residual of the map at this dot, millimetres of the table's x and y.
    pub error_mm: [f64; 2],
    /// `true` if the dot was used for the map.
    pub used: bool,
}

impl MeasuredProjector {
    /// Returns the homography from the bed to the projector's picture; `None` if the matrix is not finite or not
    /// invertible.
    #[must_use]
    pub fn map(&self) -> Option<Homography<TableMetres, ProjectorPx>> {
        Homography::from_matrix(Matrix3::from_fn(|row, column| self.from_table[row][column]))
    }

    /// Returns the projector's view; `None` if the matrix is not a valid homography.
    #[must_use]
    pub fn view(&self) -> Option<ProjectorView> {
        Some(ProjectorView { size: self.size, from_table: self.map()? })
    }

    /// Returns the corners of the nose lines in the projector's picture, pixels, in the order of [`ProjectorCorners`].
    #[must_use]
    pub fn corners(&self, spec: &TableSpec) -> Option<[ProjectorPoint; 4]> {
        let map = self.map()?;
        let (w, l) = (spec.width, spec.length);
        let [a, b, c, d] = [(0.0, 0.0), (0.0, l), (w, l), (w, 0.0)].map(|place| map.map(TablePoint::from(place)));
        let around = [a?, b?, c?, d?];
        // In the order seen in the picture, starting with the corner nearest to its top left.
        let first = (0..4).min_by(|i, j| (around[*i].x + around[*i].y).total_cmp(&(around[*j].x + around[*j].y)))?;
        let clockwise = (around[1] - around[0]).cross(around[2] - around[1]) > 0.0;
        Some(std::array::from_fn(|k| around[if clockwise { (first + k) % 4 } else { (first + 4 - k) % 4 }]))
    }
}

/// Delay of projector and camera together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileLatency {
    /// Time from handing a picture to the graphics card until a frame that shows it comes in, milliseconds.
    pub ms: f64,
    /// Standard deviation of single measurements, milliseconds.
    pub spread_ms: f64,
}

impl ProfileLatency {
    /// Returns the delay as a duration.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(self.ms / 1e3).unwrap_or_default()
    }
}

/// Error of reading or writing a profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("cannot read the profile ({source}): {}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Underlying error.
        source: std::io::Error,
    },
    /// Another running program saves its calibration to the file.
    #[error(
        "{} keeps its calibration in this profile: end it first, or save under another name: {}",
        billiards_files::program(*process),
        path.display()
    )]
    InUse {
        /// Path of the file.
        path: PathBuf,
        /// Process number of the other program, if known.
        process: Option<u32>,
    },
    /// The file is not a profile.
    #[error("not a calibration profile ({reason}; expected JSON as described in calibration/README.md): {}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Description of the fault and its place in the file.
        reason: String,
    },
    /// The file has a version that this program does not read.
    #[error("profile version {version}, but this program reads versions 1 and {VERSION}: a newer program wrote it: {}", path.display())]
    Version {
        /// Path of the file.
        path: PathBuf,
        /// Version of the file.
        version: u32,
    },
    /// The file cannot be written.
    #[error("cannot write the profile ({source}): {}", path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Underlying error.
        source: std::io::Error,
    },
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// The file cannot be read, is not a profile, or has another version.
    pub fn load(path: &Path) -> Result<Self, ProfileError> {
        match billiards_files::read(path) {
            Ok(text) => Self::parse(&text, path),
            Err(ReadError::Io(source)) => Err(ProfileError::Read { path: path.to_owned(), source }),
            Err(error) => Err(ProfileError::Invalid { path: path.to_owned(), reason: error.to_string() }),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ProfileError> {
        let invalid = |reason: String| ProfileError::Invalid { path: path.to_owned(), reason };
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        // The version is read first: a newer file may have any other fields.
        let Versioned { version } = document::from_json(text).map_err(|e| invalid(e.to_string()))?;
        if !(1..=VERSION).contains(&version) {
            return Err(ProfileError::Version { path: path.to_owned(), version });
        }
        let profile: Self = document::from_json(text).map_err(|e| invalid(e.to_string()))?;
        let profile = Self { version: VERSION, ..profile };
        profile.check().map_err(invalid)?;
        Ok(profile)
    }

    /// Returns the origin of the camera's corners. Files of older programs do not state it, but only the automatic
    /// calibration measures the lens with the table or the projector with dots.
    #[must_use]
    pub fn corners_origin(&self) -> CornersOrigin {
        let automatic = self.optics.is_some_and(|optics| optics.origin == OpticsOrigin::Table)
            || matches!(self.projector, Some(ProjectorSetup::Measured(_)));
        match self.camera_origin {
            Some(CornersOrigin::Found) => CornersOrigin::Loaded,
            Some(origin) => origin,
            None if automatic => CornersOrigin::Measured,
            None => CornersOrigin::Loaded,
        }
    }

    fn check(&self) -> Result<(), String> {
        let spec = TableKind::NINE_FOOT.spec();
        let sizes = [
            ("optics", self.optics.map(|optics| optics.lens.size)),
            ("camera", self.camera.map(|corners| corners.size)),
            ("projector", self.projector.as_ref().map(ProjectorSetup::size)),
        ];
        for (name, FrameSize { width, height }) in sizes.into_iter().filter_map(|(name, size)| Some((name, size?))) {
            if !(64..=16_384).contains(&width) || !(64..=16_384).contains(&height) {
                return Err(format!("{name}: the picture is {width} × {height} pixels, expected 64 to 16384 a side"));
            }
        }
        if let Some(optics) = &self.optics {
            optics.check().map_err(|reason| format!("optics: {reason}"))?;
        }
        if let Some(camera) = &self.camera {
            if !camera.corners.iter().all(|corner| is_near_picture(*corner, camera.size)) {
                return Err("camera: the corners lie far outside the picture".into());
            }
            camera_view(camera.size, &camera.corners, &spec, None).map_err(|e| format!("camera: {e}"))?;
        }
        if let (Some(optics), Some(camera)) = (&self.optics, &self.camera)
            && optics.lens.size != camera.size
        {
            return Err("optics and camera are for pictures of different sizes".into());
        }
        match &self.projector {
            Some(ProjectorSetup::Corners(corners)) => {
                let marks = || corners.points.iter().map(|point| point.mark);
                if let Some(twice) = marks().enumerate().find(|(i, mark)| marks().take(*i).any(|other| other == *mark))
                {
                    return Err(format!("projector: the point `{}` is given twice", twice.1.id()));
                }
                corners.hand_points(&spec).view().map_err(|e| format!("projector: {e}"))?;
            }
            Some(ProjectorSetup::Measured(measured)) => {
                measured
                    .map()
                    .ok_or("projector: `from_table` is not a homography: it is not finite or has no inverse")?;
            }
            None => {}
        }
        match self.latency {
            Some(latency) if !(0.0..=2000.0).contains(&latency.ms) || !latency.spread_ms.is_finite() => {
                Err(format!("latency is {} ms, expected 0 to 2000 ms", latency.ms))
            }
            _ => Ok(()),
        }
    }

    /// Writes the profile so that a crash leaves either the old file or the new one, never a part of one. A valid
    /// profile that was there is kept as `FILE.before`, anything else as `FILE.bad`.
    ///
    /// # Errors
    /// The folder or a file cannot be written; the previous file is unchanged.
    pub fn save(&self, path: &Path) -> Result<(), ProfileError> {
        let write = || -> std::io::Result<()> {
            let stamped = Self { version: VERSION, saved: Some(Timestamp::now()), ..self.clone() };
            let mut text = serde_json::to_vec_pretty(&stamped)?;
            text.push(b'\n');
            billiards_files::replace(path, &text, |text| Self::parse(text, path).is_ok())
        };
        write().map_err(|source| ProfileError::Write { path: path.to_owned(), source })
    }

    /// Reads a profile or, if it is damaged, the previous copy that was kept next to it.
    ///
    /// # Errors
    /// The file is absent, of a newer version, or damaged without a good copy; the error is about the file itself.
    pub fn load_or_before(path: &Path) -> Result<Loaded<Self>, ProfileError> {
        billiards_files::load_or_before(path, Self::load, ProfileError::is_damage)
    }

    /// Removes a profile's file; a copy is kept as by [`Profile::save`].
    ///
    /// # Errors
    /// The profile does not exist, or cannot be removed.
    pub fn delete(path: &Path) -> Result<(), ProfileError> {
        billiards_files::remove(path, |text| Self::parse(text, path).is_ok())
            .map_err(|source| ProfileError::Write { path: path.to_owned(), source })
    }
}

impl ProfileError {
    /// Returns whether the file exists but is unusable, so that the previous copy is to be read. A file that a newer
    /// program wrote is not damaged.
    fn is_damage(&self) -> bool {
        match self {
            Self::Invalid { .. } => true,
            Self::Read { source, .. } => source.kind() != std::io::ErrorKind::NotFound,
            Self::Version { .. } | Self::Write { .. } | Self::InUse { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{CameraPoint, TableName};

    fn profile() -> Profile {
        let corners = [(10., 10.), (1200., 12.), (1210., 700.), (8., 690.)].map(CameraPoint::from);
        Profile {
            version: 2,
            table: TableChoice::Kind(TableKind::EIGHT_FOOT),
            camera: Some(CameraCorners { size: FrameSize { width: 1280, height: 720 }, corners }),
            camera_origin: Some(CornersOrigin::Measured),
            optics: Some(Optics {
                lens: Lens::rectilinear(FrameSize { width: 1280, height: 720 }, 1100.0),
                focal_error: Some(0.02),
                origin: OpticsOrigin::Table,
            }),
            projector: Some(ProjectorSetup::Measured(MeasuredProjector {
                size: FrameSize { width: 1920, height: 1080 },
                from_table: [[0.0, 700.0, 70.0], [700.0, 0.0, 90.0], [0.0, 0.001, 1.0]],
                rms_mm: 0.8,
                worst_mm: 1.9,
                points: vec![MeasuredPoint {
                    projector: ProjectorPoint::new(100.0, 120.0),
                    camera: SensorPoint::new(90.5, 80.25),
                    table: TablePoint::new(0.05, 0.05),
                    error_mm: [0.5, -0.25],
                    used: true,
                }],
            })),
            latency: Some(ProfileLatency { ms: 62.5, spread_ms: 1.5 }),
            saved: None,
        }
    }

    #[test]
    fn a_profile_survives_the_disk() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("club/table-3.json");
        profile().save(&path).expect("saves");
        let loaded = Profile::load(&path).expect("loads");
        assert!(loaded.saved.is_some());
        assert_eq!(Profile { saved: None, ..loaded }, profile());
    }

    #[test]
    fn a_custom_table_survives_the_disk_and_is_checked() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("home.json");
        let snooker = TableKind::named("snooker-12ft").expect("shipped").spec();
        let custom = TableSpec { kind: TableName::Custom, length: 3.5, ..snooker };
        let profile = Profile { table: TableChoice::Custom(custom), ..profile() };
        profile.save(&path).expect("saves");
        assert_eq!(Profile::load(&path).expect("loads").table, TableChoice::Custom(custom));
        let good = std::fs::read_to_string(&path).expect("reads");
        for (length, words) in [
            ("140.0", "(table: length is 140: expected 0.4 to 5 metres"),
            ("\"long\"", "(table: length: invalid type: string \"long\", expected f64"),
        ] {
            let bad = good.replace("\"length\": 3.5", &format!("\"length\": {length}"));
            std::fs::write(&path, bad).expect("writes");
            let error = Profile::load(&path).expect_err(length).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_profile_of_version_1_is_read_still() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("old.json");
        let corners = "[[10,10],[600,12],[610,400],[8,390]]";
        let text = format!(
            r#"{{"version":1,"table":"8ft","projector":{{"size":{{"width":1280,"height":720}},"corners":{corners}}}}}"#
        );
        std::fs::write(&path, text).expect("writes");
        let profile = Profile::load(&path).expect("loads");
        assert!(matches!(profile.projector, Some(ProjectorSetup::Corners(c)) if c.corners[2].x == 610.0));
        assert_eq!(profile.version, 2);
    }

    #[test]
    fn a_loaded_calibration_says_how_it_came_about() {
        assert_eq!(profile().corners_origin(), CornersOrigin::Measured);
        let origin = |camera_origin| Profile { camera_origin, ..profile() }.corners_origin();
        assert_eq!(origin(None), CornersOrigin::Measured, "an older file of an automatic calibration");
        assert_eq!(origin(Some(CornersOrigin::ByHand)), CornersOrigin::ByHand, "dragged after the calibration");
        assert_eq!(origin(Some(CornersOrigin::Found)), CornersOrigin::Loaded, "no longer followed in the picture");
        let by_hand = Profile { camera_origin: None, optics: None, projector: None, ..profile() };
        assert_eq!(by_hand.corners_origin(), CornersOrigin::Loaded);
    }

    #[test]
    fn measured_corners_go_clockwise_from_the_top_left_however_the_projector_hangs() {
        let spec = TableKind::NINE_FOOT.spec();
        for from_table in [
            [[0.0, 700.0, 70.0], [700.0, 0.0, 90.0], [0.0, 0.0, 1.0]],
            [[0.0, -700.0, 1850.0], [-700.0, 0.0, 980.0], [0.0, 0.0, 1.0]],
            [[0.0, -700.0, 1850.0], [700.0, 0.0, 90.0], [0.0, 0.0, 1.0]],
        ] {
            let Some(ProjectorSetup::Measured(measured)) = profile().projector else { panic!("measured") };
            let [a, b, c, _] = MeasuredProjector { from_table, ..measured }.corners(&spec).expect("a quad");
            assert!(a.x < b.x && b.y < c.y && (a.y - b.y).abs() < 1.0, "{from_table:?}");
        }
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
