//! Texts of the overlay as entities: one per label, kept and changed in place.

use super::{PROJECTOR, canvas::Canvas};
use bevy::{camera::visibility::NoFrustumCulling, prelude::*};
use billiards_overlay::{Label, LabelPlace};
use std::f32::consts::FRAC_PI_2;

/// Font size of the glyphs before they are scaled to the height of the label, pixels.
const FONT_SIZE: f32 = 72.0;
/// Layer above the overlay's mesh.
const LAYER: f32 = 1.0;

/// Components of a text.
pub(super) type Words = (&'static mut Text2d, &'static mut TextColor, &'static mut Transform);

/// Marks one of the texts that show the canvas' labels.
#[derive(Component)]
pub(super) struct LabelText;

/// Returns where the glyphs go, in the world units of the projector's camera.
fn transform_of(label: &Label) -> Transform {
    let scale = label.height as f32 / FONT_SIZE;
    match label.place {
        LabelPlace::OnTable(place) => Transform::from_xyz(place.x as f32, place.y as f32, LAYER)
            .with_rotation(Quat::from_rotation_z(FRAC_PI_2))
            .with_scale(Vec3::splat(scale)),
        LabelPlace::InPicture(place) => {
            Transform::from_xyz(place.x as f32, place.y as f32, LAYER).with_scale(Vec3::new(scale, -scale, scale))
        }
    }
}

/// Returns a text with the content of the label.
pub(super) fn text(label: &Label) -> impl Bundle {
    let [red, green, blue, alpha] = label.colour;
    (
        Text2d(label.text.clone()),
        TextFont { font_size: FontSize::Px(FONT_SIZE), ..default() },
        TextColor(Color::linear_rgba(red, green, blue, alpha)),
        transform_of(label),
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
        transform.set_if_neq(transform_of(label));
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

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TablePoint;

    #[test]
    fn words_run_along_the_table_and_their_tops_point_away_from_the_reader() {
        let transform = transform_of(&Label::on_table("8", TablePoint::new(0.3, 0.9), 0.05, [1.0; 4]));
        let right = transform.transform_point(Vec3::X) - transform.translation;
        let up = transform.transform_point(Vec3::Y) - transform.translation;
        assert!(right.y > 0.0 && right.x.abs() < 1e-6);
        assert!(up.x < 0.0 && up.y.abs() < 1e-6);
    }
}
