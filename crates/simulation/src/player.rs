//! The simulated player: looks at the table, approaches with the cue, aims, strokes, strikes, waits, and sets the balls
//! up again when few are left. A state machine driven by time; only its seed decides its actions.

use super::{
    cue::CuePose,
    layout::{self, Layout},
    motion::Motion,
    rack::{rack, straight_pool},
    scene::Scene,
    shots::{self, ShotCandidate},
    stroke::Stroke,
};
use billiards_table::{TablePoint, TableSpec, TableVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Time for which the balls must be at rest before the player looks at them, seconds.
const MIN_STILL_TIME: f64 = 0.5;
/// Simulated time for evaluating one candidate, seconds: longer than the computation takes, so that no picture is late.
const THOUGHT: f64 = 0.01;
/// Maximum number of object balls at which the player sets the balls up again.
const FEW: usize = 3;
/// Height above the noses at which a cue passes over the rail and the bridge on it, metres: 58 mm over the bed of an
/// American table.
const OVER_NOSE: f64 = 0.058 - 0.036_576;
/// Height above its top at which a cue passes over a ball that lies behind the cue ball, metres.
const OVER_BALL: f64 = 0.014_85;

/// The player on the simulated table.
pub(super) struct Player {
    rng: ChaCha8Rng,
    scene: Scene,
    phase: Phase,
    /// Set while the next shot is a break.
    breaks: bool,
}

enum Phase {
    /// Watches the balls; holds the time since which they have been at rest.
    Watching(Option<f64>),
    /// Evaluates candidates in the physics engine; `tried` of them since the time `since`.
    Thinking { candidates: Vec<ShotCandidate>, tried: usize, since: f64 },
    /// Plays a stroke that began at `since`; `struck` is set once the cue has hit the ball.
    Stroking { stroke: Stroke, since: f64, struck: bool },
}

impl Player {
    /// Creates a player who has not set up the balls yet.
    pub fn new(scene: Scene, seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed ^ 0x0070_6c61_7965_7221);
        Self { rng, scene, phase: Phase::Watching(None), breaks: false }
    }

    /// Sets up the balls for the beginning of the scene.
    pub fn set_up(&mut self, spec: &TableSpec) -> Motion {
        let layout = self.layout(spec);
        Motion::new(spec, &layout, &mut self.rng)
    }

    fn layout(&mut self, spec: &TableSpec) -> Layout {
        // Without pockets there is no rack to break: the opening is a stroke like any other.
        self.breaks = self.scene == Scene::Break && spec.pockets.is_some();
        match self.scene {
            Scene::Break => rack(spec, &mut self.rng),
            Scene::StraightPool => straight_pool(spec, &mut self.rng),
            _ => layout::spread(spec, &mut self.rng),
        }
    }

    /// Returns the stroke that is being played and the time of its beginning; `None` while the player has the cue away
    /// from the table.
    fn stroke(&self) -> Option<(&Stroke, f64)> {
        match &self.phase {
            Phase::Stroking { stroke, since, .. } => Some((stroke, *since)),
            Phase::Watching(_) | Phase::Thinking { .. } => None,
        }
    }

    /// Returns the pose of the cue at a time; `None` while the player has it away from the table.
    pub fn cue(&self, time: f64) -> Option<CuePose> {
        self.stroke().map(|(stroke, since)| stroke.pose(time - since))
    }

    /// Returns the place of the bridge hand, which guides the cue, and the direction in which it points.
    pub fn bridge(&self, time: f64) -> Option<(TablePoint, TableVector)> {
        self.stroke().map(|(stroke, since)| stroke.bridge(time - since))
    }

    /// Advances the player to a time, a few milliseconds after the last one.
    pub fn step(&mut self, time: f64, motion: &mut Motion) {
        match &mut self.phase {
            Phase::Watching(still) => {
                if !motion.is_at_rest(time) {
                    *still = None;
                } else if time - *still.get_or_insert(time) >= MIN_STILL_TIME {
                    self.tidy(time, motion);
                    self.phase = Phase::Thinking { candidates: shots::candidates(motion), tried: 0, since: time };
                }
            }
            Phase::Thinking { candidates, tried, since } => {
                if time - *since < (*tried + 1) as f64 * THOUGHT {
                    return;
                }
                let shot = match candidates.get(*tried) {
                    _ if self.breaks => shots::break_off(motion),
                    Some(candidate) if candidate.works(motion) => Some(candidate.shot),
                    Some(_) => {
                        *tried += 1;
                        return;
                    }
                    None => shots::full_hit(motion),
                };
                self.breaks = false;
                self.phase = match (shot, motion.cue_ball()) {
                    (Some(shot), Some((_, ball))) => {
                        let obstacle = obstacle(motion, ball, shot.direction);
                        let (speed, radius) = (motion.cue_speed(shot.speed), motion.spec().cue_ball.radius);
                        let stroke = Stroke::new(shot, speed, ball, radius, obstacle, &mut self.rng);
                        Phase::Stroking { stroke, since: time, struck: false }
                    }
                    _ => Phase::Watching(None),
                };
            }
            Phase::Stroking { stroke, since, struck } => {
                let strike = stroke.strike_time();
                if !*struck && time - *since >= strike {
                    *struck = true;
                    motion.strike(*since + strike, stroke.direction(strike) * stroke.shot.speed);
                }
                if time - *since >= stroke.end() {
                    self.phase = Phase::Watching(None);
                }
            }
        }
    }

    /// Puts a pocketed cue ball back, or sets all balls up again when few are left. Without pockets all stay.
    fn tidy(&mut self, time: f64, motion: &mut Motion) {
        if motion.spec().pockets.is_none() {
            return;
        }
        if motion.objects().count() <= FEW {
            let layout = self.layout(&motion.spec().clone());
            motion.lay(&layout, &mut self.rng);
        } else if motion.cue_ball().is_none() {
            let others: Vec<TablePoint> = motion.objects().map(|(_, place)| place).collect();
            motion.spot_cue_ball(time, layout::spot(motion.spec(), &others));
        }
    }
}

