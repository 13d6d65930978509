//! The retained mesh that shows the picture: one entity, changed in place when the picture changes.

use super::{PROJECTOR, Picture, ProjectorSurface, cloth::AdaptedTheme};
use crate::sense::{SourceClock, SourceHealth};
use bevy::{
    asset::RenderAssetUsages,
    camera::visibility::NoFrustumCulling,
    ecs::system::SystemParam,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};
use billiards_overlay::{
    Composer, Drawing, Label, Scene, TriangleList,
    ahead::{ahead, lead},
    cards::compose_card,
    check::compose_check,
    points::compose_points,
};
use billiards_physics::Physics;
use billiards_table::{
    Ball, Calibration, Cue, LightPicture, LiveOdds, LivePrediction, ProjectedLight, TableSpec, settings::Settings,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The mesh and its content.
#[derive(Resource)]
pub(super) struct Canvas {
    mesh: Handle<Mesh>,
    drawn: Drawing,
    labels: Vec<Label>,
}

impl Canvas {
    /// Returns the labels on the picture.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }
}

pub(super) fn spawn_canvas(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<ColorMaterial>>,
) {
    let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default());
    fill(&mut mesh, TriangleList::default());
    let mesh = meshes.add(mesh);
    commands.spawn((
        Name::new("Overlay"),
        Mesh2d(mesh.clone()),
        // White times the colour of each vertex, blended: triangles of one mesh are painted in the order of its
        // indices.
        MeshMaterial2d(materials.add(ColorMaterial::default())),
        // The camera's frustum is meaningless under a homography.
        NoFrustumCulling,
        PROJECTOR,
    ));
    commands.insert_resource(Canvas { mesh, drawn: Drawing::default(), labels: Vec::new() });
}

/// Inputs of the picture.
#[derive(SystemParam)]
pub(super) struct OverlayInputs<'w, 's> {
    table: Res<'w, TableSpec>,
    balls: Query<'w, 's, &'static Ball>,
    cues: Query<'w, 's, &'static Cue>,
    prediction: Res<'w, LivePrediction>,
    odds: Option<Res<'w, LiveOdds>>,
    physics: Option<Res<'w, Physics>>,
    health: Res<'w, SourceHealth>,
    clock: Option<Res<'w, SourceClock>>,
    calibration: Res<'w, Calibration>,
}

impl OverlayInputs<'_, '_> {
    /// Converts a time to the source's clock.
    fn now(&self, now: Instant) -> Duration {
        self.clock.as_ref().map_or(Duration::ZERO, |clock| clock.at(now))
    }

    /// Returns the balls at their predicted positions when light that is drawn now arrives.
    fn balls_ahead(&self, now: Instant) -> Vec<Ball> {
        let age = self.clock.as_ref().map_or(Duration::ZERO, |clock| clock.age(now));
        let seconds = lead(age, self.calibration.latency);
        let ball = self.physics.as_deref().copied().unwrap_or_default().ball;
        let deceleration = ball.rolling_friction * ball.gravity;
        let place = |ball: &Ball| ahead(ball, seconds, &self.table, deceleration);
        self.balls.iter().map(|ball| Ball { position: place(ball), ..ball.clone() }).collect()
    }
}

pub(super) fn draw(
    known: OverlayInputs,
    (adapted, settings): (Res<AdaptedTheme>, Res<Settings>),
    (picture, surface): (Res<Picture>, Res<ProjectorSurface>),
    (mut canvas, mut light, mut composer): (ResMut<Canvas>, ResMut<ProjectedLight>, Local<Composer>),
    mut meshes: ResMut<Assets<Mesh>>,
) {
    let now = Instant::now();
    let stale = known.health.is_stale(now);
    let in_picture = |(shapes, labels)| (Drawing::in_picture(shapes), labels);
    let (drawn, labels) = match &*picture {
        _ if !settings.overlay.on => (Drawing::default(), Vec::new()),
        Picture::Overlay => {
            let scene = Scene {
                table: &known.table,
                balls: &known.balls_ahead(now),
                prediction: known.prediction.0.as_ref(),
                odds: known.odds.as_ref().and_then(|odds| odds.0.as_ref()),
                stale,
                theme: &adapted.0,
                style: &settings.overlay.style,
            };
            composer.compose(&scene, known.cues.iter(), known.clock.as_ref().map(|clock| clock.at(now)))
        }
        Picture::Check => {
            let balls = if stale { Vec::new() } else { known.balls_ahead(now) };
            let shapes = compose_check(&known.table, &balls, &adapted.0);
            (Drawing::OnTable { shapes, texts: Vec::new() }, Vec::new())
        }
        Picture::Pattern(pattern) => (Drawing::of_pattern(pattern, surface.size), Vec::new()),
        Picture::Card(card) => in_picture(compose_card(*card, surface.size)),
        Picture::Points(points) => in_picture(compose_points(points, surface.size)),
    };
    if labels != canvas.labels {
        canvas.labels = labels;
    }
    if drawn == canvas.drawn {
        return;
    }
    let Some(mut mesh) = meshes.get_mut(&canvas.mesh) else { return };
    let (list, triangles) = drawn.tessellated(&known.table);
    light.0 = Some(Arc::new(LightPicture { since: known.now(now), triangles, rings: drawn.rings(&known.table) }));
    fill(&mut mesh, list);
    canvas.drawn = drawn;
}

fn fill(mesh: &mut Mesh, mut list: TriangleList) {
    if list.indices.is_empty() {
        // The renderer does not accept empty buffers; a triangle of zero size lights nothing.
        list = TriangleList { positions: vec![[0.0; 3]; 3], colours: vec![[0.0; 4]; 3], indices: vec![0, 1, 2] };
    }
    mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, list.positions);
    mesh.insert_attribute(Mesh::ATTRIBUTE_COLOR, list.colours);
    mesh.insert_indices(Indices::U32(list.indices));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_keeps_the_mesh_drawable() {
        let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default());
        fill(&mut mesh, TriangleList::default());
        assert_eq!(mesh.count_vertices(), 3);
        assert_eq!(mesh.indices().map(Indices::len), Some(3));
    }
}
