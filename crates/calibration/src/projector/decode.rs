//! Decoding of the coded dots: which dot is which, and where the camera sees it.

use super::{
    code::{WORD_DISTANCE, find},
    fit::median,
    light::Floats,
    pattern::DotGrid,
    spot::Window,
};
use billiards_table::{ProjectorPoint, SensorPoint};
use billiards_vision::VisionError;
use opencv::{
    core::{CV_32S, Mat, Size},
    imgproc,
    prelude::*,
};

/// Number of columns of the reduced picture in which dots are searched for; they are about five pixels wide there.
const SEARCH_WIDTH: f64 = 640.0;
/// Minimum height of a dot above the background, in standard deviations of the noise.
const STANDS_OUT: f64 = 7.0;
/// Range of the ratio of a letter's contrast to the dot's usual one in which the letter is readable; a passer-by's is
/// outside.
const LIKE_THE_OTHERS: std::ops::RangeInclusive<f64> = 0.6..=1.5;
/// Maximum light of a lit dot, as a share of full scale; beyond it, the dot's shape is lost.
const BLOWN_OUT: f64 = 0.95;
/// Minimum ratio of a pixel's change to a dot's contrast at which, away from dots, something else has changed it.
const MOTION: f64 = 0.4;

/// A dot that was detected and decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedDot {
    /// Index of the dot in the grid.
    pub dot: usize,
    /// Centre of the dot in the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// Centre of the dot in the delivered camera picture, pixels.
    pub camera: SensorPoint,
    /// Light that the dot adds to the cloth, as a share of full scale.
    pub contrast: f64,
    /// Share of the dot's letters that were readable, 0 to 1.
    pub agreement: f64,
}

/// Reason why a spot is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DotRejection {
    /// The contrast changed from letter to letter: somebody was in the light, or it is not the projector's.
    Disturbed,
    /// No dot has the letters of the spot.
    UnknownWord,
    /// The spot is as bright as the picture can be.
    BlownOut,
    /// Another spot has the same letters and is brighter: this one is its reflection.
    Reflection,
}

/// Result of decoding the pictures of all letters.
#[derive(Debug, Clone, Default)]
pub struct DotReading {
    /// Decoded dots, in the order of the grid.
    pub seen: Vec<DetectedDot>,
    /// Rejected spots, by their centres in the delivered picture, pixels, and the reasons.
    pub rejected: Vec<(SensorPoint, DotRejection)>,
    /// Share of the picture, for each letter, in which something else than dots changed between the letter and its
    /// inverse, 0 to 1.
    pub motion: Vec<f64>,
}

/// Light while a letter was shown, and while its inverse was shown.
#[derive(Debug, Clone)]
pub struct LetterLight {
    /// Light of the letter.
    pub plain: Mat,
    /// Light of the inverse.
    pub inverse: Mat,
}

/// A place that blinks as dots do.
struct Candidate {
    centre: SensorPoint,
    radius: f64,
}

/// Reads the dots from the light ([`light`](super::light::light)) of all letters.
///
/// A dot is found where the light differs between most letters and their inverses: the median over the letters ignores
/// what differs in some of them, such as a passing arm. Its letters are the signs of these differences relative to the
/// ground around it; its centre is that of all differences together.
///
/// # Errors
/// The pictures are of different sizes, or OpenCV fails.
pub fn read_dots(grid: &DotGrid, letters: &[LetterLight]) -> Result<DotReading, VisionError> {
    let pairs: Vec<(Floats<'_>, Floats<'_>)> = letters
        .iter()
        .map(|letter| Ok((Floats::of(&letter.plain)?, Floats::of(&letter.inverse)?)))
        .collect::<Result<_, VisionError>>()?;
    let (candidates, motion) = candidates(letters)?;
    let mut reading = DotReading { motion, ..DotReading::default() };
    for candidate in &candidates {
        match read(grid, &pairs, candidate) {
            Ok(dot) => reading.seen.push(dot),
            Err(why) => reading.rejected.push((candidate.centre, why)),
        }
    }
    // The brightest of the dots with the same word comes first.
    reading.seen.sort_by(|a, b| a.dot.cmp(&b.dot).then(b.contrast.total_cmp(&a.contrast)));
    let reflections = reading.seen.windows(2).filter(|pair| pair[0].dot == pair[1].dot);
    reading.rejected.extend(reflections.map(|pair| (pair[1].camera, DotRejection::Reflection)));
    reading.seen.dedup_by_key(|dot| dot.dot);
    Ok(reading)
}

