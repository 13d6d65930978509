//! Search for a ball's next event: the earliest of the end of its motion, a cushion, a pocket and another ball.
//!
//! A piece of a path is a parabola, so a wall gives a quadratic and everything round a quartic. Each event found
//! shortens the piece that is still to be searched, and only features whose box intersects the box of the piece are
//! tested.

use super::roots::{Relative, falls_through_zero};
use super::run::{Meeting, Next, Run};
use super::table::{Bounds, Obstacle, Wall};
use super::vector::Vec2;

impl Run<'_> {
    /// Returns the ball's next event, assuming that nothing happens to the other balls before it.
    pub(super) fn seek(&self, ball: u16) -> Next {
        let body = &self.bodies[usize::from(ball)];
        let piece = &body.piece;
        let mut next = Next { time: piece.end, meeting: Meeting::Settle };
        if piece.pocketed {
            return next;
        }
        let moving = piece.is_moving();
        let (p, v) = if moving {
            (piece.position(self.now), piece.velocity(self.now))
        } else {
            (piece.initial.position, Vec2::ZERO)
        };
        if moving {
            self.seek_features(ball, p, v, piece.acceleration, &mut next);
        }
        self.seek_balls(ball, p, v, &mut next);
        next
    }

    fn seek_features(&self, ball: u16, p: Vec2, v: Vec2, a: Vec2, next: &mut Next) {
        let (table, reach) = (&self.engine.table, self.kind(ball).reach);
        let at = |dt: f64| p + (v + a * (0.5 * dt)) * dt;
        for (i, wall) in (0..).zip(table.long_walls()) {
            if let Some(dt) = meets_wall(wall, p, v, a, reach)
                && self.now + dt < next.time
                && wall.is_beside(at(dt))
            {
                *next = Next { time: self.now + dt, meeting: Meeting::Wall(i) };
            }
        }
        let mut horizon = next.time - self.now;
        let path = path_bounds(p, v, a, horizon);
        let open = table.open();
        if open.contains(path.low) && open.contains(path.high) {
            return;
        }
        table.others().meeting(&path, |obstacle| {
            let (dt, meeting) = match obstacle {
                Obstacle::Wall(i) => {
                    let wall = &table.walls()[usize::from(i)];
                    (meets_wall(wall, p, v, a, reach).filter(|dt| wall.is_beside(at(*dt))), Meeting::Wall(i))
                }
                Obstacle::JawArc(i) => {
                    let arc = &table.jaw_arcs()[usize::from(i)];
                    let relative = Relative { offset: p - arc.centre, velocity: v, acceleration: a };
                    (relative.enters(arc.radius + reach, horizon), Meeting::JawArc(i))
                }
                Obstacle::Hole(i) => {
                    let hole = &table.holes()[usize::from(i)];
                    let relative = Relative { offset: p - hole.centre, velocity: v, acceleration: a };
                    let inside = relative.offset.length_squared() < hole.radius * hole.radius;
                    let dt = if inside { Some(0.0) } else { relative.enters(hole.radius, horizon) };
                    (dt, Meeting::Hole(i))
                }
            };
            if let Some(dt) = dt
                && self.now + dt < next.time
            {
                *next = Next { time: self.now + dt, meeting };
                horizon = dt;
            }
        });
    }

    fn seek_balls(&self, ball: u16, p: Vec2, v: Vec2, next: &mut Next) {
        let me = &self.bodies[usize::from(ball)].piece;
        let moving = me.is_moving();
        for (number, other) in (0_u16..).zip(&self.bodies) {
            let piece = &other.piece;
            if number == ball || piece.pocketed {
                continue;
            }
            let relative = if piece.is_moving() {
                Relative {
                    offset: p - piece.position(self.now),
                    velocity: v - piece.velocity(self.now),
                    acceleration: me.acceleration - piece.acceleration,
                }
            } else if moving {
                Relative { offset: p - piece.initial.position, velocity: v, acceleration: me.acceleration }
            } else {
                continue;
            };
            // An earlier event of the other ball changes its path, and then this pair is searched again.
            let horizon = next.time.min(other.next.time) - self.now;
            if let Some(dt) = relative.enters(self.contact_distance(ball, number), horizon)
                && self.now + dt < next.time.min(other.next.time)
            {
                *next = Next { time: self.now + dt, meeting: Meeting::Ball(number) };
            }
        }
    }
}

/// Returns the time until a ball reaches a wall's line from the front, seconds. A ball slightly behind the contact
/// reaches it now.
#[inline]
fn meets_wall(wall: &Wall, p: Vec2, v: Vec2, a: Vec2, reach: f64) -> Option<f64> {
    let (speed, acceleration) = (v.dot(wall.normal), a.dot(wall.normal));
    if speed >= 0.0 && acceleration >= 0.0 {
        return None;
    }
    let gap = wall.distance(p) - reach;
    // Behind the line but beyond the wall's end, a ball is in the mouth of a pocket and may come out again.
    let gap = if gap < 0.0 && gap > -reach && wall.is_beside(p) { 0.0 } else { gap };
    falls_through_zero(gap, speed, acceleration)
}

/// Returns the bounding rectangle of a parabola over `0..=horizon`.
#[inline]
fn path_bounds(p: Vec2, v: Vec2, a: Vec2, horizon: f64) -> Bounds {
    let range = |p: f64, v: f64, a: f64| {
        let end = p + (v + 0.5 * a * horizon) * horizon;
        let (mut low, mut high) = (p.min(end), p.max(end));
        // Include the vertex if it lies inside.
        if v * a < 0.0 && v.abs() < a.abs() * horizon {
            let vertex = p - 0.5 * v * v / a;
            (low, high) = (low.min(vertex), high.max(vertex));
        }
        (low, high)
    };
    let ((left, right), (bottom, top)) = (range(p.x, v.x, a.x), range(p.y, v.y, a.y));
    Bounds { low: Vec2::new(left, bottom), high: Vec2::new(right, top) }
}
