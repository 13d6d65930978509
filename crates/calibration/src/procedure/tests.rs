use super::{script::calibrate, testing::SmallRig, *};
use crate::projector::ProjectorError;
use billiards_table::{Homography, ProjectorPx, ProjectorView};
use nalgebra::Matrix3;
use opencv::{
    core::{Mat, Point, Rect, Scalar},
    imgproc,
};
use std::time::Duration;

fn run(rig: &mut SmallRig) -> Result<CalibrationOutcome, ProcedureError> {
    let observed = rig.observed_table();
    let options = ProcedureOptions { projector: rig.projector_size, former: None };
    calibrate(rig, &mut |_: &[Mat]| Ok(observed.clone()), &options)
}

fn assert_good(rig: &SmallRig, outcome: &CalibrationOutcome) {
    let (rms, worst) = rig.error_mm(&outcome.projector.view);
    let off = (outcome.latency.delay.as_secs_f64() - rig.delay()).abs();
    eprintln!(
        "true {rms:.2} / {worst:.2} mm, fit {:.2} / {:.2}, check {:.2} / {:.2} expected {:.2}, {} dots of {}, \
         delay off {:.1} ms (rise {:.1}, spread {:.1}), {:.1} s, level {}",
        outcome.projector.rms_mm,
        outcome.projector.worst_mm,
        outcome.check.rms_mm,
        outcome.check.worst_mm,
        outcome.check.expected_mm,
        outcome.projector.points.iter().filter(|p| p.unused.is_none()).count(),
        outcome.projector.points.len(),
        1e3 * off,
        1e3 * outcome.latency.rise.as_secs_f64(),
        1e3 * outcome.latency.spread.as_secs_f64(),
        outcome.took.as_secs_f64(),
        outcome.level,
    );
    assert!(rms < 0.5 && worst < 1.0, "{rms} / {worst} mm");
    let check = &outcome.check;
    assert!((check.expected_mm - rms).abs() < 1.0);
    assert!(check.rms_mm <= check.worst_mm && check.expected_mm <= check.expected_worst_mm, "{check:?}");
    assert!(off < 0.003, "{off} s");
    assert!(outcome.took.as_secs_f64() < 30.0);
}

