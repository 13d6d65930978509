//! Calibration by hand: points of the projector's picture that a person moves until their light falls on known places of
//! the table.
//!
//! There are always the four corners of the nose lines, which say everything. Each further point ([`HandMark`]) is one
//! more witness: then the map is the one that comes nearest to all of them, and what it misses each by is told.

use super::{
    homography::{CornersError, corner_places, from_four_points, is_convex, lies_across},
    profile::ProjectorCorners,
    projector::fit_all,
    setup::CalibrationSetup,
};
use billiards_table::{
    CameraPoint, FrameSize, HandMark, Homography, ProjectorPoint, ProjectorPx, ProjectorView, TableMetres, TablePoint,
    TableSpec,
};
use serde::{Deserialize, Serialize};

/// What the corners are called, in their order.
const CORNERS: [&str; 4] = ["top left", "top right", "bottom right", "bottom left"];
/// The fewest points of which one can be told to be wrong: any four of five agree.
const FEWEST_TO_BLAME: usize = 6;
/// Points that are met within this, root mean square, are all right, millimetres: nobody sets them better by hand.
const FINE_MM: f64 = 2.0;
/// A wrong point is missed by more than this by the map of all others, millimetres,
const WRONG_MM: f64 = 4.0;
/// and without it the others agree so many times better.
const BETTER: f64 = 3.0;

/// A mark of the table, and the point of the projector's picture whose light falls on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkedPoint {
    /// The mark.
    pub mark: HandMark,
    /// The point, pixels.
    pub projector: ProjectorPoint,
}

/// A point that is moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPoint {
    /// What its place is called, as seen in the projector's picture.
    pub name: String,
    /// The place on the table that its light is to fall on.
    pub table: TablePoint,
    /// The point of the projector's picture, pixels.
    pub projector: ProjectorPoint,
}

/// The points that are moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPoints {
    /// Size of the projector's picture.
    pub size: FrameSize,
    /// The four corners of the nose lines, clockwise from the top left as seen in the picture; then any others.
    pub points: Vec<HandPoint>,
}

/// Where the light falls if it falls as the points say.
#[derive(Debug, Clone, PartialEq)]
pub struct HandFit {
    /// The transform.
    pub view: ProjectorView,
    /// By how much it misses each point: millimetres of the table's x and y. All but nothing for four points.
    pub misses_mm: Vec<[f64; 2]>,
    /// Whether a point contradicts all the others.
    pub outliers: Vec<bool>,
    /// Root mean square of the misses, millimetres.
    pub rms_mm: f64,
    /// The largest of them, millimetres.
    pub worst_mm: f64,
}

/// A point, and what all of them together say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedPoint {
    /// What its place is called.
    pub name: String,
    /// Where it is in the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// By how much the light of all points together misses it, millimetres on the cloth; `None` for four points, which
    /// are met whatever they are.
    pub miss_mm: Option<f64>,
    /// It contradicts all others.
    pub wrong: bool,
    /// It is no corner, and can be removed.
    pub extra: bool,
}

