//! Test helpers that all adapters share.

pub(crate) mod mocks;
