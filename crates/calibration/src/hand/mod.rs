//! Calibration by hand: a person moves points of the projector's picture until their light falls on known places of the
//! table.
//!
//! The four corners of the nose lines are always present and determine the map. Each further point ([`HandMark`]) is an
//! additional measurement: the map is then the one that comes nearest to all of them, and its residual at each point is
//! reported.

use super::{
    homography::{CornersError, corner_places, from_four_points, is_convex, lies_across},
    profile::ProjectorCorners,
    projector::fit_all,
    setup::CalibrationSetup,
};
use billiards_table::{
    CameraPoint, FrameSize, HandMark, Homography, ProjectorPoint, ProjectorPx, ProjectorView, Sights, TableMetres,
    TablePoint, TableSpec,
};
use serde::{Deserialize, Serialize};

/// Names of the corners, in their order.
const CORNERS: [&str; 4] = ["top left", "top right", "bottom right", "bottom left"];
/// Minimum number of points among which an outlier can be identified: any four of five agree.
const MIN_POINTS: usize = 6;
/// Maximum root mean square residual at which no point is an outlier, millimetres: nobody sets points better by hand.
const MAX_FIT_RMS_MM: f64 = 2.0;
/// Minimum distance of an outlier from where the map of all other points puts it, millimetres.
const MIN_OUTLIER_MM: f64 = 4.0;
/// Minimum ratio by which the root mean square residual decreases without an outlier.
const MIN_IMPROVEMENT: f64 = 3.0;
/// Maximum distance of a spot of the table from a mark that it shows, metres.
const MAX_SPOT_OFFSET: f64 = 0.001;

/// A mark of the table, and the point of the projector's picture whose light falls on it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkedPoint {
    /// Mark on the table.
    pub mark: HandMark,
    /// Point of the projector's picture, pixels.
    pub projector: ProjectorPoint,
}

/// A point that is moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPoint {
    /// Name of the place, as seen in the projector's picture.
    pub name: String,
    /// Place on the table on which the point's light should fall, metres.
    pub table: TablePoint,
    /// Point of the projector's picture, pixels.
    pub projector: ProjectorPoint,
}

/// Points that are moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPoints {
    /// Size of the projector's picture, pixels.
    pub size: FrameSize,
    /// Points: the four corners of the nose lines, clockwise from the top left as seen in the picture, then any others.
    pub points: Vec<HandPoint>,
}

/// Fit of the projector's view to the points.
#[derive(Debug, Clone, PartialEq)]
pub struct HandFit {
    /// View of the projector that fits best.
    pub view: ProjectorView,
    /// Residual at each point, millimetres of the table's x and y; almost zero for four points.
    pub residuals_mm: Vec<[f64; 2]>,
    /// `true` for each point that contradicts all the others.
    pub outliers: Vec<bool>,
    /// Root mean square of the residuals, millimetres.
    pub rms_mm: f64,
    /// Largest residual, millimetres.
    pub worst_mm: f64,
}

/// A point with its residual.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedHandPoint {
    /// Name of the place.
    pub name: String,
    /// Point of the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// Residual of the map of all points at this one, millimetres on the cloth; `None` if there are only four points,
    /// which are always met, or if they give no map.
    pub residual_mm: Option<f64>,
    /// `true` if the point contradicts all others.
    pub outlier: bool,
    /// `true` if the point is not a corner and can be removed.
    pub extra: bool,
}

