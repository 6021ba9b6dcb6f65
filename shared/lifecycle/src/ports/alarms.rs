//! Trait for the stored records of CloudWatch alarms.

use std::future::Future;

use super::Unavailable;
use crate::AlarmRecord;

/// Error: the record of a CloudWatch alarm was not stored.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// Another Lambda invocation has changed the alarm's record. The caller should read the record again.
    #[error("another invocation changed the alarm's record meanwhile")]
    Conflict,
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads and stores one record for each CloudWatch alarm.
pub trait AlarmRecords: Send + Sync {
    /// Returns the record of the alarm `name`, or `None` if there is no record. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn alarm(&self, name: &str) -> impl Future<Output = Result<Option<AlarmRecord>, Unavailable>> + Send;

    // For revision 1, no record may be stored yet. So no change by another Lambda invocation is lost.
    /// Stores the new record of the alarm `name`. Fails if the stored record's revision is not one lower.
    ///
    /// # Errors
    /// [`RememberError::Conflict`] when the stored record has another revision. [`RememberError::Unavailable`] when the
    /// call to the model registry fails.
    fn remember(&self, name: &str, record: &AlarmRecord) -> impl Future<Output = Result<(), RememberError>> + Send;
}
