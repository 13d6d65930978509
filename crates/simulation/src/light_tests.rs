//! Tests of the projector's light in the camera's picture and of the camera's shutter: where and when things appear.

use super::*;
use billiards_table::{Pose, ProjectorPicture, SensorPoint};
use nalgebra::Vector3;

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
const SMALL: FrameSize = FrameSize { width: 640, height: 360 };

/// Creates a rig without noise.
fn quiet(scene: Scene, mut setup: RigSetup) -> SimulatedRig {
    setup.camera.noise = 0.0;
    SimulatedRig::with_setup(scene, SimulationOptions::default(), TableKind::NINE_FOOT, setup).unpaced()
}

/// Returns a black picture with a grey disc of `radius` pixels at each point.
fn dots(size: FrameSize, points: &[ProjectorPoint], radius: f64) -> ProjectorPicture {
    let mut rgba = [0, 0, 0, 255].repeat(size.width as usize * size.height as usize);
    for (i, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        let (x, y) = (i % size.width as usize, i / size.width as usize);
        // A pixel's centre is at a half.
        let here = ProjectorPoint::new(x as f64 + 0.5, y as f64 + 0.5);
        if points.iter().any(|p| (*p - here).length() <= radius) {
            pixel[..3].fill(150);
        }
    }
    ProjectorPicture { size, rgba }
}

fn white(size: FrameSize) -> ProjectorPicture {
    ProjectorPicture { size, rgba: vec![255; 4 * size.width as usize * size.height as usize] }
}

fn bytes(image: &Mat) -> &[u8] {
    image.data_bytes().expect("continuous")
}

/// Returns the linear amount of light of a stored green byte.
fn amount(byte: u8) -> f64 {
    f64::from(colour::Rgb::stored(0, byte, 0).0[1])
}

/// Returns the centroid of the difference of two pictures near a place.
fn centroid(lit: &Mat, dark: &Mat, expected: SensorPoint, reach: f64) -> SensorPoint {
    let (lit, dark, width) = (bytes(lit), bytes(dark), dark.cols() as usize);
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for y in (expected.y - reach) as usize..=(expected.y + reach) as usize {
        for x in (expected.x - reach) as usize..=(expected.x + reach) as usize {
            let i = 3 * (y * width + x) + 1;
            let light = amount(lit[i]) - amount(dark[i]);
            (sum, x_sum, y_sum) = (sum + light, x_sum + light * x as f64, y_sum + light * y as f64);
        }
    }
    assert!(sum > 0.3, "light near {expected:?}: {sum}");
    SensorPoint::new(x_sum / sum, y_sum / sum)
}

#[test]
fn light_falls_where_the_rig_says() {
    let mut mirrored = RigSetup::random(2, SIZE, TableKind::NINE_FOOT);
    mirrored.projector.mirrored = true;
    let random = (0..4).map(|seed| RigSetup::random(seed, SIZE, TableKind::NINE_FOOT));
    for (i, setup) in random.chain([mirrored]).enumerate() {
        let mut rig = quiet(Scene::Empty, setup);
        let dark = rig.render_at(1.0).expect("renders");
        let map = rig.projector_from_bed().expect("regular");
        let beds = [(0.2, 0.2), (0.635, 1.27), (1.05, 2.3), (0.3, 1.9), (1.1, 0.4)].map(TablePoint::from);
        let points = beds.map(|p| map.map(p).expect("finite"));
        let size = rig.setup().projector.lens.size;
        rig.projector().show(dots(size, &points, 7.0));
        let lit = rig.render_at(2.0).expect("renders");
        for (bed, point) in beds.iter().zip(points) {
            assert!((rig.lights(point).expect("met") - *bed).length() < 1e-9);
            let there = rig.camera().see([bed.x, bed.y, 0.0]).expect("in front");
            let error = (centroid(&lit, &dark, there, 14.0) - there).length();
            assert!(error < 0.3, "rig {i}: light at {bed:?} is {error:.2} px off");
        }
    }
}

