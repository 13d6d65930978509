//! Figures that `rig report` prints, with the requirements that they have to meet.

use super::picture_figures::{self, PictureFigures};
use serde::Serialize;

/// Root mean square and maximum of lengths, millimetres.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Errors {
    /// Number of lengths.
    pub count: usize,
    /// Root mean square, millimetres.
    pub rms_mm: f64,
    /// Maximum, millimetres.
    pub worst_mm: f64,
}

impl Errors {
    /// Summarises lengths in metres.
    pub fn of(metres: &[f64]) -> Self {
        let count = metres.len();
        let square = metres.iter().map(|v| v * v).sum::<f64>() / count.max(1) as f64;
        let worst = metres.iter().copied().fold(0.0, f64::max);
        Self { count, rms_mm: thousandths(1e3 * square.sqrt()), worst_mm: thousandths(1e3 * worst) }
    }

    /// Returns whether there are any lengths and they are within these limits, millimetres.
    pub fn within(&self, rms_mm: f64, worst_mm: f64) -> bool {
        self.count > 0 && self.rms_mm <= rms_mm && self.worst_mm <= worst_mm
    }
}

/// Rounds to three decimals for people to read.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3 + 0.0
}

/// Comparison of one automatic calibration with the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CalibrationFigures {
    /// Description of the rig.
    pub rig: String,
    /// Reason for the failure, in words; `None` when the calibration succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Duration of the calibration by the rig's time, seconds.
    pub seconds: f64,
    /// Error on the cloth that the calibration itself reports (root mean square, millimetres).
    pub reported_mm: Option<f64>,
    /// True error of the projected light, over the bed.
    pub light: Option<Errors>,
    /// Error of the places of balls, over the bed.
    pub places: Option<Errors>,
    /// Delay of projector and camera together, milliseconds: the measured one, then the true one.
    pub latency_ms: Option<[f64; 2]>,
}

/// One closed loop: a table with balls at rest, rings projected around them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LoopFigures {
    /// Calibration of the loop's rig.
    pub calibration: CalibrationFigures,
    /// Errors of the tracked balls, overlay on.
    pub balls: Errors,
    /// Number of balls on the table that are not tracked, or tracked but not there; overlay on.
    pub wrong_balls: usize,
    /// Errors of the projected rings against the points where the balls touch the cloth.
    pub rings: Errors,
    /// Number of balls whose presence, name or place (by more than 1 mm) differs with the overlay off.
    pub changed_by_overlay: usize,
}

/// Lens measured from the table alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LensFigures {
    /// Description of the rig.
    pub rig: String,
    /// Displacement of the edge of the picture by the lens, as a ratio of its distance from the middle.
    pub edge_distortion: f64,
    /// Reason for the failure, in words; `None` when the measurement succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Maximum distortion that remains over the table, as millimetres on the bed.
    pub worst_mm: Option<f64>,
}

/// Rolling ball and the ring that follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RollingFigures {
    /// Delay of projector and camera together, milliseconds.
    pub delay_ms: f64,
    /// Range of the ball's speed while it was measured, m/s.
    pub speeds: [f64; 2],
    /// Distance from the ring on the cloth to the ball, at the same time.
    pub ring: Errors,
}

/// Game on a simulated table: what was played, compared with what was reported.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct ShotFigures {
    /// Scene and seed.
    pub game: String,
    /// Number of strokes played.
    pub played: usize,
    /// Number of strokes reported.
    pub told: usize,
    /// Number of balls pocketed.
    pub pots: usize,
    /// Strokes and pots that were not reported, reported wrongly, or invented, in words.
    pub faults: Vec<String>,
    /// Strokes reported with a wrong speed or direction, in words.
    pub strokes: Vec<String>,
    /// Maximum error of the reported speed of a stroke, as a ratio of the speed.
    pub speed_error: f64,
    /// Maximum error of the reported direction, degrees.
    pub direction_error: f64,
    /// Maximum error of the reported time of the strike, seconds.
    pub time_error: f64,
}

