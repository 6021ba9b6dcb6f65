//! The error of a service that cannot be reached.

use std::error::Error;

/// The cause of a failure outside this crate.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Error for something that could not be read or written. The caller may try again.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed")]
pub struct Unavailable {
    /// The action that failed, such as `reading the champion`.
    pub what: &'static str,
    /// Why the action failed.
    #[source]
    pub cause: Cause,
    /// Whether such a failure usually passes within seconds: throttling, a conflict, a timeout, a server error. Missing
    /// permissions and unreadable records do not.
    pub is_brief: bool,
}

impl Unavailable {
    /// Creates an error for `what` whose cause does not pass by itself.
    pub fn new(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { what, cause: cause.into(), is_brief: false }
    }

    /// Creates an error for `what` whose cause usually passes within seconds.
    pub fn briefly(what: &'static str, cause: impl Into<Cause>) -> Self {
        Self { is_brief: true, ..Self::new(what, cause) }
    }
}
