//! What the tests of the deployed stack share: its clients, its turn-taking, and looking until something is so.
//!
//! The stack is an emulator's, reached over plain HTTP. A test that cannot go on panics with a sentence, and so do these
//! helpers: nobody but a test calls them.
#![allow(clippy::expect_used, clippy::unwrap_used)]

pub mod alarms;
pub mod api;
pub mod events;
pub mod faults;
pub mod functions;
pub mod iris;
pub mod mail;
pub mod own_table;
pub mod queues;
pub mod registry;
pub mod silence;
pub mod stack;
pub mod storage;
pub mod training;
pub mod wait;

pub use stack::Stack;
