//! The domain types of a model's lifecycle, such as training runs, model versions and the champion.
//!
//! The champion is the model version that answers predictions. The gate is the test that a new version must pass to
//! become champion. This crate also computes the health metrics. It defines the ports, the traits through which the
//! code calls outside services. It does not depend on AWS, an async runtime or a machine learning library.

mod baseline;
pub mod cause;
pub mod champion;
mod checkpoint;
pub mod cost;
mod curves;
pub mod digest;
pub mod drift;
mod evaluation;
mod event;
pub mod feedback;
mod gate;
pub mod health;
pub mod histogram;
mod impact;
pub mod incident;
pub mod journal;
mod learned;
pub mod listing;
pub mod mail_link;
mod manifest;
mod name;
pub mod outbox;
pub mod ports;
mod profile;
pub mod reaction;
pub mod record;
mod retention;
pub mod rollout;
pub mod run;
mod run_id;
pub mod sample;
pub mod schedule;
mod search;
pub mod session;
mod signature;
mod steering;
pub mod text;
pub mod time;
pub mod traffic;
pub mod transfer;
mod verification;
mod version;

pub use baseline::Baseline;
pub use champion::{Champion, ManualPromotion, Pointer};
pub use checkpoint::{read_checkpoint, write_checkpoint};
pub use curves::{
    CalibrationBin, ClassCurve, ClassificationCurves, Curves, MAX_CURVES, PredictedPart, RegressionCurves,
};
pub use evaluation::{
    BinaryEvaluation, ClassEvaluation, ClassificationEvaluation, Dataset, Durations, Evaluation, IntervalEvaluation,
    MAX_CONFUSED_LABELS, MAX_WORST_LABELS, PINBALL_QUANTILE, Parameters, PrimaryMetric, RegressionEvaluation,
};
pub use event::{EVENT_SCHEMA, EventKind, LifecycleEvent};
pub use gate::{
    Advantage, AgainstConstant, Decision, Gate, Incumbent, InvalidGate, MeanLoss, PairedTest, Scores, Verdict,
};
pub use health::{Datum, Metric, MetricSource, MetricValues, Presence, Publication, PublishedMetrics, Unit, Worst};
pub use histogram::{ColumnHistogram, HistogramBin, ValueCount};
pub use impact::{
    AnswerChange, AnswerChanges, ChangedPlace, ComparedRows, Impact, ImpactTally, LabelChange, MAX_LABEL_CHANGES,
    MovingColumn,
};
pub use incident::{AlarmChange, AlarmReport, IncidentRecord};
pub use learned::{LearnedFeedback, LeftOutRows};
pub use manifest::{MANIFEST_FORMAT, Manifest, RecordedOptions};
pub use name::{InvalidModelName, ModelName};
pub use outbox::Announcement;
pub use profile::{ColumnProfile, ColumnRole, DatasetFile, DatasetProfile, SettingsFile};
pub use record::{Record, Unreadable};
pub use retention::{KeepDays, RetentionFacts, RetentionRule, deletable, deletable_runs, oldest_kept};
pub use run::{Admission, Progress, Rescored, Run, RunMetrics, RunStage, RunState, RunStatus, Trigger};
pub use run_id::{InvalidRunId, RunId};
pub use search::{Candidate, Family, HyperparameterError, HyperparameterLimits, SearchSummary, check_hyperparameters};
pub use signature::{
    Code, Column, ColumnKind, DatePart, Label, MAX_LABELS, RowTexts, Signature, SignatureError, Task, is_missing,
    words, write_moment, write_words,
};
pub use steering::{
    Actor, ActorKind, Alias, AliasName, Annotations, AuditEntry, AuditedAction, Change, DraftedChange, Edit,
    InvalidAliasName, MadeChange, ManualSuccession, Mute, PIN, PROTECTED_CHAMPIONS, Protection, RequestKey,
    former_champion, requested_event,
};
pub use verification::{Verification, VerificationOutcome};
pub use version::{Artifact, CheckedAnswers, IMPORTED_FILE, Imported, Version, VersionNumber};
