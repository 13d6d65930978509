//! Lines of a shot and the chance of the pot as a camera sees them on cloths of many colours: they can be told apart by
//! pattern and lightness where the cloth absorbs hues.

use crate::{
    overlay::{OBJECT, app_of, drawn, picture, shot, start},
    pictures::settle,
};
use bevy::{
    color::{ColorToPacked, Oklaba, color_difference::EuclideanDistance},
    prelude::*,
};
use billiards_overlay::contrast::readable;
use billiards_simulation::{Cloth, RigSetup, Scene, SimulatedRig, SimulationOptions};
use billiards_table::{
    Calibration, FrameSize, LiveOdds, PocketId, PotChance, ProjectorPicture, ProjectorView, ShotOdds, TableKind,
    TablePoint, TableVector,
    settings::{Colour, Theme},
};
use opencv::{
    core::Mat,
    imgcodecs::imwrite_def,
    prelude::{MatTraitConst, MatTraitConstManual},
};
use std::{fs, path::Path};

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Distance between two samples along a line, metres.
const STEP: f64 = 0.002;

/// Pictures of the camera with and without the light of the overlay.
struct Look {
    rig: SimulatedRig,
    dark: Mat,
    lit: Mat,
    /// Place of the chance's text, and the height of its line, metres.
    words: (TablePoint, f64),
}

/// Line as the camera sees it.
#[derive(Debug)]
struct SeenLine {
    /// Ratio of the lit length to the whole length.
    lit: f64,
    /// Mean length of a stroke with its gap, metres.
    period: f64,
    /// Ratio of the luminance of the lit parts to that of the dark cloth.
    contrast: f64,
    /// Mean colour of the lit parts, in Oklab.
    colour: Oklaba,
}

/// Takes pictures of the aimed shot on a cloth.
fn look(app: &mut App, cloth: Cloth) -> Look {
    let table = TableKind::NINE_FOOT.spec();
    let setup = RigSetup { cloth, ..RigSetup::plain(&table, SIZE) };
    let mut rig =
        SimulatedRig::with_setup(Scene::Empty, SimulationOptions::default(), TableKind::NINE_FOOT, setup).unpaced();
    let dark = rig.render_at(1.0).expect("a picture");
    let from_table = rig.projector_from_bed().expect("regular");
    app.insert_resource(Calibration {
        projector: ProjectorView { size: SIZE, from_table },
        ..*app.world().resource::<Calibration>()
    });
    let seen = pixel(&rig, &dark, TablePoint::new(0.3, 0.9));
    let srgb = Srgba::from(LinearRgba::rgb(seen[0], seen[1], seen[2])).to_u8_array();
    drawn(app).theme = readable(&Theme::default(), Colour::new(srgb[0], srgb[1], srgb[2]));
    app.update();
    let image = picture(app);
    rig.projector().show(ProjectorPicture { size: SIZE, rgba: image.data.clone().expect("pixels") });
    let lit = rig.render_at(2.0).expect("a picture");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("overlay");
    fs::create_dir_all(&dir).expect("a folder");
    imwrite_def(dir.join(format!("cloth-{cloth:?}.png").to_lowercase()), &lit).expect("writes");
    let mut labels = app.world_mut().query::<(&Text2d, &Transform)>();
    let (_, place) = labels.iter(app.world()).find(|(text, _)| text.0 == "62 %").expect("the chance");
    let words =
        (TablePoint::new(place.translation.x.into(), place.translation.y.into()), f64::from(place.scale.x) * 72.0);
    Look { rig, dark, lit, words }
}

