//! Collects the panel's view from resources and entities.

use super::{
    PanelState,
    calibration_view::{CalibrationView, HandView},
    event_log::EventLog,
    view::{OverlayView, PanelView, PredictionView, SourceView, TableView},
};
use crate::{
    calibrate::{LightDrift, MeasuredMouths},
    operate::{
        CalibrationHistory, CalibrationStatus, ControlState, StorageStatus, camera_by_setup, projector_by_setup,
    },
    sense::{LatestSight, SourceHealth},
    show::{overlay::ProjectorSurface, remote::RemoteServer},
};
use bevy::{ecs::system::SystemParam, prelude::*, window::Monitor};
use bevy_egui::egui;
use billiards_calibration::CalibrationSetup;
use billiards_physics::Physics;
use billiards_server::phone;
use billiards_table::{
    Ball, Calibration, Cue, LiveOdds, LivePrediction, LiveStrikeSpeed, ProjectorOutput, TableSpec, settings::Settings,
};
use std::time::Instant;

/// Inputs of the panel.
#[derive(SystemParam)]
pub(super) struct PanelInputs<'w, 's> {
    sight: Res<'w, LatestSight>,
    health: Res<'w, SourceHealth>,
    setup: Res<'w, CalibrationSetup>,
    calibration: Res<'w, Calibration>,
    table: Res<'w, TableSpec>,
    settings: Res<'w, Settings>,
    history: Res<'w, CalibrationHistory>,
    log: Res<'w, EventLog>,
    procedure: Res<'w, CalibrationStatus>,
    storage: Res<'w, StorageStatus>,
    drift: Option<Res<'w, LightDrift>>,
    mouths: Option<Res<'w, MeasuredMouths>>,
    prediction: Option<Res<'w, LivePrediction>>,
    odds: Option<Res<'w, LiveOdds>>,
    strike: Option<Res<'w, LiveStrikeSpeed>>,
    physics: Option<Res<'w, Physics>>,
    server: Option<Res<'w, RemoteServer>>,
    overlay: Overlay<'w>,
    balls: Query<'w, 's, &'static Ball>,
    cues: Query<'w, 's, &'static Cue>,
    monitors: Query<'w, 's, &'static Monitor>,
}

/// Inputs of the panel about the overlay.
#[derive(SystemParam)]
struct Overlay<'w> {
    output: Option<Res<'w, ProjectorOutput>>,
    surface: Option<Res<'w, ProjectorSurface>>,
}

impl PanelInputs<'_, '_> {
    /// Returns the address of the page for browsers.
    pub fn page(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("http://{}/", phone::here(server.address())))
    }

    /// Returns everything that the panel shows, as plain data.
    pub fn view<'a>(
        &'a self,
        state: &'a PanelState,
        control: &'a ControlState,
        picture: Option<egui::TextureId>,
        page: Option<&'a str>,
        now: Instant,
    ) -> PanelView<'a> {
        let mut balls: Vec<&Ball> = self.balls.iter().collect();
        balls.sort_by_key(|ball| ball.id);
        PanelView {
            tab: state.tab,
            layers: state.layers,
            source: SourceView {
                health: &self.health,
                age: self.health.age(now),
                stale: self.health.is_stale(now),
                choices: control.sources.iter().map(|source| source.name.as_str()).collect(),
                chosen: control.source,
            },
            sight: self.sight.0.as_deref(),
            picture,
            table: TableView {
                corners: self.setup.camera.map(|(seen, origin)| (seen.size, seen.corners, origin)),
                choice: self.setup.table,
                spec: *self.table,
                reason: self.setup.table_reason(),
                likely: self.setup.likely_tables(),
                mouths: self.mouths.as_ref().map(|mouths| mouths.0.as_slice()).unwrap_or_default(),
            },
            balls,
            cue: self.cues.iter().next(),
            camera: self.calibration.camera.as_ref(),
            calibration: self.calibration_view(control),
            settings: *self.settings,
            prediction: PredictionView {
                live: self.prediction.as_ref().and_then(|live| live.0.as_ref()),
                odds: self.odds.as_ref().and_then(|odds| odds.0.as_ref()),
                strike: self.strike.as_ref().and_then(|strike| strike.0),
                physics: self.physics.as_deref(),
            },
            overlay: self.overlay_view(),
            phones: self.server.as_ref().and_then(|server| server.phones()),
            page,
            clients: self.server.as_ref().map_or(0, |server| server.hub().clients()),
            events: self.log.newest_first().collect(),
            storage: self.storage.problems(),
            notice: control.notice.as_deref(),
        }
    }

    fn calibration_view<'a>(&'a self, control: &'a ControlState) -> CalibrationView<'a> {
        let status = &*self.procedure;
        CalibrationView {
            camera: status.camera.clone().or_else(|| camera_by_setup(&self.setup, &self.calibration)),
            projector: status.projector.clone().unwrap_or_else(|| projector_by_setup(&self.setup)),
            latency: self.calibration.latency,
            procedure: status.by_itself.then_some(status),
            profiles: &control.profiles,
            current: control.profile_name(),
            can_undo: self.history.can_undo(),
            can_redo: self.history.can_redo(),
            before_shown: self.history.before_shown(),
            drift: self.drift.as_ref().and_then(|drift| drift.0.as_ref()).map(|(_, words)| words.as_str()),
            hand: self.overlay.surface.as_ref().map(|_| self.hand_view(control.hand_point)),
        }
    }

    fn hand_view(&self, selected: usize) -> HandView {
        let set = self.setup.hand_points();
        let size = set.size;
        let (points, error_mm) = set.fitted();
        HandView {
            size,
            points,
            selected,
            addable: self.setup.addable_hand_points(),
            error_mm,
            shown: self.procedure.by_itself.then_some(self.procedure.points_shown),
        }
    }

    fn overlay_view(&self) -> Option<OverlayView<'_>> {
        let surface = self.overlay.surface.as_ref()?;
        let mut monitors: Vec<_> = self.monitors.iter().filter_map(|monitor| monitor.name.as_deref()).collect();
        monitors.sort_unstable();
        Some(OverlayView { output: self.overlay.output.as_deref(), picture: surface.size, monitors })
    }
}
