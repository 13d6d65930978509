//! Everything that the panel shows, as plain data: no window, no entities.

use super::{calibration_view::CalibrationView, event_log::EventLine};
use crate::{
    model::{Ball, CameraView, Cue, FrameSize, Prediction, ShotOdds, StrikeSpeed, TableChoice, TableQuad, TableSpec},
    sense::{Sight, SourceHealth, vision::TableFit},
    think::physics::Physics,
};
use bevy_egui::egui;
use billiards_calibration::CornersOrigin;
use billiards_protocol::storage::StorageProblem;
use billiards_server::phone::PhoneAddresses;
use billiards_table::{ProjectorOutput, settings::Settings};
use std::time::Duration;

/// A page of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Where pictures come from.
    #[default]
    Source,
    /// Which table stands where in the camera's picture.
    Table,
    /// Which balls lie where.
    Balls,
    /// Where the camera sees and the projector's light falls.
    Calibration,
    /// How the next stroke is imagined.
    Prediction,
    /// How light is drawn, and where the projector's window is.
    Overlay,
    /// Who watches in a browser.
    Remote,
    /// How everything is doing.
    Health,
    /// The keyboard's short cuts.
    Keys,
}

impl Tab {
    /// All of them, in the order in which they are shown.
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

    /// As it is written.
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

/// What is shown in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// The picture itself; black without it.
    pub picture: bool,
    /// What the projector may light.
    pub light: bool,
    /// The edges that balls are sought by.
    pub edges: bool,
    /// Rings round the balls that are seen.
    pub balls: bool,
    /// Names of the balls that are tracked.
    pub ids: bool,
    /// The cue.
    pub cue: bool,
    /// Where the aimed shot would go.
    pub prediction: bool,
    /// The nose lines, with corners that can be dragged.
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

/// Where pictures come from.
pub struct SourceView<'a> {
    /// How the source is doing.
    pub health: &'a SourceHealth,
    /// Age of the newest frame; `None` before the first.
    pub age: Option<Duration>,
    /// The source has delivered nothing for a while.
    pub stale: bool,
    /// Names of the sources that can be taken.
    pub choices: Vec<&'a str>,
    /// The one of them that runs.
    pub chosen: usize,
}

/// Which table stands where.
pub struct TableView {
    /// Nose-line corners in the camera's picture, the size of that picture, and who said so.
    pub corners: Option<(FrameSize, TableQuad, CornersOrigin)>,
    /// What the operator chose.
    pub choice: TableChoice,
    /// The table that this comes to.
    pub spec: TableSpec,
}

/// What is predicted, and how.
pub struct PredictionView<'a> {
    /// Where the aimed shot would go.
    pub live: Option<&'a Prediction>,
    /// How likely what comes of it is.
    pub odds: Option<&'a ShotOdds>,
    /// Speed of the aimed shot, and the reason for it.
    pub strike: Option<StrikeSpeed>,
    /// Balls, cloth, cushions and cue.
    pub physics: Option<&'a Physics>,
}

/// How light is drawn, and where.
pub struct OverlayView<'a> {
    /// Where the operator wants the window; `None` where there is none.
    pub output: Option<&'a ProjectorOutput>,
    /// Size of the projected picture, pixels.
    pub picture: FrameSize,
    /// Names of the monitors that are connected.
    pub monitors: Vec<&'a str>,
}

/// Everything that the panel shows.
pub struct PanelView<'a> {
    /// The page that is open.
    pub tab: Tab,
    /// What is shown in the camera's picture.
    pub layers: Layers,
    /// Where pictures come from.
    pub source: SourceView<'a>,
    /// The newest processed frame.
    pub sight: Option<&'a Sight>,
    /// The camera's picture; shows `sight` or an earlier frame.
    pub picture: Option<egui::TextureId>,
    /// Which table stands where.
    pub table: TableView,
    /// The balls on the table, in the order of their ids.
    pub balls: Vec<&'a Ball>,
    /// The cue over the table.
    pub cue: Option<&'a Cue>,
    /// How the camera sees the table; `None` until that is known.
    pub camera: Option<&'a CameraView>,
    /// How camera and projector are calibrated.
    pub calibration: CalibrationView<'a>,
    /// The settings in force.
    pub settings: Settings,
    /// What is predicted, and how.
    pub prediction: PredictionView<'a>,
    /// How light is drawn; `None` where nothing is.
    pub overlay: Option<OverlayView<'a>>,
    /// Addresses of the page for phones; `None` where only this computer reaches it.
    pub phones: Option<&'a PhoneAddresses>,
    /// Address of the page for browsers, when the server runs.
    pub page: Option<&'a str>,
    /// Number of browsers that watch.
    pub clients: usize,
    /// What happened of late, the newest first.
    pub events: Vec<&'a EventLine>,
    /// Present trouble with the files of settings, calibration and access tokens, the worst first.
    pub storage: &'a [StorageProblem],
    /// Outcome of what was asked for last, for people.
    pub notice: Option<&'a str>,
}

impl PanelView<'_> {
    /// By how many pixels the table is seen to have moved from where it was found or set.
    pub(super) fn moved(&self) -> Option<f64> {
        match self.sight?.detections.table.ok()?.fit {
            TableFit::Moved { by_px } => Some(by_px),
            TableFit::Fits | TableFit::Hidden => None,
        }
    }
}
