//! Prior knowledge of the table in the pictures.

use billiards_table::TableSpec;

/// Length of the bed of most tables over its width.
pub(super) const USUAL_ASPECT: f64 = 2.0;

/// Shape of the table in the pictures, as far as it is known before they are seen. The default is that of most tables:
/// twice as long as wide, with pockets, and with balls of unknown size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableShape {
    /// Length of the bed over its width.
    pub aspect: f64,
    /// `true` if there are pockets in the corners and in the middle of the long sides.
    pub has_pockets: bool,
    /// Radius of the object balls over the length of the bed; `None` if it is not known.
    pub ball_share: Option<f64>,
}

impl Default for TableShape {
    fn default() -> Self {
        Self { aspect: USUAL_ASPECT, has_pockets: true, ball_share: None }
    }
}

impl From<&TableSpec> for TableShape {
    fn from(table: &TableSpec) -> Self {
        Self {
            aspect: table.length / table.width,
            has_pockets: table.pockets.is_some(),
            ball_share: Some(table.ball_radius / table.length),
        }
    }
}
