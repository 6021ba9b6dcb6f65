//! What is shown of the champion and of the runs.

mod schema;

use evergreen_lifecycle::{
    Champion, Dataset, Decision, Evaluation, Family, Imported, ModelName, Parameters, Run, RunId, RunMetrics,
    RunStatus, SearchSummary, Signature, Task, Trigger, VersionNumber, time,
};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use self::schema::RowSchema;
use crate::champion::Standing;

/// What `GET /health` answers while a champion serves; anybody may see it.
#[derive(Debug, Serialize)]
pub struct HealthView<'a> {
    status: &'static str,
    model: &'a ModelName,
    version: VersionNumber,
    #[serde(serialize_with = "moment")]
    loaded_at: Timestamp,
    #[serde(serialize_with = "moment")]
    checked_at: Timestamp,
}

impl<'a> HealthView<'a> {
    /// The health of `model`, as `standing` shows it.
    pub fn new(model: &'a ModelName, standing: &'a Standing) -> Self {
        Self {
            status: "ok",
            model,
            version: standing.serving.champion().version.number,
            loaded_at: standing.serving.loaded_at(),
            checked_at: standing.confirmed_at,
        }
    }
}

/// What `GET /model` answers: all that is known of the version that serves here.
#[derive(Debug, Serialize)]
pub struct ModelView<'a> {
    model: &'a ModelName,
    version: VersionNumber,
    previous_version: Option<VersionNumber>,
    #[serde(serialize_with = "moment")]
    trained_at: Timestamp,
    #[serde(serialize_with = "moment")]
    promoted_at: Timestamp,
    run_id: &'a RunId,
    code_version: &'a str,
    signature: &'a Signature,
    row_schema: RowSchema<'a>,
    metrics: Metrics<'a>,
    family: Family,
    parameters: &'a Parameters,
    search: Option<&'a SearchSummary>,
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Imported>,
    dataset: &'a Dataset,
    artifact: ArtifactView<'a>,
    gate: GateView<'a>,
}

#[derive(Debug, Serialize)]
struct Metrics<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    training_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training_r2: Option<f64>,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

impl<'a> Metrics<'a> {
    fn of(evaluation: &'a Evaluation, training_score: f64) -> Self {
        let of = |task| (evaluation.task() == task).then_some(training_score);
        Self { training_accuracy: of(Task::Classification), training_r2: of(Task::Regression), evaluation }
    }
}

#[derive(Debug, Serialize)]
struct ArtifactView<'a> {
    sha256: &'a str,
    size: u64,
}

#[derive(Debug, Serialize)]
struct GateView<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    #[serde(serialize_with = "text")]
    reason: &'a Decision,
}

impl<'a> ModelView<'a> {
    /// The view of `champion`, which takes and gives what `signature` says.
    pub fn new(model: &'a ModelName, champion: &'a Champion, signature: &'a Signature) -> Self {
        let version = &champion.version;
        Self {
            model,
            version: version.number,
            previous_version: champion.previous,
            trained_at: version.trained_at,
            promoted_at: champion.promoted_at,
            run_id: &version.run_id,
            code_version: &version.code_version,
            signature,
            row_schema: RowSchema(signature.columns()),
            metrics: Metrics::of(&version.evaluation, version.training_score),
            family: version.family,
            parameters: &version.parameters,
            search: version.search.as_ref(),
            seed: version.imported.is_none().then_some(version.seed),
            imported: version.imported.as_ref(),
            dataset: &version.dataset,
            artifact: ArtifactView { sha256: &version.artifact.sha256, size: version.artifact.size },
            gate: GateView { decision: &version.decision, reason: &version.decision },
        }
    }
}

/// What `GET /runs` answers.
#[derive(Debug, Serialize)]
pub struct RunsView<'a> {
    runs: Vec<RunView<'a>>,
}

impl<'a> RunsView<'a> {
    /// The view of `runs`, in their order, as they stand at `now`.
    pub fn new(runs: &'a [Run], now: Timestamp) -> Self {
        Self { runs: runs.iter().map(|run| RunView::new(run, now)).collect() }
    }
}

/// A run in a list.
#[derive(Debug, Serialize)]
pub struct RunView<'a> {
    id: &'a RunId,
    status: RunStatus,
    trigger: &'a Trigger,
    #[serde(serialize_with = "moment")]
    started_at: Timestamp,
    #[serde(serialize_with = "maybe_moment")]
    finished_at: Option<Timestamp>,
    version: Option<VersionNumber>,
    reason: Option<&'a str>,
    parameters: Option<&'a Parameters>,
    search: Option<&'a SearchSummary>,
    metrics: Option<RunMetrics>,
    warnings: &'a [String],
}

impl<'a> RunView<'a> {
    fn new(run: &'a Run, now: Timestamp) -> Self {
        Self {
            id: &run.id,
            status: run.status_at(now),
            trigger: &run.trigger,
            started_at: run.started_at,
            finished_at: run.finished_at(),
            version: run.version(),
            reason: run.reason(),
            parameters: run.parameters.as_ref(),
            search: run.search.as_ref(),
            metrics: run.metrics,
            warnings: &run.warnings,
        }
    }
}

/// What `GET /runs/{id}` answers: a run in a list, and the rest of it.
#[derive(Debug, Serialize)]
pub struct WholeRunView<'a> {
    #[serde(flatten)]
    run: RunView<'a>,
    model: &'a ModelName,
    attempt: u32,
    code_version: &'a str,
    dataset: Option<&'a Dataset>,
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Imported>,
}

impl<'a> WholeRunView<'a> {
    /// The view of `run` as it stands at `now`.
    pub fn new(run: &'a Run, now: Timestamp) -> Self {
        Self {
            run: RunView::new(run, now),
            model: &run.model,
            attempt: run.attempt,
            code_version: &run.code_version,
            dataset: run.dataset.as_ref(),
            seed: run.seed,
            imported: run.imported.as_ref(),
        }
    }
}

fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time::format(*at))
}

fn maybe_moment<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => moment(at, serializer),
        None => serializer.serialize_none(),
    }
}

fn text<S: Serializer>(decision: &&Decision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decision)
}
