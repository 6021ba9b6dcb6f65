//! The handler over the sample events, with the ports in memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod once;
mod order;
mod pacing;
mod support;
mod writing;
