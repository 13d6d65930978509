//! Tracks of balls, and the files that hold them.

use super::{error::FitError, picture::PictureTrack, table_size::smallest_that_holds};
use billiards_table::{BallLabel, TablePoint, TableSpec};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Minimum number of samples of a track; balls with fewer are left out.
pub const MIN_SAMPLES: usize = 8;

/// Header of a file in metres.
const TABLE_HEADER: &str = "t,ball,x,y";
/// Header of a file in pixels.
const PICTURE_HEADER: &str = "frame,x,y";
/// Valid headers of a file, for error messages.
const EITHER_HEADER: &str = "t,ball,x,y` or `frame,x,y";
/// Maximum distance of a valid centre beyond the noses, metres: in the jaws of a pocket, not on the floor.
const BEYOND: f64 = 0.15;

/// Measured position of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Time, seconds.
    pub t: f64,
    /// Centre of the ball, metres in the table's frame.
    pub position: TablePoint,
}

/// Samples of one ball, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Index of the recording; balls collide only with balls of the same recording.
    pub recording: usize,
    /// Name of the ball; that of the cue ball is `cue`.
    pub ball: String,
    /// Samples, at least [`MIN_SAMPLES`], with increasing times.
    pub samples: Vec<Sample>,
}

impl Track {
    /// Returns whether the track is of the cue ball, by its name.
    #[must_use]
    pub fn is_cue_ball(&self) -> bool {
        self.ball.parse::<BallLabel>() == Ok(BallLabel::Cue)
    }
}

/// Reads files with the columns `t,ball,x,y`: seconds, a name (`cue` for the cue ball), metres in the table's frame.
/// With `picture`, files with the columns `frame,x,y` are read too: number of the picture, pixels of the cue ball. Each
/// file is one recording.
///
/// # Errors
/// An error names the file, the line and the expected value.
pub fn read_tracks(
    paths: &[PathBuf],
    spec: &TableSpec,
    picture: Option<&PictureTrack>,
) -> Result<Vec<Track>, FitError> {
    let mut tracks = Vec::new();
    for (recording, path) in paths.iter().enumerate() {
        let text = std::fs::read_to_string(path).map_err(|source| FitError::Read { path: path.clone(), source })?;
        tracks.extend(parse(path, &text, recording, spec, picture)?);
    }
    Ok(tracks)
}

pub(super) fn parse(
    path: &Path,
    text: &str,
    recording: usize,
    spec: &TableSpec,
    picture: Option<&PictureTrack>,
) -> Result<Vec<Track>, FitError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty());
    let Some((_, header)) = rows.next() else {
        return Err(FitError::Empty { path: path.into(), expected: TABLE_HEADER });
    };
    let header: String = header.split_whitespace().collect();
    let pixels = match header.as_str() {
        TABLE_HEADER => None,
        PICTURE_HEADER => Some(picture.ok_or_else(|| FitError::NoScale { path: path.into() })?),
        _ => return Err(FitError::Header { path: path.into(), found: header, expected: EITHER_HEADER }),
    };
    let mut balls: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let mut off_table = None;
    let (mut across, mut along) = ((0.0, 0.0), (0.0, 0.0));
    for (line, row) in rows {
        let (ball, sample) = Row { path, line, row }.read(pixels)?;
        let at = sample.position;
        let believed = |at: f64, size: f64| (-BEYOND..=size + BEYOND).contains(&at);
        let has_frame = pixels.is_none_or(PictureTrack::has_rails);
        if has_frame && off_table.is_none() && !(believed(at.x, spec.width) && believed(at.y, spec.length)) {
            off_table = Some((line, ball.clone(), at));
        }
        (across, along) = (with(across, at.x), with(along, at.y));
        let samples = balls.entry(ball.clone()).or_default();
        if let Some(last) = samples.last()
            && sample.t <= last.t
        {
            return Err(FitError::Time { path: path.into(), line, ball, found: sample.t, before: last.t });
        }
        samples.push(sample);
    }
    if let Some((line, ball, at)) = off_table {
        let (kind, size, fits) = (spec.kind, [spec.width, spec.length], smallest_that_holds(across, along));
        return Err(FitError::OffTable { path: path.into(), line, ball, x: at.x, y: at.y, kind, size, fits });
    }
    let most = balls.values().map(Vec::len).max();
    let Some(found) = most else { return Err(FitError::Empty { path: path.into(), expected: TABLE_HEADER }) };
    // An object that was detected only briefly holds no information, and is often not a ball.
    balls.retain(|_, samples| samples.len() >= MIN_SAMPLES);
    if balls.is_empty() {
        return Err(FitError::TooFew { path: path.into(), found, expected: MIN_SAMPLES });
    }
    Ok(balls.into_iter().map(|(ball, samples)| Track { recording, ball, samples }).collect())
}

/// Returns a warning if the cue ball of a table differs from the object balls, and no track is of it by its name.
pub(super) fn unnamed_cue_ball(tracks: &[Track], spec: &TableSpec) -> Option<String> {
    let differs = spec.ball(true) != spec.ball(false);
    (differs && !tracks.iter().any(Track::is_cue_ball)).then(|| {
        "no ball is named `cue`, so all are taken for object balls, from which the cue ball of this table differs"
            .to_owned()
    })
}

fn with((least, most): (f64, f64), value: f64) -> (f64, f64) {
    (value.min(least), value.max(most))
}

struct Row<'a> {
    path: &'a Path,
    line: usize,
    row: &'a str,
}

