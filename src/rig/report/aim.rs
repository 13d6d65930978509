//! Checks that the aimed shot is shown while the simulated player aims, and only then.

use super::{
    ReportError, Request,
    calibration::SIZE,
    each,
    figures::{AddressFigures, AimFigures},
};
use crate::rig::closed_loop::ClosedLoop;
use billiards_calibration::CalibrationSetup;
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions, Truth};
use billiards_table::{Ball, BallLabel, BallState, Cue, TableSpec};

/// Number of frames watched in each scene: two addresses, at 30 frames a second.
const FRAMES: usize = 600;
/// Maximum distance from the tip to the centre of the cue ball that counts as aiming, metres.
const MAX_TIP_DISTANCE: f64 = 0.6;
/// Maximum distance of the cue's line from the centre of the cue ball that counts as aiming, ball radii.
const MAX_LINE_DISTANCE: f64 = 1.5;
/// Factor on both limits beyond which a shown aim is false.
const FALSE_AIM_SLACK: f64 = 1.4;
/// Number of frames after an address in which the aim may still be shown: it fades.
const FADE_FRAMES: usize = 15;
/// Maximum length of a pause between two true aims that belong to one address, frames.
const MAX_PAUSE: usize = 5;

/// Watches every scene.
pub(crate) fn measure(request: &Request) -> Result<Vec<AimFigures>, ReportError> {
    each("aim", &Scene::ALL, &request.pick, |_, scene| watch(*scene, request.seed, FRAMES, request.table()))
}

/// Watches one scene for `frames` frames.
pub(crate) fn watch(scene: Scene, seed: u64, frames: usize, table: TableSpec) -> Result<AimFigures, ReportError> {
    let options = SimulationOptions { seed, size: SIZE, ..SimulationOptions::default() };
    let mut running =
        ClosedLoop::without_projector(SimulatedRig::with_table(scene, options, table), CalibrationSetup::default());
    let mut tally = Tally::default();
    for _ in 0..frames {
        running.frame()?;
        let shown = is_shown(&mut running);
        let rig = running.rig();
        let truth = rig.truth();
        let aimed = |slack: f64| is_aimed(&truth, rig.table(), slack);
        tally.add(shown, aimed(1.0), aimed(FALSE_AIM_SLACK));
    }
    Ok(tally.figures(scene.to_string(), seed))
}

/// Returns whether the overlay has an aimed shot to draw.
fn is_shown(running: &mut ClosedLoop) -> bool {
    let world = running.world_mut();
    let mut balls = world.query::<&Ball>();
    let (mut cue_ball, mut moving) = (false, false);
    for ball in balls.iter(world) {
        cue_ball |= ball.label == BallLabel::Cue;
        moving |= ball.state == BallState::Moving;
    }
    let mut cues = world.query::<&Cue>();
    cue_ball && !moving && cues.iter(world).any(|cue| cue.state.is_aimed())
}

/// Returns whether the simulated cue points at the cue ball from behind it while all balls are at rest; both limits are
/// multiplied by `slack`.
fn is_aimed(truth: &Truth, table: &TableSpec, slack: f64) -> bool {
    let cue_ball = truth.balls.iter().find(|(label, _)| *label == BallLabel::Cue);
    let (Some((tip, butt)), Some((_, ball))) = (truth.cue, cue_ball) else { return false };
    let Some(direction) = (tip - butt).try_normalize() else { return false };
    let to_ball = *ball - tip;
    truth.velocities.iter().all(|velocity| velocity.length() < 1e-9)
        && (0.0..=slack * MAX_TIP_DISTANCE).contains(&to_ball.dot(direction))
        && to_ball.cross(direction).abs() <= slack * MAX_LINE_DISTANCE * table.ball_radius
}

