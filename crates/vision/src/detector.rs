//! The detector: its memory from picture to picture, and the order of the steps.

use super::{
    BallDetection, BallIdentifier, CueDetection, DetectedTable, Detections, Evidence, Ground, NoTable, TableFit,
    VisionError, cue,
    disc::Disc,
    identity, scene,
    scene::Scene,
    table::{self, TableWatch},
    table_shape::TableShape,
};
use billiards_table::{BallLabel, BallSet, CameraPoint, FrameSize, Pinhole, TableQuad};
use opencv::{core::Mat, prelude::*};

/// Detects table, balls and cue in successive pictures of one table.
///
/// The table is searched for in the first picture and then kept and monitored: a fixed camera looks at a fixed table.
/// It is searched for again when it has moved, when it was hidden for long, when the size of the pictures changes, or
/// after [`Detector::forget_table`].
#[derive(Debug, Clone)]
pub struct Detector {
    pub(super) identifier: BallIdentifier,
    known: Option<Known>,
    /// Corners set by the operator, and the size of the pictures they hold for; the table is not searched for then.
    fixed: Option<(FrameSize, TableQuad)>,
    camera: Option<Pinhole>,
    shape: TableShape,
    /// Number of successive pictures without a table, and the reason in the last one that was searched.
    missed: Option<(u32, NoTable)>,
}

/// Knowledge of the table.
#[derive(Debug, Clone)]
pub(super) struct Known {
    size: FrameSize,
    pub corners: TableQuad,
    watch: TableWatch,
    fit: TableFit,
    /// Number of successive pictures in which the nose lines were hidden.
    hidden: u32,
    pub radius: Radius,
    cue: CueMemory,
}

/// Memory of the cue and of the cue ball from the last pictures.
#[derive(Debug, Clone, Copy, Default)]
struct CueMemory {
    cue: Option<CueDetection>,
    /// Number of successive pictures that did not show the cue.
    missed: u32,
    /// Centre of the cue ball, pixels of the picture.
    cue_ball: Option<CameraPoint>,
}

impl CueMemory {
    /// Returns the cue if it was detected a moment ago.
    fn before(&self) -> Option<&CueDetection> {
        self.cue.as_ref().filter(|_| self.missed <= MAX_MISSED)
    }

    /// Returns the cue ball among the balls found: the one labelled so, or else the one in its last place. A hand or
    /// the cue's tip may hide the features that identify it.
    fn cue_ball<'a>(&self, scene: &Scene, found: &'a [Disc], balls: &[BallDetection]) -> Option<&'a Disc> {
        let named = balls.iter().position(|ball| ball.label == BallLabel::Cue);
        let there = || {
            let place = scene.of_picture(self.cue_ball?);
            found.iter().position(|disc| disc.covers(place, SAME_PLACE))
        };
        named.or_else(there).and_then(|i| found.get(i))
    }

    /// Returns the memory after one more picture.
    fn updated(self, cue: Option<CueDetection>, cue_ball: Option<CameraPoint>) -> Self {
        let missed = if cue.is_some() { 0 } else { self.missed.saturating_add(1) };
        Self { cue: cue.or(self.cue), missed, cue_ball: cue_ball.or(self.cue_ball) }
    }
}

/// Knowledge of the size of the balls.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Radius {
    /// Radius over the table's longer side, smoothed over the pictures that showed some balls.
    share: Option<f64>,
    /// Set once enough balls agreed on it.
    sure: bool,
    /// Number of pictures since balls last confirmed it.
    stale: u32,
}

/// Number of pictures without balls after which their radius is no longer sure: what was taken for balls may not have
/// been any.
const EMPTY_FRAMES: u32 = 30;
/// Interval between searches for the radius while it is not sure, in pictures: one search takes as long as several
/// detections.
const SEEK_EVERY: u32 = 15;
/// Number of successive pictures without a table that are all searched.
const MAX_SEARCHES: u32 = 4;
/// Interval between searches for the table after that, in pictures: one search takes as long as many detections.
const SEARCH_EVERY: u32 = 16;
/// Maximum number of successive pictures without the cue during which it is searched for at its last place.
const MAX_MISSED: u32 = 15;
/// Maximum apparent displacement of a ball at rest, as a share of its radius.
const SAME_PLACE: f64 = 0.4;
/// Number of successive pictures with hidden noses after which the table is searched for again: the light may have
/// changed beyond recognition.
const HIDDEN_FRAMES: u32 = 150;

