//! Helpers for the end-to-end tests of the deployed stack: clients of its services, a lock for turns, and polling.
//!
//! The stack runs on an AWS emulator, over plain HTTP. The helpers panic with a clear message when a test cannot go on,
//! because only tests call them.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

pub mod alarms;
pub mod api;
pub mod batch;
pub mod console;
pub mod events;
pub mod faults;
pub mod functions;
pub mod iris;
pub mod mail;
pub mod own_table;
pub mod queues;
pub mod registry;
pub mod stack;
pub mod storage;
pub mod training;
pub mod wait;
pub mod webhook;

pub use stack::Stack;