/// Error of moving, adding or removing a point.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HandPointError {
    /// No point has this number.
    #[error("there is no point {}: there are {count}", place + 1)]
    NoPoint {
        /// Index of the point, counted from 0.
        place: usize,
        /// Number of points.
        count: usize,
    },
    /// The named point is one of the four corners, which cannot be removed.
    #[error("the {0} corner cannot be removed: four corners are always needed")]
    Corner(&'static str),
    /// The table has no such mark.
    #[error("`{name}` cannot be added: the table has none")]
    NoMark {
        /// Name of the mark.
        name: String,
    },
    /// The mark already has a point.
    #[error("`{name}` cannot be added: it already has a point")]
    MarkTaken {
        /// Name of the mark.
        name: String,
    },
    /// The place, x and y in pixels, is not finite.
    #[error("({0}, {1}) is not a place in the projector's picture: expected two finite numbers of pixels")]
    NoPlace(f64, f64),
    /// The points give no transform.
    #[error(transparent)]
    Corners(#[from] CornersError),
}

impl ProjectorCorners {
    /// Returns the points with their names and their places on this table.
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

    /// Returns the marks that are not among the points yet.
    fn unused(&self) -> impl Iterator<Item = HandMark> {
        HandMark::ALL.into_iter().filter(|mark| self.points.iter().all(|point| point.mark != *mark))
    }
}

impl HandPoints {
    /// Solves for the view that comes nearest to the points: through all of them if there are four.
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
        // The map must also show a table that is neither turned over nor torn apart at the horizon.
        let back = corners.map(|(_, table)| from_table.map(table));
        let [Some(a), Some(b), Some(c), Some(d)] = back else { return Err(CornersError::Contradiction) };
        if !is_convex(&[a, b, c, d].map(as_seen)) {
            return Err(CornersError::Contradiction);
        }
        Ok(ProjectorView { size: self.size, from_table })
    }

    /// Returns the points with their residuals, and the root mean square and the largest residual, millimetres, if
    /// there are enough points.
    #[must_use]
    pub fn fitted(self) -> (Vec<FittedHandPoint>, Option<(f64, f64)>) {
        let fit = self.fit().ok().filter(|_| self.points.len() > CORNERS.len());
        let points = self.points.into_iter().enumerate().map(|(i, point)| FittedHandPoint {
            name: point.name,
            projector: point.projector,
            residual_mm: fit.as_ref().map(|fit| fit.residuals_mm[i][0].hypot(fit.residuals_mm[i][1])),
            outlier: fit.as_ref().is_some_and(|fit| fit.outliers[i]),
            extra: i >= CORNERS.len(),
        });
        (points.collect(), fit.as_ref().map(|fit| (fit.rms_mm, fit.worst_mm)))
    }

    /// Solves for the view, with its residual at each point.
    ///
    /// # Errors
    /// As for [`HandPoints::view`].
    pub fn fit(&self) -> Result<HandFit, CornersError> {
        let (view, pairs) = (self.view()?, self.pairs());
        let falls = view.from_table.inverse();
        let residuals_mm: Vec<[f64; 2]> = pairs.iter().map(|pair| residual_mm(&falls, pair)).collect();
        let sizes = || residuals_mm.iter().map(|[x, y]| x.hypot(*y));
        let worst_mm = sizes().fold(0.0, f64::max);
        let outliers = outliers(&pairs);
        let rms_mm = (sizes().map(|size| size * size).sum::<f64>() / pairs.len() as f64).sqrt();
        Ok(HandFit { view, residuals_mm, outliers, rms_mm, worst_mm })
    }

    fn pairs(&self) -> Vec<Pair> {
        self.points.iter().map(|point| (point.projector, point.table)).collect()
    }
}

type Pair = (ProjectorPoint, TablePoint);

/// Converts a point of the projector's picture to one of a camera's: the conditions for a quad are the same.
fn as_seen(p: ProjectorPoint) -> CameraPoint {
    p.cast_unit()
}

fn residual_mm(falls: &Homography<ProjectorPx, TableMetres>, (seen, place): &Pair) -> [f64; 2] {
    let residual = falls.map(*seen).map_or([f64::INFINITY; 2], |there| (there - *place).to_array());
    residual.map(|metres| 1e3 * metres)
}

