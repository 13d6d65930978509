//! What the operator asks for is done: one system for each part of the program that it concerns.

use super::{
    PanelAction, PanelState, SourceChoice,
    history::{CalibrationHistory, Change},
    profiles, toggles,
};
use crate::{
    model::{ProjectorPoint, ShotSettings},
    rig::calibration::{CalibrationSetup, CornersOrigin, HandPointError, Profile, save_keeping},
    sense::{PreviewLayers, SenseWorker},
    show::overlay::{OverlayStyle, OverlaySwitch, ProjectorOutput, Theme},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use std::{path::PathBuf, time::Instant};
use tracing::{error, info};

/// What is open and shown.
pub(super) fn apply_view(
    mut asked: MessageReader<PanelAction>,
    mut state: ResMut<PanelState>,
    worker: Res<SenseWorker>,
) {
    for action in asked.read() {
        match action {
            PanelAction::ShowTab(tab) => {
                state.tab = *tab;
                // Files come and go while nobody looks.
                state.profiles = profiles::list(&profiles::folder(&state.profile));
            }
            PanelAction::SetLayers(layers) => {
                state.layers = *layers;
                let (picture, light, edges) = (layers.picture, layers.light, layers.edges);
                worker.set_preview(Some(PreviewLayers { picture, light, edges }));
            }
            _ => {}
        }
    }
}

/// The stroke, and how light is drawn.
pub(super) fn apply_settings(
    mut asked: MessageReader<PanelAction>,
    mut shot: ResMut<ShotSettings>,
    mut theme: Option<ResMut<Theme>>,
    (mut switch, mut style): (Option<ResMut<OverlaySwitch>>, Option<ResMut<OverlayStyle>>),
    mut output: Option<ResMut<ProjectorOutput>>,
) {
    for action in asked.read() {
        match action {
            PanelAction::SetShot(wanted) => {
                shot.set_if_neq(*wanted);
            }
            PanelAction::SetTheme(wanted) => {
                if let Some(theme) = &mut theme {
                    theme.set_if_neq(*wanted);
                }
            }
            PanelAction::SetToggle(name, on) => {
                if let Some(switch) = &mut switch {
                    toggles::set(switch, style.as_deref_mut(), name, *on);
                }
            }
            PanelAction::SetOutput(wanted) => {
                if let Some(output) = &mut output {
                    output.set_if_neq(wanted.clone());
                }
            }
            _ => {}
        }
    }
}

/// Another source, or the same one anew.
pub(super) fn apply_source(
    mut asked: MessageReader<PanelAction>,
    mut state: ResMut<PanelState>,
    mut worker: ResMut<SenseWorker>,
    mut setup: ResMut<CalibrationSetup>,
) {
    for action in asked.read() {
        let PanelAction::OpenSource(place) = action else { continue };
        let Some(SourceChoice { opener, .. }) = state.sources.get(*place) else { continue };
        worker.switch_source(opener.clone());
        if *place != state.source {
            // Another camera hangs elsewhere.
            state.source = *place;
            setup.seek_table();
        } else if let Some((seen, CornersOrigin::Given)) = setup.camera {
            worker.fix_table(seen.size, seen.corners);
        }
    }
}

/// What a change of the calibration needs.
#[derive(SystemParam)]
pub(super) struct Bench<'w> {
    state: ResMut<'w, PanelState>,
    setup: ResMut<'w, CalibrationSetup>,
    history: ResMut<'w, CalibrationHistory>,
    worker: Res<'w, SenseWorker>,
}

/// The calibration, by hand and from profiles.
pub(super) fn apply_calibration(mut asked: MessageReader<PanelAction>, mut bench: Bench) {
    for action in asked.read() {
        match action {
            PanelAction::SetCorners(size, corners) => {
                bench.note(Change::CameraCorners);
                bench.setup.give_camera_corners(*size, *corners);
                bench.worker.fix_table(*size, *corners);
            }
            PanelAction::SeekTable => {
                bench.note(Change::Whole);
                bench.setup.seek_table();
                bench.worker.seek_table();
            }
            PanelAction::SetTable(choice) => {
                bench.note(Change::Whole);
                bench.setup.table = *choice;
            }
            PanelAction::CentreProjector => {
                bench.note(Change::Whole);
                bench.setup.projector = None;
                bench.keep_chosen();
            }
            PanelAction::SelectHandPoint(point) => {
                bench.state.hand_point = *point % bench.setup.hand_points().points.len().max(1);
            }
            PanelAction::MoveHandPoint(point, place) => bench.move_corner(*point, |_| *place),
            PanelAction::AddHandPoint(name) => bench.add_point(name),
            PanelAction::RemoveHandPoint(point) => {
                bench.change_points(Change::Whole, |setup| setup.remove_hand_point(*point));
            }
            PanelAction::NudgeProjector { dx, dy } => {
                let point = bench.state.hand_point;
                bench.move_corner(point, |place| place + euclid::vec2(*dx, *dy));
            }
            PanelAction::Undo => {
                let before = bench.history.undo(&bench.setup);
                bench.put(before);
            }
            PanelAction::Redo => {
                let after = bench.history.redo(&bench.setup);
                bench.put(after);
            }
            PanelAction::ShowBefore(before) => {
                let shown = bench.history.show_before(*before, &bench.setup);
                bench.put(shown);
            }
            PanelAction::SaveProfile => {
                let path = bench.state.profile.clone();
                bench.save(path);
            }
            PanelAction::SaveProfileAs(name) => match profiles::path(&bench.folder(), name) {
                Ok(path) => bench.save(path),
                Err(failure) => bench.refuse(&failure),
            },
            PanelAction::LoadProfile(name) => bench.load(name),
            PanelAction::DeleteProfile(name) => bench.delete(name),
            _ => {}
        }
    }
}

