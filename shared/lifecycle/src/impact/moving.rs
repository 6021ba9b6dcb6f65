//! The column that makes the answers change.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::grouped;

/// A column is named if it made at least this part of the explained changes: one in ….
const NAMED_SHARE: u64 = 3;

/// The column whose contribution to the new answer rose most between the two versions, in most of the changed rows.
///
/// Both versions explain the new answer of a row. The column whose contribution differs most in favour of that answer has
/// made the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovingColumn {
    /// The column's name.
    pub name: String,
    /// The number of explained rows whose change this column made.
    pub rows: u64,
    /// The number of changed rows that both versions explained. It is limited, because an explanation takes longer than a
    /// prediction.
    pub explained: u64,
}

impl MovingColumn {
    /// Returns the column that made most of the changes. `None` if it made fewer than a third of them.
    pub(super) fn of(movers: &BTreeMap<String, u64>, explained: u64) -> Option<Self> {
        // Of two columns with the same count, the first one by name counts.
        let (name, rows) = movers.iter().min_by_key(|(_, rows)| std::cmp::Reverse(**rows))?;
        (rows * NAMED_SHARE >= explained).then(|| Self { name: name.clone(), rows: *rows, explained })
    }
}

/// Writes for example `tenure made 180 of 256 explained changes`.
impl fmt::Display for MovingColumn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, rows, explained } = self;
        let noun = if *explained == 1 { "explained change" } else { "explained changes" };
        write!(formatter, "{name} made {} of {} {noun}", grouped(*rows), grouped(*explained))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(counts: &[(&str, u64)], explained: u64) -> Option<String> {
        let movers = counts.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect();
        MovingColumn::of(&movers, explained).map(|column| column.to_string())
    }

    #[test]
    fn the_column_with_most_changes_is_named_if_it_made_a_third_of_them() {
        assert_eq!(named(&[("age", 80), ("plan", 1020)], 1200).unwrap(), "plan made 1,020 of 1,200 explained changes");
        assert_eq!(named(&[("age", 5), ("plan", 5)], 10).unwrap(), "age made 5 of 10 explained changes");
        assert_eq!(named(&[("age", 3), ("plan", 2)], 10), None);
        assert_eq!(named(&[], 0), None);
    }
}
