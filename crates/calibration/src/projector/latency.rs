//! Delay of the projected light, from handing a picture to the projector until it is in a frame.
//!
//! The projector flashes white and black while the middle of the table is measured. The delay is the time after which
//! half of a frame's exposure shows the new picture, by the frame's stamp: a ball in the frame is seen where it was in
//! the middle of its exposure, so this is the time by which the ball's motion has to be predicted. With a rolling
//! shutter the rows in the middle of the table count; those of its ends are read up to half a frame earlier or later.

use super::fit::median;
use std::time::Duration;

/// Maximum delay that is searched, seconds.
const LONGEST: f64 = 1.0;
/// Maximum delay that is searched, in frames, if that is longer than [`LONGEST`]: drivers of slow cameras queue some.
const MAX_FRAMES: f64 = 6.0;
/// Minimum number of switches from which a delay is estimated.
const MIN_SWITCHES: usize = 8;
/// Minimum correlation of the light with the switches; below it, no switch is detected.
const LEAST_AGREEMENT: f64 = 0.6;
/// Step of the coarse search, seconds.
const COARSE: f64 = 0.004;
/// Step of the fine search, seconds.
const FINE: f64 = 0.000_25;
/// Range of the fine search before and after the coarse delay, in frames.
const AROUND: f64 = 1.5;

/// Numbers of frames for which dark and bright are shown in turn: of uneven lengths, so that only one delay fits them,
/// and each long enough for frames of a single picture before and after the one that shows the change.
const HOLDS: [u32; 22] = [5, 4, 7, 5, 4, 4, 6, 8, 4, 5, 6, 4, 7, 4, 4, 8, 5, 6, 4, 7, 5, 5];
/// Fractional part of the golden ratio: the fractional parts of its multiples are evenly spread.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// One switch of the projector to the bright or the dark picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flash {
    /// `true` if the switch is to the bright picture.
    pub bright: bool,
    /// Time of the switch after a frame, in frames, 0 to 1.
    pub phase: f64,
    /// Number of frames for which the picture stays.
    pub frames: u32,
}

/// Returns the switches with which a delay is measured, spread over all phases of a frame.
pub fn flashes() -> impl Iterator<Item = Flash> {
    HOLDS.into_iter().enumerate().map(|(i, frames)| Flash {
        bright: i % 2 == 1,
        phase: (i as f64 * GOLDEN).fract(),
        frames,
    })
}

/// Error of estimating the delay.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LatencyError {
    /// Too few switches were detected.
    #[error("{seen} flashes were seen, {needed} are needed")]
    TooFew {
        /// Number of switches with frames before and after them.
        seen: usize,
        /// Minimum number of switches.
        needed: usize,
    },
    /// The brightness does not follow the flashes.
    #[error(
        "the cloth's brightness does not follow them ({:.0} % where {:.0} % are needed); is the delay of projector and \
         camera longer than {longest:.1} s, or did somebody stand in the middle of the table?",
        100.0 * agreement, 100.0 * LEAST_AGREEMENT
    )]
    NoFlash {
        /// Maximum delay that was searched, seconds.
        longest: f64,
        /// Correlation of the brightness with the flashes at the best delay.
        agreement: f64,
    },
}

/// A measured delay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Latency {
    /// Time from handing a picture over until the middle of the exposure shows it, by the frame's stamp.
    pub delay: Duration,
    /// Standard deviation of the delays of single switches.
    pub spread: Duration,
    /// Time from the first frame that may show some of a picture to the first that shows nothing else: exposure, the
    /// projector's own frames, and the shutter's travel over the middle of the table.
    pub rise: Duration,
    /// Interval between frames.
    pub interval: Duration,
    /// Number of switches from which the delay was estimated.
    pub flashes: usize,
}

/// Estimator of the delay, from the recorded switches and frames.
#[derive(Debug, Clone, Default)]
pub struct LatencyEstimator {
    /// Times at which pictures were handed over, seconds, and whether each was the bright one.
    switches: Vec<(f64, bool)>,
    /// Stamps of the frames, seconds, and the light of the watched region in them.
    frames: Vec<(f64, f64)>,
}

/// A frame near a switch: its time after the switch, seconds, and the progress of the light from the old picture to the
/// new, 0 to 1.
#[derive(Debug, Clone, Copy)]
struct Step {
    switch: usize,
    after: f64,
    done: f64,
}

