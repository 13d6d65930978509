//! Appearance of a table: what its cloth, cushions, rails and pockets are made of.

use super::{colour::Rgb, scale::shrink};
use billiards_table::TableSpec;

/// Width of the wooden rail beyond the cushion of an American table, metres.
const RAIL: f64 = 0.115;
/// Radius of the outer corners of an American table, metres.
const OUTER_CORNER: f64 = 0.085;
/// Width of the leather around the pockets, metres.
const LEATHER: f64 = 0.013;

/// Returns the usual width of the wooden rail beyond the cushion, metres: a toy has narrower ones.
pub(super) fn rail_width(spec: &TableSpec) -> f64 {
    RAIL * shrink(spec)
}

/// Appearance of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TableLook {
    /// The cloth.
    pub cloth: ClothLook,
    /// The cushions under the cloth.
    pub cushion: CushionLook,
    /// The rails around the cushions.
    pub rail: RailLook,
    /// The pockets.
    pub pocket: PocketLook,
}

/// Appearance of the cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClothLook {
    /// Colour in full light.
    pub colour: Rgb,
    /// Strength of worn patches; 1 is that of a tournament cloth.
    pub wear: f32,
    /// Strength of the weave; 1 is that of a tournament cloth, napped cloths have more.
    pub weave: f32,
    /// Colour of the spots.
    pub spot: Rgb,
}

/// Appearance of the cushions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CushionLook {
    /// Brightness of their tops relative to that of the usual ones.
    pub tone: f32,
    /// Additional brightness of the rounded nose.
    pub lip: f64,
    /// Shares of the light that are missing on the bed right under the nose, and in front of it.
    pub shade: [f64; 2],
    /// Brightness of the faces under the noses, relative to the bed's, where a camera aside sees them. `None` draws the
    /// bed instead, as it is enough for a camera over the table.
    pub face: Option<f32>,
}

/// Appearance of the rails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RailLook {
    /// Width beyond the cushion, metres.
    pub width: f64,
    /// Radius of the outer corners, metres.
    pub corner: f64,
    /// Colour of the wood or the laminate.
    pub colour: Rgb,
    /// Strength of the grain; 0 is a plain laminate, 1 is wood.
    pub grain: f64,
    /// Colour and width (metres) of a strip between cushion and rail.
    pub strip: Option<(Rgb, f64)>,
    /// Colour of the sights.
    pub sight: Rgb,
    /// `true` if the sights are round dots and not diamonds.
    pub round_sights: bool,
}

/// Appearance of the pockets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PocketLook {
    /// Colour of the liner around the hole: leather, plastic or metal.
    pub liner: Rgb,
    /// Width of the liner, metres.
    pub width: f64,
    /// Colour at the bottom of the hole.
    pub hole: Rgb,
    /// Colour and mesh (metres) of a net in the hole.
    pub net: Option<(Rgb, f64)>,
    /// Colour and radius (metres, from the middle of the hole) of plates on the corners of the rails.
    pub plate: Option<(Rgb, f64)>,
}

impl TableLook {
    /// Returns the appearance of a usual table with this cloth: wooden rails, pockets of leather.
    pub fn usual(spec: &TableSpec, cloth: Rgb) -> Self {
        let leather = Rgb::stored(58, 52, 50);
        Self {
            cloth: ClothLook { colour: cloth, wear: 1.0, weave: 1.0, spot: Rgb::stored(24, 30, 40) },
            cushion: CushionLook { tone: 1.0, lip: 0.22, shade: [0.55, 0.14], face: None },
            rail: RailLook {
                width: rail_width(spec),
                corner: OUTER_CORNER * shrink(spec),
                colour: Rgb::stored(104, 62, 38),
                grain: 1.0,
                strip: None,
                sight: Rgb::stored(232, 228, 214),
                round_sights: false,
            },
            pocket: PocketLook {
                liner: leather,
                width: LEATHER,
                hole: Rgb::stored(11, 10, 11),
                net: None,
                plate: None,
            },
        }
    }
}
