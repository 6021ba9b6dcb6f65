//! A column of a model's input.

use serde::{Deserialize, Serialize};

use super::DatePart;

/// A column that a model takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its values are.
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// Whether a value may be missing: it may where values were missing among the rows that the model learnt from.
    #[serde(default)]
    pub nullable: bool,
}

/// What the values of a column are, and how one stands in a raw row: in one `f32`, or in several behind each other. A missing
/// value is NaN in each of them, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnKind {
    /// A finite number, as itself.
    Number,
    /// False, as 0, or true, as 1.
    Boolean,
    /// A moment, in days since 2000-01-01T00:00:00Z (a day's part is kept to about a minute and a half), and behind it each
    /// of its parts.
    Timestamp {
        /// The parts that the model takes beside the days.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<DatePart>,
    },
    /// A text of few different ones, as a whole number: see [`ColumnKind::code`].
    Category {
        /// The texts that have a feature of their own, sorted.
        categories: Vec<String>,
        /// Other texts that the model learnt from, sorted. Where the model has no statistic of the column, all of them and
        /// those never seen are one to it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
    },
    /// A text of several words: for each of the words 1 where the text has it, else 0.
    Text {
        /// The words that the model takes, sorted, as [`words`](super::words) gives them.
        words: Vec<String>,
    },
}

/// What stands in a raw row for the text of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The whole number.
    pub index: usize,
    /// Whether the text was among those that the model learnt from.
    pub is_known: bool,
}

/// Spellings of a missing value in a table's text, beside the empty one.
const MISSING: [&str; 10] = ["NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>"];

/// Whether `text`, without blanks around it, says that a value is missing: in one place, so that a model is served what it
/// was taught.
pub fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

impl Column {
    /// A column of numbers, none of which may be missing.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: ColumnKind::Number, nullable: false }
    }
}

impl ColumnKind {
    /// A moment without parts.
    pub fn moment() -> Self {
        Self::Timestamp { parts: Vec::new() }
    }

    /// How many `f32` a value takes in a raw row.
    pub fn slots(&self) -> usize {
        match self {
            Self::Number | Self::Boolean | Self::Category { .. } => 1,
            Self::Timestamp { parts } => 1 + parts.len(),
            Self::Text { words } => words.len(),
        }
    }

    /// What stands for the text of a category: its index among the categories, their number for a text never seen, and from
    /// there on the index among the rare texts. Nothing where the column is of another kind.
    pub fn code(&self, text: &str) -> Option<Code> {
        let Self::Category { categories, rare } = self else { return None };
        let find = |texts: &[String]| texts.binary_search_by(|known| known.as_str().cmp(text)).ok();
        let unseen = categories.len();
        let index = find(categories).or_else(|| find(rare).map(|index| unseen + 1 + index));
        Some(Code { index: index.unwrap_or(unseen), is_known: index.is_some() })
    }

    /// The kind's name: `number`, `boolean`, `timestamp`, `category` or `text`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Timestamp { .. } => "timestamp",
            Self::Category { .. } => "category",
            Self::Text { .. } => "text",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_text_has_a_number_of_its_own_behind_that_of_unseen_ones() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let kind = ColumnKind::Category { categories: texts(&["de", "fr"]), rare: texts(&["at", "li"]) };
        let coded = |text| kind.code(text).map(|code| (code.index, code.is_known));
        assert_eq!(
            ["de", "fr", "at", "li", "DE"].map(coded),
            [(0, true), (1, true), (3, true), (4, true), (2, false)].map(Some)
        );
        assert_eq!(ColumnKind::Number.code("de"), None);
    }

    #[test]
    fn a_moment_takes_a_place_for_each_part_and_a_text_one_for_each_word() {
        let parts = vec![DatePart::Hour, DatePart::Weekday];
        assert_eq!([ColumnKind::moment(), ColumnKind::Timestamp { parts }].map(|kind| kind.slots()), [1, 3]);
        assert_eq!(ColumnKind::Text { words: vec!["late".into()] }.slots(), 1);
    }

    #[test]
    fn a_moment_of_an_earlier_release_has_no_parts() {
        let stored: Column = serde_json::from_str(r#"{"name":"at","type":"timestamp","nullable":true}"#).unwrap();
        assert_eq!(stored, Column { name: "at".into(), kind: ColumnKind::moment(), nullable: true });
    }
}
