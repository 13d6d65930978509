//! Pockets on the bed: a round thing in their mouths is a hole, a net, or a ball that hangs in the jaws.

use super::{disc::Disc, grids::FinePoint, scene::Scene};

/// Positions of the six pockets on the table, over its length: along its longer and its shorter side.
const POCKETS: [[f64; 2]; 6] = [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [0.0, 0.5], [0.5, 0.5], [1.0, 0.5]];
/// Radius of a pocket's mouth, in ball radii: it is four to five radii wide.
const MOUTH: f64 = 2.5;

impl Scene<'_> {
    /// Returns the distance of a place from the nearest pocket, in ball radii: from the corner of the nose lines, or
    /// from the middle of a long side.
    pub(super) fn pocket_distance(&self, p: FinePoint, radius_share: f64) -> f64 {
        let [along, across] = self.perspective.on_table(p);
        let distance = |[x, y]: &[f64; 2]| (along - x).hypot(across - y) / radius_share;
        POCKETS.iter().map(distance).fold(f64::MAX, f64::min)
    }

    /// Returns whether a ball lies in the mouth of a pocket.
    pub fn in_jaw(&self, ball: &Disc) -> bool {
        self.pocket_distance(ball.centre, self.share_of(ball)) < MOUTH
    }
}
