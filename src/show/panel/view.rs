//! Everything that the panel shows, as plain data: no window, no entities.

use super::{calibration_view::CalibrationView, event_log::EventLine};
use crate::sense::{Sight, SourceHealth};
use bevy_egui::egui;
use billiards_calibration::CornersOrigin;
use billiards_physics::Physics;
use billiards_protocol::storage::StorageProblem;
use billiards_server::phone::PhoneAddresses;
use billiards_table::{
    Ball, CameraView, Cue, FrameSize, PocketMouth, Prediction, ProjectorOutput, ShotOdds, StrikeSpeed, TableChoice,
    TableLikelihood, TableQuad, TableSpec, settings::Settings,
};
use billiards_vision::TableFit;
use std::time::Duration;

/// A page of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Source of the pictures.
    #[default]
    Source,
    /// Type of the table, and its position in the camera's picture.
    Table,
    /// Balls and their positions.
    Balls,
    /// Calibration of camera and projector.
    Calibration,
    /// Parameters and outcome of the next stroke.
    Prediction,
    /// Appearance of the projected light, and the projector's window.
    Overlay,
    /// Browsers that watch.
    Remote,
    /// State of all parts of the program.
    Health,
    /// Keyboard shortcuts.
    Keys,
}

impl Tab {
    /// All tabs, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Source,
        Self::Table,
        Self::Balls,
        Self::Calibration,
        Self::Prediction,
        Self::Overlay,
        Self::Remote,
        Self::Health,
        Self::Keys,
    ];

    /// Returns the title of the tab.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::Table => "Table",
            Self::Balls => "Balls",
            Self::Calibration => "Calibration",
            Self::Prediction => "Prediction",
            Self::Overlay => "Overlay",
            Self::Remote => "Remote",
            Self::Health => "Health",
            Self::Keys => "Keys",
        }
    }
}

/// Layers shown in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// The picture itself; black without it.
    pub picture: bool,
    /// The area that the projector may light.
    pub light: bool,
    /// The edges from which balls are detected.
    pub edges: bool,
    /// Rings around the detected balls.
    pub balls: bool,
    /// Names of the tracked balls.
    pub ids: bool,
    /// The detected cue.
    pub cue: bool,
    /// Paths of the aimed shot.
    pub prediction: bool,
    /// The nose lines, with draggable corners.
    pub noses: bool,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            picture: true,
            light: false,
            edges: false,
            balls: true,
            ids: true,
            cue: true,
            prediction: true,
            noses: true,
        }
    }
}

/// Source of the pictures.
pub struct SourceView<'a> {
    /// State of the source.
    pub health: &'a SourceHealth,
    /// Age of the newest frame; `None` before the first.
    pub age: Option<Duration>,
    /// Set when the source has delivered nothing for a while.
    pub stale: bool,
    /// Names of the available sources.
    pub choices: Vec<&'a str>,
    /// Index of the running source in `choices`.
    pub chosen: usize,
}

/// Type and position of the table.
pub struct TableView<'a> {
    /// Size of the camera's picture, the nose-line corners in it, and their origin; `None` if they are not known.
    pub corners: Option<(FrameSize, TableQuad, CornersOrigin)>,
    /// Choice of the operator.
    pub choice: TableChoice,
    /// Resulting dimensions of the table.
    pub spec: TableSpec,
    /// Reason for these dimensions, in words.
    pub reason: &'static str,
    /// Likeliest tables, the likeliest first; none unless the table is estimated.
    pub likely: &'a [TableLikelihood],
    /// Mouths of the pockets as measured in the picture; none unless the table is a custom one.
    pub mouths: &'a [PocketMouth],
}

/// Prediction and its parameters.
pub struct PredictionView<'a> {
    /// Prediction of the aimed shot.
    pub live: Option<&'a Prediction>,
    /// Odds of its outcomes.
    pub odds: Option<&'a ShotOdds>,
    /// Speed of the aimed shot, and the reason for it.
    pub strike: Option<StrikeSpeed>,
    /// Physical parameters of balls, cloth, cushions and cue.
    pub physics: Option<&'a Physics>,
}

/// Output of the overlay.
pub struct OverlayView<'a> {
    /// Window settings chosen by the operator; `None` without a window.
    pub output: Option<&'a ProjectorOutput>,
    /// Size of the projected picture, pixels.
    pub picture: FrameSize,
    /// Names of the connected monitors.
    pub monitors: Vec<&'a str>,
}

/// Everything that the panel shows.
pub struct PanelView<'a> {
    /// The open tab.
    pub tab: Tab,
    /// Layers shown in the camera's picture.
    pub layers: Layers,
    /// Source of the pictures.
    pub source: SourceView<'a>,
    /// The newest processed frame.
    pub sight: Option<&'a Sight>,
    /// The camera's picture; shows `sight` or an earlier frame.
    pub picture: Option<egui::TextureId>,
    /// Type and position of the table.
    pub table: TableView<'a>,
    /// The balls on the table, in the order of their ids.
    pub balls: Vec<&'a Ball>,
    /// The cue over the table.
    pub cue: Option<&'a Cue>,
    /// Calibration of the camera; `None` until it is known.
    pub camera: Option<&'a CameraView>,
    /// Calibration of camera and projector.
    pub calibration: CalibrationView<'a>,
    /// The settings in force.
    pub settings: Settings,
    /// Prediction and its parameters.
    pub prediction: PredictionView<'a>,
    /// Output of the overlay; `None` if nothing is drawn.
    pub overlay: Option<OverlayView<'a>>,
    /// Addresses of the page for phones; `None` if only this computer reaches it.
    pub phones: Option<&'a PhoneAddresses>,
    /// Address of the page for browsers; `None` while the server is off.
    pub page: Option<&'a str>,
    /// Number of browsers that watch the page.
    pub clients: usize,
    /// Recent events, the newest first.
    pub events: Vec<&'a EventLine>,
    /// Present problems with the files of settings, calibration and access tokens, the worst first.
    pub storage: &'a [StorageProblem],
    /// Result of the last command, as text for the operator.
    pub notice: Option<&'a str>,
}

impl PanelView<'_> {
    /// Returns the distance by which the table has moved in the picture since it was found or set, pixels; `None` if it
    /// has not.
    pub(super) fn moved(&self) -> Option<f64> {
        match self.sight?.detections.table.ok()?.fit {
            TableFit::Moved { by_px } => Some(by_px),
            TableFit::Fits | TableFit::Hidden => None,
        }
    }
}
