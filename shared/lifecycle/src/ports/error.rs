//! The error of a failed call to an outside service.

use std::error::Error;

/// The error that an outside service or a library returned, kept as the cause of another error.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Error: a call to an outside service failed. The caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed")]
pub struct Unavailable {
    /// The action that failed, as a phrase such as `reading the champion`.
    pub what: &'static str,
    /// The underlying error that made the action fail.
    #[source]
    pub cause: Cause,
    // Examples are throttling, a conflict, a timeout and a server error. `false` for missing permissions and unreadable
    // records.
    /// Whether the cause usually passes within seconds, so that a retry may succeed.
    pub is_brief: bool,
}

impl Unavailable {
    /// Creates an error for the failed action `what`. A retry within seconds will fail too.
    pub fn new(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { what, cause: cause.into(), is_brief: false }
    }

    /// Creates an error for the failed action `what`. A retry within seconds may succeed.
    pub fn briefly(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { is_brief: true, ..Self::new(what, cause) }
    }
}
