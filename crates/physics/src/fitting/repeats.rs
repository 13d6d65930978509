//! Removal of repeated pictures. A recording of 25 pictures per second in a file of 60 shows each picture two or three
//! times, at times that are wrong by up to a sixtieth of a second: at 2 m/s that is 3 cm.
//!
//! While balls move, a picture in which none of them moves repeats the previous one. The camera took the remaining
//! pictures at equal intervals, so their times are fitted to a straight line.

use super::{
    legs::median,
    track::{Sample, Track},
};
use std::{collections::BTreeMap, ops::Range};

/// Number of steps on either side of a step that determine the usual step around it.
const REACH: usize = 4;
/// Maximum length of a step that counts as no motion, as a fraction of the longest step around it.
const MAX_STILL: f64 = 0.2;
/// Minimum length of a usual step, as a fraction of the longest step around it.
const MIN_USUAL: f64 = 0.5;
/// Minimum length of the longest step around a picture, metres; with less motion there is no verdict.
const MIN_STEP: f64 = 0.003;
/// Minimum fraction of repeats among the pictures with a verdict, for a recording with repeats; fewer are contacts with
/// rails.
const MIN_SHARE: f64 = 0.1;
/// Minimum fraction of repeats among the pictures with a verdict, if they come at no regular intervals.
const MIN_IRREGULAR_SHARE: f64 = 0.25;
/// Minimum number of repeated pictures in a recording with repeats.
const MIN_REPEATED: usize = 3;
/// Minimum number of pictures whose times are fitted to a line.
const MIN_RUN: usize = 8;

/// Verdict on a picture from its comparison with the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    New,
    Repeated,
    /// Too little motion to decide.
    Unknown,
}

/// Drops repeated pictures from all recordings. Returns the remaining tracks and the number of pictures dropped.
pub(super) fn without_repeats(tracks: &[Track]) -> (Vec<Track>, usize) {
    let mut recordings: BTreeMap<usize, Vec<&Track>> = BTreeMap::new();
    for track in tracks {
        recordings.entry(track.recording).or_default().push(track);
    }
    let mut dropped = 0;
    let mut kept = Vec::new();
    for recording in recordings.values() {
        let times = times(recording);
        let Some(new_times) = new_times(&times, &verdicts(recording, &times)) else {
            kept.extend(recording.iter().copied().cloned());
            continue;
        };
        dropped += new_times.iter().filter(|time| time.is_none()).count();
        kept.extend(recording.iter().map(|track| {
            let sample = |sample: &Sample| Some(Sample { t: new_times[picture(&times, sample.t)?]?, ..*sample });
            Track { samples: track.samples.iter().filter_map(sample).collect(), ..Track::clone(track) }
        }));
    }
    (kept, dropped)
}

/// Returns the times of all pictures, increasing, seconds.
fn times(recording: &[&Track]) -> Vec<f64> {
    let mut times: Vec<f64> = recording.iter().flat_map(|track| track.samples.iter().map(|sample| sample.t)).collect();
    times.sort_unstable_by(f64::total_cmp);
    times.dedup();
    times
}

fn picture(times: &[f64], t: f64) -> Option<usize> {
    times.binary_search_by(|time| time.total_cmp(&t)).ok()
}

/// Returns the verdict on each picture.
fn verdicts(recording: &[&Track], times: &[f64]) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Unknown; times.len()];
    for track in recording {
        let mut places = vec![None; times.len()];
        for sample in &track.samples {
            if let Some(k) = picture(times, sample.t) {
                places[k] = Some(sample.position);
            }
        }
        let steps: Vec<f64> = (0..times.len())
            .map(|k| Some((places[k]? - places[k.checked_sub(1)?]?).length()))
            .map(|step| step.unwrap_or(0.0))
            .collect();
        for (k, verdict) in verdicts.iter_mut().enumerate() {
            *verdict = match (*verdict, judge(&steps, k)) {
                (Verdict::New, _) | (_, Verdict::New) => Verdict::New,
                (Verdict::Repeated, _) | (_, Verdict::Repeated) => Verdict::Repeated,
                (Verdict::Unknown, Verdict::Unknown) => Verdict::Unknown,
            };
        }
    }
    verdicts
}

