//! Pixel grids of the detector.
//!
//! | grid | pixels |
//! |---|---|
//! | [`CameraPx`](billiards_table::CameraPx) | those of the whole rectified picture |
//! | [`StoredPx`] | those of the picture that the table is cut out of: that picture, or a smaller copy of it |
//! | [`FinePx`] | those of the working picture: the table and its cushions, scaled to one size |
//! | [`CoarsePx`] | those of the coarse picture: the working picture at a scale of one half |
//! | [`OutlinePx`] | those of the small picture in which the outline of the cloth is searched for |
//! | [`NosePx`] | those of the picture in which the nose lines are searched for |
//!
//! In every grid x runs right and y down, and a pixel's centre is at whole numbers: the pixel 0, 0 spans -0.5 to 0.5.
//! Directions are therefore the same in all of them. A function that mixes the places of two grids does not compile;
//! only [`scene`](super::scene), the [view](super::picture::View) through which it reads the stored picture, and
//! [`table`](super::table), which searches for the table, convert places.

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

/// Unit of the outline picture: pixels of the whole rectified picture, reduced for the search of the cloth's outline. A
/// pixel's centre is at whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutlinePx;

/// Unit of the nose picture: pixels of the whole rectified picture, reduced for the search of the nose lines if the
/// table is long in it. A pixel's centre is at whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NosePx;

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

/// A place in the outline picture.
pub(super) type OutlinePoint = Point2D<f64, OutlinePx>;
/// A displacement (pixels) or a direction (unit length) in the outline picture.
pub(super) type OutlineVector = Vector2D<f64, OutlinePx>;
/// The four corners of the cloth in the outline picture.
pub(super) type OutlineQuad = [OutlinePoint; 4];
/// A place in the nose picture.
pub(super) type NosePoint = Point2D<f64, NosePx>;
/// The four corners of a table or of its cloth in the nose picture.
pub(super) type NoseQuad = [NosePoint; 4];
