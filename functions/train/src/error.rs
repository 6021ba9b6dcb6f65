//! Why a run made no version.

use evergreen_learning::{HyperparameterError, LearningError, TableError};
use evergreen_lifecycle::ports::{RunWriteError, Unavailable};
use evergreen_lifecycle::{InvalidRunId, RunId, VersionNumber};
use lambda_runtime::Diagnostic;

use crate::request::RequestError;
use crate::stored::Defect;

/// Why a run made no version. The champion serves on, whatever it is.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The event is no request for a run.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The platform's identity of the invocation cannot stand in a key.
    #[error(transparent)]
    Invocation(#[from] InvalidRunId),
    /// A hyperparameter of the event is out of its limits.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparameterError),
    /// The table cannot be learnt from.
    #[error("dataset {origin}: {error}")]
    Table {
        /// `built-in` or the object's key.
        origin: String,
        /// What is wrong, and where.
        #[source]
        error: TableError,
    },
    /// The fit gave nothing that could be stored.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// The fit would not have ended before the platform ends the invocation.
    #[error("training did not end within the invocation's time")]
    OutOfTime,
    /// The fit ended abnormally.
    #[error("training ended abnormally")]
    Aborted,
    /// The run is in other hands.
    #[error("run {0} is in other hands")]
    RunTaken(RunId),
    /// Other trainings changed the champion again and again while the gate decided.
    #[error("the champion changed {0} times while the gate decided")]
    Contended(u32),
    /// The manifest has no JSON form.
    #[error("the manifest could not be written")]
    Manifest(#[from] serde_json::Error),
    /// A version that is to be promoted is not registered.
    #[error("version {0} is not registered")]
    NoSuchVersion(VersionNumber),
    /// A version that is to be promoted could not serve.
    #[error("version {version} cannot serve: {defect}")]
    CannotServe {
        /// The version.
        version: VersionNumber,
        /// Why.
        #[source]
        defect: Defect,
    },
    /// Something outside did not answer.
    #[error("{0}: {cause}", cause = .0.cause)]
    Unavailable(#[from] Unavailable),
}

impl TrainError {
    /// A stable name of the kind of failure, for logs and for whoever reads the diagnostics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "InvalidRequest",
            Self::Invocation(_) => "InvalidInvocation",
            Self::Hyperparameters(_) => "InvalidHyperparameters",
            Self::Table { .. } => "InvalidTable",
            Self::Learning(_) => "LearningFailed",
            Self::OutOfTime => "OutOfTime",
            Self::Aborted => "Aborted",
            Self::RunTaken(_) => "RunTaken",
            Self::Contended(_) => "Contended",
            Self::Manifest(_) => "InvalidManifest",
            Self::NoSuchVersion(_) => "NoSuchVersion",
            Self::CannotServe { .. } => "CannotServe",
            Self::Unavailable(_) => "Unavailable",
        }
    }
}

impl From<RunWriteError> for TrainError {
    fn from(error: RunWriteError) -> Self {
        match error {
            RunWriteError::Conflict(id) => Self::RunTaken(id),
            RunWriteError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

impl From<TrainError> for Diagnostic {
    fn from(error: TrainError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: error.to_string() }
    }
}
