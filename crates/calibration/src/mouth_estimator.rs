//! Widths of the pockets' mouths over many pictures. Pure.

use billiards_table::{PocketId, PocketMouth};
use std::collections::{BTreeMap, VecDeque};

/// Minimum number of measurements of a pocket before it counts.
const MIN_LOOKS: usize = 3;
/// Maximum number of measurements of a pocket that count. An arm lies over a pocket for less than half of them.
const MAX_LOOKS: usize = 15;

/// Mouths of the pockets of one table in an unmoved picture, measured again and again.
#[derive(Debug, Clone, Default)]
pub struct MouthEstimator {
    /// Newest measurements of each pocket, in order.
    looks: BTreeMap<PocketId, VecDeque<PocketMouth>>,
}

impl MouthEstimator {
    /// Adds the mouths that were measured in a picture.
    pub fn observe(&mut self, mouths: &[PocketMouth]) {
        for mouth in mouths {
            let looks = self.looks.entry(mouth.pocket).or_default();
            if looks.len() == MAX_LOOKS {
                looks.pop_front();
            }
            looks.push_back(*mouth);
        }
    }

    /// Returns the median measurement of each pocket that was measured often enough, in whole millimetres.
    #[must_use]
    pub fn mouths(&self) -> Vec<PocketMouth> {
        let median = |looks: &VecDeque<PocketMouth>| {
            let mut sorted = Vec::from(looks.clone());
            sorted.sort_by(|a, b| a.width.total_cmp(&b.width));
            let middle = sorted.get(sorted.len() / 2).filter(|_| sorted.len() >= MIN_LOOKS);
            middle.map(|mouth| mouth.rounded())
        };
        self.looks.values().filter_map(median).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mouth(pocket: PocketId, width: f64) -> PocketMouth {
        PocketMouth { pocket, width, uncertainty: 0.002 }
    }

    #[test]
    fn a_pocket_counts_once_it_was_measured_often_and_an_arm_is_outvoted() {
        let mut estimator = MouthEstimator::default();
        let both = [mouth(PocketId::LeftCentre, 0.1303), mouth(PocketId::RightTop, 0.1171)];
        estimator.observe(&both);
        estimator.observe(&both);
        assert_eq!(estimator.mouths(), []);
        estimator.observe(&both[..1]);
        assert_eq!(estimator.mouths(), [mouth(PocketId::LeftCentre, 0.13)]);
        estimator.observe(&both[1..]);
        estimator.observe(&[mouth(PocketId::LeftCentre, 0.25), mouth(PocketId::RightTop, 0.3)]);
        let seen = [mouth(PocketId::LeftCentre, 0.13), mouth(PocketId::RightTop, 0.117)];
        assert_eq!(estimator.mouths(), seen);
    }

    #[test]
    fn old_measurements_are_forgotten() {
        let mut estimator = MouthEstimator::default();
        for width in [0.12, 0.14] {
            for _ in 0..MAX_LOOKS {
                estimator.observe(&[mouth(PocketId::LeftTop, width)]);
            }
            assert_eq!(estimator.mouths(), [mouth(PocketId::LeftTop, width)]);
        }
    }
}
