//! Where the pockets open on the bed: what is round in there is a hole, a net, or a ball that hangs in the jaws.

use super::{disc::Disc, scene::Scene};

/// The six pockets on the table, over its length: along its longer and its shorter side.
const POCKETS: [[f64; 2]; 6] = [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [0.0, 0.5], [0.5, 0.5], [1.0, 0.5]];
/// A mouth reaches so many ball radii from there: it is four to five radii wide.
const MOUTH: f64 = 2.5;

impl Scene<'_> {
    /// Distance of a place from the nearest pocket, in ball radii: from where the nose lines meet, or from the middle
    /// of a long side.
    pub(super) fn pocket_distance(&self, p: [f64; 2], radius_share: f64) -> f64 {
        let [along, across] = self.perspective.on_table(p);
        let distance = |[x, y]: &[f64; 2]| (along - x).hypot(across - y) / radius_share;
        POCKETS.iter().map(distance).fold(f64::MAX, f64::min)
    }

    /// Whether a ball lies in the mouth of a pocket.
    pub fn in_jaw(&self, ball: &Disc) -> bool {
        self.pocket_distance(ball.centre, self.share_of(ball)) < MOUTH
    }
}
