//! Automatic calibrations of rigs with known truth.

use super::{
    ReportError, Request, each,
    figures::{CalibrationFigures, Errors, thousandths},
    lockstep::LockstepRig,
};
use crate::rig::closed_loop::ClosedLoop;
use billiards_calibration::{
    CalibrationSetup, ObservationOptions,
    procedure::{ProcedureOptions, calibrate_rig as run_calibration},
};
use billiards_simulation::{RigSetup, Scene, SimulatedRig, SimulationOptions};
use billiards_table::{Calibration, FrameSize, Lens, ProjectorPoint, TableKind, TablePoint, TableSpec};
use tracing::debug;

/// Grid of measured places of the bed, across and along; the outermost are those of a ball at the cushion.
const GRID: (u32, u32) = (7, 13);
/// Size of the camera's pictures, pixels.
pub(crate) const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Distance between the first seeds of the rigs of consecutive reports.
const STRIDE: u64 = 1_000_003;

/// Calibrates `request.rigs` random rigs, each without prior knowledge.
pub(crate) fn measure(request: &Request) -> Result<Vec<CalibrationFigures>, ReportError> {
    let seeds: Vec<u64> =
        (0..request.rigs).map(|i| request.seed.wrapping_mul(STRIDE).wrapping_add(u64::from(i))).collect();
    each("calibration", &seeds, &request.pick, |_, seed| {
        let table = request.table.unwrap_or_else(|| TableKind::AMERICAN[(seed % 3) as usize].spec());
        let setup = RigSetup::random(*seed, SIZE, table);
        let mut running = start(Scene::Still, *seed, table, setup, CalibrationSetup::default());
        calibrate_rig(&mut running, format!("random {seed} ({})", table.kind))
    })
}

/// Starts a closed loop around a rig.
pub(crate) fn start(scene: Scene, seed: u64, table: TableSpec, rig: RigSetup, known: CalibrationSetup) -> ClosedLoop {
    let options = SimulationOptions { seed, size: SIZE, ..SimulationOptions::default() };
    ClosedLoop::new(SimulatedRig::with_setup(scene, options, table, rig), known)
}

/// Calibrates a rig without prior knowledge, applies the result, and compares it with the truth.
pub(crate) fn calibrate_rig(running: &mut ClosedLoop, rig: String) -> Result<CalibrationFigures, ReportError> {
    // The first frames arrive before anything has been projected.
    running.frame()?;
    let before = running.rig().now();
    let projector = running.world().resource::<CalibrationSetup>().projector_size;
    let options = ProcedureOptions { projector, former: None };
    let outcome = run_calibration(&mut LockstepRig::new(running), &ObservationOptions::default(), &options);
    let seconds = thousandths(running.rig().now() - before);
    let failed = |why: String| CalibrationFigures {
        rig: rig.clone(),
        failure: Some(why),
        seconds,
        reported_mm: None,
        light: None,
        places: None,
        latency_ms: None,
    };
    let summary = match outcome {
        Ok(summary) => summary,
        Err(error) => return Ok(failed(error.to_string())),
    };
    let mut setup = running.world().resource::<CalibrationSetup>().clone();
    setup.apply_summary(&summary);
    let (lens, taken_for) = (setup.lens(), setup.table_spec());
    if !same_table(&taken_for, running.rig().table()) {
        return Ok(failed(format!("taken for a {} table", taken_for.kind)));
    }
    running.world_mut().insert_resource(setup);
    running.frame()?;
    debug!("{rig}: {}", summary.notes().join(" "));
    debug!("{rig}: {:?}, seen {:.2} mm", summary.camera.focal, summary.outcome.check.rms_mm);
    let calibration = *running.world().resource::<Calibration>();
    let truth = running.rig();
    let spec = *truth.table();
    let pose = truth.camera().pose;
    debug!("{rig}: truly focal {:?}, eye {:?}", truth.camera().lens.focal, pose.eye);
    let delays = truth.setup().camera.delay + truth.setup().projector.delay;
    let seen_ms = 1e3 * summary.outcome.latency.delay.as_secs_f64();
    Ok(CalibrationFigures {
        failure: None,
        reported_mm: Some(thousandths(summary.outcome.check.expected_mm)),
        light: Some(light_errors(&calibration, &truth, &spec)),
        places: places_errors(&calibration, lens, &truth, &spec),
        latency_ms: Some([thousandths(seen_ms), thousandths(1e3 * delays)]),
        ..failed(String::new())
    })
}

/// Returns whether two tables have the same bed and balls: nothing else shows until balls are played.
fn same_table(one: &TableSpec, other: &TableSpec) -> bool {
    (one.length, one.width, one.ball_radius) == (other.length, other.width, other.ball_radius)
}

/// Returns a regular grid of places over the bed where balls can lie.
fn places(spec: &TableSpec) -> impl Iterator<Item = TablePoint> {
    let (width, length, inset) = (spec.width, spec.length, spec.ball_radius);
    let at = move |i: u32, of: u32, side: f64| inset + (side - 2.0 * inset) * f64::from(i) / f64::from(of - 1);
    (0..GRID.1)
        .flat_map(move |j| (0..GRID.0).map(move |i| TablePoint::new(at(i, GRID.0, width), at(j, GRID.1, length))))
}

/// Returns the distances on the cloth from where light was meant to fall to where it truly falls, as far as the
/// projector reaches.
fn light_errors(calibration: &Calibration, truth: &SimulatedRig, spec: &TableSpec) -> Errors {
    let view = &calibration.projector;
    let (width, height) = (f64::from(view.size.width), f64::from(view.size.height));
    let distances = places(spec).filter_map(|place| {
        let pixel = view.from_table.map(place)?;
        let reached = (0.0..width).contains(&pixel.x) && (0.0..height).contains(&pixel.y);
        reached.then(|| falls(truth, view.size, pixel).map_or(f64::INFINITY, |there| (there - place).length()))
    });
    Errors::of(&distances.collect::<Vec<_>>())
}

/// Returns the true place on the cloth of a point of the overlay's picture; the projector scales that picture to its
/// own size.
pub(crate) fn falls(truth: &SimulatedRig, picture: FrameSize, p: ProjectorPoint) -> Option<TablePoint> {
    let own = truth.setup().projector.lens.size;
    let share = |own: u32, drawn: u32| f64::from(own) / f64::from(drawn);
    truth.lights(ProjectorPoint::new(p.x * share(own.width, picture.width), p.y * share(own.height, picture.height)))
}

/// Returns the distances from the calibrated places of balls to the true ones.
fn places_errors(
    calibration: &Calibration,
    lens: Option<Lens>,
    truth: &SimulatedRig,
    spec: &TableSpec,
) -> Option<Errors> {
    let view = calibration.camera?;
    let distances = places(spec).filter_map(|place| {
        let seen = truth.camera().see([place.x, place.y, spec.ball_radius])?;
        let rectified = lens.map_or_else(|| Some(seen.cast_unit()), |lens| lens.undistort(seen))?;
        Some(view.ball_on_table(rectified).map_or(f64::INFINITY, |said| (said - place).length()))
    });
    Some(Errors::of(&distances.collect::<Vec<_>>()))
}
