//! Random cameras: over the table or aside, turned by any angle, through any lens.

use super::{
    super::{
        camera::SimulatedCamera,
        rigs::{Mount, longest},
        scale::scale,
    },
    dice::Dice,
};
use billiards_table::{FrameSize, SensorPoint, TableSpec};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Coefficients of an equidistant fisheye lens (the picture's radius is the angle from the axis) up to 56° from its
/// axis: the least squares fit of atan r / r.
const FISHEYE: [f64; 3] = [-0.30613, 0.10863, -0.01826];
/// Minimum longer side of a picture, pixels.
pub(super) const MIN_LONG_SIDE: f64 = 320.0;
/// Maximum distance by which a nose lies outside the picture where the table is cut, as a share of its length.
const MAX_CUT: f64 = 0.05;

/// A camera and the words that describe it.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The camera.
    pub camera: SimulatedCamera,
    /// Description: direction, lens and crop.
    pub words: Vec<&'static str>,
}

/// Part of the table that the picture is made to show.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Crop {
    /// The table with its rails, with room around it.
    Whole,
    /// The noses, and little of the rails.
    Noses,
    /// Not quite the noses.
    Cut,
}

/// Lens of a camera.
#[derive(Debug, Clone, Copy)]
enum Optics {
    Straight,
    /// Displacement of the middle of the picture's farther edges, as a share of their distance from the middle.
    Edge(f64),
    /// Tangent of the angle from the axis at which the corners of the picture are, for an equidistant fisheye lens.
    Fisheye(f64),
}

/// Returns the size of a random picture.
fn size(rng: &mut impl Dice, max_side: u32) -> (FrameSize, bool) {
    let range = rng.weighted([(0.12, [320.0, 640.0]), (0.80, [640.0, 1920.0]), (0.08, [1920.0, 3840.0])]);
    let long = rng.ratio_within(range[0]..range[1]).clamp(MIN_LONG_SIDE, f64::from(max_side));
    let ratio = rng.weighted([(0.5, 16.0 / 9.0), (0.25, 4.0 / 3.0), (0.12, 1.5), (0.05, 1.0), (0.08, 2.0)]);
    let (long, short) = (long.round() as u32, (long / ratio).round() as u32);
    let portrait = rng.chance(0.15) && long > short;
    let size = if portrait { (short, long) } else { (long, short) };
    (FrameSize { width: size.0, height: size.1 }, portrait)
}

/// Returns where the camera is mounted, and its description.
fn mount(rng: &mut impl Dice, spec: &TableSpec, portrait: bool) -> (Mount, &'static str) {
    let scale = scale(spec);
    let overhead = rng.chance(0.58);
    let tilt: f64 = if overhead { rng.within(0.0..1.0_f64).powi(2) * 15.0 } else { rng.within(15.0..60.0) };
    // Whoever holds a camera upright sees the table along.
    let azimuth = match rng.within(-0.4..0.4) {
        along if portrait && !overhead => along + if rng.chance(0.5) { FRAC_PI_2 } else { -FRAC_PI_2 },
        _ => rng.within(0.0..TAU),
    };
    let turned = if portrait { FRAC_PI_2 } else { 0.0 };
    let half_turn = if rng.chance(0.5) { PI } else { 0.0 };
    let (roll, words) = if overhead {
        let slight = rng.within(-4.0..4.0_f64).to_radians();
        let any = rng.within(0.0..TAU);
        rng.weighted([
            (0.55, (turned + half_turn + slight, "overhead")),
            (0.12, (turned + half_turn + FRAC_PI_2 + slight, "overhead across")),
            (0.33, (any, "overhead at any angle")),
        ])
    } else {
        // The horizon is level, but for the hand that holds the camera.
        let reach = rng.weighted([(0.7, 4.0), (0.3, 18.0)]);
        let slight = rng.within(-reach..reach).to_radians();
        (slight - azimuth, if tilt < 35.0 { "tilted" } else { "from the side" })
    };
    let distance = scale * rng.within(1.7..3.4) * if overhead { 1.0 } else { 1.2 };
    let offset = [0.10 * spec.width, 0.10 * spec.length].map(|reach| rng.within(-reach..reach));
    let height = distance * tilt.to_radians().cos();
    (Mount { height, tilt: [tilt.to_radians(), azimuth], offset, roll }, words)
}

