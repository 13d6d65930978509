//! Interface between the procedure and a rig: a projector that shows pictures and a camera that delivers frames.

use billiards_table::PatternPicture;
use opencv::core::Mat;
use std::time::Duration;

/// A picture of the camera, as delivered: 8-bit BGR, distorted by the lens.
#[derive(Debug)]
pub struct RigFrame {
    /// Time at which the frame entered the program, by the rig's clock.
    pub stamp: Duration,
    /// Pixels of the frame.
    pub picture: Mat,
}

/// Reason why no more frames come, or no more pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Interruption {
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The camera is disconnected.
    #[error("the camera was disconnected; connect it and start again")]
    CameraLost,
    /// The camera delivers no frames.
    #[error("the camera delivers no frames; check its cable and start again")]
    CameraSilent,
    /// The procedure's thread ended without an outcome.
    #[error("the procedure was aborted; start it again, and report the fault with the log")]
    Aborted,
    /// The projector's window does not draw pictures.
    #[error("the projector's window does not draw; open it on the projector and start again")]
    ProjectorSilent,
}

/// A projector and a camera over a table. All times are of one clock, that of the frames' stamps.
pub trait RigInterface {
    /// Waits for `wait`, hands a picture to the projector, and returns the time at which it was handed over. The
    /// picture stays until the next.
    ///
    /// # Errors
    /// The picture cannot be shown, or somebody cancelled.
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Interruption>;

    /// Returns the next frame; frames that came while a picture was handed over are not lost.
    ///
    /// # Errors
    /// No frame comes, or somebody cancelled.
    fn frame(&mut self) -> Result<RigFrame, Interruption>;

    /// Returns the newest frame; older ones that came while the procedure was computing are skipped.
    ///
    /// # Errors
    /// No frame comes, or somebody cancelled.
    fn newest_frame(&mut self) -> Result<RigFrame, Interruption> {
        self.frame()
    }

    /// Reports the progress of the procedure, 0 to 1, and in words the current step or what to do for it.
    fn report(&mut self, progress: f64, words: &str);
}
