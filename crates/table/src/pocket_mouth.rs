//! Mouths of the pockets as they were measured in pictures, and the dimensions of a table that they propose.

use super::{table_dimension::TableDimension, table_features::PocketId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Width of the mouth of a pocket, as it was measured in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PocketMouth {
    /// Id of the pocket.
    pub pocket: PocketId,
    /// Width of the mouth between the points where the lines of the facings meet those of the noses, metres.
    pub width: f64,
    /// Standard deviation of the width, metres.
    pub uncertainty: f64,
}

impl PocketMouth {
    /// Returns the same mouth in whole millimetres, for smaller digits are noise.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self { width: whole_millimetres(self.width), uncertainty: some_millimetres(self.uncertainty), ..self }
    }
}

/// A dimension of the table, as it was measured in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredDimension {
    /// Id of the dimension: the member that changes it in a request.
    pub id: TableDimension,
    /// Measured value, metres.
    pub value: f64,
    /// Standard deviation of the value, metres.
    pub uncertainty: f64,
}

impl MeasuredDimension {
    /// Returns the widths of the corner and of the side pockets, as far as mouths of either sort were measured. Mouths
    /// that differ make the value uncertain.
    #[must_use]
    pub fn of_mouths(mouths: &[PocketMouth]) -> Vec<Self> {
        let sorts = [(TableDimension::CornerWidth, false), (TableDimension::SideWidth, true)];
        let measured = |(id, is_side)| {
            let mut alike: Vec<_> = mouths.iter().filter(|mouth| mouth.pocket.is_side() == is_side).collect();
            alike.sort_by(|a, b| a.width.total_cmp(&b.width));
            let (narrowest, widest) = (alike.first()?, alike.last()?);
            let (below, above) = (alike[(alike.len() - 1) / 2], alike[alike.len() / 2]);
            let own = f64::midpoint(below.uncertainty, above.uncertainty);
            Some(Self {
                id,
                value: whole_millimetres(f64::midpoint(below.width, above.width)),
                uncertainty: some_millimetres(own.max(0.5 * (widest.width - narrowest.width))),
            })
        };
        sorts.into_iter().filter_map(measured).collect()
    }
}

fn whole_millimetres(metres: f64) -> f64 {
    (1e3 * metres).round() / 1e3
}

/// Returns a length in whole millimetres, at least one.
fn some_millimetres(metres: f64) -> f64 {
    whole_millimetres(metres).max(1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mouth(pocket: PocketId, width: f64) -> PocketMouth {
        PocketMouth { pocket, width, uncertainty: 0.0016 }
    }

    #[test]
    fn a_sort_of_pockets_has_the_width_in_the_middle() {
        let corners = [
            mouth(PocketId::LeftBottom, 0.1162),
            mouth(PocketId::LeftTop, 0.1184),
            mouth(PocketId::RightBottom, 0.1171),
            mouth(PocketId::RightTop, 0.1169),
        ];
        let of = |mouths: &[PocketMouth]| MeasuredDimension::of_mouths(mouths);
        let corner = |value, uncertainty| MeasuredDimension { id: TableDimension::CornerWidth, value, uncertainty };
        assert_eq!(of(&corners), [corner(0.117, 0.002)]);
        assert_eq!(of(&corners[..1]), [corner(0.116, 0.002)]);
        let mut differing = corners;
        differing[1].width = 0.139;
        assert_eq!(of(&differing), [corner(0.117, 0.011)], "one of them is measured wrong, or made so");
        let side = MeasuredDimension { id: TableDimension::SideWidth, value: 0.13, uncertainty: 0.002 };
        assert_eq!(of(&[mouth(PocketId::RightCentre, 0.1304)]), [side]);
        assert_eq!(of(&[]), []);
    }
}
