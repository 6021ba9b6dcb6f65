//! What the rest of the world is told of a model's life.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Champion, Decision, ModelName, Run, RunId, RunMetrics, Version, VersionNumber, time};

/// What happened. Where several are true at once, they are told in this order.
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
    /// One fact has one id. An event may be told more than once: by the id a consumer knows the second telling.
    pub id: String,
    /// What happened.
    #[serde(skip)]
    pub kind: EventKind,
    /// When it happened; it may be told later.
    #[serde(with = "crate::time")]
    pub occurred_at: Timestamp,
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
    /// Until when a failed run may be retried by the platform; absent when the failure is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_until: Option<Timestamp>,
}

impl LifecycleEvent {
    /// That `run`, which has ended at `ended_at`, made `version`, and what the gate said of it.
    pub fn of_version(run: &Run, version: &Version, ended_at: Timestamp) -> [Self; 2] {
        let judged = if version.decision.promotes() { EventKind::ModelPromoted } else { EventKind::ModelRejected };
        [EventKind::TrainingSucceeded, judged].map(|kind| Self {
            version: Some(version.number),
            reason: version.decision.to_string(),
            decision: Some(version.decision.clone()),
            ..Self::of_run(kind, run, ended_at)
        })
    }

    /// That `run` has ended at `ended_at` without a version.
    pub fn of_failure(run: &Run, ended_at: Timestamp) -> Self {
        Self { retry_until: run.retry_until(), ..Self::of_run(EventKind::TrainingFailed, run, ended_at) }
    }

    /// That the attempt of `run` died without a word; true as soon as its time is over and nothing else is on record of it.
    pub fn of_loss(run: &Run) -> Self {
        let reason = "the attempt ended without a word: it was killed, or ran out of memory or time".to_owned();
        Self { reason, ..Self::of_run(EventKind::TrainingFailed, run, run.lease_until) }
    }

    /// Its place among the events that wait to be told: keys sort by when the events happened, and those of one moment by
    /// their kind.
    pub fn outbox_key(&self) -> String {
        format!("{}#{}#{}", time::format(self.occurred_at), self.kind as u8, self.id)
    }

    /// That somebody made an earlier version of `model` champion, for `reason`. A revision can be given twice where somebody
    /// has deleted the history; so the time is a part of the id.
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
