//! Why a run made no version.

use std::fmt;

use evergreen_learning::drift::DriftError;
use evergreen_learning::{EvaluationError, LearningError, PlanError, PrepareError};
use evergreen_lifecycle::ports::{IncomingError, RunWriteError, StoreError, Unavailable};
use evergreen_lifecycle::{InvalidGate, InvalidRunId, Run, RunId, Unreadable, VersionNumber};
use evergreen_scoring::ImportError;
use evergreen_table::{SettingsError, TableError};
use lambda_runtime::Diagnostic;

use crate::request::RequestError;
use crate::stored::Defect;

/// Characters of a failure's words that are recorded, announced and answered, at most: a table's error may name all its
/// columns.
const MAX_REASON: usize = 2000;

/// Why a run made no version. The champion serves on, whatever it is.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The event is no request for a run.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The platform's identity of the invocation cannot stand in a key.
    #[error(transparent)]
    Invocation(#[from] InvalidRunId),
    /// The table cannot be learnt from.
    #[error("{}", Located(.origin, .error))]
    Table {
        /// `built-in`, the key of the only file, or the prefix of many.
        origin: String,
        /// What is wrong, and where.
        #[source]
        error: Box<TableError>,
    },
    /// The table cannot be split, or its columns make no features.
    #[error("{}", Located(.origin, .error))]
    Unprepared {
        /// As of [`TrainError::Table`].
        origin: String,
        /// What is wrong.
        #[source]
        error: PrepareError,
    },
    /// The settings beside the table are none. The error begins with their file's name.
    #[error("{prefix}{error}")]
    Settings {
        /// The prefix under which they lie.
        prefix: String,
        /// What is wrong with them.
        #[source]
        error: SettingsError,
    },
    /// The table is no longer one that the champion could be asked about.
    #[error("dataset {origin}: {error}")]
    Drift {
        /// `built-in` or the prefix of its files.
        origin: String,
        /// Which column changed, and how to accept that.
        #[source]
        error: DriftError,
    },
    /// The event or the settings ask for a model that there cannot be.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The settings ask for a gate that there cannot be.
    #[error("dataset.toml: {0}")]
    Gate(#[from] InvalidGate),
    /// The fit gave nothing that could be stored.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// The event names a file that is none of those that may be imported.
    #[error("{key:?} is no model file to import; expected a key that begins with {prefix:?} and ends with \".onnx\"")]
    NotIncoming {
        /// What it names.
        key: String,
        /// Where model files are put.
        prefix: String,
    },
    /// The model file is gone, too large or another one by now.
    #[error(transparent)]
    Incoming(IncomingError),
    /// The model file would not fit into memory.
    #[error(
        "{key}: reading a model file of this size needs about {} MB of memory, {} MB are allowed; give the function more \
         memory, or export a smaller model", .needed.div_ceil(1_000_000), .memory / 1_000_000
    )]
    TooLargeToImport {
        /// Its key.
        key: String,
        /// Bytes that it needs.
        needed: u64,
        /// Bytes that may be used.
        memory: u64,
    },
    /// The model file is none that can be served.
    #[error("{key}: {error}")]
    Import {
        /// Its key.
        key: String,
        /// What is wrong with it.
        #[source]
        error: Box<ImportError>,
    },
    /// What was learnt cannot be scored by the gate's metric.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The run would not have ended before the platform ends the invocation.
    #[error("training did not end within the invocation's time")]
    OutOfTime,
    /// The fit ended abnormally.
    #[error("training ended abnormally")]
    Aborted,
    /// The run is in other hands.
    #[error("run {0} is in other hands")]
    RunTaken(RunId),
    /// This invocation failed for good before; the platform tries it again all the same.
    #[error("{0}")]
    FailedBefore(String),
    /// Other trainings changed the champion again and again while the gate decided, until time ran out.
    #[error("the champion changed {0} times while the gate decided, until the invocation's time was over")]
    Contended(u32),
    /// An object of another attempt stands where this one was to store its own.
    #[error(
        "{0} is another attempt's object: the version number is taken, by another registry that uses the bucket perhaps"
    )]
    NumberTaken(String),
    /// The manifest or an event has no JSON form.
    #[error("the manifest or an event has no JSON form: {0}")]
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
    /// A newer release has written a record that this one would have to go on from.
    #[error("{0}; deploy the release that wrote it, or a newer one")]
    UnreadableRecord(#[from] Unreadable),
    /// Something outside did not answer.
    #[error("{0}: {cause}", cause = .0.cause)]
    Unavailable(#[from] Unavailable),
}

impl TrainError {
    /// Whether the same event may end well a minute later, without anybody's doing. A table, settings, file or event that is
    /// wrong stays wrong; so does whatever follows from them alone.
    ///
    /// A training learns as long as it has time, so that only bad luck ends it otherwise. What an import takes follows from
    /// its file: one that took too long would do so again, and three times fifteen minutes are not for everybody who may put
    /// a file into the bucket.
    pub fn can_heal(&self, run: &Run) -> bool {
        match self {
            Self::OutOfTime | Self::Aborted => run.trigger.is_training(),
            Self::RunTaken(_) | Self::Contended(_) | Self::NumberTaken(_) | Self::Unavailable(_) => true,
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
            | Self::Evaluation(_)
            | Self::Manifest(_)
            | Self::FailedBefore(_)
            | Self::NoSuchVersion(_)
            | Self::CannotServe { .. }
            | Self::UnreadableRecord(_) => false,
        }
    }

    /// A stable name of the kind of failure, for logs and for whoever reads the diagnostics.
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
            Self::NotIncoming { .. } | Self::Incoming(_) | Self::TooLargeToImport { .. } | Self::Import { .. } => {
                "InvalidImport"
            }
            Self::OutOfTime => "OutOfTime",
            Self::Aborted => "Aborted",
            Self::RunTaken(_) => "RunTaken",
            Self::FailedBefore(_) => "FailedBefore",
            Self::Contended(_) => "Contended",
            Self::NumberTaken(_) => "NumberTaken",
            Self::Manifest(_) => "InvalidManifest",
            Self::NoSuchVersion(_) => "NoSuchVersion",
            Self::CannotServe { .. } => "CannotServe",
            Self::UnreadableRecord(_) => "UnreadableRecord",
            Self::Unavailable(_) => "Unavailable",
        }
    }
}

/// What is wrong with a table, after the table's name where the words do not hold it themselves.
struct Located<'a, E>(&'a str, &'a E);

impl<E: fmt::Display> fmt::Display for Located<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(origin, error) = self;
        let words = error.to_string();
        if !words.contains(origin) {
            write!(formatter, "dataset {origin}: ")?;
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

/// The words, cut where they are too long to be read.
pub(crate) fn cut(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(MAX_REASON) {
        words.truncate(end);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_answered_in_words_of_bounded_length() {
        let error = TrainError::NotIncoming { key: "ü".repeat(100_000), prefix: "incoming/iris/".into() };
        let diagnostic = Diagnostic::from(error);
        assert_eq!(diagnostic.error_type, "InvalidImport");
        assert_eq!(diagnostic.error_message.chars().count(), MAX_REASON + 1);
        assert!(diagnostic.error_message.ends_with('…'));
    }
}
