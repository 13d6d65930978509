//! Rigs for tests: random ones, and a fixed set for reports.

use super::{
    camera::SimulatedCamera,
    look::rail_width,
    projector::SimulatedProjector,
    scale::scale,
    setup::{Cloth, RigSetup, RoomLight},
};
use billiards_table::{FrameSize, Pose, SensorPoint, TableSpec};
use nalgebra::Vector3;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// Minimum and maximum focal length in the search for that of a camera or projector, picture widths.
const FOCAL: [f64; 2] = [0.05, 3.0];

/// Mounting of a camera or projector over the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mount {
    /// Height over the bed, metres.
    pub height: f64,
    /// Angle from the vertical, and the direction in which it is offset from its target, radians.
    pub tilt: [f64; 2],
    /// Target point, metres from the middle of the bed.
    pub offset: [f64; 2],
    /// Roll of the picture, radians; 0 has the table's y axis to the right.
    pub roll: f64,
}

impl Mount {
    /// Returns the pose of what is mounted.
    pub fn pose(&self, spec: &TableSpec) -> Pose {
        let target = Vector3::new(0.5 * spec.width + self.offset[0], 0.5 * spec.length + self.offset[1], 0.0);
        let ([tilt, azimuth], (sin, cos)) = (self.tilt, self.roll.sin_cos());
        let aside = self.height * tilt.tan();
        let eye = target + Vector3::new(aside * azimuth.cos(), aside * azimuth.sin(), self.height);
        // A mount always hangs above its target, so that there is a pose.
        Pose::looking(eye, target, Vector3::new(sin, cos, 0.0)).unwrap_or(SimulatedCamera::over(spec, SQUARE).pose)
    }
}

/// Size of a camera that only provides a pose, to which the size does not matter.
const SQUARE: FrameSize = FrameSize { width: 64, height: 64 };

/// Finds the maximum focal length, picture widths, for which `fits` holds; it holds for short ones.
pub(super) fn longest(fits: impl Fn(f64) -> bool) -> f64 {
    let [mut short, mut long] = FOCAL;
    for _ in 0..40 {
        let middle = f64::midpoint(short, long);
        if fits(middle) { short = middle } else { long = middle }
    }
    short
}

/// Creates a camera on a mount whose lens distortion displaces points at the picture's left and right edge by the share
/// `distortion` (negative for barrel distortion), `first` of it in the first coefficient. The whole table fills the
/// share `fill` of the picture.
fn camera(
    spec: &TableSpec,
    size: FrameSize,
    mount: &Mount,
    [distortion, first]: [f64; 2],
    fill: f64,
) -> SimulatedCamera {
    let plain = SimulatedCamera { pose: mount.pose(spec), ..SimulatedCamera::over(spec, size) };
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let with = |focal: f64| {
        let mut camera = plain;
        camera.lens.focal = [focal * width; 2];
        let edge = 0.5 / focal;
        camera.lens.radial = [first * distortion / edge.powi(2), (1.0 - first) * distortion / edge.powi(4), 0.0];
        camera
    };
    let beyond = spec.cushion_width + rail_width(spec) + 0.01;
    let (x, y) = ([-beyond, 0.5 * spec.width, spec.width + beyond], [-beyond, 0.5 * spec.length, spec.length + beyond]);
    let rim: Vec<[f64; 3]> = x.iter().flat_map(|x| y.map(|y| [*x, y, spec.nose_height])).collect();
    let inside = |p: SensorPoint| (p.x / width - 0.5).abs() < 0.5 * fill && (p.y / height - 0.5).abs() < 0.5 * fill;
    with(longest(|focal| {
        let camera = with(focal);
        rim.iter().all(|place| {
            let seen = camera.see(*place).filter(|p| inside(*p));
            // Far out, barrel distortion folds back over itself.
            seen.and_then(|p| camera.lens.ray(p)).is_some()
        })
    }))
}

/// Creates a projector on a mount; the bed takes the share `fill` of its picture.
fn projector(spec: &TableSpec, size: FrameSize, mount: &Mount, fill: f64) -> SimulatedProjector {
    let plain = SimulatedProjector { pose: mount.pose(spec), ..SimulatedProjector::over(spec) };
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let with = |focal: f64| {
        let mut projector = plain;
        projector.lens.size = size;
        projector.lens.focal = focal * width;
        projector.lens.centre = billiards_table::CameraPoint::new(0.5 * width, 0.5 * height);
        projector
    };
    let (w, l) = (spec.width, spec.length);
    with(longest(|focal| {
        let projector = with(focal);
        [[0.0, 0.0], [0.0, l], [w, l], [w, 0.0]].iter().all(|[x, y]| {
            let p = projector.lit_by(Vector3::new(*x, *y, 0.0));
            p.is_some_and(|p| (p.x / width - 0.5).abs() < 0.5 * fill && (p.y / height - 0.5).abs() < 0.5 * fill)
        })
    }))
}

