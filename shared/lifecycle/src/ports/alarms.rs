//! Records about alarms.

use std::future::Future;

use super::Unavailable;
use crate::AlarmRecord;

/// Why an alarm's record was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// Another invocation has changed the record. Read it again.
    #[error("another invocation changed the alarm's record meanwhile")]
    Conflict,
    /// The registry did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Stores a record for each alarm.
pub trait AlarmRecords: Send + Sync {
    /// Returns the record of the alarm `name`, if any. The read is consistent: it sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the registry does not answer.
    fn alarm(&self, name: &str) -> impl Future<Output = Result<Option<AlarmRecord>, Unavailable>> + Send;

    /// Replaces the record of the previous revision with `record`.
    ///
    /// # Errors
    /// [`RememberError::Conflict`] when the stored record has another revision.
    fn remember(&self, name: &str, record: &AlarmRecord) -> impl Future<Output = Result<(), RememberError>> + Send;
}
