//! Tests of the alert function's handler on the sample events, with in-memory ports.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

mod acting;
mod digest;
mod grouping;
mod muting;
mod once;
mod order;
mod pacing;
mod support;
mod writing;
