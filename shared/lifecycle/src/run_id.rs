//! What tells one run from another, however often it is asked for.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// A run's identity: whatever asks for the same run again gets the same one. 1–128 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// The text is no run identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run id {0:?}: expected 1–128 letters, digits, hyphens, underscores and dots")]
pub struct InvalidRunId(pub String);

impl RunId {
    /// The run of a scheduled time: the same time delivered twice is one run.
    pub fn scheduled(at: Timestamp) -> Self {
        Self(format!("scheduled-{}", Offset::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ")))
    }

    /// The run that a caller asked for, by the caller's own token: a request sent again is one run.
    ///
    /// # Errors
    /// [`InvalidRunId`] when the token holds other characters or is too long.
    pub fn requested(token: &str) -> Result<Self, InvalidRunId> {
        if token.is_empty() {
            return Err(InvalidRunId(token.to_owned()));
        }
        format!("manual-{token}").parse()
    }

    /// The run that takes in a model file made elsewhere, by the token of whoever asked for it.
    ///
    /// # Errors
    /// [`InvalidRunId`] when the token holds other characters or is too long.
    pub fn import(token: &str) -> Result<Self, InvalidRunId> {
        if token.is_empty() {
            return Err(InvalidRunId(token.to_owned()));
        }
        format!("import-{token}").parse()
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = InvalidRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRunId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidRunId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_scheduled_time_is_the_same_run() {
        assert_eq!(RunId::scheduled("2026-11-24T03:00:00Z".parse().unwrap()).as_str(), "scheduled-20261124T030000Z");
    }

    #[test]
    fn a_token_that_is_no_identity_is_refused() {
        let error = RunId::requested("a b").unwrap_err();
        assert_eq!(error, InvalidRunId("manual-a b".into()));
        assert!(RunId::requested("").is_err());
        assert_eq!(RunId::requested("nightly-7").unwrap().as_str(), "manual-nightly-7");
    }
}
