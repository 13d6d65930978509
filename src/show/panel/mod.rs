//! The operator's window: the camera's picture with what is seen in it, how the source is doing, the table's corners.

mod shot;
mod view;

pub use view::{PanelAction, PanelView, panel_ui};

use crate::{
    app::PipelineSystems,
    model::ShotSettings,
    rig::calibration::CalibrationSetup,
    sense::{LatestSight, Preview, SenseWorker, SourceHealth},
    show::{overlay::OPERATOR, remote::RemoteServer},
};
use bevy::{
    asset::RenderAssetUsages,
    ecs::system::SystemParam,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use bevy_egui::{
    EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, EguiTextureHandle, PrimaryEguiContext, egui,
};
use std::{path::PathBuf, time::Instant};
use tracing::{error, info};

/// Shows the panel in the primary window.
///
/// Needs `LatestSight`, `SourceHealth`, `SenseWorker`, `ShotSettings` and `CalibrationSetup`.
#[derive(Debug, Clone)]
pub struct PanelPlugin {
    /// Where `Save profile` writes.
    pub profile: PathBuf,
}

impl Plugin for PanelPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(EguiPlugin::default())
            .insert_resource(PanelState { profile: self.profile.clone(), picture: None, notice: None })
            .add_systems(PreStartup, spawn_camera)
            .add_systems(Update, show_preview.in_set(PipelineSystems::Present))
            .add_systems(EguiPrimaryContextPass, panel);
    }
}

#[derive(Resource)]
struct PanelState {
    profile: PathBuf,
    /// The camera's picture on the graphics card.
    picture: Option<Handle<Image>>,
    notice: Option<String>,
}

fn spawn_camera(mut commands: Commands, mut egui: ResMut<EguiGlobalSettings>) {
    // Else the camera that happens to be spawned first gets the panel, and that may be the projector's.
    egui.auto_create_primary_context = false;
    commands.spawn((Name::new("operator camera"), Camera2d, OPERATOR, Msaa::Off, PrimaryEguiContext));
}

fn image_of(preview: &Preview) -> Image {
    let size = Extent3d { width: preview.size.width, height: preview.size.height, depth_or_array_layers: 1 };
    let format = TextureFormat::Rgba8UnormSrgb;
    Image::new(size, TextureDimension::D2, preview.rgba.clone(), format, RenderAssetUsages::default())
}

fn show_preview(sight: Res<LatestSight>, mut state: ResMut<PanelState>, mut images: ResMut<Assets<Image>>) {
    if !sight.is_changed() {
        return;
    }
    let Some(preview) = sight.0.as_ref().and_then(|sight| sight.preview.as_ref()) else { return };
    match &state.picture {
        Some(handle) => {
            if let Some(mut image) = images.get_mut(handle) {
                *image = image_of(preview);
            }
        }
        None => state.picture = Some(images.add(image_of(preview))),
    }
}

/// What the panel reads.
#[derive(SystemParam)]
struct Shown<'w> {
    sight: Res<'w, LatestSight>,
    health: Res<'w, SourceHealth>,
    server: Option<Res<'w, RemoteServer>>,
    worker: Res<'w, SenseWorker>,
}

fn panel(
    mut contexts: EguiContexts,
    shown: Shown,
    (mut setup, mut shot): (ResMut<CalibrationSetup>, ResMut<ShotSettings>),
    mut state: ResMut<PanelState>,
) {
    let picture = state.picture.as_ref().map(|handle| contexts.add_image(EguiTextureHandle::Weak(handle.id())));
    // No context yet: the window is still being made.
    let Ok(context) = contexts.ctx_mut() else { return };
    let now = Instant::now();
    let page = shown.server.as_ref().map(|server| format!("http://{}/", server.address));
    let view = PanelView {
        source: &shown.health.description,
        status: &shown.health.status,
        fps: shown.health.fps,
        age: shown.health.age(now),
        stale: shown.health.is_stale(now),
        frames: shown.health.frames,
        dropped: shown.health.dropped,
        sight: shown.sight.0.as_deref(),
        picture,
        corners: setup.camera.map(|(seen, origin)| (seen.corners, origin)),
        table: setup.table,
        kind: setup.table_kind(),
        shot: *shot,
        page: page.as_deref(),
        clients: shown.server.as_ref().map_or(0, |server| server.clients()),
        notice: state.notice.as_deref(),
    };
    let whole = egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(context.viewport_rect());
    let mut root = egui::Ui::new(context.clone(), "operator".into(), whole);
    for action in panel_ui(&mut root, &view) {
        match action {
            PanelAction::SetCorners(size, corners) => {
                setup.give_camera_corners(size, corners);
                shown.worker.fix_table(size, corners);
            }
            PanelAction::SeekTable => {
                setup.seek_table();
                shown.worker.seek_table();
            }
            PanelAction::SetTable(choice) => setup.table = choice,
            PanelAction::SetShot(wanted) => *shot = wanted,
            PanelAction::SaveProfile => {
                let saved = setup.to_profile().save(&state.profile);
                state.notice = Some(match saved {
                    Ok(()) => {
                        info!("profile saved: {}", state.profile.display());
                        format!("saved: {}", state.profile.display())
                    }
                    Err(failure) => {
                        error!("{failure}");
                        failure.to_string()
                    }
                });
            }
        }
    }
}
