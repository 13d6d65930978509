//! Measurement of the camera's lens from pictures of a printed board.

mod detection;
mod lens;

pub use detection::{BoardDetection, BoardView, detect_board};
pub use lens::{BoardLens, ExclusionReason, lens_from_boards, lens_from_views};

use super::lens::LensError;
use opencv::{
    aruco::{self, CharucoBoard, Dictionary},
    core::{Mat, Ptr, Size},
    prelude::*,
};

/// Number of squares, across and down.
const SQUARES: (i32, i32) = (7, 10);
/// Side of a square, millimetres.
const SQUARE: f64 = 25.0;
/// Side of the marker in a square, millimetres.
const MARKER: f64 = 17.5;
/// Side of a printed module, millimetres: half a module of the markers, so that squares, margins and markers are whole
/// numbers.
const MODULE: f64 = 1.25;
/// Size of an A4 sheet, millimetres.
const SHEET: (f64, f64) = (210.0, 297.0);
/// Minimum number of pictures that show the board through one lens.
const MIN_PICTURES: usize = 6;
/// Minimum angle, degrees, between the board's faces in two of the pictures: from one side alone a long lens and a far
/// board look like a short one and a near board.
const MIN_TURN: f64 = 15.0;

/// Error of measuring a lens from pictures of a board.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Too few pictures show the board.
    #[error(
        "the board is clearly visible in {seen} of {given} pictures; {MIN_PICTURES} are needed: hold it flat, well lit \
         and entirely in the picture"
    )]
    Unseen {
        /// Number of pictures that show enough of the board.
        seen: usize,
        /// Number of pictures that were given.
        given: usize,
    },
    /// The pictures show a board of the layout that OpenCV drew before version 4.6.
    #[error(
        "{seen} of {given} pictures show a board of another layout (that of OpenCV before 4.6, a white square in its top \
         left corner): print the sheet that `calibrate --board FILE` writes, and take the pictures again"
    )]
    OldLayout {
        /// Number of pictures that show such a board.
        seen: usize,
        /// Number of pictures that were given.
        given: usize,
    },
    /// The pictures are mirrored.
    #[error(
        "{seen} of {given} pictures are mirrored, the board's markers read backwards: switch mirroring off in the \
         camera's settings, and take the pictures again"
    )]
    Mirrored {
        /// Number of mirrored pictures.
        seen: usize,
        /// Number of pictures that were given.
        given: usize,
    },
    /// The pictures show the board through different lenses.
    #[error(
        "only {agree} of {given} pictures show the board through one and the same lens: keep zoom and focus as they are, \
         keep the board flat, and take the pictures again"
    )]
    Unlike {
        /// Number of pictures that agree.
        agree: usize,
        /// Number of pictures that show the board.
        given: usize,
    },
    /// The views are all alike.
    #[error(
        "the board was held the same way in all pictures (turned by {turned:.0} degrees; {MIN_TURN} are needed): tilt \
         it to all sides, and bring it into the picture's corners too"
    )]
    Alike {
        /// Largest angle between two views of the board, degrees.
        turned: f64,
    },
    /// The corners do not fit any lens.
    #[error("the board's corners fit no lens ({rms:.1} pixels off): print it on stiff paper and hold it still")]
    Unfit {
        /// Root mean square residual of the corners, pixels.
        rms: f64,
    },
    /// The pictures cannot be used.
    #[error("{0}")]
    Pictures(LensError),
    /// An OpenCV operation failed.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

fn dictionary() -> opencv::Result<Ptr<Dictionary>> {
    aruco::get_predefined_dictionary(aruco::PREDEFINED_DICTIONARY_NAME::DICT_5X5_100)
}

fn board() -> opencv::Result<Ptr<CharucoBoard>> {
    CharucoBoard::create(SQUARES.0, SQUARES.1, SQUARE as f32, MARKER as f32, &dictionary()?)
}

/// Draws the board with `pixels` pixels per [`MODULE`], black on white, without a margin.
fn drawn(pixels: i32) -> opencv::Result<Mat> {
    let modules = (SQUARE / MODULE).round() as i32;
    let size = Size::new(SQUARES.0 * modules * pixels, SQUARES.1 * modules * pixels);
    let mut picture = Mat::default();
    board()?.draw(size, &mut picture, 0, 1)?;
    Ok(picture)
}

