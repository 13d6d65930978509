//! Figures of tables and balls in random pictures, and the requirements that they have to meet.

use super::figures::Requirement;
use serde::Serialize;
use std::collections::BTreeMap;

/// Verdict on a random picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TableVerdict {
    /// The table was found where it is.
    Found,
    /// A table was found, but a corner is wrong.
    Wrong,
    /// No table was found although there is one.
    Refused,
    /// A table was found although there is none.
    Invented,
    /// There is no table, and none was found.
    NoTable,
}

/// Numbers of balls in one picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BallCounts {
    /// Number of balls that are clearly visible.
    pub all: usize,
    /// Number of those that were found.
    pub found: usize,
    /// Number of balls that were found where there is none.
    pub invented: usize,
}

/// Figures of one random picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PictureFigures {
    /// Number of the picture, as `--pick` takes it.
    pub number: usize,
    /// Description of the picture, in words.
    pub description: String,
    /// Verdict on the table.
    pub verdict: TableVerdict,
    /// `true` if all noses of a table are inside the picture.
    pub is_whole: bool,
    /// Distance of the worst corner from the true one, as a ratio of the longer side; `None` without both.
    pub corner_error: Option<f64>,
    /// Reason why no table was found, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Numbers of balls; none unless the table was found.
    pub balls: BallCounts,
    /// Duration of the detection, milliseconds.
    pub milliseconds: f64,
}

impl PictureFigures {
    fn has_table(&self) -> bool {
        !matches!(self.verdict, TableVerdict::Invented | TableVerdict::NoTable)
    }
}

/// Returns the value that this share (0 to 1) of the values does not exceed; 0 if there are none.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
}

/// Returns the number of pictures with a verdict.
fn count<'a>(pictures: impl IntoIterator<Item = &'a PictureFigures>, verdict: TableVerdict) -> usize {
    pictures.into_iter().filter(|picture| picture.verdict == verdict).count()
}

/// Evaluates the pictures against the requirements.
pub(crate) fn requirements(pictures: &[PictureFigures]) -> Vec<Requirement> {
    let all = [
        found_requirement(pictures),
        wrong_requirement(pictures),
        invented_requirement(pictures),
        balls_requirement(pictures),
    ];
    all.into_iter().flatten().collect()
}

fn found_requirement(pictures: &[PictureFigures]) -> Option<Requirement> {
    let (whole, cut): (Vec<_>, Vec<_>) =
        pictures.iter().filter(|picture| picture.has_table()).partition(|picture| picture.is_whole);
    let number = |of: &[&PictureFigures], verdict| count(of.iter().copied(), verdict);
    let found = number(&whole, TableVerdict::Found);
    (!whole.is_empty()).then(|| Requirement {
        text: "random tables with all noses inside the picture: at least 97 % are found",
        measured: format!(
            "{found} of {}, {} refused, {} wrong; with noses outside {} of {}",
            whole.len(),
            number(&whole, TableVerdict::Refused),
            number(&whole, TableVerdict::Wrong),
            number(&cut, TableVerdict::Found),
            cut.len()
        ),
        holds: 100 * found >= 97 * whole.len(),
    })
}

fn wrong_requirement(pictures: &[PictureFigures]) -> Option<Requirement> {
    let tables: Vec<&PictureFigures> = pictures.iter().filter(|picture| picture.has_table()).collect();
    let wrong = count(tables.iter().copied(), TableVerdict::Wrong);
    let mut errors: Vec<f64> = tables.iter().filter_map(|picture| picture.corner_error).collect();
    let [median, most, nearly_all, worst] = [0.5, 0.9, 0.99, 1.0].map(|share| 100.0 * quantile(&mut errors, share));
    (!tables.is_empty()).then(|| Requirement {
        text: "random tables: at most 0.5 % are found at a wrong place (a corner more than 1.5 % of the length off)",
        measured: format!(
            "{wrong} of {}; worst corner {median:.2} % off in the median, {most:.2} % in 90 %, {nearly_all:.2} % in \
             99 %, {worst:.2} % at most",
            tables.len()
        ),
        holds: 200 * wrong <= tables.len(),
    })
}

fn invented_requirement(pictures: &[PictureFigures]) -> Option<Requirement> {
    let without = pictures.iter().filter(|picture| !picture.has_table()).count();
    let invented = count(pictures, TableVerdict::Invented);
    (without > 0).then(|| Requirement {
        text: "random pictures without a table: none is found",
        measured: format!("{invented} in {without}"),
        holds: invented == 0,
    })
}

fn balls_requirement(pictures: &[PictureFigures]) -> Option<Requirement> {
    let sum = |of: fn(&BallCounts) -> usize| pictures.iter().map(|picture| of(&picture.balls)).sum::<usize>();
    let (all, found, invented) = (sum(|balls| balls.all), sum(|balls| balls.found), sum(|balls| balls.invented));
    let (recall, precision) = (ratio(found, all), ratio(found, found + invented));
    (count(pictures, TableVerdict::Found) > 0).then(|| Requirement {
        text: "balls on random tables that were found: recall at least 0.97, precision at least 0.98",
        measured: format!("recall {recall:.3} and precision {precision:.3} of {all} balls"),
        holds: recall >= 0.97 && precision >= 0.98,
    })
}

