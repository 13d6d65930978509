//! How long light is on its way: from handing a picture to the projector until it is in a frame.
//!
//! The projector flashes white and black; the middle of the table is watched. The delay is that after which half of a
//! frame's exposure shows the new picture, by the frame's stamp: a ball in the frame is seen where it was in the middle
//! of its exposure, so this is by how much the ball's motion has to be predicted. With a rolling shutter the rows in
//! the middle of the table count; those of its ends are read up to half a frame earlier or later.

use super::fit::median;
use std::time::Duration;

/// Longest delay that is sought, seconds.
const LONGEST: f64 = 1.0;
/// The same in frames, for slow cameras whose drivers queue some.
const LONGEST_FRAMES: f64 = 6.0;
/// The fewest switches that a delay is told from.
const FEWEST_SWITCHES: usize = 8;
/// Where a switch is seen in its frames to less than this share of the difference, there is none to be seen.
const LEAST_AGREEMENT: f64 = 0.6;
/// Steps of the coarse and of the fine search, seconds.
const COARSE: f64 = 0.004;
const FINE: f64 = 0.000_25;
/// How far around the coarse delay the fine one is sought, in frames.
const AROUND: f64 = 1.5;

/// Frames for which dark and bright are shown in turn: of uneven lengths, so that only one delay makes them fit, and
/// each long enough for settled frames on both sides of the one that shows the change.
const HOLDS: [u32; 22] = [5, 4, 7, 5, 4, 4, 6, 8, 4, 5, 6, 4, 7, 4, 4, 8, 5, 6, 4, 7, 5, 5];
/// The golden section: its multiples lie evenly between whole numbers.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// One switch of the projector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flash {
    /// Whether to the bright picture.
    pub bright: bool,
    /// How long after a frame it should be, in frames, 0 to 1.
    pub phase: f64,
    /// For how many frames it should last.
    pub frames: u32,
}

/// The switches that a delay is measured with: at all phases of a frame.
pub fn flashes() -> impl Iterator<Item = Flash> {
    HOLDS.into_iter().enumerate().map(|(i, frames)| Flash {
        bright: i % 2 == 1,
        phase: (i as f64 * GOLDEN).fract(),
        frames,
    })
}

/// Why there is no delay.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LatencyError {
    /// Too little was seen.
    #[error("{seen} flashes were seen, {needed} are needed")]
    TooFew {
        /// Switches with frames before and after them.
        seen: usize,
        /// The fewest that will do.
        needed: usize,
    },
    /// The brightness does not follow the flashes.
    #[error(
        "the cloth does not follow them ({:.0} % where {:.0} % are needed); is the delay of projector and camera longer \
         than {longest:.1} s, or did somebody stand in the middle of the table?",
        100.0 * agreement, 100.0 * LEAST_AGREEMENT
    )]
    NoFlash {
        /// The longest delay that was sought, seconds.
        longest: f64,
        /// Correlation of the brightness with the flashes at the best delay.
        agreement: f64,
    },
}

/// A measured delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// From handing a picture over until the middle of the exposure shows it, by the frame's stamp.
    pub delay: Duration,
    /// Standard deviation of single flashes.
    pub spread: Duration,
    /// How long it takes from the first frame that may show some of a picture to the first that shows nothing else:
    /// exposure, the projector's own frames, the shutter's way over the middle of the table.
    pub rise: Duration,
    /// Time between frames.
    pub interval: Duration,
    /// Switches that it was measured with.
    pub flashes: usize,
}

/// Collects switches and frames, and estimates the delay from them.
#[derive(Debug, Clone, Default)]
pub struct LatencyEstimator {
    /// When a picture was handed over, and whether it was the bright one; seconds.
    switches: Vec<(f64, bool)>,
    /// Stamp (seconds) and light of the watched region.
    frames: Vec<(f64, f64)>,
}

/// A frame near a switch: how long after it, and how far the light has come from the old picture to the new, 0 to 1.
#[derive(Debug, Clone, Copy)]
struct Step {
    switch: usize,
    after: f64,
    done: f64,
}