fn read(
    grid: &DotGrid,
    pairs: &[(Floats<'_>, Floats<'_>)],
    candidate: &Candidate,
) -> Result<DetectedDot, DotRejection> {
    let Candidate { centre, radius } = *candidate;
    let window = |pair: &(Floats<'_>, Floats<'_>)| {
        Window::around(centre, radius, |x, y| Some(pair.0.get(x, y)? - pair.1.get(x, y)?))
    };
    let contrasts: Option<Vec<f64>> =
        pairs.iter().map(|pair| window(pair).map(|window| window.contrast(centre, radius))).collect();
    let contrasts = contrasts.ok_or(DotRejection::Disturbed)?;
    let usual = median(contrasts.iter().map(|contrast| contrast.abs()).collect());
    let readable = |contrast: f64| LIKE_THE_OTHERS.contains(&(contrast.abs() / usual));
    let letters: Vec<Option<bool>> =
        contrasts.iter().map(|contrast| readable(*contrast).then_some(*contrast > 0.0)).collect();
    let read = letters.iter().flatten().count();
    if read + WORD_DISTANCE as usize <= letters.len() {
        return Err(DotRejection::Disturbed);
    }
    let dot = find(&grid.words, &letters).ok_or(DotRejection::UnknownWord)?;
    let projector = *grid.centres.get(dot).ok_or(DotRejection::UnknownWord)?;
    let signs: Vec<(f32, &(Floats<'_>, Floats<'_>))> =
        letters.iter().zip(pairs).filter_map(|(lit, pair)| Some((if (*lit)? { 1.0 } else { -1.0 }, pair))).collect();
    let sum = |x: i64, y: i64| {
        signs.iter().map(|(sign, pair)| Some(sign * (pair.0.get(x, y)? - pair.1.get(x, y)?))).sum::<Option<f32>>()
    };
    let camera = Window::around(centre, radius, sum).and_then(|window| window.middle(centre, radius));
    let camera = camera.ok_or(DotRejection::Disturbed)?;
    let lit = |pair: &(Floats<'_>, Floats<'_>)| {
        let (x, y) = (camera.x.round() as i64, camera.y.round() as i64);
        Some(f64::from(pair.0.get(x, y)?.max(pair.1.get(x, y)?)))
    };
    if pairs.iter().filter_map(lit).fold(0.0, f64::max) > BLOWN_OUT {
        return Err(DotRejection::BlownOut);
    }
    Ok(DetectedDot { dot, projector, camera, contrast: usual, agreement: read as f64 / letters.len() as f64 })
}

/// Returns places that blink and, for each letter, the share of the picture that something else changed.
fn candidates(letters: &[LetterLight]) -> Result<(Vec<Candidate>, Vec<f64>), VisionError> {
    let Some(first) = letters.first() else { return Ok((Vec::new(), Vec::new())) };
    let shrink = (f64::from(first.plain.cols()) / SEARCH_WIDTH).round().max(1.0);
    let changes: Vec<Mat> =
        letters.iter().map(|letter| small_change(letter, shrink)).collect::<Result<_, VisionError>>()?;
    let changes: Vec<Floats<'_>> = changes.iter().map(Floats::of).collect::<Result<_, VisionError>>()?;
    let Some(first) = changes.first() else { return Ok((Vec::new(), Vec::new())) };
    let (width, height) = (first.width, first.height);
    let usual = usual_change(&changes);
    let (ground, noise) = ground_and_noise(&usual);
    let floor = ground + STANDS_OUT as f32 * noise;
    let spots = spots(&usual, width, height, floor, ground)?;
    let full = |v: f64| (v + 0.5) * shrink - 0.5;
    let found = spots.iter().map(|spot| Candidate {
        centre: SensorPoint::new(full(spot.centre[0]), full(spot.centre[1])),
        radius: spot.radius * shrink,
    });
    let contrast = median(spots.iter().map(|spot| f64::from(spot.peak)).collect()) as f32;
    let moved = |change: &Floats<'_>| {
        let other =
            change.values().iter().zip(&usual).filter(|(now, usual)| now.abs() > **usual + MOTION as f32 * contrast);
        other.count() as f64 / usual.len().max(1) as f64
    };
    Ok((found.collect(), changes.iter().map(moved).collect()))
}

