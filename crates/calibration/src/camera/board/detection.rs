//! Detection of the board in one picture.

use super::{SQUARES, board, dictionary};
use crate::projector::{fit_map, median};
use billiards_table::{FrameSize, SensorPx};
use euclid::Point2D;
use opencv::{
    aruco,
    core::{self, Mat, Point2f, Vector},
    prelude::*,
};

/// Minimum number of corners that a picture must show, of 54.
const MIN_CORNERS: usize = 12;
/// Minimum number of markers from which the layout of a board is determined.
const MIN_MARKERS: usize = 6;
/// Maximum distance of a marker from its place in a layout, in sides of the marker: lenses have distortion.
const MAX_DISTANCE: f64 = 0.4;
/// Minimum share of the markers that lie where a layout has them. Six of seven markers of one layout lie like those of
/// the other one column to the side, so the layouts are compared as well.
const MIN_AGREEMENT: f64 = 0.8;

/// Corners of the board that one picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardView {
    /// Size of the picture, pixels.
    pub(super) size: FrameSize,
    /// Numbers of the corners and their positions, pixels.
    pub(super) corners: Vec<(i32, [f32; 2])>,
}

/// Result of looking for the board in a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum BoardDetection {
    /// Enough of the board is visible to be used.
    Detected(BoardView),
    /// Too little of the board is visible, or none.
    NotDetected,
    /// A board of the layout that OpenCV drew before version 4.6: its markers lie on the other squares.
    OldLayout,
    /// The board is mirrored.
    Mirrored,
}

/// Unit of the board's plane: squares from its top left corner.
#[derive(Debug, Clone, Copy)]
enum BoardSquares {}

/// Looks for the board in a picture.
///
/// # Errors
/// OpenCV fails.
pub fn detect_board(picture: &Mat) -> opencv::Result<BoardDetection> {
    let (markers, ids) = detect_markers(picture)?;
    if ids.len() < MIN_MARKERS {
        let mut flipped = Mat::default();
        core::flip(picture, &mut flipped, 1)?;
        if detect_markers(&flipped)?.1.len() >= MIN_MARKERS {
            return Ok(BoardDetection::Mirrored);
        }
        if ids.is_empty() {
            return Ok(BoardDetection::NotDetected);
        }
    } else {
        let [odd, even] = [Parity::Odd, Parity::Even].map(|parity| markers_on_squares(&markers, &ids, parity));
        if even > odd && even as f64 >= MIN_AGREEMENT * ids.len() as f64 {
            return Ok(BoardDetection::OldLayout);
        }
    }
    let (mut corners, mut numbers) = (Vector::<Point2f>::new(), Vector::<i32>::new());
    aruco::interpolate_corners_charuco_def(&markers, &ids, picture, &board()?, &mut corners, &mut numbers)?;
    let size = FrameSize { width: picture.cols() as u32, height: picture.rows() as u32 };
    let corners: Vec<_> = numbers.iter().zip(corners.iter().map(|corner| [corner.x, corner.y])).collect();
    let enough = corners.len() >= MIN_CORNERS;
    Ok(if enough { BoardDetection::Detected(BoardView { size, corners }) } else { BoardDetection::NotDetected })
}

type Markers = (Vector<Vector<Point2f>>, Vector<i32>);

fn detect_markers(picture: &Mat) -> opencv::Result<Markers> {
    let (mut markers, mut ids) = Markers::default();
    aruco::detect_markers_def(picture, &dictionary()?, &mut markers, &mut ids)?;
    Ok((markers, ids))
}

/// Squares on which the markers lie: those whose row and column, counted from 0, add up to an odd or an even number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parity {
    /// Layout of this program's board, with a black square in its top left corner.
    Odd,
    /// Layout of OpenCV before 4.6 for an even number of rows.
    Even,
}