/// Comparison of the shown aim with the true one, frame by frame.
#[derive(Debug, Default)]
struct Tally {
    addresses: Vec<AddressFigures>,
    /// Frames since the simulated player last aimed; `None` before the first time.
    since_aim: Option<usize>,
    /// Frames since the aim was last shown in the current address; `None` before it was shown in it.
    unseen: Option<usize>,
    since_loose: Option<usize>,
    false_frames: usize,
}

impl Tally {
    /// Adds a frame: `shown` if the aim was shown, `aimed` if the player truly aimed, `nearly` if the player aimed
    /// within the wider limits.
    fn add(&mut self, shown: bool, aimed: bool, nearly: bool) {
        let next = |since: Option<usize>| since.map(|frames| frames + 1);
        self.since_loose = if nearly { Some(0) } else { next(self.since_loose) };
        if shown && self.since_loose.is_none_or(|frames| frames > FADE_FRAMES) {
            self.false_frames += 1;
        }
        if !aimed {
            self.since_aim = next(self.since_aim);
            return;
        }
        if self.since_aim.is_none_or(|frames| frames > MAX_PAUSE) {
            self.addresses.push(AddressFigures::default());
            self.unseen = None;
        }
        self.since_aim = Some(0);
        let Some(address) = self.addresses.last_mut() else { return };
        match (shown, &mut self.unseen) {
            (false, None) => address.before_shown += 1,
            (false, Some(unseen)) => {
                *unseen += 1;
                address.frames += 1;
                address.gaps += usize::from(*unseen == 1);
                address.longest_gap = address.longest_gap.max(*unseen);
            }
            (true, unseen) => {
                *unseen = Some(0);
                address.frames += 1;
                address.shown += 1;
            }
        }
    }

    fn figures(self, scene: String, seed: u64) -> AimFigures {
        AimFigures { scene, seed, addresses: self.addresses, false_frames: self.false_frames }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(frames: &[(bool, bool)]) -> AimFigures {
        let mut tally = Tally::default();
        frames.iter().for_each(|(shown, aimed)| tally.add(*shown, *aimed, *aimed));
        tally.figures("practice".into(), 1)
    }

    #[test]
    fn gaps_are_counted_from_the_first_frame_in_which_the_aim_is_shown() {
        let aimed = [false, false, true, true, false, true, false, false, true].map(|shown| (shown, true));
        let figures = tally(&aimed);
        let expected = AddressFigures { frames: 7, shown: 4, gaps: 2, longest_gap: 2, before_shown: 2 };
        assert_eq!((figures.addresses.as_slice(), figures.false_frames), ([expected].as_slice(), 0));
    }

    #[test]
    fn addresses_are_told_apart_and_a_short_pause_is_none() {
        let mut frames = vec![(true, true); 4];
        frames.extend([(false, false); MAX_PAUSE]);
        frames.extend([(true, true); 4]);
        frames.extend([(false, false); MAX_PAUSE + 1]);
        frames.push((true, true));
        let figures = tally(&frames);
        let lengths: Vec<usize> = figures.addresses.iter().map(|address| address.frames).collect();
        assert_eq!(lengths, [8, 1]);
    }

    #[test]
    fn an_aim_that_nobody_takes_is_false_once_it_should_have_faded() {
        let mut frames = vec![(true, true)];
        frames.extend([(true, false); FADE_FRAMES + 3]);
        assert_eq!(tally(&frames).false_frames, 3);
        assert_eq!(tally(&[(true, false); 2]).false_frames, 2);
    }

    /// Checks the requirement of the report on a scene in which the player's body hides the butt.
    #[test]
    fn the_aim_is_shown_without_gaps_while_the_player_aims() {
        let figures = watch(Scene::StraightPool, 2, 260, billiards_table::TableKind::NINE_FOOT.spec()).expect("frames");
        assert_eq!(figures.false_frames, 0, "{figures:?}");
        let [address] = &figures.addresses[..] else { panic!("one address: {figures:?}") };
        assert!(address.frames > 150 && address.holds(), "{figures:?}");
    }
}