impl Detector {
    /// Creates a detector for this set of balls; with `None` it recognises which of the built-in sets is used.
    #[must_use]
    pub fn new(set: impl Into<Option<BallSet>>) -> Self {
        let (identifier, shape) = (BallIdentifier::new(set), TableShape::default());
        Self { identifier, known: None, fixed: None, camera: None, shape, missed: None }
    }

    /// Uses these nose-line corners (pixels of pictures of this size) instead of searching for the table. If they span
    /// no usable area, nothing is detected.
    pub fn fix_table(&mut self, size: FrameSize, corners: TableQuad) {
        self.fixed = Some((size, corners));
        (self.known, self.missed) = (None, None);
    }

    /// Sets what is known of the table before it is seen. If that changes, the table is searched for again, unless its
    /// corners are set, and the size of the balls is estimated again.
    pub fn expect_table(&mut self, shape: TableShape) {
        if self.shape != shape {
            (self.shape, self.known, self.missed) = (shape, None, None);
        }
    }

    /// Returns the shape of the table.
    pub(super) fn shape(&self) -> TableShape {
        self.shape
    }

    /// Sets the camera of pictures of its size; with `None` the perspective is estimated from the nose lines.
    pub fn use_camera(&mut self, camera: Option<Pinhole>) {
        self.camera = camera;
    }

    /// Returns the camera of pictures of this size, if it is known.
    pub(super) fn camera_of(&self, size: FrameSize) -> Option<Pinhole> {
        self.camera.filter(|camera| camera.size == size)
    }

    /// Discards the table, found or set by hand, so that the next picture is searched for it.
    pub fn forget_table(&mut self) {
        self.fixed = None;
        (self.known, self.missed) = (None, None);
    }

    /// Detects table, balls and cue in one 8-bit BGR picture.
    ///
    /// # Errors
    /// The picture has another pixel layout or is smaller than 64 × 64, or OpenCV fails.
    pub fn detect(&mut self, bgr: &Mat) -> Result<Detections, VisionError> {
        self.detect_under(bgr, None)
    }

    /// Detects table, balls and cue in one 8-bit BGR picture of a table that a projector draws on. `lit` is a
    /// single-channel 8-bit picture of the same size in which pixels that the projector lights are not zero; these are
    /// no evidence, neither for a ball nor against one.
    ///
    /// # Errors
    /// See [`Detector::detect`]; also fails if the mask has another size or layout.
    pub fn detect_under(&mut self, bgr: &Mat, lit: Option<&Mat>) -> Result<Detections, VisionError> {
        let size = checked(bgr, lit)?;
        let (table, radius) = match self.locate(bgr, size)? {
            Ok(found) => found,
            Err(why) => return Ok(Detections::nothing(size, why)),
        };
        let (camera, shape) = (self.camera_of(size), self.shape);
        let identifier = &mut self.identifier;
        let memory = self.known.as_ref().map(|known| known.cue).unwrap_or_default();
        let seen = with_scene(bgr, lit, &table.corners, camera, shape, |scene| {
            let share = radius.share_for(scene);
            let ground = Ground::new(scene);
            let found = share.map_or_else(Vec::new, |share| scene.with_streaks(scene.balls(share), &ground, share));
            let balls = share.map_or_else(Vec::new, |share| identified(scene, &found, share, identifier));
            let cue_ball = memory.cue_ball(scene, &found, &balls);
            let cue = cue::find(scene, &found, cue_ball, memory.before());
            let memory = memory.updated(cue, cue_ball.map(|disc| scene.to_picture(disc.centre)));
            let radius = radius.updated(share, scene.radius_share(&found), found.is_empty());
            Ok((balls, cue, ground, scene.colourless, scene.has_open_corners(), radius, memory))
        })?;
        let (balls, cue, ground, colourless, has_pockets, radius, memory) = seen;
        if let Some(known) = &mut self.known {
            (known.radius, known.cue) = (radius, memory);
        }
        Ok(Detections { size, table: Ok(table), balls, cue, ground: Some(ground), colourless, has_pockets })
    }