impl Parity {
    /// Returns column and row of each marker's square, in the order of their numbers: row by row.
    pub fn squares(self) -> impl Iterator<Item = (i32, i32)> {
        let remainder = i32::from(self == Self::Odd);
        let all = (0..SQUARES.1).flat_map(|row| (0..SQUARES.0).map(move |column| (column, row)));
        all.filter(move |(column, row)| (column + row) % 2 == remainder)
    }
}

/// Returns the number of markers that lie as on a flat board with this layout.
fn markers_on_squares(markers: &Vector<Vector<Point2f>>, ids: &Vector<i32>, parity: Parity) -> usize {
    let squares: Vec<(i32, i32)> = parity.squares().collect();
    let (mut pairs, mut sides) = (Vec::new(), Vec::new());
    for (marker, id) in markers.iter().zip(ids) {
        let Some((column, row)) = usize::try_from(id).ok().and_then(|id| squares.get(id)) else { continue };
        let corners: Vec<Point2f> = marker.to_vec();
        let sum = corners.iter().fold((0.0, 0.0), |(x, y), p| (x + f64::from(p.x), y + f64::from(p.y)));
        let count = corners.len().max(1) as f64;
        let place = Point2D::<f64, BoardSquares>::new(f64::from(*column) + 0.5, f64::from(*row) + 0.5);
        pairs.push((place, Point2D::<f64, SensorPx>::new(sum.0 / count, sum.1 / count)));
        sides.extend(
            corners.windows(2).map(|pair| f64::from(pair[1].x - pair[0].x).hypot(f64::from(pair[1].y - pair[0].y))),
        );
    }
    let max_distance = MAX_DISTANCE * median(sides);
    let Some(map) = fit_map(&pairs, max_distance, 4) else { return 0 };
    let lies = |(place, seen): &&(Point2D<f64, BoardSquares>, Point2D<f64, SensorPx>)| {
        map.map(*place).is_some_and(|there| (there - *seen).length() < max_distance)
    };
    pairs.iter().filter(lies).count()
}

impl BoardView {
    /// Returns the mean distance between the common corners of two views, as a share of the picture's longer side;
    /// infinite if they have none in common.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        let common: Vec<f64> = self
            .corners
            .iter()
            .filter_map(|(number, [x, y])| {
                let (_, [u, v]) = other.corners.iter().find(|(other, _)| other == number)?;
                Some(f64::from(x - u).hypot(f64::from(y - v)))
            })
            .collect();
        if common.is_empty() {
            return f64::INFINITY;
        }
        common.iter().sum::<f64>() / common.len() as f64 / f64::from(self.size.width.max(self.size.height))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    const TURN: [f64; 3] = [0.3, -0.2, 1.5];
    const SHIFT: [f64; 3] = [10.0, 0.0, 360.0];

    #[test]
    fn a_board_is_seen_however_it_is_turned() {
        for about in [0.0, 1.5, 3.9] {
            let picture = testing::picture(&testing::lens(), [0.3, -0.2, about], SHIFT);
            let BoardDetection::Detected(view) = detect_board(&picture).expect("looked at") else { panic!("{about}") };
            assert!(view.corners.len() >= 20, "{about}: {} corners", view.corners.len());
        }
        assert_eq!(detect_board(&testing::nothing()).expect("looked at"), BoardDetection::NotDetected);
    }

    #[test]
    fn an_old_layout_and_a_mirrored_picture_are_named() {
        let old = testing::picture_of(&testing::old_board(), &testing::lens(), TURN, SHIFT);
        assert_eq!(detect_board(&old).expect("looked at"), BoardDetection::OldLayout);
        let picture = testing::picture(&testing::lens(), TURN, SHIFT);
        for axis in [0, 1] {
            let mut mirrored = Mat::default();
            core::flip(&picture, &mut mirrored, axis).expect("flipped");
            assert_eq!(detect_board(&mirrored).expect("looked at"), BoardDetection::Mirrored, "axis {axis}");
        }
    }
}
