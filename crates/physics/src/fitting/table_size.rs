//! Check for a wrong table size: the tracks go beyond the table's rails, or the balls turn back where another table has
//! its rails.

use super::{settings::FitSettings, track::Track};
use billiards_table::{TableKind, TablePoint, TableSpec};

/// Maximum distance of a valid centre beyond the position of contact with a rail, metres.
const SLACK: f64 = 0.02;
/// Maximum distance between a turning point and the position of contact with a rail, metres. The next smaller table is
/// 10 cm narrower and 20 cm shorter.
const TURN_SLACK: f64 = 0.03;
/// Margin around a hole, beyond its radius, in which balls are expected anywhere, metres.
const MOUTH: f64 = 0.06;
/// Fraction of samples beyond the rails above which the table is suspected.
const MIN_BEYOND: f64 = 0.01;
/// Maximum fraction of samples beyond the rails of a table that fits.
const MAX_BEYOND: f64 = 0.002;
/// Minimum number of samples beyond the rails for a suspicion.
const MIN_SAMPLES_BEYOND: usize = 5;
/// Minimum speed of a ball whose turning back indicates a rail, metres per second.
const MIN_SPEED: f64 = 0.15;
/// Distance from a far rail, metres: a ball that comes this close shows that the table is not too large.
const NEAR: f64 = 0.05;

/// Returns the reason why the tracks seem to be of another table, one sentence; `None` if there is none.
pub(super) fn suspicion(tracks: &[Track], settings: &FitSettings) -> Option<String> {
    if !settings.rails || tracks.is_empty() {
        return None;
    }
    let given = &settings.spec;
    let name = given.kind;
    let beyond = share_beyond(tracks, &settings.spec);
    let fits = |kind: &TableKind| share_beyond(tracks, &kind.spec()).0 <= MAX_BEYOND;
    if beyond.0 > MIN_BEYOND && beyond.1 >= MIN_SAMPLES_BEYOND {
        let share = (100.0 * beyond.0).ceil();
        let other = TableKind::all().find(fits);
        let advice = match other {
            Some(kind) => format!("those of a {kind} table hold them: is --table {kind} right?"),
            None => "is it another table, or are the places not in metres from its corner?".to_owned(),
        };
        return Some(format!("{share:.0} % of the samples lie beyond the rails of a {name} table; {advice}"));
    }
    let turns = turns(tracks);
    let votes = |spec: &TableSpec| turns.iter().filter(|turn| turn.is_at_rail_of(spec)).count();
    let others = TableKind::all().filter(|kind| !same_bed(&kind.spec(), &settings.spec) && fits(kind));
    // Of two with as many turns, as tables with one bed have, the first is named.
    let best = others.map(|kind| (votes(&kind.spec()), kind)).filter(|(votes, _)| *votes > 0);
    let best = best.reduce(|best, other| if other.0 > best.0 { other } else { best });
    if let Some((count, kind)) = best
        && votes(given) == 0
    {
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        return Some(format!(
            "balls turn back {times} where a {kind} table has its far rails, and never where a {name} table has them: \
             is --table {kind} right?"
        ));
    }
    let (x, y) = extent(tracks);
    let reach = |size: f64| size - settings.spec.ball_radius - NEAR;
    let moves = tracks.iter().any(|track| displacement(track) > 0.1);
    if settings.table_assumed && moves && x < reach(settings.spec.width) && y < reach(settings.spec.length) {
        return Some(format!(
            "no ball comes near the far rails of a {name} table (x up to {x:.2} m, y up to {y:.2} m): if the table is \
             another one, say so with --table"
        ));
    }
    None
}

/// Returns whether two tables have the same bed, as far as turning points tell.
fn same_bed(one: &TableSpec, other: &TableSpec) -> bool {
    (one.width - other.width).abs() < TURN_SLACK && (one.length - other.length).abs() < TURN_SLACK
}

/// Returns the first shipped table that contains the given ranges of x and y (least, greatest), metres.
pub(super) fn smallest_that_holds(x: (f64, f64), y: (f64, f64)) -> Option<TableKind> {
    let within = |(least, most): (f64, f64), size: f64| least > -SLACK && most < size + SLACK;
    TableKind::all().find(|kind| within(x, kind.spec().width) && within(y, kind.spec().length))
}

/// Returns the greatest x and y, metres.
fn extent(tracks: &[Track]) -> (f64, f64) {
    let places = tracks.iter().flat_map(|track| &track.samples).map(|sample| sample.position);
    places.fold((0.0, 0.0), |(x, y): (f64, f64), p| (x.max(p.x), y.max(p.y)))
}

/// Returns the greatest distance of a ball from its first position, metres.
fn displacement(track: &Track) -> f64 {
    let first = track.samples.first().map(|sample| sample.position).unwrap_or_default();
    track.samples.iter().map(|sample| (sample.position - first).length()).fold(0.0, f64::max)
}