/// Returns a ratio of two numbers; 1 of nothing.
fn ratio(part: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

/// Returns the lines that tell which pictures failed, and why: the numbers are those that `--pick` takes.
pub(crate) fn failures(pictures: &[PictureFigures]) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for picture in pictures.iter().filter(|picture| picture.verdict == TableVerdict::Refused) {
        // What follows the colon is advice.
        let reason = picture.refusal.as_deref().and_then(|text| text.split(':').next()).unwrap_or_default();
        reasons.entry(reason).or_default().push(picture.number.to_string());
    }
    let mut refused: Vec<_> = reasons.into_iter().collect();
    refused.sort_by_key(|(_, numbers)| std::cmp::Reverse(numbers.len()));
    let refused = refused
        .into_iter()
        .map(|(reason, numbers)| format!("refused {}: {reason} (pictures {})", numbers.len(), numbers.join(", ")));
    let told = |verdict: TableVerdict, word: &'static str| {
        pictures.iter().filter(move |picture| picture.verdict == verdict).map(move |picture| {
            let error = picture.corner_error.map_or(String::new(), |error| format!(" by {:.1} %", 100.0 * error));
            format!("{word}{error} in picture {}: {}", picture.number, picture.description)
        })
    };
    let mut times: Vec<f64> = pictures.iter().map(|picture| picture.milliseconds).collect();
    let [median, most] = [0.5, 1.0].map(|share| quantile(&mut times, share));
    let times =
        (!pictures.is_empty()).then(|| format!("detection: {median:.0} ms in the median, {most:.0} ms at most"));
    refused
        .chain(told(TableVerdict::Wrong, "wrong"))
        .chain(told(TableVerdict::Invented, "invented"))
        .chain(times)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(number: usize, verdict: TableVerdict) -> PictureFigures {
        let refusal = (verdict == TableVerdict::Refused).then(|| "no cloth: point the camera at the table".to_owned());
        let corner_error = match verdict {
            TableVerdict::Found => Some(0.002),
            TableVerdict::Wrong => Some(0.08),
            _ => None,
        };
        let balls = if verdict == TableVerdict::Found {
            BallCounts { all: 10, found: 10, invented: 0 }
        } else {
            BallCounts::default()
        };
        PictureFigures {
            number,
            description: "tan cloth".to_owned(),
            verdict,
            is_whole: true,
            corner_error,
            refusal,
            balls,
            milliseconds: number as f64,
        }
    }

    #[test]
    fn bars_hold_up_to_their_limits() {
        let series = |found: usize, others: &[TableVerdict]| -> Vec<PictureFigures> {
            let verdicts = std::iter::repeat_n(TableVerdict::Found, found).chain(others.iter().copied());
            verdicts.enumerate().map(|(i, verdict)| picture(i + 1, verdict)).collect()
        };
        let holds =
            |pictures: &[PictureFigures]| requirements(pictures).iter().map(|bar| bar.holds).collect::<Vec<_>>();
        let good = series(199, &[TableVerdict::Wrong, TableVerdict::NoTable]);
        assert_eq!(holds(&good), [true; 4]);
        assert_eq!(holds(&series(96, &[TableVerdict::Refused; 4])), [false, true, true]);
        assert_eq!(holds(&series(198, &[TableVerdict::Wrong; 2])), [true, false, true]);
        assert_eq!(holds(&series(0, &[TableVerdict::NoTable, TableVerdict::Invented])), [false]);
        assert!(requirements(&[]).is_empty() && failures(&[]).is_empty());
        let mut few = good;
        few[0].balls = BallCounts { all: 100, found: 10, invented: 0 };
        assert_eq!(holds(&few), [true, true, true, false]);
        few[0].balls = BallCounts { all: 10, found: 10, invented: 100 };
        assert_eq!(holds(&few), [true, true, true, false]);
    }

    #[test]
    fn failures_are_told_by_reason_and_number() {
        let verdicts = [
            TableVerdict::Found,
            TableVerdict::Refused,
            TableVerdict::Wrong,
            TableVerdict::Refused,
            TableVerdict::Invented,
        ];
        let pictures: Vec<PictureFigures> =
            verdicts.into_iter().enumerate().map(|(i, verdict)| picture(i + 1, verdict)).collect();
        assert_eq!(
            failures(&pictures),
            [
                "refused 2: no cloth (pictures 2, 4)",
                "wrong by 8.0 % in picture 3: tan cloth",
                "invented in picture 5: tan cloth",
                "detection: 3 ms in the median, 5 ms at most",
            ]
        );
    }
}
