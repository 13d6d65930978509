//! The diamonds in the rails.

use super::{
    TablePoint, TableVector,
    table::{Sights, TableSpec},
};

/// Number of parts into which the diamonds divide a long side; a short one has half as many.
const PARTS: u32 = 8;

/// A diamond in a rail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diamond {
    /// Centre of the diamond, metres.
    pub centre: TablePoint,
    /// Unit vector from there to the bed.
    pub inwards: TableVector,
}

impl TableSpec {
    /// Returns the diamonds, `offset` metres behind the noses: at the eighths of the long rails, side pockets excepted,
    /// and at the quarters of the short ones. A table without diamonds has none.
    #[must_use]
    pub fn diamonds(&self, offset: f64) -> Vec<Diamond> {
        match self.markings.sights {
            Sights::Diamonds => {}
            Sights::None => return Vec::new(),
        }
        let (width, length, has_side_pockets) = (self.width, self.length, self.pockets.is_some());
        let shares = |parts: u32| (1..parts).map(move |i| f64::from(i) / f64::from(parts));
        let diamond = |x: f64, y: f64, inwards: (f64, f64)| Diamond {
            centre: TablePoint::new(x, y),
            inwards: TableVector::from(inwards),
        };
        let long = shares(PARTS).filter(|share| *share != 0.5 || !has_side_pockets).flat_map(|share| {
            let y = share * length;
            [diamond(-offset, y, (1.0, 0.0)), diamond(width + offset, y, (-1.0, 0.0))]
        });
        let short = shares(PARTS / 2).flat_map(|share| {
            let x = share * width;
            [diamond(x, -offset, (0.0, 1.0)), diamond(x, length + offset, (0.0, -1.0))]
        });
        long.chain(short).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableKind;

    fn table(name: &str) -> TableSpec {
        TableKind::named(name).expect("a shipped table").spec()
    }

    #[test]
    fn diamonds_lie_behind_the_noses() {
        let offset = 0.1;
        for name in ["9ft", "carom-match"] {
            let spec = table(name);
            let diamonds = spec.diamonds(offset);
            assert_eq!(diamonds.len(), if spec.pockets.is_some() { 18 } else { 20 }, "{name}");
            let middle = |diamond: &&Diamond| diamond.centre.y == 0.5 * spec.length;
            assert_eq!(diamonds.iter().filter(middle).count(), if spec.pockets.is_some() { 0 } else { 2 }, "{name}");
            for Diamond { centre, inwards } in diamonds {
                let nose = centre + inwards * offset;
                assert!(spec.holds(nose, spec.ball_radius + 1e-9), "{name}: {centre:?}");
                assert!(!spec.holds(nose - inwards * 1e-6, spec.ball_radius), "{name}: {centre:?}");
                assert!((inwards.length() - 1.0).abs() < 1e-12);
            }
        }
        assert_eq!(table("snooker-12ft").diamonds(offset), []);
    }
}
