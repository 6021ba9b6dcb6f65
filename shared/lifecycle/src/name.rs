//! Model names. One deployed stack manages one model.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

// The name is part of S3 keys, DynamoDB keys and metric dimensions, so it has no character that needs escaping there.
/// A model's name: 1–64 lower-case letters, digits and hyphens. The first character is a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelName(String);

/// Error: the text in the field is not a valid model name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model name {0:?}: expected 1–64 lower-case letters, digits and hyphens, beginning with a letter")]
pub struct InvalidModelName(pub String);

impl ModelName {
    /// Returns the model's name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = InvalidModelName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if begins_with_letter && text.len() <= 64 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidModelName(text.to_owned()))
        }
    }
}

impl TryFrom<String> for ModelName {
    type Error = InvalidModelName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModelName> for String {
    fn from(name: ModelName) -> Self {
        name.0
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_escape_its_prefix_is_refused() {
        for text in ["", "Iris", "../iris", "iris/2", "iris#1", "-iris", "7up", &"a".repeat(65)] {
            assert_eq!(text.parse::<ModelName>(), Err(InvalidModelName(text.to_owned())));
        }
        assert_eq!("iris-2".parse::<ModelName>().unwrap().as_str(), "iris-2");
    }
}
