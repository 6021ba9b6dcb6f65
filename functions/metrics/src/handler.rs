//! The metrics function's handler: measures a model's health and publishes the result as metrics.

use std::collections::BTreeMap;

use evergreen_lifecycle::health::{
    Refusals, accuracy_margin, average_champion_accuracy, champion_metrics, confirmed_at, refusals, run_metrics,
};
use evergreen_lifecycle::ports::{Rollouts, Unavailable, WithCopy};
use evergreen_lifecycle::schedule::{Schedule, Timetable};
use evergreen_lifecycle::{Metric, MetricValues, ModelName, Pointer};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::deadline::deadline_metric;
use crate::drift::{self, Compared};
use crate::inspection::ArtifactInspection;
use crate::live::{self, JudgedChampion};
use crate::readings::{self, Readings, SortedRuns};
use crate::{MetricsWorld, Occasion, publishing, quota, traffic};

/// Measures the health of one model and publishes the result as metrics.
#[derive(Debug)]
pub struct MetricsHandler<'a, W> {
    /// The systems that the metrics function uses, such as the registry and the clock.
    pub ports: &'a W,
    /// The settings of the deployed stack for the model and its training.
    pub expectations: &'a Expectations,
}

/// Settings of the deployed stack for the model and its training, such as the schedule.
#[derive(Debug, Clone)]
pub struct Expectations {
    /// The name of the model.
    pub model: ModelName,
    /// The training schedule of the deployed stack.
    pub schedule: Schedule,
    /// Maximum time from a training's scheduled start to its end. A training that ends later misses its deadline.
    pub grace: SignedDuration,
    /// The champion's maximum age. `None`: the age is computed from the training schedule.
    pub max_age: Option<SignedDuration>,
    // Without a fixed minimum, the champion is compared with a constant baseline and with its own hold-out score.
    /// The champion's minimum accuracy or R². `None` means that there is no fixed minimum.
    pub threshold: Option<f64>,
    /// The name of the prediction API in API Gateway.
    pub api: String,
    /// Maximum number of prediction requests of one API key in a calendar month.
    pub quota: u64,
    /// Minimum PSI of a column that has drifted, in windows of a day or more.
    pub drift_psi: f64,
}

/// Result of one measurement, as JSON for a person who invokes the metrics function by hand.
#[derive(Debug, PartialEq, Serialize)]
pub struct MetricsReport {
    /// JSON field: the published metrics, as a map from the metric's name to its value.
    pub published: BTreeMap<&'static str, f64>,
    /// JSON field: the names of the metrics that could not be computed.
    pub unknown: Vec<&'static str>,
    /// JSON field: the keys of the registry records that this software version cannot read completely.
    pub unreadable: Vec<String>,
    /// JSON field: how the served rows compare with the training data, or why nobody knows. `None` if no champion is
    /// known.
    pub drift: Option<String>,
    /// JSON field: how right the champion's predictions were, as far as the truth is known. `None` if no champion is
    /// known.
    pub live: Option<String>,
    /// JSON field: the check of the champion's two stored model files. `None` if no champion is known.
    pub artifact: Option<ArtifactFiles>,
}

/// The check of the champion's two stored model files, as text for a person.
#[derive(Debug, PartialEq, Serialize)]
pub struct ArtifactFiles {
    /// JSON field: the check of the registry's copy of the model file. `None` if there is no copy.
    pub copy: Option<String>,
    /// JSON field: the check of the model file in the S3 bucket.
    pub object: String,
}

