//! From resources and entities to what the panel shows.

use super::{
    CalibrationHistory, CalibrationStatus, PanelState,
    calibration_view::{CalibrationView, CameraSummary, HandPointView, HandView, MeasuredPoint, ProjectorSummary},
    event_log::EventLog,
    profiles, toggles,
    view::{OverlayView, PanelView, PredictionView, SourceView, TableView},
};
use crate::{
    model::{Ball, Calibration, Cue, LiveOdds, LivePrediction, ShotSettings, TableSpec},
    rig::calibration::{CalibrationSetup, CornersOrigin, HandFit, LightDrift, ProjectorSetup},
    sense::{LatestSight, SourceHealth},
    show::{
        overlay::{OverlayStyle, OverlaySwitch, ProjectorOutput, ProjectorSurface, Theme},
        remote::RemoteServer,
    },
    think::prediction::TablePhysics,
};
use bevy::{ecs::system::SystemParam, prelude::*, window::Monitor};
use bevy_egui::egui;
use std::time::Instant;

/// What the panel reads.
#[derive(SystemParam)]
pub(super) struct Shown<'w, 's> {
    sight: Res<'w, LatestSight>,
    health: Res<'w, SourceHealth>,
    setup: Res<'w, CalibrationSetup>,
    calibration: Res<'w, Calibration>,
    table: Res<'w, TableSpec>,
    shot: Res<'w, ShotSettings>,
    history: Res<'w, CalibrationHistory>,
    log: Res<'w, EventLog>,
    procedure: Option<Res<'w, CalibrationStatus>>,
    drift: Option<Res<'w, LightDrift>>,
    prediction: Option<Res<'w, LivePrediction>>,
    odds: Option<Res<'w, LiveOdds>>,
    physics: Option<Res<'w, TablePhysics>>,
    server: Option<Res<'w, RemoteServer>>,
    overlay: Overlay<'w>,
    balls: Query<'w, 's, &'static Ball>,
    cues: Query<'w, 's, &'static Cue>,
    monitors: Query<'w, 's, &'static Monitor>,
}

/// What the panel reads of the overlay.
#[derive(SystemParam)]
struct Overlay<'w> {
    theme: Option<Res<'w, Theme>>,
    switch: Option<Res<'w, OverlaySwitch>>,
    style: Option<Res<'w, OverlayStyle>>,
    output: Option<Res<'w, ProjectorOutput>>,
    surface: Option<Res<'w, ProjectorSurface>>,
}

impl Shown<'_, '_> {
    /// Address of the page for browsers.
    pub fn page(&self) -> Option<String> {
        self.server.as_ref().map(|server| format!("http://{}/", server.address))
    }

