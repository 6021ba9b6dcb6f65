//! End-to-end tests of the deployed stack over HTTP and the AWS APIs. Each module is a topic, and each test is a story.
//!
//! Tests share one stack. Each test takes it ([`evergreen_tests::Stack::take`]) and keeps it until it ends, so
//! `--test-threads` does not matter. A test creates what it needs and leaves a champion that serves.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod access;
mod alarms;
mod bad_input;
mod damage;
mod dataset;
mod events;
mod faults;
mod forgetting;
mod imports;
mod mails;
mod metrics;
mod numbering;
mod own_table;
mod predicting;
mod promotion;
mod repetition;
mod runs;
mod schedule;