/// Returns the board as an A4 sheet to print at its true size: an SVG picture in millimetres, with a line to check the
/// size.
///
/// # Errors
/// OpenCV cannot draw the board.
pub fn board_svg() -> opencv::Result<String> {
    let picture = drawn(1)?;
    let (width, height) = SHEET;
    let left = 0.5 * (width - SQUARE * f64::from(SQUARES.0));
    let top = 20.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\">\n\
         <title>Board for measuring a camera's lens</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{left}\" y=\"10\" font-family=\"sans-serif\" font-size=\"4.2\">Billiards Trainer: board for measuring a \
         camera's lens</text>\n\
         <text x=\"{left}\" y=\"16\" font-family=\"sans-serif\" font-size=\"4.2\">Print on A4 at 100 %, glue on something \
         flat</text>\n"
    );
    let mut path = String::new();
    for y in 0..picture.rows() {
        let row = picture.at_row::<u8>(y)?;
        let mut x = 0;
        // Runs of black modules become one rectangle each.
        for run in row.chunk_by(|a, b| (*a < 128) == (*b < 128)) {
            if run[0] < 128 {
                let (from, down) = (left + MODULE * f64::from(x), top + MODULE * f64::from(y));
                let length = MODULE * run.len() as f64;
                path += &format!("M{from} {down}h{length}v{MODULE}h-{length}z");
            }
            x += run.len() as i32;
        }
    }
    let ruler = top + SQUARE * f64::from(SQUARES.1) + 7.0;
    svg += &format!(
        "<path fill=\"#000\" shape-rendering=\"crispEdges\" d=\"{path}\"/>\n\
         <path stroke=\"#000\" stroke-width=\"0.3\" fill=\"none\" d=\"M{left} {ruler}h100M{left} {}v4M{} {}v4\"/>\n\
         <text x=\"{}\" y=\"{}\" font-family=\"sans-serif\" font-size=\"4.2\">100 mm when measured with a ruler</text>\n</svg>\n",
        ruler - 2.0,
        left + 100.0,
        ruler - 2.0,
        left + 104.0,
        ruler + 1.5
    );
    Ok(svg)
}

/// Pictures of the board for tests.
#[cfg(test)]
pub(crate) mod testing {
    use super::{detection::Parity, *};
    use billiards_table::{FrameSize, Lens, SensorPoint};
    use nalgebra::{Rotation3, Vector3};
    use opencv::core::{self, Rect};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const SIZE: FrameSize = FrameSize { width: 640, height: 360 };
    /// Number of pixels per module in the drawings of boards.
    const FINE: i32 = 4;
    /// Focal length of the lens in these pictures, pixels.
    pub const FOCAL: f64 = 533.0;

    pub fn lens() -> Lens {
        Lens { radial: [-0.18, 0.03, 0.0], centre: [324.0, 177.0], ..Lens::rectilinear(SIZE, FOCAL) }
    }

    /// Returns the drawing of a board as OpenCV made it before version 4.6: the same markers on the other squares.
    pub fn old_board() -> Mat {
        let new = drawn(FINE).expect("a board");
        let side = (SQUARE / MODULE).round() as i32 * FINE;
        let square = |(column, row): (i32, i32)| Rect::new(column * side, row * side, side, side);
        let mut old = Mat::zeros(new.rows(), new.cols(), core::CV_8UC1).expect("a board").to_mat().expect("a board");
        for (from, to) in Parity::Odd.squares().zip(Parity::Even.squares()) {
            let marker = Mat::roi(&new, square(from)).expect("a square").try_clone().expect("a square");
            let mut place = Mat::roi_mut(&mut old, square(to)).expect("a square");
            marker.copy_to(&mut place).expect("copied");
        }
        old
    }

    /// Renders the board as the lens shows it, turned about its middle.
    pub fn picture(lens: &Lens, turn: [f64; 3], shift: [f64; 3]) -> Mat {
        picture_of(&drawn(FINE).expect("a board"), lens, turn, shift)
    }

