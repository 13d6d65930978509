//! How the lens bends, from pictures of a printed board.

use super::lens::LensError;
use crate::model::{FrameSize, Lens};
use opencv::{
    aruco::{self, CharucoBoard, Dictionary},
    calib3d,
    core::{self, Mat, Point2f, Ptr, Size, Vector},
    prelude::*,
};

/// Squares across and down.
const SQUARES: (i32, i32) = (7, 10);
/// Sides of a square and of the marker in it, millimetres.
const SQUARE: f64 = 25.0;
const MARKER: f64 = 17.5;
/// Millimetres a printed module, half the modules of the markers, so that squares, margins and markers are whole numbers.
const MODULE: f64 = 1.25;
/// A sheet of A4, millimetres.
const SHEET: (f64, f64) = (210.0, 297.0);
/// Corners that a picture must show, of 54.
const FEWEST: usize = 12;
/// Pictures with so many corners that are needed.
const PICTURES: usize = 6;
/// Distance of the corners from where the lens should show them, pixels in a picture of 1280 columns: beyond it the
/// board is bent or the pictures are blurred.
const WORST: f64 = 1.0;
/// How differently, in degrees, the board must be held in two pictures at least: from one side alone a long lens and a
/// far board look like a short one and a near board.
const TURNED: f64 = 15.0;

/// A lens that was measured with the board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoardLens {
    /// The lens, its focal length included.
    pub lens: Lens,
    /// Root mean square distance of the corners from where the lens should show them, pixels.
    pub rms: f64,
    /// Pictures that showed enough of the board.
    pub pictures: usize,
}

/// Why pictures of a board tell no lens.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Too few show the board.
    #[error(
        "the board is seen clearly in {seen} of {given} pictures; {PICTURES} are needed: hold it flat, well lit and whole \
         in the picture"
    )]
    Unseen {
        /// Pictures that show enough of the board.
        seen: usize,
        /// Pictures that were given.
        given: usize,
    },
    /// The views are all alike.
    #[error(
        "the board was held alike in all pictures (turned by {turned:.0} degrees; {TURNED} are needed): tilt it to all \
         sides, and bring it into the picture's corners too"
    )]
    Alike {
        /// The largest angle between two views of the board, degrees.
        turned: f64,
    },
    /// The corners do not fit any lens.
    #[error("the board's corners fit no lens ({rms:.1} pixels off): print it on stiff paper and hold it still")]
    Unfit {
        /// Root mean square distance, pixels.
        rms: f64,
    },
    /// The pictures cannot be used.
    #[error("{0}")]
    Pictures(LensError),
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

fn dictionary() -> opencv::Result<Ptr<Dictionary>> {
    aruco::get_predefined_dictionary(aruco::PREDEFINED_DICTIONARY_NAME::DICT_5X5_100)
}

fn board() -> opencv::Result<Ptr<CharucoBoard>> {
    CharucoBoard::create(SQUARES.0, SQUARES.1, SQUARE as f32, MARKER as f32, &dictionary()?)
}

/// The board with so many pixels a [`MODULE`], black on white, no margin.
fn drawn(pixels: i32) -> opencv::Result<Mat> {
    let modules = (SQUARE / MODULE).round() as i32;
    let size = Size::new(SQUARES.0 * modules * pixels, SQUARES.1 * modules * pixels);
    let mut picture = Mat::default();
    board()?.draw(size, &mut picture, 0, 1)?;
    Ok(picture)
}

/// The board as a sheet of A4 to print at its true size: an SVG picture in millimetres, with a line to check that by.
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
        // Runs of black modules, a rectangle each.
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

/// The corners of the board that one picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardView {
    size: FrameSize,
    /// Number of a corner, and where it is, pixels.
    corners: Vec<(i32, [f32; 2])>,
}

impl BoardView {
    /// What a picture shows of the board; `None` where that is too little to be used.
    ///
    /// # Errors
    /// OpenCV fails.
    pub fn of(picture: &Mat) -> opencv::Result<Option<Self>> {
        let (mut markers, mut ids) = (Vector::<Vector<Point2f>>::new(), Vector::<i32>::new());
        aruco::detect_markers_def(picture, &dictionary()?, &mut markers, &mut ids)?;
        if ids.is_empty() {
            return Ok(None);
        }
        let (mut corners, mut numbers) = (Vector::<Point2f>::new(), Vector::<i32>::new());
        aruco::interpolate_corners_charuco_def(&markers, &ids, picture, &board()?, &mut corners, &mut numbers)?;
        let size = FrameSize { width: picture.cols() as u32, height: picture.rows() as u32 };
        let corners: Vec<_> = numbers.iter().zip(corners.iter().map(|corner| [corner.x, corner.y])).collect();
        Ok((corners.len() >= FEWEST).then_some(Self { size, corners }))
    }

