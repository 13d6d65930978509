//! Position and velocity of one ball, estimated from noisy sightings.

use billiards_table::{TablePoint, TableVector};
use nalgebra::{Matrix2, Matrix2x4, Matrix4, Vector2, Vector4};

/// Assumptions of the filter about sightings and about the cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotionModel {
    /// Standard deviation of a sighted position, metres, along each axis.
    pub sighting_noise: f64,
    /// Deceleration of a rolling ball, m/s².
    pub rolling_deceleration: f64,
    /// Standard deviation of the additional acceleration of a slow ball, m/s².
    pub slow_acceleration: f64,
    /// Standard deviation of the additional acceleration of a fast ball, which may still slide on the cloth, m/s².
    pub fast_acceleration: f64,
}

impl Default for MotionModel {
    fn default() -> Self {
        Self { sighting_noise: 0.0015, rolling_deceleration: 0.08, slow_acceleration: 0.3, fast_acceleration: 2.5 }
    }
}

/// Standard deviation of the speed after a bounce, as a ratio of it.
const BOUNCE_DOUBT: f64 = 0.2;

/// Speed midway between the slow and the fast regime, m/s.
const BRISK: f64 = 0.5;

/// A Kalman filter over position and velocity: straight motion slowed down by rolling friction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BallFilter {
    /// Position x, y, metres, and its rates, metres per second.
    state: Vector4<f64>,
    covariance: Matrix4<f64>,
}

impl BallFilter {
    /// Creates a filter from a guess and its standard deviations along each axis, metres and metres per second.
    #[must_use]
    pub fn new(position: TablePoint, velocity: TableVector, position_sd: f64, velocity_sd: f64) -> Self {
        let (p, v) = (position_sd * position_sd, velocity_sd * velocity_sd);
        Self {
            state: Vector4::new(position.x, position.y, velocity.x, velocity.y),
            covariance: Matrix4::from_diagonal(&Vector4::new(p, p, v, v)),
        }
    }

    /// Returns the estimated position.
    #[must_use]
    pub fn position(&self) -> TablePoint {
        TablePoint::new(self.state.x, self.state.y)
    }

    /// Returns the estimated velocity, metres per second.
    #[must_use]
    pub fn velocity(&self) -> TableVector {
        TableVector::new(self.state.z, self.state.w)
    }

    /// Returns the standard deviation of the velocity along its worse axis, metres per second.
    #[must_use]
    pub fn velocity_deviation(&self) -> f64 {
        self.covariance[(2, 2)].max(self.covariance[(3, 3)]).max(0.0).sqrt()
    }

    /// Moves the estimate to another place.
    pub fn move_to(&mut self, position: TablePoint) {
        (self.state.x, self.state.y) = (position.x, position.y);
    }

    /// Advances the estimate by `dt` seconds.
    pub fn predict(&mut self, dt: f64, model: &MotionModel) {
        let velocity = self.velocity();
        let speed = velocity.length();
        // Zero speed has no direction and gives no step.
        let direction = velocity.try_normalize().unwrap_or_default();
        let stops = speed <= model.rolling_deceleration * dt;
        let end_speed = if stops { 0.0 } else { speed - model.rolling_deceleration * dt };
        let rolls_for = if stops { speed / model.rolling_deceleration } else { dt };
        let step = direction * (0.5 * (speed + end_speed) * rolls_for);
        let slowed = direction * end_speed;
        self.state = Vector4::new(self.state.x + step.x, self.state.y + step.y, slowed.x, slowed.y);

        let mut transition = Matrix4::identity();
        transition[(0, 2)] = dt;
        transition[(1, 3)] = dt;
        let swift = speed / (speed + BRISK);
        let sd = model.slow_acceleration + (model.fast_acceleration - model.slow_acceleration) * swift;
        let (pp, pv, vv) = (0.25 * dt.powi(4), 0.5 * dt.powi(3), dt * dt);
        #[rustfmt::skip]
        let disturbance = Matrix4::new(
            pp, 0.0, pv, 0.0,
            0.0, pp, 0.0, pv,
            pv, 0.0, vv, 0.0,
            0.0, pv, 0.0, vv,
        ) * (sd * sd);
        self.covariance = transition * self.covariance * transition.transpose() + disturbance;
    }

    /// Reflects the estimate off the noses of a table on which centres lie between `low` and `high`: a position beyond
    /// them comes back with `restitution` of its speed, and with the uncertainty of a bounce.
    pub fn bounce(&mut self, low: TablePoint, high: TablePoint, restitution: f64) {
        for (axis, low, high) in [(0, low.x, high.x), (1, low.y, high.y)] {
            let wall = if self.state[axis] < low && self.state[axis + 2] < 0.0 {
                low
            } else if self.state[axis] > high && self.state[axis + 2] > 0.0 {
                high
            } else {
                continue;
            };
            self.state[axis] = wall + restitution * (wall - self.state[axis]);
            self.state[axis + 2] *= -restitution;
            let doubt = BOUNCE_DOUBT * self.state[axis + 2];
            self.covariance[(axis + 2, axis + 2)] += doubt * doubt;
        }
    }