    /// Returns the table that is known and still there, or set, or found in this picture, and the knowledge of the ball
    /// size.
    pub(super) fn locate(
        &mut self,
        bgr: &Mat,
        size: FrameSize,
    ) -> Result<Result<(DetectedTable, Radius), NoTable>, VisionError> {
        let set = self.fixed.filter(|(fixed, _)| *fixed == size);
        let known = self.known.as_mut().filter(|known| known.size == size);
        let mut fit = TableFit::Fits;
        if let Some(known) = known {
            // Corners set by the operator stay; a movement is only reported.
            if known.is_there(bgr)? || set.is_some() {
                if known.hidden >= HIDDEN_FRAMES {
                    *known = Known { radius: known.radius, ..Known::new(bgr, size, known.corners)? };
                }
                return Ok(Ok(known.seen()));
            }
            fit = known.fit;
        }
        let corners = match set {
            Some((_, corners)) if table::usable(&corners, size) => Ok(corners),
            Some(_) => Err(NoTable::Shape),
            None => match self.missed {
                Some((count, why)) if count >= MAX_SEARCHES && !count.is_multiple_of(SEARCH_EVERY) => Err(why),
                _ => table::find(bgr, self.shape.aspect)?,
            },
        };
        self.missed = corners.err().map(|why| (self.missed.map_or(1, |(count, _)| count.saturating_add(1)), why));
        Ok(match corners {
            Ok(corners) => Ok(self.known.insert(Known { fit, ..Known::new(bgr, size, corners)? }).seen()),
            Err(why) => Err(why),
        })
    }
}

/// Returns the discs as identified balls; `radius_share` is their radius over the table's longer side.
pub(super) fn identified(
    scene: &Scene,
    found: &[Disc],
    radius_share: f64,
    identifier: &mut BallIdentifier,
) -> Vec<BallDetection> {
    let appearances = identity::appearances(scene, found, radius_share);
    let identities = if scene.colourless {
        identity::without_colour(scene, found)
    } else {
        let evidence: Vec<Evidence> = appearances.iter().map(|appearance| (*appearance).into()).collect();
        identifier.identify(&evidence)
    };
    identities
        .into_iter()
        .zip(appearances)
        .zip(found)
        .map(|((identity, appearance), disc)| BallDetection {
            centre: scene.to_picture(disc.centre),
            radius: disc.radius / scene.scale,
            label: identity.label,
            class: identity.class,
            appearance,
            confidence: disc.support as f32,
            solidity: disc.solidity() as f32,
            blurred: disc.blurred,
            in_jaw: scene.in_jaw(disc),
        })
        .collect()
}

impl Known {
    fn new(bgr: &Mat, size: FrameSize, corners: TableQuad) -> Result<Self, VisionError> {
        let watch = TableWatch::new(bgr, &corners)?;
        Ok(Self {
            size,
            corners,
            watch,
            fit: TableFit::Fits,
            hidden: 0,
            radius: Radius::default(),
            cue: CueMemory::default(),
        })
    }

    /// Checks the table in one more picture and returns whether it is still in its place, as far as that is visible.
    fn is_there(&mut self, bgr: &Mat) -> Result<bool, VisionError> {
        self.fit = self.watch.look(bgr)?;
        self.hidden = if self.fit == TableFit::Hidden { self.hidden + 1 } else { 0 };
        Ok(!matches!(self.fit, TableFit::Moved { .. }) && self.hidden < HIDDEN_FRAMES)
    }

    fn seen(&self) -> (DetectedTable, Radius) {
        (DetectedTable { corners: self.corners, fit: self.fit }, self.radius)
    }
}

impl Radius {
    /// Returns the radius to search with in the next picture: the known one, or periodically a fresh estimate.
    pub fn share_for(&self, scene: &Scene) -> Option<f64> {
        if self.sure || !self.stale.is_multiple_of(SEEK_EVERY) {
            return self.share;
        }
        scene.estimate_radius().or(self.share)
    }

