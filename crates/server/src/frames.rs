//! Records of the newest frames.

use billiards_protocol::vision::FrameRecord;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Maximum number of frames that are remembered.
const FRAMES: usize = 100;
/// Maximum age of a frame that is remembered.
const MEMORY: Duration = Duration::from_secs(5);

/// Records of the newest frames. Locked for moments only.
#[derive(Default)]
pub(crate) struct Frames(Mutex<VecDeque<FrameRecord>>);

impl Frames {
    /// Adds the newest frame.
    pub fn push(&self, frame: FrameRecord) {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while frames.len() >= FRAMES
            || frames.front().is_some_and(|first| frame.at.duration_since(first.at).unsigned_abs() > MEMORY)
        {
            frames.pop_front();
        }
        frames.push_back(frame);
    }

    /// Returns all frames that are remembered, the newest first.
    pub fn newest_first(&self) -> Vec<FrameRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn frame(index: u64, at_ms: i64) -> FrameRecord {
        FrameRecord {
            index,
            at: Timestamp::from_millisecond(at_ms).expect("in range"),
            age_ms: 30.0,
            vision_ms: 6.0,
            balls: 16,
            tracked: 16,
            cue: true,
            table: true,
        }
    }

    #[test]
    fn a_hundred_frames_or_five_seconds_are_remembered() {
        let frames = Frames::default();
        for i in 0..300 {
            frames.push(frame(i, 10 * i as i64));
        }
        let newest = frames.newest_first();
        assert_eq!((newest.len(), newest[0].index), (FRAMES, 299));
        frames.push(frame(300, 7_500));
        let indices: Vec<u64> = frames.newest_first().iter().map(|frame| frame.index).collect();
        assert_eq!(indices.last(), Some(&250), "{indices:?}");
        frames.push(frame(301, 60_000));
        assert_eq!(frames.newest_first().len(), 1);
    }
}