impl LatencyEstimator {
    /// The bright or the dark picture was handed over.
    pub fn switched(&mut self, at: Duration, bright: bool) {
        self.switches.push((at.as_secs_f64(), bright));
    }

    /// A frame has come; `light` is linear in light, of any unit.
    pub fn frame(&mut self, stamp: Duration, light: f64) {
        self.frames.push((stamp.as_secs_f64(), light));
    }

    /// The delay.
    ///
    /// # Errors
    /// Too few switches were seen, or the light does not follow them.
    pub fn estimate(&self) -> Result<Latency, LatencyError> {
        let too_few = |seen| LatencyError::TooFew { seen, needed: FEWEST_SWITCHES };
        if self.switches.len() < FEWEST_SWITCHES || self.frames.len() < 2 * FEWEST_SWITCHES {
            return Err(too_few(self.switches.len().min(self.frames.len() / 2)));
        }
        let interval = median(self.frames.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()).max(1e-3);
        let longest = LONGEST.max(LONGEST_FRAMES * interval);
        let (coarse, agreement) = self.coarse(longest);
        if agreement < LEAST_AGREEMENT {
            return Err(LatencyError::NoFlash { longest, agreement });
        }
        // Once around the coarse delay, once around the fine one: which frames are settled depends on it.
        let mut best = (coarse, 0.0);
        let mut steps = Vec::new();
        for _ in 0..2 {
            steps = self.steps(best.0, interval);
            best = fit(&steps, best.0, interval);
        }
        let (delay, rise) = best;
        let single = singles(&steps, delay, rise, interval);
        if single.len() < FEWEST_SWITCHES {
            return Err(too_few(single.len()));
        }
        let seconds = |v: f64| Duration::try_from_secs_f64(v.max(0.0)).unwrap_or_default();
        // 1.4826 median deviations are a standard deviation (normal distribution).
        let spread = 1.4826 * median(single.iter().map(|v| v.abs()).collect());
        Ok(Latency {
            delay: seconds(delay),
            spread: seconds(spread),
            rise: seconds(rise),
            interval: seconds(interval),
            flashes: single.len(),
        })
    }