/// Returns the verdict on picture `k` from the steps of one ball.
fn judge(steps: &[f64], k: usize) -> Verdict {
    let (first, end) = (k.saturating_sub(REACH), (k + REACH + 1).min(steps.len()));
    let longest = steps[first..end].iter().copied().fold(0.0, f64::max);
    let is_usual = |step: &f64| *step >= MIN_USUAL * longest;
    if longest < MIN_STEP {
        Verdict::Unknown
    } else if is_usual(&steps[k]) {
        Verdict::New
    } else if steps[k] <= MAX_STILL * longest
        // The ball neither starts nor stops here.
        && steps[first..k].iter().any(is_usual)
        && steps[k + 1..end].iter().any(is_usual)
    {
        Verdict::Repeated
    } else {
        Verdict::Unknown
    }
}

/// Returns the new time of each picture, `None` for those to be dropped. Returns `None` if the recording has no
/// repeats.
fn new_times(times: &[f64], verdicts: &[Verdict]) -> Option<Vec<Option<f64>>> {
    let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let (repeated, new) = (count(Verdict::Repeated), count(Verdict::New));
    let share = repeated as f64 / (repeated + new).max(1) as f64;
    if repeated < MIN_REPEATED || share < MIN_SHARE {
        return None;
    }
    let lines: Vec<Line> = runs(verdicts).flat_map(|run| lines(times, verdicts, run)).collect();
    if lines.is_empty() && share < MIN_IRREGULAR_SHARE {
        return None;
    }
    let mut new: Vec<_> = times.iter().zip(verdicts).map(|(t, v)| (*v != Verdict::Repeated).then_some(*t)).collect();
    let mut on_line = vec![false; times.len()];
    for line in &lines {
        for (i, k) in (0..).zip(&line.pictures) {
            new[*k] = Some(line.start + f64::from(i) * line.interval);
            on_line[*k] = true;
        }
    }
    // Where nothing moves, repeats cannot be detected, but they are as frequent: keep to the usual interval.
    let interval = median(&mut lines.iter().map(|line| line.interval).collect::<Vec<_>>()).unwrap_or(0.0);
    let mut last = f64::NEG_INFINITY;
    for (time, on_line) in new.iter_mut().zip(on_line) {
        let Some(t) = *time else { continue };
        let least = if on_line { 0.0 } else { 0.75 * interval };
        if t - last > least { last = t } else { *time = None }
    }
    Some(new)
}

/// Returns the runs of pictures with a verdict, as ranges; each begins with a new picture.
fn runs(verdicts: &[Verdict]) -> impl Iterator<Item = Range<usize>> {
    let mut k = 0;
    std::iter::from_fn(move || {
        k += verdicts[k.min(verdicts.len())..].iter().position(|verdict| *verdict == Verdict::New)?;
        let first = k;
        k += verdicts[k..].iter().take_while(|verdict| **verdict != Verdict::Unknown).count();
        Some(first..k)
    })
}

/// New pictures at equal intervals.
struct Line {
    pictures: Vec<usize>,
    /// Time of the first picture, seconds.
    start: f64,
    /// Interval between pictures, seconds.
    interval: f64,
}

