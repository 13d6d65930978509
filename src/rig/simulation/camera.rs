//! The camera of the simulated rig.

use crate::model::{CameraPoint, FrameSize, TablePoint, TableQuad, TableSpec};

/// Share of the picture's width that the table takes, nose to nose.
const WIDTH_SHARE: f64 = 0.8;
/// Share of the picture's height that the table takes at most, so that its rails stay in the picture.
const HEIGHT_SHARE: f64 = 0.74;

/// A camera that hangs over the table and looks straight down from very far away: a scale and an offset.
///
/// The table lies along the picture: the table's origin is at the top left, its x axis (across) points down in the
/// picture and its y axis (along) to the right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverheadCamera {
    size: FrameSize,
    /// Pixels a metre.
    scale: f64,
    /// Where the table's origin is seen.
    origin: CameraPoint,
}

impl OverheadCamera {
    /// The camera whose pictures have this size and show the whole table in their middle.
    #[must_use]
    pub fn over(spec: &TableSpec, size: FrameSize) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let scale = (WIDTH_SHARE * width / spec.length).min(HEIGHT_SHARE * height / spec.width);
        // The middle of the picture lies between its pixels' centres, which are at 0 to width - 1.
        let middle = CameraPoint::new(0.5 * (width - 1.0), 0.5 * (height - 1.0));
        let origin = CameraPoint::new(middle.x - 0.5 * scale * spec.length, middle.y - 0.5 * scale * spec.width);
        Self { size, scale, origin }
    }

    /// Size of its pictures.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        self.size
    }

    /// Pixels a metre.
    #[must_use]
    pub fn pixels_per_metre(&self) -> f64 {
        self.scale
    }

    /// Where a place of the table is seen.
    #[must_use]
    pub fn to_picture(&self, p: TablePoint) -> CameraPoint {
        CameraPoint::new(self.origin.x + self.scale * p.y, self.origin.y + self.scale * p.x)
    }

    /// The place of the table that is seen there.
    #[must_use]
    pub fn to_table(&self, p: CameraPoint) -> TablePoint {
        TablePoint::new((p.y - self.origin.y) / self.scale, (p.x - self.origin.x) / self.scale)
    }

    /// Whether the place lies within the picture.
    #[must_use]
    pub fn sees(&self, p: TablePoint) -> bool {
        let p = self.to_picture(p);
        (-0.5..f64::from(self.size.width) - 0.5).contains(&p.x)
            && (-0.5..f64::from(self.size.height) - 0.5).contains(&p.y)
    }

    /// The nose-line corners in the picture.
    #[must_use]
    pub fn corners(&self, spec: &TableSpec) -> TableQuad {
        let (w, l) = (spec.width, spec.length);
        [(0.0, 0.0), (0.0, l), (w, l), (w, 0.0)].map(|(x, y)| self.to_picture(TablePoint::new(x, y)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableKind;

    #[test]
    fn the_table_lies_along_the_picture() {
        let spec = TableKind::NineFoot.spec();
        let camera = OverheadCamera::over(&spec, FrameSize { width: 1280, height: 720 });
        let [tl, tr, br, bl] = camera.corners(&spec);
        assert!((tr.x - tl.x - 1024.0).abs() < 1e-9 && (tr.y - tl.y).abs() < 1e-9);
        assert!((bl.y - tl.y - 512.0).abs() < 1e-9 && (bl.x - tl.x).abs() < 1e-9);
        assert!((br - tl - ((tr - tl) + (bl - tl))).length() < 1e-9);
        assert!((tl.x + br.x - 1279.0).abs() < 1e-9 && (tl.y + br.y - 719.0).abs() < 1e-9);
    }

    #[test]
    fn a_place_and_its_picture_belong_together() {
        let spec = TableKind::SevenFoot.spec();
        for size in [FrameSize { width: 640, height: 480 }, FrameSize { width: 1920, height: 800 }] {
            let camera = OverheadCamera::over(&spec, size);
            let p = TablePoint::new(0.3, 1.7);
            assert!((camera.to_table(camera.to_picture(p)) - p).length() < 1e-12);
            // Cushions and rails fit.
            assert!(camera.sees(TablePoint::new(-0.16, -0.16)));
            assert!(camera.sees(TablePoint::new(spec.width + 0.16, spec.length + 0.16)));
            assert!(!camera.sees(TablePoint::new(-1.0, 0.0)));
        }
    }
}
