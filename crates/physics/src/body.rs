//! Size and mass of a ball.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Size and mass of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct BallBody {
    /// Radius, metres.
    pub radius: f64,
    /// Mass, kilograms.
    pub mass: f64,
}

impl BallBody {
    /// Returns the horizontal distance between the centres of two balls that lie on the cloth and touch, metres: centres
    /// of unequal balls are at different heights.
    #[inline]
    #[must_use]
    pub fn contact_distance(&self, other: &Self) -> f64 {
        // (R₁ + R₂)² − (R₁ − R₂)² = 4 R₁ R₂
        2.0 * (self.radius * other.radius).sqrt()
    }
}
