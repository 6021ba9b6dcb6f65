//! Tests the steps of a batch job over the events of the state machine, with all services in memory.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod failing;
mod resuming;
mod running;
mod support;
