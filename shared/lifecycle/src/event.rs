//! The events that report changes of a model, such as a promotion or a failed training run. docs/EVENTS.md describes
//! their JSON.

mod change;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drift::TableDriftSummary;
use crate::{Champion, Decision, ModelName, Run, RunId, RunMetrics, Version, VersionNumber, time};

// A new optional field is no new version. A field that is renamed, removed or means something else is one.
/// Version of the JSON of all events. Each event has it in the field `schema_version`.
pub const EVENT_SCHEMA: u32 = 1;

// Events with the same time are sent in the order of this enum.
/// Kind of event in a model's life, such as a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A training run or an import made a new model version, which may have been promoted or refused.
    TrainingSucceeded,
    /// A model version became the champion (the version that answers predictions).
    ModelPromoted,
    /// A new model version was refused, so the champion stays.
    ModelRejected,
    /// A training run or an import ended without a new model version.
    TrainingFailed,
    /// A person changed the registry, the schedule, an alarm or the sessions.
    RegistryChanged,
    /// A person asked for a training run, or for the verification of a version.
    TrainingRequested,
    /// A new version passed the gate and does not serve yet: its rollout begins, or it waits for a person.
    ModelPassed,
}

impl EventKind {
    /// All kinds of events, in the order of this enum.
    pub const ALL: [Self; 7] = [
        Self::TrainingSucceeded,
        Self::ModelPromoted,
        Self::ModelRejected,
        Self::TrainingFailed,
        Self::RegistryChanged,
        Self::TrainingRequested,
        Self::ModelPassed,
    ];

    /// Returns the event's detail type on the EventBridge bus, such as `ModelPromoted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrainingSucceeded => "TrainingSucceeded",
            Self::ModelPromoted => "ModelPromoted",
            Self::ModelRejected => "ModelRejected",
            Self::TrainingFailed => "TrainingFailed",
            Self::RegistryChanged => "RegistryChanged",
            Self::TrainingRequested => "TrainingRequested",
            Self::ModelPassed => "ModelPassed",
        }
    }
}

// The JSON is the event's detail. It leaves out `kind`, which is the event's detail type.
/// An event in a model's life, such as a promotion. Sent as JSON to the EventBridge bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifecycleEvent {
    /// Version of the event's JSON, [`EVENT_SCHEMA`].
    pub schema_version: u32,
    /// Unique id of the event. An event that is sent twice has the same id.
    pub id: String,
    /// Kind of the event, such as a promotion or a failed run.
    #[serde(skip)]
    pub kind: EventKind,
    // The event may be sent later.
    /// When the event happened.
    #[serde(with = "crate::time")]
    pub occurred_at: Timestamp,
    /// The model that the event is about.
    pub model: ModelName,
    // For a promotion by hand: the run that made the promoted version.
    /// Id of the training run that the event is about.
    pub run_id: RunId,
    /// Number of the model version that the event is about. `None` if the training run made no version.
    pub version: Option<VersionNumber>,
    /// The main metrics of the run; `None` if the run evaluated no model.
    pub metrics: Option<RunMetrics>,
    // For a promotion by hand: `promoted by hand` and the person's note.
    /// Why the model version was promoted or refused. For a failed run: the error message.
    pub reason: String,
    // `None` if the run made no version, or if a person promoted the version.
    /// The promotion gate's decision on the model version. `None` if there was no decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    // `None` if the failure is final, or if no run failed.
    /// Until when the platform may retry the failed run. `None` if there will be no retry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_until: Option<Timestamp>,
    // Only the event of a success has it.
    /// How the data set differs from that of the champion. `None` if they were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_drift: Option<TableDriftSummary>,
}

impl LifecycleEvent {
    /// Creates the two events for a training run that made a model version: the run's success, and what becomes of the
    /// version. `drift` is the comparison of the run's data set with that of the champion.
    pub fn of_version(
        run: &Run,
        version: &Version,
        drift: Option<TableDriftSummary>,
        ended_at: Timestamp,
    ) -> [Self; 2] {
        let judged = match (version.decision.promotes(), version.is_promoted_at_once()) {
            (true, true) => EventKind::ModelPromoted,
            (true, false) => EventKind::ModelPassed,
            (false, _) => EventKind::ModelRejected,
        };
        [EventKind::TrainingSucceeded, judged].map(|kind| Self {
            version: Some(version.number),
            reason: version.why(),
            decision: Some(version.decision.clone()),
            table_drift: drift.clone().filter(|_| kind == EventKind::TrainingSucceeded),
            ..Self::of_run(kind, run, ended_at)
        })
    }

    /// Creates the event for a training run that failed without making a model version.
    pub fn of_failure(run: &Run, ended_at: Timestamp) -> Self {
        Self { retry_until: run.retry_until(), ..Self::of_run(EventKind::TrainingFailed, run, ended_at) }
    }

    /// Creates the event for a training run that stopped without recording a result, for example out of memory.
    pub fn of_loss(run: &Run) -> Self {
        // Call this only if the attempt's time is over and no result was recorded.
        let reason =
            "the attempt ended without recording a result: the platform stopped it, or it ran out of memory or time"
                .to_owned();
        Self { reason, ..Self::of_run(EventKind::TrainingFailed, run, run.lease_until) }
    }

    /// Returns the key of the event in the outbox, the list of events that wait to be sent.
    pub fn outbox_key(&self) -> String {
        outbox_key(self.occurred_at, self.kind, &self.id)
    }

    /// Creates the event for a promotion by hand: a person made an earlier model version the champion.
    pub fn of_promotion(model: ModelName, champion: &Champion, reason: String) -> Self {
        let kind = EventKind::ModelPromoted;
        let at = champion.promoted_at.as_millisecond();
        Self {
            schema_version: EVENT_SCHEMA,
            // The id contains the revision and the time, because a revision can repeat after somebody deleted the
            // history.
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
            table_drift: None,
        }
    }

    fn of_run(kind: EventKind, run: &Run, occurred_at: Timestamp) -> Self {
        Self {
            schema_version: EVENT_SCHEMA,
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
            table_drift: None,
        }
    }
}

/// Returns the key of an event in the outbox. Keys sort by time; events with the same time sort by kind.
fn outbox_key(occurred_at: Timestamp, kind: EventKind, id: &str) -> String {
    format!("{}#{}#{id}", time::format(occurred_at), kind as u8)
}
