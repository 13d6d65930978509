//! Plain vectors: two components on the cloth, three in space.
//!
//! The axes are the table's: x across, y along, z up from the cloth.

use billiards_table::{TablePoint, TableVector};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A vector in the plane of the cloth: metres, metres per second or metres per second squared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Vec2 {
    /// Component across the table.
    pub x: f64,
    /// Component along the table.
    pub y: f64,
}

impl Vec2 {
    /// The vector of length 0.
    pub const ZERO: Self = Self { x: 0.0, y: 0.0 };

    /// Creates a vector from its components.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Returns the unit vector `angle` radians counter-clockwise from +x.
    #[must_use]
    pub fn from_angle(angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self { x: cos, y: sin }
    }

    /// Returns the scalar product.
    #[inline]
    #[must_use]
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// Returns the z component of the vector product: positive when `other` is counter-clockwise of `self`.
    #[inline]
    #[must_use]
    pub fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    /// Returns the vector rotated by 90° counter-clockwise.
    #[inline]
    #[must_use]
    pub fn perpendicular(self) -> Self {
        Self { x: -self.y, y: self.x }
    }

    /// Returns the square of the length.
    #[inline]
    #[must_use]
    pub fn length_squared(self) -> f64 {
        self.dot(self)
    }

    /// Returns the length.
    #[inline]
    #[must_use]
    pub fn length(self) -> f64 {
        self.length_squared().sqrt()
    }

    /// Returns the unit vector in this direction; the zero vector stays zero.
    #[inline]
    #[must_use]
    pub fn unit_or_zero(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { Self::ZERO }
    }

    /// Returns the vector rotated counter-clockwise by the angle with the given sine and cosine.
    #[must_use]
    pub fn rotated(self, sin: f64, cos: f64) -> Self {
        Self { x: cos * self.x - sin * self.y, y: sin * self.x + cos * self.y }
    }

    /// Returns whether both components are finite numbers.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }

    /// Returns the vector in space with these components and height `z`.
    #[inline]
    #[must_use]
    pub const fn at_height(self, z: f64) -> Vec3 {
        Vec3 { x: self.x, y: self.y, z }
    }
}

/// A vector in space: spin in radians per second about the table's axes, or the velocity of a point on a ball.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Vec3 {
    /// Component across the table.
    pub x: f64,
    /// Component along the table.
    pub y: f64,
    /// Upward component.
    pub z: f64,
}

impl Vec3 {
    /// The vector of length 0.
    pub const ZERO: Self = Self { x: 0.0, y: 0.0, z: 0.0 };

    /// Creates a vector from its components.
    #[must_use]
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    /// Returns the scalar product.
    #[inline]
    #[must_use]
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// Returns the vector product.
    #[inline]
    #[must_use]
    pub fn cross(self, other: Self) -> Self {
        Self {
            x: self.y * other.z - self.z * other.y,
            y: self.z * other.x - self.x * other.z,
            z: self.x * other.y - self.y * other.x,
        }
    }

    /// Returns the length.
    #[inline]
    #[must_use]
    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// Returns the part in the plane of the cloth.
    #[inline]
    #[must_use]
    pub const fn flat(self) -> Vec2 {
        Vec2 { x: self.x, y: self.y }
    }

    /// Returns whether all components are finite numbers.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }
}

macro_rules! arithmetic {
    ($vector:ident, $($axis:ident),+) => {
        impl Add for $vector {
            type Output = Self;
            #[inline]
            fn add(self, other: Self) -> Self {
                Self { $($axis: self.$axis + other.$axis),+ }
            }
        }
        impl AddAssign for $vector {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl Sub for $vector {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self {
                Self { $($axis: self.$axis - other.$axis),+ }
            }
        }
        impl Mul<f64> for $vector {
            type Output = Self;
            #[inline]
            fn mul(self, factor: f64) -> Self {
                Self { $($axis: self.$axis * factor),+ }
            }
        }
        impl Neg for $vector {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                Self { $($axis: -self.$axis),+ }
            }
        }
    };
}
arithmetic!(Vec2, x, y);
arithmetic!(Vec3, x, y, z);

impl From<TablePoint> for Vec2 {
    fn from(p: TablePoint) -> Self {
        Self { x: p.x, y: p.y }
    }
}

impl From<TableVector> for Vec2 {
    fn from(v: TableVector) -> Self {
        Self { x: v.x, y: v.y }
    }
}

impl From<Vec2> for TablePoint {
    fn from(p: Vec2) -> Self {
        Self::new(p.x, p.y)
    }
}

impl From<Vec2> for TableVector {
    fn from(v: Vec2) -> Self {
        Self::new(v.x, v.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_right_handed() {
        let (x, y, z) = (Vec3::new(1.0, 0.0, 0.0), Vec3::new(0.0, 1.0, 0.0), Vec3::new(0.0, 0.0, 1.0));
        assert_eq!((x.cross(y), y.cross(z), z.cross(x)), (z, x, y));
        assert_eq!(Vec2::new(1.0, 0.0).perpendicular(), Vec2::new(0.0, 1.0));
        assert_eq!(Vec2::new(1.0, 0.0).cross(Vec2::new(0.0, 1.0)), 1.0);
    }

    #[test]
    fn directions_have_unit_length_or_none() {
        assert_eq!(Vec2::ZERO.unit_or_zero(), Vec2::ZERO);
        assert!((Vec2::new(3.0, 4.0).unit_or_zero() - Vec2::new(0.6, 0.8)).length() < 1e-15);
        assert!((Vec2::from_angle(0.3).rotated(0.2_f64.sin(), 0.2_f64.cos()) - Vec2::from_angle(0.5)).length() < 1e-15);
    }
}
