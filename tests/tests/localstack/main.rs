//! Tests of the stack on LocalStack, which `make localstack-test` starts. They check the deployed resources and the
//! states of alarms.
//!
//! Unlike the emulator of the other tests, LocalStack respects an alarm's number of periods and its treatment of
//! missing data. Lambda functions cannot run there.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod copies;
mod deployed;
mod missing_data;
mod notifications;
mod points;
