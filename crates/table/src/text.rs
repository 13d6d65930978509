//! Text for people.

use std::fmt;

/// A number formatted for messages: plain where that is short, with an exponent instead of hundreds of digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compact(
    /// The number.
    pub f64,
);

/// Minimum magnitude from which numbers are shown with an exponent.
const MIN_LARGE: f64 = 1e7;
/// Magnitude below which numbers other than 0 are shown with an exponent.
const MAX_SMALL: f64 = 1e-4;

impl fmt::Display for Compact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = *self;
        let size = value.abs();
        if value.is_finite() && size != 0.0 && !(MAX_SMALL..MIN_LARGE).contains(&size) {
            return write!(f, "{value:e}");
        }
        write!(f, "{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.5, "-0.5"),
            (200.0, "200"),
            (1e300, "1e300"),
            (-2.5e12, "-2.5e12"),
            (1e-9, "1e-9"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(Compact(value).to_string(), text);
        }
    }
}
