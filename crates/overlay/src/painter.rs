//! The painter of a shot: common parts of its lines, and their order.

use super::{
    dashes::DashPattern,
    fade::Fade,
    lines::{Corner, corners_between},
    shape::Shape,
    shapes::Scene,
};
use billiards_table::settings::{Colour, Rgba};
use billiards_table::{BallId, BallPath, Prediction};

/// Maximum number of other balls whose lines are drawn: with more, as after a break, they are unreadable.
const MAX_OTHERS: usize = 3;
/// No light.
pub(crate) const BLACK: Rgba = [0.0, 0.0, 0.0, 1.0];

/// Collects the shapes of a scene in painter's order.
pub(crate) struct Painter<'a> {
    pub scene: &'a Scene<'a>,
    pub shapes: Vec<Shape>,
}

/// Style of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LineStyle {
    /// Width, metres.
    pub width: f64,
    /// Colour where the path is certain.
    pub colour: Colour,
    /// Pattern of a dashed line; `None` for a solid one.
    pub pattern: Option<DashPattern>,
}

/// A shot, with the parts of it that are used repeatedly.
#[derive(Clone, Copy)]
pub(crate) struct Shot<'a> {
    pub prediction: &'a Prediction,
    /// Time of the cue ball's first contact with another ball, seconds after the strike.
    pub contact: Option<f64>,
    pub object_ball: Option<BallId>,
}

impl<'a> Shot<'a> {
    fn new(prediction: &'a Prediction) -> Self {
        Self {
            prediction,
            contact: prediction.first_contact(),
            object_ball: prediction.ghost_ball.map(|ghost| ghost.object_ball),
        }
    }

    /// Returns the path of a ball, if it moves.
    pub fn path_of(&self, ball: BallId) -> Option<&'a BallPath> {
        self.prediction.paths.iter().find(|path| path.ball == ball)
    }

    /// Returns the cue ball's path up to the first contact.
    pub fn way_to_contact(&self, path: &BallPath) -> Vec<Corner> {
        corners_between(path, f64::NEG_INFINITY, self.contact.unwrap_or(f64::INFINITY))
    }
}

impl<'a> Painter<'a> {
    /// Creates a painter with no shapes.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, shapes: Vec::new() }
    }

    /// Draws a shot without the dark discs: the faint shapes first, the most important ones last.
    pub fn shot(&mut self, prediction: &Prediction) {
        let shot = Shot::new(prediction);
        let style = self.scene.style;
        let (cue_path, object_path) =
            (shot.path_of(prediction.cue_ball), shot.object_ball.and_then(|ball| shot.path_of(ball)));
        if style.fan {
            self.fan(&shot);
        }
        if style.other_balls {
            let is_other = |path: &&BallPath| path.ball != prediction.cue_ball && Some(path.ball) != shot.object_ball;
            let others: Vec<_> = prediction.paths.iter().filter(is_other).collect();
            if others.len() <= MAX_OTHERS {
                others.into_iter().for_each(|path| self.other_ball(path));
            }
        }
        if let Some(path) = cue_path {
            if style.sight_line {
                self.line_of_sight(&shot, path);
            }
            if style.tangent_line {
                self.tangent_line(prediction);
            }
            self.cue_ball(&shot, path);
        }
        if let Some(path) = object_path {
            self.object_ball(path);
        }
        if style.rails {
            self.crosses(&shot);
        }
        self.rings(&shot);
    }

    /// Returns the radius of a ball of the shot, metres.
    pub fn radius_of(&self, ball: BallId) -> f64 {
        let is_cue_ball = self.scene.prediction.is_some_and(|shot| shot.cue_ball == ball);
        self.scene.table.radius(is_cue_ball)
    }

    /// Returns the light of a colour of the theme at this strength.
    pub fn light(&self, colour: Colour, strength: f32) -> Rgba {
        colour.light(self.scene.theme.brightness * f64::from(strength))
    }

    /// Returns the faint light of a colour of the theme, for secondary shapes.
    pub fn faint(&self, colour: Colour) -> Rgba {
        self.light(colour, self.scene.theme.faint as f32)
    }

    /// Returns the fading of lines along a ball's path.
    pub fn fade(&self, ball: BallId) -> Fade<'a> {
        let opening = self.scene.odds.and_then(|odds| odds.openings.iter().find(|opening| opening.ball == ball));
        Fade { opening, ball: 2.0 * self.radius_of(ball), faint: self.scene.theme.faint as f32 }
    }

    /// Returns whether the fan of a ball's paths stays narrower than a ball.
    pub fn is_sure(&self, ball: BallId) -> bool {
        let fade = self.fade(ball);
        fade.opening.is_none_or(|opening| opening.wider_than(fade.ball).is_infinite())
    }

    /// Draws a line along a ball's path that fades as the path gets uncertain.
    pub fn way(&mut self, ball: BallId, corners: &[Corner], style: LineStyle) {
        let light = |strength| self.light(style.colour, strength);
        let line = self.fade(ball).line(corners, style.width, style.pattern, light);
        self.shapes.extend(line);
    }
}
