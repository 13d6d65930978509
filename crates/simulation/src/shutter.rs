//! Exposure times of the rows of a picture.

use super::camera::SimulatedCamera;

/// Shutter of one picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shutter {
    /// Middle of the exposure of the middle row, seconds.
    pub middle: f64,
    /// Exposure time of a row, seconds.
    pub exposure: f64,
    /// Time from the first row's exposure to the last one's, seconds.
    readout: f64,
    rows: f64,
}

impl Shutter {
    /// Creates the shutter of a camera for the picture whose middle row is exposed around `middle`.
    pub fn new(camera: &SimulatedCamera, middle: f64) -> Self {
        let rows = f64::from(camera.size().height);
        Self { middle, exposure: camera.exposure.max(0.0), readout: camera.readout.max(0.0), rows }
    }

    /// Returns the middle of the exposure of a row, seconds.
    pub fn row(&self, y: usize) -> f64 {
        self.middle + self.readout * ((y as f64 + 0.5) / self.rows - 0.5)
    }

    /// Returns time `k` of `n` that are spread over the exposure of a row, seconds.
    pub fn moment(&self, y: usize, k: usize, n: usize) -> f64 {
        self.row(y) + self.exposure * ((k as f64 + 0.5) / n as f64 - 0.5)
    }

    /// Returns the share of a row's exposure that lies between two times.
    pub fn share(&self, y: usize, [from, to]: [f64; 2]) -> f32 {
        // An exposure of zero length still receives light.
        let half = (0.5 * self.exposure).max(1e-6);
        let (opens, closes) = (self.row(y) - half, self.row(y) + half);
        ((closes.min(to) - opens.max(from)) / (2.0 * half)).max(0.0) as f32
    }

    /// Returns the times at which the first row opens and the last one closes, seconds.
    pub fn span(&self) -> [f64; 2] {
        let half = 0.5 * (self.readout + self.exposure);
        [self.middle - half, self.middle + half]
    }

    /// Returns the number of samples needed to draw motion of this speed without gaps.
    pub fn moments(&self, pixels_per_second: f64) -> usize {
        /// Maximum number of samples; more cannot be distinguished from a smear.
        const MOST: f64 = 10.0;
        (pixels_per_second * self.exposure).ceil().clamp(1.0, MOST) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, TableKind};

    #[test]
    fn rows_follow_each_other_round_the_middle() {
        let size = FrameSize { width: 100, height: 100 };
        let mut camera = SimulatedCamera::over(&TableKind::NINE_FOOT.spec(), size);
        (camera.exposure, camera.readout) = (0.01, 0.02);
        let shutter = Shutter::new(&camera, 5.0);
        assert!((shutter.row(0) - 4.9901).abs() < 1e-9 && (shutter.row(99) - 5.0099).abs() < 1e-9);
        assert!((shutter.moment(99, 1, 2) - 5.0124).abs() < 1e-9);
        assert_eq!(shutter.span().map(|t| (t * 1e6).round()), [4_985_000.0, 5_015_000.0]);
        assert!((shutter.share(0, [4.9901, 9.0]) - 0.5).abs() < 1e-6 && shutter.share(99, [0.0, 5.0]) == 0.0);
        assert_eq!([0.0, 250.0, 1e9].map(|speed| shutter.moments(speed)), [1, 3, 10]);
    }
}
