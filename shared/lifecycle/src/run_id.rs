//! Identifiers of training runs. The same request always gets the same identifier, even if it arrives several times.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

// A repeated request gets the same identifier, so it does not create a second run.
/// The identifier of a training run: 1–128 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// Error: the text in the field is not a valid identifier of a training run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run id {0:?}: expected 1–128 letters, digits, hyphens, underscores and dots")]
pub struct InvalidRunId(pub String);

impl RunId {
    /// Returns the identifier of the training run that is scheduled for the time `at`.
    pub fn scheduled(at: Timestamp) -> Self {
        // If the scheduler sends the event for one time twice, both events get the same identifier.
        Self(format!("scheduled-{}", Offset::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Returns the identifier of a training run that a caller requested with a token of its choice.
    ///
    /// # Errors
    /// [`InvalidRunId`] when the token is empty, too long, or contains a character that is not allowed.
    pub fn requested(token: &str) -> Result<Self, InvalidRunId> {
        if token.is_empty() {
            return Err(InvalidRunId(token.to_owned()));
        }
        // A repeated request has the same token, so it gets the same identifier.
        format!("manual-{token}").parse()
    }

    /// Returns the identifier of a run that imports a model file. The caller chooses the token.
    ///
    /// # Errors
    /// [`InvalidRunId`] when the token is empty, too long, or contains a character that is not allowed.
    pub fn import(token: &str) -> Result<Self, InvalidRunId> {
        if token.is_empty() {
            return Err(InvalidRunId(token.to_owned()));
        }
        // A repeated request has the same token, so it gets the same identifier.
        format!("import-{token}").parse()
    }

    /// Returns the identifier of the training run as text.
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
    fn an_invalid_run_id_is_refused() {
        let error = RunId::requested("a b").unwrap_err();
        assert_eq!(error, InvalidRunId("manual-a b".into()));
        assert!(RunId::requested("").is_err());
        assert_eq!(RunId::requested("nightly-7").unwrap().as_str(), "manual-nightly-7");
    }
}
