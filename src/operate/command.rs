//! What an operator may ask for.

use super::settings::Settings;
use crate::{
    model::{FrameSize, ProjectorPoint, ShotSettings, TableChoice, TableQuad},
    show::overlay::{ProjectorOutput, TestCard, Theme},
};
use bevy::prelude::Message;
use billiards_calibration::ProfileName;
use serde_json::Value;

/// What an operator asks for, in the panel or from a phone.
#[derive(Message, Debug, Clone, PartialEq)]
pub enum Command {
    /// Takes the source of this place in the list, also where it is the one that runs: it is then opened anew.
    OpenSource(usize),
    /// Moves all four corners to these places of the camera's picture.
    SetCorners(FrameSize, TableQuad),
    /// Finds the corners in the camera's picture again.
    SeekTable,
    /// Says which table stands there.
    SetTable(TableChoice),
    /// Imagines another stroke.
    SetShot(ShotSettings),
    /// Draws with other colours and widths.
    SetTheme(Theme),
    /// Turns one of the overlay's switches, by its name.
    SetToggle(&'static str, bool),
    /// Puts the projector's window elsewhere.
    SetOutput(ProjectorOutput),
    /// Puts all settings in force.
    Configure(Box<Settings>),
    /// Changes the settings that an RFC 7396 merge patch names; `null` brings a default back.
    PatchSettings(Value),
    /// Writes the calibration to disk under its present name.
    SaveProfile,
    /// Writes the calibration to disk under this name, and goes on with that name.
    SaveProfileAs(ProfileName),
    /// Puts the profile of this name in force.
    LoadProfile(ProfileName),
    /// Removes the profile of this name from the disk; a copy is kept beside it.
    DeleteProfile(ProfileName),
    /// Forgets the shots that were played, and sees everything on the table as for the first time.
    ResetGame,
    /// Begins to calibrate everything.
    StartCalibration,
    /// Begins to measure the camera's lens by the printed board.
    MeasureLens,
    /// Breaks that off; the former calibration stays in force.
    CancelCalibration,
    /// Takes the last change of the calibration back.
    Undo,
    /// Makes the change again that was taken back last.
    Redo,
    /// Puts the calibration before the last change in force for a look, or the one after it again.
    ShowBefore(bool),
    /// Chooses the point of the projector's picture that the arrow keys move, counted from 0.
    SelectHandPoint(usize),
    /// Puts that point there, pixels of the projector.
    MoveHandPoint(usize, ProjectorPoint),
    /// Adds the point of this name, and chooses it.
    AddHandPoint(String),
    /// Removes a point that was added.
    RemoveHandPoint(usize),
    /// Shows the points on the cloth with the chosen one marked, or takes them away.
    ShowHandPoints(bool),
    /// Moves the chosen point by so many pixels of the projector.
    NudgeProjector {
        /// To the right.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// Chooses a point and moves it by so many pixels of the projector.
    NudgeHandPoint {
        /// Which.
        point: usize,
        /// To the right.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// Forgets the points in the projector's picture: the table is thought centred again.
    CentreProjector,
    /// Shows the check pattern on the cloth, or takes it away.
    ShowCheck(bool),
    /// Throws a test card on the cloth, or none.
    ShowCard(Option<TestCard>),
}
