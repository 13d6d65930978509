//! Positions on the table of what is detected in the picture: balls, the cue, and the same places after a change of the
//! view.

use crate::sense::Sight;
use billiards_table::{BallClass, CameraPoint, CameraView, TablePoint, TableSpec, TableVector};
use billiards_vision::{BallDetection, tracking::Measurement};

/// Height of a cue's axis over the noses where it passes them, metres: the shaft's radius, and a finger's breadth of
/// air.
const SHAFT_OVER_NOSE: f64 = 0.018;
/// Minimum slope of a cue: no hand holds it level with the balls.
const MIN_SLOPE: f64 = 0.03;
/// Minimum distance from the tip to the nose line that the cue passes over, metres, for the calculation of its slope.
const MIN_BRIDGE: f64 = 0.15;

/// View of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TableView {
    pub view: CameraView,
    pub table: TableSpec,
}

impl TableView {
    /// Returns the distance by which a place of the picture moved on the table since `before`, metres; infinite if the
    /// table is another one.
    pub fn jump_from(&self, before: &Self) -> f64 {
        if self == before {
            return 0.0;
        }
        if self.table != before.table {
            return f64::INFINITY;
        }
        let (w, l) = (self.table.width, self.table.length);
        let places = [(0.0, 0.0), (w, 0.0), (w, l), (0.0, l), (w / 2.0, l / 2.0)].map(TablePoint::from);
        let jump = |place| self.place_of(place, before).map_or(f64::INFINITY, |now| (now - place).length());
        places.into_iter().map(jump).fold(0.0, f64::max)
    }

    /// Returns the place of a ball that was at `place` under the former view. Pictures of another size show the same
    /// scene larger or smaller.
    pub fn place_of(&self, place: TablePoint, before: &Self) -> Option<TablePoint> {
        let (now, then) = (self.view.size, before.view.size);
        let scaled = |at: f64, now: u32, then: u32| at * f64::from(now) / f64::from(then);
        let seen = before.view.ball_in_picture(place)?;
        let (x, y) = (scaled(seen.x, now.width, then.width), scaled(seen.y, now.height, then.height));
        self.view.ball_on_table(CameraPoint::new(x, y))
    }

    /// Returns the balls of a frame that lie on the bed.
    pub fn measurements(&self, sight: &Sight) -> Vec<Measurement> {
        let on_table = sight.detections.balls.iter().filter_map(|ball| {
            let position = self.place_of_ball(ball)?;
            // In a jaw a ball's centre comes up to the nose line, which is a radius beyond where a rail would stop it.
            self.table.holds(position, self.table.ball_radius).then_some(Measurement {
                position,
                row: ball.centre.y / f64::from(self.view.size.height),
                label: ball.label,
                class: ball.class,
                appearance: ball.appearance,
                confidence: ball.confidence,
                solidity: ball.solidity,
                blurred: ball.blurred,
            })
        });
        on_table.collect()
    }

    /// Returns the place of a detected ball; the centre of a cue ball of another size is higher or lower than those of
    /// the object balls.
    fn place_of_ball(&self, ball: &BallDetection) -> Option<TablePoint> {
        let place = self.view.ball_on_table(ball.centre)?;
        let height = self.table.radius(ball.class == BallClass::Cue);
        Some(self.view.at_height(place, self.table.ball_radius, height))
    }

    /// Returns the radius of an object ball in the middle of the table, pixels.
    pub fn radius_in_picture(&self) -> f64 {
        let middle = TablePoint::new(self.table.width / 2.0, self.table.length / 2.0);
        let beside = middle + TableVector::new(self.table.ball_radius, 0.0);
        let ends = self.view.ball_in_picture(middle).zip(self.view.ball_in_picture(beside));
        ends.map_or(0.0, |(a, b)| (b - a).length())
    }

    /// Returns tip and butt of the cue in a frame, projected onto the bed.
    pub fn cue(&self, sight: &Sight) -> Option<(TablePoint, TablePoint)> {
        let cue = sight.detections.cue.as_ref()?;
        let (tip, butt) = self.view.ball_on_table(cue.tip).zip(self.view.ball_on_table(cue.butt))?;
        let on_bed = self.view.at_height(tip, self.table.ball_radius, self.table.cue_ball.radius);
        Some((on_bed, self.lowered(tip, butt)))
    }

    /// Returns the true place of the butt, projected onto the bed, if tip and butt were detected at these places under
    /// the assumption that they are as low as the object balls' centres.
    ///
    /// Assumed level, a cue seen from 2 m would point up to a degree aside.
    fn lowered(&self, tip: TablePoint, butt: TablePoint) -> TablePoint {
        let Some([.., height]) = self.view.eye else { return butt };
        let (tip_height, shaft) = (self.table.cue_ball.radius, butt - tip);
        let butt_height = (tip_height + cue_slope(&self.table, tip, shaft) * shaft.length()).min(0.5 * height);
        self.view.at_height(butt, self.table.ball_radius, butt_height)
    }
}

