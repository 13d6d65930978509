//! The picture that the projector shows on the cloth: the paths of the cue ball and of the ball it hits, and their
//! resting places; or a test card, a calibration pattern or the check of the calibration.
//!
//! ```text
//!  balls, prediction, odds ──► `billiards_overlay`: shapes and labels, one triangle list ──► one mesh, in table metres
//!        │    settings ────────┘                                                            │ camera: the homography
//!        └ where they will be when the light arrives               window on the projector's monitor, or an image
//! ```
//!
//! Light is projected only when it helps: while somebody aims, based on recent detections, and never on a ball.
//! Otherwise the cloth is dark, unless the settings ask for rings that follow the balls or for their names.
//!
//! | part | purpose |
//! |---|---|
//! | [`cloth`] | adapt the colours of the settings to the cloth that the camera sees |
//! | `canvas`, `words`, `status` | the picture's mesh, its labels, and notices |
//! | [`picture`], [`projection`] | which picture is projected, and the warp |
//! | [`window`], `arrange`, [`shortcuts`] | the projector's window, its placement and its keys |

mod arrange;
mod canvas;
pub mod cloth;
pub mod picture;
pub mod projection;
pub mod shortcuts;
mod status;
pub mod window;
mod words;

pub use cloth::AdaptedTheme;
pub use picture::Picture;
pub use projection::{HomographyProjection, ProjectorCamera, ndc_from_table};
pub use shortcuts::{SHORTCUTS, Shortcut, ShortcutAction};
pub use window::{ProjectorSurface, ProjectorWindow};

use crate::stages::PipelineSystems;
use bevy::{
    camera::{RenderTarget, visibility::RenderLayers},
    prelude::*,
    render::render_resource::{TextureFormat, TextureUsages},
};
use billiards_table::{FrameSize, ProjectedLight, ProjectorOutput, settings::Settings};
pub(crate) use projection::projector_camera;

/// Layer of the operator's cameras.
pub const OPERATOR: RenderLayers = RenderLayers::layer(0);
/// Layer of the projector's camera. Everything to be shown on the cloth carries it.
pub const PROJECTOR: RenderLayers = RenderLayers::layer(1);

/// Output of the overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverlayOutput {
    /// A window on the projector's monitor.
    Window {
        /// Name of the monitor. `None` is the second one if there are two, else a plain window.
        monitor: Option<String>,
    },
    /// An image, [`OverlayImage`], with no window.
    Image {
        /// Size of the image, pixels.
        size: FrameSize,
    },
}

/// Image that the overlay is drawn on, 8-bit sRGB with alpha; present if the output is [`OverlayOutput::Image`].
#[derive(Resource, Debug, Clone)]
pub struct OverlayImage(pub Handle<Image>);

/// The steps of the overlay within [`PipelineSystems::Present`], in this order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OverlaySystems {
    /// Opens, moves or closes the projector's window and updates [`ProjectorSurface`].
    Window,
    /// Aims the projector's camera according to the calibration.
    Aim,
    /// Updates the mesh and the labels.
    Draw,
}

/// Draws the overlay for the projector.
///
/// Requires the resources `TableSpec`, `LivePrediction`, `Calibration` and `SourceHealth`, and reads every `Ball`.
/// Reads `LiveOdds`, `LatestSight` and `Physics` if they exist. Adds [`Settings`], [`Picture`], [`AdaptedTheme`] and
/// [`ProjectorSurface`]; with a window also [`ProjectorOutput`], with an image also [`OverlayImage`].
#[derive(Debug, Clone)]
pub struct OverlayPlugin {
    /// Output of the overlay.
    pub output: OverlayOutput,
}

impl Plugin for OverlayPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Settings>()
            .init_resource::<Picture>()
            .init_resource::<AdaptedTheme>()
            .init_resource::<ProjectedLight>()
            .configure_sets(
                Update,
                (OverlaySystems::Window, OverlaySystems::Aim, OverlaySystems::Draw)
                    .chain()
                    .in_set(PipelineSystems::Present),
            )
            .add_systems(Startup, (canvas::spawn_canvas, status::spawn_text))
            .add_systems(Update, projection::aim_cameras.in_set(OverlaySystems::Aim))
            .add_systems(
                Update,
                (cloth::adapt_theme, (canvas::draw, words::show_labels).chain(), status::show_notice)
                    .chain()
                    .in_set(OverlaySystems::Draw),
            );
        match &self.output {
            OverlayOutput::Window { monitor } => to_window(app, monitor.clone()),
            OverlayOutput::Image { size } => to_image(app, *size),
        }
    }
}

fn to_window(app: &mut App, monitor: Option<String>) {
    window::add_observers(app);
    app.insert_resource(ProjectorOutput { monitor, ..default() })
        .insert_resource(ProjectorSurface { size: window::WINDOWED })
        .add_systems(
            Update,
            (
                shortcuts::obey_keys,
                window::obey_close,
                window::keep_window,
                arrange::arrange_windows,
                window::follow_surface,
            )
                .chain()
                .in_set(OverlaySystems::Window),
        );
}

fn to_image(app: &mut App, size: FrameSize) {
    let spawn = move |mut commands: Commands, mut images: ResMut<Assets<Image>>| {
        let mut image = Image::new_target_texture(size.width, size.height, TextureFormat::Rgba8UnormSrgb, None);
        image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        let image = images.add(image);
        // Without a graphics card every sample is expensive.
        commands.spawn(projector_camera(RenderTarget::Image(image.clone().into()), Msaa::Off));
        commands.insert_resource(OverlayImage(image));
    };
    app.insert_resource(ProjectorSurface { size }).add_systems(PreStartup, spawn);
}
