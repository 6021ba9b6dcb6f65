//! Test helpers for the whole workspace: in-memory fakes of all outside services, functions that create records and
//! Parquet files, and a fake clock. The crate is only a dev-dependency.

mod builders;
mod environment;
mod memory;
mod parquet;

pub use builders::{
    audit_entry, champion, change, evaluation, finished_run, moment, registration, rollout, run, version,
};
pub use environment::environment_with;
pub use memory::{FixedClock, MailClaim, Memory, MemoryState, SentMail};
pub use parquet::parquet;
