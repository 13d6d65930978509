//! Measurements of the projected light itself: its strength and its delay.

use super::{script::ProcedureError, session::Session};
use crate::projector::{
    Latency, LatencyEstimator, LightAssessment, ObservedTable, ProjectorError, assess_light, flashes, light,
};
use billiards_table::{FrameSize, PatternPicture, TablePoint, TableVector};
use billiards_vision::VisionError;
use opencv::{
    core::{self, Mat, Rect},
    prelude::*,
};
use std::time::Duration;

/// Number of frames for which a level is held to judge its strength.
const FRAMES: usize = 2;
/// Half the side of the square in the middle of the table that is watched, metres.
const WATCHED: f64 = 0.2;
/// Maximum number of attempts at timing the flashes: somebody may have stood in them.
const TRIES: u32 = 2;

/// Finds the level of the projector's picture at which its light is strong enough and blows nothing out, and its
/// contrast, grey levels.
pub(super) fn find_level(
    session: &mut Session<'_>,
    size: FrameSize,
    black: &Mat,
    observed: &ObservedTable,
) -> Result<(u8, f64), ProcedureError> {
    let mut level = 255;
    loop {
        let lit = session.average_light(&PatternPicture::even(size, level), FRAMES)?;
        match assess_light(black, &lit.last, level, observed)? {
            LightAssessment::Good { contrast } => return Ok((level, contrast)),
            LightAssessment::TurnDown { to } => level = to,
        }
    }
}

/// Measures the delay from handing a picture over until it is in a frame.
pub(super) fn time_flashes(
    session: &mut Session<'_>,
    size: FrameSize,
    level: u8,
    interval: Duration,
    observed: &ObservedTable,
) -> Result<Latency, ProcedureError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut estimator = LatencyEstimator::default();
        for flash in flashes() {
            let picture = PatternPicture::even(size, if flash.bright { level } else { 0 });
            estimator.switched(session.show(&picture, interval.mul_f64(flash.phase))?, flash.bright);
            for _ in 0..flash.frames {
                let (stamp, frame) = session.frame()?;
                estimator.frame(stamp, middle_light(&frame, observed)?);
            }
        }
        match estimator.estimate() {
            Ok(latency) => return Ok(latency),
            Err(error) if tries >= TRIES => return Err(ProjectorError::from(error).into()),
            Err(_) => session.report(0.3, "The flashes were disturbed: keep clear of the middle of the table."),
        }
    }
}

/// Returns the mean light in the middle of the table.
fn middle_light(bgr: &Mat, observed: &ObservedTable) -> Result<f64, VisionError> {
    let middle = TablePoint::new(0.5 * observed.table.width, 0.5 * observed.table.length);
    let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
    let corners = corners.map(|(x, y)| observed.seen_at(middle + TableVector::new(x, y) * WATCHED));
    let (mut left, mut top, mut right, mut bottom) = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
    for p in corners.into_iter().flatten() {
        (left, top, right, bottom) = (left.min(p.x), top.min(p.y), right.max(p.x), bottom.max(p.y));
    }
    let inside = |v: f64, length: i32| v.clamp(0.0, f64::from(length)) as i32;
    let (x, y) = (inside(left, bgr.cols()), inside(top, bgr.rows()));
    let (width, height) = (inside(right, bgr.cols()) - x, inside(bottom, bgr.rows()) - y);
    if width <= 0 || height <= 0 {
        return Ok(0.0);
    }
    let watched = Mat::roi(bgr, Rect::new(x, y, width, height))?.try_clone()?;
    Ok(core::mean_def(&light(&watched)?)?[0])
}