/// Finds the obstacle on the line of a cue behind the cue ball, the rail or another ball, that demands the steepest
/// cue. Returns its distance behind the cue ball and its height, metres.
fn obstacle(motion: &Motion, ball: TablePoint, direction: TableVector) -> [f64; 2] {
    let spec = motion.spec();
    let (over_rail, over_ball) = (spec.nose_height + OVER_NOSE, 2.0 * spec.ball_radius + OVER_BALL);
    let back = -direction;
    // Distance to the nose lines.
    let until = |from: f64, velocity: f64, end: f64| match velocity {
        _ if velocity > 1e-9 => (end - from) / velocity,
        _ if velocity < -1e-9 => -from / velocity,
        _ => f64::MAX,
    };
    let rail = until(ball.x, back.x, spec.width).min(until(ball.y, back.y, spec.length));
    let balls = motion.objects().filter_map(|(_, place)| {
        let (along, aside) = ((place - ball).dot(back), (place - ball).cross(back).abs());
        // A cue's width and a little more.
        (along > 0.0 && along < 1.2 && aside < 1.4 * spec.ball_radius).then_some([along, over_ball])
    });
    let steep = |[reach, height]: &[f64; 2]| (height - spec.cue_ball.radius) / reach.max(0.05);
    let obstacles = balls.chain([[rail, over_rail]]);
    obstacles.max_by(|a, b| steep(a).total_cmp(&steep(b))).unwrap_or([rail, over_rail])
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallLabel, TableKind};

    #[test]
    fn few_balls_are_set_up_again_and_a_lost_cue_ball_comes_back() {
        let spec = TableKind::NINE_FOOT.spec();
        let mut player = Player::new(Scene::Practice, 1);
        let mut motion = player.set_up(&spec);
        let all = motion.len();
        let few: Vec<_> = motion.on_table(0.0).map(|(label, state)| (label, state.position)).take(4).collect();
        motion.lay(&few, &mut player.rng);
        player.tidy(0.0, &mut motion);
        assert_eq!(motion.len(), all);
        let pocket = motion.features().pockets[0].centre;
        motion.roll(0.0, TablePoint::new(0.2, 0.2), (pocket - TablePoint::new(0.2, 0.2)).normalize() * 1.5);
        if motion.cue_ball().is_none() {
            player.tidy(9.0, &mut motion);
        }
        let (_, back) = motion.cue_ball().expect("spotted");
        assert!(spec.holds(back, 0.0) && motion.objects().all(|(_, p)| (p - back).length() > 2.0 * spec.ball_radius));
    }

    #[test]
    fn a_cue_rises_over_rails_and_balls_that_are_near() {
        let spec = TableKind::NINE_FOOT.spec();
        let mut player = Player::new(Scene::Practice, 1);
        let cue_ball = TablePoint::new(0.6, 0.4);
        let alone = Motion::new(&spec, &[(BallLabel::Cue, cue_ball)], &mut player.rng);
        let along = TableVector::new(0.0, 1.0);
        let [reach, height] = obstacle(&alone, cue_ball, along);
        assert!((reach - 0.4).abs() < 1e-9 && height == 0.058);
        let two = [(BallLabel::Cue, cue_ball), (BallLabel::Number(3), TablePoint::new(0.6, 0.3))];
        let crowded = Motion::new(&spec, &two, &mut player.rng);
        assert_eq!(obstacle(&crowded, cue_ball, along)[1], 0.072);
        assert_eq!(obstacle(&crowded, cue_ball, -along)[1], 0.058);
    }
}