/// Cloths of random rigs. Do not change the list: the rig of a seed is the same in every version.
const RANDOM_CLOTHS: [Cloth; 5] = [Cloth::Blue, Cloth::Green, Cloth::Red, Cloth::Grey, Cloth::Teal];

impl RigSetup {
    /// Creates a rig as it may be found in a club, determined by the seed: camera 1.8 to 2.8 m over the bed and up to
    /// 12° from the vertical, with up to 10 % lens distortion; any cloth; a projector 1.8 to 2.6 m over the bed in
    /// either orientation. The whole table is in the picture, and the projector's light covers the bed. Over a table that
    /// is smaller or larger than American ones, both hang in proportion.
    #[must_use]
    pub fn random(seed: u64, size: FrameSize, table: impl Into<TableSpec>) -> Self {
        Self::drawn(seed, size, table, None)
    }

    /// Creates a random rig whose camera's lens displaces the left and right edge of the picture by the share
    /// `distortion` of their distance from the middle (negative for barrel distortion), in the first coefficient alone.
    #[must_use]
    pub fn random_with_lens(seed: u64, size: FrameSize, table: impl Into<TableSpec>, distortion: f64) -> Self {
        Self::drawn(seed, size, table, Some(distortion))
    }

    fn drawn(seed: u64, size: FrameSize, table: impl Into<TableSpec>, lens: Option<f64>) -> Self {
        let spec = table.into();
        let scale = scale(&spec);
        let rng = &mut ChaCha8Rng::seed_from_u64(seed ^ 0x7269_6773);
        let mount = Mount {
            height: scale * rng.random_range(1.8..2.8),
            tilt: [rng.random_range(0.0..12.0_f64).to_radians(), rng.random_range(0.0..TAU)],
            offset: [scale * rng.random_range(-0.06..0.06), scale * rng.random_range(-0.08..0.08)],
            roll: rng.random_range(-4.0..4.0_f64).to_radians(),
        };
        let distortion = match rng.random_range(0..10) {
            0..3 => 0.0,
            3..9 => rng.random_range(-0.10..-0.01),
            _ => rng.random_range(0.01..0.04),
        };
        let first = rng.random_range(0.8..1.15);
        let [distortion, first] = lens.map_or([distortion, first], |distortion| [distortion, 1.0]);
        let fill = rng.random_range(0.90..0.985);
        let camera = SimulatedCamera {
            exposure: rng.random_range(0.003..0.009),
            readout: rng.random_range(0.0..0.015),
            delay: rng.random_range(0.010..0.060),
            noise: rng.random_range(0.7..2.0),
            vignette: rng.random_range(0.05..0.25),
            ..camera(&spec, size, &mount, [distortion, first], fill)
        };
        let light = RoomLight { level: rng.random_range(0.55..1.1), evenness: rng.random_range(0.25..0.7) };

        let turned = if rng.random_bool(0.5) { 0.5 * TAU } else { 0.0 };
        let mount = Mount {
            height: scale * rng.random_range(1.8..2.6),
            tilt: [rng.random_range(0.0..12.0_f64).to_radians(), rng.random_range(0.0..TAU)],
            offset: [scale * rng.random_range(-0.04..0.04), scale * rng.random_range(-0.06..0.06)],
            roll: turned + rng.random_range(-3.0..3.0_f64).to_radians(),
        };
        let (width, height) = if rng.random_bool(0.5) { (1280, 720) } else { (1920, 1080) };
        let brightness = light.level * rng.random_range(0.5..3.0);
        let projector = SimulatedProjector {
            brightness,
            black: brightness * rng.random_range(0.0007..0.003),
            delay: rng.random_range(0.010..0.060),
            ..projector(&spec, FrameSize { width, height }, &mount, rng.random_range(0.88..0.97))
        };
        let cloth = RANDOM_CLOTHS.choose(rng).copied().unwrap_or(Cloth::Blue);
        Self { camera, cloth, light, projector }
    }

