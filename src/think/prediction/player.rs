//! Speed of the player's strokes, learnt from the strokes of this session. Free of side effects.
//!
//! Practice strokes are much slower than the stroke that follows, and for many players not correlated with it. So the
//! usual speed of the player's own strokes is predicted: their median, which one outlier does not move. The practice
//! strokes are used only once the strokes show that they predict the speed better than the median does.

use billiards_table::{SpeedSource, StrikeSpeed, TablePoint};
use std::collections::VecDeque;

/// Maximum number of strokes of a kind that are kept: a player changes during a session.
const MAX_STROKES: usize = 12;
/// Minimum number of strokes for the median alone; below it, the set speed counts as one more stroke if it is faster.
const MIN_STROKES: usize = 3;
/// Minimum number of strokes with practice strokes for the use of their ratio.
const MIN_RATIOS: usize = 5;
/// Maximum ratio of the ratios' spread to that of the speeds for the use of practice strokes.
const MAX_SPREAD_RATIO: f64 = 0.6;
/// Minimum speed of a stroke that is learnt from, m/s: a ball that was touched or put down is slower.
const MIN_SPEED: f64 = 0.3;
/// Maximum speed of a stroke that is learnt from, m/s: a faster one is a measurement error.
const MAX_SPEED: f64 = 15.0;
/// Maximum gap between two touching balls of a rack, metres.
const MAX_RACK_GAP: f64 = 0.006;
/// Minimum number of pairs of touching balls in a racked layout: nine balls in a diamond have sixteen.
const MIN_RACK_PAIRS: usize = 12;

/// Kind of layout that a stroke is played at. A break is no measure for other strokes, nor they for a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutKind {
    /// Layout with the balls in a rack.
    Rack,
    /// Any other layout.
    Open,
}

impl LayoutKind {
    /// Returns the kind of layout of balls of this radius (metres).
    pub fn of(balls: &[TablePoint], ball_radius: f64) -> Self {
        let reach = 2.0 * ball_radius + MAX_RACK_GAP;
        let pairs: usize = balls
            .iter()
            .enumerate()
            .map(|(i, a)| balls.iter().skip(i + 1).filter(|b| (**b - *a).length() < reach).count())
            .sum();
        if pairs >= MIN_RACK_PAIRS { Self::Rack } else { Self::Open }
    }
}

/// Stroke that was played and measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObservedStroke {
    /// Kind of layout that it was played at.
    pub layout: LayoutKind,
    /// Speed of the cue ball, m/s.
    pub speed: f64,
    /// Speed of a cue ball struck as fast as the last practice stroke, m/s; `None` without a practice stroke.
    pub practice: Option<f64>,
}

/// Strokes of one player in one session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlayerStrokes {
    rack: VecDeque<ObservedStroke>,
    open: VecDeque<ObservedStroke>,
}

impl PlayerStrokes {
    /// Adds a stroke. Speeds out of range are ignored.
    pub fn add(&mut self, stroke: ObservedStroke) {
        if !(MIN_SPEED..=MAX_SPEED).contains(&stroke.speed) {
            return;
        }
        let practice = stroke.practice.filter(|speed| speed.is_finite() && *speed > 0.0);
        let strokes = match stroke.layout {
            LayoutKind::Rack => &mut self.rack,
            LayoutKind::Open => &mut self.open,
        };
        if strokes.len() == MAX_STROKES {
            strokes.pop_front();
        }
        strokes.push_back(ObservedStroke { practice, ..stroke });
    }

    /// Predicts the next stroke: `set` is the set speed, `practice` as in [`ObservedStroke`]. Whatever the practice
    /// strokes, the predicted speed lies within the range of the player's strokes.
    pub fn predict(&self, layout: LayoutKind, practice: Option<f64>, set: f64) -> StrikeSpeed {
        let (strokes, others) = match layout {
            LayoutKind::Rack => (&self.rack, &self.open),
            LayoutKind::Open => (&self.open, &self.rack),
        };
        let count = strokes.len();
        let speeds: Vec<f64> = strokes.iter().map(|stroke| stroke.speed.ln()).collect();
        let Some(median) = median(speeds.clone()) else {
            return StrikeSpeed { speed: set, source: SpeedSource::Set, strokes: others.len() };
        };
        if let Some(practice) = practice.filter(|speed| speed.is_finite() && *speed > 0.0)
            && let Some(ratio) = ratio(strokes, &speeds)
        {
            let (slowest, fastest) = speeds.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
            let speed = (practice.ln() + ratio).clamp(slowest, fastest).exp();
            return StrikeSpeed { speed, source: SpeedSource::PracticeStrokes, strokes: count };
        }
        StrikeSpeed { speed: with_set(speeds, median, set).exp(), source: SpeedSource::Usual, strokes: count }
    }
}

