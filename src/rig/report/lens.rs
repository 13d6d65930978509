//! Lenses measured from the table alone.

use super::{
    ReportError, Request,
    calibration::SIZE,
    each,
    figures::{LensFigures, thousandths},
};
use crate::model::{CameraPoint, Lens, SensorPoint, TableKind, TablePoint};
use billiards_calibration::{camera::lens_from_table, projector::fit_map};
use billiards_simulation::{RigSetup, Scene, SimulatedRig, SimulationOptions};

/// How far the lens displaces the sides of the picture, as a share of their distance from the middle: barrels, and a
/// cushion.
const DISTORTIONS: [f64; 4] = [-0.10, -0.05, -0.10, 0.06];
/// Pictures that each lens is measured from.
const PICTURES: usize = 4;
/// No place is further off than this, so that all of them take part in the fit, metres.
const FAR: f64 = 0.2;
/// The places of the bed that are looked at, across and along.
const GRID: (u32, u32) = (9, 17);

/// Measures some lenses on random rigs.
pub(crate) fn measure(request: &Request) -> Result<Vec<LensFigures>, ReportError> {
    let kind = TableKind::NineFoot;
    each("lens", &DISTORTIONS, &request.pick, |i, edge_distortion| {
        let edge_distortion = *edge_distortion;
        let seed = request.seed.wrapping_mul(53).wrapping_add(i as u64);
        let setup = RigSetup::random_with_lens(seed, SIZE, kind, edge_distortion);
        let options = SimulationOptions { seed, size: SIZE, ..SimulationOptions::default() };
        let mut rig = SimulatedRig::with_setup(Scene::Still, options, kind, setup);
        let mut pictures = Vec::new();
        for frame in 0..PICTURES {
            pictures.push(rig.render_at(frame as f64 / 30.0)?);
        }
        let rig_name = format!("random {seed}");
        Ok(match lens_from_table(&pictures) {
            Ok(found) => LensFigures {
                rig: rig_name,
                edge_distortion,
                failure: None,
                worst_mm: residual(&rig, &found.lens).map(|metres| thousandths(1e3 * metres)),
            },
            Err(error) => {
                LensFigures { rig: rig_name, edge_distortion, failure: Some(error.to_string()), worst_mm: None }
            }
        })
    })
}

/// What remains of the bends over the table with the measured lens: the most by which any place of the bed misses the
/// best flat map of the straightened picture, metres.
fn residual(rig: &SimulatedRig, lens: &Lens) -> Option<f64> {
    let spec = *rig.table();
    let at = |i: u32, of: u32, side: f64| side * f64::from(i) / f64::from(of - 1);
    let places = (0..GRID.1).flat_map(|j| (0..GRID.0).map(move |i| (i, j)));
    let pairs: Option<Vec<(CameraPoint, TablePoint)>> = places
        .map(|(i, j)| {
            let place = TablePoint::new(at(i, GRID.0, spec.width), at(j, GRID.1, spec.length));
            let seen: SensorPoint = rig.camera().see([place.x, place.y, 0.0])?;
            Some((lens.straighten(seen)?, place))
        })
        .collect();
    let pairs = pairs?;
    let plane = fit_map(&pairs, FAR, pairs.len())?;
    pairs
        .iter()
        .map(|(seen, place)| plane.map(*seen).map(|there| (there - *place).length()))
        .try_fold(0.0, |worst, off| Some(f64::max(worst, off?)))
}
