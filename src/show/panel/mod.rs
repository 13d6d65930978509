//! The operator's window: the camera's picture with the detections, and tabs for everything that can be set.
//!
//! ```text
//!  resources, entities ──► PanelView (plain) ──► panel_ui (pure) ──► PanelAction messages ──► what is open, Command messages
//! ```

mod action;
mod calibration_view;
mod cushion_lines;
mod event_log;
mod keys;
mod layout;
mod picture;
mod setting;
mod style;
mod table_draft;
mod tabs;
#[cfg(test)]
mod tests;
mod view;
mod world;

pub use action::PanelAction;
pub use calibration_view::{CalibrationView, HandView};
pub use event_log::EventLine;
pub use layout::panel_ui;
pub use view::{Layers, OverlayView, PanelView, PredictionView, SourceView, Tab, TableView};

use crate::{
    operate::ControlState,
    sense::{LatestSight, Preview, PreviewLayers, SenseWorker},
    show::overlay::OPERATOR,
    stages::PipelineSystems,
};
use bevy::{
    asset::RenderAssetUsages,
    prelude::*,
    render::render_resource::{Extent3d, TextureDimension, TextureFormat},
};
use bevy_egui::{
    EguiContexts, EguiGlobalSettings, EguiPlugin, EguiPrimaryContextPass, EguiTextureHandle, PrimaryEguiContext, egui,
};
use billiards_table::{
    TableEvent,
    command::{Command, ProjectorCommand},
};
use std::time::Instant;

/// Shows the panel in the primary window.
///
/// Requires `ControlPlugin` and its dependencies, `LatestSight`, `SourceHealth`, `Calibration` and `TableSpec`; shows
/// more if more resources exist.
#[derive(Debug, Clone, Copy, Default)]
pub struct PanelPlugin;

impl Plugin for PanelPlugin {
    fn build(&self, app: &mut App) {
        app.add_plugins(EguiPlugin::default())
            .init_resource::<PanelState>()
            .init_resource::<event_log::EventLog>()
            .add_message::<PanelAction>()
            .add_message::<TableEvent>()
            .add_systems(PreStartup, spawn_camera)
            .add_systems(Update, (show_preview, event_log::keep).in_set(PipelineSystems::Present))
            .add_systems(EguiPrimaryContextPass, (panel, act).chain());
    }
}

/// State of the panel.
#[derive(Resource, Default)]
struct PanelState {
    tab: Tab,
    layers: Layers,
    /// The camera's picture as a GPU texture.
    picture: Option<Handle<Image>>,
}

fn spawn_camera(mut commands: Commands, mut egui: ResMut<EguiGlobalSettings>) {
    // Otherwise the camera that happens to be spawned first gets the panel, and that may be the projector's.
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
    shown: world::PanelInputs,
    (state, control): (Res<PanelState>, Res<ControlState>),
    mut done: MessageWriter<PanelAction>,
) {
    let picture = state.picture.as_ref().map(|handle| contexts.add_image(EguiTextureHandle::Weak(handle.id())));
    // No context yet: the window is still being created.
    let Ok(context) = contexts.ctx_mut() else { return };
    let page = shown.page();
    let view = shown.view(&state, &control, picture, page.as_deref(), Instant::now());
    let whole = egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(context.viewport_rect());
    let mut root = egui::Ui::new(context.clone(), "operator".into(), whole);
    done.write_batch(panel_ui(&mut root, &view));
}

fn act(
    mut done: MessageReader<PanelAction>,
    mut state: ResMut<PanelState>,
    (mut control, worker): (ResMut<ControlState>, Res<SenseWorker>),
    mut asked: MessageWriter<Command>,
) {
    for action in done.read() {
        match action {
            PanelAction::ShowTab(tab) => {
                state.tab = *tab;
                control.list_profiles();
                if *tab != Tab::Calibration {
                    // Points are set only in this tab.
                    asked.write(ProjectorCommand::ShowPoints(false).into());
                }
            }
            PanelAction::SetLayers(layers) => {
                state.layers = *layers;
                let (picture, light, edges) = (layers.picture, layers.light, layers.edges);
                worker.set_preview(Some(PreviewLayers { picture, light, edges }));
            }
            PanelAction::Ask(command) => {
                asked.write(command.clone());
            }
        }
    }
}