#[test]
fn a_ball_stands_in_the_way_of_the_light_and_is_lit_itself() {
    let mut setup = RigSetup::plain(&TableKind::NINE_FOOT.spec(), SIZE);
    // The projector hangs to the side, so that the shadows are not hidden under the balls, and is too dim to saturate
    // anything.
    let eye = setup.projector.pose.eye - Vector3::x();
    let middle = Vector3::new(0.635, 1.27, 0.0);
    setup.projector.pose = Pose::looking(eye, middle, Vector3::y()).expect("a direction");
    (setup.light.level, setup.projector.brightness) = (0.3, 0.4);
    let mut rig = quiet(Scene::Still, setup);
    rig.projector().show(white(FrameSize { width: 320, height: 180 }));
    let lit = rig.render_at(1.0).expect("renders");
    let dark = quiet(Scene::Still, setup).render_at(1.0).expect("renders");
    let (camera, radius) = (*rig.camera(), rig.table().ball_radius);
    let gained = |place: [f64; 3]| {
        let p = camera.see(place).expect("in front");
        let i = 3 * (p.y.round() as usize * 1280 + p.x.round() as usize) + 1;
        amount(bytes(&lit)[i]) / amount(bytes(&dark)[i])
    };
    let mut looked_at = 0;
    for (label, p) in rig.truth().balls {
        let centre = Vector3::new(p.x, p.y, radius);
        let onto = eye + (centre - eye) * (eye.z / (eye.z - radius));
        let away = (TablePoint::new(onto.x, onto.y) - p).normalize() * radius;
        let reached = [-3.0, 5.0].map(|far| setup.projector.share(centre + Vector3::new(away.x, away.y, 0.0) * far));
        // Only balls whose shadow is long enough and not hidden from the camera by the ball.
        let slant = (TablePoint::new(onto.x, onto.y) - p).length() / radius;
        let shaded = Vector3::new(p.x + away.x * 1.4, p.y + away.y * 1.4, 0.0) - camera.pose.eye;
        let distance = shaded.cross(&(centre - camera.pose.eye)).norm() / shaded.norm();
        if reached.contains(&None) || slant < 0.55 || distance < 1.1 * radius {
            continue;
        }
        looked_at += 1;
        let beside = |far: f64| gained([p.x + away.x * far, p.y + away.y * far, 0.0]);
        assert!(beside(1.4) < 1.1, "{label}: {} in its shadow", beside(1.4));
        assert!(beside(-3.0) > 2.0 && beside(5.0) > 2.0, "{label}: {} before, {} beyond", beside(-3.0), beside(5.0));
        let top = gained([p.x, p.y, 2.0 * radius]);
        assert!(top > 1.5, "{label}: {top} on its top");
    }
    assert!(looked_at >= 3, "{looked_at}");
}

#[test]
fn light_is_seen_after_the_delays_of_projector_and_camera() {
    let mut setup = RigSetup::plain(&TableKind::NINE_FOOT.spec(), SMALL);
    (setup.projector.delay, setup.camera.delay) = (0.040, 0.030);
    setup.camera.exposure = 0.002;
    let mut rig = quiet(Scene::Empty, setup);
    let dark = rig.render_at(1.0).expect("renders");
    rig.projector().show(white(SMALL));
    let middle = 3 * (180 * 640 + 320);
    for (after, seen) in [(0.020, false), (0.068, false), (0.072, true), (0.200, true)] {
        let picture = rig.render_at(1.0 + after).expect("renders");
        assert_eq!(bytes(&picture)[middle] > bytes(&dark)[middle] + 10, seen, "{after}");
    }
    // The ground truth has the delay too: a picture shows the ball where it was when the picture was taken.
    let mut late = quiet(Scene::Roll, setup);
    setup.camera.delay = 0.0;
    let mut prompt = quiet(Scene::Roll, setup);
    late.step(1.03);
    prompt.step(1.0);
    assert!((late.truth().balls[0].1 - prompt.truth().balls[0].1).length() < 1e-9);
}