/// Returns the slope of a cue with its tip at `tip`, from which the shaft extends along `shaft`: the tip is about as
/// high as the cue ball's centre, and the shaft passes over the nose behind it.
pub(crate) fn cue_slope(table: &TableSpec, tip: TablePoint, shaft: TableVector) -> f64 {
    let to_nose = [(tip.x, shaft.x, table.width), (tip.y, shaft.y, table.length)]
        .into_iter()
        .filter(|(_, component, _)| component.abs() > 1e-9)
        .map(|(from, component, side)| if component > 0.0 { (side - from) / component } else { -from / component })
        .fold(f64::INFINITY, f64::min);
    // Distance from the tip to the nose line along the cue, metres.
    let reach = (to_nose * shaft.length()).max(MIN_BRIDGE);
    ((table.nose_height + SHAFT_OVER_NOSE - table.cue_ball.radius) / reach).max(MIN_SLOPE)
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_KNOCK, VIEW_JUMP, tests::setup};
    use super::*;
    use billiards_table::{FrameSize, Homography, TableKind};
    use nalgebra::Matrix3;

    #[test]
    fn a_slightly_better_calibration_keeps_the_tracks() {
        assert_eq!(setup(0.0).jump_from(&setup(0.0)), 0.0);
        assert!(setup(0.003).jump_from(&setup(0.0)) < VIEW_JUMP);
    }

    #[test]
    fn a_knocked_camera_keeps_the_tracks() {
        let jump = setup(0.02).jump_from(&setup(0.0));
        assert!((VIEW_JUMP..MAX_KNOCK).contains(&jump), "{jump}");
    }

    #[test]
    fn pictures_of_another_size_keep_the_tracks() {
        let half = Matrix3::new(0.001, 0.0, 0.0, 0.0, -0.001, 2.6, 0.0, 0.0, 1.0);
        let plane = Homography::from_matrix(half).expect("regular");
        let view = CameraView::flat(FrameSize { width: 1280, height: 2600 }, plane);
        let larger = TableView { view, ..setup(0.0) };
        assert!(larger.jump_from(&setup(0.0)).max(setup(0.0).jump_from(&larger)) < VIEW_JUMP);
    }

    #[test]
    fn a_cue_rises_over_the_nose_behind_its_tip() {
        let table = TableKind::NINE_FOOT.spec();
        let slope = |distance: f64| cue_slope(&table, TablePoint::new(0.6, distance), TableVector::new(0.0, -1.4));
        let rise = table.nose_height + SHAFT_OVER_NOSE - table.cue_ball.radius;
        assert!((slope(0.3) - rise / 0.3).abs() < 1e-9);
        assert!((slope(0.05) - rise / MIN_BRIDGE).abs() < 1e-9, "the bridge is no shorter");
        assert!((slope(2.0) - MIN_SLOPE).abs() < 1e-9);
    }

    #[test]
    fn a_smaller_cue_ball_is_placed_by_its_own_height() {
        let table = TableKind::named("english-7ft").expect("a shipped table").spec();
        let view = CameraView { eye: Some([0.0, 0.0, 2.0]), ..setup(0.0).view };
        let known = TableView { view, table };
        let seen = BallDetection::unidentified(CameraPoint::new(300.0, 800.0), 12.0);
        let assumed = TablePoint::new(0.6, 1.0);
        assert!((known.place_of_ball(&seen).expect("finite") - assumed).length() < 1e-9);
        // Its centre is lower, so that it lies farther from the place below the camera than it seems to.
        let cue_ball = known.place_of_ball(&BallDetection { class: BallClass::Cue, ..seen }).expect("finite");
        let farther = (2.0 - table.cue_ball.radius) / (2.0 - table.ball_radius);
        assert!(farther > 1.0 && (cue_ball - assumed * farther).length() < 1e-9, "{cue_ball:?}");
    }

    #[test]
    fn another_view_or_table_does_not() {
        assert!(setup(0.4).jump_from(&setup(0.0)) > MAX_KNOCK);
        let other = setup(0.0);
        let table = TableKind::SEVEN_FOOT.spec();
        assert!(TableView { table, ..other }.jump_from(&other) > MAX_KNOCK);
        let size = FrameSize { width: 1280, ..other.view.size };
        assert!(TableView { view: CameraView { size, ..other.view }, ..other }.jump_from(&other) > MAX_KNOCK);
    }
}