/// Returns the radial coefficients of a lens with this focal length (pixels) in a picture of this size.
fn radial(optics: Optics, size: FrameSize, focal: f64) -> [f64; 3] {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    match optics {
        Optics::Straight => [0.0; 3],
        Optics::Edge(distortion) => {
            let edge = 0.5 * width.max(height) / focal;
            [0.9 * distortion / edge.powi(2), 0.1 * distortion / edge.powi(4), 0.0]
        }
        Optics::Fisheye(corner) => {
            let square = corner * corner;
            let seen = corner * (1.0 + square * (FISHEYE[0] + square * (FISHEYE[1] + square * FISHEYE[2])));
            let strength = seen * focal / (0.5 * width.hypot(height));
            [1, 2, 3].map(|i| FISHEYE[i - 1] * strength.powi(2 * i as i32))
        }
    }
}

impl View {
    /// Draws a camera that shows a table, whose rails are `rail` metres wide, in a picture whose longer side is at most
    /// `max_side` pixels long.
    pub fn random(rng: &mut impl Dice, spec: &TableSpec, rail: f64, max_side: u32) -> Self {
        let (size, portrait) = size(rng, max_side);
        let (mount, direction) = mount(rng, spec, portrait);
        let mut words = vec![direction];
        let (optics, lens) = match rng.weighted([(0.32, 0), (0.50, 1), (0.05, 2), (0.13, 3)]) {
            0 => (Optics::Straight, None),
            1 => (Optics::Edge(rng.within(-0.09..-0.005)), None),
            2 => (Optics::Edge(rng.within(0.005..0.03)), None),
            _ => (Optics::Fisheye(rng.within(0.55..1.2)), Some("fisheye")),
        };
        words.extend(lens);
        if portrait {
            words.push("portrait");
        }
        let crop = rng.weighted([(0.80, Crop::Whole), (0.10, Crop::Noses), (0.10, Crop::Cut)]);
        let range = match crop {
            Crop::Whole => rng.weighted([(0.8, [0.74, 0.98]), (0.2, [0.55, 0.74])]),
            Crop::Noses | Crop::Cut => [0.95, 0.995],
        };
        let fill = rng.within(range[0]..range[1]);
        let beyond = if crop == Crop::Whole { spec.cushion_width + rail } else { 0.0 };
        let mut camera = SimulatedCamera {
            noise: rng.ratio_within(0.4..4.0) as f32,
            vignette: rng.weighted([(0.75, 0.25), (0.25, 0.6)]) * rng.within(0.1..1.0) as f32,
            ..fitted(spec, size, &mount, optics, fill, beyond)
        };
        match crop {
            Crop::Whole => {}
            Crop::Noses => words.push("cropped to the noses"),
            Crop::Cut => {
                words.push("cut by the frame");
                cut(&mut camera, spec, rng.within(0.0..TAU), rng.within(0.005..MAX_CUT));
            }
        }
        Self { camera, words }
    }
}

/// Creates a camera on a mount through which the table, up to `beyond` metres outside its noses, takes the share `fill`
/// of the picture.
fn fitted(spec: &TableSpec, size: FrameSize, mount: &Mount, optics: Optics, fill: f64, beyond: f64) -> SimulatedCamera {
    let plain = SimulatedCamera { pose: mount.pose(spec), ..SimulatedCamera::over(spec, size) };
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let with = |focal: f64| {
        let mut camera = plain;
        camera.lens.focal = [focal * width; 2];
        camera.lens.radial = radial(optics, size, focal * width);
        camera
    };
    let inside = |p: SensorPoint| (p.x / width - 0.5).abs() < 0.5 * fill && (p.y / height - 0.5).abs() < 0.5 * fill;
    with(longest(|focal| {
        let camera = with(focal);
        outline(spec, beyond).all(|place| {
            let seen = camera.see(place).filter(|p| inside(*p));
            // Far out, barrel distortion folds back over itself.
            seen.and_then(|p| camera.lens.ray(p)).is_some()
        })
    }))
}

/// Returns places at the height of the noses around the table, `beyond` metres outside them.
pub(super) fn outline(spec: &TableSpec, beyond: f64) -> impl Iterator<Item = [f64; 3]> + use<> {
    /// Number of places on each side.
    const PLACES: u32 = 8;
    let (x, y, z) = (spec.width + beyond, spec.length + beyond, spec.nose_height);
    let corners = [[-beyond, -beyond], [-beyond, y], [x, y], [x, -beyond]];
    (0..4 * PLACES).map(move |i| {
        let (from, to) = (corners[(i / PLACES) as usize], corners[((i / PLACES + 1) % 4) as usize]);
        let share = f64::from(i % PLACES) / f64::from(PLACES);
        [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, z]
    })
}

