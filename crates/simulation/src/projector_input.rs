//! The input of the simulated projector.

use super::clock::Clock;
use billiards_table::ProjectorPicture;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Input of the simulated projector: any thread may submit a picture at any time.
#[derive(Debug, Clone)]
pub struct ProjectorInput {
    clock: Arc<Clock>,
    /// Time from submission to light, seconds.
    delay: f64,
    /// Time for which a picture is kept after it has been replaced, seconds.
    memory: f64,
    queue: Arc<Mutex<VecDeque<ProjectedPicture>>>,
}

/// A picture and the time at which its light begins; it ends when the next one's begins.
#[derive(Debug, Clone)]
pub(super) struct ProjectedPicture {
    /// Beginning of the light, seconds of the rig's time.
    pub begins: f64,
    /// Projected picture.
    pub picture: Arc<ProjectorPicture>,
}

impl ProjectorInput {
    /// Creates the input of a projector with a delay of `delay` seconds. Replaced pictures are kept for `memory`
    /// seconds, because the camera has a delay as well.
    pub(super) fn new(clock: Arc<Clock>, delay: f64, memory: f64) -> Self {
        Self { clock, delay, memory, queue: Arc::default() }
    }

    /// Submits a picture. Its light begins after the projector's delay and lasts until that of the next one begins.
    pub fn show(&self, picture: ProjectorPicture) {
        let now = self.clock.now();
        let begins = now + self.delay;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // A picture that is replaced before its light has begun is never visible.
        while queue.back().is_some_and(|last| last.begins >= begins) {
            queue.pop_back();
        }
        // Without a reader, pictures must not pile up.
        while queue.get(1).is_some_and(|next| next.begins < now - self.memory) {
            queue.pop_front();
        }
        queue.push_back(ProjectedPicture { begins, picture: Arc::new(picture) });
    }

    /// Returns the pictures projected between two times, in order, and drops those that ended before the first.
    pub(super) fn between(&self, [from, to]: [f64; 2]) -> Vec<ProjectedPicture> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        while queue.get(1).is_some_and(|next| next.begins <= from) {
            queue.pop_front();
        }
        queue.iter().filter(|projected| projected.begins < to).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::FrameSize;

    #[test]
    fn a_picture_shines_from_its_delay_until_the_next_one() {
        let clock = Arc::new(Clock::simulated());
        let input = ProjectorInput::new(Arc::clone(&clock), 0.1, 0.5);
        let picture = |v: u8| ProjectorPicture { size: FrameSize { width: 1, height: 1 }, rgba: vec![v; 4] };
        let seen =
            |span| -> Vec<u8> { input.between(span).iter().map(|projected| projected.picture.rgba[0]).collect() };
        input.show(picture(1));
        clock.set(1.0);
        input.clone().show(picture(2));
        assert_eq!(seen([0.0, 0.1]), Vec::<u8>::new());
        assert_eq!(seen([0.05, 0.15]), [1]);
        assert_eq!(seen([1.0, 1.2]), [1, 2]);
        assert_eq!(seen([1.1, 1.2]), [2]);
        assert_eq!(seen([9.0, 9.1]), [2]);
    }

    #[test]
    fn pictures_do_not_pile_up_where_nobody_looks() {
        let clock = Arc::new(Clock::simulated());
        let input = ProjectorInput::new(Arc::clone(&clock), 0.1, 0.5);
        let picture = || ProjectorPicture { size: FrameSize { width: 1, height: 1 }, rgba: vec![0; 4] };
        let waiting = || input.queue.lock().expect("not poisoned").len();
        for _ in 0..10 {
            input.show(picture());
        }
        assert_eq!(waiting(), 1);
        for i in 1..1000 {
            clock.set(f64::from(i) / 60.0);
            input.show(picture());
        }
        assert!((30..45).contains(&waiting()), "{}", waiting());
    }
}