/// One address of the simulated player: from the first frame in which the aim is shown to the strike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct AddressFigures {
    /// Number of frames.
    pub frames: usize,
    /// Number of frames in which the aim was shown.
    pub shown: usize,
    /// Number of times that the shown aim disappeared.
    pub gaps: usize,
    /// Length of the longest gap, frames.
    pub longest_gap: usize,
    /// Number of frames in which the player aimed before the aim was shown.
    pub before_shown: usize,
}

impl AddressFigures {
    /// Maximum length of a gap that goes unnoticed, frames.
    const MAX_GAP: usize = 3;

    /// Returns whether the aim was shown in at least 97 % of the frames, without a long gap.
    pub fn holds(&self) -> bool {
        self.frames > 0 && 100 * self.shown >= 97 * self.frames && self.longest_gap <= Self::MAX_GAP
    }
}

/// Figures of the aim shown in one scene.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AimFigures {
    /// Name of the scene.
    pub scene: String,
    /// Seed of the scene.
    pub seed: u64,
    /// Figures of every address.
    pub addresses: Vec<AddressFigures>,
    /// Number of frames in which the aim was shown although nobody had aimed for half a second.
    pub false_frames: usize,
}

/// Requirement of the report and whether it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Requirement {
    /// Text of the requirement.
    pub text: &'static str,
    /// Measured values, in words.
    pub measured: String,
    /// `true` if the requirement holds.
    pub holds: bool,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Seed of all random numbers of the report.
    pub seed: u64,
    /// Closed loops: camera poses × lenses × cloths.
    pub closed_loops: Vec<LoopFigures>,
    /// Automatic calibrations of random rigs, without prior knowledge.
    pub calibrations: Vec<CalibrationFigures>,
    /// Lenses measured from the table alone.
    pub lenses: Vec<LensFigures>,
    /// Rolling balls.
    pub rolling: Vec<RollingFigures>,
    /// Games, compared shot by shot.
    pub games: Vec<ShotFigures>,
    /// Aim in every scene.
    pub aims: Vec<AimFigures>,
    /// Random pictures with and without a table.
    pub pictures: Vec<PictureFigures>,
    /// All requirements.
    pub requirements: Vec<Requirement>,
    /// `true` if all requirements hold.
    pub holds: bool,
}

impl Report {
    /// Evaluates the figures against the requirements.
    pub fn new(
        seed: u64,
        closed_loops: Vec<LoopFigures>,
        calibrations: Vec<CalibrationFigures>,
        lenses: Vec<LensFigures>,
        rolling: Vec<RollingFigures>,
        games: Vec<ShotFigures>,
        aims: Vec<AimFigures>,
        pictures: Vec<PictureFigures>,
    ) -> Self {
        let requirements: Vec<Requirement> = [
            balls_requirement(&closed_loops),
            rings_requirement(&closed_loops),
            overlay_requirement(&closed_loops),
            success_requirement(&calibrations),
            time_requirement(&calibrations),
            reported_error_requirement(&calibrations),
            lens_requirement(&lenses),
            latency_requirement(&calibrations, &closed_loops),
            rolling_requirement(&rolling),
            shots_requirement(&games),
            strokes_requirement(&games),
            aim_requirement(&aims),
            false_aim_requirement(&aims),
        ]
        .into_iter()
        .flatten()
        .chain(picture_figures::requirements(&pictures))
        .collect();
        let holds = !requirements.is_empty() && requirements.iter().all(|requirement| requirement.holds);
        Self { seed, closed_loops, calibrations, lenses, rolling, games, aims, pictures, requirements, holds }
    }
}

/// Returns the largest of the values; 0 if there are none.
fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    thousandths(values.into_iter().fold(0.0, f64::max))
}

fn balls_requirement(loops: &[LoopFigures]) -> Option<Requirement> {
    let rms = worst(loops.iter().map(|figures| figures.balls.rms_mm));
    let most = worst(loops.iter().map(|figures| figures.balls.worst_mm));
    let wrong_balls: usize = loops.iter().map(|figures| figures.wrong_balls).sum();
    (!loops.is_empty()).then(|| Requirement {
        text: "closed loop, overlay on: balls within 1.5 mm RMS and 3 mm worst of the truth",
        measured: format!("{rms} mm RMS in the worst loop, {most} mm worst, {wrong_balls} missing or ghosts"),
        holds: wrong_balls == 0 && loops.iter().all(|figures| figures.balls.within(1.5, 3.0)),
    })
}

