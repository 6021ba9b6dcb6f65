//! Test helpers for the tests of all AWS services.

pub(crate) mod mocks;
