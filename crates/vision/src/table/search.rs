//! Search for the table among hypotheses: quads around areas of the picture, each fitted by a model of a table and
//! judged by how well that explains the picture.

use super::{
    Side,
    evidence::{Evidence, FEATURES},
    model::{self, Fit},
    noses::{self, Nose},
    outline_picture, proposals, refine, region, resized, scaled, shape,
};
use crate::{VisionError, colourless::is_colourless, grids::OutlineQuad, picture::Picture};
use billiards_table::{CameraPx, FrameSize, TableQuad, longer_side};
use opencv::{
    core::{self, Mat},
    imgproc,
    prelude::*,
};

/// Longer side of the table in the picture in which the model is fitted, pixels.
const MODEL_LENGTH: f64 = 1000.0;
/// Minimum score of a table that makes a further search useless.
const CERTAIN: f32 = 5.0;
/// Minimum score of a table near whose noses nothing else is tried.
const GOOD: f32 = 3.0;
/// Minimum score of a table.
const LEAST: f32 = 0.7;
/// Maximum error of the nose lines before they are measured in the full picture, as a share of the table's length.
const REFINED: f64 = 0.004;
/// Blurs under which areas without edges are sought, pixels: for fine noses, and for noise.
const BLURS: [f64; 2] = [1.2, 2.5];
/// Steps over the usual noise that bound an area, in multiples of it: from plain walls to coarse cloth.
const STEPS: [f64; 4] = [2.0, 3.5, 6.0, 10.0];

/// A hypothesis that was fitted.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    noses: [Nose<CameraPx>; 4],
    quad: TableQuad,
    evidence: Evidence,
}

impl Candidate {
    fn is_good(&self) -> bool {
        self.evidence.score >= GOOD
    }
}

/// Returns whether all corners of two quads are closer than the width of a nose's shadow.
fn is_near(a: &TableQuad, b: &TableQuad) -> bool {
    const SHARE: f64 = 0.006;
    let reach = SHARE * longer_side(b);
    a.iter().zip(b).all(|(a, b)| (*a - *b).length() < reach)
}

/// Search in one picture.
pub(super) struct Search<'a> {
    bgr: &'a Mat,
    size: FrameSize,
    aspect: f64,
    /// Scale of the outline picture.
    scale: f64,
    /// Copies of the picture at the scales that were needed.
    copies: Vec<(f64, Picture)>,
    /// Quads that were tried, as they were proposed.
    tried: Vec<OutlineQuad>,
    /// Best first.
    candidates: Vec<Candidate>,
    /// `true` if all hypotheses near a quad are kept and none is certain, for training.
    keeps_all: bool,
}

impl<'a> Search<'a> {
    /// Creates a search for a table of this `aspect` in a BGR picture; `scale` is that of the outline picture.
    pub fn new(bgr: &'a Mat, aspect: f64, scale: f64) -> Self {
        let size = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
        Self {
            bgr,
            size,
            aspect,
            scale,
            copies: Vec::new(),
            tried: Vec::new(),
            candidates: Vec::new(),
            keeps_all: false,
        }
    }

    /// Runs the search in the outline picture until a table is certain or nothing is left to try.
    pub fn run(&mut self, small: &Mat, picture: &Picture, colourless: bool) -> Result<(), VisionError> {
        let criteria: &[region::Strictness] =
            if colourless { &region::COLOURLESS_STRICTNESS } else { &region::STRICTNESS };
        if let Some(cloth) = proposals::central_colour(picture, colourless) {
            self.consider(proposals::of_colour(picture, &cloth, &criteria[0], self.aspect)?)?;
        }
        if self.is_certain() {
            return Ok(());
        }
        for colour in proposals::colours(picture, colourless) {
            for strictness in criteria {
                self.consider(proposals::of_colour(picture, &colour, strictness, self.aspect)?)?;
            }
        }
        if self.is_certain() {
            return Ok(());
        }
        for blur in BLURS {
            let edges = proposals::edges(small, blur)?;
            for limit in STEPS {
                self.consider(proposals::of_smooth(&edges, limit, self.aspect)?)?;
            }
        }
        Ok(())
    }

    fn is_certain(&self) -> bool {
        !self.keeps_all && self.candidates.first().is_some_and(|best| best.evidence.score >= CERTAIN)
    }

