//! The train function. An event starts a run, the run creates a version, and the gate decides whether it serves. The
//! version is trained here or is an imported model. The function also promotes an earlier version on request.

mod candidate;
mod config;
mod dataset;
mod error;
mod importing;
mod making;
mod patience;
mod promotion;
mod report;
mod request;
mod retention;
mod stored;
mod storing;
mod telling;
mod trainer;
mod work;

pub use config::{Config, Training};
pub use error::TrainError;
pub use promotion::Promoted;
pub use report::Report;
pub use request::{Request, RequestError, Wanted, Wishes};
pub use stored::Defect;
pub use trainer::{Answer, Invocation, Trainer};
