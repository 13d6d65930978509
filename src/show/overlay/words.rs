//! The texts of the overlay as entities: as many as there are labels, kept and changed in place.

use super::{
    PROJECTOR,
    canvas::Canvas,
    label::{FONT_SIZE, Label},
};
use bevy::{camera::visibility::NoFrustumCulling, prelude::*};

/// What a text is made of.
pub(super) type Words = (&'static mut Text2d, &'static mut TextColor, &'static mut Transform);

/// One of the texts that show the canvas' labels.
#[derive(Component)]
pub(super) struct LabelText;

/// A text that says what the label says.
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

/// Makes a text say what the label says, or nothing; what is as it should be is left untouched.
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
