//! Inputs of the calibration: what was detected, measured or entered, and its origin.

use super::{
    homography::{CornersError, camera_view, centred_corners},
    observation::table_evidence,
    profile::{CameraCorners, MeasuredProjector, Optics, Profile, ProfileLatency, ProjectorCorners, ProjectorSetup},
};
use billiards_table::{
    Calibration, FrameSize, Lens, TableChoice, TableEvidence, TableKind, TableLikelihood, TableQuad, TableSpec,
};
use billiards_vision::Detections;
use serde::{Deserialize, Serialize};

/// Size of the projector's picture, pixels, until its window or the headless image reports another.
const PROJECTOR_SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Maximum movement of corners in the picture that still counts as the same corners, pixels.
const CORNER_JITTER: f64 = 1.5;
/// Maximum number of likely tables that are kept.
const MAX_LIKELY: usize = 2;
/// Minimum probability of a table that is kept as a likely one.
const MIN_LIKELY: f64 = 0.05;
/// Maximum change of a probability, from picture to picture, that counts as noise.
const PROBABILITY_NOISE: f64 = 0.1;

/// Origin of the table's corners in the camera's picture. All but [`CornersOrigin::Found`] are kept whatever is
/// detected in later pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CornersOrigin {
    /// Detected in the picture, and updated by later pictures.
    Found,
    /// Set by the operator.
    ByHand,
    /// Measured by the automatic calibration.
    Measured,
    /// Read from a profile that states no fixed origin.
    Loaded,
}

impl CornersOrigin {
    /// Returns whether the corners are kept whatever is detected in the picture.
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
            Self::Measured => "measured automatically",
            Self::Loaded => "corners of the profile",
        }
    }
}

/// Inputs from which the calibration is solved.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "bevy", derive(bevy_ecs::resource::Resource))]
pub struct CalibrationSetup {
    /// Choice of table: a shipped or a custom one, or one that is estimated from the balls.
    pub table: TableChoice,
    /// Lens of the camera; without it, pictures are used as delivered.
    pub optics: Option<Optics>,
    /// Corners of the table in the camera's rectified picture, and their origin.
    pub camera: Option<(CameraCorners, CornersOrigin)>,
    /// Calibration of the projector; without it, the table is assumed to be centred in its picture.
    pub projector: Option<ProjectorSetup>,
    /// Size of the projector's picture, pixels.
    pub projector_size: FrameSize,
    /// Measured delay of projector and camera together.
    pub latency: Option<ProfileLatency>,
    /// Kind of table judged from the size of the balls; used with [`TableChoice::Auto`].
    estimated_kind: Option<TableKind>,
    /// Set while `estimated_kind` dates from earlier corners.
    reestimate_kind: bool,
    /// Set while `estimated_kind` was judged without knowing the balls' set.
    balls_unknown: bool,
    /// Likeliest tables when the kind was estimated last, the likeliest first.
    likely: Vec<TableLikelihood>,
    /// Number of times that a new search for the table was requested.
    searches: u32,
}

/// Request to the detector about the table; the detector acts when it changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableRequest {
    /// Corners to use instead of searching for the table, pixels, and the size of the picture.
    pub fixed: Option<(FrameSize, TableQuad)>,
    /// Number of times that a new search for the table was requested.
    pub searches: u32,
}

