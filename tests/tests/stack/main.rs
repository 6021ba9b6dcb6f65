//! The deployed stack, end to end, over HTTP and the AWS APIs: each module is a topic, each test a story.
//!
//! Tests share one stack. A test that begins takes it ([`evergreen_tests::Stack::take`]) and has it alone until it ends,
//! so `--test-threads` does not matter. Each establishes what it needs and leaves a champion that serves.
#![allow(clippy::expect_used, clippy::unwrap_used)]

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
