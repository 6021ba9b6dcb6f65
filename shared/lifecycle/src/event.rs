//! The events that report changes of a model, such as a promotion or a failed training run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Champion, Decision, ModelName, Run, RunId, RunMetrics, Version, VersionNumber, time};

/// Kind of an event about a model. Events of the same time are announced in the order of these kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A run made a model version. The gate may have promoted or refused this version.
    TrainingSucceeded,
    /// A model version became champion.
    ModelPromoted,
    /// The gate refused a model version.
    ModelRejected,
    /// A run ended without making a model version.
    TrainingFailed,
}

impl EventKind {
    /// Returns the event's detail type on the EventBridge bus, such as `ModelPromoted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrainingSucceeded => "TrainingSucceeded",
            Self::ModelPromoted => "ModelPromoted",
            Self::ModelRejected => "ModelRejected",
            Self::TrainingFailed => "TrainingFailed",
        }
    }
}

/// An event about a model, such as a promotion. Its JSON form is the event's detail on the EventBridge bus. That form
/// leaves out `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifecycleEvent {
    /// Identifies the event. The same event may be announced more than once. A consumer recognizes a repetition by this
    /// id.
    pub id: String,
    /// What happened, such as a promotion or a failed run.
    #[serde(skip)]
    pub kind: EventKind,
    /// When the event happened. It may be announced later.
    #[serde(with = "crate::time")]
    pub occurred_at: Timestamp,
    /// The model that the event is about.
    pub model: ModelName,
    /// The run that the event is about.
    pub run_id: RunId,
    /// The number of the model version that the event is about; `None` if the run made no version.
    pub version: Option<VersionNumber>,
    /// The main metrics of the run; `None` if the run evaluated no model.
    pub metrics: Option<RunMetrics>,
    /// Why the gate promoted or refused the version. For a failed run, the error message. For a promotion by hand,
    /// `promoted by hand` and the person's note.
    pub reason: String,
    /// The gate's decision about the version. `None` if the run made no version, or if a person promoted the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Until when the platform may retry the failed run. `None` if the failure is final, or if no run failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_until: Option<Timestamp>,
}

impl LifecycleEvent {
    /// Creates the two events for a `run` that made `version` and ended at `ended_at`. The first says that the run
    /// succeeded, the second how the gate decided.
    pub fn of_version(run: &Run, version: &Version, ended_at: Timestamp) -> [Self; 2] {
        let judged = if version.decision.promotes() { EventKind::ModelPromoted } else { EventKind::ModelRejected };
        [EventKind::TrainingSucceeded, judged].map(|kind| Self {
            version: Some(version.number),
            reason: version.decision.to_string(),
            decision: Some(version.decision.clone()),
            ..Self::of_run(kind, run, ended_at)
        })
    }

    /// Creates the event for a `run` that failed at `ended_at` without making a version.
    pub fn of_failure(run: &Run, ended_at: Timestamp) -> Self {
        Self { retry_until: run.retry_until(), ..Self::of_run(EventKind::TrainingFailed, run, ended_at) }
    }

    /// Creates the event for a `run` whose current attempt ended without recording a result. The event is true only if
    /// the attempt's time is over and nothing else was recorded.
    pub fn of_loss(run: &Run) -> Self {
        let reason =
            "the attempt ended without recording a result: the platform stopped it, or it ran out of memory or time"
                .to_owned();
        Self { reason, ..Self::of_run(EventKind::TrainingFailed, run, run.lease_until) }
    }

    /// Returns the key of the event in the outbox, the list of events that wait to be announced. Keys sort by time, and
    /// events of the same time sort by kind.
    pub fn outbox_key(&self) -> String {
        format!("{}#{}#{}", time::format(self.occurred_at), self.kind as u8, self.id)
    }

    /// Creates the event for a person's promotion of an earlier version of `model`. If somebody deleted the history, a
    /// revision can occur twice. So the event's id also contains the time.
    pub fn of_promotion(model: ModelName, champion: &Champion, reason: String) -> Self {
        let kind = EventKind::ModelPromoted;
        let at = champion.promoted_at.as_millisecond();
        Self {
            id: format!("{model}/champion-{}-{at}/{}", champion.revision, kind.as_str()),
            kind,
            occurred_at: champion.promoted_at,
            model,
            run_id: champion.version.run_id.clone(),
            version: Some(champion.version.number),
            metrics: None,
            reason,
            decision: None,
            retry_until: None,
        }
    }

    fn of_run(kind: EventKind, run: &Run, occurred_at: Timestamp) -> Self {
        Self {
            id: format!("{}/{}/{}/{}", run.model, run.id, run.attempt, kind.as_str()),
            kind,
            occurred_at,
            model: run.model.clone(),
            run_id: run.id.clone(),
            version: run.version(),
            metrics: run.metrics,
            reason: run.reason().unwrap_or_default().to_owned(),
            decision: None,
            retry_until: None,
        }
    }
}