    /// How far apart two views show the same corners on average, in shares of the picture's longer side; infinite where
    /// they have none in common.
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

/// The lens from pictures of the board held in different ways; see [`lens_from_views`].
///
/// # Errors
/// Too few pictures show the board, it is held alike in all of them, it fits no lens, or OpenCV fails.
pub fn lens_from_boards(pictures: &[Mat]) -> Result<BoardLens, BoardError> {
    let first = pictures.first().ok_or(BoardError::Pictures(LensError::NoPicture))?;
    if pictures.iter().any(|picture| picture.cols() != first.cols() || picture.rows() != first.rows()) {
        return Err(BoardError::Pictures(LensError::Sizes));
    }
    let views: Vec<BoardView> =
        pictures.iter().filter_map(|picture| BoardView::of(picture).transpose()).collect::<Result<_, _>>()?;
    if views.len() < PICTURES {
        return Err(BoardError::Unseen { seen: views.len(), given: pictures.len() });
    }
    lens_from_views(&views)
}

/// The lens from views of the board held in different ways, after Zhang ("A flexible new technique for camera
/// calibration", 2000).
///
/// # Errors
/// There are too few, of pictures of different sizes, the board is held alike in all of them, it fits no lens, or OpenCV
/// fails.
pub fn lens_from_views(views: &[BoardView]) -> Result<BoardLens, BoardError> {
    let size = views.first().ok_or(BoardError::Pictures(LensError::NoPicture))?.size;
    if views.iter().any(|view| view.size != size) {
        return Err(BoardError::Pictures(LensError::Sizes));
    }
    if views.len() < PICTURES {
        return Err(BoardError::Unseen { seen: views.len(), given: views.len() });
    }
    let corners: Vector<Vector<Point2f>> = views
        .iter()
        .map(|view| view.corners.iter().map(|(_, [x, y])| Point2f::new(*x, *y)).collect::<Vector<_>>())
        .collect();
    let numbers: Vector<Vector<i32>> =
        views.iter().map(|view| view.corners.iter().map(|(number, _)| *number).collect::<Vector<_>>()).collect();
    // The aspect of the first guess, square pixels, is kept.
    let (mut camera, mut bends) = (Mat::eye(3, 3, core::CV_64F)?.to_mat()?, Mat::default());
    let (mut turns, mut shifts) = (Vector::<Mat>::new(), Vector::<Mat>::new());
    let sides = Size::new(size.width as i32, size.height as i32);
    // A third radial term is more than a board in some pictures can tell.
    let flags = calib3d::CALIB_FIX_K3 | calib3d::CALIB_FIX_ASPECT_RATIO;
    let enough = core::TermCriteria::new(core::TermCriteria_COUNT + core::TermCriteria_EPS, 100, 1e-9)?;
    let rms = aruco::calibrate_camera_charuco(
        &corners,
        &numbers,
        &board()?,
        sides,
        &mut camera,
        &mut bends,
        &mut turns,
        &mut shifts,
        flags,
        enough,
    )?;
    if !rms.is_finite() || rms > WORST * f64::from(size.width.max(size.height)) / 1280.0 {
        return Err(BoardError::Unfit { rms });
    }
    let turned = widest_turn(&turns)?;
    if turned < TURNED {
        return Err(BoardError::Alike { turned });
    }
    let bends = bends.data_typed::<f64>()?;
    let term = |i: usize| bends.get(i).copied().unwrap_or(0.0);
    let at = |row: i32, column: i32| camera.at_2d::<f64>(row, column).copied();
    let lens = Lens {
        size,
        focal: [at(0, 0)?, at(1, 1)?],
        centre: [at(0, 2)?, at(1, 2)?],
        radial: [term(0), term(1), term(4)],
        tangential: [term(2), term(3)],
    };
    Ok(BoardLens { lens, rms, pictures: corners.len() })
}

/// The largest angle between the board's faces in two pictures, degrees.
fn widest_turn(turns: &Vector<Mat>) -> opencv::Result<f64> {
    let mut faces = Vec::with_capacity(turns.len());
    for turn in turns {
        let mut matrix = Mat::default();
        calib3d::rodrigues_def(&turn, &mut matrix)?;
        let at = |row: i32| matrix.at_2d::<f64>(row, 2).copied();
        faces.push(nalgebra::Vector3::new(at(0)?, at(1)?, at(2)?));
    }
    let angle = |a: &nalgebra::Vector3<f64>, b: &nalgebra::Vector3<f64>| a.angle(b).to_degrees();
    Ok(faces.iter().flat_map(|a| faces.iter().map(move |b| angle(a, b))).fold(0.0, f64::max))
}

/// Pictures of the board for tests.
#[cfg(test)]
pub(in crate::rig::calibration) mod testing {
    use super::*;
    use crate::model::SensorPoint;
    use nalgebra::{Rotation3, Vector3};

