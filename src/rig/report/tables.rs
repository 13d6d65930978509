//! Random pictures of tables in any room, light and view, and of places without a table.

use super::{
    ReportError, Request, each,
    picture_figures::{BallCounts, PictureFigures, TableVerdict},
};
use billiards_simulation::{PicturedBall, RandomPicture, RandomPictures};
use billiards_table::{BallSet, CameraPoint, TableQuad, longer_side};
use billiards_vision::Detector;
use opencv::{
    core::{Mat, Point, Scalar, Vector},
    imgcodecs, imgproc,
    prelude::MatTraitConst,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// Number of pictures with a table.
const TABLES: u64 = 300;
/// Number of pictures without a table, counted after those with one.
const PLACES: u64 = 100;
/// Maximum distance of a corner from the true one, as a share of the table's longer side in the picture.
const MAX_CORNER_ERROR: f64 = 0.015;
/// Maximum distance of a found ball from the true one, radii.
const MAX_BALL_ERROR: f64 = 0.6;

/// A picture to be judged, by its index.
#[derive(Debug, Clone, Copy)]
enum Item {
    Table(u64),
    Place(u64),
}

/// Judges every picture.
pub(crate) fn measure(request: &Request) -> Result<Vec<PictureFigures>, ReportError> {
    let pictures = RandomPictures::new(request.seed);
    let pictures = request.table.map_or(pictures, |table| pictures.with_table(table));
    if let Some(folder) = &request.out {
        fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.clone(), source })?;
    }
    let items: Vec<Item> = (0..TABLES).map(Item::Table).chain((0..PLACES).map(Item::Place)).collect();
    each("random picture", &items, &request.pick, |i, item| {
        let picture = match *item {
            Item::Table(index) => pictures.table(index)?,
            Item::Place(index) => pictures.without_table(index)?,
        };
        let start = Instant::now();
        let seen = Detector::new(None::<BallSet>).detect(&picture.image)?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        let (corners, refusal) = (seen.corners(), seen.table.as_ref().err().map(ToString::to_string));
        let balls: Vec<CameraPoint> = seen.balls.iter().map(|ball| ball.centre).collect();
        if let Some(folder) = &request.out {
            write(folder, i + 1, &picture, corners.as_ref())?;
        }
        Ok(judge(i + 1, &picture, corners.as_ref(), refusal, &balls, milliseconds))
    })
}

/// Compares what was found in a picture with its truth.
fn judge(
    number: usize,
    picture: &RandomPicture,
    corners: Option<&TableQuad>,
    refusal: Option<String>,
    balls: &[CameraPoint],
    milliseconds: f64,
) -> PictureFigures {
    let table = picture.table.as_ref();
    let error = table.zip(corners).map(|(table, corners)| corner_error(&table.corners, corners));
    let verdict = match (table, corners, error) {
        (Some(_), _, Some(error)) if error <= MAX_CORNER_ERROR => TableVerdict::Found,
        (Some(_), Some(_), _) => TableVerdict::Wrong,
        (Some(_), None, _) => TableVerdict::Refused,
        (None, Some(_), _) => TableVerdict::Invented,
        (None, None, _) => TableVerdict::NoTable,
    };
    let balls = table.filter(|_| verdict == TableVerdict::Found).map(|table| count_balls(&table.balls, balls));
    PictureFigures {
        number,
        description: picture.description.clone(),
        verdict,
        is_whole: table.is_some_and(|table| table.outside == 0.0),
        corner_error: error,
        refusal,
        balls: balls.unwrap_or_default(),
        milliseconds,
    }
}

/// Returns the distance of the worst corner from the true one, as a share of the longer side. Any corner may come
/// first: the picture of a table that lies obliquely has no top left corner.
fn corner_error(truth: &TableQuad, found: &TableQuad) -> f64 {
    let worst = |first: usize| {
        let distances = (0..4).map(|i| (truth[i] - found[(first + i) % 4]).length());
        distances.fold(0.0, f64::max)
    };
    (0..4).map(worst).fold(f64::MAX, f64::min) / longer_side(truth)
}

