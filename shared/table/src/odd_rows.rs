//! Rows that are none of a table: they are left out and counted, unless the settings have them end the run.

use serde::Deserialize;

use super::parts::At;

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OddRow {
    /// It has no label, or no number to predict.
    NoTarget,
    /// No other row has its label.
    RareLabel,
    /// It repeats the header.
    RepeatedHeader,
    /// It is the last one and has the sum of the others.
    Total,
    /// It is empty.
    Empty,
}

impl OddRow {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::NoTarget, Self::RareLabel, Self::RepeatedHeader, Self::Total, Self::Empty];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoTarget => "no_target",
            Self::RareLabel => "rare_label",
            Self::RepeatedHeader => "repeated_header",
            Self::Total => "total",
            Self::Empty => "empty",
        }
    }

    /// What is wrong with such a row.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NoTarget => "the target has no value",
            Self::RareLabel => "no other row has the label of this one",
            Self::RepeatedHeader => "the row repeats the header",
            Self::Total => "the row holds totals of the others",
            Self::Empty => "the row is empty",
        }
    }

    /// The rows that are left out for it, in words.
    fn rows(self, count: u64) -> String {
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
        let (is, their) = if count == 1 { ("is", "its") } else { ("are", "their") };
        let (has, repeats) = if count == 1 { ("has", "repeats") } else { ("have", "repeat") };
        match self {
            Self::NoTarget => format!("{rows} {is} left out: the target has no value there"),
            Self::RareLabel => format!("{rows} {is} left out: no other row has {their} label"),
            Self::RepeatedHeader => format!("{rows} {is} left out, which {repeats} the header"),
            Self::Total => format!("{rows} {is} left out, which {has} the totals of the others"),
            Self::Empty => format!("{rows} {is} left out, which {is} empty"),
        }
    }
}

/// How many rows are left out for each reason, and where the first one stands.
#[derive(Debug, Clone, Default)]
pub(super) struct OddRows {
    counts: [u64; 5],
    first: [Option<At>; 5],
}

impl OddRows {
    pub(super) fn add(&mut self, at: At, why: OddRow) {
        self.count(why, 1, Some(at));
    }

    /// Counts so many rows more.
    pub(super) fn count(&mut self, why: OddRow, more: u64, at: Option<At>) {
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

    pub(super) fn first(&self, why: OddRow) -> Option<At> {
        self.first.get(why as usize).copied().flatten()
    }

    /// The rows that are left out, as the end of a sentence; empty where there are none.
    pub(super) fn left_out(&self) -> String {
        let odd: Vec<OddRow> = OddRow::ALL.into_iter().filter(|why| self.of(*why) > 0).collect();
        let told: String = odd.iter().map(|why| format!("; {}", why.rows(self.of(*why)))).collect();
        let is_empty = odd.contains(&OddRow::NoTarget);
        let hint = "; an empty cell counts as no value, and so does a mark such as NA unless `missing` in dataset.toml says otherwise";
        told + if is_empty { hint } else { "" }
    }

    /// A warning for each reason that rows are left out for.
    pub(super) fn warnings(&self) -> Vec<String> {
        let odd = OddRow::ALL.into_iter().filter(|why| self.of(*why) > 0);
        odd.map(|why| {
            let rows = why.rows(self.of(why));
            format!("{rows}; to have that end the run, write strict = [{:?}] into dataset.toml", why.name())
        })
        .collect()
    }
}
