//! The lamp over the table.

use super::setup::RoomLight;
use billiards_table::{TablePoint, TableSpec};
use nalgebra::Vector3;

/// Height of the bulbs above the bed, metres.
const HEIGHT: f64 = 2.0;
/// Distance of the outer bulbs from the middle one, as a share of the table's length.
const SPREAD: f64 = 0.24;

/// Three bulbs, and the ambient light of the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lamp {
    bulbs: [Vector3<f64>; 3],
    /// Light of all bulbs where it is normalized to 1.
    brightest: f64,
    light: RoomLight,
}

/// Illumination of one place. Directions are unit vectors along table x, table y and up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Illumination {
    /// Amount of light on a level surface.
    pub level: f32,
    /// Share of the light that comes from the room and not from the bulbs.
    pub room: f32,
    /// Directions to the bulbs.
    pub bulbs: [[f32; 3]; 3],
    /// Half-way directions between each bulb and the camera.
    pub mirrors: [[f32; 3]; 3],
    /// Shares of the bulbs in the lamp's light; they add up to 1.
    pub shares: [f32; 3],
}

impl Lamp {
    /// Creates the lamp over the middle of the table: three bulbs in a row along it.
    pub fn over(spec: &TableSpec, light: RoomLight) -> Self {
        let bulbs = [-SPREAD, 0.0, SPREAD].map(|s| Vector3::new(0.5 * spec.width, (0.5 + s) * spec.length, HEIGHT));
        Self::new(bulbs, TablePoint::new(bulbs[1].x, bulbs[1].y), light)
    }

    /// Creates a lamp with these bulbs, whose light is that of `light` at `place`.
    pub fn new(bulbs: [Vector3<f64>; 3], place: TablePoint, light: RoomLight) -> Self {
        let mut lamp = Self { bulbs, brightest: 1.0, light };
        lamp.brightest = lamp.given(place).iter().sum();
        lamp
    }

    /// Returns the positions of the bulbs.
    pub fn bulbs(&self) -> [Vector3<f64>; 3] {
        self.bulbs
    }

    /// Returns the same lamp and room with `gain` times the light.
    pub fn dimmed(&self, gain: f32) -> Self {
        Self { light: RoomLight { level: self.light.level * gain, ..self.light }, ..*self }
    }

    /// Returns the position of the middle bulb.
    pub fn middle(&self) -> Vector3<f64> {
        self.bulbs[1]
    }

    /// Returns the light of each bulb on a level surface, before normalization.
    fn given(&self, p: TablePoint) -> [f64; 3] {
        self.bulbs.map(|bulb| {
            let square = bulb.z * bulb.z;
            let share = square / (square + (TablePoint::new(bulb.x, bulb.y) - p).square_length());
            share * share.sqrt()
        })
    }

    /// Returns the amount of light on a level surface.
    pub fn level(&self, p: TablePoint) -> f32 {
        self.of_given(self.given(p).iter().sum())
    }

    /// Returns the amount of light on a level surface at any height that these shares (0 to 1) of the bulbs' light
    /// reach.
    pub fn level_at(&self, place: Vector3<f64>, shares: [f32; 3]) -> f32 {
        /// Minimum height of a bulb over a surface, metres: beside and over a bulb, light falls on walls.
        const MIN_RISE: f64 = 0.4;
        let given = self.bulbs.iter().zip(shares).map(|(bulb, share)| {
            let rise = (bulb.z - place.z).max(MIN_RISE);
            let distance = (bulb.x - place.x).hypot(bulb.y - place.y).hypot(rise);
            f64::from(share) * bulb.z * bulb.z * rise / distance.powi(3)
        });
        self.of_given(given.sum())
    }

    fn of_given(&self, given: f64) -> f32 {
        let room = self.light.evenness;
        self.light.level * (room + (1.0 - room) * (given / self.brightest) as f32)
    }

    /// Computes the illumination of a place on the table, as seen from `eye`.
    pub fn at(&self, p: TablePoint, eye: Vector3<f64>) -> Illumination {
        let given = self.given(p);
        let sum: f64 = given.iter().sum();
        let here = Vector3::new(p.x, p.y, 0.0);
        let viewer = (eye - here).normalize();
        let towards = self.bulbs.map(|bulb| (bulb - here).normalize());
        let short = |v: Vector3<f64>| [v.x as f32, v.y as f32, v.z as f32];
        Illumination {
            level: self.level(p),
            room: self.light.evenness,
            bulbs: towards.map(short),
            mirrors: towards.map(|bulb| short((bulb + viewer).normalize())),
            shares: given.map(|g| (g / sum) as f32),
        }
    }
}

impl Illumination {
    /// Returns the light on a matt surface with this normal, in units of [`Illumination::level`].
    pub fn matt(&self, normal: [f32; 3]) -> f32 {
        let mut matt = self.room * (0.55 + 0.45 * normal[2]);
        for (bulb, share) in self.bulbs.into_iter().zip(self.shares) {
            // Lamps are not points: their light reaches a little beyond the horizon.
            matt += (1.0 - self.room) * share * ((dot(bulb, normal) + 0.35) / 1.35).max(0.0);
        }
        matt
    }

    /// Returns the share of the lamps' light that a polished surface with this normal reflects to the camera.
    pub fn gloss(&self, normal: [f32; 3]) -> f32 {
        let mirrors = self.mirrors.into_iter().zip(self.shares);
        mirrors.map(|(mirror, share)| share * glint(dot(mirror, normal))).sum()
    }
}

/// Returns the specular reflection of a small lamp; `cosine` is that between the normal and the half-way direction.
pub(super) fn glint(cosine: f32) -> f32 {
    let mirrored = cosine.max(0.0);
    0.85 * mirrored.powi(180) + 0.035 * mirrored.powi(14)
}

/// Computes the scalar product.
pub(super) fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn light_on_the_bed_is_a_case_of_that_at_any_height() {
        let spec = TableKind::NINE_FOOT.spec();
        let lamp = Lamp::over(&spec, RoomLight::default());
        let (p, all) = (TablePoint::new(0.3, 0.2), [1.0; 3]);
        let bed = Vector3::new(p.x, p.y, 0.0);
        assert!((lamp.level_at(bed, all) - lamp.level(p)).abs() < 1e-5);
        assert!((lamp.level_at(bed, [0.0; 3]) - 0.34).abs() < 1e-6, "the light of the room is left");
        assert!(lamp.level_at(bed + Vector3::z() * 0.5, all) > lamp.level_at(bed - Vector3::z() * 0.8, all));
    }

    #[test]
    fn light_is_slightly_uneven() {
        for kind in TableKind::AMERICAN {
            let spec = kind.spec();
            let lamp = Lamp::over(&spec, RoomLight::default());
            let middle = lamp.level(TablePoint::new(0.5 * spec.width, 0.5 * spec.length));
            let corner = lamp.level(TablePoint::new(0.0, 0.0));
            assert!((middle - 1.0).abs() < 1e-6 && (0.6..0.9).contains(&corner), "{kind}: {corner}");
            let lit = lamp.at(TablePoint::new(0.0, 0.0), Vector3::new(0.6, 1.2, 2.2));
            assert!((lit.shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            // The nearest bulb stands over higher x and y, and most light comes from it.
            assert!(lit.bulbs[0][0] > 0.0 && lit.bulbs[0][1] > 0.0 && lit.shares[0] > lit.shares[2]);
        }
    }
}