    /// Returns the residual of a sighting: the squared Mahalanobis distance, and the logarithm of the ratio of the
    /// spread of expected sightings to the sighting noise alone (0 for a ball known exactly). Together they rank rival
    /// sightings.
    #[must_use]
    pub fn residual(&self, sighting: TablePoint, model: &MotionModel) -> Residual {
        let spread = self.spread(model);
        let innovation = sighting - self.position();
        let innovation = Vector2::new(innovation.x, innovation.y);
        let Some(inverse) = spread.try_inverse() else {
            return Residual { distance2: f64::INFINITY, uncertainty: 0.0 };
        };
        let noise_area = model.sighting_noise.powi(4);
        Residual {
            distance2: innovation.dot(&(inverse * innovation)),
            uncertainty: (spread.determinant() / noise_area).max(1.0).ln(),
        }
    }

    /// Updates the estimate with a sighting.
    pub fn update(&mut self, sighting: TablePoint, model: &MotionModel) {
        let Some(inverse) = self.spread(model).try_inverse() else { return };
        let seen = Self::seen_part();
        let gain = self.covariance * seen.transpose() * inverse;
        let innovation = sighting - self.position();
        self.state += gain * Vector2::new(innovation.x, innovation.y);
        // Joseph's form keeps the covariance symmetric and positive despite rounding.
        let keep = Matrix4::identity() - gain * seen;
        let noise = Matrix2::identity() * (model.sighting_noise * model.sighting_noise);
        self.covariance = keep * self.covariance * keep.transpose() + gain * noise * gain.transpose();
    }

    /// Returns the covariance of the next expected sighting.
    fn spread(&self, model: &MotionModel) -> Matrix2<f64> {
        let position = self.covariance.fixed_view::<2, 2>(0, 0).into_owned();
        position + Matrix2::identity() * (model.sighting_noise * model.sighting_noise)
    }

    /// Returns the matrix that selects the position from the state.
    fn seen_part() -> Matrix2x4<f64> {
        Matrix2x4::new(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    }
}

/// Residual of a sighting with respect to a filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residual {
    /// Squared Mahalanobis distance; χ² with two degrees of freedom if the sighting belongs here.
    pub distance2: f64,
    /// Logarithm of the area of expected sightings over the area of the noise, not negative.
    pub uncertainty: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: MotionModel = MotionModel {
        sighting_noise: 0.0015,
        rolling_deceleration: 0.08,
        slow_acceleration: 0.3,
        fast_acceleration: 2.5,
    };

    #[test]
    fn a_rolling_ball_slows_down_and_stops() {
        let mut filter = BallFilter::new(TablePoint::new(0.2, 0.3), TableVector::new(0.4, 0.0), 0.001, 0.001);
        filter.predict(1.0, &MODEL);
        assert!((filter.velocity() - TableVector::new(0.32, 0.0)).length() < 1e-12);
        assert!((filter.position() - TablePoint::new(0.56, 0.3)).length() < 1e-12);
        filter.predict(100.0, &MODEL);
        assert_eq!(filter.velocity(), TableVector::zero());
        // v²/2a from the start.
        assert!((filter.position() - TablePoint::new(1.2, 0.3)).length() < 1e-12);
    }

    #[test]
    fn velocity_is_learned_from_positions() {
        let mut filter = BallFilter::new(TablePoint::zero(), TableVector::zero(), 0.0015, 0.5);
        for frame in 1..=10 {
            filter.predict(0.04, &MODEL);
            filter.update(TablePoint::new(0.04 * f64::from(frame), -0.02 * f64::from(frame)), &MODEL);
        }
        assert!((filter.velocity() - TableVector::new(1.0, -0.5)).length() < 0.05, "{:?}", filter.velocity());
    }

    #[test]
    fn a_vague_filter_says_so() {
        let here = TablePoint::new(0.5, 0.5);
        let sharp = BallFilter::new(here, TableVector::zero(), 0.0, 0.0);
        let vague = BallFilter::new(here, TableVector::zero(), 0.05, 0.0);
        let sighting = TablePoint::new(0.503, 0.5);
        assert!(sharp.residual(here, &MODEL).distance2 < 1e-9);
        assert!(sharp.residual(here, &MODEL).uncertainty < 1e-9);
        assert!((sharp.residual(sighting, &MODEL).distance2 - 4.0).abs() < 1e-9);
        assert!(vague.residual(sighting, &MODEL).distance2 < 0.01);
        assert!(vague.residual(sighting, &MODEL).uncertainty > 10.0);
    }
}
