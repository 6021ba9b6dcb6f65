//! Trait for the newest comparison of the answers in training and in serving.

use std::future::Future;

use super::Unavailable;
use crate::drift::SkewCheck;

/// Reads and stores the newest comparison of the champion's answers in training and in serving.
pub trait SkewRecord: Send + Sync {
    /// Returns the newest comparison. `None` before the first one.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when the comparison is unreadable.
    fn skew(&self) -> impl Future<Output = Result<Option<SkewCheck>, Unavailable>> + Send;

    /// Stores a comparison in place of the former one.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn store_skew(&self, check: &SkewCheck) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