/// Returns the logarithm of the usual speed after few strokes; `speeds` and their median `middle` are logarithms.
fn with_set(mut speeds: Vec<f64>, middle: f64, set: f64) -> f64 {
    if speeds.len() >= MIN_STROKES || set.ln() <= middle {
        return middle;
    }
    speeds.push(set.ln());
    median(speeds).unwrap_or(middle)
}

/// Returns the logarithm of the player's usual ratio of stroke to practice stroke; `None` while it predicts no better
/// than the speeds of the strokes, which are given as logarithms.
fn ratio(strokes: &VecDeque<ObservedStroke>, speeds: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> =
        strokes.iter().filter_map(|stroke| Some(stroke.speed.ln() - stroke.practice?.ln())).collect();
    if ratios.len() < MIN_RATIOS {
        return None;
    }
    (spread(&ratios)? < MAX_SPREAD_RATIO * spread(speeds)?).then(|| median(ratios))?
}

/// Returns the median absolute deviation from the median.
fn spread(values: &[f64]) -> Option<f64> {
    let middle = median(values.to_vec())?;
    median(values.iter().map(|value| (value - middle).abs()).collect())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { 0.5 * (values.get(middle - 1)? + upper) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: f64 = 2.0;

    fn player(strokes: &[(f64, Option<f64>)]) -> PlayerStrokes {
        let mut player = PlayerStrokes::default();
        strokes.iter().for_each(|(speed, practice)| {
            player.add(ObservedStroke { layout: LayoutKind::Open, speed: *speed, practice: *practice });
        });
        player
    }

    fn plain(speeds: &[f64]) -> PlayerStrokes {
        player(&speeds.iter().map(|speed| (*speed, None)).collect::<Vec<_>>())
    }

    fn predicted(player: &PlayerStrokes, practice: Option<f64>) -> (f64, SpeedSource, usize) {
        let StrikeSpeed { speed, source, strokes } = player.predict(LayoutKind::Open, practice, SET);
        ((1e6 * speed).round() / 1e6, source, strokes)
    }

    #[test]
    fn the_set_speed_holds_until_a_stroke_is_seen_whatever_the_practice_strokes_are() {
        for practice in [None, Some(0.4), Some(9.0), Some(f64::NAN)] {
            assert_eq!(predicted(&PlayerStrokes::default(), practice), (SET, SpeedSource::Set, 0));
        }
    }

    #[test]
    fn slow_practice_strokes_never_pull_the_speed_below_the_player_s_strokes() {
        for speeds in [&[3.4][..], &[3.4, 3.2], &[3.4, 3.2, 3.6, 3.3, 3.5]] {
            let strokes: Vec<_> = speeds.iter().map(|speed| (*speed, Some(0.4))).collect();
            let (speed, source, count) = predicted(&player(&strokes), Some(0.3));
            assert!(speed >= 3.2, "{speed} after {speeds:?}");
            assert_eq!((source, count), (SpeedSource::Usual, speeds.len()));
        }
    }

    #[test]
    fn one_odd_stroke_does_not_change_what_is_usual() {
        assert_eq!(predicted(&plain(&[2.4, 2.5, 9.0, 2.6, 2.5]), None).0, 2.5);
        assert_eq!(predicted(&plain(&[2.4, 2.5, 0.4, 2.6, 2.5]), None).0, 2.5);
    }

    #[test]
    fn a_single_soft_stroke_is_not_yet_usual() {
        assert_eq!(predicted(&plain(&[0.5]), None).0, 1.0, "between it and the set speed");
        assert_eq!(predicted(&plain(&[0.5, 0.5]), None).0, 0.5);
    }

    #[test]
    fn practice_strokes_count_where_they_tell_soft_from_hard() {
        // A player who strikes three times as fast as in practice.
        let telling: Vec<_> =
            [(0.9, 0.3), (3.1, 1.0), (1.5, 0.5), (4.4, 1.5), (2.4, 0.8)].map(|(v, p)| (v, Some(p))).to_vec();
        let (soft, source, count) = predicted(&player(&telling), Some(0.4));
        assert!((soft - 1.2).abs() < 0.05, "{soft}");
        assert_eq!((source, count), (SpeedSource::PracticeStrokes, 5));
        assert!((predicted(&player(&telling), Some(1.2)).0 - 3.6).abs() < 0.15);
        // Limited to the speeds that the player has played.
        assert_eq!(predicted(&player(&telling), Some(0.05)).0, 0.9);
        assert_eq!(predicted(&player(&telling), Some(9.0)).0, 4.4);
        // Without practice strokes in this address only the usual speed is known.
        assert_eq!(predicted(&player(&telling), None), (2.4, SpeedSource::Usual, 5));
        // Fewer strokes are not enough.
        assert_eq!(predicted(&player(&telling[..4]), Some(0.4)).1, SpeedSource::Usual);
    }

    #[test]
    fn practice_strokes_that_are_always_alike_tell_nothing() {
        let alike: Vec<_> = [0.9, 3.1, 1.5, 4.4, 2.4, 2.0].map(|speed| (speed, Some(0.6))).to_vec();
        assert_eq!(predicted(&player(&alike), Some(0.6)).1, SpeedSource::Usual);
    }

    #[test]
    fn a_break_is_no_measure_for_other_strokes() {
        let mut player = PlayerStrokes::default();
        player.add(ObservedStroke { layout: LayoutKind::Rack, speed: 6.0, practice: None });
        let open = player.predict(LayoutKind::Open, None, SET);
        assert_eq!(open, StrikeSpeed { speed: SET, source: SpeedSource::Set, strokes: 1 });
        let rack = player.predict(LayoutKind::Rack, None, SET);
        assert!((rack.speed - 6.0).abs() < 1e-9 && rack.source == SpeedSource::Usual);
    }

    #[test]
    fn what_is_no_stroke_is_not_learnt() {
        assert_eq!(predicted(&plain(&[0.1, 40.0, f64::NAN, f64::INFINITY]), None).1, SpeedSource::Set);
        let odd = player(&[(2.0, Some(f64::NAN)), (2.0, Some(0.0)), (2.0, Some(-1.0))]);
        assert_eq!(predicted(&odd, Some(0.0)), (2.0, SpeedSource::Usual, 3));
    }

    #[test]
    fn the_newest_strokes_count() {
        let mut speeds = vec![1.0; 2 * MAX_STROKES];
        speeds.extend([4.0; MAX_STROKES]);
        assert_eq!(predicted(&plain(&speeds), None), (4.0, SpeedSource::Usual, MAX_STROKES));
    }

    #[test]
    fn racks_are_told_from_open_tables() {
        let radius = 0.028_575;
        let rows = (0..5_u32).flat_map(|row| (0..=row).map(move |place| (row, place)));
        let rack: Vec<TablePoint> = rows
            .map(|(row, place)| {
                let (row, place) = (f64::from(row), f64::from(place));
                TablePoint::new(0.6 + (2.0 * place - row) * 1.01 * radius, 1.9 + 1.01 * 3.0_f64.sqrt() * radius * row)
            })
            .collect();
        assert_eq!(LayoutKind::of(&rack, radius), LayoutKind::Rack);
        let spread: Vec<TablePoint> =
            (0..15_u32).map(|i| TablePoint::new(0.1 + 0.2 * f64::from(i % 5), 0.2 + 0.4 * f64::from(i / 5))).collect();
        assert_eq!(LayoutKind::of(&spread, radius), LayoutKind::Open);
        assert_eq!(LayoutKind::of(&[], radius), LayoutKind::Open);
    }
}
