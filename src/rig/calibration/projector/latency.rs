//! How long light is on its way: from handing a picture to the projector until it is in a frame.
//!
//! The projector flashes white and black; the middle of the table is watched. The delay is that after which half of a
//! frame's exposure shows the new picture, by the frame's stamp: a ball in the frame is seen where it was in the middle
//! of its exposure, so this is by how much the ball's motion has to be predicted. With a rolling shutter the rows in
//! the middle of the table count; those of its ends are read up to half a frame earlier or later.

use super::fit::median;
use std::time::Duration;

/// The longest delay that is sought.
const LONGEST: f64 = 1.0;
/// The fewest switches that a delay is told from.
const FEWEST_SWITCHES: usize = 8;
/// Where a switch is seen in its frames to less than this share of the difference, there is none to be seen.
const LEAST_AGREEMENT: f64 = 0.6;
/// Steps of the coarse and of the fine search, seconds.
const COARSE: f64 = 0.004;
const FINE: f64 = 0.000_25;
/// How far around the coarse delay the fine one is sought, in frames.
const AROUND: f64 = 1.5;

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
        "the cloth does not follow them ({:.0} % where {:.0} % are needed); is the projector's delay longer than a \
         second, or did somebody stand in the middle of the table?", 100.0 * agreement, 100.0 * LEAST_AGREEMENT
    )]
    NoFlash {
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
        let (coarse, agreement) = self.coarse();
        if agreement < LEAST_AGREEMENT {
            return Err(LatencyError::NoFlash { agreement });
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
    fn coarse(&self) -> (f64, f64) {
        let mean = self.frames.iter().map(|frame| frame.1).sum::<f64>() / self.frames.len().max(1) as f64;
        let steps = (LONGEST / COARSE) as u32;
        let tried = (0..=steps).map(|step| {
            let delay = COARSE * f64::from(step);
            let (mut both, mut light, mut state, mut states, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for (stamp, value) in &self.frames {
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

/// Delay and rise that fit best, by the sum of absolute misses, which passers-by pull little at.
fn fit(steps: &[Step], around: f64, interval: f64) -> (f64, f64) {
    let cost = |delay: f64, rise: f64| {
        steps.iter().map(|step| (step.done - ramp(step.after, delay, rise)).abs().min(1.0)).sum::<f64>()
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
