//! The operator's window: the camera's picture with what is seen in it, and tabs for everything that can be set.
//!
//! ```text
//!  resources, entities ──► PanelView (plain) ──► panel_ui (pure) ──► PanelAction messages ──► apply systems
//! ```

mod action;
mod apply;
#[cfg(test)]
mod apply_tests;
mod calibration_view;
mod event_log;
mod history;
mod keys;
mod layout;
mod picture;
mod procedure;
mod profiles;
mod setting;
mod style;
mod tabs;
#[cfg(test)]
mod tests;
mod toggles;
mod view;
mod world;

pub use action::PanelAction;
pub use calibration_view::{
    CalibrationStatus, CalibrationView, CameraSummary, HandPointView, HandView, MeasuredPoint, Progress,
    ProjectorSummary,
};
pub use event_log::EventLine;
pub use history::{CalibrationHistory, Change};
pub use layout::panel_ui;
pub use procedure::PanelLinkPlugin;
pub use toggles::Toggle;
pub use view::{Layers, OverlayView, PanelView, PredictionView, SourceView, Tab, TableView};

use crate::{
    app::PipelineSystems,
    model::TableEvent,
    sense::{LatestSight, Preview, capture::Opener},
    show::overlay::OPERATOR,
};
use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use bevy_egui::{
    EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, EguiTextureHandle, PrimaryEguiContext, egui,
};
use std::{path::PathBuf, time::Instant};

/// A source that the operator can go over to.
#[derive(Clone)]
pub struct SourceChoice {
    /// As it is written.
    pub name: String,
    /// Opens it.
    pub opener: Opener,
}

/// Shows the panel in the primary window.
///
/// Needs `LatestSight`, `SourceHealth`, `SenseWorker`, `ShotSettings`, `Calibration`, `TableSpec` and
/// `CalibrationSetup`; shows more where there is more.
#[derive(Clone)]
pub struct PanelPlugin {
    /// Where `Save profile` writes; the other profiles lie beside it.
    pub profile: PathBuf,
    /// Sources to choose from, the one that runs first.
    pub sources: Vec<SourceChoice>,
}

impl Plugin for PanelPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(EguiPlugin::default())
            .insert_resource(PanelState::new(self))
            .init_resource::<CalibrationHistory>()
            .init_resource::<event_log::EventLog>()
            .add_message::<PanelAction>()
            .add_message::<TableEvent>()
            .add_systems(PreStartup, spawn_camera)
            .add_systems(Update, (show_preview, event_log::keep).in_set(PipelineSystems::Present))
            .add_systems(
                EguiPrimaryContextPass,
                (
                    panel,
                    (apply::apply_view, apply::apply_settings, apply::apply_source, apply::apply_calibration).chain(),
                )
                    .chain(),
            );
    }
}

/// What the panel remembers.
#[derive(Resource)]
struct PanelState {
    tab: Tab,
    layers: Layers,
    /// The point of the projector's picture that the arrow keys move, counted from 0.
    hand_point: usize,
    profile: PathBuf,
    /// Names of the profiles beside it.
    profiles: Vec<String>,
    sources: Vec<SourceChoice>,
    /// The one of them that runs.
    source: usize,
    /// The camera's picture on the graphics card.
    picture: Option<Handle<Image>>,
    notice: Option<String>,
}

impl PanelState {
    fn new(plugin: &PanelPlugin) -> Self {
        Self {
            tab: Tab::default(),
            layers: Layers::default(),
            hand_point: 0,
            profiles: profiles::list(&profiles::folder(&plugin.profile)),
            profile: plugin.profile.clone(),
            sources: plugin.sources.clone(),
            source: 0,
            picture: None,
            notice: None,
        }
    }
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

fn panel(
    mut contexts: EguiContexts,
    shown: world::Shown,
    state: Res<PanelState>,
    mut asked: MessageWriter<PanelAction>,
) {
    let picture = state.picture.as_ref().map(|handle| contexts.add_image(EguiTextureHandle::Weak(handle.id())));
    // No context yet: the window is still being made.
    let Ok(context) = contexts.ctx_mut() else { return };
    let page = shown.page();
    let view = shown.view(&state, picture, page.as_deref(), Instant::now());
    let whole = egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(context.viewport_rect());
    let mut root = egui::Ui::new(context.clone(), "operator".into(), whole);
    asked.write_batch(panel_ui(&mut root, &view));
}
