//! The record types as the first release defined them. Do not change them. If they cannot read an item, that release
//! fails after a rollback.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Run {
    id: String,
    model: String,
    attempt: u32,
    invocation: String,
    trigger: Trigger,
    code_version: String,
    started_at: Timestamp,
    lease_until: Timestamp,
    dataset: Option<Dataset>,
    seed: Option<u64>,
    parameters: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    search: Option<SearchSummary>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    imported: Option<Imported>,
    metrics: Option<RunMetrics>,
    #[serde(flatten)]
    state: RunState,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code)]
enum Trigger {
    Schedule { scheduled_at: Option<Timestamp> },
    Manual { note: Option<String> },
    Import { key: String, note: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
#[allow(dead_code)]
enum RunState {
    Running,
    Succeeded { finished_at: Timestamp, version: u32, reason: String },
    Rejected { finished_at: Timestamp, version: u32, reason: String },
    Failed { finished_at: Timestamp, reason: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum RunMetrics {
    Classification {
        training_accuracy: f64,
        accuracy: f64,
        balanced_accuracy: f64,
        f1: f64,
        log_loss: f64,
        roc_auc: Option<f64>,
        duration: f64,
    },
    Regression {
        training_r2: f64,
        r2: f64,
        rmse: f64,
        mae: f64,
        median_absolute_error: f64,
        duration: f64,
    },
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Champion {
    revision: u32,
    promoted_at: Timestamp,
    previous: Option<u32>,
    version: Version,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Version {
    number: u32,
    run_id: String,
    artifact: Artifact,
    manifest_key: String,
    trained_at: Timestamp,
    code_version: String,
    dataset: Dataset,
    seed: u64,
    #[serde(default)]
    family: Family,
    parameters: BTreeMap<String, Value>,
    #[serde(default)]
    search: Option<SearchSummary>,
    #[serde(default)]
    imported: Option<Imported>,
    #[serde(alias = "training_accuracy")]
    training_score: f64,
    evaluation: Evaluation,
    durations: Durations,
    decision: Decision,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Artifact {
    key: String,
    sha256: String,
    size: u64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Imported {
    key: String,
    sha256: String,
    size: u64,
    producer: String,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Dataset {
    source: String,
    fingerprint: String,
    rows: usize,
    columns: Vec<String>,
    target: String,
    #[serde(default)]
    task: Task,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    #[default]
    Classification,
    Regression,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    #[default]
    RandomForest,
    GradientBoosting,
    Linear,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PrimaryMetric {
    #[default]
    Accuracy,
    BalancedAccuracy,
    LogLoss,
    BrierScore,
    R2,
    Rmse,
    Mae,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct SearchSummary {
    metric: PrimaryMetric,
    folds: usize,
    planned: usize,
    tried: usize,
    score: Option<f64>,
    seconds: f64,
    budget_seconds: f64,
    cut_short: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Evaluation {
    Classification(Box<ClassificationEvaluation>),
    Regression(RegressionEvaluation),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct ClassificationEvaluation {
    rows: usize,
    accuracy: f64,
    balanced_accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    log_loss: f64,
    roc_auc: Option<f64>,
    confusion: Vec<Vec<usize>>,
    per_class: Vec<ClassEvaluation>,
    #[serde(default)]
    binary: Option<BinaryEvaluation>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct ClassEvaluation {
    label: Label,
    support: usize,
    precision: f64,
    recall: f64,
    f1: f64,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Label {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct BinaryEvaluation {
    positive: Label,
    threshold: f64,
    true_positives: usize,
    false_positives: usize,
    true_negatives: usize,
    false_negatives: usize,
    average_precision: Option<f64>,
    brier_score: f64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct RegressionEvaluation {
    rows: usize,
    rmse: f64,
    mae: f64,
    median_absolute_error: f64,
    r2: f64,
    interval: IntervalEvaluation,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct IntervalEvaluation {
    level: f64,
    coverage: f64,
    width: f64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Durations {
    load: f64,
    fit: f64,
    evaluate: f64,
    total: f64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Decision {
    verdict: Verdict,
    #[serde(default)]
    metric: PrimaryMetric,
    #[serde(alias = "accuracy")]
    score: f64,
    #[serde(alias = "champion_accuracy")]
    champion_score: Option<f64>,
    champion_version: Option<u32>,
    #[serde(default)]
    same_table: Option<bool>,
    floor: Option<f64>,
    tolerance: f64,
    #[serde(default)]
    test: Option<PairedTest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    FirstChampion,
    NotWorse,
    ChampionIncomparable,
    ChampionUnreadable,
    BelowFloor,
    WorseThanChampion,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code)]
enum PairedTest {
    Mcnemar { challenger_only: usize, champion_only: usize, p_value: f64 },
    Bootstrap { difference: f64, lower: f64, upper: f64, p_value: f64 },
}
