//! The retained mesh that shows the shapes: one entity, changed in place when the scene changes.

use super::{
    OverlaySwitch, PROJECTOR,
    chance::{box_around, label},
    mesh::{TriangleList, tessellate},
    shape::Shape,
    shapes::{Scene, compose},
    theme::Theme,
};
use crate::{
    model::{Ball, LightPicture, LightTriangle, LiveOdds, LivePrediction, ProjectedLight, TablePoint, TableSpec},
    sense::{SourceClock, SourceHealth},
};
use bevy::{
    asset::RenderAssetUsages,
    camera::visibility::NoFrustumCulling,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// The mesh, and what is on it.
#[derive(Resource)]
pub(super) struct Canvas {
    mesh: Handle<Mesh>,
    drawn: Vec<Shape>,
    /// The chance to be written beside it, and where.
    pub written: Option<(String, TablePoint)>,
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
        // White times the colour of each vertex, blended: triangles of one mesh are painted in the order of its indices.
        MeshMaterial2d(materials.add(ColorMaterial::default())),
        // The camera's frustum means nothing under a homography.
        NoFrustumCulling,
        PROJECTOR,
    ));
    commands.insert_resource(Canvas { mesh, drawn: Vec::new(), written: None });
}

pub(super) fn draw(
    table: Res<TableSpec>,
    balls: Query<&Ball>,
    (prediction, odds): (Res<LivePrediction>, Option<Res<LiveOdds>>),
    (health, clock): (Res<SourceHealth>, Option<Res<SourceClock>>),
    (theme, switch): (Res<Theme>, Res<OverlaySwitch>),
    (mut canvas, mut light): (ResMut<Canvas>, ResMut<ProjectedLight>),
    mut meshes: ResMut<Assets<Mesh>>,
) {
    let balls: Vec<Ball> = balls.iter().cloned().collect();
    let scene = Scene {
        table: &table,
        balls: &balls,
        prediction: prediction.0.as_ref().filter(|_| switch.on),
        odds: odds.as_ref().and_then(|odds| odds.0.as_ref()),
        stale: health.is_stale(Instant::now()),
        theme: &theme,
    };
    let shapes = compose(&scene);
    let places: Vec<TablePoint> = balls.iter().map(|ball| ball.position).collect();
    let written = scene.prediction.zip(scene.odds).filter(|_| !shapes.is_empty());
    let written = written.and_then(|(shot, odds)| label(shot, odds, &table, &places));
    if shapes == canvas.drawn && written == canvas.written {
        return;
    }
    let Some(mut mesh) = meshes.get_mut(&canvas.mesh) else { return };
    let list = tessellate(&shapes);
    let mut lit = list.light();
    if let Some([a, b, c, d]) = written.as_ref().map(box_around) {
        lit.extend([[a, b, c], [a, c, d]].map(|corners| LightTriangle { corners, lit: true }));
    }
    light.0 = Some(Arc::new(LightPicture {
        since: clock.map_or(Duration::ZERO, |clock| clock.at(Instant::now())),
        triangles: lit,
    }));
    fill(&mut mesh, list);
    (canvas.drawn, canvas.written) = (shapes, written);
}

fn fill(mesh: &mut Mesh, mut list: TriangleList) {
    if list.indices.is_empty() {
        // The renderer takes no buffer of no length; a triangle of no size lights nothing.
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
