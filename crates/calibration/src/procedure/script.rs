//! The calibration of a rig, step by step.

use super::{
    interface::{Interruption, RigInterface},
    light::{find_level, time_flashes},
    session::{AveragedLight, Session},
};
use crate::{
    camera::board::BoardError,
    projector::{
        CheckDots, CheckReport, DotGrid, DotRejection, Latency, LetterLight, ObservedTable, ProjectorCalibration,
        ProjectorError, RMS_LIMIT_MM, former_error_mm, read_dots, shift, solve_projector,
    },
};
use billiards_table::{FrameSize, PatternPicture, ProjectorView, TablePoint};
use billiards_vision::VisionError;
use opencv::core::Mat;
use std::time::Duration;

/// Number of frames without projected light from which the table is measured.
const DARK_FRAMES: usize = 8;
/// Number of frames of each pattern.
const FRAMES: usize = 2;
/// Maximum number of attempts at measuring the table or reading patterns.
const TRIES: usize = 4;
/// Maximum share of the picture in which something may pass through a pattern; beyond it, the pattern is shown again.
const DISTURBED: f64 = 0.003;
/// Minimum share of the check's dots on which two measurements must agree; otherwise the check is repeated.
const STEADY: f64 = 0.75;
/// Maximum movement of the camera during the calibration, pixels: about a millimetre on the cloth.
const MAX_SHIFT: f64 = 0.5;
/// Minimum share of the table that is lit; below it, the operator is warned.
const WHOLE: f64 = 0.98;
/// Additional time that is waited in case light comes later than measured.
const LATE: Duration = Duration::from_millis(50);
/// Frame rate below which a failure may be due to it, hertz.
const LOW_RATE: f64 = 8.0;
/// Frame rate below which the operator is warned, hertz.
const USUAL_RATE: f64 = 15.0;

/// Options of a procedure that calibrates a rig.
#[derive(Debug, Clone, Copy)]
pub struct ProcedureOptions {
    /// Size of the projector's picture, pixels.
    pub projector: FrameSize,
    /// View of the projector by the former calibration, for comparison.
    pub former: Option<ProjectorView>,
}

/// Function that calibrates the camera from delivered pictures of the table (8-bit BGR, distorted by the lens) on which
/// nothing is projected. Its error says in words why it cannot.
pub(super) type ObserveTable<'a> = dyn FnMut(&[Mat]) -> Result<ObservedTable, String> + Send + 'a;

/// A calibrated rig.
#[derive(Debug, Clone)]
pub struct CalibrationOutcome {
    /// Table as the camera sees it.
    pub observed: ObservedTable,
    /// Calibration of the projector.
    pub projector: ProjectorCalibration,
    /// Delay of the projected light.
    pub latency: Latency,
    /// Verification of the projector's calibration.
    pub check: CheckReport,
    /// Error of the former calibration at the places of the check: root mean square and worst, millimetres; `None` if
    /// it cannot be compared.
    pub before_mm: Option<(f64, f64)>,
    /// Level of the projector's picture at which the dots were bright enough and not blown out, 0 to 255.
    pub level: u8,
    /// Contrast of that level on the cloth, grey levels of the camera (median over the bed).
    pub contrast: f64,
    /// Warnings of shortcomings that do not hinder the use of the calibration.
    pub warnings: Vec<String>,
    /// Duration of the procedure, by the rig's clock.
    pub took: Duration,
}

/// Error of a procedure.
#[derive(Debug, thiserror::Error)]
pub enum ProcedureError {
    /// The projector or the camera stopped, or somebody cancelled.
    #[error(transparent)]
    Interrupted(#[from] Interruption),
    /// The camera cannot be calibrated.
    #[error("the camera cannot be calibrated: {0}")]
    Camera(String),
    /// The projector cannot be calibrated.
    #[error(transparent)]
    Projector(#[from] ProjectorError),
    /// The views of the printed board do not determine a lens.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The procedure failed while the frame rate was low.
    #[error(
        "{error}; only {rate:.1} pictures a second arrived, which may be why: shorten the camera's exposure, close \
         other programs, and try again"
    )]
    Slow {
        /// Frame rate, hertz.
        rate: f64,
        /// Underlying error.
        error: Box<Self>,
    },
}

