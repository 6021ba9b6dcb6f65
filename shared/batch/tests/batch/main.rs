//! Tests the steps of a batch job together, without a store: cutting, scoring and the check at the end.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]

mod completeness;
mod cutting;
mod scoring;
mod support;
