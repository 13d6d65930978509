//! The retained mesh that shows the picture: one entity, changed in place when the picture changes.

use super::{
    PROJECTOR, Picture, ProjectorSurface,
    afterglow::{Afterglow, dim, dim_label},
    ahead::{ahead, lead},
    cards::{Card, compose_card},
    chance::chance,
    check::compose_check,
    cloth::AdaptedTheme,
    label::{Label, TextBox},
    legend::{Obstacles, layout},
    mesh::{TriangleList, tessellate},
    pattern::compose_pattern,
    points::compose_points,
    shape::Shape,
    shapes::{Scene, compose},
};
use crate::{
    model::{
        Ball, Calibration, Cue, FrameSize, LightPicture, LightRing, LightTriangle, LiveOdds, LivePrediction,
        PatternPicture, ProjectedLight, ProjectorPx, TablePoint, TableSpec,
    },
    sense::{SourceClock, SourceHealth},
    think::physics::Physics,
};
use bevy::{
    asset::RenderAssetUsages,
    camera::visibility::NoFrustumCulling,
    ecs::system::SystemParam,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
};
use billiards_table::settings::{OverlayStyle, Settings, Theme};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Width of the strip along the cue that labels keep clear of, metres: the shaft and its shadow.
const CUE_WIDTH: f64 = 0.06;
/// Maximum distance beyond the noses at which light of unknown position is assumed, metres.
const AROUND: f64 = 0.3;

/// A composed picture.
#[derive(Debug, Clone, PartialEq)]
enum Drawing {
    /// Shapes in table metres, and the boxes that its labels cover.
    OnTable(Vec<Shape>, Vec<TextBox>),
    /// Shapes in pixels of the projector; the flag is set if the picture emits any light.
    InPicture(Vec<Shape<ProjectorPx>>, bool),
}

impl Drawing {
    const NOTHING: Self = Self::OnTable(Vec::new(), Vec::new());

