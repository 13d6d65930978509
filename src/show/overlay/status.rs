//! Notices on the cloth, for facts that the player must know and cannot see: along the table's long side, near its
//! edge.

use super::{
    Picture,
    cloth::AdaptedTheme,
    words::{self, Words},
};
use crate::sense::SourceHealth;
use bevy::prelude::*;
use billiards_capture::SourceStatus;
use billiards_overlay::Label;
use billiards_table::{
    Calibration, TablePoint, TableSpec,
    settings::{READABLE_HEIGHT, Settings},
};
use std::time::{Duration, Instant};

/// Minimum duration of a problem before it is shown.
const PATIENCE: Duration = Duration::from_secs(2);
/// Distance from the nose line to the middle of the text, metres.
const FROM_EDGE: f64 = 0.12;

/// Notice for the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    CameraLost,
    NoTable,
}

impl Notice {
    fn words(self) -> &'static str {
        match self {
            Self::CameraLost => "camera lost",
            Self::NoTable => "no table",
        }
    }
}

/// Marks the text of the notice on the cloth.
#[derive(Component)]
pub(super) struct NoticeText;

/// Current problem and the time of its beginning, on a monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Trouble(Option<(Notice, Duration)>);

impl Trouble {
    /// Returns the notice to show at `now`: one that has held for [`PATIENCE`].
    fn shown(&mut self, notice: Option<Notice>, now: Duration) -> Option<Notice> {
        let since = match self.0 {
            Some((held, since)) if Some(held) == notice => since,
            _ => now,
        };
        self.0 = notice.map(|notice| (notice, since));
        notice.filter(|_| now.saturating_sub(since) >= PATIENCE)
    }
}

fn notice(status: &SourceStatus, stale: bool, table_known: bool) -> Option<Notice> {
    match status {
        // Neither the start nor the end of a recording is a problem.
        SourceStatus::Opening | SourceStatus::Ended => None,
        _ if stale => Some(Notice::CameraLost),
        _ if !table_known => Some(Notice::NoTable),
        _ => None,
    }
}

pub(super) fn spawn_text(mut commands: Commands) {
    let nothing = Label::on_table("", TablePoint::origin(), READABLE_HEIGHT, [0.0; 4]);
    commands.spawn((Name::new("Notice"), NoticeText, words::text(&nothing)));
}

pub(super) fn show_notice(
    time: Res<Time<Real>>,
    (health, calibration): (Res<SourceHealth>, Res<Calibration>),
    (table, shown, settings, picture): (Res<TableSpec>, Res<AdaptedTheme>, Res<Settings>, Res<Picture>),
    mut trouble: Local<Trouble>,
    mut text: Single<Words, With<NoticeText>>,
) {
    let stale = health.is_stale(Instant::now());
    let notice = trouble.shown(notice(&health.status, stale, calibration.camera.is_some()), time.elapsed());
    let notice = notice.filter(|_| settings.overlay.on && picture.is_on_table());
    let colour = shown.0.text.light(shown.0.brightness);
    let label = notice.map(|notice| Label::on_table(notice.words(), place(&table), READABLE_HEIGHT, colour));
    words::write(&mut text, label.as_ref());
}

/// Returns a place near the long side from which the notice is read.
fn place(table: &TableSpec) -> TablePoint {
    TablePoint::new(table.width - FROM_EDGE, table.length / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn a_short_trouble_is_not_shown() {
        let mut trouble = Trouble::default();
        let at = Duration::from_millis;
        assert_eq!(trouble.shown(Some(Notice::CameraLost), at(500)), None);
        assert_eq!(trouble.shown(Some(Notice::CameraLost), at(2499)), None);
        assert_eq!(trouble.shown(None, at(2500)), None);
        assert_eq!(trouble.shown(Some(Notice::CameraLost), at(2600)), None);
        assert_eq!(trouble.shown(Some(Notice::CameraLost), at(4600)), Some(Notice::CameraLost));
        // Another problem has its own time.
        assert_eq!(trouble.shown(Some(Notice::NoTable), at(4700)), None);
        assert_eq!(trouble.shown(Some(Notice::NoTable), at(6700)), Some(Notice::NoTable));
        assert_eq!(trouble.shown(None, at(6701)), None);
    }

    #[test]
    fn the_camera_comes_before_the_table_and_an_end_is_no_trouble() {
        assert_eq!(notice(&SourceStatus::Running, true, false), Some(Notice::CameraLost));
        assert_eq!(notice(&SourceStatus::Running, false, false), Some(Notice::NoTable));
        assert_eq!(notice(&SourceStatus::Running, false, true), None);
        assert_eq!(notice(&SourceStatus::Failed("gone".into()), true, true), Some(Notice::CameraLost));
        for quiet in [SourceStatus::Opening, SourceStatus::Ended] {
            assert_eq!(notice(&quiet, true, false), None);
        }
    }

    #[test]
    fn the_words_lie_on_the_cloth() {
        let spec = TableKind::SEVEN_FOOT.spec();
        assert!(spec.holds(place(&spec), 0.0));
        // Half a line of text stays clear of the nose.
        const { assert!(FROM_EDGE > READABLE_HEIGHT) };
    }
}
