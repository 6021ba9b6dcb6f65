//! The types of stored records as the first release defined them. Do not change them. If these types cannot read an
//! item, the first release fails after a rollback.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct FirstReleaseRun {
    id: String,
    model: String,
    attempt: u32,
    invocation: String,
    trigger: FirstReleaseTrigger,
    code_version: String,
    started_at: Timestamp,
    lease_until: Timestamp,
    dataset: Option<FirstReleaseDataset>,
    seed: Option<u64>,
    parameters: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    search: Option<FirstReleaseSearchSummary>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    imported: Option<FirstReleaseImported>,
    metrics: Option<FirstReleaseRunMetrics>,
    #[serde(flatten)]
    state: FirstReleaseRunState,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(dead_code)]
enum FirstReleaseTrigger {
    Schedule { scheduled_at: Option<Timestamp> },
    Manual { note: Option<String> },
    Import { key: String, note: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
#[allow(dead_code)]
enum FirstReleaseRunState {
    Running,
    Succeeded { finished_at: Timestamp, version: u32, reason: String },
    Rejected { finished_at: Timestamp, version: u32, reason: String },
    Failed { finished_at: Timestamp, reason: String },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum FirstReleaseRunMetrics {
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
pub struct FirstReleaseChampion {
    revision: u32,
    promoted_at: Timestamp,
    previous: Option<u32>,
    version: FirstReleaseVersion,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct FirstReleaseVersion {
    number: u32,
    run_id: String,
    artifact: FirstReleaseArtifact,
    manifest_key: String,
    trained_at: Timestamp,
    code_version: String,
    dataset: FirstReleaseDataset,
    seed: u64,
    #[serde(default)]
    family: FirstReleaseFamily,
    parameters: BTreeMap<String, Value>,
    #[serde(default)]
    search: Option<FirstReleaseSearchSummary>,
    #[serde(default)]
    imported: Option<FirstReleaseImported>,
    #[serde(alias = "training_accuracy")]
    training_score: f64,
    evaluation: FirstReleaseEvaluation,
    durations: FirstReleaseDurations,
    decision: FirstReleaseDecision,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseArtifact {
    key: String,
    sha256: String,
    size: u64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseImported {
    key: String,
    sha256: String,
    size: u64,
    producer: String,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseDataset {
    source: String,
    fingerprint: String,
    rows: usize,
    columns: Vec<String>,
    target: String,
    #[serde(default)]
    task: FirstReleaseTask,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FirstReleaseTask {
    #[default]
    Classification,
    Regression,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FirstReleaseFamily {
    #[default]
    RandomForest,
    GradientBoosting,
    Linear,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FirstReleasePrimaryMetric {
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
struct FirstReleaseSearchSummary {
    metric: FirstReleasePrimaryMetric,
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
enum FirstReleaseEvaluation {
    Classification(Box<FirstReleaseClassificationEvaluation>),
    Regression(FirstReleaseRegressionEvaluation),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseClassificationEvaluation {
    rows: usize,
    accuracy: f64,
    balanced_accuracy: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    log_loss: f64,
    roc_auc: Option<f64>,
    confusion: Vec<Vec<usize>>,
    per_class: Vec<FirstReleaseClassEvaluation>,
    #[serde(default)]
    binary: Option<FirstReleaseBinaryEvaluation>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseClassEvaluation {
    label: FirstReleaseLabel,
    support: usize,
    precision: f64,
    recall: f64,
    f1: f64,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum FirstReleaseLabel {
    Boolean(bool),
    Integer(i64),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseBinaryEvaluation {
    positive: FirstReleaseLabel,
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
struct FirstReleaseRegressionEvaluation {
    rows: usize,
    rmse: f64,
    mae: f64,
    median_absolute_error: f64,
    r2: f64,
    interval: FirstReleaseIntervalEvaluation,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseIntervalEvaluation {
    level: f64,
    coverage: f64,
    width: f64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseDurations {
    load: f64,
    fit: f64,
    evaluate: f64,
    total: f64,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct FirstReleaseDecision {
    verdict: FirstReleaseVerdict,
    #[serde(default)]
    metric: FirstReleasePrimaryMetric,
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
    test: Option<FirstReleasePairedTest>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FirstReleaseVerdict {
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
enum FirstReleasePairedTest {
    Mcnemar { challenger_only: usize, champion_only: usize, p_value: f64 },
    Bootstrap { difference: f64, lower: f64, upper: f64, p_value: f64 },
}
