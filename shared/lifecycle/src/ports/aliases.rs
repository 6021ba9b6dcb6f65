//! Trait that reads one alias.

use std::future::Future;

use super::Unavailable;
use crate::{Alias, AliasName};

/// Reads one alias. A function that only follows aliases needs no right to list them.
pub trait AliasLookup: Send + Sync {
    /// Returns the alias with this name, or `None` if there is no such alias. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails, or when this release cannot read the alias.
    fn alias(&self, name: &AliasName) -> impl Future<Output = Result<Option<Alias>, Unavailable>> + Send;
}