fn rings_requirement(loops: &[LoopFigures]) -> Option<Requirement> {
    let rms = worst(loops.iter().map(|figures| figures.rings.rms_mm));
    let most = worst(loops.iter().map(|figures| figures.rings.worst_mm));
    (!loops.is_empty()).then(|| Requirement {
        text: "closed loop: projected rings within 2 mm RMS and 4 mm worst of the true contact points",
        measured: format!("{rms} mm RMS in the worst loop, {most} mm worst"),
        holds: loops.iter().all(|figures| figures.rings.within(2.0, 4.0)),
    })
}

fn overlay_requirement(loops: &[LoopFigures]) -> Option<Requirement> {
    let changed: usize = loops.iter().map(|figures| figures.changed_by_overlay).sum();
    (!loops.is_empty()).then(|| Requirement {
        text: "closed loop: overlay on or off changes no detection",
        measured: format!("{changed} balls changed"),
        holds: changed == 0,
    })
}

fn success_requirement(calibrations: &[CalibrationFigures]) -> Option<Requirement> {
    let good = calibrations.iter().filter(|figures| figures.failure.is_none()).count();
    (!calibrations.is_empty()).then(|| Requirement {
        text: "calibrate --auto from nothing succeeds in at least 19 of 20 random rigs",
        measured: format!("{good} of {}", calibrations.len()),
        holds: 20 * good >= 19 * calibrations.len(),
    })
}

fn time_requirement(calibrations: &[CalibrationFigures]) -> Option<Requirement> {
    let slowest = worst(calibrations.iter().map(|figures| figures.seconds));
    (!calibrations.is_empty()).then(|| Requirement {
        text: "calibrate --auto takes less than 60 s of rig time",
        measured: format!("{slowest} s at most"),
        holds: slowest < 60.0,
    })
}

fn reported_error_requirement(calibrations: &[CalibrationFigures]) -> Option<Requirement> {
    let differences =
        calibrations.iter().filter_map(|figures| Some((figures.reported_mm? - figures.light?.rms_mm).abs()));
    let most = worst(differences);
    (!calibrations.is_empty()).then(|| Requirement {
        text: "calibrate --auto: its own reported error within 1 mm of the true one",
        measured: format!("{most} mm apart at most"),
        holds: most <= 1.0 && calibrations.iter().any(|figures| figures.light.is_some()),
    })
}

fn lens_requirement(lenses: &[LensFigures]) -> Option<Requirement> {
    let most = worst(lenses.iter().filter_map(|figures| figures.worst_mm));
    let failed = lenses.iter().filter(|figures| figures.worst_mm.is_none()).count();
    (!lenses.is_empty()).then(|| Requirement {
        text: "lens from the table alone: worst residual over the table at most 2 mm at 10 % edge distortion",
        measured: format!("{most} mm worst, {failed} of {} failed", lenses.len()),
        holds: failed == 0 && most <= 2.0,
    })
}

fn latency_requirement(calibrations: &[CalibrationFigures], loops: &[LoopFigures]) -> Option<Requirement> {
    let all = calibrations.iter().chain(loops.iter().map(|figures| &figures.calibration));
    let differences: Vec<f64> =
        all.filter_map(|figures| figures.latency_ms.map(|[seen, real]| (seen - real).abs())).collect();
    let most = worst(differences.iter().copied());
    (!differences.is_empty()).then(|| Requirement {
        text: "latency estimate within 5 ms of the rig's",
        measured: format!("{most} ms off at most, of {} estimates", differences.len()),
        holds: most <= 5.0,
    })
}

