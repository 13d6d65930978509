use super::*;
use billiards_table::{CameraPoint, TableName};
use opencv::prelude::*;
use std::collections::BTreeSet;

/// Pictures of a size at which many are painted quickly.
fn small(seed: u64) -> RandomPictures {
    RandomPictures::new(seed).with_max_side(320)
}

fn bytes(picture: &RandomPicture) -> &[u8] {
    picture.image.data_bytes().expect("packed")
}

#[test]
fn seed_and_index_determine_a_picture() {
    for index in 0..4 {
        let (first, again) = (small(7).table(index).expect("painted"), small(7).table(index).expect("painted"));
        assert_eq!(
            (bytes(&first), &first.table, &first.description),
            (bytes(&again), &again.table, &again.description)
        );
        let (other, next) = (small(8).table(index).expect("painted"), small(7).table(index + 1).expect("painted"));
        assert!(bytes(&first) != bytes(&other) && bytes(&first) != bytes(&next));
        let [place, same] = [small(7), small(7)].map(|series| series.without_table(index).expect("painted"));
        assert_eq!((bytes(&place), &place.description), (bytes(&same), &same.description));
        assert!(place.table.is_none() && bytes(&place) != bytes(&first));
    }
}

/// Returns the brightness of a place of the picture, 0 to 255; `None` outside.
fn brightness(image: &Mat, p: CameraPoint) -> Option<f64> {
    let (x, y) = (p.x.floor() as i32, p.y.floor() as i32);
    let at = |x: i32, y: i32| {
        let pixel = image.at_2d::<opencv::core::Vec3b>(y, x).ok()?;
        Some(pixel.iter().map(|v| f64::from(*v)).sum::<f64>() / 3.0)
    };
    let (u, v) = (p.x - f64::from(x), p.y - f64::from(y));
    let row = |y: i32| Some(at(x, y)? * (1.0 - u) + at(x + 1, y)? * u);
    Some(row(y)? * (1.0 - v) + row(y + 1)? * v)
}

#[test]
fn the_picture_changes_at_the_true_noses() {
    let mut shifts = Vec::new();
    for index in 0..16 {
        let rng = &mut RandomPictures::new(5).rng(SERIES[0], index);
        let plan = TablePlan::random(rng, None, 800);
        let (camera, spec) = (plan.view.camera, plan.spec);
        let picture = plan.paint(1).expect("painted");
        // The place of the picture at which a place beside a nose is seen, metres along and out.
        let (w, l, cushion) = (spec.width, spec.length, spec.cushion_width);
        let sides: [&dyn Fn(f64, f64) -> [f64; 2]; 4] = [
            &|along, out| [-out, along * l],
            &|along, out| [w + out, along * l],
            &|along, out| [along * w, -out],
            &|along, out| [along * w, l + out],
        ];
        for side in sides {
            // Between the pockets.
            let mean = |out: f64| {
                let places = (0..60).map(|k| side(0.16 + 0.0025 * f64::from(k), out));
                let seen = places.filter_map(|[x, y]| camera.see([x, y, spec.nose_height]));
                seen.filter_map(|p| brightness(&picture.image, truth::as_delivered(p))).sum::<f64>()
            };
            // From the bed to before the joint with the wood, in shares of the cushion's width.
            let change = |step: i32| {
                let out = f64::from(step) * 0.05;
                (mean((out + 0.06) * cushion) - mean((out - 0.06) * cushion)).abs()
            };
            shifts.extend((-14..=14).max_by(|a, b| change(*a).total_cmp(&change(*b))));
        }
    }
    shifts.sort_unstable();
    let near = shifts.iter().filter(|shift| shift.abs() <= 3).count();
    assert!(10 * near > 6 * shifts.len(), "{near} of {}: {shifts:?}", shifts.len());
    assert!(shifts[shifts.len() / 2].abs() <= 1, "{shifts:?}");
}

#[test]
fn balls_are_where_the_truth_says() {
    let (mut lighter, mut count) = (0, 0);
    for index in 0..12 {
        let series = RandomPictures::new(9).with_max_side(640).with_table(TableKind::NINE_FOOT);
        let picture = series.table(index).expect("painted");
        let table = picture.table.expect("a table");
        for ball in table.balls.iter().filter(|ball| ball.label == BallLabel::Cue && ball.visible > 0.95) {
            let around = (0..8).map(|i| {
                let (sin, cos) = (TAU * f64::from(i) / 8.0).sin_cos();
                ball.centre + euclid::vec2(cos, sin) * (1.6 * ball.radius)
            });
            let around: Vec<f64> = around.filter_map(|p| brightness(&picture.image, p)).collect();
            let inside = brightness(&picture.image, ball.centre).expect("inside the picture");
            lighter += usize::from(around.iter().filter(|v| inside > **v).count() >= 6);
            count += 1;
        }
    }
    assert!(count >= 5 && 10 * lighter >= 8 * count, "{lighter} of {count} white balls are lighter than the cloth");
}