/// Counts the balls that were found, those that were missed, and those that are none. Hidden balls do not count.
fn count_balls(truth: &[PicturedBall], found: &[CameraPoint]) -> BallCounts {
    let pairs = truth.iter().enumerate().flat_map(|(i, ball)| {
        let distances = found.iter().enumerate().map(move |(j, place)| ((ball.centre - *place).length(), i, j));
        distances.filter(move |(distance, ..)| *distance <= MAX_BALL_ERROR * ball.radius)
    });
    let mut pairs: Vec<(f64, usize, usize)> = pairs.collect();
    pairs.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    let (mut seen, mut taken) = (vec![false; truth.len()], vec![false; found.len()]);
    for (_, i, j) in pairs {
        if !seen[i] && !taken[j] {
            (seen[i], taken[j]) = (true, true);
        }
    }
    let clear = truth.iter().zip(&seen).filter(|(ball, _)| ball.is_clear());
    let (all, hits) = clear.fold((0, 0), |(all, hits), (_, seen)| (all + 1, hits + usize::from(*seen)));
    BallCounts { all, found: hits, invented: taken.iter().filter(|taken| !**taken).count() }
}

/// Writes a picture with the true corners in yellow and the found ones in red.
fn write(folder: &Path, number: usize, picture: &RandomPicture, found: Option<&TableQuad>) -> Result<(), ReportError> {
    let path: PathBuf = folder.join(format!("{number:03}.png"));
    let mut image = picture.image.try_clone()?;
    if let Some(table) = &picture.table {
        outline(&mut image, &table.corners, Scalar::new(0.0, 255.0, 255.0, 0.0))?;
    }
    if let Some(found) = found {
        outline(&mut image, found, Scalar::new(0.0, 0.0, 255.0, 0.0))?;
    }
    let mut png = Vector::new();
    imgcodecs::imencode_def(".png", &image, &mut png)?;
    fs::write(&path, png.as_slice()).map_err(|source| ReportError::Write { path, source })
}

fn outline(image: &mut Mat, quad: &TableQuad, colour: Scalar) -> opencv::Result<()> {
    let pixel = |p: CameraPoint| Point::new(p.x.round() as i32, p.y.round() as i32);
    for i in 0..4 {
        imgproc::line(image, pixel(quad[i]), pixel(quad[(i + 1) % 4]), colour, 1, imgproc::LINE_AA, 0)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::BallLabel;

    const QUAD: [(f64, f64); 4] = [(100.0, 100.0), (500.0, 100.0), (500.0, 300.0), (100.0, 300.0)];

    fn quad(shift: f64) -> TableQuad {
        QUAD.map(|(x, y)| CameraPoint::new(x + shift, y))
    }

    #[test]
    fn corners_are_compared_whichever_comes_first() {
        let mut turned = quad(4.0);
        turned.rotate_left(1);
        assert!((corner_error(&quad(0.0), &turned) - 0.01).abs() < 1e-12);
        let mut skew = quad(0.0);
        skew[2].y += 40.0;
        assert!((corner_error(&quad(0.0), &skew) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn each_ball_is_found_once_and_hidden_ones_do_not_count() {
        let ball = |x: f64, visible: f64| PicturedBall {
            label: BallLabel::Cue,
            centre: CameraPoint::new(x, 50.0),
            radius: 10.0,
            visible,
        };
        let truth = [ball(50.0, 1.0), ball(100.0, 1.0), ball(150.0, 0.2), ball(200.0, 0.2)];
        let found = [(51.0, 50.0), (48.0, 50.0), (107.0, 50.0), (150.0, 52.0)].map(CameraPoint::from);
        assert_eq!(count_balls(&truth, &found), BallCounts { all: 2, found: 1, invented: 2 });
    }

    #[test]
    fn pictures_are_judged_by_what_they_show() {
        let judged = |with_table: bool, corners: Option<TableQuad>| {
            let pictures = RandomPictures::new(3).with_max_side(320);
            let picture = if with_table { pictures.table(0) } else { pictures.without_table(0) }.expect("painted");
            let refusal = corners.is_none().then(|| "no cloth".to_owned());
            judge(1, &picture, corners.as_ref(), refusal, &[], 1.0)
        };
        let truth =
            RandomPictures::new(3).with_max_side(320).table(0).expect("painted").table.expect("a table").corners;
        let far = truth.map(|p| p + euclid::vec2(50.0, 0.0));
        assert_eq!(judged(true, Some(truth)).verdict, TableVerdict::Found);
        assert_eq!(judged(true, Some(far)).verdict, TableVerdict::Wrong);
        assert_eq!(judged(true, None).verdict, TableVerdict::Refused);
        assert_eq!(judged(false, Some(truth)).verdict, TableVerdict::Invented);
        assert_eq!(judged(false, None).verdict, TableVerdict::NoTable);
    }
}
