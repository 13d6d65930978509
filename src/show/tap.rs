//! Projected pictures for a stand-in for a projector.

use super::overlay::{OverlayImage, projector_camera};
use bevy::{
    camera::RenderTarget,
    prelude::*,
    render::{
        gpu_readback::{Readback, ReadbackComplete},
        render_resource::{TextureFormat, TextureUsages},
        renderer::RenderDevice,
    },
};
use billiards_table::{FrameSize, ProjectorPicture};
use std::sync::Arc;

/// Number of bytes of a pixel: red, green, blue, alpha.
const PIXEL: usize = 4;

/// Receives each picture as it comes from the graphics card.
type Take = Arc<dyn Fn(ProjectorPicture) + Send + Sync>;

/// Reads back what the overlay draws after every update, and passes it on, usually two updates later.
///
/// If the overlay goes to a window, it is drawn once more to an image for this.
#[derive(Clone)]
pub struct ProjectorTapPlugin {
    size: FrameSize,
    take: Take,
}

impl ProjectorTapPlugin {
    /// Passes pictures to `take`, in the order in which they were drawn; of this size (pixels) if the overlay goes to a
    /// window, else as it is drawn.
    pub fn new(size: FrameSize, take: impl Fn(ProjectorPicture) + Send + Sync + 'static) -> Self {
        Self { size, take: Arc::new(take) }
    }
}

/// Number of pictures that have been passed on.
#[derive(Resource, Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TappedPictures(pub u64);

#[derive(Resource)]
struct Tap {
    wanted: FrameSize,
    size: FrameSize,
    take: Take,
}

impl Plugin for ProjectorTapPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(Tap { wanted: self.size, size: self.size, take: Arc::clone(&self.take) })
            .init_resource::<TappedPictures>()
            .add_systems(Startup, open_tap)
            .add_observer(hand_on);
    }
}

fn open_tap(
    mut commands: Commands,
    image: Option<Res<OverlayImage>>,
    mut images: ResMut<Assets<Image>>,
    mut tap: ResMut<Tap>,
) {
    let image = image.map_or_else(
        || {
            let FrameSize { width, height } = tap.wanted;
            let mut image = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
            image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
            let image = images.add(image);
            commands.spawn(projector_camera(RenderTarget::Image(image.clone().into()), Msaa::Off));
            image
        },
        |image| image.0.clone(),
    );
    if let Some(image) = images.get(&image) {
        tap.size = FrameSize { width: image.width(), height: image.height() };
    }
    commands.spawn((Name::new("Projector tap"), Readback::texture(image)));
}

fn hand_on(mut picture: On<ReadbackComplete>, tap: Res<Tap>, mut count: ResMut<TappedPictures>) {
    let rgba = std::mem::take(&mut picture.event_mut().data);
    let row = PIXEL * tap.size.width as usize;
    let padded = RenderDevice::align_copy_bytes_per_row(row);
    let rgba = if padded == row {
        rgba
    } else {
        rgba.chunks(padded).flat_map(|line| line.get(..row).unwrap_or(line)).copied().collect()
    };
    if rgba.len() == row * tap.size.height as usize {
        (tap.take)(ProjectorPicture { size: tap.size, rgba });
        count.0 += 1;
    }
}
