//! Tests of the predict function's request handler, with real events and real models. Registry, store, clock and
//! journal are fakes in memory.

#![allow(missing_docs, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]

mod bodies;
mod busy;
mod copies;
mod counting;
mod explaining;
mod freezing;
mod ids;
mod inference;
mod mixing;
mod mlflow;
mod models;
mod naming;
mod predicting;
mod refreshing;
mod refusing;
mod rollback;
mod rolling;
mod sagemaker;
mod sampling;
mod showing;
mod support;
