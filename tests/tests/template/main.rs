//! Tests parts of the SAM template that an emulator cannot check. An emulator enforces no permissions, draws no
//! dashboard and checks no name lengths. These tests read `template.yaml` and need no stack.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod alarms;
mod batch;
mod catalog;
mod code;
mod cost;
mod dashboard;
mod document;
mod imports;
mod keeping;
mod metrics;
mod names;
mod operations;
mod paths;
mod reactions;
mod readme;
mod references;
mod reliability;
mod roles;
mod routes;
