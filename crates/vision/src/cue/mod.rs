//! Detection of the cue: a shaft with two visible edges that comes in over the rail or out of a hand and ends on the
//! bed.

mod axis;
mod candidates;
mod profile;
mod shaft;

use super::{CueDetection, disc::Disc, grids::FinePoint, scene::Scene};
use axis::Axis;
use candidates::Candidate;
use profile::{difference, dot};
use shaft::{MIN_WIDTH, Shaft};

/// Maximum width of a shaft, in radii of the ball: 29 mm at the butt, nearer to the camera than the ball.
const WIDEST: f64 = 1.3;
/// Maximum mean width of a line projected on the cloth, in radii of the ball; it does not taper. A shaft no wider than
/// this must extend beyond the bed.
const SLENDER: f64 = 0.38;
/// Minimum distance by which a slender shaft must extend beyond the bed, over the rail, in radii of the ball.
const BEYOND: f64 = 2.5;
/// Maximum width of a tip, in radii of the ball; fingers and arms are wider.
const MAX_TIP: f64 = 1.0;
/// Maximum distance of an aimed cue's line from the cue ball's centre, in radii of the ball.
const AIMED: f64 = 1.5;
/// Maximum distance of an aimed cue's tip from the cue ball's centre, in radii of the ball.
const TIP_REACH: f64 = 14.0;
/// Minimum visible length of a shaft, in radii of the ball: for a cue aimed at the cue ball, and for others.
const SEEN: [f64; 2] = [3.5, 8.0];
/// Minimum length over which both edges of a shaft are visible, in radii of the ball: for a cue aimed at the cue ball,
/// and for others.
const WHOLE: [f64; 2] = [1.5, 6.0];
/// Minimum distance of the tip inside the nose lines, in radii of the ball: for a cue aimed at the cue ball, and for
/// others. Aimed at a ball that rests at the cushion the tip is over the rail; a line from rail to rail, or along one,
/// is no cue.
const TIP_INSET: [f64; 2] = [-3.0, 1.0];
/// Radius of a ball over the table's longer side if no ball is detected: 57 mm on 2.24 m.
const USUAL_RADIUS: f64 = 0.0128;
/// Number of candidate lines: through the cue ball, and others.
const LINES: [usize; 2] = [3, 3];
/// Distance from a shaft's edges at which the colour next to it is read, beyond their blur, pixels.
const BESIDE: f64 = 4.0;
/// Minimum contrast of a shaft's edges over that of cloth alone: for a cue aimed at the cue ball, and for others.
const CLEAR: [f64; 2] = [1.5, 2.0];
/// Maximum difference in colour between cloth and cloth in a shadow or under a projected line, apart from brightness,
/// as a share of the cloth's brightness.
const TINT: f32 = 0.1;
/// Range of the brightness of cloth in a shadow or under a projected line, over that of the surrounding cloth.
const LIT: std::ops::Range<f32> = 0.4..2.2;
/// Minimum share of a line's length that looks like shaded or lit cloth if the line is no shaft; a dark shaft looks so
/// in places.
const SHADOW: f64 = 0.6;
/// Factor by which a cue aimed at the cue ball is preferred to one as clear that is not.
const PREFERRED: f64 = 4.0;

/// Maximum turn of a cue from one picture to the next, radians.
const MAX_TURN: f64 = 0.06;
/// Maximum distance of a cue's visible ends from its line in the last picture, ball radii.
const MAX_SHIFT: f64 = 0.8;
/// Length beyond the tip and beyond the butt of the last picture in which a cue is searched for again, ball radii.
const FOLLOW_REACH: [f64; 2] = [12.0, 8.0];
/// Minimum visible length of a cue that was detected in the last picture, ball radii.
const FOLLOWED_SEEN: f64 = 2.4;
/// Minimum length over which both edges are visible of a cue that was detected in the last picture, ball radii.
const FOLLOWED_WHOLE: f64 = 1.0;
/// Factor by which a cue that was detected in the last picture is preferred.
const FOLLOWED: f64 = 3.0;

/// Line of a cue that was detected a moment ago, working pixels.
struct PreviousCue {
    axis: Axis,
    /// `s` of the butt; `s` of the tip is 0.
    end: f64,
}

