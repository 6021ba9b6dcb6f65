//! Tests the registry adapter on a real DynamoDB table. `make e2e` uses the emulator's table, and `make dynamodb-test`
//! uses Amazon's DynamoDB Local. Each test has its own model name, so that it does not see the records of others.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod copy;
mod feedback;
mod judging;
mod keeping;
mod listing;
mod lists;
mod mails;
mod numbers;
mod outbox;
mod promoting;
mod registering;
mod runs;
mod sessions;
mod steering;
mod table;
mod world;
