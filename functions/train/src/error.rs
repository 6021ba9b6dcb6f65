//! Reasons why a training, an import or a promotion failed.

use std::fmt;

use evergreen_learning::drift::DriftError;
use evergreen_learning::{EvaluationError, LearningError, PlanError, PrepareError};
use evergreen_lifecycle::ports::{IncomingError, RunWriteError, StoreError, Unavailable};
use evergreen_lifecycle::{InvalidGate, InvalidRunId, Run, RunId, Unreadable, VersionNumber};
use evergreen_scoring::ImportError;
use evergreen_table::{SettingsError, TableError};
use lambda_runtime::Diagnostic;

use crate::event::RequestError;
use crate::importing::AnswersError;
use crate::stored::VersionLoadError;

// The error of a data set may list all columns.
/// Maximum number of characters of an error message that is recorded, published or returned. Longer messages are cut.
const MAX_REASON: usize = 2000;

/// Error: why a training, an import or a promotion failed. No failure changes the champion.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The event that invoked the function is not a valid request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The request ID of the Lambda invocation cannot be part of a run ID.
    #[error(transparent)]
    Invocation(#[from] InvalidRunId),
    /// The files of the data set cannot be read as a table for training.
    #[error("{}", Located(.origin, .error))]
    Table {
        /// Source of the data set: `built-in`, the S3 key of its only file, or the S3 prefix of its files.
        origin: String,
        /// The error in the data set, and the file, line or column that has it.
        #[source]
        error: Box<TableError>,
    },
    /// The data set cannot be prepared for training: it cannot be split into training and hold-out rows, or no features
    /// can be computed.
    #[error("{}", Located(.origin, .error))]
    Unprepared {
        /// Source of the data set: `built-in`, the S3 key of its only file, or the S3 prefix of its files.
        origin: String,
        /// Why the data set cannot be prepared for training.
        #[source]
        error: PrepareError,
    },
    /// The settings file of the data set is invalid. The error's text begins with the name of that file.
    #[error("{prefix}{error}")]
    Settings {
        /// Prefix of the S3 keys of the data set's files.
        prefix: String,
        /// The error in the settings file.
        #[source]
        error: SettingsError,
    },
    /// Data drift: the data set has changed so much that the champion cannot predict its rows.
    #[error("data set {origin}: {error}")]
    Drift {
        /// Source of the data set: `built-in`, or the prefix of the S3 keys of its files.
        origin: String,
        /// The column that changed, and how a person can accept the change.
        #[source]
        error: DriftError,
    },
    /// The requested training is impossible, for example because of an unknown hyperparameter.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The data set's settings have a minimum score or a tolerance that is not valid for the metric.
    #[error("dataset.toml: {0}")]
    Gate(#[from] InvalidGate),
    /// The training ended without a model that can be stored.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// The S3 key of the model file to import has a wrong prefix or suffix.
    #[error(
        "{key:?} is not a valid key of a model file; expected a key that begins with {prefix:?} and ends with \".onnx\", \
         \".xgboost.json\", \".ubj\" or \".lightgbm.txt\""
    )]
    NotIncoming {
        /// The S3 key in the event.
        key: String,
        /// The prefix that the keys of model files must have.
        prefix: String,
    },
    /// The model file to import no longer exists in S3, is too large, or was replaced.
    #[error(transparent)]
    Incoming(IncomingError),
    /// The import of the model file needs more memory than the function has.
    #[error(
        "{key}: reading a model file of this size needs about {} MB of memory, {} MB are allowed; give the function more \
         memory, or export a smaller model", .needed.div_ceil(1_000_000), .memory / 1_000_000
    )]
    TooLargeToImport {
        /// S3 key of the model file.
        key: String,
        /// Bytes of memory that the import of the model file needs.
        needed: u64,
        /// Bytes of memory that are available for the import.
        memory: u64,
    },
    /// The model file cannot be used for predictions.
    #[error("{key}: {error}")]
    Import {
        /// S3 key of the model file.
        key: String,
        /// Why the model file is refused.
        #[source]
        error: Box<ImportError>,
    },
    /// The imported model answers differently than the author's library, or the file with its answers cannot be used.
    #[error("{key}: {error}")]
    Answers {
        /// S3 key of the file with the answers.
        key: String,
        /// The row with another answer, or what is wrong in the file.
        #[source]
        error: Box<AnswersError>,
    },
    /// The labels of an imported model seem to be exchanged: it ranks the rows the wrong way round.
    #[error(
        "{key}: the labels look swapped: the ROC AUC on the hold-out is {roc_auc:.4}, where 0.5 is chance; train the model on \
         the labels of the table as texts, or exchange the labels in the file"
    )]
    SwappedLabels {
        /// S3 key of the model file.
        key: String,
        /// Area under the ROC curve on the hold-out.
        roc_auc: f64,
    },
    /// The new model cannot be scored by the metric by which the gate compares models.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// An event asks to go on with a run that has no checkpoint. The variant holds the run's ID.
    #[error(
        "run {0} has no checkpoint to go on from: it has ended, or it did not pause; nothing was done. Start a new training if \
         the run has made no version"
    )]
    NoCheckpoint(RunId),
    /// A training that is read as a stream has paused too often. The variant holds the number of attempts.
    #[error(
        "the training has not ended after {0} invocations; expected fewer rows, trees or leaves; give the function more memory, \
         or train as a batch job"
    )]
    TooManyPauses(u32),
    /// The training or import needs more time than the Lambda invocation has.
    #[error("the run did not end within the time of the invocation")]
    OutOfTime,
    /// Training or another long computation panicked.
    #[error("training was stopped by an internal error; the log has the panic")]
    Aborted,
    /// Another attempt is working on the same run. The variant holds the run's ID.
    #[error("another attempt is working on run {0}; send the event again after it has ended")]
    RunTaken(RunId),
    /// Lambda retried an invocation that had failed permanently, so nothing was done. The variant holds the recorded
    /// reason of the first failure.
    #[error("{0}")]
    FailedBefore(String),
    /// Other runs kept changing the champion while the gate decided, until time ran out. The variant holds the number
    /// of changes.
    #[error("the champion changed {0} times while the gate decided, until the invocation's time was over")]
    Contended(u32),
    /// The new version number is taken: S3 already has an object under this key. The variant holds the S3 key.
    #[error(
        "object {0} belongs to another attempt, so the version number is taken; another registry may use the same bucket"
    )]
    NumberTaken(String),
    /// The version's manifest or an event to publish cannot be serialized as JSON.
    #[error("the manifest or an event cannot be written as JSON: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The model version that a person asked to promote is not in the registry. The variant holds the version number.
    #[error("version {0} is not registered")]
    NoSuchVersion(VersionNumber),
    /// The model version that a person asked to promote cannot be loaded, so it could not answer predictions.
    #[error("version {version} cannot be promoted: {error}")]
    CannotServe {
        /// Number of the model version that a person asked to promote.
        version: VersionNumber,
        /// Why the model of that version cannot be loaded.
        #[source]
        error: VersionLoadError,
    },
    /// The event came over the event bus, and no recent entry of the audit trail asks for work.
    #[error(
        "event TrainingRequested: no entry of the audit trail from the last 14 days has its id and time and asks for work; \
         nothing was done. Use the console or the command evergreen, and look in CloudTrail for who sent the event"
    )]
    NotAudited,
    /// The registry refused a change of the upkeep. The variant holds the reason.
    #[error("the registry was not changed: {0}")]
    NotChanged(String),
    /// A newer release of the software wrote a registry record that this release needs and cannot read.
    #[error("{0}; deploy the release that wrote it, or a newer one")]
    UnreadableRecord(#[from] Unreadable),
    /// Another service, such as the registry (DynamoDB) or the store (S3), did not answer.
    #[error("{0}: {cause}", cause = .0.cause)]
    Unavailable(#[from] Unavailable),
}

impl TrainError {
    /// Returns whether a retry with the same event may succeed although nobody changes anything.
    pub fn may_succeed_on_retry(&self, run: &Run) -> bool {
        match self {
            // A training limits itself to the time it has, so running out of time was bad luck. An import is as slow at
            // each try: its duration depends only on its file. If imports were retried, an upload could cause three
            // invocations of fifteen minutes.
            Self::OutOfTime | Self::Aborted => run.trigger.is_training(),
            Self::RunTaken(_) | Self::Contended(_) | Self::NumberTaken(_) | Self::Unavailable(_) => true,
            // An invalid data set, settings, file or event stays invalid.
            Self::Request(_)
            | Self::Invocation(_)
            | Self::Table { .. }
            | Self::Unprepared { .. }
            | Self::Settings { .. }
            | Self::Drift { .. }
            | Self::Plan(_)
            | Self::Gate(_)
            | Self::Learning(_)
            | Self::NotIncoming { .. }
            | Self::Incoming(_)
            | Self::TooLargeToImport { .. }
            | Self::Import { .. }
            | Self::Answers { .. }
            | Self::SwappedLabels { .. }
            | Self::Evaluation(_)
            | Self::Manifest(_)
            | Self::FailedBefore(_)
            | Self::NoSuchVersion(_)
            | Self::NoCheckpoint(_)
            | Self::TooManyPauses(_)
            | Self::CannotServe { .. }
            | Self::NotAudited
            | Self::NotChanged(_)
            | Self::UnreadableRecord(_) => false,
        }
    }

    /// Returns the fixed name of this kind of error for the log, such as `InvalidTable`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "InvalidRequest",
            Self::Invocation(_) => "InvalidInvocation",
            Self::Table { .. } | Self::Unprepared { .. } => "InvalidTable",
            Self::Settings { .. } | Self::Gate(_) => "InvalidSettings",
            Self::Drift { .. } => "DatasetDrifted",
            Self::Plan(_) => "InvalidHyperparameters",
            Self::Learning(LearningError::TooLarge(_)) => "InvalidTable",
            Self::Learning(_) | Self::Evaluation(_) => "LearningFailed",
            Self::NotIncoming { .. }
            | Self::Incoming(_)
            | Self::TooLargeToImport { .. }
            | Self::Import { .. }
            | Self::Answers { .. }
            | Self::SwappedLabels { .. } => "InvalidImport",
            Self::OutOfTime => "OutOfTime",
            Self::Aborted => "Aborted",
            Self::RunTaken(_) => "RunTaken",
            Self::FailedBefore(_) => "FailedBefore",
            Self::Contended(_) => "Contended",
            Self::NumberTaken(_) => "NumberTaken",
            Self::Manifest(_) => "InvalidManifest",
            Self::NoSuchVersion(_) => "NoSuchVersion",
            Self::NoCheckpoint(_) => "NoCheckpoint",
            Self::TooManyPauses(_) => "TooManyPauses",
            Self::CannotServe { .. } => "CannotServe",
            Self::NotAudited => "NotAudited",
            Self::NotChanged(_) => "NotChanged",
            Self::UnreadableRecord(_) => "UnreadableRecord",
            Self::Unavailable(_) => "Unavailable",
        }
    }
}

