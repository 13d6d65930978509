//! Texts of the overlay as entities: one per label, kept and changed in place.

use super::{
    PROJECTOR,
    canvas::Canvas,
    label::{FONT_SIZE, Label},
};
use bevy::{camera::visibility::NoFrustumCulling, prelude::*};

/// Components of a text.
pub(super) type Words = (&'static mut Text2d, &'static mut TextColor, &'static mut Transform);

/// Marks one of the texts that show the canvas' labels.
#[derive(Component)]
pub(super) struct LabelText;

/// Returns a text with the content of the label.
pub(super) fn text(label: &Label) -> impl Bundle {
    let [red, green, blue, alpha] = label.colour;
    (
        Text2d(label.text.clone()),
        TextFont { font_size: FontSize::Px(FONT_SIZE), ..default() },
        TextColor(Color::linear_rgba(red, green, blue, alpha)),
        label.transform,
        NoFrustumCulling,
        PROJECTOR,
    )
}

/// Updates a text from the label, or clears it; unchanged components are left untouched.
pub(super) fn write(
    (shown, colour, transform): &mut (Mut<Text2d>, Mut<TextColor>, Mut<Transform>),
    label: Option<&Label>,
) {
    let words = label.map_or("", |label| &label.text);
    if shown.0 != words {
        words.clone_into(&mut shown.0);
    }
    if let Some(label) = label {
        let [red, green, blue, alpha] = label.colour;
        colour.set_if_neq(TextColor(Color::linear_rgba(red, green, blue, alpha)));
        transform.set_if_neq(label.transform);
    }
}

/// Writes the labels of the canvas.
pub(super) fn show_labels(canvas: Res<Canvas>, mut texts: Query<Words, With<LabelText>>, mut commands: Commands) {
    let mut labels = canvas.labels().iter();
    for mut words in &mut texts {
        write(&mut words, labels.next());
    }
    for label in labels {
        commands.spawn((Name::new("Label"), LabelText, text(label)));
    }
}