impl PreviousCue {
    fn new(scene: &Scene, cue: &CueDetection) -> Option<Self> {
        let [tip, butt] = [cue.tip, cue.butt].map(|p| scene.of_picture(p));
        let shaft = butt - tip;
        let end = shaft.x.hypot(shaft.y);
        (end > 1.0).then(|| Self { axis: Axis { origin: tip, along: shaft / end }, end })
    }

    /// Returns the line along which to search for the cue.
    fn candidate(&self, scene: &Scene, radius: f64) -> Option<Candidate> {
        let [low, high] = self.axis.inside(scene, 2.0)?;
        let range = [low.max(-FOLLOW_REACH[0] * radius), high.min(self.end + FOLLOW_REACH[1] * radius)];
        (range[1] > range[0]).then_some(Candidate { axis: self.axis, range })
    }

    /// Returns whether a shaft, which begins at its tip, is the same cue a moment later.
    fn leads_to(&self, shaft: &Shaft, radius: f64) -> bool {
        let [u, v] = [self.axis.along, shaft.axis.along];
        let turn = u.cross(v).abs();
        let forward = u.dot(v) > 0.0;
        // Measured at both ends of the visible part, where the line is known best.
        let distances = [0.0, shaft.end].map(|s| self.axis.locate(shaft.axis.at(s, 0.0))[1].abs());
        forward && turn < MAX_TURN && distances.iter().all(|distance| *distance < MAX_SHIFT * radius)
    }
}

/// Finds the cue aimed at the cue ball; without such a cue, or without a cue ball, one that is long and clear. `before`
/// is the cue detected a moment ago: its line is searched too, and less evidence is required there.
pub(super) fn find(
    scene: &Scene,
    balls: &[Disc],
    cue_ball: Option<&Disc>,
    before: Option<&CueDetection>,
) -> Option<CueDetection> {
    let usual = scene.shape.ball_share.unwrap_or(USUAL_RADIUS);
    let radius = typical_radius(balls).unwrap_or(usual * scene.length);
    let previous = before.and_then(|cue| PreviousCue::new(scene, cue));
    let mut lines = candidates::candidates(scene, balls, radius, cue_ball.map(|ball| ball.centre), LINES);
    lines.extend(previous.as_ref().and_then(|previous| previous.candidate(scene, radius)));
    let worth = |shaft: &Shaft| {
        let followed = previous.as_ref().is_some_and(|previous| previous.leads_to(shaft, radius));
        worth(scene, balls, cue_ball, radius, followed, shaft)
    };
    let mut rough: Vec<(f64, Shaft)> = lines
        .iter()
        .flat_map(|line| Shaft::rough(scene, &line.axis, line.range, radius))
        .filter_map(|shaft| Some((worth(&shaft)?, shaft)))
        .collect();
    rough.sort_by(|a, b| b.0.total_cmp(&a.0));
    rough.iter().take(2).find_map(|(_, rough)| {
        let shaft = rough.measured(scene, radius)?;
        worth(&shaft)?;
        let tip = tip(scene, balls, &shaft);
        Some(CueDetection {
            tip: scene.to_picture(shaft.axis.at(tip, 0.0)),
            butt: scene.to_picture(shaft.axis.at(shaft.end, 0.0)),
            width: 2.0 * shaft.sides.half[0] / scene.scale,
            confidence: (shaft.whole() / (shaft.end - tip).max(1.0)).min(1.0) as f32,
        })
    })
}

fn typical_radius(balls: &[Disc]) -> Option<f64> {
    let mut radii: Vec<f64> = balls.iter().map(|ball| ball.radius).collect();
    radii.sort_by(f64::total_cmp);
    radii.get(radii.len() / 2).copied()
}

/// Returns whether the first end of a shaft can be its tip: the end at the cue ball, or else the one farther inside the
/// table.
fn tip_first(shaft: &Shaft, scene: &Scene, cue_ball: Option<&Disc>) -> bool {
    let ball = cue_ball.map(|ball| (shaft.axis.locate(ball.centre), ball.radius));
    match ball.filter(|([_, t], radius)| t.abs() < AIMED * radius) {
        Some(([s, _], _)) if s < 0.0 => true,
        Some(([s, _], _)) if s > shaft.end => false,
        _ => scene.inset(shaft.axis.at(0.0, 0.0)) > scene.inset(shaft.axis.at(shaft.end, 0.0)),
    }
}

