//! Tests of the console function with ports in memory.

#![allow(missing_docs, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]

mod comparing;
mod doors;
mod feedback;
mod feedback_rows;
mod mail_links;
mod pages;
mod reading;
mod rollback;
mod rollouts;
mod runs;
mod steering;
mod support;
