//! Measurement of a spot of projected light in the camera's picture: its brightness against its surroundings, and its
//! centre to a fraction of a pixel.

use billiards_table::SensorPoint;

/// Inner and outer radius of the ring around a spot that gives the ground level, in radii of the spot.
const RING: (f64, f64) = (2.0, 3.0);
/// Minimum brightness of a pixel that counts for the centre, as a share of the spot's: noise of darker ones pulls it to
/// the middle of the window.
const FLOOR: f64 = 0.2;
/// Number of iterations in which the centre is refined.
const ITERATIONS: usize = 4;

/// A square piece of a picture around a point.
pub(super) struct Window {
    /// Column of its first pixel in the picture.
    left: i64,
    /// Row of its first pixel in the picture.
    top: i64,
    /// Length of its side, pixels.
    side: i64,
    values: Vec<f32>,
}

impl Window {
    /// Cuts out the piece that holds a spot of a radius (pixels) and its surroundings; `None` if it is not wholly
    /// inside the picture.
    pub fn around(centre: SensorPoint, radius: f64, value: impl Fn(i64, i64) -> Option<f32>) -> Option<Self> {
        let half = (RING.1 * radius).ceil() as i64 + 1;
        let (left, top, side) = (centre.x.round() as i64 - half, centre.y.round() as i64 - half, 2 * half + 1);
        let pixels = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let values: Option<Vec<f32>> = pixels.map(|(x, y)| value(left + x, top + y)).collect();
        values.map(|values| Self { left, top, side, values })
    }

    /// Returns the pixels with their offsets from a point.
    fn pixels(&self, from: SensorPoint) -> impl Iterator<Item = ([f64; 2], f64)> + '_ {
        let (x0, y0) = (self.left as f64 - from.x, self.top as f64 - from.y);
        (0..self.side * self.side)
            .zip(&self.values)
            .map(move |(i, value)| ([x0 + (i % self.side) as f64, y0 + (i / self.side) as f64], f64::from(*value)))
    }

    fn mean(&self, centre: SensorPoint, (least, most): (f64, f64)) -> f64 {
        let inside = self.pixels(centre).filter(|([x, y], _)| (least..=most).contains(&x.hypot(*y)));
        let (sum, count) = inside.fold((0.0, 0_u32), |(sum, count), (_, value)| (sum + value, count + 1));
        sum / f64::from(count.max(1))
    }

    /// Returns the difference in brightness between a spot and the ring around it.
    pub fn contrast(&self, centre: SensorPoint, radius: f64) -> f64 {
        self.mean(centre, (0.0, 0.7 * radius)) - self.mean(centre, (RING.0 * radius, RING.1 * radius))
    }

    /// Finds the centre of the bright spot of a radius near `start`; `None` if there is no spot, or none nearby.
    pub fn middle(&self, start: SensorPoint, radius: f64) -> Option<SensorPoint> {
        let mut centre = start;
        for _ in 0..ITERATIONS {
            let ground = self.mean(centre, (RING.0 * radius, RING.1 * radius));
            let floor = ground + FLOOR * (self.mean(centre, (0.0, 0.7 * radius)) - ground);
            let bright = self.pixels(centre).filter(|([x, y], value)| x.hypot(*y) < 1.8 * radius && *value > floor);
            let sum = bright.fold([0.0; 3], |[w, sx, sy], ([x, y], value)| {
                let weight = value - floor;
                [w + weight, sx + weight * x, sy + weight * y]
            });
            if sum[0] <= 0.0 {
                return None;
            }
            centre = SensorPoint::new(centre.x + sum[1] / sum[0], centre.y + sum[2] / sum[0]);
            if (centre - start).length() > 2.0 * radius {
                return None;
            }
        }
        Some(centre)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(at: (f64, f64)) -> impl Fn(i64, i64) -> Option<f32> {
        move |x, y| {
            let off = (x as f64 - at.0).hypot(y as f64 - at.1);
            let grain = 0.002 * ((x * 7 + y * 13) % 5 - 2) as f64;
            Some((0.3 + 0.1 * (5.0 - off + 0.5).clamp(0.0, 1.0) + grain) as f32)
        }
    }

    #[test]
    fn the_middle_is_found_to_a_fraction_of_a_pixel() {
        for at in [(50.0, 40.0), (50.31, 39.77), (51.5, 40.5)] {
            let start = SensorPoint::new(49.0, 41.0);
            let window = Window::around(start, 5.0, spot(at)).expect("whole");
            let middle = window.middle(start, 5.0).expect("a spot");
            assert!((middle - SensorPoint::from(at)).length() < 0.03, "{at:?}: {middle:?}");
            assert!((window.contrast(middle, 5.0) - 0.1).abs() < 0.005);
        }
    }

    #[test]
    fn even_ground_has_no_spot_and_a_cut_window_is_none() {
        let start = SensorPoint::new(20.0, 20.0);
        let window = Window::around(start, 4.0, |_, _| Some(0.5)).expect("whole");
        assert!(window.middle(start, 4.0).is_none());
        assert!(Window::around(start, 4.0, |x, _| (x > 10).then_some(0.5)).is_none());
    }
}
