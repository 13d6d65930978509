//! What the projector throws on the cloth: the way of the cue ball, of the ball it hits, and where both end; or a test
//! card, a pattern for calibration, the check of the calibration.
//!
//! ```text
//!  balls, prediction, odds ──► shapes and words (pure) ──► one triangle list (pure) ──► one mesh, in table metres
//!        │    settings ────────┘                                                           │ camera: the homography
//!        └ where they will be when the light arrives              window on the projector's monitor, or an image
//! ```
//!
//! Light is thrown only when it helps: while somebody aims, on what was seen a moment ago, and never on a ball. The rest
//! of the time the cloth is dark, unless the settings ask for rings that follow the balls or for their names.
//!
//! | part | what it does |
//! |---|---|
//! | [`shapes`], `painter`, `ways`, `marks`, `fan`, `fade` | a shot becomes shapes |
//! | [`contrast`], [`cloth`] | how the colours of the settings are read on this cloth |
//! | `legend`, `chance`, `status`, `label`, `words` | words on the cloth |
//! | [`picture`], `cards`, [`check`], `pattern`, `points` | the other pictures |
//! | [`ahead`] | where a ball will be when the light arrives |
//! | `afterglow` | the shot comes and goes softly |
//! | [`mesh`], `dashes`, `canvas`, [`projection`] | shapes become light |
//! | [`window`], `arrange`, [`shortcuts`] | the projector's window, its place and its keys |

mod afterglow;
pub mod ahead;
mod arrange;
mod canvas;
mod cards;
mod chance;
pub mod check;
pub mod cloth;
pub mod contrast;
mod dashes;
mod fade;
mod fan;
mod label;
mod legend;
mod lines;
mod marks;
pub mod mesh;
mod painter;
mod pattern;
pub mod picture;
mod points;
pub mod projection;
pub mod shape;
pub mod shapes;
pub mod shortcuts;
mod status;
mod ways;
pub mod window;
mod words;

pub use cloth::ShownTheme;
pub use picture::Picture;
pub use points::PointsPicture;
pub use projection::{HomographyProjection, ProjectorCamera, ndc_from_table};
pub use shortcuts::{SHORTCUTS, Shortcut, ShortcutAction};
pub use window::{ProjectorSurface, ProjectorWindow};

use crate::{
    model::{FrameSize, ProjectedLight},
    stages::PipelineSystems,
};
use bevy::{
    camera::{RenderTarget, visibility::RenderLayers},
    prelude::*,
    render::render_resource::{TextureFormat, TextureUsages},
};
use billiards_table::{ProjectorOutput, settings::Settings};
pub(crate) use projection::projector_camera;

/// What the operator's cameras see.
pub const OPERATOR: RenderLayers = RenderLayers::layer(0);
/// What the projector's camera sees. Everything that shall fall on the cloth carries it.
pub const PROJECTOR: RenderLayers = RenderLayers::layer(1);

/// Where the overlay goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverlayOutput {
    /// To a window on the projector's monitor.
    Window {
        /// Name of the monitor; `None`: the second one, if there are two, else a plain window.
        monitor: Option<String>,
    },
    /// To [`OverlayImage`], with no window.
    Image {
        /// Size of the image, pixels.
        size: FrameSize,
    },
}

/// The image that the overlay is drawn on, 8-bit sRGB with alpha; there when the output is [`OverlayOutput::Image`].
#[derive(Resource, Debug, Clone)]
pub struct OverlayImage(pub Handle<Image>);

/// The steps of the overlay within [`PipelineSystems::Present`], in this order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OverlaySystems {
    /// The projector's window is opened, moved or closed, and [`ProjectorSurface`] follows it.
    Window,
    /// The projector's camera is aimed as the calibration says.
    Aim,
    /// The mesh and the words become what they are to show.
    Draw,
}

/// Draws the overlay for the projector.
///
/// Reads `TableSpec`, `LivePrediction`, `Calibration`, `SourceHealth` and every `Ball`; the resources have to be there.
/// Reads `LiveOdds`, `LatestSight` and `TablePhysics` where they are. Brings [`Settings`], [`Picture`],
/// [`ShownTheme`] and [`ProjectorSurface`]; with a window [`ProjectorOutput`], with an image
/// [`OverlayImage`].
#[derive(Debug, Clone)]
pub struct OverlayPlugin {
    /// Where the overlay goes.
    pub output: OverlayOutput,
}

impl Plugin for OverlayPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Settings>()
            .init_resource::<Picture>()
            .init_resource::<ShownTheme>()
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
        // Without a graphics card every sample counts.
        commands.spawn(projector_camera(RenderTarget::Image(image.clone().into()), Msaa::Off));
        commands.insert_resource(OverlayImage(image));
    };
    app.insert_resource(ProjectorSurface { size }).add_systems(PreStartup, spawn);
}
