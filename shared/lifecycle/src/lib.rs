//! The domain of a model's life: runs, versions, the champion, the gate, freshness, and the ports through which the
//! rest of the world is reached. Nothing here knows AWS, an async runtime or a learning library.

mod baseline;
pub mod champion;
mod evaluation;
mod event;
mod gate;
pub mod health;
mod manifest;
mod name;
pub mod ports;
mod profile;
mod retention;
mod run;
mod run_id;
mod search;
mod signature;
pub mod time;
mod version;

pub use baseline::Baseline;
pub use champion::Champion;
pub use evaluation::{
    BinaryEvaluation, ClassEvaluation, ClassificationEvaluation, Dataset, Durations, Evaluation, IntervalEvaluation,
    Parameters, PrimaryMetric, RegressionEvaluation,
};
pub use event::{EventKind, LifecycleEvent};
pub use gate::{Decision, Gate, Incumbent, InvalidGate, PairedTest, Scores, Verdict};
pub use health::{Datum, Metric, Unit};
pub use manifest::{MANIFEST_FORMAT, Manifest};
pub use name::{InvalidModelName, ModelName};
pub use profile::{ColumnProfile, ColumnRole, DatasetFile, DatasetProfile};
pub use retention::KeepDays;
pub use run::{Admission, Run, RunMetrics, RunState, RunStatus, Trigger};
pub use run_id::{InvalidRunId, RunId};
pub use search::{Candidate, Family, SearchSummary};
pub use signature::{Column, ColumnKind, Label, Signature, SignatureError, Task, is_missing};
pub use version::{Artifact, IMPORTED_FILE, Imported, Version, VersionNumber};
