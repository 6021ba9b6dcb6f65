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

/// Error: a text does not name functions with their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected functions with their memory in MB, such as predict=1769,metrics=512")]
pub struct InvalidFunctions;

impl BilledResources {
    /// Reads the functions from a text such as `predict=1769,metrics=512`, with their memory in MB. An empty text means
    /// that the usage of no function is counted.
    ///
    /// # Errors
    /// [`InvalidFunctions`] if a part has another form.
    pub fn read(functions: &str, table: String) -> Result<Self, InvalidFunctions> {
        let function = |part: &str| {
            let (name, memory) = part.split_once('=').ok_or(InvalidFunctions)?;
            Ok((name.to_owned(), memory.parse().map_err(|_| InvalidFunctions)?))
        };
        let functions = functions.split(',').filter(|part| !part.is_empty()).map(function);
        Ok(Self { functions: functions.collect::<Result<_, _>>()?, table })
    }
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
