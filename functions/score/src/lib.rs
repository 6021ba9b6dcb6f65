//! The score Lambda function. It has the three steps of a batch job, and the state machine calls one at a time.
//!
//! `plan` chooses the version, cuts the files into parts and stores the list of work. `score` scores one part. `finish`
//! checks that every row was answered exactly once, and stores the manifest. The decisions are in `evergreen-batch`.

mod config;
mod error;
mod event;
mod finishing;
mod handler;
mod planning;
mod ports;
mod scoring;
mod stored;
mod versions;

pub use config::ScoreConfig;
pub use error::BatchStepError;
pub use event::{InvalidStepEvent, ScoreEvent};
pub use handler::ScoreHandler;
pub use ports::{ScorePorts, ScoreWorld};