/// Returns for each point whether it is an outlier: one after the other, the point without which the others agree best,
/// as long as that makes a great difference.
fn outliers(pairs: &[Pair]) -> Vec<bool> {
    let mut is_outlier = vec![false; pairs.len()];
    loop {
        let kept: Vec<usize> = (0..pairs.len()).filter(|i| !is_outlier[*i]).collect();
        if kept.len() < MIN_POINTS {
            return is_outlier;
        }
        let without = |left_out: Option<usize>| {
            let rest: Vec<Pair> = kept.iter().filter(|i| Some(**i) != left_out).map(|i| pairs[*i]).collect();
            let falls = fit_all(&rest)?;
            let square = |pair| residual_mm(&falls, pair).into_iter().map(|part| part * part).sum::<f64>();
            let rms = (rest.iter().map(square).sum::<f64>() / rest.len() as f64).sqrt();
            Some((rms, left_out.map_or(0.0, |i| square(&pairs[i]).sqrt())))
        };
        let Some((together, _)) = without(None).filter(|(rms, _)| *rms > MAX_FIT_RMS_MM) else { return is_outlier };
        let alone = kept.iter().filter_map(|i| Some((*i, without(Some(*i))?)));
        match alone.min_by(|a, b| a.1.0.total_cmp(&b.1.0)) {
            Some((i, (rms, residual))) if residual > MIN_OUTLIER_MM && MIN_IMPROVEMENT * rms < together => {
                is_outlier[i] = true;
            }
            _ => return is_outlier,
        }
    }
}

impl CalibrationSetup {
    /// Returns the points that are moved by hand, as they are in force; the corners alone if the projector was measured
    /// or is not calibrated.
    #[must_use]
    pub fn hand_points(&self) -> HandPoints {
        self.projector_corners().hand_points(&self.table_spec())
    }

    /// Returns the marks of the table that can be added to the points, with their names in the projector's picture.
    #[must_use]
    pub fn addable_hand_points(&self) -> Vec<(HandMark, String)> {
        let (known, spec) = (self.projector_corners(), self.table_spec());
        let across = known.lies_across();
        known.unused().filter(|mark| is_visible(*mark, &spec)).map(|mark| (mark, mark.name(across))).collect()
    }

    /// Moves a point, counted from 0, to a place of the projector's picture, pixels, at most half a picture beyond its
    /// edges. The measured calibration of the projector is discarded.
    ///
    /// # Errors
    /// There is no such point, the place is not finite, or the points then give no transform; nothing changes.
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
        self.set_hand_points(known)
    }

    /// Adds a point for a mark of [`CalibrationSetup::addable_hand_points`] after all others, at the place where its
    /// light falls by the calibration in force. The measured calibration of the projector is discarded.
    ///
    /// # Errors
    /// The table has no such mark, the mark already has a point, or the points give no transform; nothing changes.
    pub fn add_hand_point(&mut self, mark: HandMark) -> Result<(), HandPointError> {
        let (mut known, spec) = (self.projector_corners(), self.table_spec());
        if !is_visible(mark, &spec) {
            return Err(HandPointError::NoMark { name: mark.name(known.lies_across()) });
        }
        if !known.unused().any(|unused| unused == mark) {
            return Err(HandPointError::MarkTaken { name: mark.name(known.lies_across()) });
        }
        let view = self.solve()?.projector;
        let projector = view.from_table.map(mark.place(&spec)).ok_or(CornersError::Contradiction)?;
        known.points.push(MarkedPoint { mark, projector });
        self.set_hand_points(known)
    }

    /// Removes an added point; the number counts all points from 0.
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
        self.set_hand_points(known)
    }

    fn set_hand_points(&mut self, points: ProjectorCorners) -> Result<(), HandPointError> {
        points.hand_points(&self.table_spec()).view()?;
        self.set_projector_corners(points);
        Ok(())
    }
}

/// Returns whether a person can see a mark on this table: there are the side pockets of a table with pockets, and
/// diamonds show all other marks; without diamonds, there are the spots.
fn is_visible(mark: HandMark, spec: &TableSpec) -> bool {
    if matches!(mark, HandMark::LeftSide | HandMark::RightSide) {
        return spec.pockets.is_some();
    }
    let is_spot = || spec.spots().any(|spot| (spot - mark.place(spec)).length() < MAX_SPOT_OFFSET);
    spec.markings.sights == Sights::Diamonds || is_spot()
}

/// Returns a point limited to the projector's picture and half a picture beyond its edges.
fn held(p: ProjectorPoint, size: FrameSize) -> ProjectorPoint {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    ProjectorPoint::new(p.x.clamp(-0.5 * w, 1.5 * w), p.y.clamp(-0.5 * h, 1.5 * h))
}

#[cfg(test)]
mod tests;
