//! The edges of a table's cushions as lines.

use billiards_table::{Jaw, TablePoint, TableSpec, TableVector};

/// Number of chords that draw a rounding.
const CHORDS: u32 = 8;
/// Maximum distance of the end of a nose or facing from the rounding that continues it, metres.
const GAP: f64 = 1e-6;

/// Returns noses, facings, and the roundings between them.
pub(super) fn cushion_lines(table: &TableSpec) -> Vec<Vec<TablePoint>> {
    let features = table.features();
    let ends: Vec<TablePoint> = features.rails.iter().flat_map(|rail| [rail.from, rail.to]).collect();
    let rounded = features.jaws.iter().filter_map(|jaw| {
        let touches = |end: &&TablePoint| ((**end - jaw.centre).length() - jaw.radius).abs() < GAP;
        let mut touching = ends.iter().filter(touches);
        Some(arc(jaw, *touching.next()?, *touching.next()?))
    });
    let straight = features.rails.iter().map(|rail| vec![rail.from, rail.to]);
    straight.chain(rounded).collect()
}

/// Returns the shorter arc of a rounding between two of its points.
fn arc(jaw: &Jaw, from: TablePoint, to: TablePoint) -> Vec<TablePoint> {
    let (first, last) = (from - jaw.centre, to - jaw.centre);
    let whole = first.cross(last).atan2(first.dot(last));
    let turned = |angle: f64| {
        let (sin, cos) = angle.sin_cos();
        TableVector::new(cos * first.x - sin * first.y, sin * first.x + cos * first.y)
    };
    (0..=CHORDS).map(|i| jaw.centre + turned(whole * f64::from(i) / f64::from(CHORDS))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn roundings_join_noses_and_facings() {
        for kind in TableKind::all() {
            let table = kind.spec();
            let (features, lines) = (table.features(), cushion_lines(&table));
            assert_eq!(lines.len(), features.rails.len() + features.jaws.len(), "{kind}");
            let ends = || lines.iter().flat_map(|line| [line[0], line[line.len() - 1]]);
            for (jaw, line) in features.jaws.iter().zip(&lines[features.rails.len()..]) {
                assert!(line.iter().all(|p| ((*p - jaw.centre).length() - jaw.radius).abs() < 1e-6), "{kind}");
                for end in [line[0], line[line.len() - 1]] {
                    assert_eq!(ends().filter(|other| (*other - end).length() < 1e-6).count(), 2, "{kind} {end:?}");
                }
            }
        }
    }
}
