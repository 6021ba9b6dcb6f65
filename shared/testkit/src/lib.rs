//! Test doubles for the whole workspace: in-memory ports, builders, and a clock that stands still. Only a
//! dev-dependency.

mod builders;
mod environment;
mod memory;

pub use builders::{champion, evaluation, finished_run, moment, registration, run, version};
pub use environment::environment_with;
pub use memory::{FixedClock, MailClaim, Memory, MemoryState, SentMail};
