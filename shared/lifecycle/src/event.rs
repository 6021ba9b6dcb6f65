//! What the rest of the world is told of a model's life.

use serde::{Deserialize, Serialize};

use crate::{Decision, ModelName, RunId, RunMetrics, VersionNumber};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A run made a version, whatever the gate said of it.
    TrainingSucceeded,
    /// A version became champion.
    ModelPromoted,
    /// The gate refused a version.
    ModelRejected,
    /// A run made no version.
    TrainingFailed,
}

impl EventKind {
    /// The event's detail type on the bus.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrainingSucceeded => "TrainingSucceeded",
            Self::ModelPromoted => "ModelPromoted",
            Self::ModelRejected => "ModelRejected",
            Self::TrainingFailed => "TrainingFailed",
        }
    }
}

/// One event; its JSON form without `kind` is the detail on the bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifecycleEvent {
    /// What happened.
    #[serde(skip)]
    pub kind: EventKind,
    /// To which model.
    pub model: ModelName,
    /// In which run.
    pub run_id: RunId,
    /// Which version it is about, where there is one.
    pub version: Option<VersionNumber>,
    /// The run's headline figures, where it came that far.
    pub metrics: Option<RunMetrics>,
    /// Why: the gate's sentence, or the failure.
    pub reason: String,
    /// What the gate decided, with the figures that it decided by, where it came that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}
