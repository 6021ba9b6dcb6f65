//! What tests need of the world: in-memory ports, builders and a clock that stands still. A dev-dependency only.

mod builders;
mod memory;

pub use builders::{champion, evaluation, finished_run, moment, registration, run, version};
pub use memory::{FixedClock, MailClaim, Memory, SentMail, State};
