//! The input columns of a model.

use serde::{Deserialize, Serialize};

use super::DatePart;

/// An input column of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// The type of the values.
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// Whether a value may be missing. This is so if values were missing in the training rows.
    #[serde(default)]
    pub nullable: bool,
}

/// The type of a column's values, and how a raw row encodes them: as one `f32`, or as several in sequence. A missing
/// value is NaN in each of them, whatever the type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnKind {
    /// A finite number, encoded as itself.
    Number,
    /// False or true, encoded as 0 or 1.
    Boolean,
    /// A date or time, encoded as days since 2000-01-01T00:00:00Z, followed by each of its parts. The time of day is
    /// precise to about a minute and a half.
    Timestamp {
        /// The parts that follow the days.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<DatePart>,
    },
    /// A text that has few different values, encoded as a whole number: see [`ColumnKind::code`].
    Category {
        /// The texts that have a feature of their own, sorted.
        categories: Vec<String>,
        /// Other texts in the training data, sorted. If the model has no statistic for the column, it treats all of
        /// them and unseen texts as one value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
    },
    /// A text of several words. Each known word has one value: 1 if the text contains the word, else 0.
    Text {
        /// The words that the model knows, sorted, as [`words`](fn@super::words) returns them.
        words: Vec<String>,
    },
}

/// The encoding of a category's text in a raw row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The whole number that the raw row contains.
    pub index: usize,
    /// Whether the text occurred in the training data.
    pub is_known: bool,
}

/// Spellings of a missing value in a table's text, besides the empty text.
const MISSING: [&str; 10] = ["NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>"];

/// Checks whether `text`, without surrounding blanks, means a missing value. Training and serving both use this
/// function, so they agree.
pub fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

impl Column {
    /// Creates a column of numbers that are never missing.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: ColumnKind::Number, nullable: false }
    }
}

impl ColumnKind {
    /// Returns the type of a date or time without parts.
    pub fn moment() -> Self {
        Self::Timestamp { parts: Vec::new() }
    }

    /// Returns the number of `f32` values that one value takes in a raw row.
    pub fn slots(&self) -> usize {
        match self {
            Self::Number | Self::Boolean | Self::Category { .. } => 1,
            Self::Timestamp { parts } => 1 + parts.len(),
            Self::Text { words } => words.len(),
        }
    }

    /// Returns the encoding of a category's text, or `None` if the column has another type. A category is encoded as
    /// its index. An unseen text is encoded as the number of categories. Rare texts follow from there, in their order.
    pub fn code(&self, text: &str) -> Option<Code> {
        let Self::Category { categories, rare } = self else { return None };
        let find = |texts: &[String]| texts.binary_search_by(|known| known.as_str().cmp(text)).ok();
        let unseen = categories.len();
        let index = find(categories).or_else(|| find(rare).map(|index| unseen + 1 + index));
        Some(Code { index: index.unwrap_or(unseen), is_known: index.is_some() })
    }

    /// Returns the type's name: `number`, `boolean`, `timestamp`, `category` or `text`.
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
    fn a_rare_text_has_its_own_code_after_the_code_of_unseen_texts() {
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
    fn a_time_has_a_place_for_each_part_and_a_text_one_for_each_word() {
        let parts = vec![DatePart::Hour, DatePart::Weekday];
        assert_eq!([ColumnKind::moment(), ColumnKind::Timestamp { parts }].map(|kind| kind.slots()), [1, 3]);
        assert_eq!(ColumnKind::Text { words: vec!["late".into()] }.slots(), 1);
    }

    #[test]
    fn a_time_column_of_an_earlier_release_has_no_parts() {
        let stored: Column = serde_json::from_str(r#"{"name":"at","type":"timestamp","nullable":true}"#).unwrap();
        assert_eq!(stored, Column { name: "at".into(), kind: ColumnKind::moment(), nullable: true });
    }
}