/// Returns linear red, green and blue of a place of the table in the camera's picture.
fn pixel(rig: &SimulatedRig, image: &Mat, place: TablePoint) -> [f32; 3] {
    let p = rig.camera().see([place.x, place.y, 0.0]).expect("in front");
    let bytes = image.data_bytes().expect("continuous");
    let width = image.cols() as usize;
    let (x, y) = (p.x.floor().max(0.0) as usize, p.y.floor().max(0.0) as usize);
    let (u, v) = ((p.x.fract()) as f32, (p.y.fract()) as f32);
    let at = |x: usize, y: usize| {
        let i = 3 * (y * width + x);
        let LinearRgba { red, green, blue, .. } = Srgba::rgb_u8(bytes[i + 2], bytes[i + 1], bytes[i]).into();
        [red, green, blue]
    };
    let corners = [at(x, y), at(x + 1, y), at(x, y + 1), at(x + 1, y + 1)];
    std::array::from_fn(|i| {
        let [a, b, c, d] = corners.map(|corner| corner[i]);
        (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v
    })
}

fn luminance([red, green, blue]: [f32; 3]) -> f64 {
    f64::from(0.2126 * red + 0.7152 * green + 0.0722 * blue)
}

impl Look {
    /// Returns the ratio of a place's luminance to that of the dark cloth there.
    fn contrast(&self, place: TablePoint) -> f64 {
        luminance(pixel(&self.rig, &self.lit, place)) / luminance(pixel(&self.rig, &self.dark, place)).max(1e-4)
    }

    fn line(&self, from: TablePoint, to: TablePoint) -> SeenLine {
        let steps = ((to - from).length() / STEP) as usize;
        let places: Vec<_> = (0..steps).map(|i| from.lerp(to, i as f64 / steps as f64)).collect();
        let levels: Vec<f64> = places.iter().map(|place| self.contrast(*place)).collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f64::total_cmp);
        let peak = sorted[sorted.len() * 9 / 10];
        let middle = f64::midpoint(1.0, peak);
        let lit: Vec<bool> = levels.into_iter().map(|level| level > middle).collect();
        let strokes = lit.windows(2).filter(|pair| pair[1] && !pair[0]).count();
        let bright =
            places.iter().zip(&lit).filter(|(_, lit)| **lit).map(|(place, _)| pixel(&self.rig, &self.lit, *place));
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for colour in bright {
            sum = std::array::from_fn(|i| sum[i] + colour[i]);
            count += 1.0;
        }
        let [red, green, blue] = sum.map(|channel| channel / f32::max(count, 1.0));
        SeenLine {
            lit: lit.iter().filter(|lit| **lit).count() as f64 / steps as f64,
            period: (to - from).length() / strokes.max(1) as f64,
            contrast: peak,
            colour: LinearRgba::rgb(red, green, blue).into(),
        }
    }

    /// Returns the height of the capitals of the chance, and the ratio of their strokes' luminance to that of the dark
    /// cloth.
    fn capitals(&self) -> (f64, f64) {
        let (middle, height) = self.words;
        // Rows across the text, each at its brightest place: up is -x, the text runs along y.
        let row = |x: f64| {
            let places = (-40..=40).map(|i| TablePoint::new(x, middle.y + f64::from(i) * 0.0025));
            places.map(|place| self.contrast(place)).fold(0.0, f64::max)
        };
        let rows: Vec<f64> = (-30..=30).map(|i| row(middle.x + f64::from(i) * height / 60.0)).collect();
        let peak = rows.iter().copied().fold(0.0, f64::max);
        let lit = rows.iter().filter(|level| **level > f64::midpoint(1.0, peak)).count();
        (lit as f64 * height / 60.0, peak)
    }
}

#[test]
fn the_lines_of_a_shot_differ_on_every_cloth() {
    let table = TableKind::NINE_FOOT.spec();
    let radius = table.ball_radius;
    let pots = vec![PotChance { ball: OBJECT, pocket: PocketId::LeftTop, chance: 0.62 }];
    let odds = ShotOdds { runs: 64, pots, scratch: 0.0, rests: Vec::new(), openings: Vec::new() };
    let mut app = app_of(SIZE);
    app.insert_resource(LiveOdds(Some(odds)));
    start(&mut app);
    settle(&mut app);
    let ghost = shot(&table).ghost_ball.expect("a contact").position;
    let along = TableVector::new(-0.5, table.length - 1.5).normalize();
    for cloth in Cloth::ALL {
        let look = look(&mut app, cloth);
        let aim = look.line(TablePoint::new(0.5, 0.6), TablePoint::new(0.5, ghost.y - 2.0 * radius));
        // Starts in the gap after the ring around the object ball, and ends before the arrow head.
        let start = TablePoint::new(0.5, 1.5) + along * (radius + 0.095);
        let object = look.line(start, start + along * 0.77);
        let after = look.line(TablePoint::new(0.5 + 3.0 * radius, ghost.y), TablePoint::new(1.05, ghost.y));
        let lines = format!("{cloth:?}:\n{aim:?}\n{object:?}\n{after:?}");
        println!("{lines}");
        assert!(aim.lit > 0.97, "solid: {lines}");
        assert!((0.6..0.85).contains(&object.lit) && (object.period - 0.11).abs() < 0.01, "long strokes: {lines}");
        assert!((0.2..0.6).contains(&after.lit) && (after.period - 0.028).abs() < 0.004, "dots: {lines}");
        for (line, least) in [(&aim, 1.7), (&object, 1.35), (&after, 1.25)] {
            assert!(line.contrast >= least, "lightness: {lines}");
        }
        for (a, b) in [(&aim, &object), (&aim, &after), (&object, &after)] {
            assert!(a.colour.distance(&b.colour) >= 0.02, "colour: {lines}");
        }
        let (height, contrast) = look.capitals();
        println!("{cloth:?}: capitals {:.0} mm, contrast {contrast:.2}", 1e3 * height);
        assert!(height >= 0.05 && contrast >= 1.8, "{cloth:?}: capitals {height} m high at {contrast}");
        let free = [ghost, TablePoint::new(0.5, 1.5), TablePoint::new(0.3, 1.916)];
        assert!(free.iter().all(|ball| (*ball - look.words.0).length() > 0.1), "{cloth:?}: {:?}", look.words);
    }
}
