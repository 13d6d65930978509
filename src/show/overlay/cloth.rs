//! The theme as it is drawn: adapted to the cloth that the camera sees.

use super::contrast::{between_cloths, readable};
use crate::sense::LatestSight;
use bevy::prelude::*;
use billiards_table::settings::{Colour, Settings, Theme};

/// A cloth that looks less different than this from the one that the colours were chosen for is the same, in Oklab:
/// clouds and shadows shall not change colours.
const OTHER_CLOTH: f32 = 0.06;

/// The colours and measures that are drawn: the [`Theme`], adapted to the cloth.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Default)]
pub struct ShownTheme(pub Theme);

/// What the colours were chosen for.
#[derive(Debug, Default)]
pub(super) struct ChosenFor(Option<(Theme, Option<Colour>)>);

/// Chooses colours when the theme or the cloth has become another.
pub(super) fn adapt_theme(
    settings: Res<Settings>,
    sight: Option<Res<LatestSight>>,
    mut chosen: Local<ChosenFor>,
    mut shown: ResMut<ShownTheme>,
) {
    let theme = settings.overlay.theme;
    let ground = sight.as_ref().and_then(|sight| sight.0.as_ref()?.detections.ground.as_ref()?.cloth());
    let seen = ground.map(|[red, green, blue]| Colour { red, green, blue });
    let before = chosen.0.and_then(|(_, cloth)| cloth);
    let cloth = match (before, seen) {
        (Some(before), Some(seen)) if between_cloths(before, seen) > OTHER_CLOTH => Some(seen),
        // What was seen once still lies there when it is hidden.
        (before, seen) => before.or(seen),
    };
    if chosen.0 != Some((theme, cloth)) {
        chosen.0 = Some((theme, cloth));
        let adapted = cloth.filter(|_| theme.adapt).map_or(theme, |cloth| readable(&theme, cloth));
        shown.set_if_neq(ShownTheme(adapted));
    }
}
