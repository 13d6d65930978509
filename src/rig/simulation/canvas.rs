//! The pixels of one picture, and laying colour over them.

use crate::model::{CameraPoint, FrameSize};
use std::ops::Range;

/// The pixels of one picture: rows of blue, green and red bytes.
pub(super) struct Canvas<'a> {
    size: FrameSize,
    bytes: &'a mut [u8],
}

impl<'a> Canvas<'a> {
    /// Over `bytes`, of which there are three for each pixel.
    pub fn new(size: FrameSize, bytes: &'a mut [u8]) -> Self {
        debug_assert_eq!(bytes.len(), 3 * size.width as usize * size.height as usize, "three bytes a pixel");
        Self { size, bytes }
    }

    /// Columns and rows of the picture within `reach` pixels of a place.
    pub fn window(&self, centre: CameraPoint, reach: f64) -> (Range<usize>, Range<usize>) {
        // Casts from floats saturate: a place left of the picture begins at 0.
        let range = |middle: f64, end: u32| {
            let end = end as usize;
            let first = (middle - reach).ceil() as usize;
            let after = (middle + reach + 1.0).floor() as usize;
            first.min(end)..after.min(end)
        };
        (range(centre.x, self.size.width), range(centre.y, self.size.height))
    }

    /// Lays a colour (blue, green, red; 0 to 255) over a pixel of which it covers the share `share` (0 to 1).
    pub fn lay(&mut self, x: usize, y: usize, colour: [f32; 3], share: f32) {
        let first = 3 * (y * self.size.width as usize + x);
        for (byte, over) in self.bytes[first..first + 3].iter_mut().zip(colour) {
            let under = f32::from(*byte);
            *byte = (under + (over - under) * share + 0.5) as u8;
        }
    }

    /// Paints a strip round the line from `from` to `to`, up to `reach` pixels from the line and beyond its ends.
    ///
    /// `paint` is given the distance along the line from `from` and the distance from the line, pixels, and says the
    /// colour and the share of the pixel that it covers.
    pub fn strip(
        &mut self,
        from: CameraPoint,
        to: CameraPoint,
        reach: f64,
        paint: impl Fn(f64, f64) -> Option<([f32; 3], f32)>,
    ) {
        let Some(direction) = (to - from).try_normalize() else { return };
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let top = (from.y.min(to.y) - reach).ceil().max(0.0);
        let bottom = (from.y.max(to.y) + reach).floor().min(height - 1.0);
        let left = (from.x.min(to.x) - reach).ceil().max(0.0);
        let right = (from.x.max(to.x) + reach).floor().min(width - 1.0);
        let mut y = top;
        while y <= bottom {
            // In this row, distance from the line = middle - direction.y · (x - from.x).
            let middle = direction.x * (y - from.y);
            let (mut first, mut last) = (left, right);
            if direction.y.abs() > 1e-9 {
                let ends = [middle - reach, middle + reach].map(|v| from.x + v / direction.y);
                first = first.max(ends[0].min(ends[1]).ceil());
                last = last.min(ends[0].max(ends[1]).floor());
            } else if middle.abs() > reach {
                last = -1.0;
            }
            let mut x = first;
            while x <= last {
                let p = CameraPoint::new(x, y) - from;
                if let Some((colour, share)) = paint(p.dot(direction), direction.cross(p)) {
                    self.lay(x as usize, y as usize, colour, share);
                }
                x += 1.0;
            }
            y += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: FrameSize = FrameSize { width: 40, height: 30 };

    #[test]
    fn windows_are_cut_at_the_edges() {
        let mut bytes = vec![0; 40 * 30 * 3];
        let canvas = Canvas::new(SIZE, &mut bytes);
        assert_eq!(canvas.window(CameraPoint::new(10.0, 10.5), 2.0), (8..13, 9..13));
        assert_eq!(canvas.window(CameraPoint::new(-1.0, 29.0), 2.0), (0..2, 27..30));
        assert!(canvas.window(CameraPoint::new(-50.0, 90.0), 2.0).0.is_empty());
        assert!(canvas.window(CameraPoint::new(-50.0, 90.0), 2.0).1.is_empty());
    }

    #[test]
    fn strips_reach_every_pixel_near_the_line_and_no_other() {
        for (from, to) in [((5.0, 5.0), (30.0, 22.0)), ((30.0, 8.0), (-4.0, 8.0)), ((9.0, 40.0), (9.0, 3.0))] {
            let (from, to) = (CameraPoint::new(from.0, from.1), CameraPoint::new(to.0, to.1));
            let mut bytes = vec![0; 40 * 30 * 3];
            let inside = |along: f64, off: f64| off.abs() <= 2.5 && (0.0..=(to - from).length()).contains(&along);
            Canvas::new(SIZE, &mut bytes)
                .strip(from, to, 3.0, |along, off| inside(along, off).then_some(([255.0; 3], 1.0)));
            let direction = (to - from).normalize();
            for y in 0..30_usize {
                for x in 0..40_usize {
                    let p = CameraPoint::new(x as f64, y as f64) - from;
                    let expected = inside(p.dot(direction), direction.cross(p));
                    assert_eq!(bytes[3 * (y * 40 + x)] == 255, expected, "{x} {y}");
                }
            }
        }
    }
}