impl LatencyEstimator {
    /// Records the time at which the bright or the dark picture was handed over.
    pub fn switched(&mut self, at: Duration, bright: bool) {
        self.switches.push((at.as_secs_f64(), bright));
    }

    /// Records a frame; `light` is linear in light, of any unit.
    pub fn frame(&mut self, stamp: Duration, light: f64) {
        self.frames.push((stamp.as_secs_f64(), light));
    }

    /// Estimates the delay.
    ///
    /// # Errors
    /// Too few switches were detected, or the light does not follow them.
    pub fn estimate(&self) -> Result<Latency, LatencyError> {
        let too_few = |seen| LatencyError::TooFew { seen, needed: MIN_SWITCHES };
        if self.switches.len() < MIN_SWITCHES || self.frames.len() < 2 * MIN_SWITCHES {
            return Err(too_few(self.switches.len().min(self.frames.len() / 2)));
        }
        let interval = median(self.frames.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()).max(1e-3);
        let longest = LONGEST.max(MAX_FRAMES * interval);
        let (coarse, agreement) = self.coarse(longest);
        if agreement < LEAST_AGREEMENT {
            return Err(LatencyError::NoFlash { longest, agreement });
        }
        // Once around the coarse delay, once around the fine one: the choice of frames that show a single picture
        // depends on it.
        let mut best = (coarse, 0.0);
        let mut steps = Vec::new();
        for _ in 0..2 {
            steps = self.steps(best.0, interval);
            best = fit(&steps, best.0, interval);
        }
        let (delay, rise) = best;
        let single = singles(&steps, delay, rise, interval);
        if single.len() < MIN_SWITCHES {
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

    /// Returns the delay at which the light follows the switches best, seconds, and the correlation there.
    fn coarse(&self, longest: f64) -> (f64, f64) {
        // Dark and bright take half of the frames each; light beyond both comes from obstacles such as a sleeve.
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
            // The bright state is not quite as frequent as the dark one.
            let varied: f64 = states - state * state / f64::max(count, 1.0);
            (delay, both / (light * varied).sqrt().max(1e-12))
        });
        // With short exposures, all delays between two frames fit equally well: take the middle of them.
        let tried: Vec<(f64, f64)> = tried.collect();
        let best = tried.iter().map(|(_, agreement)| *agreement).fold(f64::MIN, f64::max);
        let like: Vec<f64> = tried.iter().filter(|(_, a)| *a > best - 1e-9).map(|(delay, _)| *delay).collect();
        (median(like), best)
    }

    /// Returns whether the picture handed over last before a moment was the bright one; `None` before the first.
    fn state(&self, at: f64) -> Option<bool> {
        let next = self.switches.partition_point(|(switch, _)| *switch <= at);
        next.checked_sub(1).and_then(|last| self.switches.get(last)).map(|(_, bright)| *bright)
    }

    /// Returns the frames around each switch, their light scaled between that of the frames before and after it that
    /// show a single picture.
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

/// Returns the expected progress of the light `after` seconds after the switch, 0 to 1.
fn ramp(after: f64, delay: f64, rise: f64) -> f64 {
    ((after - delay) / rise.max(1e-6) + 0.5).clamp(0.0, 1.0)
}

/// Finds the delay and rise that fit best, seconds, by the sum of squared residuals, each limited to 1 so that
/// passers-by have little influence.
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
    // With short exposures, all delays between two frames fit equally well: take the middle of them.
    let like: Vec<(f64, f64)> =
        tried.iter().filter(|(cost, ..)| *cost <= best * 1.02 + 1e-9).map(|(_, delay, rise)| (*delay, *rise)).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| like.iter().map(of).sum::<f64>() / like.len().max(1) as f64;
    (mean(|v| v.0), mean(|v| v.1))
}

/// Returns the differences of single switches' delays from the common delay, seconds.
fn singles(steps: &[Step], delay: f64, rise: f64, interval: f64) -> Vec<f64> {
    let last = steps.iter().map(|step| step.switch).max();
    let per_switch = (0..=last.unwrap_or(0)).filter_map(|switch| {
        let own: Vec<&Step> = steps.iter().filter(|step| step.switch == switch).collect();
        // The shift is the area between the observed and the expected light, over a whole number of frames.
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
        /// Refresh rate of the projector, hertz; a new picture appears at the next refresh.
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
            // After a frame has come, and a little later than requested.
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