// A repeated measurement may succeed.
/// Error: why a measurement of the model's health failed.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    // The number of unknown metrics is published all the same.
    /// Error: every read of the registry failed. Contains the first read's error.
    #[error("no read of the registry succeeded, so every metric of the model is unknown")]
    NothingKnown(#[source] Unavailable),
    /// Error: the metrics could not be published, for example to CloudWatch.
    #[error("the metrics could not be published")]
    NotPublished(#[source] Unavailable),
}

impl From<MetricsError> for Diagnostic {
    fn from(error: MetricsError) -> Self {
        let error_type = match error {
            MetricsError::NothingKnown(_) => "NothingKnown",
            MetricsError::NotPublished(_) => "NotPublished",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// The metrics of live accuracy.
const LIVE: [Metric; 3] = [Metric::LiveAccuracy, Metric::LiveLabels, Metric::LiveAccuracyWorse];

impl<W: MetricsWorld> MetricsHandler<'_, W> {
    /// Measures the model's health and publishes the metrics that are due on this `occasion`.
    ///
    /// # Errors
    /// [`MetricsError`] if every read of the registry failed or the metrics could not be published. If only some reads
    /// fail, only the metrics that need these reads are unknown.
    pub async fn handle(&self, occasion: Occasion) -> Result<MetricsReport, MetricsError> {
        let now = self.ports.clock().now();
        let (readings, failure) = Readings::take(self.ports, &self.expectations.schedule).await;
        let Expectations { quota, api, .. } = self.expectations;
        let (inspection, used, gone) = tokio::join!(
            self.inspect(&readings),
            quota::used(self.ports.usage(), *quota, now),
            traffic::gone(self.ports.history(), api, now)
        );
        let mut values = self.values(&readings, inspection.as_ref(), now);
        values.expect(Metric::QuotaUsed, used);
        values.expect(Metric::TrafficGone, gone);
        let drift = self.drift(&readings, inspection.as_ref(), &mut values, now).await;
        let live = self.live(&readings, inspection.as_ref(), &mut values, now).await;
        self.rollout(&readings, &mut values).await;
        // If only some reads fail, only the metrics that need these reads are unknown.
        let unknown = values.unknown().len() as f64;
        values.know(Metric::UnknownFigures, unknown);
        let published =
            publishing::publish(self.ports, values.known(), occasion, now).await.map_err(MetricsError::NotPublished)?;
        if let (true, Some(cause)) = (readings.are_none(), failure) {
            return Err(MetricsError::NothingKnown(cause));
        }
        // If the champion, the history or the runs could not be read, the list is empty. The metric `UnreadableRecords`
        // is then unknown.
        let unreadable = readings.unreadable().unwrap_or_default();
        Ok(MetricsReport {
            published: published.iter().map(|datum| (datum.metric.name(), datum.value)).collect(),
            unknown: values.unknown().map(Metric::name).collect(),
            unreadable: unreadable.iter().map(|record| record.key.clone()).collect(),
            drift,
            live,
            artifact: inspection.map(|inspection| ArtifactFiles {
                copy: inspection.copy.map(|copy| copy.to_string()),
                object: inspection.object.to_string(),
            }),
        })
    }

    /// Checks the champion's two stored model files. `None` if the champion's record cannot be read.
    async fn inspect(&self, readings: &Readings) -> Option<ArtifactInspection> {
        let first = self.inspect_files(readings.pointer.as_ref()?.as_ref()?).await?;
        // A promotion between two reads would compare one champion's record with another champion's file. So if a file
        // is not intact, the record is read again and the check repeated.
        let again = if first.is_sound() { None } else { readings::pointer(self.ports.registry()).await.ok().flatten() };
        let second = match &again {
            Some(again) => self.inspect_files(again).await,
            None => None,
        };
        let found = second.unwrap_or(first);
        if !found.is_sound() {
            let copy = found.copy.as_ref().map_or_else(|| "none is kept".to_owned(), ToString::to_string);
            let (serves, object) = (found.serves(), &found.object);
            tracing::error!(serves, copy, %object, "a stored file of the champion is not intact");
        }
        Some(found)
    }

    async fn inspect_files(&self, (pointer, copy): &WithCopy) -> Option<ArtifactInspection> {
        let pointer = pointer.as_ref().ok()?;
        Some(ArtifactInspection::of(pointer, copy.as_deref(), self.ports.artifacts(), &self.expectations.model).await)
    }

    /// Compares served rows with the champion's baseline, if that is due. Returns the result as a sentence. `None` if the
    /// champion is not known.
    async fn drift(
        &self,
        readings: &Readings,
        inspection: Option<&ArtifactInspection>,
        values: &mut MetricValues,
        now: Timestamp,
    ) -> Option<String> {
        let (pointer, inspection) = (readings.champion()?, inspection?);
        let (version, baseline) = (pointer.number, inspection.baseline.as_ref());
        let champion = Compared { version, baseline, psi: self.expectations.drift_psi };
        // Without an intact file, nobody knows whether there is a baseline. Then the hour is judged later.
        let has_model = inspection.serves() == Some(true);
        match drift::judge(self.ports.registry(), &champion, has_model, now).await {
            Ok(summary) => {
                // Also without a baseline or a summary: a drift of the former champion is over.
                values.know(Metric::ServedRows, summary.as_ref().map_or(0.0, |summary| summary.rows as f64));
                values.know(Metric::DriftedColumns, summary.as_ref().map_or(0.0, |summary| summary.drifted() as f64));
                let sentence = summary.as_ref().and_then(|summary| summary.sentence());
                Some(match (sentence, champion.baseline) {
                    (Some(sentence), _) => sentence.to_owned(),
                    (None, _) if !has_model => "no stored model file could be read and is intact".to_owned(),
                    (None, Some(_)) => "the champion has served no rows in a complete hour".to_owned(),
                    (None, None) => "the artifact has no baseline: an earlier release has trained it".to_owned(),
                })
            }
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "served rows could not be compared with the baseline");
                values.miss(&[Metric::DriftedColumns, Metric::ServedRows]);
                Some("the counts of served rows could not be read or stored".to_owned())
            }
        }
    }

    /// Judges the champion's live accuracy, if that is due. Returns the result as a sentence. `None` if the champion is not
    /// known.
    async fn live(
        &self,
        readings: &Readings,
        inspection: Option<&ArtifactInspection>,
        values: &mut MetricValues,
        now: Timestamp,
    ) -> Option<String> {
        let (pointer, inspection) = (readings.champion()?, inspection?);
        let champion = JudgedChampion {
            version: pointer.number,
            trained_at: pointer.trained_at(),
            hold_out: inspection.hold_out.as_ref(),
            baseline: inspection.baseline.as_ref(),
        };
        // Without an intact file, the losses on the hold-out are unknown. Then the day is judged later.
        let has_model = inspection.serves() == Some(true);
        match live::judge(self.ports.registry(), &champion, has_model, now).await {
            Ok(Some(summary)) => {
                values.add(live::values(&summary));
                Some(summary.sentence)
            }
            Ok(None) => Some("no stored model file could be read and is intact".to_owned()),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the live accuracy could not be judged");
                values.miss(&LIVE);
                Some("the counts of feedback could not be read or stored".to_owned())
            }
        }
    }

    /// Adds whether the newest rollout beside the champion was rolled back. Nothing if the champion is not known.
    async fn rollout(&self, readings: &Readings, values: &mut MetricValues) {
        let Some(champion) = readings.champion() else { return };
        let rolled_back = match self.ports.registry().rollout().await {
            Ok(rollout) => rollout.transpose().map_err(|record| record.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match rolled_back {
            Ok(rollout) => {
                let is = rollout.is_some_and(|rollout| rollout.is_rolled_back_beside(champion.revision));
                values.know(Metric::RolloutRolledBack, f64::from(u8::from(is)));
            }
            Err(error) => {
                tracing::warn!(error, "the rollout could not be read");
                values.miss(&[Metric::RolloutRolledBack]);
            }
        }
    }

    fn values(&self, readings: &Readings, inspection: Option<&ArtifactInspection>, now: Timestamp) -> MetricValues {
        let mut values = MetricValues::default();
        values.add(self.of_champion(readings, inspection, now));
        if let Some(history) = &readings.history {
            values.add(average_champion_accuracy(history, now));
        }
        if let Some(runs) = &readings.runs {
            values.add(run_metrics(&runs.readable, now));
            if let Some(timetable) = &readings.timetable {
                let (grace, SortedRuns { readable, unreadable }) = (self.expectations.grace, runs);
                values.add(deadline_metric(timetable, grace, readable, unreadable, now));
            }
        }
        if let (Some(runs), Some(_), Some(_)) = (&readings.runs, &readings.pointer, &readings.history) {
            let (champion, highest) = (readings.champion(), readings.highest_promoted());
            values.add(refusals(&Refusals { recent: &runs.readable, champion, highest }, now));
        }
        if let Some(newest) = readings.versions {
            values.know(Metric::Versions, newest.into());
        }
        if let Some(unreadable) = readings.unreadable() {
            for record in &unreadable {
                tracing::warn!(key = record.key, cause = record.cause, "this release cannot read a record");
            }
            values.know(Metric::UnreadableRecords, unreadable.len() as f64);
        }
        values.miss(&readings.missing());
        values
    }

    /// Computes the champion's health metrics.
    fn of_champion(
        &self,
        readings: &Readings,
        inspection: Option<&ArtifactInspection>,
        now: Timestamp,
    ) -> MetricValues {
        let mut values = MetricValues::default();
        let Some(pointer) = &readings.pointer else { return values };
        match (pointer, &readings.history) {
            (Some((Ok(pointer), _)), _) => {
                values.add(champion_metrics(pointer, self.age_limit(pointer, readings, now), now));
                if let Some(runs) = &readings.runs {
                    values.add(accuracy_margin(pointer, &runs.readable, self.expectations.threshold));
                }
                debug_assert!(inspection.is_some(), "the files of a readable pointer are always inspected");
                match inspection {
                    Some(inspection) => values.add(inspection.values()),
                    None => values.miss(&[Metric::ModelHealthy, Metric::DamagedArtifacts]),
                }
            }
            (Some((Err(record), _)), _) => {
                tracing::error!(%record, "the champion's pointer names no artifact");
                values.know(Metric::ModelHealthy, 0.0);
            }
            // Without a champion, the model is unhealthy only if a version was ever promoted.
            (None, Some(history)) if !history.is_empty() => {
                tracing::error!("the champion's pointer is missing");
                values.know(Metric::ModelHealthy, 0.0);
            }
            (None, Some(_)) => {}
            (None, None) => values.miss(&[Metric::ModelHealthy]),
        }
        values
    }

    /// Returns the champion's maximum age from the settings, or else from the training schedule. By the schedule, the time
    /// counts again from each training that confirmed the champion.
    fn age_limit(&self, pointer: &Pointer, readings: &Readings, now: Timestamp) -> Option<SignedDuration> {
        let Expectations { schedule, max_age, .. } = self.expectations;
        let by_schedule = || {
            let deployed = Timetable::configured(schedule);
            let trained_at = pointer.trained_at()?;
            // The gate refuses a few versions by chance. A champion that has proved itself again is as good as a new one.
            let confirmed_at = readings.runs.as_ref().and_then(|runs| confirmed_at(pointer, &runs.readable));
            let from = confirmed_at.map_or(trained_at, |confirmed_at| confirmed_at.max(trained_at));
            let limit = readings.timetable.as_ref().unwrap_or(&deployed).age_limit(from, now)?;
            limit.checked_add(from.duration_since(trained_at))
        };
        max_age.or_else(by_schedule)
    }
}
