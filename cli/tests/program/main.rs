//! Runs the program against a server that records requests and gives prepared answers. The tests check what the stack
//! receives and what a person sees.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod bucket;
mod predicting;
mod reading;
mod refusals;
mod scoring;
mod server;
mod steering;
mod transfers;
