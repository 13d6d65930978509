//! Pixels of a camera's picture that the projector's own light may reach: edges and colours there are no evidence of
//! the table.

use billiards_table::{CameraPoint, CameraPx, CameraView, FrameSize, Homography, LightPicture, LightRing, TableMetres};
use opencv::{
    core::{self, Mat, Point, Scalar, Vector},
    imgproc,
    prelude::*,
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Maximum delay of light from the graphics card through the projector, the camera and its driver; assumed until the
/// delay has been measured.
const LATEST: Duration = Duration::from_millis(250);
/// Maximum deviation of a frame from the measured delay: half an exposure, and the camera's driver. The light that
/// follows a rolling ball must not hide it: at 1 m/s this is 6 mm to either side.
const SLACK: Duration = Duration::from_millis(6);
/// Maximum distance beyond its edges at which light may be visible, table metres: a calibration is a millimetre or two
/// off, and lenses blur.
const MARGIN: f64 = 0.0025;

/// Minimum time for which a ring must have been projected before a frame to be measured in it.
const SETTLED: Duration = Duration::from_millis(150);
/// Maximum movement of a ring during [`SETTLED`], metres: balls at rest are placed anew in every frame.
const STEADY: f64 = 0.001;

/// Picture of the projector as the camera would see it.
pub(super) struct ProjectedPicture {
    since: Duration,
    /// Corners in the camera's picture, and `true` if they are lit.
    triangles: Vec<([CameraPoint; 3], bool)>,
    /// [`MARGIN`] in the middle of the table, camera pixels.
    margin: f64,
    rings: Vec<LightRing>,
    view: CameraView,
}

/// Pictures that were projected recently.
#[derive(Default)]
pub(super) struct LightHistory {
    pictures: VecDeque<Arc<ProjectedPicture>>,
}

impl LightHistory {
    /// Adds a picture that is projected from its `since` on.
    pub fn show(&mut self, picture: &LightPicture, view: &CameraView) {
        // Light lies on the bed. Dark areas are kept for balls, which are higher and hide the cloth behind them.
        let (bed, balls) = (view.bed_plane.inverse(), view.ball_plane.inverse());
        let triangles: Vec<_> = picture
            .triangles
            .iter()
            .flat_map(|triangle| {
                let seen = |plane: &Homography<TableMetres, CameraPx>| {
                    let [a, b, c] = triangle.corners.map(|corner| plane.map(corner));
                    Some(([a?, b?, c?], triangle.lit))
                };
                [seen(&bed), if triangle.lit { None } else { seen(&balls) }]
            })
            .flatten()
            .collect();
        let margin = margin(view).unwrap_or(4.0);
        // The same picture under another calibration replaces the earlier entry.
        if self.pictures.back().is_some_and(|last| last.since == picture.since) {
            self.pictures.pop_back();
        }
        self.pictures.push_back(Arc::new(ProjectedPicture {
            since: picture.since,
            triangles,
            margin,
            rings: picture.rings.clone(),
            view: *view,
        }));
        // An old picture still counts if nothing replaced it before that time.
        while self.pictures.get(1).is_some_and(|next| next.since + LATEST + LATEST + SETTLED < picture.since) {
            self.pictures.pop_front();
        }
    }

    /// Returns the pictures whose light may be in a frame of this time (on the clock of the pictures), by the measured
    /// delay if there is one.
    pub fn reaching(&self, time: Duration, latency: Option<Duration>) -> Vec<Arc<ProjectedPicture>> {
        let (from, to) = span(time, latency);
        self.between(from, to).filter(|picture| !picture.triangles.is_empty()).map(Arc::clone).collect()
    }

    /// Returns the rings whose light is in a frame of this time and was in the same places for a while before, with the
    /// camera's view of them. `None` if there are none.
    pub fn steady(&self, time: Duration, latency: Option<Duration>) -> Option<(Vec<LightRing>, CameraView)> {
        let (from, to) = span(time, latency);
        let from = from.checked_sub(SETTLED)?;
        let newest = self.between(from, to).last()?;
        let same = |a: &LightRing, b: &LightRing| {
            (a.centre - b.centre).length() < STEADY && (a.radius, a.width) == (b.radius, b.width)
        };
        // A picture that began later gives no evidence of the time before it.
        let began = self.between(from, to).next()?.since <= from;
        let all_along = |ring: &&LightRing| {
            self.between(from, to).all(|picture| picture.rings.iter().any(|other| same(ring, other)))
        };
        let rings: Vec<LightRing> = newest.rings.iter().filter(all_along).copied().collect();
        (began && !rings.is_empty()).then_some((rings, newest.view))
    }

    /// Returns the pictures that were projected at some time of this span.
    fn between(&self, from: Duration, to: Duration) -> impl Iterator<Item = &Arc<ProjectedPicture>> {
        let ended = self.pictures.iter().skip(1).map(|next| Some(next.since)).chain([None]);
        let shown = move |(picture, end): &(&Arc<ProjectedPicture>, Option<Duration>)| {
            picture.since <= to && end.is_none_or(|end| end >= from)
        };
        self.pictures.iter().zip(ended).filter(shown).map(|(picture, _)| picture)
    }
}

/// Returns the first and last time at which light that may be in a frame of this time was drawn.
fn span(time: Duration, latency: Option<Duration>) -> (Duration, Duration) {
    match latency {
        Some(latency) => (time.saturating_sub(latency + SLACK), (time + SLACK).saturating_sub(latency)),
        None => (time.saturating_sub(LATEST), time),
    }
}

/// Returns a mask of `size` that is not 0 where any of these pictures may light. `None` if they light nothing.
pub(super) fn mask(pictures: &[Arc<ProjectedPicture>], size: FrameSize) -> Result<Option<Mat>, opencv::Error> {
    let mut all: Option<Mat> = None;
    for picture in pictures {
        let one = picture.mask(size)?;
        all = Some(match all {
            None => one,
            Some(before) => {
                let mut both = Mat::default();
                core::bitwise_or_def(&before, &one, &mut both)?;
                both
            }
        });
    }
    Ok(all)
}

impl ProjectedPicture {
    fn mask(&self, size: FrameSize) -> Result<Mat, opencv::Error> {
        let mut mask = Mat::zeros(size.height as i32, size.width as i32, core::CV_8UC1)?.to_mat()?;
        for (corners, lit) in &self.triangles {
            let corners: Vector<Point> = corners.iter().filter_map(|p| pixel(*p, size)).collect();
            if corners.len() == 3 {
                let level = Scalar::all(if *lit { 255.0 } else { 0.0 });
                imgproc::fill_convex_poly(&mut mask, &corners, level, imgproc::LINE_8, 0)?;
            }
        }
        let side = 2 * self.margin.round().clamp(1.0, 20.0) as i32 + 1;
        let square = imgproc::get_structuring_element_def(imgproc::MORPH_RECT, core::Size::new(side, side))?;
        let mut wide = Mat::default();
        imgproc::dilate_def(&mask, &mut wide, &square)?;
        Ok(wide)
    }
}

/// Returns the pixel at a place; `None` far outside the picture, where OpenCV's coordinates would overflow.
fn pixel(p: CameraPoint, size: FrameSize) -> Option<Point> {
    let reach = 4.0 * f64::from(size.width.max(size.height));
    (p.x.abs() < reach && p.y.abs() < reach).then(|| Point::new(p.x.round() as i32, p.y.round() as i32))
}

/// Returns [`MARGIN`] in the middle of the picture, camera pixels.
fn margin(view: &CameraView) -> Option<f64> {
    let middle = CameraPoint::new(f64::from(view.size.width) / 2.0, f64::from(view.size.height) / 2.0);
    let place = view.bed_at(middle)?;
    let beside = view.bed_in_picture(place + euclid::vec2(MARGIN, 0.0))?;
    Some((beside - middle).length())
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{LightTriangle, TablePoint};
    use nalgebra::Matrix3;

    const SIZE: FrameSize = FrameSize { width: 300, height: 600 };

    /// Returns a view with 5 mm per pixel and the axes of the table.
    fn view() -> CameraView {
        let matrix = Matrix3::new(0.005, 0.0, 0.0, 0.0, 0.005, 0.0, 0.0, 0.0, 1.0);
        CameraView::flat(SIZE, Homography::from_matrix(matrix).expect("regular"))
    }

    /// Returns a square of 20 cm around a place.
    fn square(x: f64, y: f64, lit: bool) -> [LightTriangle; 2] {
        let at = |dx: f64, dy: f64| TablePoint::new(x + 0.1 * dx, y + 0.1 * dy);
        let halves = [[at(-1., -1.), at(1., -1.), at(1., 1.)], [at(-1., -1.), at(1., 1.), at(-1., 1.)]];
        halves.map(|corners| LightTriangle { corners, lit })
    }

    fn picture(since: Duration, triangles: impl IntoIterator<Item = LightTriangle>) -> LightPicture {
        LightPicture { since, triangles: triangles.into_iter().collect(), rings: Vec::new() }
    }

    fn lit(mask: Option<&Mat>, x: f64, y: f64) -> bool {
        let at = |mask: &Mat| *mask.at_2d::<u8>((y / 0.005) as i32, (x / 0.005) as i32).expect("inside");
        mask.is_some_and(|mask| at(mask) != 0)
    }

    #[test]
    fn light_covers_its_place_and_a_margin_and_dark_takes_it_away() {
        let now = Duration::from_secs(1);
        let mut history = LightHistory::default();
        let dark = square(0.5, 0.5, false).map(|mut triangle| {
            triangle.corners = triangle.corners.map(|p| TablePoint::new(0.5, 0.5).lerp(p, 0.5));
            triangle
        });
        history.show(&picture(now, square(0.5, 0.5, true).into_iter().chain(dark)), &view());
        let mask = mask(&history.reaching(now + Duration::from_millis(50), None), SIZE).expect("drawn");
        assert!(lit(mask.as_ref(), 0.42, 0.5) && lit(mask.as_ref(), 0.604, 0.5), "inside, and the margin");
        assert!(!lit(mask.as_ref(), 0.62, 0.5) && !lit(mask.as_ref(), 0.5, 0.5), "outside, and the dark middle");
    }

    #[test]
    fn light_counts_from_its_beginning_until_its_last_rays_have_come() {
        let at = Duration::from_millis;
        let mut history = LightHistory::default();
        history.show(&picture(at(1000), square(0.5, 0.5, true)), &view());
        history.show(&picture(at(1300), square(0.5, 2.0, true)), &view());
        history.show(&picture(at(1600), []), &view());
        let seen = |ms: u64, latency: Option<u64>| {
            let mask = mask(&history.reaching(at(ms), latency.map(at)), SIZE).expect("drawn");
            (lit(mask.as_ref(), 0.5, 0.5), lit(mask.as_ref(), 0.5, 2.0))
        };
        assert_eq!(seen(990, None), (false, false));
        assert_eq!(seen(1200, None), (true, false));
        assert_eq!(seen(1400, None), (true, true), "the first may still be on its way");
        assert_eq!(seen(1590, None), (false, true));
        assert_eq!(seen(1900, None), (false, false));
        // With the delay measured, each picture counts only while it is visible.
        assert_eq!(seen(1040, Some(100)), (false, false));
        assert_eq!(seen(1300, Some(100)), (true, false));
        assert_eq!(seen(1500, Some(100)), (false, true));
        assert_eq!(seen(1800, Some(100)), (false, false));
    }

    #[test]
    fn rings_count_that_stay_where_they_are() {
        let at = Duration::from_millis;
        let ring = |x: f64| LightRing { centre: TablePoint::new(x, 0.5), radius: 0.05, width: 0.004 };
        let mut history = LightHistory::default();
        let places = |history: &LightHistory, ms: u64, latency: Option<u64>| -> Vec<f64> {
            let steady = history.steady(at(ms), latency.map(at)).map(|(rings, _)| rings);
            steady.unwrap_or_default().iter().map(|ring| (ring.centre.x * 100.0).round() / 100.0).collect()
        };
        // One ring is at rest but for the jitter of its ball, one moves; another appears later.
        for i in 0..100_u64 {
            let jitter = 0.0002 * (i % 3) as f64;
            let mut rings = vec![ring(0.3 + jitter), ring(0.6 + 0.002 * i as f64)];
            rings.extend((i >= 60).then(|| ring(1.2)));
            let picture = LightPicture { rings, ..picture(at(1000 + 16 * i), square(0.5, 0.5, true)) };
            history.show(&picture, &view());
            if i == 71 {
                assert_eq!(places(&history, 2140, Some(60)), [0.3], "the other one has come just now");
            }
        }
        assert_eq!(places(&history, 2584, Some(60)), [0.3, 1.2]);
        assert_eq!(places(&history, 2584, None), [0.3, 1.2], "all that may be in the frame");
        history.show(&picture(at(3000), []), &view());
        let gone = |ms: u64| history.steady(at(ms), Some(at(60))).is_none();
        assert!(!gone(3050) && gone(3080) && gone(3500));
        let mut late = LightHistory::default();
        late.show(&LightPicture { rings: vec![ring(0.3)], ..picture(at(1000), square(0.5, 0.5, true)) }, &view());
        assert!(late.steady(at(1100), Some(at(60))).is_none() && late.steady(at(1300), Some(at(60))).is_some());
    }

    #[test]
    fn what_ended_long_ago_is_forgotten() {
        let mut history = LightHistory::default();
        for i in 0..1000 {
            history.show(&picture(Duration::from_millis(16 * i), square(0.5, 0.5, true)), &view());
        }
        assert!(history.pictures.len() < 48, "{}", history.pictures.len());
    }

    /// Projects the aimed shot onto a table, 2 mm off its true place: the detections must stay the same.
    #[test]
    fn balls_are_seen_under_the_overlay_as_without_it() {
        use billiards_calibration::camera_view;
        use billiards_overlay::{Scene, shapes::compose, tessellate};
        use billiards_physics::{BallMotion, Engine, Physics, Stroke, Vec2};
        use billiards_simulation::{Scene as Game, SimulatedRig, SimulationOptions};
        use billiards_table::{
            Ball, BallClass, BallId, BallLabel, BallState, ProjectorPicture, TableVector,
            settings::{OverlayStyle, Theme},
        };
        use billiards_vision::{BallDetection, Detector};
        for seed in 1..=3 {
            let mut rig = SimulatedRig::new(Game::Practice, SimulationOptions { seed, ..SimulationOptions::default() });
            let dark = rig.render_at(0.0).expect("a picture");
            let (table, truth) = (*rig.table(), rig.truth());
            let view = camera_view(rig.camera().size(), &truth.corners, &table, Some(&rig.camera().lens.rectified()));
            let view = view.expect("a view");

            let engine = Engine::for_table(&table, Physics::of_table(&table)).expect("sound");
            let places: Vec<_> = truth.balls.iter().map(|(_, place)| BallMotion::at_rest(Vec2::from(*place))).collect();
            let ids: Vec<_> = (0..).map(BallId).take(places.len()).collect();
            let cue_ball = truth.balls.iter().position(|(label, _)| *label == BallLabel::Cue).expect("a cue ball");
            let other = places[(cue_ball + 1) % places.len()].position - places[cue_ball].position;
            let stroke = Stroke::plain(2.0, other.y.atan2(other.x) + 0.02);
            let shot = engine.shoot(&places, cue_ball, &stroke).expect("a shot");
            let prediction = shot.prediction(&ids, cue_ball, &stroke).expect("a prediction");
            let balls: Vec<Ball> = ids
                .iter()
                .zip(&truth.balls)
                .map(|(id, (label, position))| Ball {
                    id: *id,
                    label: *label,
                    class: label.class().unwrap_or(BallClass::Other),
                    position: *position,
                    velocity: TableVector::zero(),
                    state: BallState::Resting,
                    confidence: 1.0,
                })
                .collect();
            let theme = Theme::default();
            let prediction = Some(&prediction);
            let style = OverlayStyle::default();
            let scene = Scene {
                table: &table,
                balls: &balls,
                prediction,
                odds: None,
                stale: false,
                theme: &theme,
                style: &style,
            };
            let triangles = tessellate(&compose(&scene)).light();
            let since = Duration::from_secs(1);
            assert!(triangles.len() > 100, "something is projected");

            let size = rig.camera().size();
            let thrown = rig.setup().projector.lens.size;
            let light = Mat::zeros(thrown.height as i32, thrown.width as i32, core::CV_8UC4).expect("a picture");
            let mut light = light.to_mat().expect("a picture");
            let from_bed = rig.projector_from_bed().expect("a map");
            for triangle in &triangles {
                let pixel = |p: &TablePoint| {
                    let p = from_bed.map(*p + euclid::vec2(0.002, 0.0)).expect("in sight");
                    Point::new(p.x.round() as i32, p.y.round() as i32)
                };
                let points: Vector<Point> = triangle.corners.iter().map(pixel).collect();
                let level = if triangle.lit { Scalar::new(200.0, 230.0, 220.0, 255.0) } else { Scalar::all(0.0) };
                imgproc::fill_convex_poly(&mut light, &points, level, imgproc::LINE_AA, 0).expect("drawn");
            }
            let rgba = light.data_bytes().expect("continuous").to_vec();
            rig.projector().show(ProjectorPicture { size: thrown, rgba });
            let picture = rig.render_at(0.05).expect("a picture");

            let mut history = LightHistory::default();
            history.show(&LightPicture { since, triangles, rings: Vec::new() }, &view);
            let mask = mask(&history.reaching(since + Duration::from_millis(80), None), size).expect("a mask");
            // The table was found before anything was projected on it.
            let mut eye = Detector::new(None);
            eye.fix_table(size, truth.corners);
            let without = eye.clone().detect(&dark).expect("seen");
            let under = eye.detect_under(&picture, mask.as_ref()).expect("seen");
            assert_eq!(without.balls.len(), balls.len(), "seed {seed}");
            assert!(under.balls.len() <= balls.len(), "seed {seed}: light was taken for a ball");
            for ball in &without.balls {
                let distance = |other: &BallDetection| (other.centre - ball.centre).length();
                let nearest = under.balls.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).expect("balls");
                assert!(distance(nearest) < 0.7, "seed {seed}: {} is {:.2} px off", ball.label, distance(nearest));
                assert_eq!(nearest.label, ball.label, "seed {seed}: {:?}", ball.centre);
            }
        }
    }
}