    /// The delay at which the light follows the switches best, and the correlation there.
    fn coarse(&self, longest: f64) -> (f64, f64) {
        // Dark and bright take half of the frames each; what lies beyond both is somebody's sleeve.
        let mut sorted: Vec<f64> = self.frames.iter().map(|(_, light)| *light).collect();
        sorted.sort_by(f64::total_cmp);
        let quantile = |share: f64| sorted.get((share * sorted.len() as f64) as usize).copied().unwrap_or(0.0);
        let (dark, bright) = (quantile(0.25), quantile(0.75));
        let frames: Vec<(f64, f64)> =
            self.frames.iter().map(|(stamp, light)| (*stamp, light.clamp(dark, bright))).collect();
        let mean = frames.iter().map(|frame| frame.1).sum::<f64>() / frames.len().max(1) as f64;
        let steps = (longest / COARSE) as u32;
        let tried = (0..=steps).map(|step| {
            let delay = COARSE * f64::from(step);
            let (mut both, mut light, mut state, mut states, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (stamp, value) in &frames {
                let Some(bright) = self.state(stamp - delay) else { continue };
                let (off, on) = (value - mean, if bright { 0.5 } else { -0.5 });
                both += off * on;
                light += off * off;
                state += on;
                states += on * on;
                count += 1.0;
            }
            // The states are not quite as often bright as dark.
            let varied: f64 = states - state * state / f64::max(count, 1.0);
            (delay, both / (light * varied).sqrt().max(1e-12))
        });
        // All delays between two frames are alike where exposures are short: the middle of them.
        let tried: Vec<(f64, f64)> = tried.collect();
        let best = tried.iter().map(|(_, agreement)| *agreement).fold(f64::MIN, f64::max);
        let like: Vec<f64> = tried.iter().filter(|(_, a)| *a > best - 1e-9).map(|(delay, _)| *delay).collect();
        (median(like), best)
    }

    /// What had been handed over last at a moment.
    fn state(&self, at: f64) -> Option<bool> {
        let next = self.switches.partition_point(|(switch, _)| *switch <= at);
        next.checked_sub(1).and_then(|last| self.switches.get(last)).map(|(_, bright)| *bright)
    }

    /// The frames around each switch's light, measured between the settled frames before and after it.
    fn steps(&self, delay: f64, interval: f64) -> Vec<Step> {
        let settled = |from: f64, to: f64| {
            let inside = self.frames.iter().filter(|(stamp, _)| (from..to).contains(stamp));
            let values: Vec<f64> = inside.map(|(_, light)| *light).collect();
            (!values.is_empty()).then(|| median(values))
        };
        let margin = 1.1 * interval;
        let mut steps = Vec::new();
        for (switch, window) in self.switches.windows(3).enumerate() {
            let [before, here, after] = [window[0], window[1], window[2]].map(|(at, _)| at + delay);
            let levels = settled(before + margin, here - margin).zip(settled(here + margin, after - margin));
            let Some((old, new)) = levels.filter(|_| window[0].1 != window[1].1) else { continue };
            let near = self.frames.iter().filter(|(stamp, _)| (stamp - here).abs() < (AROUND + 1.0) * interval);
            steps.extend(near.filter(|(stamp, _)| (before + margin..after - margin).contains(stamp)).map(
                |(stamp, light)| Step { switch, after: stamp - (here - delay), done: (light - old) / (new - old) },
            ));
        }
        steps
    }
}

/// How far the light should have come `after` the switch.
fn ramp(after: f64, delay: f64, rise: f64) -> f64 {
    ((after - delay) / rise.max(1e-6) + 0.5).clamp(0.0, 1.0)
}

/// Delay and rise that fit best, by the sum of squared misses, each no more than 1 so that passers-by pull little at it.
fn fit(steps: &[Step], around: f64, interval: f64) -> (f64, f64) {
    let cost = |delay: f64, rise: f64| {
        steps.iter().map(|step| (step.done - ramp(step.after, delay, rise)).powi(2).min(1.0)).sum::<f64>()
    };
    let reach = (AROUND * interval / FINE) as i32;
    let rises: Vec<f64> = (0..=12).map(|i| interval * f64::from(i) / 10.0).collect();
    let mut tried: Vec<(f64, f64, f64)> = Vec::new();
    for step in -reach..=reach {
        let delay = around + FINE * f64::from(step);
        tried.extend(rises.iter().map(|rise| (cost(delay, *rise), delay, *rise)));
    }
    let best = tried.iter().map(|(cost, ..)| *cost).fold(f64::INFINITY, f64::min);
    // Where exposures are short, all delays between two frames are alike: the middle of them.
    let like: Vec<(f64, f64)> =
        tried.iter().filter(|(cost, ..)| *cost <= best * 1.02 + 1e-9).map(|(_, delay, rise)| (*delay, *rise)).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| like.iter().map(of).sum::<f64>() / like.len().max(1) as f64;
    (mean(|v| v.0), mean(|v| v.1))
}

/// By how much single switches' delays differ from the delay of all.
fn singles(steps: &[Step], delay: f64, rise: f64, interval: f64) -> Vec<f64> {
    let last = steps.iter().map(|step| step.switch).max();
    let per_switch = (0..=last.unwrap_or(0)).filter_map(|switch| {
        let own: Vec<&Step> = steps.iter().filter(|step| step.switch == switch).collect();
        // The area between what was seen and what was foreseen, over a whole number of frames, is the shift.
        let partly = own.iter().any(|step| (step.after - delay).abs() < interval);
        partly.then(|| own.iter().map(|step| ramp(step.after, delay, rise) - step.done).sum::<f64>() * interval)
    });
    per_switch.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    struct Flashes {
        fps: f64,
        exposure: f64,
        delay: f64,
        /// Share by which the room's light flickers, at 100 Hz.
        flicker: f64,
        /// Pictures a second of the projector; it shows a picture from its next one on.
        refresh: f64,
        bright: f64,
    }

    const USUAL: Flashes = Flashes { fps: 30.0, exposure: 0.01, delay: 0.09, flicker: 0.0, refresh: 1e5, bright: 0.5 };

    fn measured(flashes: &Flashes, hidden: std::ops::Range<f64>) -> Result<Latency, LatencyError> {
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        let mut estimator = LatencyEstimator::default();
        let mut shown = Vec::new();
        let mut at = 0.3;
        for flash in super::flashes() {
            // After a frame has come, and a little later than wished.
            at = (at * flashes.fps).ceil() + flash.phase + rng.random_range(0.0..0.1);
            at /= flashes.fps;
            estimator.switched(Duration::from_secs_f64(at), flash.bright);
            let next = at + rng.random_range(0.0..1.0) / flashes.refresh;
            shown.push((next + 0.5 * flashes.delay, flash.bright));
            at += f64::from(flash.frames) / flashes.fps;
        }
        let lit = |t: f64| shown.iter().rev().find(|(from, _)| *from <= t).is_some_and(|(_, bright)| *bright);
        for frame in 0..(at * flashes.fps) as u32 {
            let middle = f64::from(frame) / flashes.fps;
            let moments = (0..40).map(|i| middle + flashes.exposure * ((f64::from(i) + 0.5) / 40.0 - 0.5));
            let light: f64 = moments
                .map(|t| {
                    let room = 1.0 + flashes.flicker * (std::f64::consts::TAU * 100.0 * t).sin();
                    room + if lit(t) { flashes.bright } else { 0.0 }
                })
                .sum::<f64>()
                / 40.0;
            let light = if hidden.contains(&middle) { 0.2 } else { light + rng.random_range(-0.01..0.01) };
            // A stamp is late by the camera's share of the delay.
            estimator.frame(Duration::from_secs_f64(middle + 0.5 * flashes.delay), light);
        }
        estimator.estimate()
    }

    fn assert_near(flashes: &Flashes, hidden: std::ops::Range<f64>) {
        let latency = measured(flashes, hidden).expect("measured");
        // A picture waits half a period of the projector for its turn on average.
        let truth = flashes.delay + 0.5 / flashes.refresh;
        let off = latency.delay.as_secs_f64() - truth;
        // Flashes lie at 22 phases of a frame.
        assert!(off.abs() < 0.003_f64.max(0.04 / flashes.fps), "{off} s beside {truth}: {latency:?}");
    }

    #[test]
    fn the_delay_is_found_for_all_sorts_of_cameras() {
        for (fps, exposure) in [(30.0, 0.001), (30.0, 0.01), (30.0, 0.033), (60.0, 0.004), (25.0, 0.02)] {
            for delay in [0.02, 0.09, 0.31] {
                assert_near(&Flashes { fps, exposure, delay, ..USUAL }, 0.0..0.0);
            }
        }
    }

    #[test]
    fn a_slow_camera_may_be_late_by_some_of_its_frames() {
        assert_near(&Flashes { fps: 3.0, exposure: 0.02, delay: 1.3, ..USUAL }, 0.0..0.0);
        assert_near(&Flashes { fps: 2.0, exposure: 0.05, delay: 1.9, ..USUAL }, 0.0..0.0);
    }

    #[test]
    fn flicker_a_slow_projector_and_passers_by_hinder_little() {
        assert_near(&Flashes { flicker: 0.1, ..USUAL }, 0.0..0.0);
        assert_near(&Flashes { refresh: 60.0, ..USUAL }, 0.0..0.0);
        assert_near(&USUAL, 2.0..2.8);
        assert_near(&Flashes { bright: 6.0, ..USUAL }, 0.0..0.0);
    }

    #[test]
    fn without_flashes_there_is_no_delay() {
        let dark = measured(&Flashes { bright: 0.0, ..USUAL }, 0.0..0.0);
        assert!(matches!(dark, Err(LatencyError::NoFlash { .. })), "{dark:?}");
        assert!(matches!(LatencyEstimator::default().estimate(), Err(LatencyError::TooFew { .. })));
    }
}