    /// Returns the knowledge after one more picture, in which balls of the radius `share` were searched for and agreed
    /// on the radius `measured`.
    fn updated(self, share: Option<f64>, measured: Option<f64>, empty: bool) -> Self {
        match (self.share.filter(|_| self.sure), measured) {
            (Some(old), Some(new)) => Self { share: Some(old + 0.1 * (new - old)), sure: true, stale: 0 },
            (None, Some(new)) => Self { share: Some(new), sure: true, stale: 0 },
            (_, None) => {
                let stale = if self.sure && !empty { 0 } else { self.stale + 1 };
                let share = if empty { self.share } else { share };
                Self { share, sure: self.sure && stale < EMPTY_FRAMES, stale }
            }
        }
    }
}

/// Returns the size of a picture that can be processed, together with a mask that fits it.
pub(super) fn checked(bgr: &Mat, lit: Option<&Mat>) -> Result<FrameSize, VisionError> {
    if bgr.typ() != opencv::core::CV_8UC3 || bgr.cols() < 64 || bgr.rows() < 64 {
        return Err(VisionError::Layout(bgr.typ()));
    }
    let picture = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
    match lit {
        Some(mask) if mask.typ() != opencv::core::CV_8UC1 || mask.cols() != bgr.cols() || mask.rows() != bgr.rows() => {
            Err(VisionError::Mask { kind: mask.typ(), width: mask.cols(), height: mask.rows(), picture })
        }
        _ => Ok(picture),
    }
}