    /// Returns the rings that lie entirely on the cloth.
    fn rings(&self, table: &TableSpec) -> Vec<LightRing> {
        let Self::OnTable(shapes, _) = self else { return Vec::new() };
        let on_cloth = |centre: TablePoint, reach: f64| {
            let inside = |place: f64, side: f64| (reach..=side - reach).contains(&place);
            inside(centre.x, table.width) && inside(centre.y, table.length)
        };
        shapes
            .iter()
            .filter_map(|shape| match *shape {
                Shape::Ring { centre, radius, width, .. } if on_cloth(centre, radius + width) => {
                    Some(LightRing { centre, radius, width })
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the triangles of the picture, and those where light falls on the table.
    fn tessellated(&self, table: &TableSpec) -> (TriangleList, Vec<LightTriangle>) {
        match self {
            Self::OnTable(shapes, words) => {
                let list = tessellate(shapes);
                let mut light = list.light();
                light.extend(words.iter().flat_map(|words| lit(words.corners())));
                (list, light)
            }
            Self::InPicture(shapes, lights) => {
                // The projector may not be calibrated: any of its pixels may land anywhere.
                let (w, l) = (table.width + AROUND, table.length + AROUND);
                let all = [(-AROUND, -AROUND), (w, -AROUND), (w, l), (-AROUND, l)];
                let light = if *lights { lit(all.map(TablePoint::from)).to_vec() } else { Vec::new() };
                (tessellate(shapes), light)
            }
        }
    }
}

fn lit([a, b, c, d]: [TablePoint; 4]) -> [LightTriangle; 2] {
    [[a, b, c], [a, c, d]].map(|corners| LightTriangle { corners, lit: true })
}

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
    commands.insert_resource(Canvas { mesh, drawn: Drawing::NOTHING, labels: Vec::new() });
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
    (shown, settings): (Res<AdaptedTheme>, Res<Settings>),
    (picture, surface): (Res<Picture>, Res<ProjectorSurface>),
    (mut canvas, mut light, mut glow): (ResMut<Canvas>, ResMut<ProjectedLight>, Local<Afterglow>),
    mut meshes: ResMut<Assets<Mesh>>,
    mut chance_place: Local<Option<TablePoint>>,
) {
    let now = Instant::now();
    let (drawn, labels) = match &*picture {
        _ if !settings.overlay.on => (Drawing::NOTHING, Vec::new()),
        Picture::Overlay => overlay(&known, &mut glow, &shown.0, &settings.overlay.style, now, &mut chance_place),
        Picture::Check => {
            let stale = known.health.is_stale(now);
            let balls = if stale { Vec::new() } else { known.balls_ahead(now) };
            (Drawing::OnTable(compose_check(&known.table, &balls, &shown.0), Vec::new()), Vec::new())
        }
        Picture::Pattern(pattern) => (pattern_picture(pattern, surface.size), Vec::new()),
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

fn in_picture((shapes, labels): Card) -> (Drawing, Vec<Label>) {
    let lights = !shapes.is_empty();
    (Drawing::InPicture(shapes, lights), labels)
}

fn pattern_picture(pattern: &PatternPicture, size: FrameSize) -> Drawing {
    Drawing::InPicture(compose_pattern(pattern, size), pattern.is_lit())
}

/// Composes the aimed shot with its labels and updates the position of the chance.
fn overlay(
    known: &OverlayInputs,
    glow: &mut Afterglow,
    theme: &Theme,
    style: &OverlayStyle,
    now: Instant,
    chance_place: &mut Option<TablePoint>,
) -> (Drawing, Vec<Label>) {
    let balls = known.balls_ahead(now);
    let scene = Scene {
        table: &known.table,
        balls: &balls,
        prediction: known.prediction.0.as_ref(),
        odds: known.odds.as_ref().and_then(|odds| odds.0.as_ref()),
        stale: known.health.is_stale(now),
        theme,
        style,
    };
    glow.step(
        known.clock.as_ref().map(|clock| clock.at(now)),
        scene.shot().map(|shot| (shot, scene.odds)),
        scene.is_quiet(),
    );
    let (prediction, odds) = glow.shot().map_or((None, None), |(shot, odds)| (Some(shot), odds));
    let scene = Scene { prediction, odds, ..scene };
    let strength = glow.strength();
    let mut shapes = compose(&scene);
    if scene.shot().is_some() && strength < 1.0 {
        // Shapes that are shown without a shot as well do not fade with it.
        let lasting = compose(&Scene { prediction: None, ..scene });
        shapes.iter_mut().filter(|shape| !lasting.contains(shape)).for_each(|shape| dim(shape, strength));
    }
    let (mut boxes, mut labels) = (Vec::new(), Vec::new());
    let mut obstacles = Obstacles::of(&shapes);
    for cue in &known.cues {
        obstacles.add_line(cue.tip, cue.butt, CUE_WIDTH);
    }
    if let Some((shot, odds)) = scene.shot().zip(scene.odds).filter(|_| style.chance)
        && let around = obstacles.clone().with_balls(balls.iter().map(|ball| ball.position), known.table.ball_radius)
        && let Some((text, words)) = chance(shot, odds, &known.table, theme.chance_height, &around, *chance_place)
    {
        *chance_place = Some(words.middle);
        obstacles.add(words);
        boxes.push(words);
        let mut label = Label::on_table(text, words.middle, theme.chance_height, theme.text.light(theme.brightness));
        dim_label(&mut label, strength);
        labels.push(label);
    }
    if style.legend && scene.is_quiet() {
        let ring = theme.ring_radii * known.table.ball_radius + theme.ring_width;
        for (text, words) in layout(&balls, &known.table, theme.legend_height, ring, &obstacles) {
            boxes.push(words);
            labels.push(Label::on_table(text, words.middle, theme.legend_height, theme.text.light(theme.brightness)));
        }
    }
    (Drawing::OnTable(shapes, boxes), labels)
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
    use crate::model::TableKind;

    #[test]
    fn an_empty_list_keeps_the_mesh_drawable() {
        let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default());
        fill(&mut mesh, TriangleList::default());
        assert_eq!(mesh.count_vertices(), 3);
        assert_eq!(mesh.indices().map(Indices::len), Some(3));
    }

    #[test]
    fn rings_are_told_that_lie_on_the_cloth() {
        let table = TableKind::NineFoot.spec();
        let ring = |x, y| Shape::Ring { centre: TablePoint::new(x, y), radius: 0.05, width: 0.004, colour: [1.0; 4] };
        let disc = Shape::Disc { centre: TablePoint::new(0.5, 0.5), radius: 0.05, colour: [1.0; 4] };
        let drawn = Drawing::OnTable(vec![ring(0.5, 0.5), disc, ring(0.04, 0.5), ring(0.5, 2.6)], Vec::new());
        let rings = drawn.rings(&table);
        assert_eq!(rings, [LightRing { centre: TablePoint::new(0.5, 0.5), radius: 0.05, width: 0.004 }]);
        assert!(Drawing::InPicture(Vec::new(), true).rings(&table).is_empty());
    }

    #[test]
    fn a_pattern_that_throws_light_may_light_anything_and_a_dark_one_nothing() {
        let (table, size) = (TableKind::NineFoot.spec(), FrameSize { width: 640, height: 360 });
        let light = |level| pattern_picture(&PatternPicture::even(size, level), size).tessellated(&table).1;
        assert_eq!((light(0).len(), light(50).len()), (0, 2));
    }
}
