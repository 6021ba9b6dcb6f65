//! The train function. An event starts a run, the run creates a version, and the gate decides whether it becomes the
//! champion. The version is trained here or is an imported model. The function also promotes an earlier version on
//! request.

mod challenger;
mod config;
mod dataset;
mod error;
mod event;
mod importing;
mod ports;
mod promotion;
mod publishing;
mod report;
mod retention;
mod retries;
mod stored;
mod storing;
mod trainer;
mod training;
mod work;

pub use config::{TrainConfig, TrainingSettings};
pub use error::TrainError;
pub use event::{
    InvalidEvent, ModelFile, PromotionRequest, RequestError, RunRequest, RunTask, TrainEvent, TrainingOptions,
};
pub use ports::{TrainPorts, TrainWorld};
pub use promotion::Promoted;
pub use report::TrainReport;
pub use stored::VersionLoadError;
pub use trainer::{Invocation, TrainResponse, Trainer};
