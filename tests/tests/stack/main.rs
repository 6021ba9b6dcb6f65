//! End-to-end tests of the deployed stack over HTTP and the AWS APIs. Each module tests one topic, and each test is one
//! scenario.
//!
//! All tests share one stack. Each test reserves the stack ([`evergreen_tests::Stack::take`]) until it ends, so
//! `--test-threads` does not matter. A test creates what it needs. At its end, the stack has a champion that answers
//! predictions.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod access;
mod alarms;
mod bad_input;
mod batch;
mod console;
mod damage;
mod dataset;
mod drifting;
mod events;
mod faults;
mod feedback;
mod feedback_rows;
mod forgetting;
mod impact;
mod imports;
mod large;
mod live;
mod mail_links;
mod mails;
mod metrics;
mod naming;
mod numbering;
mod own_table;
mod predicting;
mod promotion;
mod reacting;
mod repetition;
mod rollout;
mod runs;
mod schedule;
mod upkeep;
mod webhook;
