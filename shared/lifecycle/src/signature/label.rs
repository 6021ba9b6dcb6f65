//! The labels of a classifier.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A label, with the type that it has in the data set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(label) => label.fmt(formatter),
            Self::Integer(label) => label.fmt(formatter),
            Self::Text(label) => label.fmt(formatter),
        }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
