//! The input columns of a model, and how their values are encoded as numbers.

use serde::{Deserialize, Serialize};

use super::DatePart;

/// One input column of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name of the input column.
    pub name: String,
    /// The type of the column's values, such as number or category.
    #[serde(flatten)]
    pub kind: ColumnKind,
    /// Whether a value may be missing in this column. `true` if values were missing in the training rows.
    #[serde(default)]
    pub nullable: bool,
}

// A raw row (the model's input) contains the numbers of one value in sequence. For every type, all `f32` values of a
// missing value are NaN.
/// The type of an input column. It defines how a value is encoded as one or several `f32` numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnKind {
    /// A finite number. The model's input contains the number itself.
    Number,
    /// A finite number in double precision, which only imported models have. The model's input contains the nearest `f32`,
    /// then the rest: the number is the sum of both.
    Double,
    /// A Boolean. The model's input contains 0 for false and 1 for true.
    Boolean,
    // The time of day is precise to about a minute and a half.
    /// A date or time, encoded as the number of days since 2000-01-01T00:00:00Z, then each date part (such as the
    /// weekday).
    Timestamp {
        /// The date parts, such as the weekday, that follow the number of days. Empty if there are none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<DatePart>,
    },
    /// A category (one of a few different texts), encoded as a whole number, see [`ColumnKind::code`].
    Category {
        /// One-hot encoding: the texts of the category column that have their own 0/1 feature, sorted.
        categories: Vec<String>,
        // The rare texts only differ from unseen texts if the model uses target encoding for this column.
        /// The texts of the category column that are rare in the training data and have no 0/1 feature, sorted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
    },
    /// A text of several words, encoded as one number for each known word: 1 if the text contains the word, else 0.
    Text {
        /// The words that the model knows, sorted and in lower case, as [`words`](fn@super::words) returns them.
        words: Vec<String>,
    },
    /// A text that the model reads itself, which only imported models do. The model's input contains the number of the
    /// text in [`RowTexts`](super::RowTexts).
    WholeText,
}

/// The encoding of a text in a category column: its number in the model's input, and whether the text is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The whole number that represents the text in the model's input.
    pub index: usize,
    /// Whether the text occurred in the training data. `false` for an unseen text.
    pub is_known: bool,
}

/// Texts in a table that mean a missing value. An empty text also means a missing value.
const MISSING: [&str; 10] = ["NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "Null", "<NA>"];

// Training and prediction both use this function, so they agree.
/// Returns whether a table cell with the content `text`, trimmed by the caller, means a missing value (such as `NA`).
pub fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

impl Column {
    /// Creates an input column of numbers that are never missing.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: ColumnKind::Number, nullable: false }
    }
}

impl ColumnKind {
    /// Creates the type of a date or time column, without extra date parts such as the weekday.
    pub fn moment() -> Self {
        Self::Timestamp { parts: Vec::new() }
    }

    /// Returns the number of `f32` values that encode one value of this column.
    pub fn slots(&self) -> usize {
        match self {
            Self::Number | Self::Boolean | Self::Category { .. } | Self::WholeText => 1,
            Self::Double => 2,
            Self::Timestamp { parts } => 1 + parts.len(),
            Self::Text { words } => words.len(),
        }
    }

    /// Splits a number in double precision into the two numbers of [`ColumnKind::Double`].
    pub fn split_double(number: f64) -> [f32; 2] {
        let nearest = number as f32;
        [nearest, (number - f64::from(nearest)) as f32]
    }

    /// Returns the whole number that encodes a text of a category column. `None` if the column has another type.
    pub fn code(&self, text: &str) -> Option<Code> {
        let Self::Category { categories, rare } = self else { return None };
        let find = |texts: &[String]| texts.binary_search_by(|known| known.as_str().cmp(text)).ok();
        let unseen = categories.len();
        // A text in `categories` gets its index. An unseen text gets the number of categories. The texts in `rare` get
        // the numbers after that, in order.
        let index = find(categories).or_else(|| find(rare).map(|index| unseen + 1 + index));
        Some(Code { index: index.unwrap_or(unseen), is_known: index.is_some() })
    }

    /// Returns the name of the column type: `number`, `boolean`, `timestamp`, `category` or `text`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number | Self::Double => "number",
            Self::Boolean => "boolean",
            Self::Timestamp { .. } => "timestamp",
            Self::Category { .. } => "category",
            Self::Text { .. } | Self::WholeText => "text",
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
