//! Addresses of objects and of prefixes: `s3://BUCKET/KEY`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An object, or all objects under a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location {
    /// The name of the bucket.
    pub bucket: String,
    /// The key of the object, or the prefix, which may end with `/`. Without a slash at its beginning.
    pub key: String,
}

/// Error: a text is not the address of an object or of a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address; expected s3://BUCKET/FILE or s3://BUCKET/PREFIX/")]
pub struct InvalidLocation(String);

impl Location {
    /// Creates the address of the object or prefix `key`.
    pub fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into() }
    }

    /// Returns the address of `name` under this prefix.
    pub fn join(&self, name: &str) -> Self {
        Self::new(&self.bucket, format!("{}{name}", self.key))
    }

    /// Returns whether `other` is this object, or lies under this prefix.
    pub fn contains(&self, other: &Self) -> bool {
        // The prefix `in` must not contain `in-scored/a.csv`.
        let is_same = self.key == other.key;
        self.bucket == other.bucket && (is_same || other.key.starts_with(&self.as_prefix().key))
    }

    /// Returns the address of the prefix, with a slash at its end.
    pub fn as_prefix(&self) -> Self {
        let slash = if self.key.is_empty() || self.key.ends_with('/') { "" } else { "/" };
        self.join(slash)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.bucket, self.key)
    }
}

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidLocation(text.to_owned());
        let (bucket, key) = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).ok_or_else(invalid)?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        if bucket.len() < 3 || bucket.len() > 63 || !bucket.bytes().all(is_name) || key.starts_with('/') {
            return Err(invalid());
        }
        Ok(Self::new(bucket, key))
    }
}

impl TryFrom<String> for Location {
    type Error = InvalidLocation;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for text in ["s3://rows/a.csv", "s3://rows/in/", "s3://rows/"] {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_form_that_is_expected() {
        for text in ["rows/a.csv", "s3://rows", "s3:///a.csv", "s3://Rows/a.csv", "s3://rows//a.csv", ""] {
            let error = text.parse::<Location>().unwrap_err().to_string();
            assert!(error.ends_with("expected s3://BUCKET/FILE or s3://BUCKET/PREFIX/"), "{error}");
        }
    }

    #[test]
    fn a_prefix_contains_what_lies_under_it_in_the_same_bucket() {
        let prefix = Location::new("rows", "in/");
        assert!(prefix.contains(&Location::new("rows", "in/a.csv")));
        assert!(!prefix.contains(&Location::new("other", "in/a.csv")));
        assert!(!prefix.contains(&Location::new("rows", "out/a.csv")));
        let bare = Location::new("rows", "in");
        assert!(bare.contains(&bare) && bare.contains(&prefix) && bare.contains(&Location::new("rows", "in/a.csv")));
        assert!(!bare.contains(&Location::new("rows", "in-scored/")) && !prefix.contains(&bare));
        assert!(Location::new("rows", "").contains(&prefix));
        assert_eq!(Location::new("rows", "in").as_prefix(), prefix);
        assert_eq!(Location::new("rows", "").as_prefix().key, "");
    }
}