#[test]
fn every_kind_of_picture_occurs() {
    let (mut words, mut kinds, mut cut, mut portrait) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    let (mut longest, mut shortest) = (0, i32::MAX);
    for index in 0..200 {
        let rng = &mut RandomPictures::new(1).rng(SERIES[0], index);
        let plan = TablePlan::random(rng, None, 3840);
        let (camera, size) = (plan.view.camera, plan.view.camera.size());
        cut += usize::from(view::outside(&camera, &plan.spec) > 0.0);
        portrait += usize::from(size.height > size.width);
        let long = size.width.max(size.height) as i32;
        (longest, shortest) = (longest.max(long), shortest.min(long));
        if let TableName::Shipped(kind) = plan.spec.kind {
            kinds.insert(kind);
        }
        words.extend(plan.words.iter().flat_map(|word| word.split(", ")).map(str::to_owned));
    }
    assert_eq!(kinds.len(), TableKind::all().len());
    let has = |word: &str| words.iter().any(|drawn| drawn.contains(word));
    for word in [
        "red cloth",
        "orange cloth",
        "yellow cloth",
        "green cloth",
        "teal cloth",
        "blue cloth",
        "purple cloth",
        "pink cloth",
        "grey cloth",
        "tan cloth",
        "black cloth",
        "wooden rails",
        "black rails",
        "white rails",
        "grey rails",
        "coloured rails",
        "leather pockets",
        "plastic pockets",
        "metal pockets",
        "net pockets",
        "no pockets",
        "lamp over the table",
        "even light",
        "lamp from the side",
        "window light",
        "sun",
        "hard shadows",
        "warm cast",
        "cool cast",
        "noisy",
        "soft",
        "strongly compressed",
        "overhead",
        "overhead at any angle",
        "overhead across",
        "tilted",
        "from the side",
        "fisheye",
        "cropped to the noses",
        "cut by the frame",
        "floor of the cloth's colour",
        "another table",
        "furniture",
        "rug",
        "papers on the floor",
        "things on the rail",
        "paper on the bed",
        "player",
        "arm",
        "onlooker",
        "cable",
        "triangle",
        "cue on the bed",
        "planks",
        "tiles",
        "carpet",
        "patterned carpet",
        "concrete",
        "checked floor",
        "plain floor",
    ] {
        assert!(has(word), "no {word}");
    }
    for set in BallSet::shipped() {
        assert!(has(&format!("{} balls", set.name)), "no {} balls", set.name);
    }
    assert!((10..35).contains(&cut) && (12..60).contains(&portrait), "{cut} cut, {portrait} portraits");
    assert!(shortest < 420 && longest > 2500, "{shortest} to {longest} px");
}

#[test]
fn every_kind_of_place_occurs() {
    let mut words = BTreeSet::new();
    for index in 0..50 {
        let picture = small(2).without_table(index).expect("painted");
        words.extend(picture.description.split(", ").map(str::to_owned));
    }
    for word in [
        "rug",
        "desk",
        "football field",
        "court",
        "chess board",
        "table tennis",
        "people",
        "boxes",
        "plain plate",
        "papers",
    ] {
        assert!(words.contains(word), "no {word}");
    }
}

#[test]
fn pictures_of_the_smallest_size_show_something() {
    for index in 0..30 {
        let picture = small(11).table(index).expect("painted");
        let (width, height) = (picture.image.cols(), picture.image.rows());
        assert!(width.max(height) == 320 && width.min(height) >= 160, "{width} × {height}");
        let table = picture.table.expect("a table");
        assert!(table.corners.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
        // The middle of the table is neither black nor white.
        let middle = table.corners.iter().fold(CameraPoint::zero(), |sum, p| sum + p.to_vector() * 0.25);
        let around = (-6..=6).flat_map(|i| (-6..=6).map(move |j| middle + euclid::vec2(f64::from(i), f64::from(j))));
        let around: Vec<f64> = around.filter_map(|p| brightness(&picture.image, p)).collect();
        let mean = around.iter().sum::<f64>() / around.len() as f64;
        assert!((8.0..250.0).contains(&mean), "{index}: {mean} {}", picture.description);
    }
}
