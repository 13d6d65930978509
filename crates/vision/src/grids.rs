//! Pixel grids of the detector.
//!
//! | grid | pixels |
//! |---|---|
//! | [`CameraPx`](billiards_table::CameraPx) | those of the whole rectified picture |
//! | [`StoredPx`] | those of the picture that the table is cut out of: that picture, or a smaller copy of it |
//! | [`FinePx`] | those of the working picture: the table and its cushions, scaled to one size |
//! | [`CoarsePx`] | those of the coarse picture: the working picture at a scale of one half |
//!
//! In every grid x runs right and y down, and a pixel's centre is at whole numbers: the pixel 0, 0 spans -0.5 to 0.5.
//! Directions are therefore the same in all of them. A function that mixes the places of two grids does not compile;
//! only [`scene`](super::scene), and the [view](super::picture::View) through which it reads the stored picture,
//! convert places.

use euclid::{Point2D, Vector2D};

/// Unit of the stored picture, from which a scene is read: pixels of the whole rectified picture, or of a copy at a
/// scale of 1/2, 1/4, … if the table is longer in it than is useful. A pixel's centre is at whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredPx;

/// Unit of the working picture: pixels of the cut around the table, scaled so that the table's longer side is
/// [`WORKING_LENGTH`](super::WORKING_LENGTH) of them long. A pixel's centre is at whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FinePx;

/// Unit of the coarse picture: pixels of the same cut, [`COARSE`](super::scene::COARSE) working pixels wide. A pixel's
/// centre is at whole numbers; that of the pixel 0, 0 lies at 0.5, 0.5 in the working picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CoarsePx;

/// A place in the stored picture.
pub(super) type StoredPoint = Point2D<f64, StoredPx>;
/// A place in the working picture.
pub(super) type FinePoint = Point2D<f64, FinePx>;
/// A displacement (pixels) or a direction (unit length) in the working picture.
pub(super) type FineVector = Vector2D<f64, FinePx>;
/// A place in the coarse picture.
pub(super) type CoarsePoint = Point2D<f64, CoarsePx>;

/// The four nose-line corners of a table in the working picture, in the order of
/// [`TableQuad`](billiards_table::TableQuad).
pub(super) type FineQuad = [FinePoint; 4];
