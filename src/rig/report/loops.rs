//! Closed loops: balls lie on the table, rings are projected around them.

use super::{
    ReportError, Request,
    calibration::{calibrate_rig, falls, start},
    each,
    figures::{Errors, LoopFigures},
    rings::centre_of_ring,
};
use crate::{rig::closed_loop::ClosedLoop, show::overlay::Picture};
use billiards_calibration::CalibrationSetup;
use billiards_simulation::{RigSetup, Scene};
use billiards_table::{Ball, BallLabel, Calibration, TablePoint, TestCard, settings::Settings};
use tracing::debug;

/// Number of frames until what was drawn is visible and the tracking has converged: a ball of the cloth's colour is
/// confirmed after 40.
const SETTLE: usize = 60;
/// Number of frames measured.
const MEASURED: usize = 15;
/// Minimum distance from the truth at which a tracked ball counts as another ball, metres.
const ANOTHER: f64 = 0.03;
/// Maximum error of a ball that is not logged, metres.
const FAR_OFF: f64 = 0.0025;
/// Minimum distance by which a ball counts as moved, metres: half a pixel of the camera.
const CHANGED: f64 = 0.001;

/// Measures all variants of rigs.
pub(crate) fn measure(request: &Request) -> Result<Vec<LoopFigures>, ReportError> {
    let table = request.table();
    let variants = RigSetup::closed_loop_variants(&table);
    each("closed loop", &variants, &request.pick, |i, (name, rig)| {
        let seed = request.seed.wrapping_mul(97).wrapping_add(i as u64);
        let mut running = start(Scene::Still, seed, table, *rig, CalibrationSetup::default());
        let calibration = calibrate_rig(&mut running, name.clone())?;
        if calibration.failure.is_some() {
            let (balls, rings) = (Errors::default(), Errors::default());
            return Ok(LoopFigures { calibration, balls, wrong_balls: 0, rings, changed_by_overlay: 0 });
        }
        running.world_mut().insert_resource(Picture::Check);
        let (balls, wrong_balls, with_overlay) = watch(&mut running)?;
        let rings = rings(&running);
        running.world_mut().insert_resource(Picture::Card(TestCard::Black));
        let (_, _, without_overlay) = watch(&mut running)?;
        Ok(LoopFigures {
            calibration,
            balls,
            wrong_balls,
            rings,
            changed_by_overlay: changed(&with_overlay, &without_overlay),
        })
    })
}

/// Tracks for some frames; returns the errors of the places, the maximum number of surplus or missing balls, and the
/// balls of the last frame.
fn watch(running: &mut ClosedLoop) -> Result<(Errors, usize, Vec<Ball>), ReportError> {
    for _ in 0..SETTLE {
        running.frame()?;
    }
    let (mut distances, mut wrong_balls, mut last) = (Vec::new(), 0, Vec::new());
    for _ in 0..MEASURED {
        running.frame()?;
        last = balls(running);
        let truth = running.rig().truth();
        let mut found = Vec::new();
        for (label, place) in &truth.balls {
            let Some(distance) = nearest(&last, *place).filter(|distance| *distance < ANOTHER) else {
                debug!("{label:?} at {place:?} is not tracked");
                continue;
            };
            if distance > FAR_OFF {
                debug!("{label:?} at {place:?} is {:.1} mm off", 1e3 * distance);
            }
            found.push(distance);
        }
        wrong_balls = wrong_balls.max(truth.balls.len().abs_diff(found.len()) + last.len().abs_diff(found.len()));
        distances.extend(found);
    }
    Ok((Errors::of(&distances), wrong_balls, last))
}

/// Returns the tracked balls.
pub(crate) fn balls(running: &mut ClosedLoop) -> Vec<Ball> {
    let world = running.world_mut();
    let mut query = world.query::<&Ball>();
    query.iter(world).cloned().collect()
}

fn nearest(balls: &[Ball], place: TablePoint) -> Option<f64> {
    balls.iter().map(|ball| (ball.position - place).length()).min_by(f64::total_cmp)
}

/// Measures the distances from the centres of the rings on the cloth to the points where the balls touch it.
fn rings(running: &ClosedLoop) -> Errors {
    let Some(picture) = running.picture() else { return Errors::default() };
    let view = running.world().resource::<Calibration>().projector;
    let rig = running.rig();
    let radius = running.world().resource::<Settings>().overlay.theme.ring_radii * rig.table().ball_radius;
    let distances = rig.truth().balls.into_iter().filter_map(|(_, place)| {
        let centre = centre_of_ring(&picture, &view, place, radius, |pixel| falls(&rig, view.size, pixel))?;
        Some((centre - place).length())
    });
    Errors::of(&distances.collect::<Vec<_>>())
}

/// Returns the number of balls that differ in presence, name or place.
fn changed(with: &[Ball], without: &[Ball]) -> usize {
    let same = |a: &Ball, b: &Ball| {
        (a.position - b.position).length() < CHANGED
            && (a.label == b.label || a.label == BallLabel::Unknown || b.label == BallLabel::Unknown)
    };
    let missing = |these: &[Ball], those: &[Ball]| {
        let lone = these.iter().filter(|a| !those.iter().any(|b| same(a, b)));
        lone.inspect(|ball| debug!("{:?} at {:?} differs with the overlay on and off", ball.label, ball.position))
            .count()
    };
    missing(with, without).max(missing(without, with))
}