impl Row<'_> {
    fn read(&self, pixels: Option<&PictureTrack>) -> Result<(String, Sample), FitError> {
        let fields: Vec<_> = self.row.split(',').map(str::trim).collect();
        let expected = if pixels.is_some() { 3 } else { 4 };
        if fields.len() != expected {
            return Err(FitError::Columns { path: self.path.into(), line: self.line, found: fields.len(), expected });
        }
        if let Some(picture) = pixels {
            let frame = self.number("frame", fields[0], "the number of a picture")?;
            let (x, y) = (self.number("x", fields[1], "pixels")?, self.number("y", fields[2], "pixels")?);
            let sample = Sample { t: frame / picture.fps, position: picture.on_table(x, y) };
            return Ok((BallLabel::Cue.to_string(), sample));
        }
        let t = self.number("t", fields[0], "seconds")?;
        let ball = fields[1];
        if ball.is_empty() {
            return Err(self.bad("ball", ball, "a name"));
        }
        let (x, y) = (self.number("x", fields[2], "metres")?, self.number("y", fields[3], "metres")?);
        Ok((ball.to_owned(), Sample { t, position: TablePoint::new(x, y) }))
    }

    fn number(&self, column: &'static str, text: &str, expected: &'static str) -> Result<f64, FitError> {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| self.bad(column, text, expected))
    }

    fn bad(&self, column: &'static str, found: &str, expected: &'static str) -> FitError {
        FitError::Field { path: self.path.into(), line: self.line, column, found: found.to_owned(), expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    fn read(text: &str) -> Result<Vec<Track>, String> {
        parse(Path::new("a.csv"), text, 0, &TableKind::NINE_FOOT.spec(), None).map_err(|e| e.to_string())
    }

    #[test]
    fn two_balls_are_two_tracks() {
        let mut text = "t, ball, x, y\r\n".to_owned();
        for i in 0..8 {
            text +=
                &format!("{},cue,0.5,{}\n{},8,0.6,1\n", f64::from(i) / 25.0, 0.1 * f64::from(i), f64::from(i) / 25.0);
        }
        let tracks = read(&text).expect("sound");
        assert_eq!(
            tracks.iter().map(|track| (track.ball.as_str(), track.samples.len())).collect::<Vec<_>>(),
            [("8", 8), ("cue", 8)]
        );
        assert_eq!(tracks[1].samples[3].position, TablePoint::new(0.5, 0.3 + f64::EPSILON / 4.0));
        assert_eq!(tracks.iter().map(Track::is_cue_ball).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_cue_ball_of_another_size_must_have_its_name() {
        let tracks = |name: &str| [Track { recording: 0, ball: name.to_owned(), samples: Vec::new() }];
        let english = TableKind::named("english-7ft").expect("shipped").spec();
        assert!(unnamed_cue_ball(&tracks("3"), &english).is_some_and(|warning| warning.contains("`cue`")));
        assert_eq!(unnamed_cue_ball(&tracks("cue"), &english), None);
        assert_eq!(unnamed_cue_ball(&tracks("3"), &TableKind::NINE_FOOT.spec()), None);
    }

    #[test]
    fn what_was_seen_for_a_moment_is_left_out() {
        let mut text = "t,ball,x,y\n0,ghost,0.2,0.2\n".to_owned();
        text.extend((0..8).map(|i| format!("{i},cue,0.5,0.{i}\n")));
        let tracks = read(&text).expect("sound");
        assert_eq!(tracks.iter().map(|track| track.ball.as_str()).collect::<Vec<_>>(), ["cue"]);
    }

    #[test]
    fn another_table_is_suspected_where_it_holds_the_places() {
        let text = "t,ball,x,y\n0,cue,0.5,0.5\n1,cue,1.2,0.5\n2,cue,1.2,2.3\n";
        let spec = TableKind::SEVEN_FOOT.spec();
        let refused = parse(Path::new("a.csv"), text, 0, &spec, None).expect_err("refused").to_string();
        let expected = "a.csv: line 3: ball `cue` is at (1.2, 0.5) m, off the 7ft table: expected metres from its corner, \
                        0 to 0.9906 across and 0 to 1.9812 along. A 9ft table holds all places: is --table 9ft right?";
        assert_eq!(refused, expected);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let refused = |rows: &str| read(&format!("t,ball,x,y\n0,cue,0.5,0.5\n{rows}")).expect_err("refused");
        assert_eq!(refused("0.1,cue,NaN,1"), "a.csv: line 3: x is `NaN`, expected metres");
        assert_eq!(refused("0.1,cue,1"), "a.csv: line 3: 3 columns, expected 4");
        assert_eq!(refused("0,cue,1,1"), "a.csv: line 3: t is 0 after 0 for ball `cue`, expected increasing times");
        assert_eq!(refused("1,cue,1,1"), "a.csv: no ball has more than 2 samples, expected at least 8");
        assert_eq!(refused("1,,1,1"), "a.csv: line 3: ball is ``, expected a name");
        assert!(
            refused("1,cue,540,300").starts_with("a.csv: line 3: ball `cue` is at (540, 300) m, off the 9ft table")
        );
        assert!(refused("1,cue,1e300,300").starts_with("a.csv: line 3: ball `cue` is at (1e300, 300) m, off the 9ft"));
        let header = read("time,x,y\n").expect_err("refused");
        assert_eq!(header, "a.csv: line 1: the header is `time,x,y`, expected `t,ball,x,y` or `frame,x,y`");
        assert!(read("").expect_err("refused").contains("no samples"));
        assert!(read("t,ball,x,y\n\n").expect_err("refused").contains("no samples"));
        assert!(read("frame,x,y\n1,2,3\n").expect_err("refused").contains("--fps"));
        let missing = read_tracks(&[PathBuf::from("nowhere.csv")], &TableKind::NINE_FOOT.spec(), None);
        assert!(missing.expect_err("refused").to_string().contains("nowhere.csv"));
    }
}