impl ProcedureError {
    /// Returns whether a higher frame rate might have helped.
    fn may_be_the_rates(&self) -> bool {
        matches!(
            self,
            Self::Projector(_) | Self::Interrupted(Interruption::CameraSilent | Interruption::ProjectorSilent)
        )
    }
}

impl From<VisionError> for ProcedureError {
    fn from(error: VisionError) -> Self {
        Self::Projector(error.into())
    }
}

/// Calibrates a rig: measures the table, the strength of the projector's light and its delay, reads coded
/// dots, solves for the map, and verifies the result with dots at known places.
///
/// # Errors
/// The reason in words that say what would help. Nothing has been changed then.
pub(super) fn calibrate(
    rig: &mut dyn RigInterface,
    observe: &mut ObserveTable<'_>,
    options: &ProcedureOptions,
) -> Result<CalibrationOutcome, ProcedureError> {
    let mut session = Session::new(rig);
    calibrate_in(&mut session, observe, options).map_err(|error| match session.rate() {
        Some(rate) if rate < LOW_RATE && error.may_be_the_rates() => {
            ProcedureError::Slow { rate, error: Box::new(error) }
        }
        _ => error,
    })
}

fn calibrate_in(
    session: &mut Session<'_>,
    observe: &mut ObserveTable<'_>,
    options: &ProcedureOptions,
) -> Result<CalibrationOutcome, ProcedureError> {
    let black = PatternPicture::even(options.projector, 0);
    let (dark, interval, observed) = observe_table(session, &black, observe)?;

    session.report(0.15, "Measuring the projector's light: keep clear of the table.");
    let (level, contrast) = find_level(session, options.projector, &dark, &observed)?;

    session.report(0.2, "Timing the projector's light: keep clear of the middle of the table.");
    let latency = time_flashes(session, options.projector, level, interval, &observed)?;
    session.set_latency(&latency);

    let measured = measure(session, options.projector, level, &observed);
    // A camera that was bumped explains any failure, and spoils any success.
    if !matches!(measured, Err(ProcedureError::Interrupted(_))) {
        session.report(0.97, "Making sure that the camera stood still.");
        let now = session.average_light(&black, FRAMES)?;
        if let Some(by_px) = shift(&dark, &now.last)?.filter(|by_px| *by_px > MAX_SHIFT) {
            return Err(ProjectorError::CameraMoved { by_px }.into());
        }
    }
    let (projector, check) = measured?;
    let places: Vec<TablePoint> = check.points.iter().map(|point| point.place).collect();
    let before_mm = options.former.and_then(|former| former_error_mm(&former, &projector.view, &places));
    let mut warnings = warnings(&projector);
    if let Some(rate) = session.rate().filter(|rate| *rate < USUAL_RATE) {
        warnings.push(format!(
            "Only {rate:.1} pictures a second arrived: moving balls will be tracked badly. Shorten the camera's \
             exposure or close other programs."
        ));
    }
    session.report(1.0, "Calibrated.");
    Ok(CalibrationOutcome {
        observed,
        projector,
        latency,
        check,
        before_mm,
        level,
        contrast,
        warnings,
        took: session.elapsed(),
    })
}

/// Returns the last dark frame, the interval between frames, and the table as the camera sees it.
fn observe_table(
    session: &mut Session<'_>,
    black: &PatternPicture,
    observe: &mut ObserveTable<'_>,
) -> Result<(Mat, Duration, ObservedTable), ProcedureError> {
    session.report(0.0, "Looking at the table: keep clear of it.");
    let mut tries = 0;
    loop {
        tries += 1;
        let (stamps, mut pictures): (Vec<Duration>, Vec<Mat>) = session.frames(black, DARK_FRAMES)?.into_iter().unzip();
        let interval = stamps.last().zip(stamps.first()).map_or(Duration::ZERO, |(last, first)| *last - *first);
        match (observe(&pictures), pictures.pop()) {
            (Ok(observed), Some(dark)) => return Ok((dark, interval / (DARK_FRAMES - 1) as u32, observed)),
            (Err(why), _) if tries >= TRIES => return Err(ProcedureError::Camera(why)),
            (Err(why), _) => session.report(0.0, &format!("Looking again, keep clear of the table: {why}")),
            (Ok(_), None) => {}
        }
    }
}

