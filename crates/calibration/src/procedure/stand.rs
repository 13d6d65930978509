//! What the procedure needs of the world: a projector that shows pictures and a camera that delivers frames.

use billiards_table::PatternPicture;
use opencv::core::Mat;
use std::time::Duration;

/// A picture of the camera, as delivered: 8-bit BGR, bent by the lens.
#[derive(Debug)]
pub struct RigFrame {
    /// When it came into the program, by the rig's clock.
    pub stamp: Duration,
    /// The picture.
    pub picture: Mat,
}

/// Why there are no more frames, or no more pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The camera is gone.
    #[error("the camera went away; connect it again and start anew")]
    CameraLost,
    /// Frames stay out.
    #[error("the camera delivers no frames; check its cable and start anew")]
    CameraSilent,
    /// The procedure's thread died.
    #[error("the procedure broke off; start it anew, and report the fault with the log")]
    BrokenOff,
    /// Pictures are not drawn.
    #[error("the projector's window does not draw; open it on the projector and start anew")]
    ProjectorSilent,
}

/// A projector and a camera over a table. All times are of one clock, that of the frames' stamps.
pub trait Stand {
    /// Waits for `wait`, hands a picture to the projector, and says when that was. The picture stays until the next.
    ///
    /// # Errors
    /// There is no way to show it, or somebody cancelled.
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Stop>;

    /// The next frame; those that came while a picture was handed over are not lost.
    ///
    /// # Errors
    /// There is none, or somebody cancelled.
    fn frame(&mut self) -> Result<RigFrame, Stop>;

    /// The newest frame: of those that came while the procedure was at work, the others are passed over.
    ///
    /// # Errors
    /// There is none, or somebody cancelled.
    fn newest_frame(&mut self) -> Result<RigFrame, Stop> {
        self.frame()
    }

    /// Tells how far the procedure is, 0 to 1, and in words what it does or what to do for it.
    fn tell(&mut self, progress: f64, words: &str);
}
