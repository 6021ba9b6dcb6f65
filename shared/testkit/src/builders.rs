//! Test helpers that create training runs, model versions and champions with plausible content. A test only changes the
//! fields that it needs.

use evergreen_lifecycle::ports::Registration;
use evergreen_lifecycle::rollout::{PromotionMode, Rollout, RolloutPlan};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, Artifact, AuditEntry, AuditedAction, Champion, Change, ClassEvaluation,
    ClassificationEvaluation, Dataset, Decision, Durations, Edit, Evaluation, Family, Gate, Incumbent, PrimaryMetric,
    Run, RunId, RunMetrics, RunState, Scores, Task, Trigger, Version, VersionNumber, time,
};
use jiff::{SignedDuration, Timestamp};

/// Test helper: parses a time in RFC 3339 format.
///
/// # Panics
/// Panics if the text is not a valid time.
pub fn moment(text: &str) -> Timestamp {
    match text.parse() {
        Ok(moment) => moment,
        Err(error) => panic!("{text:?} is no moment: {error}"),
    }
}

/// Test helper: returns a training run whose first attempt is running. The run's identifier is made from `token`.
///
/// # Panics
/// Panics if the token is not valid in the identifier of a training run.
pub fn run(token: &str, started_at: Timestamp) -> Run {
    let Ok(id) = RunId::requested(token) else { panic!("{token:?} is no token") };
    Run {
        id,
        model: model(),
        attempt: 1,
        invocation: format!("invocation-{token}"),
        tries: 1,
        trigger: Trigger::Manual { note: None },
        code_version: "test".into(),
        started_at,
        lease_until: started_at + SignedDuration::from_mins(15),
        dataset: None,
        seed: None,
        parameters: None,
        search: None,
        warnings: Vec::new(),
        imported: None,
        rescored: None,
        metrics: None,
        progress: None,
        state: RunState::Running,
    }
}

/// Test helper: returns a finished training run that made the model version `version`.
pub fn finished_run(token: &str, started_at: Timestamp, version: &Version) -> Run {
    let (finished_at, number) = (started_at + SignedDuration::from_secs(10), version.number);
    let reason = version.decision.to_string();
    // The decision in `version` says whether the gate promoted or refused the version.
    let state = if version.decision.promotes() {
        RunState::Succeeded { finished_at, version: number, reason }
    } else {
        RunState::Rejected { finished_at, version: number, reason }
    };
    let metrics = RunMetrics::of(&version.evaluation, version.training_score, version.durations.total);
    Run {
        dataset: Some(version.dataset.clone()),
        seed: Some(version.seed),
        parameters: Some(version.parameters.clone()),
        metrics: Some(metrics),
        state,
        ..run(token, started_at)
    }
}

/// Test helper: returns a model version with the given accuracy. The gate promotes the version if the accuracy is at
/// least 0.9.
///
/// # Panics
/// Panics if `number` is 0.
pub fn version(number: u32, accuracy: f64, trained_at: Timestamp) -> Version {
    let Some(number) = VersionNumber::new(number) else { panic!("versions begin at 1") };
    let key = number.object_key(&model(), "model.onnx");
    Version {
        number,
        run_id: run(&format!("v{number}"), trained_at).id,
        artifact: Artifact { key, sha256: "0".repeat(64), size: 26_000 },
        manifest_key: number.object_key(&model(), "manifest.json"),
        trained_at,
        code_version: "test".into(),
        dataset: dataset(),
        seed: 42,
        family: Family::RandomForest,
        parameters: [("n_estimators".to_owned(), 100.into()), ("max_depth".to_owned(), 12.into())].into(),
        search: None,
        imported: None,
        training_score: 1.0,
        evaluation: evaluation(accuracy),
        durations: Durations { load: 0.001, fit: 0.1, evaluate: 0.01, total: 0.5 },
        // There is no champion to compare with, so the version only needs the minimum accuracy of 0.9.
        decision: decision(accuracy),
        promotion: PromotionMode::Direct,
    }
}

