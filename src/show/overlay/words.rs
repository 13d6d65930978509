//! Words on the cloth: text in metres, read from the long side at x = width.

use super::{PROJECTOR, theme::Rgba};
use crate::model::TablePoint;
use bevy::{camera::visibility::NoFrustumCulling, prelude::*};
use std::f32::consts::FRAC_PI_2;

/// Font size of the glyphs that are scaled to the height that is wanted, pixels.
const FONT_SIZE: f32 = 72.0;
/// Above the overlay's mesh.
const LAYER: f32 = 1.0;

/// What a text on the cloth is made of.
pub(super) type Words = (&'static mut Text2d, &'static mut TextColor, &'static mut Transform);

/// A text that says nothing yet.
pub(super) fn blank() -> impl Bundle {
    (
        Text2d::default(),
        TextFont { font_size: FontSize::Px(FONT_SIZE), ..default() },
        Transform::default(),
        NoFrustumCulling,
        PROJECTOR,
    )
}

/// Makes a text say `words`; what is as it should be is left untouched.
pub(super) fn write(
    (shown, colour, transform): &mut (Mut<Text2d>, Mut<TextColor>, Mut<Transform>),
    words: &str,
    [red, green, blue, alpha]: Rgba,
    place: Transform,
) {
    if shown.0 != words {
        shown.0 = words.to_owned();
    }
    colour.set_if_neq(TextColor(Color::linear_rgba(red, green, blue, alpha)));
    transform.set_if_neq(place);
}

/// A line of text `height` metres high whose middle is at `place`: the words run along +y, their tops point to -x.
pub(super) fn line_at(place: TablePoint, height: f32) -> Transform {
    Transform::from_xyz(place.x as f32, place.y as f32, LAYER)
        .with_rotation(Quat::from_rotation_z(FRAC_PI_2))
        .with_scale(Vec3::splat(height / FONT_SIZE))
}
