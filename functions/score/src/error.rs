//! Why a step of a batch job fails.

use evergreen_batch::{BatchAnswersError, BatchPlanError, Location, PartError};
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::ports::{ArtifactReadError, ObjectReadError, Unavailable};
use evergreen_lifecycle::text::causes;
use evergreen_scoring::{PredictError, RegisteredError};
use lambda_runtime::Diagnostic;

use crate::event::InvalidStepEvent;

/// Error: a step of a batch job failed.
#[derive(Debug, thiserror::Error)]
pub enum BatchStepError {
    /// The event is not one that starts a step.
    #[error(transparent)]
    Event(#[from] InvalidStepEvent),
    /// The job cannot be planned.
    #[error(transparent)]
    Plan(#[from] BatchPlanError),
    /// The version cannot give the answers that are asked for.
    #[error(transparent)]
    Answers(#[from] BatchAnswersError),
    /// No version can score.
    #[error("no version is the champion; expected one. Train a model first, or name a version")]
    NoChampion,
    /// The version of the request does not exist, or this release cannot read its record.
    #[error("version {0} cannot score; expected a registered version that this release can read")]
    NoVersion(VersionNumber),
    /// The champion's record is of a newer release.
    #[error("this release cannot read the record of the champion; deploy the newer release again, or name a version")]
    UnreadableChampion,
    /// A job of this identity exists, and was asked for something else.
    #[error(
        "the job {job} exists, and other values were planned for: {fields}; expected the same request. \
         `evergreen score --resume {job}` goes on with the job; a new job needs another identity"
    )]
    OtherJob {
        /// The identity of the job.
        job: String,
        /// The fields of the request that differ.
        fields: String,
    },
    /// No job has this identity.
    #[error("no job {0} was planned; expected the identity of a job of the last 90 days")]
    NoJob(String),
    /// An object of the job cannot be understood.
    #[error("{place} cannot be read: {cause}; expected what this release writes")]
    Unreadable {
        /// The object.
        place: Location,
        /// The error of the parser.
        cause: serde_json::Error,
    },
    /// A file with rows is missing or was overwritten.
    #[error(transparent)]
    Read(#[from] ObjectReadError),
    /// The model file is missing.
    #[error(transparent)]
    Artifact(#[from] ArtifactReadError),
    /// The model file is damaged, or this release cannot load it.
    #[error("the artifact of version {version}: {cause}")]
    Damaged {
        /// Number of the version.
        version: VersionNumber,
        /// Why the model file cannot be used.
        cause: RegisteredError,
    },
    /// The part cannot be scored.
    #[error(transparent)]
    Part(#[from] PartError),
    /// The model has another shape than its columns; a bug.
    #[error(transparent)]
    Shape(#[from] PredictError),
    /// An object cannot be written as JSON; a bug.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// A call failed. Another try may succeed if the cause is brief.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl BatchStepError {
    /// Returns the kind of the error, by which the state machine decides about another try. Only `Unavailable` and
    /// `Internal` are tried again.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Read(ObjectReadError::Unavailable(call))
            | Self::Artifact(ArtifactReadError::Unavailable(call))
            | Self::Unavailable(call) => {
                // A missing right, for example, is missing in the next try, too.
                if call.is_brief { "Unavailable" } else { "Refused" }
            }
            Self::Read(_) | Self::Part(PartError::Rows { .. } | PartError::Bytes) => "InputChanged",
            Self::Artifact(_) | Self::Damaged { .. } | Self::Unreadable { .. } => "Damaged",
            Self::Part(PartError::Parquet(_) | PartError::Explain(_)) | Self::Plan(_) => "Refused",
            Self::Part(_) | Self::Shape(_) | Self::Json(_) => "Internal",
            Self::Event(_)
            | Self::Answers(_)
            | Self::NoChampion
            | Self::NoVersion(_)
            | Self::UnreadableChampion
            | Self::OtherJob { .. }
            | Self::NoJob(_) => "Refused",
        }
    }
}

impl From<BatchStepError> for Diagnostic {
    fn from(error: BatchStepError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: causes(&error) }
    }
}
