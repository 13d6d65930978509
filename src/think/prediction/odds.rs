//! Odds of the aimed shot: the same stroke many times over with the player's small errors, on the task pool.

use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, block_on, poll_once},
};
use billiards_physics::{BallMotion, Engine, Fan, PhysicsError, Scatter, Stroke};
use billiards_table::{BallId, LiveOdds, Opening, PocketId, PotChance, RestSpread, ShotOdds, TablePoint};
use std::{collections::BTreeMap, sync::Arc};
use tracing::debug;

/// Number of runs of a fan.
const RUNS: u16 = 64;

/// Shot that the physics has predicted, with what is needed to replay it.
#[derive(Debug, Clone)]
pub(super) struct ShotInputs {
    pub engine: Arc<Engine>,
    /// Balls in the order of `ids`.
    pub balls: Vec<BallMotion>,
    pub ids: Vec<BallId>,
    pub struck: usize,
    pub stroke: Stroke,
    pub scatter: Scatter,
    /// Balls pocketed in the nominal shot, with their pockets.
    pub falls: Vec<(BallId, PocketId)>,
}

impl ShotInputs {
    /// Returns whether it is the same shot on the same table.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.engine, &other.engine)
            && (&self.balls, &self.ids, self.struck) == (&other.balls, &other.ids, other.struck)
            && (&self.stroke, &self.scatter) == (&other.stroke, &other.scatter)
    }

    /// Plays the shot [`RUNS`] times.
    fn odds(&self) -> Result<ShotOdds, PhysicsError> {
        let fan = Fan::shoot(&self.engine, &self.balls, self.struck, &self.stroke, &self.scatter, RUNS)?;
        let mut falls: BTreeMap<(BallId, PocketId), u16> = BTreeMap::new();
        let (mut rests, mut openings) = (Vec::new(), Vec::new());
        for (ball, id) in self.ids.iter().enumerate() {
            let mut places = Vec::new();
            for rest in fan.neighbours.iter().filter_map(|shot| shot.rest(ball)) {
                match rest.pocket {
                    Some(pocket) => *falls.entry((*id, pocket)).or_default() += 1,
                    None => places.push(TablePoint::from(rest.state.position)),
                }
            }
            // Balls that the shot does not move are omitted.
            if fan.nominal.path(ball).any(|piece| piece.end > piece.start && piece.initial.velocity.length() > 0.0) {
                rests.extend(spread(*id, places));
                let ends = fan.nominal.path(ball).map(|piece| piece.end);
                openings.push(Opening { ball: *id, widths: ends.zip(fan.openings(ball)).collect() });
            }
        }
        let share = |count: u16| f64::from(count) / f64::from(RUNS);
        let mut pots: Vec<PotChance> = falls
            .iter()
            .map(|((ball, pocket), count)| PotChance { ball: *ball, pocket: *pocket, chance: share(*count) })
            .collect();
        pots.sort_by(|a, b| b.chance.total_cmp(&a.chance));
        let cue_ball = self.ids[self.struck];
        let scratch = pots.iter().filter(|pot| pot.ball == cue_ball).map(|pot| pot.chance).sum();
        Ok(ShotOdds { runs: RUNS, pots, scratch, rests, openings })
    }
}

/// Returns mean and covariance of places; `None` for no places.
fn spread(ball: BallId, places: Vec<TablePoint>) -> Option<RestSpread> {
    let n = places.len() as f64;
    let mean = (places.iter().fold(euclid::Vector2D::zero(), |sum, p| sum + p.to_vector()) / n).to_point();
    let mut covariance = [[0.0; 2]; 2];
    for place in &places {
        let offset = (*place - mean).to_array();
        for (row, a) in covariance.iter_mut().zip(offset) {
            for (cell, b) in row.iter_mut().zip(offset) {
                *cell += a * b / n;
            }
        }
    }
    (!places.is_empty()).then_some(RestSpread { ball, mean, covariance, places })
}

/// Shot that is aimed now, and the fan that is being calculated.
#[derive(Resource, Default)]
pub(super) struct Odds {
    /// Shot that [`LiveOdds`] should describe; `None` while nobody aims.
    pub wanted: Option<ShotInputs>,
    /// Shot that [`LiveOdds`] describes.
    shown: Option<ShotInputs>,
    running: Option<(ShotInputs, Task<Result<ShotOdds, PhysicsError>>)>,
    /// Set if each fan is waited for, so that the result does not depend on the speed of the machine.
    in_step: bool,
}

impl Odds {
    /// Creates the state in which nothing is aimed at yet.
    pub fn new(in_step: bool) -> Self {
        Self { in_step, ..Self::default() }
    }
}

/// Calculates one fan at a time, that of the newest shot next, and publishes what is finished.
pub(super) fn work_out(mut odds: ResMut<Odds>, mut live: ResMut<LiveOdds>) {
    let odds = &mut *odds;
    let Some(wanted) = odds.wanted.clone() else {
        odds.shown = None;
        live.set_if_neq(LiveOdds(None));
        return;
    };
    loop {
        if let Some((played, mut task)) = odds.running.take() {
            let done = if odds.in_step { Some(block_on(&mut task)) } else { block_on(poll_once(&mut task)) };
            match done {
                None => {
                    odds.running = Some((played, task));
                    return;
                }
                Some(Ok(worked_out)) => {
                    live.set_if_neq(LiveOdds(Some(worked_out)));
                    odds.shown = Some(played);
                }
                Some(Err(error)) => {
                    debug!("no odds: {error}");
                    live.set_if_neq(LiveOdds(None));
                    odds.shown = Some(played);
                }
            }
        }
        if odds.shown.as_ref().is_some_and(|shown| shown.is(&wanted)) {
            return;
        }
        // The chances of another ball or another pocket do not apply to this one.
        if odds.shown.as_ref().is_some_and(|shown| shown.falls != wanted.falls) {
            live.set_if_neq(LiveOdds(None));
        }
        let played = wanted.clone();
        let task = AsyncComputeTaskPool::get().spawn(async move { played.odds() });
        odds.running = Some((wanted.clone(), task));
        if !odds.in_step {
            return;
        }
    }
}