/// Cuts the table out of a picture and runs `work` on it.
pub(super) fn with_scene<T>(
    bgr: &Mat,
    lit: Option<&Mat>,
    corners: &TableQuad,
    camera: Option<Pinhole>,
    shape: TableShape,
    work: impl FnOnce(&Scene) -> Result<T, VisionError>,
) -> Result<T, VisionError> {
    let packed = if bgr.is_continuous() { None } else { Some(bgr.try_clone()?) };
    let bgr = packed.as_ref().unwrap_or(bgr);
    let reduced = scene::reduced(bgr, corners)?;
    let (picture, step) = reduced.as_ref().map_or((bgr, 1.0), |(smaller, step)| (smaller, *step));
    work(&Scene::new(picture, step, corners, lit, camera.as_ref(), shape)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;
    use billiards_table::CameraPoint;
    use opencv::core::{self, Scalar};

    fn plain(width: i32, height: i32, level: f64) -> Mat {
        Mat::new_rows_cols_with_default(height, width, core::CV_8UC3, Scalar::all(level)).expect("a picture")
    }

    fn noise(width: i32, height: i32) -> Mat {
        let mut picture = plain(width, height, 0.0);
        let mut state = 1_u32;
        for byte in picture.data_bytes_mut().expect("bytes") {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        picture
    }

    /// A picture without a table gives no table and no error.
    #[test]
    fn black_white_and_noise_show_no_table() {
        for picture in
            [plain(640, 360, 0.0), plain(640, 360, 255.0), plain(64, 64, 90.0), noise(640, 360), noise(65, 400)]
        {
            let seen = Detector::new(BallSet::american()).detect(&picture).expect("a picture");
            assert_eq!((seen.corners(), seen.balls.len(), seen.cue), (None, 0, None));
        }
    }

    #[test]
    fn other_layouts_and_tiny_pictures_are_refused() {
        let grey = Mat::new_rows_cols_with_default(360, 640, core::CV_8UC1, Scalar::all(90.0)).expect("a picture");
        for picture in [grey, plain(63, 200, 0.0), plain(1, 1, 0.0), Mat::default()] {
            let error = Detector::new(BallSet::american()).detect(&picture).expect_err("refused");
            assert!(error.to_string().contains("8-bit BGR"), "{error}");
        }
    }

    #[test]
    fn corners_that_span_nothing_show_nothing() {
        let size = FrameSize { width: 640, height: 360 };
        let picture = noise(640, 360);
        for corners in [
            [(10., 10.), (12., 10.), (12., 11.), (10., 11.)],
            [(9000., 10.), (9900., 10.), (9900., 400.), (9000., 400.)],
            [(0., 0.), (600., 300.), (600., 0.), (0., 300.)],
            [(f64::NAN, 0.), (600., 0.), (600., 300.), (0., 300.)],
        ] {
            let mut detector = Detector::new(BallSet::american());
            detector.fix_table(size, corners.map(CameraPoint::from));
            assert_eq!(detector.detect(&picture).expect("a picture").corners(), None);
        }
        let mut detector = Detector::new(BallSet::american());
        let whole = [(-20., -10.), (660., 0.), (650., 350.), (0., 340.)].map(CameraPoint::from);
        detector.fix_table(size, whole);
        assert_eq!(detector.detect(&picture).expect("a picture").corners(), Some(whole));
    }

    const RED: [f64; 3] = [40.0, 30.0, 220.0];
    const WHITE: [f64; 3] = [225.0, 240.0, 245.0];
    const BLUE: [f64; 3] = [200.0, 70.0, 30.0];
    const YELLOW: [f64; 3] = [30.0, 200.0, 240.0];

    /// Returns balls apart, touching, at the rail and in the mouth of a pocket.
    fn laid_out() -> Vec<(f64, f64, [f64; 3])> {
        vec![
            (200.3, 150.6, WHITE),
            (400.0, 300.0, RED),
            (419.8, 300.4, BLUE),
            (700.4, 70.8, YELLOW),
            (640.0, 400.0, BLUE),
            (76.0, 77.0, RED),
        ]
    }

    fn on_drawn_table() -> Detector {
        let mut detector = Detector::new(BallSet::american());
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        detector.use_camera(Some(synthetic::camera()));
        detector
    }

    /// Returns the detections, one for each ball drawn, in that order.
    fn in_order(seen: &Detections, drawn: &[(f64, f64, [f64; 3])]) -> Vec<BallDetection> {
        assert_eq!(seen.balls.len(), drawn.len(), "{:?}", seen.balls);
        let at = |x: f64, y: f64| {
            let place = CameraPoint::new(x, y);
            let near = |ball: &&BallDetection| (ball.centre - place).length() < 0.15 * synthetic::RADIUS;
            *seen.balls.iter().find(near).unwrap_or_else(|| panic!("no ball at {x}, {y}: {:?}", seen.balls))
        };
        drawn.iter().map(|(x, y, _)| at(*x, *y)).collect()
    }

    #[test]
    fn drawn_balls_are_where_they_were_drawn() {
        let drawn = laid_out();
        let seen = on_drawn_table().detect(&synthetic::table(&drawn)).expect("a picture");
        let balls = in_order(&seen, &drawn);
        assert!(balls.iter().all(|ball| (ball.radius / synthetic::RADIUS - 1.0).abs() < 0.1));
        let in_jaw: Vec<bool> = balls.iter().map(|ball| ball.in_jaw).collect();
        assert_eq!(in_jaw, [false, false, false, false, false, true]);
    }

    #[test]
    fn a_table_that_appears_is_found_soon_and_an_empty_picture_is_searched_now_and_then() {
        let mut detector = Detector::new(BallSet::american());
        let dark = plain(640, 360, 0.0);
        for _ in 0..=SEARCH_EVERY {
            assert_eq!(detector.detect(&dark).expect("a picture").table, Err(NoTable::Dark));
        }
        let white = plain(640, 360, 255.0);
        let reasons: Vec<Option<NoTable>> =
            (0..SEARCH_EVERY).map(|_| detector.detect(&white).expect("a picture").table.err()).collect();
        assert!(reasons.contains(&Some(NoTable::Dark)) && reasons.contains(&Some(NoTable::Fills)), "{reasons:?}");
        // A request to search again is not put off.
        detector.forget_table();
        assert_eq!(detector.detect(&dark).expect("a picture").table, Err(NoTable::Dark));
    }

    #[test]
    fn a_table_without_pockets_has_no_jaws() {
        let drawn = laid_out();
        let mut detector = on_drawn_table();
        detector.expect_table(TableShape { has_pockets: false, ..TableShape::default() });
        let seen = detector.detect(&synthetic::table(&drawn)).expect("a picture");
        assert!(in_order(&seen, &drawn).iter().all(|ball| !ball.in_jaw));
    }

    /// Balls are as small as on a large snooker table, 0.75 % of its length.
    #[test]
    fn small_balls_are_seen_whether_they_are_expected_or_not() {
        const RADIUS: f64 = 6.3;
        let places =
            (0..4).flat_map(|i| (0..3).map(move |j| (150.3 + 190.0 * f64::from(i), 130.6 + 140.0 * f64::from(j))));
        let mut picture = synthetic::table(&[]);
        for ((x, y), body) in places.clone().zip([RED, WHITE, BLUE, YELLOW].into_iter().cycle()) {
            let centre = CameraPoint::new(x, y);
            synthetic::disc(&mut picture, centre, RADIUS, body.map(|v| 0.8 * v));
            synthetic::disc(&mut picture, centre, 0.7 * RADIUS, body);
        }
        let shapes = [None, Some(RADIUS / 840.0)].map(|ball_share| TableShape { ball_share, ..TableShape::default() });
        for shape in shapes {
            let mut detector = on_drawn_table();
            detector.expect_table(shape);
            let seen = detector.detect(&picture).expect("a picture");
            assert_eq!(seen.balls.len(), places.clone().count(), "{shape:?}: {:?}", seen.balls);
            for (x, y) in places.clone() {
                let near = |ball: &&BallDetection| (ball.centre - CameraPoint::new(x, y)).length() < 0.2 * RADIUS;
                let ball = seen.balls.iter().find(near).unwrap_or_else(|| panic!("{shape:?}: no ball at {x}, {y}"));
                assert!((ball.radius / RADIUS - 1.0).abs() < 0.12, "{shape:?}: {ball:?}");
            }
        }
    }

    #[test]
    fn the_last_ball_is_seen_too() {
        let drawn = laid_out();
        let mut detector = on_drawn_table();
        for count in [drawn.len(), 2, 1, 0, 1] {
            let seen = detector.detect(&synthetic::table(&drawn[..count])).expect("a picture");
            in_order(&seen, &drawn[..count]);
        }
        let mut fresh = on_drawn_table();
        in_order(&fresh.detect(&synthetic::table(&drawn[..1])).expect("a picture"), &drawn[..1]);
        in_order(&fresh.detect(&synthetic::table(&drawn)).expect("a picture"), &drawn);
    }

    #[test]
    fn lines_of_light_change_nothing_where_they_are_known() {
        let drawn = laid_out();
        let mut picture = synthetic::table(&drawn);
        let mut mask = Mat::zeros(540, 960, core::CV_8UC1).expect("a mask").to_mat().expect("a mask");
        synthetic::light(&mut picture, &mut mask, (100, 60), (300, 240));
        synthetic::light(&mut picture, &mut mask, (380, 290), (900, 318));
        synthetic::light(&mut picture, &mut mask, (640, 60), (640, 480));
        synthetic::ring(&mut picture, &mut mask, (700, 71), 18);
        synthetic::ring(&mut picture, &mut mask, (300, 300), 10);
        synthetic::ring(&mut picture, &mut mask, (760, 250), 10);
        // A disc of light.
        for radius in [2, 5, 8] {
            synthetic::ring(&mut picture, &mut mask, (800, 420), radius);
        }
        let mut detector = on_drawn_table();
        let without_light = detector.detect(&synthetic::table(&drawn)).expect("a picture");
        let seen = detector.detect_under(&picture, Some(&mask)).expect("a picture");
        for (with, without) in in_order(&seen, &drawn).iter().zip(in_order(&without_light, &drawn)) {
            assert!((with.centre - without.centre).length() < 0.1 * synthetic::RADIUS);
        }
        // Without a mask the disc passes for a ball.
        assert_eq!(detector.detect(&picture).expect("a picture").balls.len(), drawn.len() + 1);
    }

    #[test]
    fn a_mask_of_another_size_or_layout_is_refused() {
        let picture = plain(640, 360, 90.0);
        let small = Mat::new_rows_cols_with_default(180, 320, core::CV_8UC1, Scalar::all(0.0)).expect("a mask");
        let colour = plain(640, 360, 0.0);
        for (mask, word) in [(small, "320 × 180"), (colour, "type 16")] {
            let error = Detector::new(BallSet::american()).detect_under(&picture, Some(&mask)).expect_err("refused");
            assert!(error.to_string().contains(word) && error.to_string().contains("640 × 360"), "{error}");
        }
    }
}