/// Measures the projector's view and verifies it.
fn measure(
    session: &mut Session<'_>,
    size: FrameSize,
    level: u8,
    observed: &ObservedTable,
) -> Result<(ProjectorCalibration, CheckReport), ProcedureError> {
    let projector = solve_dots(session, size, level, observed)?;
    let check = check(session, &projector.view, level, observed)?;
    Ok((projector, check))
}

fn solve_dots(
    session: &mut Session<'_>,
    size: FrameSize,
    level: u8,
    observed: &ObservedTable,
) -> Result<ProjectorCalibration, ProcedureError> {
    let grid = DotGrid::over(size);
    let mut letters: Vec<Option<LetterLight>> = vec![None; grid.letters()];
    let mut words = "Reading dots on the cloth: keep clear of the table.";
    let mut attempt = 0;
    loop {
        attempt += 1;
        for (i, letter) in letters.iter_mut().enumerate().filter(|(_, letter)| letter.is_none()) {
            session.report(0.4 + 0.4 * i as f64 / grid.letters() as f64, words);
            let plain = session.average_light(&grid.letter(i, false, level), FRAMES)?.light;
            let inverse = session.average_light(&grid.letter(i, true, level), FRAMES)?.light;
            *letter = Some(LetterLight { plain, inverse });
        }
        let shown: Vec<LetterLight> = letters.iter().flatten().cloned().collect();
        let reading = read_dots(&grid, &shown)?;
        let error = match solve_projector(size, &reading.seen, observed) {
            Ok(solved) => return Ok(solved),
            Err(error) => error,
        };
        let blown_out = reading.rejected.iter().filter(|(_, why)| *why == DotRejection::BlownOut).count();
        if blown_out > reading.seen.len() {
            let share = blown_out as f64 / grid.centres.len() as f64;
            return Err(ProjectorError::BlownOut { share }.into());
        }
        let disturbed: Vec<bool> = reading.motion.iter().map(|share| *share > DISTURBED).collect();
        let any = disturbed.contains(&true);
        if attempt >= TRIES {
            return Err(if any { ProjectorError::Disturbed } else { error }.into());
        }
        if !any && attempt > 1 {
            return Err(error.into());
        }
        words = "Reading dots once more: step back, something moved in the light.";
        // If nothing moved, the light may have come late.
        session.wait_longer(if any { Duration::ZERO } else { LATE });
        for (letter, disturbed) in letters.iter_mut().zip(disturbed) {
            *letter = letter.take().filter(|_| any && !disturbed);
        }
    }
}

fn check(
    session: &mut Session<'_>,
    view: &ProjectorView,
    level: u8,
    observed: &ObservedTable,
) -> Result<CheckReport, ProcedureError> {
    let dots = CheckDots::over(view, observed);
    let halves = [true, false].map(|first| dots.picture(first, level));
    let mut words = "Checking where the light falls: keep clear of the table.";
    for attempt in 1..=TRIES {
        session.report(0.85 + 0.02 * attempt as f64, words);
        let mut average = |half: usize| -> Result<Mat, ProcedureError> {
            session.average_light(&halves[half], FRAMES).map(|AveragedLight { light, .. }| light)
        };
        let pairs = [(average(0)?, average(1)?), (average(0)?, average(1)?)];
        let report = dots.read(&pairs, observed)?;
        if report.steady >= STEADY {
            if report.rms_mm > RMS_LIMIT_MM {
                return Err(ProjectorError::CheckFailed { rms_mm: report.rms_mm, limit_mm: RMS_LIMIT_MM }.into());
            }
            return Ok(report);
        }
        words = "Checking once more: step back, something moved in the light.";
    }
    Err(ProjectorError::Disturbed.into())
}

fn warnings(projector: &ProjectorCalibration) -> Vec<String> {
    let mut warnings = Vec::new();
    if projector.mirrored {
        warnings.push(
            "The projector's picture is mirrored: lines fall where they should, but text reads backwards; change the \
             projector's setting for rear or ceiling projection."
                .to_owned(),
        );
    }
    if projector.upside_down {
        warnings.push("The projector's picture is upside down in the camera's; that does no harm.".to_owned());
    }
    if projector.reach < WHOLE {
        warnings.push(format!(
            "The projector's picture reaches {:.0} % of the table; the rest stays dark.",
            100.0 * projector.reach
        ));
    }
    warnings
}