#[test]
fn a_flash_within_the_exposure_is_seen_in_part_and_row_by_row() {
    let mut setup = RigSetup::plain(&TableKind::NINE_FOOT.spec(), SMALL);
    (setup.camera.exposure, setup.camera.readout) = (0.010, 0.020);
    let mut rig = quiet(Scene::Empty, setup);
    rig.render_at(1.0).expect("renders");
    rig.projector().show(white(SMALL));
    // The middle row is exposed from 0.996 to 1.006, the first 10 ms earlier, the last 10 ms later.
    let flashed = rig.render_at(1.001).expect("renders");
    let lit = rig.render_at(2.0).expect("renders");
    let dark = quiet(Scene::Empty, setup).render_at(2.0).expect("renders");
    let share = |y: usize| {
        let i = 3 * (y * 640 + 300) + 1;
        let [flash, lit, dark] = [&flashed, &lit, &dark].map(|image| amount(bytes(image)[i]));
        (flash - dark) / (lit - dark)
    };
    assert!(share(60) < 0.02 && share(300) > 0.98, "{} {}", share(60), share(300));
    for (y, expected) in [(150, 0.6 - 1.6667 * 30.0 / 300.0), (180, 0.6), (210, 0.6 + 1.6667 * 30.0 / 300.0)] {
        assert!((share(y) - expected).abs() < 0.03, "{y}: {} for {expected}", share(y));
    }
}

/// Returns the centre of the white ball in the picture and its standard deviations along and across the picture.
fn ball_seen(rig: &mut SimulatedRig, empty: &Mat) -> (SensorPoint, [f64; 2]) {
    let picture = rig.render().expect("renders");
    let width = picture.cols() as usize;
    let mut sums = [0.0_f64; 5];
    for (i, (seen, dark)) in bytes(&picture).chunks_exact(3).zip(bytes(empty).chunks_exact(3)).enumerate() {
        // Red: there is none in the cloth.
        let light =
            (f64::from(colour::Rgb::stored(seen[2], 0, 0).0[0] - colour::Rgb::stored(dark[2], 0, 0).0[0])).max(0.0);
        let (x, y) = ((i % width) as f64, (i / width) as f64);
        for (sum, part) in sums.iter_mut().zip([1.0, x, y, x * x, y * y]) {
            *sum += light * part;
        }
    }
    let [n, x, y, xx, yy] = sums;
    let centre = SensorPoint::new(x / n, y / n);
    (centre, [(xx / n - centre.x * centre.x).sqrt(), (yy / n - centre.y * centre.y).sqrt()])
}

#[test]
fn a_moving_ball_is_blurred_and_bent_by_the_shutter() {
    let plain = RigSetup::plain(&TableKind::NINE_FOOT.spec(), SIZE);
    let with = |exposure: f64, readout: f64| {
        let mut setup = plain;
        (setup.camera.exposure, setup.camera.readout) = (exposure, readout);
        let mut rig = quiet(Scene::Roll, setup);
        rig.step(1.5);
        rig
    };
    let empty = quiet(Scene::Empty, plain).render_at(0.0).expect("renders");
    let mut sharp = with(1e-6, 0.0);
    let (place, lengths) = ball_seen(&mut sharp, &empty);
    let p = sharp.truth().balls[0].1;
    let there = sharp.camera().to_picture(p);
    assert!((place.x - there.x).hypot(place.y - there.y) < 0.4, "{place:?} {there:?}");
    assert!((lengths[0] - lengths[1]).abs() < 0.3, "{lengths:?}");
    // At 1 m/s, 20 ms are 8 px along the picture: their variance adds to the ball's.
    let (blurred_place, blurred) = ball_seen(&mut with(0.020, 0.0), &empty);
    let distance = 0.020 * sharp.truth().velocities[0].y * 400.0;
    let expected = lengths[0].hypot(distance / 12.0_f64.sqrt());
    assert!((blurred[0] - expected).abs() < 0.3 && (blurred[1] - lengths[1]).abs() < 0.2, "{blurred:?} {expected}");
    assert!((blurred_place - place).length() < 0.5);
    // A row above the middle is exposed earlier, when the ball was not as far.
    let rolling = ball_seen(&mut with(1e-6, 0.030), &empty).0;
    let early = 0.030 * (place.y + 0.5 - 360.0) / 720.0;
    let moved = early * sharp.truth().velocities[0].y * 400.0;
    assert!(early.abs() > 0.001 && (rolling.x - place.x - moved).abs() < 0.3, "{} for {moved}", rolling.x - place.x);
}
