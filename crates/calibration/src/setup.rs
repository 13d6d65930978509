//! What the calibration is made from: what was found, measured or said, and by whom.

use super::{
    homography::{CornersError, camera_view, centred_corners},
    look::judge,
    profile::{CameraCorners, Latency, MeasuredProjector, Optics, Profile, ProjectorCorners, ProjectorSetup},
};
use billiards_table::{Calibration, FrameSize, Lens, TableChoice, TableKind, TableQuad};
use billiards_vision::Detections;
use serde::{Deserialize, Serialize};

/// Size of the projector's picture until its window or the headless image says otherwise.
const PROJECTOR_SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Corners that move less than this in the picture, pixels, are the same corners.
const CORNER_JITTER: f64 = 1.5;

/// How the corners of the table in the camera's picture came about. All but [`CornersOrigin::Found`] stay whatever is
/// found in later pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CornersOrigin {
    /// Found in the picture, and followed there.
    Found,
    /// Set by the operator.
    ByHand,
    /// Measured by the automatic calibration.
    Measured,
    /// Read from a profile that does not say how they came about.
    Loaded,
}

impl CornersOrigin {
    /// Returns whether what is found in the picture does not count.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self != Self::Found
    }

    /// Describes the origin in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Found => "corners found in the picture",
            Self::ByHand => "corners set by hand",
            Self::Measured => "measured by itself",
            Self::Loaded => "corners of the profile",
        }
    }
}

/// What the calibration is made from.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "bevy", derive(bevy_ecs::resource::Resource))]
pub struct CalibrationSetup {
    /// Which table stands there.
    pub table: TableChoice,
    /// The camera's lens; pictures are taken as they come without one.
    pub optics: Option<Optics>,
    /// Where the table lies in the camera's straight picture, and who said so.
    pub camera: Option<(CameraCorners, CornersOrigin)>,
    /// What is known of the projector; without it the table is thought centred in its picture.
    pub projector: Option<ProjectorSetup>,
    /// Size of the projector's picture.
    pub projector_size: FrameSize,
    /// The measured delay of projector and camera.
    pub latency: Option<Latency>,
    /// With [`TableChoice::Auto`]: the table that the balls' size speaks for.
    judged: Option<TableKind>,
    /// What was judged was judged with other corners.
    judge_again: bool,
    /// Number of times that the table was sought anew.
    searches: u32,
}

/// What the detector is asked to do about the table: it acts when this changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableRequest {
    /// Corners to use instead of seeking the table: size of the picture, and pixels in it.
    pub fixed: Option<(FrameSize, TableQuad)>,
    /// Number of times that the table was to be sought anew.
    pub searches: u32,
}