    /// Renders the drawing of a board as the lens shows it, turned about its middle.
    pub fn picture_of(flat: &Mat, lens: &Lens, turn: [f64; 3], shift: [f64; 3]) -> Mat {
        let turn = Rotation3::new(Vector3::from(turn));
        let (x, y, origin) = (turn * Vector3::x(), turn * Vector3::y(), Vector3::from(shift));
        let normal = x.cross(&y);
        let (w, h) = (SQUARE * f64::from(SQUARES.0), SQUARE * f64::from(SQUARES.1));
        let mut out =
            Mat::new_rows_cols_with_default(360, 640, core::CV_8UC1, core::Scalar::all(200.0)).expect("a picture");
        for row in 0..360 {
            for column in 0..640 {
                let mut sum = 0.0;
                for (dx, dy) in [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)] {
                    let ray = lens.ray(SensorPoint::new(f64::from(column) + dx, f64::from(row) + dy)).expect("seen");
                    let way = Vector3::new(ray[0], ray[1], 1.0);
                    let place = way * (normal.dot(&origin) / normal.dot(&way)) - origin;
                    let (u, v) = (place.dot(&x) + 0.5 * w, place.dot(&y) + 0.5 * h);
                    let pixel = |v: f64| (v / MODULE * f64::from(FINE)) as i32;
                    let inside = (0.0..w).contains(&u) && (0.0..h).contains(&v);
                    sum +=
                        if inside { f64::from(*flat.at_2d::<u8>(pixel(v), pixel(u)).expect("a pixel")) } else { 235.0 };
                }
                *out.at_2d_mut::<u8>(row, column).expect("a pixel") = (0.25 * sum) as u8;
            }
        }
        out
    }

    /// Turns (rotation vectors, radians) and shifts (millimetres) of the board in ten pictures.
    pub const POSES: [([f64; 3], [f64; 3]); 10] = [
        ([0.0, 0.0, 1.5], [0.0, 0.0, 330.0]),
        ([0.5, 0.0, 1.6], [60.0, 10.0, 360.0]),
        ([-0.5, 0.1, 1.5], [-70.0, 0.0, 360.0]),
        ([0.0, 0.5, 1.4], [40.0, -30.0, 350.0]),
        ([0.1, -0.5, 1.7], [-40.0, 30.0, 350.0]),
        ([0.3, 0.3, 0.1], [110.0, 0.0, 420.0]),
        ([-0.3, -0.3, 0.0], [-110.0, 10.0, 420.0]),
        ([0.4, -0.4, 0.8], [90.0, 40.0, 430.0]),
        ([-0.4, 0.4, 0.8], [-90.0, -40.0, 430.0]),
        ([0.0, -0.3, 3.0], [30.0, 40.0, 400.0]),
    ];

    pub fn pictures() -> Vec<Mat> {
        POSES.iter().map(|(turn, shift)| picture(&lens(), *turn, *shift)).collect()
    }

    /// Returns the corners of the board as the lens shows them, each up to a tenth of a pixel off.
    pub fn view(lens: &Lens, turn: [f64; 3], shift: [f64; 3]) -> BoardView {
        let mut rng = ChaCha8Rng::seed_from_u64((1e3 * (turn[0] + 7.0 * turn[1] + 9.0)) as u64);
        let turn = Rotation3::new(Vector3::from(turn));
        let [width, height] = [SQUARES.0, SQUARES.1].map(|count| SQUARE * f64::from(count));
        let (across, down) = (SQUARES.0 - 1, SQUARES.1 - 1);
        let inside = |v: f64, side: u32| (3.0..f64::from(side) - 3.0).contains(&v);
        let mut corners = Vec::new();
        for number in 0..across * down {
            let at = |index: i32| SQUARE * f64::from(index + 1);
            let (x, y) = (at(number % across) - 0.5 * width, at(number / across) - 0.5 * height);
            let place = turn * Vector3::new(x, y, 0.0) + Vector3::from(shift);
            let seen = lens.see([place.x / place.z, place.y / place.z]);
            let [x, y] = [seen.x, seen.y].map(|v| v + rng.random_range(-0.1..0.1));
            if inside(x, SIZE.width) && inside(y, SIZE.height) {
                corners.push((number, [x as f32, y as f32]));
            }
        }
        BoardView { size: SIZE, corners }
    }

    /// Returns a picture without a board.
    pub fn nothing() -> Mat {
        Mat::new_rows_cols_with_default(360, 640, core::CV_8UC1, core::Scalar::all(90.0)).expect("a picture")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_that_is_shipped_is_this_one_in_millimetres() {
        let svg = board_svg().expect("a board");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../calibration/charuco-a4.svg");
        assert!(std::fs::read_to_string(path).expect("the shipped board") == svg, "{path} is not what board_svg draws");
        assert!(svg.contains("width=\"210mm\" height=\"297mm\"") && svg.contains("h100"));
    }
}
