//! The registry's adapter against a real table: the one of the emulator in `make e2e`, Amazon's own DynamoDB Local in
//! `make dynamodb-test`. Each test has a model of its own, so that none sees another's records.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod copy;
mod keeping;
mod lists;
mod mails;
mod numbers;
mod promoting;
mod registering;
mod runs;
mod table;
mod telling;
mod world;
