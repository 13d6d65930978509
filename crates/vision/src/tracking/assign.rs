//! Assignment of rows to columns at the least total cost.

use pathfinding::{kuhn_munkres::kuhn_munkres_min, matrix::Matrix};

/// Resolution of the costs, steps per unit: the solver needs exact arithmetic.
const STEPS_PER_UNIT: f64 = 10_000.0;

/// Cost of a forbidden pair, in steps: greater than any allowed one, and far from overflowing in a sum.
const FORBIDDEN: i64 = 1_000_000_000_000;

/// Maximum cost of an allowed pair.
const DEAREST: f64 = 1e6;

/// Assigns to each of `rows` at most one of `columns`, each column at most once, with the least total cost. `cost`
/// returns `None` for a forbidden pair (a cost that is not finite counts as that); an unassigned row costs `unmatched`.
#[must_use]
pub fn assign(
    rows: usize,
    columns: usize,
    unmatched: f64,
    cost: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Option<usize>> {
    if rows == 0 {
        return Vec::new();
    }
    let steps = |cost: f64| (cost.clamp(-DEAREST, DEAREST) * STEPS_PER_UNIT).round() as i64;
    // One additional column per row stands for staying unassigned, so a solution without a forbidden pair exists.
    let weights = Matrix::from_fn(rows, columns + rows, |(row, column)| {
        if column >= columns {
            steps(unmatched)
        } else {
            cost(row, column).filter(|cost| cost.is_finite()).map_or(FORBIDDEN, steps)
        }
    });
    let (_, chosen) = kuhn_munkres_min(&weights);
    chosen.into_iter().map(|column| (column < columns).then_some(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_total_counts_not_the_nearest_pair() {
        // Row 0 is nearest to column 0, but row 1 has no other choice.
        let costs = [[1.0, 2.0], [1.5, 9.0]];
        assert_eq!(assign(2, 2, 100.0, |r, c| Some(costs[r][c])), [Some(1), Some(0)]);
    }

    #[test]
    fn forbidden_and_dear_pairs_stay_alone() {
        assert_eq!(assign(2, 1, 5.0, |row, _| (row == 1).then_some(4.0)), [None, Some(0)]);
        assert_eq!(assign(1, 1, 5.0, |_, _| Some(6.0)), [None]);
        assert_eq!(assign(1, 1, 5.0, |_, _| Some(f64::NAN)), [None]);
    }

    #[test]
    fn empty_sides_are_fine() {
        assert!(assign(0, 3, 1.0, |_, _| Some(0.0)).is_empty());
        assert_eq!(assign(2, 0, 1.0, |_, _| Some(0.0)), [None, None]);
    }

    proptest! {
        #[test]
        fn no_column_is_given_twice(
            rows in 0..8_usize,
            columns in 0..8_usize,
            costs in proptest::collection::vec(proptest::option::of(0.0..20.0), 64),
        ) {
            let chosen = assign(rows, columns, 10.0, |r, c| costs[r * 8 + c]);
            prop_assert_eq!(chosen.len(), rows);
            for column in 0..columns {
                prop_assert!(chosen.iter().filter(|c| **c == Some(column)).count() <= 1);
            }
            for (row, column) in chosen.iter().enumerate() {
                if let Some(column) = column {
                    prop_assert!(costs[row * 8 + column].is_some_and(|cost| cost < 10.001));
                }
            }
        }
    }
}