// There are 30 rows. Precision and all other shares equal the accuracy.
/// Test helper: returns the evaluation of a classifier for three plant species, with the given accuracy.
pub fn evaluation(accuracy: f64) -> Evaluation {
    let class = |label: &str| ClassEvaluation {
        label: label.into(),
        support: 10,
        precision: accuracy,
        recall: accuracy,
        f1: accuracy,
    };
    Evaluation::Classification(ClassificationEvaluation {
        rows: 30,
        accuracy,
        balanced_accuracy: accuracy,
        precision: accuracy,
        recall: accuracy,
        f1: accuracy,
        log_loss: 0.2,
        roc_auc: Some(accuracy),
        mcc: None,
        confusion: vec![vec![10, 0, 0], vec![0, 10, 0], vec![0, 0, 10]],
        per_class: ["setosa", "versicolor", "virginica"].map(class).to_vec(),
        binary: None,
    })
}

/// Test helper: returns the first champion, with the given model version.
pub fn champion(version: Version) -> Champion {
    // The promotion has the same time as the end of the training.
    let promoted_at = version.trained_at;
    Champion::succeeding(None, version, promoted_at)
}

/// Test helper: returns a rollout of `challenger` beside `champion`, in the shadow stage. Its stages have 10 and 50 percent
/// and last an hour. It began when the challenger was trained.
///
/// # Panics
/// Does not panic: the plan is valid.
pub fn rollout(champion: &Champion, challenger: Version) -> Rollout {
    let Ok(plan) = RolloutPlan::new(vec![10, 50], 60) else { panic!("the plan is valid") };
    let at = challenger.trained_at;
    Rollout::beginning(None, (champion.version.number, champion.revision), challenger, plan, at)
}

// If the decision in `version` promotes the version, it replaces the champion `seen`. `None` means that there is no
// champion yet.
/// Test helper: returns the data for registering the model version `version`, which the training run `run` made.
pub fn registration(run: Run, version: Version, seen: Option<&Champion>) -> Registration {
    let finished = finished_run("ignored", run.started_at, &version);
    let promotion =
        version.decision.promotes().then(|| Champion::succeeding(seen, version.clone(), version.trained_at));
    Registration {
        run: Run { state: finished.state, metrics: finished.metrics, ..run },
        version,
        promotion,
        rollout: None,
        seen_revision: Champion::revision_of(seen),
        artifact: None,
        announcements: Vec::new(),
    }
}

/// Test helper: returns the audit entry of a change that an administrator made at `at`. Entries of one moment differ in
/// the subject.
pub fn audit_entry(action: AuditedAction, subject: &str, at: Timestamp) -> AuditEntry {
    AuditEntry {
        id: format!("{}-{subject}", at.as_millisecond()).replace(' ', "-"),
        at,
        actor: Actor::new(ActorKind::Iam, "arn:aws:iam::123456789012:role/admin"),
        action,
        subject: subject.to_owned(),
        reason: Some("a test".into()),
        details: std::collections::BTreeMap::new(),
    }
}

/// Test helper: returns a change with one edit, the audit entry `entry`, an event that reports it, and no key.
pub fn change(edit: Edit, entry: AuditEntry) -> Change {
    let event = Announcement {
        key: format!("{}#9#{}", time::format(entry.at), entry.id),
        kind: "RegistryChanged".into(),
        detail: serde_json::json!({"id": entry.id}).to_string(),
    };
    Change { edits: vec![edit], entry, announcements: vec![event], key: None }
}

fn model() -> evergreen_lifecycle::ModelName {
    match "iris".parse() {
        Ok(model) => model,
        Err(error) => panic!("{error}"),
    }
}

fn dataset() -> Dataset {
    Dataset {
        source: "built-in".into(),
        fingerprint: "f".repeat(64),
        rows: 150,
        columns: ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
            .map(String::from)
            .to_vec(),
        target: "variety".into(),
        task: Task::Classification,
        feedback: None,
    }
}

fn decision(accuracy: f64) -> Decision {
    match Gate::new(PrimaryMetric::Accuracy, Some(0.9), 0.0) {
        Ok(gate) => {
            let scores = Scores { score: accuracy, losses: Vec::new(), headline: accuracy };
            gate.decide(&scores, None, &Incumbent::None)
        }
        Err(error) => panic!("{error}"),
    }
}
