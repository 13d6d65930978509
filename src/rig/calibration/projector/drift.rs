//! Watches whether a calibration still holds.

use super::fit::median;
use crate::model::{CameraView, TablePoint, TableQuad, TableSpec};
use std::{collections::VecDeque, time::Duration};

/// What is off by more than this says that something moved, millimetres: players see it, and noise never does it.
const LIMIT_MM: f64 = 5.0;
/// It has to be off for so long: somebody leaning on the table is no drift.
const PATIENCE: Duration = Duration::from_secs(4);
/// The miss is the median over this time.
const MEMORY: Duration = Duration::from_secs(2);

/// What no longer fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftOf {
    /// The nose lines are seen elsewhere: the camera or the table moved.
    Camera,
    /// The light falls beside its places: the projector moved.
    Projector,
}

/// A calibration that no longer fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// What does not fit.
    pub of: DriftOf,
    /// By how much, millimetres on the table.
    pub by_mm: f64,
    /// For how long.
    pub lasts: Duration,
}

/// By how far the nose-line corners are seen from where the view has them, millimetres on the table. `None` where the
/// view does not show them.
#[must_use]
pub fn nose_misses(view: &CameraView, corners: &TableQuad, table: &TableSpec) -> Option<[f64; 4]> {
    let places =
        [(0.0, 0.0), (table.width, 0.0), (0.0, table.length), (table.width, table.length)].map(TablePoint::from);
    let miss = |p| {
        let seen = view.nose_plane.map(p)?;
        Some(1e3 * places.iter().map(|place| (seen - *place).length()).fold(f64::INFINITY, f64::min))
    };
    let [a, b, c, d] = corners.map(miss);
    Some([a?, b?, c?, d?])
}

/// Watches one calibration; make a new one for the next.
#[derive(Debug, Clone, Default)]
pub struct DriftWatch {
    camera: Watched,
    projector: Watched,
}

#[derive(Debug, Clone, Default)]
struct Watched {
    recent: VecDeque<(Duration, f64)>,
    /// The miss now, and since when it has been too large.
    off: Option<(f64, Duration)>,
    newest: Duration,
}

impl DriftWatch {
    /// Something was seen at a moment, and missed its places by so much, millimetres: the nose lines ([`nose_misses`])
    /// or projected shapes. What was not seen is left out; nothing is said then.
    pub fn observe(&mut self, of: DriftOf, at: Duration, misses_mm: &[f64]) {
        let watched = match of {
            DriftOf::Camera => &mut self.camera,
            DriftOf::Projector => &mut self.projector,
        };
        let misses: Vec<f64> = misses_mm.iter().copied().filter(|miss| miss.is_finite()).collect();
        if !misses.is_empty() {
            watched.observe(at, median(misses));
        }
    }

    /// What no longer fits; the camera first, because light is judged by it.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        let of = |watched: &Watched, of| {
            let (by_mm, since) = watched.off?;
            let lasts = watched.newest.saturating_sub(since);
            (lasts >= PATIENCE).then_some(Drift { of, by_mm, lasts })
        };
        of(&self.camera, DriftOf::Camera).or_else(|| of(&self.projector, DriftOf::Projector))
    }
}

impl Watched {
    fn observe(&mut self, at: Duration, miss: f64) {
        self.newest = self.newest.max(at);
        self.recent.push_back((at, miss));
        while self.recent.front().is_some_and(|(then, _)| *then + MEMORY < at) {
            self.recent.pop_front();
        }
        let usual = median(self.recent.iter().map(|(_, miss)| *miss).collect());
        self.off = (usual > LIMIT_MM).then(|| (usual, self.off.map_or(at, |(_, since)| since)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CameraPoint, CameraPx, FrameSize, Homography, TableKind, TableMetres};
    use nalgebra::Matrix3;

    fn watched(misses: impl Fn(u64) -> f64) -> Option<Drift> {
        let mut watch = DriftWatch::default();
        for frame in 0..300 {
            watch.observe(DriftOf::Projector, Duration::from_millis(33 * frame), &[misses(frame); 3]);
        }
        watch.drift()
    }

    #[test]
    fn what_stays_off_is_told_and_what_passes_is_not() {
        assert_eq!(watched(|frame| 1.0 + (frame % 3) as f64), None);
        assert_eq!(watched(|frame| if (100..180).contains(&frame) { 40.0 } else { 1.0 }), None);
        let drift = watched(|frame| if frame > 100 { 9.0 } else { 1.0 }).expect("off");
        assert_eq!((drift.of, drift.by_mm), (DriftOf::Projector, 9.0));
        assert!((4.0..7.0).contains(&drift.lasts.as_secs_f64()));
    }

    #[test]
    fn corners_are_compared_with_those_of_the_table() {
        let table = TableKind::NineFoot.spec();
        let plane = Homography::<CameraPx, TableMetres>::from_matrix(Matrix3::new(
            0.0, 0.0025, -0.1, 0.0025, 0.0, -0.2, 0.0, 0.0, 1.0,
        ))
        .expect("regular");
        let view = CameraView::flat(FrameSize { width: 1280, height: 720 }, plane);
        let seen = |x: f64, y: f64| plane.inverse().map(TablePoint::new(x, y)).expect("finite");
        let (w, l) = (table.width, table.length);
        let mut corners = [seen(0.0, 0.0), seen(0.0, l), seen(w, l), seen(w, 0.0)];
        assert!(nose_misses(&view, &corners, &table).expect("seen").iter().all(|miss| *miss < 1e-6));
        corners[2] += CameraPoint::new(4.0, 0.0).to_vector();
        assert!((nose_misses(&view, &corners, &table).expect("seen")[2] - 10.0).abs() < 1e-6);
    }
}