/// Moves the picture so that the outermost place of the noses towards a direction of the picture (radians) lies outside
/// by this share of the table's length.
fn cut(camera: &mut SimulatedCamera, spec: &TableSpec, direction: f64, share: f64) {
    let corners = camera.corners(spec);
    let long = (corners[0] - corners[1]).length().max((corners[1] - corners[2]).length());
    let FrameSize { width, height } = camera.size();
    // The side of the picture that lies towards the direction.
    let (sin, cos) = direction.sin_cos();
    let (axis, positive) = if cos.abs() > sin.abs() { (0, cos > 0.0) } else { (1, sin > 0.0) };
    let end = [f64::from(width), f64::from(height)][axis] - 0.5;
    let along = |p: SensorPoint| if axis == 0 { p.x } else { p.y };
    let places = outline(spec, 0.0).filter_map(|place| camera.see(place)).map(along);
    let shift = if positive {
        end + share * long - places.fold(f64::MIN, f64::max)
    } else {
        -0.5 - share * long - places.fold(f64::MAX, f64::min)
    };
    camera.lens.centre[axis] += shift;
}

/// Returns how far the noses reach outside the picture, pixels; 0 if all of them are inside.
pub(super) fn outside(camera: &SimulatedCamera, spec: &TableSpec) -> f64 {
    let FrameSize { width, height } = camera.size();
    let over = |v: f64, length: u32| (-0.5 - v).max(v - f64::from(length) + 0.5).max(0.0);
    let places = outline(spec, 0.0).filter_map(|place| camera.see(place));
    places.map(|p| over(p.x, width).hypot(over(p.y, height))).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::{super::super::look::rail_width, *};
    use billiards_table::TableKind;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn cameras_show_the_noses_or_almost_all_of_them() {
        let mut cut = 0;
        for seed in 0..300 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            for kind in [TableKind::NINE_FOOT, TableKind::named("mini-3ft").expect("shipped")] {
                let spec = kind.spec();
                let view = View::random(rng, &spec, rail_width(&spec), 1920);
                let (camera, outside) = (view.camera, outside(&view.camera, &spec));
                let long = (0..4).map(|i| {
                    let corners = camera.corners(&spec);
                    (corners[i] - corners[(i + 1) % 4]).length()
                });
                let long = long.fold(0.0, f64::max);
                assert!(outside <= 1.001 * MAX_CUT * long, "{seed}: {outside} of {long} px outside: {view:?}");
                assert_eq!(outside > 0.0, view.words.contains(&"cut by the frame"), "{seed}: {view:?}");
                cut += usize::from(outside > 0.0);
                let longest = f64::from(camera.size().width.max(camera.size().height));
                assert!(long > 0.18 * longest, "{seed}: {} {view:?}", long / longest);
                assert!(camera.pose.eye.z > 0.2, "{seed}");
                for place in outline(&spec, 0.0) {
                    let seen = camera.see(place).expect("in front");
                    assert!(camera.lens.ray(seen).is_some(), "{seed}: folded {view:?}");
                }
            }
        }
        assert!((30..110).contains(&cut), "{cut}");
    }

    #[test]
    fn a_fisheye_lens_maps_angles() {
        let size = FrameSize { width: 1000, height: 800 };
        let mut camera = SimulatedCamera::over(&TableKind::NINE_FOOT.spec(), size);
        camera.lens.focal = [400.0; 2];
        camera.lens.radial = radial(Optics::Fisheye(1.0), size, 400.0);
        let radius = |tangent: f64| camera.lens.see([tangent, 0.0]).x - camera.lens.centre[0];
        // The strength is chosen so that the corners are at the given tangent of the scaled lens.
        let strength = (camera.lens.radial[0] / FISHEYE[0]).sqrt();
        for tangent in [0.2, 0.6, 0.9] {
            let ideal = (strength * tangent).atan() / strength * 400.0;
            assert!((radius(tangent) - ideal).abs() < 2.0, "{tangent}: {} {ideal}", radius(tangent));
        }
        let corner = radius(1.0 / strength);
        assert!((corner - 0.5 * 1000_f64.hypot(800.0)).abs() < 1.0, "{corner}");
    }
}
