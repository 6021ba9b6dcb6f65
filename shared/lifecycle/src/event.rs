//! The events that report changes in a model's lifecycle.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Champion, Decision, ModelName, Run, RunId, RunMetrics, Version, VersionNumber, time};

/// What happened. Events of the same time are announced in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A run made a version, whatever the gate decided.
    TrainingSucceeded,
    /// A version became champion.
    ModelPromoted,
    /// The gate refused a version.
    ModelRejected,
    /// A run made no version.
    TrainingFailed,
}

impl EventKind {
    /// Returns the event's detail type on the bus.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrainingSucceeded => "TrainingSucceeded",
            Self::ModelPromoted => "ModelPromoted",
            Self::ModelRejected => "ModelRejected",
            Self::TrainingFailed => "TrainingFailed",
        }
    }
}

/// An event. Its JSON form, which leaves out `kind`, is the detail on the bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifecycleEvent {
    /// Identifies the event. An event may be announced more than once, and a consumer recognizes a repetition by its
    /// id.
    pub id: String,
    /// What happened.
    #[serde(skip)]
    pub kind: EventKind,
    /// When it happened. The announcement may come later.
    #[serde(with = "crate::time")]
    pub occurred_at: Timestamp,
    /// The model that the event is about.
    pub model: ModelName,
    /// The run that the event is about.
    pub run_id: RunId,
    /// The version that the event is about, if any.
    pub version: Option<VersionNumber>,
    /// The run's main metrics, if the run evaluated a model.
    pub metrics: Option<RunMetrics>,
    /// The gate's explanation or the cause of the failure.
    pub reason: String,
    /// The gate's decision, if the run got that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Until when the platform may retry a failed run; `None` if the failure is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_until: Option<Timestamp>,
}

impl LifecycleEvent {
    /// Creates the two events for a `run` that made `version` and ended at `ended_at`: that it succeeded, and what the
    /// gate decided.
    pub fn of_version(run: &Run, version: &Version, ended_at: Timestamp) -> [Self; 2] {
        let judged = if version.decision.promotes() { EventKind::ModelPromoted } else { EventKind::ModelRejected };
        [EventKind::TrainingSucceeded, judged].map(|kind| Self {
            version: Some(version.number),
            reason: version.decision.to_string(),
            decision: Some(version.decision.clone()),
            ..Self::of_run(kind, run, ended_at)
        })
    }

    /// Creates the event for a `run` that ended at `ended_at` without a version.
    pub fn of_failure(run: &Run, ended_at: Timestamp) -> Self {
        Self { retry_until: run.retry_until(), ..Self::of_run(EventKind::TrainingFailed, run, ended_at) }
    }

    /// Creates the event that the attempt of `run` ended without recording a result. The event is true if the attempt's
    /// time is over and nothing else was recorded.
    pub fn of_loss(run: &Run) -> Self {
        let reason =
            "the attempt ended without recording a result: the platform stopped it, or it ran out of memory or time"
                .to_owned();
        Self { reason, ..Self::of_run(EventKind::TrainingFailed, run, run.lease_until) }
    }

    /// Returns the event's key in the outbox. Keys sort by time, and events of the same time sort by kind.
    pub fn outbox_key(&self) -> String {
        format!("{}#{}#{}", time::format(self.occurred_at), self.kind as u8, self.id)
    }

    /// Creates the event for a person's promotion of an earlier version of `model`. If somebody deleted the history, a
    /// revision can occur twice. So the id also contains the time.
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
