//! Rolling ball and the ring that follows it.

use super::{
    ReportError, Request,
    calibration::{SIZE, calibrate_rig, falls, start},
    each,
    figures::{Errors, RollingFigures, thousandths},
    loops::balls,
    rings::centre_of_ring,
};
use crate::{rig::closed_loop::ClosedLoop, show::overlay::Picture};
use billiards_calibration::CalibrationSetup;
use billiards_simulation::{RigSetup, Scene};
use billiards_table::{BallState, Calibration, ProjectorPicture, TablePoint, settings::Settings};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Delays of camera and projector, milliseconds: 80 together, divided in three ways.
const DELAYS: [(f64, f64); 3] = [(40.0, 40.0), (25.0, 55.0), (60.0, 20.0)];
/// Refresh rate of the projector, Hz: two pictures for each of the camera's.
const REFRESH: f64 = 60.0;
/// Number of frames watched.
const FRAMES: usize = 240;
/// Range of measured speeds, m/s.
const SPEEDS: std::ops::Range<f64> = 0.85..1.15;
/// Minimum distance from a nose at which the ball is measured, ball radii: nobody can predict a bounce to a centimetre.
const CLEAR_OF_NOSES: f64 = 8.0;
/// Minimum number of frames that the ball must have been moving before it is measured.
const FOLLOWED: usize = 10;

/// Measures with each division of the delay.
pub(crate) fn measure(request: &Request) -> Result<Vec<RollingFigures>, ReportError> {
    let table = request.table();
    each("rolling ball", &DELAYS, &request.pick, |i, (camera, projector)| {
        let mut rig = RigSetup::plain(&table, SIZE);
        (rig.camera.delay, rig.projector.delay) = (camera / 1e3, projector / 1e3);
        let seed = request.seed.wrapping_mul(31).wrapping_add(i as u64);
        let mut still = start(Scene::Still, seed, table, rig, CalibrationSetup::default());
        let calibrated = calibrate_rig(&mut still, "rolling".into())?;
        let known = still.world().resource::<CalibrationSetup>().clone();
        let mut running = start(Scene::Roll, seed, table, rig, known);
        let (distances, speeds) = follow(&mut running, projector / 1e3)?;
        let ring = if calibrated.failure.is_some() { Errors::default() } else { Errors::of(&distances) };
        let (low, high) = speeds.iter().fold((f64::MAX, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
        let speeds = if distances.is_empty() { [0.0; 2] } else { [thousandths(low), thousandths(high)] };
        Ok(RollingFigures { delay_ms: camera + projector, speeds, ring })
    })
}

/// Picture and the moment from which it is projected, rig seconds.
struct ProjectedPicture {
    from: f64,
    picture: Arc<ProjectorPicture>,
}

/// Returns the distances from ring to ball (metres) while each picture is projected, and the speeds of the ball then
/// (m/s).
fn follow(running: &mut ClosedLoop, delay: f64) -> Result<(Vec<f64>, Vec<f64>), ReportError> {
    let refresh = Duration::from_secs_f64(1.0 / REFRESH);
    running.world_mut().insert_resource(Picture::Check);
    // Time, place and speed of the ball, by rig time, as far back as pictures are delayed.
    let mut positions: VecDeque<(f64, TablePoint, f64)> = VecDeque::new();
    let mut projected: VecDeque<ProjectedPicture> = VecDeque::new();
    let (mut distances, mut speeds, mut rolled) = (Vec::new(), Vec::new(), 0);
    for _ in 0..FRAMES {
        running.frame()?;
        rolled = if balls(running).iter().any(|ball| ball.state == BallState::Moving) { rolled + 1 } else { 0 };
        for half in 0..2 {
            if half == 1 {
                running.between_frames(refresh)?;
            }
            let now = running.rig().now();
            if let Some(picture) = running.picture() {
                projected.push_back(ProjectedPicture { from: now + delay, picture });
            }
            // The truth is that of the camera's picture.
            let seen_at = now - running.rig().setup().camera.delay;
            let truth = running.rig().truth();
            if let (Some((_, place)), Some(speed)) = (truth.balls.first(), truth.velocities.first()) {
                positions.push_back((seen_at, *place, speed.length()));
            }
        }
        // Pictures that had been replaced before the last known place of the ball.
        while projected.get(1).is_some_and(|next| positions.back().is_some_and(|(now, ..)| next.from <= *now)) {
            let Some(first) = projected.pop_front() else { break };
            let until = projected.front().map_or(first.from, |next| next.from);
            if rolled < FOLLOWED {
                continue;
            }
            for moment in [first.from, f64::midpoint(first.from, until), until] {
                if let Some((distance, speed)) = distance(running, &first.picture, &positions, moment) {
                    distances.push(distance);
                    speeds.push(speed);
                }
            }
        }
        while positions.len() > 240 {
            positions.pop_front();
        }
    }
    Ok((distances, speeds))
}

/// Returns the distance from the ring in a picture to the ball at a moment (metres), and the ball's speed (m/s); `None`
/// where that is not to be measured.
fn distance(
    running: &ClosedLoop,
    picture: &ProjectorPicture,
    positions: &VecDeque<(f64, TablePoint, f64)>,
    moment: f64,
) -> Option<(f64, f64)> {
    let after = positions.iter().position(|(time, ..)| *time >= moment)?;
    let ((t0, a, speed), (t1, b, _)) = (positions.get(after.checked_sub(1)?)?, positions.get(after)?);
    let ball = a.lerp(*b, ((moment - t0) / (t1 - t0).max(1e-9)).clamp(0.0, 1.0));
    let rig = running.rig();
    let spec = *rig.table();
    let clear = spec.holds(ball, -CLEAR_OF_NOSES * spec.ball_radius) && SPEEDS.contains(speed);
    if !clear {
        return None;
    }
    let view = running.world().resource::<Calibration>().projector;
    let radius = running.world().resource::<Settings>().overlay.theme.ring_radii * spec.ball_radius;
    // The ring may be a few centimetres off.
    let ring = centre_of_ring(picture, &view, ball, radius, |pixel| falls(&rig, view.size, pixel))?;
    Some(((ring - ball).length(), *speed))
}
