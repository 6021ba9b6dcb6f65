//! Makes summaries of the records of runs and versions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{RunSummary, VersionSummary};
use crate::text::shortened;
use crate::{Evaluation, PrimaryMetric, Run, RunMetrics, Trigger, Version};

/// Maximum length of a reason in a summary, in characters.
const MAX_REASON: usize = 160;

/// Number of digits of a fingerprint in a summary.
const FINGERPRINT_DIGITS: usize = 12;

/// The name under which summaries hold the score on the training rows.
pub(super) const TRAINING_SCORE: &str = "training_score";

impl RunSummary {
    /// Returns the summary of a run at the time `now`. `version` is the version that the run made, if it made one.
    pub fn of(run: &Run, version: Option<&Version>, now: Timestamp) -> Self {
        let seconds = run.finished_at().map(|end| end.duration_since(run.started_at).as_secs_f64());
        let metrics = match (version, &run.metrics) {
            (Some(version), _) => version_metrics(version),
            (None, Some(metrics)) => run_metrics(metrics),
            (None, None) => BTreeMap::new(),
        };
        Self {
            id: run.id.clone(),
            status: run.status_at(now),
            trigger: trigger(&run.trigger).to_owned(),
            started_at: run.started_at,
            seconds,
            version: run.version(),
            family: version.map(|version| version.family),
            reason: run.reason().map(|reason| shortened(reason, MAX_REASON)),
            metrics,
            dataset: run.dataset.as_ref().map(|dataset| digits(&dataset.fingerprint)),
            code_version: run.code_version.clone(),
        }
    }
}

impl VersionSummary {
    /// Returns the summary of a version that people gave the tags `tags`.
    pub fn of(version: &Version, tags: BTreeMap<String, String>) -> Self {
        Self {
            number: version.number,
            run_id: version.run_id.clone(),
            trained_at: version.trained_at,
            family: version.family,
            imported: version.imported.is_some(),
            promoted: version.decision.promotes(),
            reason: shortened(&version.decision.to_string(), MAX_REASON),
            primary_metric: version.decision.metric.name().to_owned(),
            metrics: version_metrics(version),
            floor: version.decision.floor,
            training_score: version.training_score,
            dataset: digits(&version.dataset.fingerprint),
            rows: version.dataset.rows,
            size: version.artifact.size,
            code_version: version.code_version.clone(),
            tags,
        }
    }
}

fn trigger(trigger: &Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule { .. } => "schedule",
        Trigger::Manual { .. } => "manual",
        Trigger::Import { .. } => "import",
    }
}

fn digits(fingerprint: &str) -> String {
    fingerprint.chars().take(FINGERPRINT_DIGITS).collect()
}

fn version_metrics(version: &Version) -> BTreeMap<String, f64> {
    let mut metrics = evaluation_metrics(&version.evaluation);
    metrics.insert(TRAINING_SCORE.to_owned(), version.training_score);
    finite(metrics)
}

fn evaluation_metrics(evaluation: &Evaluation) -> BTreeMap<String, f64> {
    let figure = |metric: PrimaryMetric| Some((metric.name().to_owned(), evaluation.figure(metric)?));
    PrimaryMetric::ALL.into_iter().filter_map(figure).collect()
}

/// Returns the metrics in the record of a run whose version is no longer registered.
fn run_metrics(metrics: &RunMetrics) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<_, _> = match *metrics {
        RunMetrics::Classification { accuracy, balanced_accuracy, f1, log_loss, roc_auc, .. } => {
            let shares = [("accuracy", accuracy), ("balanced_accuracy", balanced_accuracy), ("f1", f1)];
            shares.into_iter().chain([("log_loss", log_loss)]).chain(roc_auc.map(|area| ("roc_auc", area))).collect()
        }
        RunMetrics::Regression { r2, rmse, mae, .. } => BTreeMap::from([("r2", r2), ("rmse", rmse), ("mae", mae)]),
    };
    all.insert(TRAINING_SCORE, metrics.training_score());
    finite(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

// JSON has no infinity. A metric without a finite value is left out, so the summary can be stored and read.
fn finite(metrics: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    metrics.into_iter().filter(|(_, value)| value.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_is_not_finite_is_left_out() {
        let metrics = RunMetrics::Regression {
            training_r2: 0.9,
            r2: 0.8,
            rmse: f64::INFINITY,
            mae: 1.0,
            median_absolute_error: 1.0,
            duration: 1.0,
        };
        assert!(!run_metrics(&metrics).contains_key("rmse"));
    }
}