/// Displays `data set NAME: ` and the error. Leaves the name out if the error's text already contains it.
struct Located<'a, E>(&'a str, &'a E);

impl<E: fmt::Display> fmt::Display for Located<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(origin, error) = self;
        let words = error.to_string();
        if !words.contains(origin) {
            write!(formatter, "data set {origin}: ")?;
        }
        formatter.write_str(&words)
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

impl From<StoreError> for TrainError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(key) => Self::NumberTaken(key),
            StoreError::Unavailable(error) => Self::Unavailable(error),
        }
    }
}

impl From<IncomingError> for TrainError {
    fn from(error: IncomingError) -> Self {
        match error {
            IncomingError::Unavailable(error) => Self::Unavailable(error),
            error => Self::Incoming(error),
        }
    }
}

impl From<TrainError> for Diagnostic {
    fn from(error: TrainError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: cut(error.to_string()) }
    }
}

/// Cuts an error text to `MAX_REASON` characters.
pub(crate) fn cut(words: String) -> String {
    evergreen_lifecycle::text::shortened(&words, MAX_REASON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_failure_has_a_bounded_length() {
        let error = TrainError::NotIncoming { key: "ü".repeat(100_000), prefix: "incoming/iris/".into() };
        let diagnostic = Diagnostic::from(error);
        assert_eq!(diagnostic.error_type, "InvalidImport");
        assert_eq!(diagnostic.error_message.chars().count(), MAX_REASON + 1);
        assert!(diagnostic.error_message.ends_with('…'));
    }
}
