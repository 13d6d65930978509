//! Size of a table relative to the American ones, for which the lengths, heights and speeds of the simulation are.

use billiards_table::TableSpec;

/// Lengths of the smallest and of the largest American table, metres.
const AMERICAN: [f64; 2] = [1.9812, 2.54];

/// Returns the size of a table relative to the American ones: 1 for one of their length, less for a smaller table and
/// more for a larger one.
pub(super) fn scale(spec: &TableSpec) -> f64 {
    let [smallest, largest] = AMERICAN;
    spec.length / spec.length.clamp(smallest, largest)
}

/// Returns the factor on lengths and speeds that are too large for a small table: 1 for American and larger tables.
pub(super) fn shrink(spec: &TableSpec) -> f64 {
    scale(spec).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn american_tables_are_the_measure() {
        for kind in TableKind::AMERICAN {
            assert_eq!((scale(&kind.spec()), shrink(&kind.spec())), (1.0, 1.0), "{kind}");
        }
        let named = |name| TableKind::named(name).expect("shipped").spec();
        assert!((scale(&named("snooker-12ft")) - 1.405).abs() < 0.001 && shrink(&named("snooker-12ft")) == 1.0);
        assert!((scale(&named("mini-3ft")) - 0.404).abs() < 0.001 && shrink(&named("mini-3ft")) < 0.41);
    }
}
