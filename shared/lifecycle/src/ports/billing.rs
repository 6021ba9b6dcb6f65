//! Trait that reads how much of the billed services a stack used.

use std::future::Future;

use jiff::Timestamp;

use super::Unavailable;
use crate::cost::MonthUsage;

/// The resources of a stack whose usage is billed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BilledResources {
    /// The functions by their name without the stack's, such as `predict`, with their memory in MB.
    pub functions: Vec<(String, u32)>,
    /// The name of the registry's table.
    pub table: String,
}

/// Reads from the monitoring service how much of the billed services a stack used.
pub trait BilledUsage: Send + Sync {
    /// Returns the usage of the `resources` from one time to another, which are in one month.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the monitoring service fails.
    fn billed_usage(
        &self,
        resources: &BilledResources,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<MonthUsage, Unavailable>> + Send;
}
