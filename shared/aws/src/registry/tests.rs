//! Tests of the registry that belong to no single file, and their helpers.

mod compatibility;
pub(super) mod support;
mod transaction;