impl CalibrationSetup {
    /// Creates the setup that a profile describes.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        Self {
            table: profile.table,
            optics: profile.optics,
            camera: profile.camera.map(|corners| (corners, profile.corners_origin())),
            projector: profile.projector.clone(),
            projector_size: PROJECTOR_SIZE,
            latency: profile.latency,
            estimated_kind: None,
            reestimate_kind: false,
            balls_unknown: true,
            likely: Vec::new(),
            searches: 0,
        }
    }

    /// Replaces the calibration in force by that of a profile; the size of the projector's picture is kept.
    pub fn load(&mut self, profile: &Profile) {
        *self = Self { projector_size: self.projector_size, searches: self.searches, ..Self::from_profile(profile) };
    }

    /// Returns the calibration in force as a profile, including what was detected in the picture and judged from the
    /// balls.
    #[must_use]
    pub fn to_profile(&self) -> Profile {
        Profile {
            table: self.estimated_kind.map_or(self.table, |_| self.table_spec().into()),
            optics: self.optics,
            camera: self.camera.map(|(corners, _)| corners),
            camera_origin: self.camera.map(|(_, origin)| origin),
            projector: self.projector.clone(),
            latency: self.latency,
            ..Profile::default()
        }
    }

    /// Returns the table: the chosen one, else the estimated one, else an American one of nine feet.
    #[must_use]
    pub fn table_spec(&self) -> TableSpec {
        let estimated = || self.estimated_kind.unwrap_or(TableKind::NINE_FOOT).spec();
        self.table.spec().unwrap_or_else(estimated)
    }

    /// Returns the lens with which the camera's pictures are rectified.
    #[must_use]
    pub fn lens(&self) -> Option<Lens> {
        self.optics.map(|optics| optics.lens)
    }

    /// Returns the likeliest tables, at most two, the likeliest first; none unless the table is to be estimated.
    #[must_use]
    pub fn likely_tables(&self) -> &[TableLikelihood] {
        if self.table == TableChoice::Auto { &self.likely } else { &[] }
    }

    /// Sets the kind of table that is used with [`TableChoice::Auto`]. What single pictures made likely is forgotten.
    pub(crate) fn set_estimated_kind(&mut self, kind: TableKind) {
        self.estimated_kind = Some(kind);
        self.likely.clear();
    }

    /// Estimates the kind of table.
    fn estimate_kind(&mut self, evidence: &TableEvidence) {
        let recognised = evidence.recognised();
        self.reestimate_kind &= recognised.is_none();
        self.balls_unknown &= evidence.ball_sets.is_empty();
        self.estimated_kind = recognised.or(self.estimated_kind);
        let ranking = evidence.ranking();
        let is_noise = |kept: &TableLikelihood| {
            let now = ranking.iter().find(|likely| likely.kind == kept.kind);
            now.is_some_and(|now| (now.probability - kept.probability).abs() < PROBABILITY_NOISE)
        };
        // A table that is not recognised is judged anew in every picture, which must not count as a change each time.
        if recognised.is_some() || self.likely.is_empty() || !self.likely.iter().all(is_noise) {
            let likely = ranking.into_iter().take(MAX_LIKELY).filter(|likely| likely.probability >= MIN_LIKELY);
            self.likely = likely.collect();
        }
    }

    /// Sets the corners in the camera's picture; unless `origin` is [`CornersOrigin::Found`], they are kept from now
    /// on.
    pub fn set_camera_corners(&mut self, size: FrameSize, corners: TableQuad, origin: CornersOrigin) {
        self.camera = Some((CameraCorners { size, corners }, origin));
        self.reestimate_kind = true;
    }

    /// Discards the corners, so that the table is searched for in the picture again.
    pub fn search_table(&mut self) {
        self.camera = None;
        self.estimated_kind = None;
        self.balls_unknown = true;
        self.likely.clear();
        self.searches = self.searches.wrapping_add(1);
    }

    /// Returns the request to the detector about the table.
    #[must_use]
    pub fn table_request(&self) -> TableRequest {
        let fixed = self.camera.filter(|(_, origin)| origin.is_fixed());
        TableRequest { fixed: fixed.map(|(seen, _)| (seen.size, seen.corners)), searches: self.searches }
    }

    /// Sets the points in the projector's picture by hand; the measured calibration of the projector is discarded.
    pub fn set_projector_corners(&mut self, corners: ProjectorCorners) {
        self.projector = Some(ProjectorSetup::Corners(corners));
    }

    /// Puts a measured calibration of the projector in force.
    pub fn set_measured_projector(&mut self, measured: MeasuredProjector) {
        self.projector_size = measured.size;
        self.projector = Some(ProjectorSetup::Measured(measured));
    }

    /// Returns the points in the projector's picture that are in force, pixels.
    #[must_use]
    pub fn projector_corners(&self) -> ProjectorCorners {
        let (size, spec) = (self.projector_size, self.table_spec());
        let given = self.projector.as_ref().filter(|known| known.size() == size);
        let corners = match given {
            Some(ProjectorSetup::Corners(given)) => return given.clone(),
            Some(ProjectorSetup::Measured(measured)) => measured.corners(&spec),
            None => None,
        };
        let corners = corners.unwrap_or_else(|| centred_corners(size, &spec));
        ProjectorCorners { size, corners, points: Vec::new() }
    }

    /// Returns the measured calibration of the projector, if it is in force.
    #[must_use]
    pub fn measured_projector(&self) -> Option<&MeasuredProjector> {
        match &self.projector {
            Some(ProjectorSetup::Measured(measured)) if measured.size == self.projector_size => Some(measured),
            _ => None,
        }
    }

    /// Returns the transforms of an unknown rig: no camera, and the table centred in the projector's picture.
    #[must_use]
    pub fn assumed() -> Calibration {
        Self::default().solve().unwrap_or_else(|_| unreachable!("a centred table is a quad"))
    }

    /// Solves for the transforms.
    ///
    /// # Errors
    /// The corners of camera or projector do not span a quad, or further points contradict each other.
    pub fn solve(&self) -> Result<Calibration, CornersError> {
        let spec = self.table_spec();
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

    /// Returns how the table's size is known, in words for the operator.
    #[must_use]
    pub fn table_reason(&self) -> &'static str {
        match (self.table, self.estimated_kind) {
            (TableChoice::Kind(_) | TableChoice::Custom(_), _) => "as given",
            (TableChoice::Auto, Some(_)) => "judged from the balls",
            (TableChoice::Auto, None) if self.likely.is_empty() => "assumed until a table is recognised by its balls",
            (TableChoice::Auto, None) => "assumed, for the balls fit no table clearly",
        }
    }

    /// Updates the setup with the detections of a frame. Returns whether anything changed.
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
                self.reestimate_kind = true;
            }
            // Only pictures detected with the corners in force show the size of the balls on this table.
            let in_force = self.camera.is_some_and(|(known, _)| known.size == size && known.corners == corners);
            let is_open = self.estimated_kind.is_none() || self.reestimate_kind;
            if (is_open || self.balls_unknown)
                && (moved || in_force)
                && let Some(evidence) = table_evidence(seen)
                && (is_open || !evidence.ball_sets.is_empty())
            {
                self.estimate_kind(&evidence);
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
    use billiards_table::{CameraPoint, TableName};
    use billiards_vision::{BallDetection, DetectedTable, NoTable, TableFit};

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    /// Returns detections of a table whose balls have this radius, as a share of its length.
    fn seen(radius_share: f64) -> Detections {
        let corners = [(100.0, 100.0), (1100.0, 100.0), (1100.0, 600.0), (100.0, 600.0)].map(CameraPoint::from);
        let place = |i: u32| CameraPoint::new(300.0 + 60.0 * f64::from(i), 300.0);
        let ball = |i: u32| BallDetection::unidentified(place(i), 1000.0 * radius_share);
        Detections {
            table: Ok(DetectedTable { corners, fit: TableFit::Fits }),
            balls: (0..4).map(ball).collect(),
            ..Detections::nothing(SIZE, NoTable::NoCloth)
        }
    }

    #[test]
    fn the_likeliest_tables_are_kept_while_the_table_is_estimated() {
        let nine = TableKind::NINE_FOOT.spec();
        let mut setup = CalibrationSetup::default();
        assert!(setup.likely_tables().is_empty());
        assert!(setup.observe(&seen(nine.ball_radius / nine.length)));
        let likely = setup.likely_tables().to_vec();
        assert_eq!((likely.len(), likely[0].kind), (2, TableKind::NINE_FOOT));
        assert!(likely[0].probability > likely[1].probability && likely[1].probability >= MIN_LIKELY, "{likely:?}");
        assert_eq!((setup.table_spec(), setup.table_reason()), (nine, "judged from the balls"));
        setup.table = TableChoice::Kind(likely[1].kind);
        assert!(setup.likely_tables().is_empty() && setup.table_reason() == "as given");
        setup.table = TableChoice::Auto;
        assert_eq!(setup.likely_tables(), likely);
        setup.search_table();
        assert!(setup.likely_tables().is_empty());
    }

    #[test]
    fn a_table_that_is_seen_again_is_no_change() {
        let mut unclear = 0;
        for i in 0..60 {
            let share = 0.01 + 0.000_1 * f64::from(i);
            let mut setup = CalibrationSetup::default();
            assert!(setup.observe(&seen(share)), "{share}");
            for noise in [1.0, 1.000_001, 0.999_999] {
                assert!(!setup.observe(&seen(noise * share)), "{share}: {:?}", setup.likely_tables());
            }
            unclear += u32::from(setup.table_reason() == "assumed, for the balls fit no table clearly");
        }
        assert!(unclear > 0, "a size between two tables is unclear");
    }

    #[test]
    fn a_custom_table_is_in_force_as_given() {
        let custom = TableSpec { kind: TableName::Custom, length: 2.4, ..TableKind::NINE_FOOT.spec() };
        let mut setup = CalibrationSetup { table: TableChoice::Custom(custom), ..CalibrationSetup::default() };
        assert!(setup.observe(&seen(0.02)));
        assert_eq!((setup.table_spec(), setup.table_reason()), (custom, "as given"));
        let loaded = CalibrationSetup::from_profile(&setup.to_profile());
        assert_eq!(loaded.table_spec(), custom);
    }

    #[test]
    fn the_detector_is_asked_anew_for_other_fixed_corners_and_for_each_search() {
        let mut setup = CalibrationSetup::default();
        let first = setup.table_request();
        assert_eq!(first.fixed, None);
        let corners = [(10.0, 10.0), (1270.0, 10.0), (1270.0, 640.0), (10.0, 640.0)].map(CameraPoint::from);
        setup.set_camera_corners(SIZE, corners, CornersOrigin::Found);
        assert_eq!(setup.table_request(), first, "corners that were found are followed, not fixed");
        setup.set_camera_corners(SIZE, corners, CornersOrigin::Measured);
        assert_eq!(setup.table_request().fixed, Some((SIZE, corners)));
        let profile = setup.to_profile();
        setup.search_table();
        let sought = setup.table_request();
        assert!(sought.fixed.is_none() && sought != first);
        setup.search_table();
        assert_ne!(setup.table_request(), sought, "a search that is asked for again is another one");
        setup.load(&profile);
        assert_eq!(setup.table_request().fixed, Some((SIZE, corners)));
    }
}
