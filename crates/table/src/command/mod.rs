//! What an operator may ask for, grouped by what acts on it, and why it may be refused.

mod refusal;

pub use refusal::Refusal;

use crate::{
    FrameSize, HandMark, ProfileName, ProjectorOutput, ProjectorPoint, TableChoice, TableQuad, TestCard,
    settings::Settings,
};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Message;
use serde_json::Value;

/// A request of an operator, in the panel or from a phone.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "bevy", derive(Message))]
pub enum Command {
    /// Switches to the source at this index of the list; the one that runs already is opened anew.
    OpenSource(usize),
    /// Forgets the shots that were played, and sees everything on the table as for the first time.
    ResetGame,
    /// Changes settings.
    Settings(SettingsCommand),
    /// Changes where camera, table and projector are taken to stand.
    Setup(SetupCommand),
    /// Moves, adds or removes points of the projector's picture.
    Point(PointCommand),
    /// Saves, loads or deletes a profile.
    Profile(ProfileCommand),
    /// Starts or ends a calibration procedure.
    Procedure(ProcedureCommand),
    /// Changes what is projected instead of the overlay, and where.
    Projector(ProjectorCommand),
}

/// A change of settings.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsCommand {
    /// Replaces all settings.
    Replace(Settings),
    /// Changes the settings that an RFC 7396 merge patch names; `null` brings a default back.
    Patch(Value),
}

/// A change of the calibration.
#[derive(Debug, Clone, PartialEq)]
pub enum SetupCommand {
    /// Moves all four corners of the table to these places of the camera's picture, whose size comes first.
    SetCorners(FrameSize, TableQuad),
    /// Finds the corners in the camera's picture again.
    SeekTable,
    /// Says which table stands there.
    SetTable(TableChoice),
    /// Forgets the points in the projector's picture: the table is assumed to be centred again.
    CentreProjector,
    /// Takes the last change of the calibration back.
    Undo,
    /// Makes the change again that was taken back last.
    Redo,
    /// Puts the calibration before the last change in force for a look, or the one after it again.
    ShowBefore(bool),
}

/// A change of the points in the projector's picture; points are counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum PointCommand {
    /// Chooses the point that the arrow keys move.
    Select(usize),
    /// Moves a point to a place, pixels of the projector.
    Move(usize, ProjectorPoint),
    /// Moves the chosen point, pixels of the projector.
    NudgeSelected {
        /// To the right.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// Chooses a point and moves it, pixels of the projector.
    Nudge {
        /// The point.
        point: usize,
        /// To the right.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// Adds the point for a mark of the table, and chooses it.
    Add(HandMark),
    /// Removes a point that was added.
    Remove(usize),
}

/// A change of the profiles on disk, or of the one in force.
#[derive(Debug, Clone, PartialEq)]
pub enum ProfileCommand {
    /// Writes the calibration to disk under its present name.
    Save,
    /// Writes the calibration to disk under this name, and goes on with that name.
    SaveAs(ProfileName),
    /// Puts the profile of this name in force.
    Load(ProfileName),
    /// Removes the profile of this name from the disk; a copy is kept beside it.
    Delete(ProfileName),
}

/// The start or the end of a calibration procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcedureCommand {
    /// Begins to calibrate camera and projector.
    Calibrate,
    /// Begins to measure the camera's lens by the printed board.
    MeasureLens,
    /// Cancels the procedure that runs; the former calibration stays in force.
    Cancel,
}

/// A change of what is projected instead of the overlay, or of where it is projected.
#[derive(Debug, Clone, PartialEq)]
pub enum ProjectorCommand {
    /// Moves the projector's window.
    SetOutput(ProjectorOutput),
    /// Projects the check pattern, or the overlay again.
    ShowCheck(bool),
    /// Projects a test card, or the overlay again.
    ShowCard(Option<TestCard>),
    /// Projects the points with the chosen one marked, or the overlay again.
    ShowPoints(bool),
}

impl From<SettingsCommand> for Command {
    fn from(command: SettingsCommand) -> Self {
        Self::Settings(command)
    }
}

impl From<SetupCommand> for Command {
    fn from(command: SetupCommand) -> Self {
        Self::Setup(command)
    }
}

impl From<PointCommand> for Command {
    fn from(command: PointCommand) -> Self {
        Self::Point(command)
    }
}

impl From<ProfileCommand> for Command {
    fn from(command: ProfileCommand) -> Self {
        Self::Profile(command)
    }
}

impl From<ProcedureCommand> for Command {
    fn from(command: ProcedureCommand) -> Self {
        Self::Procedure(command)
    }
}

impl From<ProjectorCommand> for Command {
    fn from(command: ProjectorCommand) -> Self {
        Self::Projector(command)
    }
}
