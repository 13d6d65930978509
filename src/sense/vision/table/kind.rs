//! Which standard table this is, told by the size of its balls.

use std::ops::Range;

/// A standard size of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandardTable {
    /// Pool, 1.9812 m × 0.9906 m between the noses.
    SevenFoot,
    /// Pool, 2.3368 m × 1.1684 m.
    EightFoot,
    /// Pool, 2.54 m × 1.27 m.
    NineFoot,
    /// Snooker, 3.569 m × 1.778 m.
    TwelveFoot,
}

impl StandardTable {
    const ALL: [Self; 4] = [Self::SevenFoot, Self::EightFoot, Self::NineFoot, Self::TwelveFoot];

    /// Length between the noses and radius of the balls, metres.
    fn measures(self) -> [f64; 2] {
        match self {
            Self::SevenFoot => [1.9812, 0.028_575],
            Self::EightFoot => [2.3368, 0.028_575],
            Self::NineFoot => [2.54, 0.028_575],
            Self::TwelveFoot => [3.569, 0.026_25],
        }
    }
}

/// A guess which standard table this is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindGuess {
    /// The most likely one.
    pub kind: StandardTable,
    /// 0 to 1: 1 when the balls have its size exactly, 0 halfway to the next size.
    pub margin: f64,
}

/// The standard table on which balls look this large: `radius_share` is a ball's radius over the distance of the nose
/// lines along the table, both measured in the same picture, and `aspect` is the table's length over its width. `None`
/// when it is no standard table, or lies too near to the middle of two.
#[must_use]
pub fn kind_guess(radius_share: f64, aspect: f64) -> Option<KindGuess> {
    // Radii come out some hundredths too large or too small, and noses are a little nearer to the camera than balls.
    const OFF: f64 = 0.08;
    const LEAST_MARGIN: f64 = 0.25;
    // Lenses bend, and the shape of an oblique quad is known less well.
    const ASPECT: Range<f64> = 1.8..2.25;
    if !(ASPECT.contains(&aspect) && radius_share > 0.0) {
        return None;
    }
    let off = |kind: StandardTable| {
        let [length, radius] = kind.measures();
        (radius_share * length / radius).ln().abs()
    };
    let mut kinds = StandardTable::ALL;
    kinds.sort_by(|a, b| off(*a).total_cmp(&off(*b)));
    let [kind, next, ..] = kinds;
    let margin = (off(next) - off(kind)) / (off(next) + off(kind)).max(1e-9);
    (off(kind) < OFF && margin > LEAST_MARGIN).then_some(KindGuess { kind, margin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_standard_table_is_known_by_its_balls() {
        for kind in StandardTable::ALL {
            let [length, radius] = kind.measures();
            for error in [0.98, 1.0, 1.02] {
                let guess = kind_guess(error * radius / length, 2.0).expect("a standard table");
                assert_eq!(guess.kind, kind);
                assert!(guess.margin > if error == 1.0 { 0.999 } else { 0.4 }, "{guess:?}");
            }
        }
    }

    #[test]
    fn nothing_is_guessed_between_two_sizes_or_off_all_of_them() {
        let [[nine, radius], [eight, _]] =
            [StandardTable::NineFoot, StandardTable::EightFoot].map(StandardTable::measures);
        assert_eq!(kind_guess(radius / (nine * eight).sqrt(), 2.0), None);
        for share in [0.0, -1.0, f64::NAN, 0.009, 0.02, 1.0] {
            assert_eq!(kind_guess(share, 2.0), None);
        }
        assert_eq!(kind_guess(radius / nine, 1.4), None);
    }
}
