//! What the rest of the world is told of a run.

use evergreen_lifecycle::ports::Registration;
use evergreen_lifecycle::{EventKind, LifecycleEvent, Run};

/// That training made a version, and what the gate said of it.
pub fn of_registration(registration: &Registration) -> [LifecycleEvent; 2] {
    let judged = if registration.promotion.is_some() { EventKind::ModelPromoted } else { EventKind::ModelRejected };
    [EventKind::TrainingSucceeded, judged].map(|kind| LifecycleEvent {
        kind,
        model: registration.run.model.clone(),
        run_id: registration.run.id.clone(),
        version: Some(registration.version.number),
        metrics: registration.run.metrics,
        reason: registration.version.decision.to_string(),
        decision: Some(registration.version.decision.clone()),
    })
}

/// That training made no version.
pub fn of_failure(run: &Run) -> LifecycleEvent {
    LifecycleEvent {
        kind: EventKind::TrainingFailed,
        model: run.model.clone(),
        run_id: run.id.clone(),
        version: None,
        metrics: run.metrics,
        reason: run.reason().unwrap_or_default().to_owned(),
        decision: None,
    }
}
