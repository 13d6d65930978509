//! Lenses measured from the table alone.

use super::{
    ReportError, Request,
    calibration::SIZE,
    each,
    figures::{LensFigures, thousandths},
};
use billiards_calibration::{camera::lens_from_table, projector::fit_map};
use billiards_simulation::{RigSetup, Scene, SimulatedRig, SimulationOptions};
use billiards_table::{CameraPoint, Lens, SensorPoint, TablePoint};

/// Displacement of the sides of the picture by the lens, as a ratio of their distance from the middle: barrels
/// (negative) and a cushion (positive).
const DISTORTIONS: [f64; 4] = [-0.10, -0.05, -0.10, 0.06];
/// Number of pictures from which each lens is measured.
const PICTURES: usize = 4;
/// Maximum distance of a pair from the map that is fitted, metres: so large that all pairs take part.
const FAR: f64 = 0.2;
/// Grid of measured places of the bed, across and along.
const GRID: (u32, u32) = (9, 17);

/// Measures a lens of each distortion, on random rigs.
pub(crate) fn measure(request: &Request) -> Result<Vec<LensFigures>, ReportError> {
    let table = request.table();
    each("lens", &DISTORTIONS, &request.pick, |i, edge_distortion| {
        let edge_distortion = *edge_distortion;
        let seed = request.seed.wrapping_mul(53).wrapping_add(i as u64);
        let setup = RigSetup::random_with_lens(seed, SIZE, table, edge_distortion);
        let options = SimulationOptions { seed, size: SIZE, ..SimulationOptions::default() };
        let mut rig = SimulatedRig::with_setup(Scene::Still, options, table, setup);
        let mut pictures = Vec::new();
        for frame in 0..PICTURES {
            pictures.push(rig.render_at(frame as f64 / 30.0)?);
        }
        let rig_name = format!("random {seed}");
        Ok(match lens_from_table(&pictures, table.length / table.width) {
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

/// Returns the distortion that remains over the table with the measured lens: the maximum distance on the bed, metres,
/// between a place and where the best homography of the rectified picture puts it.
fn residual(rig: &SimulatedRig, lens: &Lens) -> Option<f64> {
    let spec = *rig.table();
    let at = |i: u32, of: u32, side: f64| side * f64::from(i) / f64::from(of - 1);
    let places = (0..GRID.1).flat_map(|j| (0..GRID.0).map(move |i| (i, j)));
    let pairs: Option<Vec<(CameraPoint, TablePoint)>> = places
        .map(|(i, j)| {
            let place = TablePoint::new(at(i, GRID.0, spec.width), at(j, GRID.1, spec.length));
            let seen: SensorPoint = rig.camera().see([place.x, place.y, 0.0])?;
            Some((lens.undistort(seen)?, place))
        })
        .collect();
    let pairs = pairs?;
    let plane = fit_map(&pairs, FAR, pairs.len())?;
    pairs
        .iter()
        .map(|(seen, place)| plane.map(*seen).map(|there| (there - *place).length()))
        .try_fold(0.0, |worst, distance| Some(f64::max(worst, distance?)))
}
