//! The train Lambda function. An event starts a run. The run trains a model or imports a model file, and so creates a
//! model version. Then the gate decides whether the version becomes the champion, which answers predictions. The
//! function also makes an earlier version the champion on request.

mod challenger;
mod config;
mod dataset;
mod error;
mod event;
mod feedback;
mod impact;
mod importing;
mod job;
mod ports;
mod progress;
mod promotion;
mod pruning;
mod publishing;
mod rebuilding;
mod report;
mod retention;
mod retries;
mod stored;
mod storing;
mod streaming;
mod trainer;
mod training;
mod verifying;
mod work;

pub use config::{TrainConfig, TrainingSettings};
pub use error::TrainError;
pub use event::{
    InvalidEvent, ModelFile, PromotionRequest, RequestError, RunRequest, RunTask, TrainEvent, TrainingOptions,
    UpkeepRequest,
};
pub use importing::AnswersError;
pub use job::{JobError, run as run_job};
pub use ports::{TrainPorts, TrainWorld};
pub use promotion::Promoted;
pub use pruning::RetentionReport;
pub use rebuilding::RebuildReport;
pub use report::TrainReport;
pub use stored::VersionLoadError;
pub use trainer::{Invocation, TrainResponse, Trainer};
