//! Pockets on the bed: a round thing in their mouths is a hole, a net, or a ball that hangs in the jaws.

use super::{disc::Disc, grids::FinePoint, scene::Scene};

/// Positions of the pockets on the table along its longer side, over its length.
const POCKETS: [f64; 3] = [0.0, 0.5, 1.0];
/// Maximum distance of a ball in the mouth of a pocket, in ball radii: mouths are three to five radii wide.
const MOUTH: f64 = 2.5;

impl Scene<'_> {
    /// Returns the distance of a place from the nearest pocket, in ball radii: from the corner of the nose lines, or
    /// from the middle of a long side. On a table without pockets it is larger than any limit.
    pub(super) fn pocket_distance(&self, p: FinePoint, radius_share: f64) -> f64 {
        if !self.shape.has_pockets {
            return f64::MAX;
        }
        let [along, across] = self.perspective.on_table(p);
        let from_rail = across.abs().min((1.0 / self.shape.aspect - across).abs());
        POCKETS.iter().map(|x| (along - x).hypot(from_rail) / radius_share).fold(f64::MAX, f64::min)
    }

    /// Returns whether a ball lies in the mouth of a pocket.
    pub fn in_jaw(&self, ball: &Disc) -> bool {
        self.pocket_distance(ball.centre, self.share_of(ball)) < MOUTH
    }
}