/// Returns the change of light between a letter and its inverse, in a reduced picture, without changes of the whole
/// room.
fn small_change(letter: &LetterLight, shrink: f64) -> Result<Mat, VisionError> {
    let change = super::light::difference(&letter.plain, &letter.inverse)?;
    let size = Size::new((f64::from(change.cols()) / shrink) as i32, (f64::from(change.rows()) / shrink) as i32);
    let (mut small, mut smooth) = (Mat::default(), Mat::default());
    imgproc::resize(&change, &mut small, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    imgproc::gaussian_blur_def(&small, &mut smooth, Size::new(3, 3), 0.0)?;
    let all = Floats::of(&smooth)?;
    let usual = median(all.values().iter().step_by(37).map(|v| f64::from(*v)).collect());
    let mut even = Mat::default();
    smooth.convert_to(&mut even, -1, 1.0, -usual)?;
    Ok(even)
}

/// Returns the median over the letters of each pixel's absolute change.
fn usual_change(changes: &[Floats<'_>]) -> Vec<f32> {
    let pixels = changes.iter().map(|change| change.values().len()).min().unwrap_or(0);
    let mut values = vec![0.0_f32; changes.len()];
    let middle = changes.len() / 2;
    (0..pixels)
        .map(|i| {
            for (value, change) in values.iter_mut().zip(changes) {
                *value = change.values()[i].abs();
            }
            *values.select_nth_unstable_by(middle, f32::total_cmp).1
        })
        .collect()
}

/// Returns the usual value where there is no dot, and its standard deviation.
fn ground_and_noise(usual: &[f32]) -> (f32, f32) {
    let sample = || usual.iter().step_by(7).map(|v| f64::from(*v));
    let ground = median(sample().collect());
    // 1.4826 median deviations are a standard deviation (normal distribution).
    let noise = 1.4826 * median(sample().map(|v| (v - ground).abs()).collect());
    (ground as f32, noise.max(1e-6) as f32)
}

/// A bright spot in the reduced picture.
struct BrightSpot {
    centre: [f64; 2],
    radius: f64,
    peak: f32,
}

/// Finds the spots: connected pixels above a floor.
fn spots(usual: &[f32], width: usize, height: usize, floor: f32, ground: f32) -> Result<Vec<BrightSpot>, VisionError> {
    let bright: Vec<u8> = usual.iter().map(|v| u8::from(*v > floor)).collect();
    let mask = Mat::from_slice(&bright)?;
    let mask = mask.reshape(1, height as i32)?;
    let (mut labels, mut stats, mut centroids) = (Mat::default(), Mat::default(), Mat::default());
    let count =
        imgproc::connected_components_with_stats(&mask, &mut labels, &mut stats, &mut centroids, 8, CV_32S)?.max(1);
    // Peak, sum above the ground, and the same sum weighted with x and with y.
    let mut sums = vec![[0.0_f64; 4]; count as usize];
    for (i, (label, value)) in labels.data_typed::<i32>()?.iter().zip(usual).enumerate() {
        if let Some(sum) = usize::try_from(*label).ok().filter(|label| *label > 0).and_then(|label| sums.get_mut(label))
        {
            let weight = f64::from(value - ground);
            *sum = [
                sum[0].max(weight),
                sum[1] + weight,
                sum[2] + weight * (i % width) as f64,
                sum[3] + weight * (i / width) as f64,
            ];
        }
    }
    let spots = sums.into_iter().skip(1).filter(|sum| sum[1] > 0.0).map(|[peak, sum, x, y]| BrightSpot {
        centre: [x / sum, y / sum],
        // Radius of the uniform disc that is as bright as the peak and has as much light.
        radius: (sum / peak / std::f64::consts::PI).sqrt(),
        peak: peak as f32,
    });
    // A single noisy pixel is not a dot, and neither is a spot as wide as a fifth of the picture.
    Ok(spots.filter(|spot| (0.9..0.1 * width as f64).contains(&spot.radius)).collect())
}