    /// All of it, as plain data.
    pub fn view<'a>(
        &'a self,
        state: &'a PanelState,
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
                choices: state.sources.iter().map(|source| source.name.as_str()).collect(),
                chosen: state.source,
            },
            sight: self.sight.0.as_deref(),
            picture,
            table: TableView {
                corners: self.setup.camera.map(|(seen, origin)| (seen.size, seen.corners, origin)),
                choice: self.setup.table,
                spec: *self.table,
            },
            balls,
            cue: self.cues.iter().next(),
            camera: self.calibration.camera.as_ref(),
            calibration: self.calibration_view(state),
            prediction: PredictionView {
                shot: *self.shot,
                live: self.prediction.as_ref().and_then(|live| live.0.as_ref()),
                odds: self.odds.as_ref().and_then(|odds| odds.0.as_ref()),
                physics: self.physics.as_ref().map(|physics| &physics.0),
            },
            overlay: self.overlay_view(),
            page,
            clients: self.server.as_ref().map_or(0, |server| server.clients()),
            events: self.log.newest_first().collect(),
            notice: state.notice.as_deref(),
        }
    }

    fn calibration_view<'a>(&'a self, state: &'a PanelState) -> CalibrationView<'a> {
        let procedure = self.procedure.as_deref();
        CalibrationView {
            camera: procedure.and_then(|procedure| procedure.camera.clone()).or_else(|| self.camera_summary()),
            projector: procedure
                .and_then(|procedure| procedure.projector.clone())
                .unwrap_or_else(|| self.projector_summary()),
            latency: self.calibration.latency,
            procedure,
            profiles: &state.profiles,
            current: profiles::name(&state.profile),
            can_undo: self.history.can_undo(),
            can_redo: self.history.can_redo(),
            before_shown: self.history.before_shown(),
            drift: self.drift.as_ref().and_then(|drift| drift.0.as_ref()).map(|(_, words)| words.as_str()),
            hand: self.overlay.surface.as_ref().map(|_| self.hand_view(state.hand_point)),
        }
    }

    fn camera_summary(&self) -> Option<CameraSummary> {
        let camera = self.calibration.camera.as_ref()?;
        let made = match self.setup.camera {
            Some((_, CornersOrigin::Given)) => "corners set by hand",
            _ => "corners found in the picture",
        };
        let height = camera.eye.map(|[_, _, height]| height);
        Some(CameraSummary { made: made.to_owned(), lens: None, height, error_mm: None })
    }

    fn projector_summary(&self) -> ProjectorSummary {
        let known = self.setup.projector.as_ref();
        let made = match known.filter(|given| given.size() == self.setup.projector_size) {
            Some(ProjectorSetup::Corners(set)) if !set.points.is_empty() => return self.summary_by_hand(),
            Some(_) => "corners set by hand",
            None if known.is_some() => "made for another size of picture; the table is thought centred",
            None => "the table is thought centred in its picture",
        };
        ProjectorSummary { made: made.to_owned(), error_mm: None, points: Vec::new() }
    }

    /// More points than a map needs tell how well it meets them.
    fn summary_by_hand(&self) -> ProjectorSummary {
        let set = self.setup.hand_points();
        let made = format!("{} points set by hand", set.points.len());
        let Ok(HandFit { misses_mm, outliers, rms_mm, worst_mm, .. }) = set.fit() else {
            return ProjectorSummary { made, error_mm: None, points: Vec::new() };
        };
        let points = set.points.iter().zip(misses_mm).zip(outliers);
        let points = points.map(|((point, off_mm), wrong)| MeasuredPoint { place: point.table, off_mm, used: !wrong });
        ProjectorSummary { made, error_mm: Some((rms_mm, worst_mm)), points: points.collect() }
    }

    fn hand_view(&self, selected: usize) -> HandView {
        let set = self.setup.hand_points();
        // Four points are met whatever they are: that says nothing of them.
        let fit = set.fit().ok().filter(|_| set.points.len() > 4);
        let points = set.points.into_iter().enumerate().map(|(i, point)| HandPointView {
            name: point.name,
            projector: point.projector,
            miss_mm: fit.as_ref().map(|fit| fit.misses_mm[i][0].hypot(fit.misses_mm[i][1])),
            wrong: fit.as_ref().is_some_and(|fit| fit.outliers[i]),
            extra: i >= 4,
        });
        HandView {
            size: set.size,
            points: points.collect(),
            selected,
            addable: self.setup.addable_hand_points(),
            error_mm: fit.as_ref().map(|fit| (fit.rms_mm, fit.worst_mm)),
            shown: self.procedure.as_ref().map(|procedure| procedure.points_shown),
        }
    }

    fn overlay_view(&self) -> Option<OverlayView<'_>> {
        let (theme, switch) = (self.overlay.theme.as_ref()?, self.overlay.switch.as_ref()?);
        let mut monitors: Vec<_> = self.monitors.iter().filter_map(|monitor| monitor.name.as_deref()).collect();
        monitors.sort_unstable();
        Some(OverlayView {
            theme: **theme,
            toggles: toggles::list(switch, self.overlay.style.as_deref()),
            output: self.overlay.output.as_deref(),
            picture: self.overlay.surface.as_ref().map(|surface| surface.size),
            monitors,
        })
    }
}
