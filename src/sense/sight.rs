//! One processed frame, as it reaches the ECS.

use super::Preview;
use bevy::prelude::Resource;
use billiards_capture::{Frame, FrameStamp};
use billiards_table::PocketMouth;
use billiards_vision::{DetectedRing, Detections};
use std::{sync::Arc, time::Duration};

/// One processed frame: its stamp and its detections.
pub struct Sight {
    /// Number, time and size of the frame.
    pub stamp: FrameStamp,
    /// Table, balls and cue that were detected in it.
    pub detections: Detections,
    /// Measured places of rings of the projector's light that had not moved for a while. Empty in most frames: they are
    /// measured a few times a second.
    pub rings: Vec<DetectedRing>,
    /// Mouths of the pockets as measured in it, while
    /// [`SenseWorker::measure_mouths`](super::SenseWorker::measure_mouths) asks for them. Empty in most frames: they
    /// are measured once a second.
    pub mouths: Vec<PocketMouth>,
    /// Time that the detector took.
    pub vision_time: Duration,
    /// The picture for the panel, while [`SenseWorker::set_preview`](super::SenseWorker::set_preview) asks for it.
    pub preview: Option<Preview>,
    /// The rectified picture, if [`SenseOptions::keep_frames`](super::SenseOptions::keep_frames) or
    /// [`SenseWorker::keep_frames`](super::SenseWorker::keep_frames) asks for it.
    pub frame: Option<Arc<Frame>>,
    /// The picture as the camera delivered it, while
    /// [`SenseWorker::keep_delivered`](super::SenseWorker::keep_delivered) asks for it.
    pub delivered: Option<Arc<Frame>>,
}

#[cfg(test)]
impl Sight {
    /// Creates a sight with detections alone.
    pub(crate) fn bare(stamp: FrameStamp, detections: Detections) -> Self {
        Self {
            stamp,
            detections,
            rings: Vec::new(),
            mouths: Vec::new(),
            vision_time: Duration::ZERO,
            preview: None,
            frame: None,
            delivered: None,
        }
    }
}

/// The newest sight. The Ingest stage replaces it when a frame arrives, so `is_changed` means a new frame. `None`
/// before the first frame of a source.
#[derive(Resource, Default)]
pub struct LatestSight(pub Option<Arc<Sight>>);
