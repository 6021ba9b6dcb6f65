//! Trait for the stored record of the CloudWatch alarms.

use std::future::Future;

use super::Unavailable;
use crate::incident::{FormerAlarm, IncidentRecord};

/// Error: the record of the alarms was not stored.
#[derive(Debug, thiserror::Error)]
pub enum RememberError {
    /// Another Lambda invocation has changed the record. The caller should read the record again.
    #[error("another invocation changed the record of the alarms meanwhile")]
    Conflict,
    /// The call to the model registry failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads and stores one record for all CloudWatch alarms of the stack.
pub trait AlarmRecords: Send + Sync {
    /// Returns the record of the alarms and incidents, or `None` if there is no record. The read sees every earlier
    /// write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn incidents(&self) -> impl Future<Output = Result<Option<IncidentRecord>, Unavailable>> + Send;

    // For revision 1, no record may be stored yet. So no change by another Lambda invocation is lost.
    /// Stores the new record. Fails if the stored record's revision is not one lower.
    ///
    /// # Errors
    /// [`RememberError::Conflict`] when the stored record has another revision. [`RememberError::Unavailable`] when the
    /// call to the model registry fails.
    fn remember(&self, record: &IncidentRecord) -> impl Future<Output = Result<(), RememberError>> + Send;

    /// Returns what an earlier release has stored about the alarm `name`, or `None` if it has stored nothing.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn former_alarm(&self, name: &str) -> impl Future<Output = Result<Option<FormerAlarm>, Unavailable>> + Send;
}