    /// Returns a table under three camera poses, with two lenses and three cloths, by name: the same every time. Over a
    /// table that is smaller or larger than American ones, camera and projector hang in proportion.
    #[must_use]
    pub fn closed_loop_variants(spec: &TableSpec) -> Vec<(String, Self)> {
        let size = FrameSize { width: 1280, height: 720 };
        let scale = scale(spec);
        let mount = |height: f64, tilt: [f64; 2], offset: [f64; 2], roll: f64| Mount {
            height: scale * height,
            tilt: tilt.map(f64::to_radians),
            offset: offset.map(|metres| scale * metres),
            roll: roll.to_radians(),
        };
        let poses = [
            ("overhead", mount(2.2, [1.0, 30.0], [0.01, -0.02], 0.6)),
            ("tilted", mount(2.0, [9.0, 200.0], [-0.02, 0.03], 2.0)),
            ("high", mount(2.7, [6.0, 100.0], [0.03, 0.05], -3.0)),
        ];
        let lenses = [("straight", 0.0), ("barrel", -0.08)];
        let cloths = [("blue", Cloth::Blue), ("green", Cloth::Green), ("red", Cloth::Red)];
        let thrown = mount(2.3, [7.0, 320.0], [0.02, -0.03], 181.5);
        let projector = SimulatedProjector {
            brightness: 1.5,
            black: 0.002,
            delay: 0.035,
            ..projector(spec, FrameSize { width: 1920, height: 1080 }, &thrown, 0.94)
        };
        let mut variants = Vec::new();
        for (pose, mount) in poses {
            for (lens, distortion) in lenses {
                for (cloth, colour) in cloths {
                    let camera = SimulatedCamera {
                        readout: 0.008,
                        delay: 0.045,
                        ..camera(spec, size, &mount, [distortion, 0.95], 0.96)
                    };
                    let setup = Self { camera, cloth: colour, light: RoomLight::default(), projector };
                    variants.push((format!("{pose}, {lens}, {cloth}"), setup));
                }
            }
        }
        variants
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    fn assert_sound(setup: &RigSetup, spec: &TableSpec, name: &str) {
        let beyond = spec.cushion_width + rail_width(spec);
        for x in [-beyond, spec.width + beyond] {
            for y in [-beyond, 0.5 * spec.length, spec.length + beyond] {
                assert!(setup.camera.sees([x, y, spec.nose_height]), "{name}: the rail at {x} {y}");
                let seen = setup.camera.see([x, y, spec.nose_height]).expect("in front");
                assert!(setup.camera.lens.ray(seen).is_some(), "{name}");
            }
        }
        for x in [0.0, spec.width] {
            for y in [0.0, spec.length] {
                assert!(setup.projector.share(Vector3::new(x, y, 0.0)).is_some(), "{name}: the bed at {x} {y}");
            }
        }
        let corners = setup.camera.corners(spec);
        let length = (corners[1] - corners[0]).length();
        assert!(length > 0.5 * f64::from(setup.camera.size().width), "{name}: the table is {length} px long");
    }

    #[test]
    fn random_rigs_show_and_light_the_whole_table() {
        let size = FrameSize { width: 1280, height: 720 };
        for seed in 0..60 {
            for table in TableKind::all() {
                let setup = RigSetup::random(seed, size, table);
                assert_sound(&setup, &table.spec(), &format!("{table} {seed}"));
                assert_eq!(setup, RigSetup::random(seed, size, table));
                let lens = setup.camera.lens;
                let edge = 0.5 * 1280.0 / lens.focal[0];
                let distortion = lens.radial[0] * edge.powi(2) + lens.radial[1] * edge.powi(4);
                assert!((-0.1001..0.0401).contains(&distortion), "{distortion}");
            }
        }
    }

    #[test]
    fn plain_rigs_show_and_light_the_whole_table() {
        let size = FrameSize { width: 1280, height: 720 };
        for table in TableKind::all() {
            assert_sound(&RigSetup::plain(&table.spec(), size), &table.spec(), table.name());
        }
    }

    #[test]
    fn eighteen_rigs_are_reported_on() {
        let variants = RigSetup::closed_loop_variants(&TableKind::NINE_FOOT.spec());
        assert_eq!(variants.len(), 18);
        for (i, (name, setup)) in variants.iter().enumerate() {
            assert_sound(setup, &TableKind::NINE_FOOT.spec(), name);
            assert!(variants[..i].iter().all(|(other, before)| other != name && before != setup));
        }
    }
}