/// Why a point is not moved, added or removed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HandPointError {
    /// There is no point of this number.
    #[error("there is no point {}: there are {count}", place + 1)]
    NoPoint {
        /// Its number, counted from 0.
        place: usize,
        /// How many there are.
        count: usize,
    },
    /// The four corners are always there.
    #[error("the {0} corner cannot be removed: four corners are always needed")]
    Corner(&'static str),
    /// The mark has a point already.
    #[error("`{name}` cannot be added: it has a point already")]
    MarkTaken {
        /// Name of the mark.
        name: String,
    },
    /// A place that is no number.
    #[error("a place of {0} × {1} pixels is none")]
    NoPlace(f64, f64),
    /// The points give no transform.
    #[error(transparent)]
    Corners(#[from] CornersError),
}

impl ProjectorCorners {
    /// The points with their names and their places on this table.
    #[must_use]
    pub fn hand_points(&self, spec: &TableSpec) -> HandPoints {
        let across = self.lies_across();
        let corners = CORNERS.into_iter().zip(corner_places(across, spec)).zip(self.corners);
        let corners = corners.map(|((name, table), projector)| HandPoint { name: name.to_owned(), table, projector });
        let others = self.points.iter().map(|point| HandPoint {
            name: point.mark.name(across),
            table: point.mark.place(spec),
            projector: point.projector,
        });
        HandPoints { size: self.size, points: corners.chain(others).collect() }
    }

    fn lies_across(&self) -> bool {
        lies_across(&self.corners.map(as_seen))
    }

    /// The marks that are not among the points yet.
    fn unused(&self) -> impl Iterator<Item = HandMark> {
        HandMark::ALL.into_iter().filter(|mark| self.points.iter().all(|point| point.mark != *mark))
    }
}

impl HandPoints {
    /// The transform that comes nearest to the points: through all of them where there are four.
    ///
    /// # Errors
    /// The corners do not span a convex quad, or the points contradict each other.
    pub fn view(&self) -> Result<ProjectorView, CornersError> {
        let pairs = self.pairs();
        let [a, b, c, d, ..] = pairs[..] else { return Err(CornersError::NotAQuad) };
        let corners = [a, b, c, d];
        if !is_convex(&corners.map(|(seen, _)| as_seen(seen))) {
            return Err(CornersError::NotAQuad);
        }
        let from_table: Homography<TableMetres, ProjectorPx> = if pairs.len() == 4 {
            let (seen, places) = (corners.map(|pair| pair.0), corners.map(|pair| pair.1));
            from_four_points(places, seen).ok_or(CornersError::NotAQuad)?
        } else {
            fit_all(&pairs).ok_or(CornersError::Contradiction)?.inverse()
        };
        // Near to all of them, and still a table that is neither turned over nor torn apart at the horizon.
        let back = corners.map(|(_, table)| from_table.map(table));
        let [Some(a), Some(b), Some(c), Some(d)] = back else { return Err(CornersError::Contradiction) };
        if !is_convex(&[a, b, c, d].map(as_seen)) {
            return Err(CornersError::Contradiction);
        }
        Ok(ProjectorView { size: self.size, from_table })
    }

    /// The points with what is to be said of each, and the root mean square and the greatest miss, millimetres, where
    /// there are enough points to tell.
    #[must_use]
    pub fn judged(self) -> (Vec<JudgedPoint>, Option<(f64, f64)>) {
        let fit = self.fit().ok().filter(|_| self.points.len() > CORNERS.len());
        let points = self.points.into_iter().enumerate().map(|(i, point)| JudgedPoint {
            name: point.name,
            projector: point.projector,
            miss_mm: fit.as_ref().map(|fit| fit.misses_mm[i][0].hypot(fit.misses_mm[i][1])),
            wrong: fit.as_ref().is_some_and(|fit| fit.outliers[i]),
            extra: i >= CORNERS.len(),
        });
        (points.collect(), fit.as_ref().map(|fit| (fit.rms_mm, fit.worst_mm)))
    }

    /// The transform, and how well it meets each point.
    ///
    /// # Errors
    /// As for [`HandPoints::view`].
    pub fn fit(&self) -> Result<HandFit, CornersError> {
        let (view, pairs) = (self.view()?, self.pairs());
        let falls = view.from_table.inverse();
        let misses_mm: Vec<[f64; 2]> = pairs.iter().map(|pair| miss_mm(&falls, pair)).collect();
        let sizes = || misses_mm.iter().map(|[x, y]| x.hypot(*y));
        let worst_mm = sizes().fold(0.0, f64::max);
        let outliers = outliers(&pairs);
        let rms_mm = (sizes().map(|miss| miss * miss).sum::<f64>() / pairs.len() as f64).sqrt();
        Ok(HandFit { view, misses_mm, outliers, rms_mm, worst_mm })
    }

    fn pairs(&self) -> Vec<Pair> {
        self.points.iter().map(|point| (point.projector, point.table)).collect()
    }
}

type Pair = (ProjectorPoint, TablePoint);

/// Corners in the projector's picture as those in a camera's: what makes a quad is the same.
fn as_seen(p: ProjectorPoint) -> CameraPoint {
    p.cast_unit()
}

fn miss_mm(falls: &Homography<ProjectorPx, TableMetres>, (seen, place): &Pair) -> [f64; 2] {
    let off = falls.map(*seen).map_or([f64::INFINITY; 2], |there| (there - *place).to_array());
    off.map(|metres| 1e3 * metres)
}

/// Which points contradict all the others: one after the other, that one without which the rest agree best, as long as
/// that makes a great difference.
fn outliers(pairs: &[Pair]) -> Vec<bool> {
    let mut wrong = vec![false; pairs.len()];
    loop {
        let kept: Vec<usize> = (0..pairs.len()).filter(|i| !wrong[*i]).collect();
        if kept.len() < FEWEST_TO_BLAME {
            return wrong;
        }
        let without = |left_out: Option<usize>| {
            let rest: Vec<Pair> = kept.iter().filter(|i| Some(**i) != left_out).map(|i| pairs[*i]).collect();
            let falls = fit_all(&rest)?;
            let square = |pair| miss_mm(&falls, pair).into_iter().map(|part| part * part).sum::<f64>();
            let rms = (rest.iter().map(square).sum::<f64>() / rest.len() as f64).sqrt();
            Some((rms, left_out.map_or(0.0, |i| square(&pairs[i]).sqrt())))
        };
        let Some((together, _)) = without(None).filter(|(rms, _)| *rms > FINE_MM) else { return wrong };
        let alone = kept.iter().filter_map(|i| Some((*i, without(Some(*i))?)));
        match alone.min_by(|a, b| a.1.0.total_cmp(&b.1.0)) {
            Some((i, (rms, miss))) if miss > WRONG_MM && BETTER * rms < together => wrong[i] = true,
            _ => return wrong,
        }
    }
}

impl CalibrationSetup {
    /// The points that are moved by hand, where they are in force now; the corners alone where the projector was measured
    /// or nothing is known of it.
    #[must_use]
    pub fn hand_points(&self) -> HandPoints {
        self.projector_corners().hand_points(&self.table_kind().spec())
    }

    /// Returns the marks that can be added to the points, with their names in the projector's picture.
    #[must_use]
    pub fn addable_hand_points(&self) -> Vec<(HandMark, String)> {
        let known = self.projector_corners();
        let across = known.lies_across();
        known.unused().map(|mark| (mark, mark.name(across))).collect()
    }

    /// Moves a point, counted from 0, to a place of the projector's picture, pixels; no further than half a picture
    /// beyond its edges. What was measured of the projector is given up.
    ///
    /// # Errors
    /// There is no such point, the place is none, or the points give no transform then; nothing changes.
    pub fn move_hand_point(&mut self, point: usize, place: ProjectorPoint) -> Result<(), HandPointError> {
        if !place.is_finite() {
            return Err(HandPointError::NoPlace(place.x, place.y));
        }
        let mut known = self.projector_corners();
        let count = known.corners.len() + known.points.len();
        let held = held(place, known.size);
        let others = known.points.iter_mut().map(|point| &mut point.projector);
        let moved = known.corners.iter_mut().chain(others).nth(point);
        *moved.ok_or(HandPointError::NoPoint { place: point, count })? = held;
        self.give_hand_points(known)
    }

    /// Adds the point for a mark of [`CalibrationSetup::addable_hand_points`], there where its light falls by the
    /// calibration in force, behind all others. What was measured of the projector is given up.
    ///
    /// # Errors
    /// The mark has a point already; nothing changes.
    pub fn add_hand_point(&mut self, mark: HandMark) -> Result<(), HandPointError> {
        let (mut known, spec) = (self.projector_corners(), self.table_kind().spec());
        if !known.unused().any(|unused| unused == mark) {
            return Err(HandPointError::MarkTaken { name: mark.name(known.lies_across()) });
        }
        let view = self.solve()?.projector;
        let projector = view.from_table.map(mark.place(&spec)).ok_or(CornersError::Contradiction)?;
        known.points.push(MarkedPoint { mark, projector });
        self.give_hand_points(known)
    }

    /// Removes a point, counted from 0, that was added.
    ///
    /// # Errors
    /// There is no such point, or it is one of the four corners; nothing changes.
    pub fn remove_hand_point(&mut self, point: usize) -> Result<(), HandPointError> {
        let mut known = self.projector_corners();
        if let Some(corner) = CORNERS.get(point) {
            return Err(HandPointError::Corner(corner));
        }
        let count = CORNERS.len() + known.points.len();
        if point >= count {
            return Err(HandPointError::NoPoint { place: point, count });
        }
        known.points.remove(point - CORNERS.len());
        self.give_hand_points(known)
    }

    fn give_hand_points(&mut self, points: ProjectorCorners) -> Result<(), HandPointError> {
        points.hand_points(&self.table_kind().spec()).view()?;
        self.give_projector_corners(points);
        Ok(())
    }
}

/// A point that is held near the projector's picture: half of one beyond it at most.
fn held(p: ProjectorPoint, size: FrameSize) -> ProjectorPoint {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    ProjectorPoint::new(p.x.clamp(-0.5 * w, 1.5 * w), p.y.clamp(-0.5 * h, 1.5 * h))
}

#[cfg(test)]
mod tests;
