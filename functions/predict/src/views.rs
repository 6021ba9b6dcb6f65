//! JSON bodies of the answers about the champion.

use evergreen_http::{RowSchema, maybe_moment, moment};
use evergreen_lifecycle::{
    Dataset, Decision, Evaluation, Family, Imported, ModelName, Parameters, Pointer, RunId, SearchSummary, Signature,
    Task, Version, VersionNumber,
};
use evergreen_scoring::Model;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::champion::ConfirmedChampion;

/// JSON answer to `GET /health` while a champion is loaded. The endpoint needs no API key.
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
    /// Creates the answer to `GET /health` from the champion in memory.
    pub fn new(model: &'a ModelName, confirmed: &'a ConfirmedChampion) -> Self {
        Self {
            status: "ok",
            model,
            version: confirmed.champion.pointer().number,
            loaded_at: confirmed.champion.loaded_at(),
            checked_at: confirmed.confirmed_at,
        }
    }
}

/// JSON answer to `GET /version`: the champion's version number, and since when that version is the champion.
#[derive(Debug, Serialize)]
pub struct VersionView<'a> {
    model: &'a ModelName,
    version: VersionNumber,
    /// Time at which this model version became the champion. `None` if a newer release of the software wrote the time
    /// and this release cannot read it.
    #[serde(serialize_with = "maybe_moment")]
    promoted_at: Option<Timestamp>,
}

impl<'a> VersionView<'a> {
    /// Creates the answer to `GET /version` for the model version that `pointer` names.
    pub fn new(model: &'a ModelName, pointer: &Pointer) -> Self {
        Self { model, version: pointer.number, promoted_at: pointer.promoted_at() }
    }
}

/// JSON answer to `GET /model`: everything that the function knows about the champion.
#[derive(Debug, Serialize)]
pub struct ModelView<'a> {
    model: &'a ModelName,
    version: VersionNumber,
    previous_version: Option<VersionNumber>,
    #[serde(serialize_with = "maybe_moment")]
    trained_at: Option<Timestamp>,
    #[serde(serialize_with = "maybe_moment")]
    promoted_at: Option<Timestamp>,
    signature: &'a Signature,
    /// Decision threshold of a classifier with two labels. The model answers the second label if its probability is
    /// above this number. `None` for other models.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    /// For each label, the factor by which the model multiplies the label's probability before it chooses a label.
    /// `None` if all labels count the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    label_weights: Option<&'a [f32]>,
    row_schema: RowSchema<'a>,
    artifact: ArtifactView<'a>,
    #[serde(flatten)]
    record: Option<RecordView<'a>>,
    /// Why the answer lacks fields: a newer release of the software wrote the registry record, and this release cannot
    /// read it. `None` if no field is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// Fields of `GET /model` that come from the registry's record of the model version.
#[derive(Debug, Serialize)]
struct RecordView<'a> {
    run_id: &'a RunId,
    code_version: &'a str,
    metrics: Metrics<'a>,
    family: Family,
    parameters: &'a Parameters,
    search: Option<&'a SearchSummary>,
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    imported: Option<&'a Imported>,
    dataset: &'a Dataset,
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
    /// Creates the answer to `GET /model`. `pointer` is the registry record of the champion, and `loaded` is the
    /// champion's model.
    pub fn new(model: &'a ModelName, pointer: &'a Pointer, loaded: &'a Model) -> Self {
        let signature = loaded.signature();
        Self {
            model,
            version: pointer.number,
            previous_version: pointer.previous(),
            trained_at: pointer.trained_at(),
            promoted_at: pointer.promoted_at(),
            signature,
            threshold: loaded.threshold(),
            label_weights: loaded.label_weights(),
            row_schema: RowSchema(signature.columns()),
            artifact: ArtifactView { sha256: &pointer.artifact.sha256, size: pointer.artifact.size },
            record: pointer.champion().map(|champion| RecordView::of(&champion.version)),
            unreadable: pointer.unreadable().map(ToString::to_string),
        }
    }
}

impl<'a> RecordView<'a> {
    fn of(version: &'a Version) -> Self {
        Self {
            run_id: &version.run_id,
            code_version: &version.code_version,
            metrics: Metrics::of(&version.evaluation, version.training_score),
            family: version.family,
            parameters: &version.parameters,
            search: version.search.as_ref(),
            seed: version.imported.is_none().then_some(version.seed),
            imported: version.imported.as_ref(),
            dataset: &version.dataset,
            gate: GateView { decision: &version.decision, reason: &version.decision },
        }
    }
}

fn text<S: Serializer>(decision: &&Decision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decision)
}
