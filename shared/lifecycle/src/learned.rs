//! The record of the rows of feedback that a training learned from.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Which rows of feedback joined the training rows of a version, and which were left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedFeedback {
    /// Number of rows that joined the training rows.
    pub rows: usize,
    /// The first day (UTC) on which the rows that were read arrived.
    pub first_day: Date,
    /// The last day (UTC) on which the rows that were read arrived.
    pub last_day: Date,
    // The lineage in the artifact has it too.
    /// The hash of the files that were read: SHA-256 of their SHA-256 hashes, one a line, in the order of their keys.
    pub sha256: String,
    /// Rows that were read and are not among the training rows.
    #[serde(default)]
    pub left_out: LeftOutRows,
}

/// Numbers of rows of feedback that were left out, by the reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutRows {
    /// The table has a row with the same values. The table's row counts, whatever the feedback says about it.
    pub in_table: usize,
    /// The rules of the hold-out would hold the row out if it were in the table.
    pub held_out: usize,
    /// The row lacks a column of the table, has a value of another type, or has a label that the table does not have.
    pub unfit: usize,
    /// The row's group, or its place in the order of the rows, is not known.
    pub unplaced: usize,
}

impl fmt::Display for LearnedFeedback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, first_day, last_day, left_out, .. } = self;
        write!(formatter, "{rows} rows of feedback that arrived from {first_day} to {last_day}")?;
        let LeftOutRows { in_table, held_out, unfit, unplaced } = left_out;
        let reasons = [
            (in_table, "are in the table"),
            (held_out, "belong to the hold-out"),
            (unfit, "do not fit the table"),
            (unplaced, "have no known group or time"),
        ];
        let mut start = "; left out: ";
        for (count, reason) in reasons.into_iter().filter(|(count, _)| **count > 0) {
            write!(formatter, "{start}{count} that {reason}")?;
            start = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_sentence_names_days_and_reasons() {
        let left_out = LeftOutRows { in_table: 3, unfit: 1, ..LeftOutRows::default() };
        let (first_day, last_day) = (date(2026, 11, 1), date(2026, 11, 24));
        let learned = LearnedFeedback { rows: 312, first_day, last_day, sha256: "f".repeat(64), left_out };
        let said = "312 rows of feedback that arrived from 2026-11-01 to 2026-11-24; left out: 3 that are in the table, \
                    1 that do not fit the table";
        assert_eq!(learned.to_string(), said);
        assert_eq!(
            serde_json::from_str::<LearnedFeedback>(&serde_json::to_string(&learned).unwrap()).unwrap(),
            learned
        );
    }
}