/// Fits lines to the times of a run's new pictures. A new line begins where a picture does not fit the present one: a
/// ball that turns back at a rail between two pictures appears to stand still.
fn lines(times: &[f64], verdicts: &[Verdict], run: Range<usize>) -> Vec<Line> {
    let step = (times[run.end - 1] - times[run.start]) / (run.len() - 1).max(1) as f64;
    let pictures: Vec<usize> = run.filter(|k| verdicts[*k] == Verdict::New).collect();
    let mut lines = Vec::new();
    let mut rest = &pictures[..];
    while rest.len() >= MIN_RUN {
        let mut sums = Sums::default();
        rest[..MIN_RUN].iter().for_each(|k| sums.add(times[*k]));
        // Each picture is shown from the next time step of the file on.
        let fits = |sums: &Sums, t: f64| {
            let (start, interval) = sums.line();
            (t - start - sums.count * interval).abs() <= (0.6 * interval).max(1.05 * step)
        };
        let more = rest[MIN_RUN..].iter().take_while(|k| {
            let fits = fits(&sums, times[**k]);
            if fits {
                sums.add(times[**k]);
            }
            fits
        });
        let (pictures, others) = rest.split_at(MIN_RUN + more.count());
        let (start, interval) = sums.line();
        lines.push(Line { pictures: pictures.to_vec(), start, interval });
        rest = others;
    }
    lines
}

/// Sums for fitting a straight line to the times of pictures that are numbered from 0.
#[derive(Default)]
struct Sums {
    count: f64,
    times: f64,
    products: f64,
}

impl Sums {
    fn add(&mut self, t: f64) {
        self.products += self.count * t;
        self.times += t;
        self.count += 1.0;
    }

    /// Returns the time of the first picture and the interval between two, seconds.
    fn line(&self) -> (f64, f64) {
        let (n, middle, mean) = (self.count, 0.5 * (self.count - 1.0), self.times / self.count);
        let square = n * (n * n - 1.0) / 12.0;
        let interval = (self.products - n * middle * mean) / square;
        (mean - middle * interval, interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TablePoint;

    /// Returns a recording of a ball that rolls up and down a table, starting after a second, filmed at `fps` and
    /// written at `shown` pictures per second.
    fn recording(fps: f64, shown: f64) -> Vec<Track> {
        let place = |t: f64| {
            let distance = (t - 1.0).max(0.0) * 1.2 - 0.05 * (t - 1.0).max(0.0).powi(2);
            TablePoint::new(0.4 + 0.1 * distance, 0.3 + (1.9 - ((distance + 0.1) % 3.8 - 1.9).abs()))
        };
        let samples = (0..(6.0 * shown) as i32).map(|k| {
            let t = f64::from(k) / shown;
            Sample { t, position: place(((t + 1e-9) * fps).floor() / fps) }
        });
        vec![Track { recording: 3, ball: "cue".into(), samples: samples.collect() }]
    }

    #[test]
    fn each_picture_is_left_once_at_its_time() {
        for (fps, shown) in [(25.0, 60.0), (25.0, 50.0), (25.0, 30.0), (24.0, 30.0), (30.0, 60.0), (24.0, 60.0)] {
            let (tracks, dropped) = without_repeats(&recording(fps, shown));
            let samples = &tracks[0].samples;
            assert!(dropped > 0 && samples.len() + dropped == (6.0 * shown) as usize);
            let moving: Vec<_> = samples.windows(2).filter(|pair| pair[0].t > 1.2 && pair[1].t < 5.5).collect();
            assert!(moving.len() > (4.1 * fps) as usize, "{fps} in {shown}: {}", moving.len());
            for pair in moving {
                let interval = pair[1].t - pair[0].t;
                // At this time the ball is at the far rail.
                let turns = (2.5..3.0).contains(&pair[0].t);
                assert!(turns || (interval * fps - 1.0).abs() < 0.05, "{fps} in {shown}: {interval} at {}", pair[0].t);
                assert!((pair[1].position - pair[0].position).length() > 0.0);
            }
        }
    }

    #[test]
    fn a_recording_without_repeats_stays() {
        for fps in [25.0, 30.0, 60.0, 120.0] {
            let tracks = recording(fps, fps);
            assert_eq!(without_repeats(&tracks), (tracks, 0));
        }
        assert_eq!(without_repeats(&[]), (Vec::new(), 0));
    }
}
