//! Aliases: names that people give to versions and may move.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::VersionNumber;

/// The longest name of an alias, in characters.
const MAX_LENGTH: usize = 40;

// The gate and promotions move the champion. If an alias could have this name, the two would contradict each other.
/// The name that no alias can have.
const RESERVED: &str = "champion";

/// The name of an alias: 1–40 lower-case letters, digits and hyphens, such as `staging`. It is not `champion`.
///
/// ```
/// use evergreen_lifecycle::AliasName;
///
/// assert_eq!("staging-2".parse::<AliasName>().unwrap().as_str(), "staging-2");
/// assert!("champion".parse::<AliasName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AliasName(String);

/// Error: the text in the field is not a valid name of an alias.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("alias name {0:?}: expected 1–40 lower-case letters, digits and hyphens, and not `champion`")]
pub struct InvalidAliasName(pub String);

impl AliasName {
    /// Returns the name of the alias as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AliasName {
    type Err = InvalidAliasName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_valid = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed) && text != RESERVED;
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidAliasName(text.to_owned())) }
    }
}

impl TryFrom<String> for AliasName {
    type Error = InvalidAliasName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AliasName> for String {
    fn from(name: AliasName) -> Self {
        name.0
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A name that people give to a version and may move to another one, such as `staging`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name of the alias.
    pub name: AliasName,
    /// The version that the alias names.
    pub version: VersionNumber,
    // A conditional write compares this number.
    /// Number of times that the alias was set, from 1 up.
    pub revision: u32,
    /// When the alias was last set.
    #[serde(with = "crate::time")]
    pub set_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_break_a_path_or_hide_the_champion_is_refused() {
        for text in ["", "Staging", "a/b", "a#b", "über", "champion", &"a".repeat(41)] {
            assert_eq!(text.parse::<AliasName>(), Err(InvalidAliasName(text.to_owned())));
        }
        for text in ["a", "7", "canary-eu", &"a".repeat(40)] {
            assert_eq!(text.parse::<AliasName>().unwrap().to_string(), text);
        }
    }
}
