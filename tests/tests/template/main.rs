//! What the template promises and an emulator cannot show, for it enforces no permissions, draws no dashboard and minds no
//! length of a name. These tests read `template.yaml` and need no stack.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod alarms;
mod dashboard;
mod document;
mod doors;
mod imports;
mod keeping;
mod metrics;
mod names;
mod operations;
mod readme;
mod references;
mod reliability;
mod roles;
mod silence;
