//! Marks of a shot: rings, crosses, resting places, pockets, and the dark discs over the balls.

use super::{
    painter::{BLACK, Painter, Shot},
    shape::Shape,
};
use billiards_table::settings::{Colour, Rgba, Theme};
use billiards_table::{Ball, BallPath, Fate, PocketId, PredictedEventKind, TablePoint, TableSpec, TableVector};

/// Radius of the dark disc over each ball, in ball radii: leaves room for a few millimetres of calibration error.
const DISC_RADII: f64 = 1.35;
/// Length of the arms of a cross from its middle, metres.
const CROSS_ARM: f64 = 0.012;
/// Additional radius of the marker of a pocket beyond the hole, metres: its light must fall on the bed.
pub(crate) const POCKET_MARGIN: f64 = 0.012;

impl Painter<'_> {
    /// Draws a cross at each cushion contact of the cue ball and the object ball.
    pub fn crosses(&mut self, shot: &Shot<'_>) {
        let theme = self.scene.theme;
        for event in &shot.prediction.events {
            let PredictedEventKind::RailContact { ball, .. } = event.kind else { continue };
            let colour = if Some(ball) == shot.object_ball {
                theme.object
            } else if ball != shot.prediction.cue_ball {
                continue;
            } else if shot.contact.is_some_and(|contact| event.time > contact) {
                theme.tangent
            } else {
                theme.aim
            };
            let colour = self.light(colour, self.fade(ball).strength(event.time));
            for arm in [TableVector::new(1.0, 1.0), TableVector::new(1.0, -1.0)] {
                let reach = arm.normalize() * CROSS_ARM;
                let points = vec![event.position - reach, event.position + reach];
                self.shapes.push(Shape::Polyline { points, width: theme.tangent_width, colour });
            }
        }
    }

    /// Draws the ghost ball, and rings around the cue ball and the object ball.
    pub fn rings(&mut self, shot: &Shot<'_>) {
        let (theme, style) = (self.scene.theme, self.scene.style);
        if let Some(ghost) = shot.prediction.ghost_ball.filter(|_| style.ghost_ball) {
            let colour = self.light(theme.aim, 1.0);
            self.outline(ghost.position, self.scene.table.cue_ball.radius, theme.ghost_width, colour);
        }
        if !style.rings {
            return;
        }
        for ball in self.scene.balls {
            if ball.id == shot.prediction.cue_ball {
                self.ring_round(ball, self.faint(theme.aim));
            } else if Some(ball.id) == shot.object_ball {
                self.ring_round(ball, self.light(theme.object, 1.0));
            }
        }
    }

    /// Draws a ring around every ball.
    pub fn followers(&mut self) {
        let colour = self.faint(self.scene.theme.aim);
        for ball in self.scene.balls {
            self.ring_round(ball, colour);
        }
    }

    /// Draws a ball's outline at its resting place, if that is certain.
    pub fn stopping_point(&mut self, path: &BallPath, colour: Colour) {
        let Some(last) = path.pieces.last().filter(|_| path.fate == Fate::Rests) else { return };
        let centre = last.end_position();
        if self.is_sure(path.ball) && centre.is_finite() {
            self.outline(centre, self.radius_of(path.ball), self.scene.theme.ghost_width, self.faint(colour));
        }
    }

    /// Draws a ring around a pocket, if pockets are to be marked.
    pub fn pocket(&mut self, id: PocketId, colour: Rgba) {
        let pockets = self.scene.table.features().pockets;
        let Some(pocket) = pockets.into_iter().find(|pocket| pocket.id == id && self.scene.style.pocket) else {
            return;
        };
        let radius = pocket.radius + POCKET_MARGIN;
        self.shapes.push(Shape::Ring { centre: pocket.centre, radius, width: self.scene.theme.ring_width, colour });
    }

    /// Covers the balls with dark discs.
    pub fn discs(&mut self) {
        let table = self.scene.table;
        let discs = self.scene.balls.iter().map(|ball| dark_disc(table, ball));
        self.shapes.extend(discs);
    }

    /// Draws the outline of a ball of this radius.
    fn outline(&mut self, centre: TablePoint, radius: f64, width: f64, colour: Rgba) {
        self.shapes.push(Shape::Ring { centre, radius, width, colour });
    }

    fn ring_round(&mut self, ball: &Ball, colour: Rgba) {
        self.shapes.push(ring_around(self.scene.table, ball, self.scene.theme, colour));
    }
}

/// Returns a ring around a ball that does not light the ball itself.
pub(crate) fn ring_around(table: &TableSpec, ball: &Ball, theme: &Theme, colour: Rgba) -> Shape {
    let radius = theme.ring_radii.max(Theme::MIN_RING_RADII) * table.radius(ball.is_cue_ball());
    Shape::Ring { centre: ball.position, radius, width: theme.ring_width, colour }
}

/// Returns a disc without light that covers a ball.
pub(crate) fn dark_disc(table: &TableSpec, ball: &Ball) -> Shape {
    Shape::Disc { centre: ball.position, radius: DISC_RADII * table.radius(ball.is_cue_ball()), colour: BLACK }
}
