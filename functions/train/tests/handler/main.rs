//! Tests of the train function's handler, with its events. Registry, store, event bus and clock are fakes in memory.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod asking;
mod drifting;
mod feedback;
mod forgetting;
mod impact;
mod importing;
mod learning;
mod numbering;
mod promoting;
mod pruning;
mod publishing;
mod rebuilding;
mod refusing;
mod retrying;
mod rollback;
mod running;
mod streaming;
mod support;
mod timing;
mod verifying;
mod waiting;
