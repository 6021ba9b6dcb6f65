//! A column of a model's input.

use serde::{Deserialize, Serialize};

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

/// What the values of a column are, and how one stands in a row of `f32`. A missing value is NaN, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ColumnKind {
    /// A finite number, as itself.
    Number,
    /// False, as 0, or true, as 1.
    Boolean,
    /// A moment, in days since 2000-01-01T00:00:00Z (a day's part is kept to about a minute and a half).
    Timestamp,
    /// A text of few different ones, as its index among `categories`; any other text as their number.
    Category {
        /// The texts that the model tells apart, sorted.
        categories: Vec<String>,
        /// Texts that were too rare to be told apart, sorted: to the model all of them, and those never seen, are one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rare: Vec<String>,
    },
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
    /// The kind's name: `number`, `boolean`, `timestamp` or `category`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Category { .. } => "category",
        }
    }
}
