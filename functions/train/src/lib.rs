//! The train function: an event becomes a run, a run becomes a version, and the gate decides whether it serves.

mod announcement;
mod candidate;
mod config;
mod error;
mod incumbent;
mod report;
mod request;
mod trainer;

pub use config::{Config, Training};
pub use error::TrainError;
pub use report::Report;
pub use request::{DEFAULT_SEED, Request, RequestError};
pub use trainer::{Invocation, Trainer};
