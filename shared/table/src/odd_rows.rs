//! Counts the rows that are left out of the table, by reason.
//!
//! Such rows are an error if the setting `strict` names their reason.

use serde::Deserialize;

use super::parts::RowPosition;

/// Reason for leaving a row out of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddRow {
    /// The row is left out because it has no value in the target column.
    NoTarget,
    /// The row is left out because its label occurs in no other row.
    RareLabel,
    /// The row is left out because it is a copy of the header.
    RepeatedHeader,
    /// The row is left out because it is the last one and holds sums of the rows above.
    Total,
    /// The row is left out because all its cells are empty.
    Empty,
}

impl OddRow {
    /// All reasons for which a row can be left out.
    pub const ALL: [Self; 5] = [Self::NoTarget, Self::RareLabel, Self::RepeatedHeader, Self::Total, Self::Empty];

    /// Returns the name of the reason in `dataset.toml`, such as `no_target`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTarget => "no_target",
            Self::RareLabel => "rare_label",
            Self::RepeatedHeader => "repeated_header",
            Self::Total => "total",
            Self::Empty => "empty",
        }
    }

    /// Returns the reason as words for an error message, such as `the row is empty`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NoTarget => "the target has no value",
            Self::RareLabel => "no other row has the label of this row",
            Self::RepeatedHeader => "the row repeats the header",
            Self::Total => "the row holds totals of the others",
            Self::Empty => "the row is empty",
        }
    }

    /// Returns the warning that `count` rows are left out of the table for this reason.
    fn rows(self, count: u64) -> String {
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        let (is, their) = if count == 1 { ("is", "its") } else { ("are", "their") };
        let (it, repeats) = if count == 1 { ("it holds", "it repeats") } else { ("they hold", "they repeat") };
        match self {
            Self::NoTarget => format!("{rows} {is} left out: the target has no value there"),
            Self::RareLabel => format!("{rows} {is} left out: no other row has {their} label"),
            Self::RepeatedHeader => format!("{rows} {is} left out: {repeats} the header"),
            Self::Total => format!("{rows} {is} left out: {it} the totals of the others"),
            Self::Empty => format!("{rows} {is} left out: no cell has a value"),
        }
    }
}

// The position of the first row is stored for each reason, too.
/// Counts of the rows that are left out of the table, by reason.
#[derive(Debug, Clone, Default)]
pub(super) struct OddRows {
    counts: [u64; 5],
    first: [Option<RowPosition>; 5],
}

impl OddRows {
    pub(super) fn add(&mut self, at: RowPosition, why: OddRow) {
        self.count(why, 1, Some(at));
    }

    /// Adds `more` left-out rows to the count of the reason `why`.
    pub(super) fn count(&mut self, why: OddRow, more: u64, at: Option<RowPosition>) {
        // `at` is the position of the first added row. It is ignored if an earlier row is already known.
        let index = why as usize;
        if let (Some(count), Some(first)) = (self.counts.get_mut(index), self.first.get_mut(index)) {
            *count += more;
            *first = first.or(at);
        }
    }

    pub(super) fn append(&mut self, later: &Self) {
        for why in OddRow::ALL {
            self.count(why, later.of(why), later.first(why));
        }
    }

    pub(super) fn of(&self, why: OddRow) -> u64 {
        self.counts.get(why as usize).copied().unwrap_or_default()
    }

    pub(super) fn first(&self, why: OddRow) -> Option<RowPosition> {
        self.first.get(why as usize).copied().flatten()
    }

    /// Returns text for the end of an error message: how many rows were left out, and why. Empty if no row was left
    /// out.
    pub(super) fn left_out(&self) -> String {
        let odd: Vec<OddRow> = OddRow::ALL.into_iter().filter(|why| self.of(*why) > 0).collect();
        let told: String = odd.iter().map(|why| format!("; {}", why.rows(self.of(*why)))).collect();
        let is_empty = odd.contains(&OddRow::NoTarget);
        let hint = "; an empty cell counts as no value, and so does a mark such as NA unless `missing` in dataset.toml says otherwise";
        told + if is_empty { hint } else { "" }
    }

    /// Returns warnings about the rows that are left out of the table, one for each reason.
    pub(super) fn warnings(&self) -> Vec<String> {
        let odd = OddRow::ALL.into_iter().filter(|why| self.of(*why) > 0);
        odd.map(|why| {
            let rows = why.rows(self.of(why));
            format!("{rows}; to end the run instead, write strict = [{:?}] into dataset.toml", why.name())
        })
        .collect()
    }
}