    /// Fits the model near each quad.
    fn consider(&mut self, quads: Vec<OutlineQuad>) -> Result<(), VisionError> {
        for quad in quads {
            if self.tried.iter().any(|other| proposals::are_alike(other, &quad)) {
                continue;
            }
            self.tried.push(quad);
            let outline: TableQuad = quad.map(|p| scaled(p, 1.0 / self.scale));
            // Around a table that was found there is nothing new.
            if !self.keeps_all && self.candidates.iter().any(|found| found.is_good() && is_near(&found.quad, &outline))
            {
                continue;
            }
            let aspect = self.aspect;
            let (scale, picture) = self.copy((MODEL_LENGTH / longer_side(&outline)).min(1.0))?;
            let size = FrameSize { width: picture.width as u32, height: picture.height as u32 };
            let fits = model::fits(picture, &outline.map(|p| scaled(p, scale)), size, aspect);
            let kept = if self.keeps_all { fits } else { model::best(&fits).into_iter().collect() };
            self.candidates.extend(kept.into_iter().map(|Fit { noses, quad, evidence }| Candidate {
                noses: noses.map(|nose| Nose { line: nose.line.scaled(1.0 / scale), seen: nose.seen }),
                quad: quad.map(|p| scaled(p, 1.0 / scale)),
                evidence,
            }));
        }
        self.candidates.sort_by(|a, b| b.evidence.score.total_cmp(&a.evidence.score));
        Ok(())
    }

    /// Returns a slightly blurred copy of the picture at about this scale, and its exact scale.
    fn copy(&mut self, scale: f64) -> Result<(f64, &Picture), VisionError> {
        // Steps of a quarter of an octave.
        let scale = (4.0 * scale.log2()).round().min(0.0).exp2().powf(0.25);
        let known = self.copies.iter().position(|(other, _)| (other - scale).abs() < 1e-9);
        let i = if let Some(i) = known {
            i
        } else {
            let mut blurred = Mat::default();
            imgproc::gaussian_blur_def(&resized(self.bgr, scale)?, &mut blurred, core::Size::new(3, 3), 0.8)?;
            self.copies.push((scale, Picture::from_mat(&blurred)?));
            self.copies.len() - 1
        };
        let (scale, picture) = &self.copies[i];
        Ok((*scale, picture))
    }

    /// Returns the best table, its noses measured in the full picture; `Err` with the side whose nose shows least if
    /// none is good enough, `None` if there is no hypothesis at all.
    pub fn best(&self) -> Result<Option<Result<TableQuad, Side>>, VisionError> {
        let Some(first) = self.candidates.first() else { return Ok(None) };
        let full = Picture::from_mat(self.bgr)?;
        for candidate in self.candidates.iter().take_while(|candidate| candidate.evidence.score >= LEAST) {
            if !candidate.evidence.supported {
                continue;
            }
            let Some(view) = shape::view(&candidate.quad, self.size, self.aspect) else { continue };
            let long = [0, 1, 2, 3].map(|side| (side % 2 == 0) == (view.aspect > 1.0));
            let reach = (REFINED * longer_side(&candidate.quad)).max(2.0);
            let lines = refine::refined(&full, &candidate.quad, &candidate.noses, long, reach);
            if let Some(quad) = noses::corners(&lines).filter(|quad| shape::table(quad, self.size, self.aspect)) {
                return Ok(Some(Ok(quad)));
            }
        }
        let certainty = first.evidence.noses;
        let weakest = (0..4).min_by(|a, b| certainty[*a].total_cmp(&certainty[*b])).unwrap_or(0);
        let weakest = (0..4).find(|side| !first.noses[*side].seen).unwrap_or(weakest);
        Ok(Some(Err(Side::ALL[weakest])))
    }
}

/// A table that may be in a picture, and what speaks for it.
#[derive(Debug, Clone, Copy)]
pub struct TableHypothesis {
    /// Nose-line corners, pixels, clockwise.
    pub corners: TableQuad,
    /// Features that the model weighs; see the source of the model for their meaning.
    pub features: [f32; FEATURES],
    /// Weighted sum of the features: 0 where a table and something else are equally likely.
    pub score: f32,
}

/// Returns all hypotheses about a table of this `aspect` (length over width) in a BGR picture with packed rows, the best
/// first, for training the model's weights.
///
/// # Errors
/// OpenCV fails.
pub fn table_hypotheses(bgr: &Mat, aspect: f64) -> Result<Vec<TableHypothesis>, VisionError> {
    let (small, scale) = outline_picture(bgr)?;
    let mut search = Search { keeps_all: true, ..Search::new(bgr, aspect, scale) };
    search.run(&small, &Picture::from_mat(&small)?, is_colourless(&small)?)?;
    let hypothesis = |candidate: &Candidate| TableHypothesis {
        corners: candidate.quad,
        features: candidate.evidence.features(),
        score: candidate.evidence.score,
    };
    Ok(search.candidates.iter().map(hypothesis).collect())
}
