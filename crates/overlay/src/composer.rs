//! The picture of the aimed shot, from frame to frame.

use super::{
    afterglow::{Afterglow, dim, dim_label},
    chance::chance,
    drawing::Drawing,
    label::Label,
    legend::{Obstacles, layout},
    shapes::{Scene, compose},
};
use billiards_table::{Cue, TablePoint};
use std::time::Duration;

/// Width of the strip along the cue that labels keep clear of, metres: the shaft and its shadow.
const CUE_WIDTH: f64 = 0.06;

/// Composes the picture of the aimed shot with its labels: remembers how far a shot has faded, and where the chance of
/// the pot was written.
#[derive(Debug, Default)]
pub struct Composer {
    glow: Afterglow,
    chance_place: Option<TablePoint>,
}

impl Composer {
    /// Composes the picture of `scene` at `now`, on the source's clock; labels keep clear of `cues`. Without a clock
    /// nothing fades.
    pub fn compose<'a>(
        &mut self,
        scene: &Scene<'_>,
        cues: impl IntoIterator<Item = &'a Cue>,
        now: Option<Duration>,
    ) -> (Drawing, Vec<Label>) {
        let Scene { table, theme, style, balls, .. } = *scene;
        self.glow.step(now, scene.shot().map(|shot| (shot, scene.odds)), scene.is_quiet());
        let (prediction, odds) = self.glow.shot().map_or((None, None), |(shot, odds)| (Some(shot), odds));
        let scene = Scene { prediction, odds, ..*scene };
        let strength = self.glow.strength();
        let mut shapes = compose(&scene);
        if scene.shot().is_some() && strength < 1.0 {
            // Shapes that are shown without a shot as well do not fade with it.
            let lasting = compose(&Scene { prediction: None, ..scene });
            shapes.iter_mut().filter(|shape| !lasting.contains(shape)).for_each(|shape| dim(shape, strength));
        }
        let (mut texts, mut labels) = (Vec::new(), Vec::new());
        let mut obstacles = Obstacles::of(&shapes);
        for cue in cues {
            obstacles.add_line(cue.tip, cue.butt, CUE_WIDTH);
        }
        let light = theme.text.light(theme.brightness);
        if let Some((shot, odds)) = scene.shot().zip(scene.odds).filter(|_| style.chance)
            && let around = obstacles.clone().with_balls(balls, table)
            && let Some((text, place)) = chance(shot, odds, table, theme.chance_height, &around, self.chance_place)
        {
            self.chance_place = Some(place.middle);
            obstacles.add(place);
            texts.push(place);
            let mut label = Label::on_table(text, place.middle, theme.chance_height, light);
            dim_label(&mut label, strength);
            labels.push(label);
        }
        if style.legend && scene.is_quiet() {
            let ring = theme.ring_radii * table.ball_radius.max(table.cue_ball.radius) + theme.ring_width;
            for (text, place) in layout(balls, table, theme.legend_height, ring, &obstacles) {
                texts.push(place);
                labels.push(Label::on_table(text, place.middle, theme.legend_height, light));
            }
        }
        (Drawing::OnTable { shapes, texts }, labels)
    }
}