impl CalibrationSetup {
    /// As a profile says.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        Self {
            table: profile.table,
            optics: profile.optics,
            camera: profile.camera.map(|corners| (corners, profile.corners_origin())),
            projector: profile.projector.clone(),
            projector_size: PROJECTOR_SIZE,
            latency: profile.latency,
            judged: None,
            judge_again: false,
            searches: 0,
        }
    }

    /// Takes up a profile in place of what is in force; the size of the projector's picture is none of its business.
    pub fn load(&mut self, profile: &Profile) {
        *self = Self { projector_size: self.projector_size, searches: self.searches, ..Self::from_profile(profile) };
    }

    /// What is in force, as it is written to disk: also what was found in the picture and judged from the balls.
    #[must_use]
    pub fn to_profile(&self) -> Profile {
        Profile {
            table: self.judged.map_or(self.table, |_| TableChoice::Kind(self.table_kind())),
            optics: self.optics,
            camera: self.camera.map(|(corners, _)| corners),
            camera_origin: self.camera.map(|(_, origin)| origin),
            projector: self.projector.clone(),
            latency: self.latency,
            ..Profile::default()
        }
    }

    /// The table that stands there, as far as is known.
    #[must_use]
    pub fn table_kind(&self) -> TableKind {
        match self.table {
            TableChoice::Kind(kind) => kind,
            TableChoice::Auto => self.judged.unwrap_or(TableKind::NineFoot),
        }
    }

    /// The lens to straighten the camera's pictures with.
    #[must_use]
    pub fn lens(&self) -> Option<Lens> {
        self.optics.map(|optics| optics.lens)
    }

    /// Takes a table for the one that stands there, where that was left to be judged.
    pub(crate) fn judge_as(&mut self, kind: TableKind) {
        self.judged = Some(kind);
    }

    /// Sets the corners in the camera's picture; from now on they are not followed in the picture.
    pub fn give_camera_corners(&mut self, size: FrameSize, corners: TableQuad, origin: CornersOrigin) {
        self.camera = Some((CameraCorners { size, corners }, origin));
        self.judge_again = true;
    }

    /// Goes back to the corners that are found in the picture.
    pub fn seek_table(&mut self) {
        self.camera = None;
        self.judged = None;
        self.searches = self.searches.wrapping_add(1);
    }

    /// Returns what the detector is to do about the table.
    #[must_use]
    pub fn table_request(&self) -> TableRequest {
        let fixed = self.camera.filter(|(_, origin)| origin.is_fixed());
        TableRequest { fixed: fixed.map(|(seen, _)| (seen.size, seen.corners)), searches: self.searches }
    }

    /// Sets the points in the projector's picture by hand: what was measured is given up.
    pub fn give_projector_corners(&mut self, corners: ProjectorCorners) {
        self.projector = Some(ProjectorSetup::Corners(corners));
    }

    /// Puts what was measured of the projector in force.
    pub fn give_measured_projector(&mut self, measured: MeasuredProjector) {
        self.projector_size = measured.size;
        self.projector = Some(ProjectorSetup::Measured(measured));
    }

    /// The points in the projector's picture that are in force, pixels.
    #[must_use]
    pub fn projector_corners(&self) -> ProjectorCorners {
        let (size, spec) = (self.projector_size, self.table_kind().spec());
        let given = self.projector.as_ref().filter(|known| known.size() == size);
        let corners = match given {
            Some(ProjectorSetup::Corners(given)) => return given.clone(),
            Some(ProjectorSetup::Measured(measured)) => measured.corners(&spec),
            None => None,
        };
        let corners = corners.unwrap_or_else(|| centred_corners(size, &spec));
        ProjectorCorners { size, corners, points: Vec::new() }
    }

    /// How the projector was measured, where that is in force.
    #[must_use]
    pub fn measured_projector(&self) -> Option<&MeasuredProjector> {
        match &self.projector {
            Some(ProjectorSetup::Measured(measured)) if measured.size == self.projector_size => Some(measured),
            _ => None,
        }
    }

    /// Transforms of a rig of which nothing is known: no camera, and the table centred in the projector's picture.
    #[must_use]
    pub fn assumed() -> Calibration {
        Self::default().solve().unwrap_or_else(|_| unreachable!("a centred table is a quad"))
    }

    /// The transforms that it comes to.
    ///
    /// # Errors
    /// The corners of camera or projector span no quad, or further points contradict each other.
    pub fn solve(&self) -> Result<Calibration, CornersError> {
        let spec = self.table_kind().spec();
        let camera = self.camera.map(|(seen, _)| {
            let pinhole = self.optics.and_then(|optics| optics.pinhole(seen.size));
            camera_view(seen.size, &seen.corners, &spec, pinhole.as_ref())
        });
        let measured = self.measured_projector().and_then(MeasuredProjector::view);
        Ok(Calibration {
            camera: camera.transpose()?,
            projector: measured.map_or_else(|| self.hand_points().view(), Ok)?,
            latency: self.latency.map(|latency| latency.duration()),
        })
    }

    /// How sure the table's size is, for people.
    #[must_use]
    pub fn table_reason(&self) -> &'static str {
        match (self.table, self.judged) {
            (TableChoice::Kind(_), _) => "as given",
            (TableChoice::Auto, Some(_)) => "judged from the balls",
            (TableChoice::Auto, None) => "assumed until there are balls to judge by",
        }
    }

    /// Takes up what a frame shows. Returns whether anything changed.
    pub fn observe(&mut self, seen: &Detections) -> bool {
        let before = self.clone();
        let size = seen.size;
        if let Some(corners) = seen.corners() {
            let moved = match &self.camera {
                None => true,
                Some((_, origin)) if origin.is_fixed() => false,
                Some((known, _)) => {
                    let shift = |(a, b): (_, _)| (a - b) as euclid::Vector2D<f64, _>;
                    known.size != size
                        || known.corners.into_iter().zip(corners).any(|pair| shift(pair).length() > CORNER_JITTER)
                }
            };
            if moved {
                self.camera = Some((CameraCorners { size, corners }, CornersOrigin::Found));
                self.judge_again = true;
            }
            // Only pictures that were seen with the corners in force tell the size of the balls on this table.
            let in_force = self.camera.is_some_and(|(known, _)| known.size == size && known.corners == corners);
            if (self.judged.is_none() || self.judge_again) && (moved || in_force) {
                let judged = judge(seen);
                self.judge_again &= judged.is_none();
                self.judged = judged.or(self.judged);
            }
        }
        *self != before
    }
}

impl Default for CalibrationSetup {
    fn default() -> Self {
        Self::from_profile(&Profile::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::CameraPoint;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    #[test]
    fn the_detector_is_asked_anew_for_other_fixed_corners_and_for_each_search() {
        let mut setup = CalibrationSetup::default();
        let first = setup.table_request();
        assert_eq!(first.fixed, None);
        let corners = [(10.0, 10.0), (1270.0, 10.0), (1270.0, 640.0), (10.0, 640.0)].map(CameraPoint::from);
        setup.give_camera_corners(SIZE, corners, CornersOrigin::Found);
        assert_eq!(setup.table_request(), first, "corners that were found are followed, not fixed");
        setup.give_camera_corners(SIZE, corners, CornersOrigin::Measured);
        assert_eq!(setup.table_request().fixed, Some((SIZE, corners)));
        let profile = setup.to_profile();
        setup.seek_table();
        let sought = setup.table_request();
        assert!(sought.fixed.is_none() && sought != first);
        setup.seek_table();
        assert_ne!(setup.table_request(), sought, "a search that is asked for again is another one");
        setup.load(&profile);
        assert_eq!(setup.table_request().fixed, Some((SIZE, corners)));
    }
}