impl Bench<'_> {
    fn note(&mut self, change: Change) {
        self.history.note(&self.setup, change, Instant::now());
    }

    fn folder(&self) -> PathBuf {
        profiles::folder(&self.state.profile)
    }

    fn refuse(&mut self, failure: &dyn std::fmt::Display) {
        error!("{failure}");
        self.state.notice = Some(failure.to_string());
    }

    /// Moves a point of the table in the projector's picture, where it still makes a table.
    fn move_corner(&mut self, point: usize, to: impl FnOnce(ProjectorPoint) -> ProjectorPoint) {
        let points = self.setup.hand_points().points;
        let place = points.get(point).map_or_else(ProjectorPoint::zero, |known| to(known.projector));
        self.change_points(Change::ProjectorPoint(point), |setup| setup.move_hand_point(point, place));
    }

    /// Adds a point and chooses it.
    fn add_point(&mut self, name: &str) {
        if self.change_points(Change::Whole, |setup| setup.add_hand_point(name)) {
            self.state.hand_point = self.setup.hand_points().points.len() - 1;
        }
    }

    /// Changes the points in the projector's picture, where that can be; says whether it could.
    fn change_points(
        &mut self,
        change: Change,
        how: impl FnOnce(&mut CalibrationSetup) -> Result<(), HandPointError>,
    ) -> bool {
        let mut changed = self.setup.clone();
        match how(&mut changed) {
            Ok(()) => {
                self.note(change);
                *self.setup = changed;
                self.keep_chosen();
                self.state.notice = None;
                true
            }
            Err(failure) => {
                self.refuse(&failure);
                false
            }
        }
    }

    /// What is chosen has to be there.
    fn keep_chosen(&mut self) {
        let last = self.setup.hand_points().points.len().saturating_sub(1);
        self.state.hand_point = self.state.hand_point.min(last);
    }

    /// Puts a set-up in force.
    fn put(&mut self, setup: Option<CalibrationSetup>) {
        let Some(mut setup) = setup else { return };
        // That is the window's business.
        setup.projector_size = self.setup.projector_size;
        match (setup.camera, self.setup.camera) {
            (Some((seen, CornersOrigin::Given)), _) => self.worker.fix_table(seen.size, seen.corners),
            (_, Some((_, CornersOrigin::Given))) => self.worker.seek_table(),
            _ => {}
        }
        *self.setup = setup;
        self.keep_chosen();
    }

    fn save(&mut self, path: PathBuf) {
        match save_keeping(&path, &self.setup.to_profile()) {
            Ok(()) => {
                let text = format!("saved: {}", path.display());
                info!("{text}");
                self.state.profiles = profiles::list(&profiles::folder(&path));
                self.state.profile = path;
                self.state.notice = Some(text);
            }
            Err(failure) => self.refuse(&failure),
        }
    }

    fn load(&mut self, name: &str) {
        let loaded = profiles::path(&self.folder(), name).map_err(|failure| failure.to_string()).and_then(|path| {
            Profile::load(&path).map(|profile| (path, profile)).map_err(|failure| failure.to_string())
        });
        match loaded {
            Ok((path, profile)) => {
                self.note(Change::Whole);
                self.put(Some(CalibrationSetup::from_profile(&profile)));
                self.state.notice = Some(format!("in force: {name}"));
                self.state.profile = path;
            }
            Err(failure) => self.refuse(&failure),
        }
    }

    fn delete(&mut self, name: &str) {
        let folder = self.folder();
        match profiles::delete(&folder, name) {
            Ok(()) => {
                self.state.profiles = profiles::list(&folder);
                self.state.notice = Some(format!("deleted: {name}"));
            }
            Err(failure) => self.refuse(&failure),
        }
    }
}
