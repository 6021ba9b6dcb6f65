//! The labels that a classifier predicts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A label that a classifier predicts, with the type that the label has in the data set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// A label that is true or false.
    Boolean(bool),
    /// A label that is a whole number.
    Integer(i64),
    /// A label that is a text.
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
