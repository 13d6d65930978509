//! The theme as it is drawn: adapted to the cloth that the camera sees.

use crate::sense::LatestSight;
use bevy::prelude::*;
use billiards_overlay::contrast::{between_cloths, readable};
use billiards_table::settings::{Colour, Settings, Theme};

/// Minimum distance in Oklab between two cloths for the colours to be adapted again: noise and shadows must not change
/// them.
const OTHER_CLOTH: f32 = 0.06;

/// Colours and dimensions that are drawn: the [`Theme`], adapted to the cloth.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Default)]
pub struct AdaptedTheme(pub Theme);

/// Theme and cloth for which the colours were chosen.
#[derive(Debug, Default)]
pub(super) struct ChosenFor(Option<(Theme, Option<Colour>)>);

/// Adapts the colours when the theme or the cloth has changed.
pub(super) fn adapt_theme(
    settings: Res<Settings>,
    sight: Option<Res<LatestSight>>,
    mut chosen: Local<ChosenFor>,
    mut shown: ResMut<AdaptedTheme>,
) {
    let theme = settings.overlay.theme;
    let ground = sight.as_ref().and_then(|sight| sight.0.as_ref()?.detections.ground.as_ref()?.cloth());
    let seen = ground.map(|[red, green, blue]| Colour { red, green, blue });
    let before = chosen.0.and_then(|(_, cloth)| cloth);
    let cloth = match (before, seen) {
        (Some(before), Some(seen)) if between_cloths(before, seen) > OTHER_CLOTH => Some(seen),
        // The cloth seen last still lies there when it is hidden.
        (before, seen) => before.or(seen),
    };
    if chosen.0 != Some((theme, cloth)) {
        chosen.0 = Some((theme, cloth));
        let adapted = cloth.filter(|_| theme.adapt).map_or(theme, |cloth| readable(&theme, cloth));
        shown.set_if_neq(AdaptedTheme(adapted));
    }
}
