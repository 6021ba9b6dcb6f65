//! The stack on LocalStack, which `make localstack-test` starts: what is deployed there, and how its alarms change state.
//!
//! LocalStack evaluates an alarm by its number of periods and by what it says of missing data, which the emulator of the
//! other tests does not. Functions cannot run there.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod copies;
mod deployed;
mod points;
mod silence;
mod told;
