//! The light over the table.

use crate::model::{TablePoint, TableSpec};

/// Height of the bulbs above the bed, metres.
const HEIGHT: f64 = 2.0;
/// Distance of the outer bulbs from the middle one, as a share of the table's length.
const SPREAD: f64 = 0.24;
/// Share of the light that comes from the room and not from the bulbs.
pub(super) const ROOM: f32 = 0.34;

/// Three bulbs in a row along the table, and the light of the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lamp {
    bulbs: [TablePoint; 3],
    /// What the bulbs give under the middle one, before it is brought to 1.
    brightest: f64,
}

/// How the light falls at one place. Directions are unit vectors along table x, table y and up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lit {
    /// Amount of light on a level surface; 1 in the middle of the table.
    pub level: f32,
    /// Towards each bulb.
    pub bulbs: [[f32; 3]; 3],
    /// Half-way between each bulb and the camera.
    pub mirrors: [[f32; 3]; 3],
    /// The bulbs' shares of the light; 1 together.
    pub shares: [f32; 3],
}

impl Lamp {
    /// The lamp over the middle of the table.
    pub fn over(spec: &TableSpec) -> Self {
        let bulbs = [-SPREAD, 0.0, SPREAD].map(|s| TablePoint::new(0.5 * spec.width, (0.5 + s) * spec.length));
        let mut lamp = Self { bulbs, brightest: 1.0 };
        lamp.brightest = lamp.given(bulbs[1]).iter().sum();
        lamp
    }

    /// The place under the middle bulb and its height above the bed, metres.
    pub fn middle(&self) -> (TablePoint, f64) {
        (self.bulbs[1], HEIGHT)
    }

    /// What each bulb gives to a level surface.
    fn given(&self, p: TablePoint) -> [f64; 3] {
        self.bulbs.map(|bulb| {
            let share = HEIGHT * HEIGHT / (HEIGHT * HEIGHT + (bulb - p).square_length());
            share * share.sqrt()
        })
    }

    /// Amount of light on a level surface; 1 in the middle of the table.
    pub fn level(&self, p: TablePoint) -> f32 {
        let given: f64 = self.given(p).iter().sum();
        ROOM + (1.0 - ROOM) * (given / self.brightest) as f32
    }

    /// How the light falls at one place.
    pub fn at(&self, p: TablePoint) -> Lit {
        let given = self.given(p);
        let sum: f64 = given.iter().sum();
        let unit = |v: [f64; 3]| {
            let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
            v.map(|c| (c / length) as f32)
        };
        let bulbs = self.bulbs.map(|bulb| unit([bulb.x - p.x, bulb.y - p.y, HEIGHT]));
        let mirrors = bulbs.map(|[x, y, z]| unit([f64::from(x), f64::from(y), f64::from(z) + 1.0]));
        Lit { level: self.level(p), bulbs, mirrors, shares: given.map(|g| (g / sum) as f32) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableKind;

    #[test]
    fn light_is_slightly_uneven() {
        for kind in TableKind::ALL {
            let spec = kind.spec();
            let lamp = Lamp::over(&spec);
            let middle = lamp.level(TablePoint::new(0.5 * spec.width, 0.5 * spec.length));
            let corner = lamp.level(TablePoint::new(0.0, 0.0));
            assert!((middle - 1.0).abs() < 1e-6 && (0.6..0.9).contains(&corner), "{kind}: {corner}");
            let lit = lamp.at(TablePoint::new(0.0, 0.0));
            assert!((lit.shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            // The nearest bulb stands over higher x and y, and most light comes from it.
            assert!(lit.bulbs[0][0] > 0.0 && lit.bulbs[0][1] > 0.0 && lit.shares[0] > lit.shares[2]);
        }
    }
}