#[test]
fn a_rig_is_calibrated_and_says_how_well() {
    let mut rig = SmallRig::new();
    let outcome = run(&mut rig).expect("calibrated");
    assert_good(&rig, &outcome);
    assert!(rig.said.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{:?}", rig.said);
    assert!(outcome.warnings.iter().all(|words| !words.contains("mirrored")), "{:?}", outcome.warnings);
}

#[test]
fn a_dim_projector_on_dark_cloth_will_do() {
    let mut rig = SmallRig::new();
    (rig.cloth, rig.room, rig.strength, rig.noise) = ([0.03, 0.05, 0.03], 0.6, 0.3, 2.5);
    let outcome = run(&mut rig).expect("calibrated");
    assert_good(&rig, &outcome);
}

#[test]
fn a_mirrored_or_upside_down_picture_will_do_and_is_told() {
    for (flip, mirrored, upside_down) in [([-1.0, 1.0], true, false), ([-1.0, -1.0], false, true)] {
        let mut rig = SmallRig::new();
        let size = [1280.0, 800.0];
        let shift = [0, 1].map(|i| if flip[i] < 0.0 { size[i] } else { 0.0 });
        let turn = Matrix3::new(flip[0], 0.0, shift[0], 0.0, flip[1], shift[1], 0.0, 0.0, 1.0);
        let turn = Homography::<ProjectorPx, ProjectorPx>::from_matrix(turn).expect("regular");
        rig.falls = turn.then(&rig.falls);
        let outcome = run(&mut rig).expect("calibrated");
        assert_good(&rig, &outcome);
        assert_eq!((outcome.projector.mirrored, outcome.projector.upside_down), (mirrored, upside_down));
    }
}

#[test]
fn what_blows_out_is_turned_down() {
    let mut rig = SmallRig::new();
    rig.strength = 4.0;
    let outcome = run(&mut rig).expect("calibrated");
    assert_good(&rig, &outcome);
    assert!(outcome.level < 255);
    rig = SmallRig::new();
    rig.room = 6.0;
    let error = run(&mut rig).expect_err("too bright");
    assert!(matches!(error, ProcedureError::Projector(ProjectorError::BlownOut { .. })), "{error}");
}

#[test]
fn a_slow_camera_is_waited_for_and_its_rate_is_named() {
    let mut rig = SmallRig::new();
    // Two pictures a second, each late by two and a half: light comes much later than with a usual rig.
    (rig.interval, rig.projector_delay, rig.camera_delay) = (0.5, 0.4, 0.85);
    let outcome = run(&mut rig).expect("calibrated");
    let (rms, worst) = rig.error_mm(&outcome.projector.view);
    assert!(rms < 0.5 && worst < 1.0, "{rms} / {worst} mm");
    assert!(outcome.warnings.iter().any(|words| words.contains("2.0 pictures a second")), "{:?}", outcome.warnings);
    rig = SmallRig::new();
    (rig.interval, rig.strength) = (0.25, 0.003);
    let error = run(&mut rig).expect_err("dark").to_string();
    assert!(error.contains("4.0 pictures a second"), "{error}");
}

#[test]
fn without_light_it_is_too_dark() {
    let mut rig = SmallRig::new();
    rig.strength = 0.003;
    let error = run(&mut rig).expect_err("dark");
    assert!(matches!(error, ProcedureError::Projector(ProjectorError::TooDark { .. })), "{error}");
}

/// A dark shape as wide as a person that crosses the picture.
fn person(from: f64, to: f64, x: impl Fn(f64) -> f64 + 'static) -> testing::Disturbance {
    Box::new(move |t, light| {
        if (from..to).contains(&t) {
            let place = Rect::new(x(t) as i32, 40, 106, 375);
            imgproc::rectangle(light, place, Scalar::new(0.02, 0.04, 0.06, 0.0), -1, 8, 0).expect("drawn");
        }
    })
}

#[test]
fn somebody_who_walks_through_is_waited_for() {
    let mut rig = SmallRig::new();
    rig.disturb = person(6.5, 9.5, |t| -106.0 + 300.0 * (t - 6.5));
    let outcome = run(&mut rig).expect("calibrated");
    assert_good(&rig, &outcome);
}

#[test]
fn somebody_who_stays_is_named_with_the_place() {
    let mut rig = SmallRig::new();
    rig.disturb = Box::new(|_, light| {
        imgproc::rectangle(light, Rect::new(0, 0, 350, 450), Scalar::new(0.02, 0.04, 0.06, 0.0), -1, 8, 0)
            .expect("drawn");
    });
    let error = run(&mut rig).expect_err("hidden");
    eprintln!("{error}");
    assert!(error.to_string().contains("left"), "{error}");
}

#[test]
fn two_hidden_dots_make_no_difference() {
    let mut rig = SmallRig::new();
    rig.disturb = Box::new(|_, light| {
        for at in [(312, 187), (437, 262)] {
            imgproc::circle(light, Point::new(at.0, at.1), 25, Scalar::new(0.4, 0.4, 0.4, 0.0), -1, 8, 0)
                .expect("drawn");
        }
    });
    let outcome = run(&mut rig).expect("calibrated");
    assert_good(&rig, &outcome);
}

#[test]
fn a_bumped_or_unplugged_camera_is_told() {
    let mut rig = SmallRig::new();
    rig.bump = (4.0, 7.5);
    let error = run(&mut rig).expect_err("bumped");
    eprintln!("{error}");
    assert!(matches!(error, ProcedureError::Projector(ProjectorError::CameraMoved { .. })), "{error}");
    rig = SmallRig::new();
    rig.unplugged_at = 9.0;
    let error = run(&mut rig).expect_err("unplugged");
    assert!(matches!(error, ProcedureError::Interrupted(Interruption::CameraLost)), "{error}");
}

#[test]
fn a_camera_that_cannot_be_calibrated_is_asked_again_and_then_told() {
    let mut rig = SmallRig::new();
    let options = ProcedureOptions { projector: rig.projector_size, former: None };
    let mut asked = 0;
    let error = calibrate(
        &mut rig,
        &mut |_: &[Mat]| {
            asked += 1;
            Err("the table is cut off at the left".to_owned())
        },
        &options,
    )
    .expect_err("no table");
    assert_eq!(asked, 4);
    assert!(error.to_string().contains("cut off at the left"));
}

#[test]
fn the_former_calibration_is_compared() {
    let mut rig = SmallRig::new();
    let observed = rig.observed_table();
    let turn = Matrix3::new(1.0, 0.0, 8.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0);
    let shifted = Homography::<ProjectorPx, ProjectorPx>::from_matrix(turn).expect("regular");
    let former = ProjectorView { size: rig.projector_size, from_table: rig.falls.inverse().then(&shifted) };
    let options = ProcedureOptions { projector: rig.projector_size, former: Some(former) };
    let outcome = calibrate(&mut rig, &mut |_: &[Mat]| Ok(observed.clone()), &options).expect("calibrated");
    let (rms, worst) = outcome.before_mm.expect("compared");
    assert!((14.0..25.0).contains(&rms) && worst >= rms, "{rms} {worst}");
}

/// Runs the procedure on its thread as an application does, until it ends or `meddle` stops it.
fn beside(
    rig: &mut SmallRig,
    mut meddle: impl FnMut(&mut ProcedureRun<CalibrationOutcome>, &ProcedureStep, &mut bool),
) -> Result<CalibrationOutcome, ProcedureError> {
    let observed = rig.observed_table();
    let options = ProcedureOptions { projector: rig.projector_size, former: None };
    let script = move |rig: &mut dyn RigInterface| calibrate(rig, &mut |_: &[Mat]| Ok(observed.clone()), &options);
    let mut run = ProcedureRun::start(script).expect("a thread");
    let (mut drawn, mut last, mut lost) = (None, 0, false);
    loop {
        let frame = rig.frame().expect("a frame");
        let input =
            ProcedureInput { drawn: drawn.take(), frame: Some((frame.stamp, &frame.picture)), source_lost: lost };
        let step = run.advance(input);
        if let Some((number, picture)) = step.show.as_ref().filter(|(number, _)| *number != last) {
            last = *number;
            drawn = Some((last, rig.show(picture, Duration::ZERO).expect("shown")));
        }
        meddle(&mut run, &step, &mut lost);
        if step.ended {
            assert!(step.show.is_none());
            let outcome = run.outcome().expect("an outcome");
            assert!(run.outcome().is_none());
            return outcome;
        }
    }
}

#[test]
fn the_procedure_runs_beside_an_application() {
    let mut rig = SmallRig::new();
    let mut most = 0.0_f64;
    let outcome = beside(&mut rig, |_, step, _| most = most.max(step.progress)).expect("calibrated");
    assert!(rig.error_mm(&outcome.projector.view).1 < 1.0);
    assert!(most >= 1.0);
}

#[test]
fn it_can_be_cancelled_and_notices_that_the_camera_is_gone() {
    let cancelled = beside(&mut SmallRig::new(), |run, step, _| {
        if step.progress > 0.1 {
            run.cancel();
        }
    });
    assert!(matches!(cancelled, Err(ProcedureError::Interrupted(Interruption::Cancelled))), "{cancelled:?}");
    let lost = beside(&mut SmallRig::new(), |_, step, lost| *lost = step.progress > 0.1);
    assert!(matches!(lost, Err(ProcedureError::Interrupted(Interruption::CameraLost))), "{lost:?}");
}