/// Returns the fraction and the number of the samples that lie beyond the rails and in no pocket's mouth.
fn share_beyond(tracks: &[Track], spec: &TableSpec) -> (f64, usize) {
    let pockets = spec.features().pockets;
    let in_mouth = |p: TablePoint| pockets.iter().any(|hole| (p - hole.centre).length() < hole.radius + MOUTH);
    let places = || tracks.iter().flat_map(|track| &track.samples).map(|sample| sample.position);
    let beyond = places().filter(|p| !spec.holds(*p, SLACK) && !in_mouth(*p)).count();
    (beyond as f64 / places().count().max(1) as f64, beyond)
}

/// A position at which a ball turns back towards smaller x or y, with no other ball nearby.
struct Turn {
    /// `true` if the ball turns in x, `false` if in y.
    in_x: bool,
    /// Greatest measured coordinate, metres.
    at: f64,
    /// Distance that the ball moves between two samples, metres.
    step: f64,
}

impl Turn {
    fn is_at_rail_of(&self, spec: &TableSpec) -> bool {
        let rail = if self.in_x { spec.width } else { spec.length } - spec.ball_radius;
        // The ball turns between two samples.
        (rail - 0.6 * self.step - TURN_SLACK..=rail + TURN_SLACK).contains(&self.at)
    }
}

fn turns(tracks: &[Track]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for track in tracks {
        for around in track.samples.windows(7) {
            for in_x in [true, false] {
                let at = |i: usize| if in_x { around[i].position.x } else { around[i].position.y };
                let speed = |i: usize, j: usize| (at(j) - at(i)) / (around[j].t - around[i].t);
                // The middle sample is the furthest.
                let furthest = (0..7).all(|i| at(i) <= at(3)) && at(2) < at(3);
                // Fast before and after: a ball that rolls back down a slope turns slowly.
                let (before, after) = ([speed(0, 2), speed(1, 2)], [speed(4, 5), speed(4, 6)]);
                let turned = before.iter().all(|v| *v > MIN_SPEED) && after.iter().all(|v| *v < -MIN_SPEED);
                if furthest && turned && !others_near(tracks, track, around[3].t, around[3].position) {
                    turns.push(Turn { in_x, at: at(3), step: (around[3].t - around[2].t) * before[1].max(-after[0]) });
                }
            }
        }
    }
    turns
}

/// Returns whether another ball of the recording is so close that it may have been hit.
fn others_near(tracks: &[Track], this: &Track, t: f64, p: TablePoint) -> bool {
    tracks.iter().filter(|other| other.recording == this.recording && other.ball != this.ball).any(|other| {
        let after = other.samples.partition_point(|sample| sample.t < t);
        let seen = &other.samples[after.saturating_sub(2)..(after + 2).min(other.samples.len())];
        seen.iter().any(|sample| (sample.position - p).length() < 0.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fitting::Sample;

    /// Returns the track of a ball that goes to and fro between the rails of a table.
    fn played_on(kind: TableKind) -> Vec<Track> {
        let spec = kind.spec();
        let fold = |distance: f64, size: f64| {
            let free = size - 2.0 * spec.ball_radius;
            spec.ball_radius + free - ((distance % (2.0 * free)) - free).abs()
        };
        let sample = |k: i32| {
            let t = f64::from(k) / 30.0;
            Sample { t, position: TablePoint::new(fold(0.2 + 0.8 * t, spec.width), fold(0.3 + 1.1 * t, spec.length)) }
        };
        vec![Track { recording: 0, ball: "cue".into(), samples: (0..200).map(sample).collect() }]
    }

    #[test]
    fn the_right_table_is_not_suspected_and_a_wrong_one_is() {
        for played in TableKind::AMERICAN {
            for given in TableKind::AMERICAN {
                let warning = suspicion(&played_on(played), &FitSettings::new(given));
                let expected = (played != given).then(|| format!("--table {played}"));
                match (&warning, &expected) {
                    (None, None) => {}
                    (Some(warning), Some(expected)) => {
                        assert!(warning.contains(expected), "{played} as {given}: {warning}");
                    }
                    _ => panic!("{played} as {given}: {warning:?}"),
                }
            }
        }
    }

    #[test]
    fn a_table_that_nobody_named_is_asked_about_where_nothing_shows_it() {
        let sample =
            |k: i32| Sample { t: f64::from(k) / 30.0, position: TablePoint::new(0.4, 0.5 + 0.01 * f64::from(k)) };
        let tracks = [Track { recording: 0, ball: "cue".into(), samples: (0..40).map(sample).collect() }];
        let mut settings = FitSettings::new(TableKind::NINE_FOOT);
        assert_eq!(suspicion(&tracks, &settings), None);
        settings.table_assumed = true;
        assert!(suspicion(&tracks, &settings).expect("a word").contains("x up to 0.40 m, y up to 0.89 m"));
    }
}