/// Returns whether the line of a shaft passes the ball and the ball lies at its tip.
fn aimed(shaft: &Shaft, ball: &Disc) -> bool {
    let [s, t] = shaft.axis.locate(ball.centre);
    t.abs() < AIMED * ball.radius && (-TIP_REACH * ball.radius..0.5 * shaft.end).contains(&s)
}

/// Returns the score of a shaft; `None` if it cannot be a cue.
fn worth(
    scene: &Scene,
    balls: &[Disc],
    cue_ball: Option<&Disc>,
    radius: f64,
    followed: bool,
    shaft: &Shaft,
) -> Option<f64> {
    let aimed = cue_ball.is_some_and(|ball| aimed(shaft, ball));
    let width = 2.0 * shaft.sides.half[0] / radius;
    let mean_width = width + shaft.sides.half[1] * shaft.end / radius;
    if followed && cue_ball.is_none_or(|_| aimed) {
        let plausible = shaft.seen() > FOLLOWED_SEEN * radius
            && shaft.whole() > FOLLOWED_WHOLE * radius
            && (MIN_WIDTH..MAX_TIP).contains(&width)
            && shaft.contrast() > CLEAR[0] * f64::from(scene.noise)
            && light_share(scene, shaft) < SHADOW;
        return plausible.then(|| shaft.seen() * shaft.contrast() * FOLLOWED * if aimed { PREFERRED } else { 1.0 });
    }
    let plausible = shaft.seen() > SEEN[usize::from(!aimed)] * radius
        && shaft.whole() > WHOLE[usize::from(!aimed)] * radius
        && tip_first(shaft, scene, cue_ball)
        && (MIN_WIDTH..MAX_TIP).contains(&width)
        && (mean_width > SLENDER || scene.inset(shaft.axis.at(shaft.end, 0.0)) < -BEYOND * radius)
        && (!along_rail(scene, shaft, radius) || shaft.whole() > 0.5 * shaft.end)
        && shaft.contrast() > CLEAR[usize::from(!aimed)] * f64::from(scene.noise)
        && scene.inset(shaft.axis.at(0.0, 0.0)) > TIP_INSET[usize::from(!aimed)] * radius
        && held(scene, balls, shaft, radius)
        && light_share(scene, shaft) < SHADOW;
    plausible.then(|| shaft.seen() * shaft.contrast() * if aimed { PREFERRED } else { 1.0 })
}

/// Returns whether a shaft lies along a rail and next to it, as the shadow of the nose does.
fn along_rail(scene: &Scene, shaft: &Shaft, radius: f64) -> bool {
    let [tip, butt] = [0.0, shaft.end].map(|s| scene.inset(shaft.axis.at(s, 0.0)));
    tip < 3.0 * radius && (tip - butt).abs() < 0.12 * shaft.end
}

/// Returns whether the butt's end lies beyond the bed, or below something other than cloth: a hand, a sleeve, a head.
fn held(scene: &Scene, balls: &[Disc], shaft: &Shaft, radius: f64) -> bool {
    let places = 12_u32;
    let hidden = (1..=places).filter(|i| {
        let p = shaft.axis.at(shaft.end + f64::from(*i) * 4.0 * radius / f64::from(places), 0.0);
        let ball = balls.iter().any(|ball| ball.covers(p, 1.1));
        scene.inset(p) < 0.0 || (!ball && scene.cloth_distance(p) > 1.0)
    });
    2 * hidden.count() as u32 > places
}

/// Returns the share of the stations in front of cloth at which the shaft has the cloth's colour, only darker or
/// brighter.
fn light_share(scene: &Scene, shaft: &Shaft) -> f64 {
    let sample = |p: FinePoint| scene.picture.sample(p);
    let (mut before_cloth, mut light) = (0, 0);
    for station in &shaft.stations {
        let width = station.right - station.left;
        let outside = [station.left - BESIDE, station.right + BESIDE].map(|t| shaft.axis.at(station.s, t));
        if !outside.iter().all(|p| scene.cloth_distance(*p) < 1.0) {
            continue;
        }
        before_cloth += 1;
        let [a, b] = outside.map(sample);
        let cloth: [f32; 3] = std::array::from_fn(|c| 0.5 * (a[c] + b[c]));
        let inside = [0.3, 0.5, 0.7].map(|share| sample(shaft.axis.at(station.s, station.left + share * width)));
        let all = inside.iter().all(|inside| {
            let gain = dot(*inside, cloth) / dot(cloth, cloth).max(1.0);
            let tint = difference(*inside, cloth.map(|v| gain * v));
            LIT.contains(&gain) && dot(tint, tint) < TINT * TINT * dot(cloth, cloth)
        });
        light += i32::from(all);
    }
    f64::from(light) / f64::from(before_cloth).max(shaft.stations.len() as f64 / 3.0)
}

