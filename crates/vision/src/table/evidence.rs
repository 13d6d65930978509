//! Evidence for and against a table, and its weights.

use super::cushions::USUAL_WIDTH;

/// Evidence for and against a table; each value from 0 to 1 unless stated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    /// Certainty of the nose of each side.
    pub noses: [f32; 4],
    /// 1 for each side inside whose nose the picture darkens.
    pub darkens: [f32; 4],
    /// Certainty of the outer edge of each side; 0.5 outside the picture.
    pub outer: [f32; 4],
    /// Share of cloth on the cushion of each side.
    pub cushions: [f32; 4],
    /// Share of cloth beyond the cushion of each side; 0.5 outside the picture.
    pub beyond: [f32; 4],
    /// Share of cloth on the bed near each side.
    pub beds: [f32; 4],
    /// Certainty of a line inside the nose that darkens inwards as a nose does, for each side.
    pub inner: [f32; 4],
    /// `true` if each side shows its nose, or at least its outer edge.
    pub supported: bool,
    /// Share of each pocket's place, corners first, that is not cloth.
    pub pockets: [f32; 6],
    /// Width of the cushions, in widths of the table.
    pub width: f32,
    /// Natural logarithm of the length over the width of the view, over the expected one.
    pub aspect: f32,
    /// Share of the bed that is cloth.
    pub bed: f32,
    /// Sum of the features by weight.
    pub score: f32,
}

impl Evidence {
    /// Returns the features that are weighed.
    pub fn features(&self) -> [f32; FEATURES] {
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let least = |values: &[f32]| values.iter().copied().fold(1.0_f32, f32::min);
        let most = |values: &[f32]| values.iter().copied().fold(0.0_f32, f32::max);
        let spread = |values: &[f32]| most(values) - least(values);
        let for_sides = |of: &dyn Fn(usize) -> f32| [0, 1, 2, 3].map(of);
        let width = (self.width / USUAL_WIDTH as f32).ln();
        [
            mean(&self.noses),
            least(&self.noses),
            mean(&for_sides(&|side| self.noses[side] * self.darkens[side])),
            mean(&self.outer),
            least(&self.outer),
            mean(&self.cushions),
            least(&self.cushions),
            mean(&self.beyond),
            most(&self.beyond),
            least(&for_sides(&|side| self.cushions[side] - self.beyond[side])),
            spread(&self.beyond),
            spread(&self.cushions),
            mean(&self.beds),
            mean(&self.inner),
            most(&self.inner),
            mean(&self.pockets[..4]),
            least(&self.pockets[..4]),
            mean(&self.pockets[4..]),
            self.bed,
            width * width,
            self.aspect.abs(),
        ]
    }

    /// Returns the weighted sum of the features.
    pub fn sum(&self) -> f32 {
        BIAS + WEIGHTS.iter().zip(self.features()).map(|(weight, feature)| weight * feature).sum::<f32>()
    }
}

/// Number of features that are weighed.
pub const FEATURES: usize = 21;

/// Weights of the features, from random simulated pictures (`scripts/train_table_model.py`).
const WEIGHTS: [f32; FEATURES] = [
    5.65, 4.24, 0.80, -0.09, 0.29, 6.48, 3.24, 0.48, 0.14, 0.88, -0.98, -1.64, -5.70, -3.17, -0.60, 2.92, 3.22, 0.99,
    5.34, -6.95, -5.98,
];
/// Constant part of the score: it is 0 where a table and something else are equally likely.
const BIAS: f32 = -18.35;
