//! Tests of the predict function's request handler, with real events and real models. Registry, store, clock and
//! journal are fakes in memory.

#![allow(missing_docs, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]

mod busy;
mod copies;
mod counting;
mod freezing;
mod ids;
mod mixing;
mod models;
mod naming;
mod predicting;
mod refreshing;
mod refusing;
mod rollback;
mod rolling;
mod sampling;
mod showing;
mod support;