/// Returns `s` of the tip: the end of the part in which the axis differs in colour from both of its sides.
fn tip(scene: &Scene, balls: &[Disc], shaft: &Shaft) -> f64 {
    let sample = |s: f64, t: f64| scene.picture.sample(shaft.axis.at(s, t));
    let half = shaft.sides.half[0];
    let differs = |s: f64| {
        let (a, b) = (sample(s, -half - BESIDE), sample(s, half + BESIDE));
        let beside: [f32; 3] = std::array::from_fn(|c| 0.5 * (a[c] + b[c]));
        let contrast = difference(sample(s, 0.0), beside);
        dot(contrast, contrast).sqrt()
    };
    // A shadow or a blur may show before the tip, so the search begins well behind it.
    let mut s = 4.0 * half;
    let usual = (0..16).map(|i| differs(s + 4.0 * f64::from(i))).sum::<f32>() / 16.0;
    while s > -4.0 * half {
        let p = shaft.axis.at(s, 0.0);
        if differs(s) < 0.5 * usual || (s < 0.0 && balls.iter().any(|ball| ball.covers(p, 1.0))) {
            break;
        }
        s -= 0.5;
    }
    s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableShape;
    use billiards_table::{CameraPoint, TableQuad};
    use opencv::{
        core::{self, Mat, Point, Scalar, Vector},
        imgproc,
    };

    /// Tip of the drawn cue; its butt lies beyond the rail.
    const TIP: CameraPoint = CameraPoint::new(620.0, 330.0);
    const BUTT: CameraPoint = CameraPoint::new(1140.0, 705.0);
    const WHITE: Disc = Disc {
        centre: FinePoint::new(530.0, 215.0),
        radius: 14.0,
        support: 1.0,
        roundness: 1.0,
        radius_error: 0.0,
        cloth_around: 1.0,
        filled: 1.0,
        judged: 1.0,
        lit: 0.0,
        blurred: false,
    };

    fn table() -> Mat {
        let rail = Scalar::new(45.0, 40.0, 50.0, 0.0);
        let mut picture = Mat::new_rows_cols_with_default(740, 1300, core::CV_8UC3, rail).expect("a picture");
        let cloth = Scalar::new(190.0, 125.0, 20.0, 0.0);
        imgproc::rectangle(&mut picture, core::Rect::new(30, 40, 1240, 660), cloth, -1, imgproc::LINE_8, 0)
            .expect("drawn");
        picture
    }

    /// Draws a strip from `a` to `b` with these widths at its two ends.
    fn strip(picture: &mut Mat, [a, b]: [CameraPoint; 2], widths: [f64; 2], colour: [f64; 3]) {
        let along = (b - a).normalize();
        let normal = euclid::vec2(-along.y, along.x);
        let corner = |p: CameraPoint, t: f64| {
            let p = p + normal * t;
            Point::new((16.0 * p.x) as i32, (16.0 * p.y) as i32)
        };
        let [u, v] = widths.map(|width| 0.5 * width);
        let corners: Vector<Point> = [corner(a, -u), corner(a, u), corner(b, v), corner(b, -v)].into_iter().collect();
        let colour = Scalar::new(colour[0], colour[1], colour[2], 0.0);
        imgproc::fill_convex_poly(picture, &corners, colour, imgproc::LINE_AA, 4).expect("drawn");
    }

    fn seen(picture: &Mat, white: Option<&Disc>) -> Option<CueDetection> {
        seen_after(picture, white, None)
    }

    fn seen_after(picture: &Mat, white: Option<&Disc>, before: Option<&CueDetection>) -> Option<CueDetection> {
        let corners: TableQuad = [(50.0, 60.0), (1250.0, 60.0), (1250.0, 680.0), (50.0, 680.0)].map(CameraPoint::from);
        let scene = Scene::new(picture, 1.0, &corners, None, None, TableShape::default()).expect("a scene");
        // The places are in pixels of the picture; the scene's cut begins at its corner, at the same scale.
        let balls: Vec<Disc> = white.copied().into_iter().collect();
        find(&scene, &balls, white, before)
    }

    fn degrees_off(cue: &CueDetection) -> f64 {
        let (found, drawn) = (cue.butt - cue.tip, BUTT - TIP);
        (found.y.atan2(found.x) - drawn.y.atan2(drawn.x)).to_degrees().abs()
    }

    #[test]
    fn a_dark_shaft_is_its_two_edges_and_not_its_glint() {
        let mut picture = table();
        strip(&mut picture, [TIP, BUTT], [8.0, 15.0], [25.0, 22.0, 22.0]);
        strip(&mut picture, [TIP + euclid::vec2(1.0, -1.0), BUTT], [2.0, 3.0], [220.0, 220.0, 220.0]);
        for white in [None, Some(&WHITE)] {
            let cue = seen(&picture, white).expect("a cue");
            assert!(degrees_off(&cue) < 0.15, "{}", degrees_off(&cue));
            assert!((cue.tip - TIP).length() < 4.0, "{cue:?}");
            assert!((6.5..10.0).contains(&cue.width) && cue.confidence > 0.8, "{cue:?}");
        }
    }

    #[test]
    fn the_shaft_is_found_beside_its_shadow() {
        let mut picture = table();
        let shadow = [TIP + euclid::vec2(-8.0, 30.0), BUTT - euclid::vec2(60.0, 0.0)];
        strip(&mut picture, shadow, [10.0, 16.0], [110.0, 72.0, 12.0]);
        strip(&mut picture, [TIP, BUTT], [7.0, 14.0], [190.0, 220.0, 240.0]);
        let cue = seen(&picture, None).expect("a cue");
        assert!(degrees_off(&cue) < 0.15, "{}", degrees_off(&cue));
    }

    #[test]
    fn a_thin_shaft_that_tapers_is_found_where_a_hand_ends_it_over_the_cloth() {
        let grip = CameraPoint::new(1000.0, 560.0);
        let across = grip + euclid::vec2(120.0, 48.0);
        // At the tip the shaft is as thin as a projected line, at the grip three times that.
        for (widths, cue) in [([3.4, 12.0], true), ([3.4, 3.4], false)] {
            let mut picture = table();
            strip(&mut picture, [TIP, grip], widths, [190.0, 220.0, 240.0]);
            strip(&mut picture, [grip, across], [40.0, 40.0], [120.0, 150.0, 205.0]);
            let found = seen(&picture, Some(&WHITE));
            assert_eq!(found.is_some(), cue, "{widths:?}: {found:?}");
        }
    }

    #[test]
    fn a_cue_that_has_left_is_not_followed() {
        let mut whole = table();
        strip(&mut whole, [TIP, BUTT], [6.0, 15.0], [190.0, 220.0, 240.0]);
        let before = seen(&whole, Some(&WHITE)).expect("a cue");
        let again = seen_after(&whole, Some(&WHITE), Some(&before)).expect("the same cue");
        assert!(degrees_off(&again) < 0.2, "{}", degrees_off(&again));
        // The cue has left, or another line lies there.
        assert_eq!(seen_after(&table(), Some(&WHITE), Some(&before)), None);
        let mut shadow = table();
        strip(&mut shadow, [TIP, BUTT], [8.0, 15.0], [110.0, 72.0, 12.0]);
        assert_eq!(seen_after(&shadow, Some(&WHITE), Some(&before)), None);
    }

    #[test]
    fn shadows_thin_lines_and_bare_cloth_are_no_cues() {
        let mut shadow = table();
        strip(&mut shadow, [TIP, BUTT], [8.0, 15.0], [110.0, 72.0, 12.0]);
        let mut line = table();
        strip(&mut line, [TIP, CameraPoint::new(1000.0, 604.0)], [3.0, 3.0], [255.0, 255.0, 120.0]);
        let mut across = table();
        strip(&mut across, [(400.0, 40.0), (400.0, 700.0)].map(CameraPoint::from), [4.0, 4.0], [235.0, 235.0, 235.0]);
        for picture in [table(), shadow, line, across] {
            assert_eq!(seen(&picture, None), None);
        }
    }
}
