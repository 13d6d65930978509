//! Random choices.

use rand::Rng;
use std::ops::Range;

/// Random choices of any generator of random numbers.
pub(super) trait Dice: Rng {
    /// Returns `true` with this probability (0 to 1).
    fn chance(&mut self, probability: f64) -> bool {
        self.random_bool(probability)
    }

    /// Returns a number of a range, all equally likely.
    fn within(&mut self, range: Range<f64>) -> f64 {
        self.random_range(range)
    }

    /// Returns a number of a range, all ratios equally likely.
    fn ratio_within(&mut self, range: Range<f64>) -> f64 {
        self.random_range(range.start.ln()..range.end.ln()).exp()
    }

    /// Returns one of the choices, each as likely as its weight says.
    fn weighted<T: Copy, const N: usize>(&mut self, choices: [(f64, T); N]) -> T {
        let total: f64 = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.random_range(0.0..total);
        let chosen = choices.iter().find(|(weight, _)| {
            left -= weight;
            left < 0.0
        });
        chosen.unwrap_or(&choices[0]).1
    }
}

impl<R: Rng> Dice for R {}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn choices_follow_their_weights() {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let often = (0..1000).filter(|_| rng.weighted([(3.0, true), (1.0, false)])).count();
        assert!((700..800).contains(&often), "{often}");
        let below = (0..1000).filter(|_| rng.ratio_within(0.1..10.0) < 1.0).count();
        assert!((450..550).contains(&below), "{below}");
    }
}
