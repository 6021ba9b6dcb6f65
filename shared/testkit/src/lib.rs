//! Test helpers for the whole workspace: fakes of all outside services in memory, functions that create records, and a
//! clock that stands still. The crate is only a dev-dependency.

mod builders;
mod environment;
mod memory;

pub use builders::{champion, evaluation, finished_run, moment, registration, run, version};
pub use environment::environment_with;
pub use memory::{FixedClock, MailClaim, Memory, MemoryState, SentMail};