fn rolling_requirement(rolling: &[RollingFigures]) -> Option<Requirement> {
    let most = worst(rolling.iter().map(|figures| figures.ring.worst_mm));
    (!rolling.is_empty()).then(|| Requirement {
        text: "with a ball rolling at 1 m/s and 80 ms of total delay, the ring stays within 10 mm of the ball",
        measured: format!("{most} mm worst"),
        holds: rolling.iter().all(|figures| figures.ring.within(10.0, 10.0)),
    })
}

fn shots_requirement(games: &[ShotFigures]) -> Option<Requirement> {
    let played: usize = games.iter().map(|game| game.played).sum();
    let pots: usize = games.iter().map(|game| game.pots).sum();
    let faults: Vec<String> =
        games.iter().flat_map(|game| game.faults.iter().map(|fault| format!("{}: {fault}", game.game))).collect();
    (!games.is_empty()).then(|| Requirement {
        text: "every simulated shot and pot is told once, none is invented",
        measured: format!("{played} shots, {pots} pots; {} faults {}", faults.len(), faults.join("; ")),
        holds: played > 0 && faults.is_empty(),
    })
}

fn strokes_requirement(games: &[ShotFigures]) -> Option<Requirement> {
    let speed = worst(games.iter().map(|game| game.speed_error));
    let direction = worst(games.iter().map(|game| game.direction_error));
    let time = worst(games.iter().map(|game| game.time_error));
    (!games.is_empty()).then(|| Requirement {
        text: "strokes are told within 10 % of their speed, 1° of their direction and two frames (67 ms) of their time",
        measured: format!(
            "{:.1} %, {direction}°, {:.0} ms at most {}",
            100.0 * speed,
            1e3 * time,
            games.iter().flat_map(|game| &game.strokes).cloned().collect::<Vec<_>>().join("; ")
        ),
        holds: speed <= 0.1 && direction <= 1.0 && time <= 0.067,
    })
}

fn aim_requirement(aims: &[AimFigures]) -> Option<Requirement> {
    let addresses: Vec<&AddressFigures> = aims.iter().flat_map(|figures| &figures.addresses).collect();
    let good = addresses.iter().filter(|address| address.holds()).count();
    let lowest = addresses.iter().map(|address| 100 * address.shown / address.frames.max(1)).min().unwrap_or(0);
    let longest = addresses.iter().map(|address| address.longest_gap).max().unwrap_or(0);
    (!aims.is_empty()).then(|| Requirement {
        text: "the aim is shown in at least 97 % of the frames of every address, with no gap of more than 3 frames",
        measured: format!(
            "{good} of {} addresses; {lowest} % in the worst, longest gap {longest} frames",
            addresses.len()
        ),
        holds: !addresses.is_empty() && good == addresses.len(),
    })
}

fn false_aim_requirement(aims: &[AimFigures]) -> Option<Requirement> {
    let false_frames: usize = aims.iter().map(|figures| figures.false_frames).sum();
    (!aims.is_empty()).then(|| Requirement {
        text: "no aim is shown when nobody has aimed for half a second",
        measured: format!("{false_frames} frames with a false aim"),
        holds: false_frames == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_root_mean_square_and_worst() {
        let errors = Errors::of(&[0.003, 0.004]);
        assert_eq!((errors.count, errors.worst_mm), (2, 4.0));
        assert!((errors.rms_mm - 3.536).abs() < 1e-9);
        assert!(!Errors::of(&[]).within(9.0, 9.0), "nothing measured is nothing shown");
    }

    #[test]
    fn a_report_holds_only_where_every_requirement_does() {
        let good = LensFigures { rig: "a".into(), edge_distortion: 0.1, failure: None, worst_mm: Some(1.2) };
        let bad = LensFigures { worst_mm: None, failure: Some("no cloth".into()), ..good.clone() };
        assert!(Report::new(1, vec![], vec![], vec![good.clone()], vec![], vec![], vec![], vec![]).holds);
        let report = Report::new(1, vec![], vec![], vec![good, bad], vec![], vec![], vec![], vec![]);
        assert!(!report.holds && report.requirements[0].measured.contains("1 of 2 failed"), "{report:?}");
        assert!(!Report::new(1, vec![], vec![], vec![], vec![], vec![], vec![], vec![]).holds);
    }
}
