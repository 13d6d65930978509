//! Mathavan's law: the normal impulse grows in small steps through compression and restitution, with friction at the
//! rigid cushion and at the cloth, onto which the leaning nose presses the ball (S. Mathavan, M. R. Jackson and R. M.
//! Parkin, A theoretical analysis of billiard ball dynamics under cushion impacts, Proc. IMechE C 224, 1863, 2010).

use super::{CushionContact, into_frame, out_of_frame};
use crate::motion::BallMotion;
use crate::params::Physics;
use crate::vector::Vec3;
use billiards_table::BallSize;

/// Returns the ball after the contact.
pub(super) fn bounce(
    mut ball: BallMotion,
    contact: &CushionContact,
    steps: u32,
    smallest_step: f64,
    body: BallSize,
    physics: &Physics,
) -> BallMotion {
    // The paper's frame: y points into the cushion, x along it.
    let x_axis = (-contact.normal).perpendicular() * -1.0;
    let v = into_frame(ball.velocity.at_height(0.0), x_axis);
    let w = into_frame(ball.spin, x_axis);
    let sin = contact.nose_height / body.radius - 1.0;
    let mut impact = Impact {
        mass: body.mass,
        radius: body.radius,
        cloth: physics.ball.sliding_friction,
        cushion: physics.cushion.friction,
        sin,
        cos: (1.0 - sin * sin).max(0.0).sqrt(),
        v,
        w,
    };
    impact.run(physics.cushion.restitution, steps, smallest_step);
    ball.velocity = out_of_frame(impact.v, x_axis).flat();
    ball.spin = out_of_frame(impact.w, x_axis);
    ball
}

/// Maximum size of a step, as a fraction of the impulse that stops the ball.
const MAX_PART: f64 = 0.05;

struct Impact {
    mass: f64,
    radius: f64,
    /// Coefficient of friction at the cloth.
    cloth: f64,
    /// Coefficient of friction at the cushion.
    cushion: f64,
    /// Sine of the angle by which the contact's normal leans from the horizontal.
    sin: f64,
    cos: f64,
    /// Velocity, metres per second; z stays 0.
    v: Vec3,
    /// Spin, radians per second.
    w: Vec3,
}

impl Impact {
    /// Compresses until the ball stops, then restores until e² of the work is given back.
    fn run(&mut self, e: f64, steps: u32, smallest_step: f64) {
        let cap = 20 * steps;
        // A single step of the minimum size would already reverse a slow ball.
        let largest = self.mass * self.v.y * MAX_PART;
        let mut step = (self.mass * self.v.y / f64::from(steps)).max(smallest_step).min(largest);
        let mut work = 0.0;
        for _ in 0..cap {
            let before = (self.v, self.w);
            self.advance(step);
            if self.v.y <= 0.0 {
                // Approach the stop by repeating the last step in halves, eight times.
                (self.v, self.w) = before;
                for _ in 0..8 {
                    step *= 0.5;
                    let before = (self.v, self.w);
                    self.advance(step);
                    if self.v.y <= 0.0 {
                        (self.v, self.w) = before;
                    } else {
                        work += self.work(step);
                    }
                }
                break;
            }
            work += self.work(step);
        }
        let target = e * e * work;
        let step = (target / f64::from(steps)).max(smallest_step).min(largest);
        let mut given_back = 0.0;
        for _ in 0..cap {
            let next = self.work(step);
            if given_back + next > target {
                let speed = self.v.y.abs() * self.cos;
                if speed > 0.0 {
                    self.advance((target - given_back) / speed);
                }
                break;
            }
            self.advance(step);
            given_back += self.work(step);
            if given_back >= target {
                break;
            }
        }
    }

    /// Returns the work of the normal impulse over a step, joules.
    fn work(&self, step: f64) -> f64 {
        step * self.v.y.abs() * self.cos
    }

    /// Applies one step of the normal impulse, newton seconds: equations 12, 13 and 17 of the paper.
    fn advance(&mut self, step: f64) {
        let Self { mass, radius, cloth, cushion, sin, cos, v, w } = *self;
        let (cos_i, sin_i) = direction(v.x + w.y * radius * sin - w.z * radius * cos, -v.y * sin + w.x * radius);
        let (cos_c, sin_c) = direction(v.x - w.y * radius, v.y + w.x * radius);
        // The cushion presses the ball onto the cloth.
        let down = cloth * (sin + cushion * sin_i * cos);
        let push = step / mass;
        let turn = 2.5 / radius * push;
        self.v.x -= push * (cushion * cos_i + cos_c * down);
        self.v.y -= push * (cos - cushion * sin * sin_i + sin_c * down);
        self.w.x -= turn * (cushion * sin_i + sin_c * down);
        self.w.y -= turn * (cushion * cos_i * sin - cos_c * down);
        self.w.z += turn * cushion * cos_i * cos;
    }
}

/// Returns the cosine and sine of the direction of a slip; the direction of a zero slip is 0.
fn direction(x: f64, y: f64) -> (f64, f64) {
    let length = x.hypot(y);
    if length > 0.0 { (x / length, y / length) } else { (1.0, 0.0) }
}
