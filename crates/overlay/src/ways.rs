//! Lines of a shot: the paths of the balls, the line of sight, the tangent line.

use super::{
    dashes::DashPattern,
    lines::{Corner, corners_between, length, places, without_end, without_start},
    painter::{LineStyle, Painter, Shot},
    shape::Shape,
};
use billiards_table::settings::Rgba;
use billiards_table::{BallPath, Fate, Prediction, TablePoint, TableVector};

/// Length and half width of an arrow head, in widths of its line.
const ARROW: (f64, f64) = (4.0, 1.8);
/// Minimum length of a visible arrow head, metres.
const MIN_ARROW: f64 = 0.002;
/// Minimum deviation of the cue ball's path from the line of sight at which the latter is shown, metres.
const OFF_SIGHT: f64 = 0.004;
/// Maximum length of the tangent line, metres: soon after the contact, spin curves the path.
const TANGENT_REACH: f64 = 0.45;
/// Minimum sine of the cut angle for a tangent line: below it, the cue ball stops rather than leaves along the tangent.
const FULL_HIT: f64 = 0.05;

impl Painter<'_> {
    /// Draws the cue ball's path: up to the contact, and on from there.
    pub fn cue_ball(&mut self, shot: &Shot<'_>, path: &BallPath) {
        let (theme, style) = (self.scene.theme, self.scene.style);
        let radius = self.radius_of(path.ball);
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, self.light(theme.scratch, 1.0));
        }
        if style.stopping_points {
            self.stopping_point(path, theme.tangent);
        }
        if !style.cue_path {
            return;
        }
        if let Some(contact) = shot.contact {
            let after = without_start(&corners_between(path, contact, f64::INFINITY), radius);
            let pattern = Some(DashPattern::AFTER_CONTACT);
            self.way(path.ball, &after, LineStyle { width: theme.tangent_width, colour: theme.tangent, pattern });
        }
        let mut before = without_start(&shot.way_to_contact(path), radius);
        if shot.contact.is_some() {
            // The ghost ball's ring ends the line.
            before = without_end(&before, radius);
        }
        self.way(path.ball, &before, LineStyle { width: theme.aim_width, colour: theme.aim, pattern: None });
    }

    /// Draws the line of sight of the cue if english or an elevated cue takes the cue ball off it.
    pub fn line_of_sight(&mut self, shot: &Shot<'_>, path: &BallPath) {
        let Some(line) = shot.prediction.aim_line else { return };
        let Some(along) = (line.to - line.from).try_normalize() else { return };
        // Up to the first contact; the line does not continue after a cushion.
        let reach = (line.to - line.from).length();
        let way = places(&shot.way_to_contact(path));
        let before = way.iter().map(|p| *p - line.from).take_while(|off| off.dot(along) <= reach);
        if before.map(|off| off.cross(along).abs()).fold(0.0, f64::max) < OFF_SIGHT {
            return;
        }
        let theme = self.scene.theme;
        let [from, to] = [line.from, line.to].map(|place| Corner { place, time: 0.0 });
        let points = places(&without_start(&[from, to], self.radius_of(path.ball)));
        self.dashes(points, theme.tangent_width, DashPattern::SIGHT_LINE, self.faint(theme.aim));
    }

    /// Draws the tangent line through the ghost ball at right angles to the line of centres, on the side on which the
    /// cue ball leaves.
    pub fn tangent_line(&mut self, prediction: &Prediction) {
        let Some(ghost) = prediction.ghost_ball else { return };
        let Some(object) = self.scene.balls.iter().find(|ball| ball.id == ghost.object_ball) else { return };
        let Some(centres) = (object.position - ghost.position).try_normalize() else { return };
        let aside = prediction.aim - centres * prediction.aim.dot(centres);
        let Some(along) = aside.try_normalize().filter(|_| aside.length() > FULL_HIT) else { return };
        let (theme, table) = (self.scene.theme, self.scene.table);
        let start = table.cue_ball.radius;
        let reach = TANGENT_REACH.min(to_the_nose(ghost.position.x, along.x, table.width, start));
        let reach = reach.min(to_the_nose(ghost.position.y, along.y, table.length, start));
        if reach > start {
            let points = vec![ghost.position + along * start, ghost.position + along * reach];
            self.dashes(points, theme.thin_width, DashPattern::TANGENT_LINE, self.faint(theme.aim));
        }
    }

    /// Draws the object ball's path, with an arrow head if its end is certain.
    pub fn object_ball(&mut self, path: &BallPath) {
        let (theme, style) = (self.scene.theme, self.scene.style);
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, self.light(theme.object, 1.0));
        }
        if style.stopping_points {
            self.stopping_point(path, theme.object);
        }
        if !style.object_path {
            return;
        }
        let corners = corners_between(path, f64::NEG_INFINITY, f64::INFINITY);
        let corners = without_start(&corners, self.radius_of(path.ball));
        let pattern = Some(DashPattern::OBJECT_BALL);
        let line = LineStyle { width: theme.object_width, colour: theme.object, pattern };
        if !self.is_sure(path.ball) {
            // The end is uncertain: no arrow.
            return self.way(path.ball, &corners, line);
        }
        let (full, half_width) = (ARROW.0 * theme.object_width, ARROW.1 * theme.object_width);
        let arrow = full.min(length(&corners));
        let shaft = without_end(&corners, arrow);
        let Some(tip) = corners.last() else { return };
        let base = shaft.last().or(corners.first()).unwrap_or(tip).place;
        if arrow > MIN_ARROW && (tip.place - base).length() > 0.5 * MIN_ARROW {
            let along = (tip.place - base).normalize();
            let aside = TableVector::new(-along.y, along.x) * (half_width * arrow / full);
            let colour = self.light(theme.object, self.fade(path.ball).strength(tip.time));
            self.shapes.push(Shape::Polygon { corners: vec![tip.place, base + aside, base - aside], colour });
        }
        self.way(path.ball, &shaft, line);
    }

    /// Draws the path of a ball that is hit later.
    pub fn other_ball(&mut self, path: &BallPath) {
        let theme = self.scene.theme;
        let colour = self.faint(theme.object);
        if let Fate::Pocketed(pocket) = path.fate {
            self.pocket(pocket, colour);
        }
        let corners = corners_between(path, f64::NEG_INFINITY, f64::INFINITY);
        let points = places(&without_start(&corners, self.radius_of(path.ball)));
        if points.len() > 1 {
            self.dashes(points, theme.tangent_width, DashPattern::OTHER_BALLS, colour);
        }
    }

    fn dashes(&mut self, points: Vec<TablePoint>, width: f64, pattern: DashPattern, colour: Rgba) {
        self.shapes.push(Shape::Dashes { points, width, dash: pattern.stroke, gap: pattern.gap, colour });
    }
}

/// Returns the path length after which a ball at `from` meets a nose at 0 or `size` on one axis, metres; `along` is the
/// component of its unit direction on this axis.
fn to_the_nose(from: f64, along: f64, size: f64, radius: f64) -> f64 {
    let room = if along > 0.0 { size - radius - from } else { from - radius };
    if along == 0.0 { f64::INFINITY } else { (room / along.abs()).max(0.0) }
}
