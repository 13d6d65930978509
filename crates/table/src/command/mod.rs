//! Commands of an operator, grouped by what acts on them, and the reasons for refusing them.

mod refusal;

pub use refusal::Refusal;

use crate::{
    FrameSize, HandMark, ProfileName, ProjectorOutput, ProjectorPoint, TableChoice, TableQuad, TestCard,
    settings::Settings,
};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Message;
use serde_json::Value;

/// A command of an operator, from the panel or a phone.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "bevy", derive(Message))]
pub enum Command {
    /// Switches to the source at this index of the list; one that is already running is reopened.
    OpenSource(usize),
    /// Forgets the shots that were played, and treats everything on the table as seen for the first time.
    ResetGame,
    /// Changes settings.
    Settings(SettingsCommand),
    /// Changes the assumed positions of camera, table and projector.
    Setup(SetupCommand),
    /// Moves, adds or removes points of the projector's picture.
    Point(PointCommand),
    /// Saves, loads or deletes a profile.
    Profile(ProfileCommand),
    /// Starts or ends a calibration procedure.
    Procedure(ProcedureCommand),
    /// Changes what is projected instead of the overlay, or where it is projected.
    Projector(ProjectorCommand),
}

/// A change of settings.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsCommand {
    /// Replaces all settings.
    Replace(Settings),
    /// Changes the settings that an RFC 7396 merge patch names; `null` restores a default.
    Patch(Value),
}

/// A change of the calibration.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "copied when an operator acts, and a plain value is simpler than a box")]
pub enum SetupCommand {
    /// Moves all four corners of the table to these points of a camera picture of the given size.
    SetCorners(FrameSize, TableQuad),
    /// Finds the corners in the camera's picture again.
    SeekTable,
    /// Sets which table is there.
    SetTable(TableChoice),
    /// Resets the points in the projector's picture: the table is assumed to be centred again.
    CentreProjector,
    /// Undoes the last change of the calibration.
    Undo,
    /// Redoes the change that was undone last.
    Redo,
    /// Temporarily applies the calibration from before the last change, or the one after it again.
    ShowBefore(bool),
}

/// A change of the points in the projector's picture; points are numbered from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum PointCommand {
    /// Selects the point that the arrow keys move.
    Select(usize),
    /// Moves a point to a position, pixels of the projector.
    Move(usize, ProjectorPoint),
    /// Moves the selected point by an offset, pixels of the projector.
    NudgeSelected {
        /// Offset to the right.
        dx: f64,
        /// Offset downwards.
        dy: f64,
    },
    /// Selects a point and moves it by an offset, pixels of the projector.
    Nudge {
        /// Number of the point.
        point: usize,
        /// Offset to the right.
        dx: f64,
        /// Offset downwards.
        dy: f64,
    },
    /// Adds the point for a mark of the table, and selects it.
    Add(HandMark),
    /// Removes a point that was added.
    Remove(usize),
}

/// A change of the profiles on disk, or of the one in force.
#[derive(Debug, Clone, PartialEq)]
pub enum ProfileCommand {
    /// Writes the calibration to disk under its current name.
    Save,
    /// Writes the calibration to disk under this name, and continues with that name.
    SaveAs(ProfileName),
    /// Applies the profile of this name.
    Load(ProfileName),
    /// Deletes the profile of this name from the disk; a copy is kept next to it.
    Delete(ProfileName),
}

/// The start or the end of a calibration procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcedureCommand {
    /// Starts the calibration of camera and projector.
    Calibrate,
    /// Starts the measurement of the camera's lens with the printed board.
    MeasureLens,
    /// Cancels the running procedure; the previous calibration stays in force.
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
    /// Projects the points with the selected one marked, or the overlay again.
    ShowPoints(bool),
}

/// Implements the conversion of each group into a [`Command`].
macro_rules! from_groups {
    ($($group:ident => $variant:ident),* $(,)?) => {$(
        impl From<$group> for Command {
            fn from(command: $group) -> Self {
                Self::$variant(command)
            }
        }
    )*};
}

from_groups! {
    SettingsCommand => Settings,
    SetupCommand => Setup,
    PointCommand => Point,
    ProfileCommand => Profile,
    ProcedureCommand => Procedure,
    ProjectorCommand => Projector,
}
