//! Tests of the registry that cover several of its files, and their helper functions.

mod compatibility;
mod journal;
mod steering;
pub(super) mod support;
mod transaction;