    const SIZE: FrameSize = FrameSize { width: 640, height: 360 };
    /// Of the lens in these pictures, pixels.
    pub const FOCAL: f64 = 533.0;

    pub fn lens() -> Lens {
        Lens { radial: [-0.18, 0.03, 0.0], centre: [324.0, 177.0], ..Lens::straight(SIZE, FOCAL) }
    }

    /// The board as the lens shows it, turned about its middle.
    pub fn picture(lens: &Lens, turn: [f64; 3], shift: [f64; 3]) -> Mat {
        let flat = drawn(4).expect("a board");
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
                    let pixel = |v: f64| (v / MODULE * 4.0) as i32;
                    let inside = (0.0..w).contains(&u) && (0.0..h).contains(&v);
                    sum +=
                        if inside { f64::from(*flat.at_2d::<u8>(pixel(v), pixel(u)).expect("a pixel")) } else { 235.0 };
                }
                *out.at_2d_mut::<u8>(row, column).expect("a pixel") = (0.25 * sum) as u8;
            }
        }
        out
    }

    pub fn pictures() -> Vec<Mat> {
        [
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
        ]
        .iter()
        .map(|(turn, shift)| picture(&lens(), *turn, *shift))
        .collect()
    }

    /// A picture without a board.
    pub fn nothing() -> Mat {
        Mat::new_rows_cols_with_default(360, 640, core::CV_8UC1, core::Scalar::all(90.0)).expect("a picture")
    }
}

#[cfg(test)]
mod tests {
    use super::{
        testing::{FOCAL, lens, nothing, picture, pictures},
        *,
    };
    use crate::model::SensorPoint;

    #[test]
    fn the_lens_comes_out_of_ten_pictures() {
        let found = lens_from_boards(&pictures()).expect("a lens");
        assert_eq!(found.pictures, 10);
        assert!(found.rms < 0.3, "{found:?}");
        assert!((found.lens.focal[0] / FOCAL - 1.0).abs() < 0.01, "{found:?}");
        // The camera may be thought turned a little: ways between rays are compared.
        let way = |lens: &Lens, p: (f64, f64)| {
            let [a, b] = [p, (320.0, 180.0)].map(|p| lens.ray(SensorPoint::from(p)).expect("seen"));
            [a[0] - b[0], a[1] - b[1]]
        };
        for place in [(160.0, 80.0), (320.0, 40.0), (470.0, 280.0), (30.0, 30.0)] {
            let [a, b] = [way(&lens(), place), way(&found.lens, place)];
            let off = (a[0] - b[0]).hypot(a[1] - b[1]) * FOCAL;
            assert!(off < 1.5, "{place:?} {off} {found:?}");
        }
    }

    #[test]
    fn unseen_and_alike_boards_are_refused() {
        let error = lens_from_boards(&vec![nothing(); 8]).expect_err("refused");
        assert!(matches!(error, BoardError::Unseen { seen: 0, given: 8 }), "{error}");
        let flat = picture(&lens(), [0.0, 0.0, 1.5], [0.0, 0.0, 330.0]);
        let error = lens_from_boards(&vec![flat; 7]).expect_err("refused");
        assert!(matches!(error, BoardError::Alike { .. }), "{error}");
        assert!(lens_from_boards(&[]).is_err());
    }

    #[test]
    fn the_sheet_that_is_shipped_is_this_one_in_millimetres() {
        let svg = board_svg().expect("a board");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/charuco-a4.svg");
        assert!(std::fs::read_to_string(path).expect("the shipped board") == svg, "{path} is not what board_svg draws");
        assert!(svg.contains("width=\"210mm\" height=\"297mm\"") && svg.contains("h100"));
    }
}
