//! One measurement: read what can be read, work out what follows from it, publish that.

use std::collections::BTreeMap;

use evergreen_lifecycle::health::{champion_figures, deadline_missed, rejections, run_figures};
use evergreen_lifecycle::ports::{Artifacts, Champions, Clock, MetricSink, Runs, Unavailable, Versions};
use evergreen_lifecycle::{Champion, Datum, Metric, Run};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Diagnostic;
use serde::Serialize;

use crate::{Schedule, inspect};

/// Newest champions that are read. The 7-day average is exact while there are fewer promotions in a week; beyond that it
/// covers the time since the oldest of these.
pub const CHAMPIONS: u32 = 200;

/// Newest runs that are read, more where imports are many; failures and refusals are counted among these.
pub const RUNS: u32 = 100;

/// Measures one model, through the ports that it needs.
#[derive(Debug)]
pub struct Meter<'a, R, A, S, C> {
    /// Runs, champions and versions.
    pub registry: &'a R,
    /// Stored artifacts.
    pub artifacts: &'a A,
    /// Where the figures go.
    pub sink: &'a S,
    /// The time.
    pub clock: &'a C,
    /// When training has to be done.
    pub deadline: &'a Deadline,
}

/// When a training has to be done.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// When training is due.
    pub schedule: Schedule,
    /// How long after that it may end.
    pub grace: SignedDuration,
}

/// What a measurement came to, for whoever invoked it by hand.
#[derive(Debug, PartialEq, Serialize)]
pub struct Report {
    /// Published figures by name.
    pub published: BTreeMap<&'static str, f64>,
    /// What could not be read; its figures are left out.
    pub unknown: Vec<&'static str>,
}

/// Why a measurement was for nothing; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Nothing could be read; the first failure is the source.
    #[error("nothing is known of the model")]
    NothingKnown(#[source] Unavailable),
    /// The figures were not taken.
    #[error("the figures were not published")]
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

impl<R, A, S, C> Meter<'_, R, A, S, C>
where
    R: Champions + Runs + Versions,
    A: Artifacts,
    S: MetricSink,
    C: Clock,
{
    /// Measures and publishes.
    ///
    /// # Errors
    /// [`MetricsError`] when nothing could be read or the figures were not taken. A single failed read is logged and only
    /// its own figures are left out.
    pub async fn handle(&self) -> Result<Report, MetricsError> {
        let now = self.clock.now();
        let mut unread = Unread::default();
        let known = self.read(&mut unread).await;
        let mut data = known.figures(self.deadline, now);
        if let Some(champion) = known.champion() {
            data.push(health(self.artifacts, champion).await);
        }
        if let (true, Some(cause)) = (data.is_empty(), unread.first) {
            return Err(MetricsError::NothingKnown(cause));
        }
        self.sink.publish(&data, now).await.map_err(MetricsError::NotPublished)?;
        let published = data.iter().map(|datum| (datum.metric.name(), datum.value)).collect();
        Ok(Report { published, unknown: unread.names })
    }

    async fn read(&self, unread: &mut Unread) -> Known {
        let (champions, runs, versions) = tokio::join!(
            self.registry.recent_champions(CHAMPIONS),
            self.registry.recent_runs_with_trainings(RUNS),
            self.registry.count_versions()
        );
        Known {
            champions: unread.note("champions", champions),
            runs: unread.note("runs", runs),
            versions: unread.note("versions", versions),
        }
    }
}

/// 1 when the champion could serve a new environment, else 0 and why in the log.
async fn health(artifacts: &impl Artifacts, champion: &Champion) -> Datum {
    let sound = inspect(artifacts, &champion.version.artifact).await;
    if let Err(defect) = &sound {
        tracing::error!(version = champion.version.number.get(), %defect, "the champion cannot serve");
    }
    Datum { metric: Metric::ModelHealthy, value: if sound.is_ok() { 1.0 } else { 0.0 } }
}

/// What was read; nothing where reading failed.
struct Known {
    champions: Option<Vec<Champion>>,
    runs: Option<Vec<Run>>,
    versions: Option<u64>,
}

impl Known {
    fn champion(&self) -> Option<&Champion> {
        self.champions.as_ref()?.first()
    }

    fn figures(&self, deadline: &Deadline, now: Timestamp) -> Vec<Datum> {
        let mut data = Vec::new();
        if let Some(champions) = &self.champions {
            data.extend(champion_figures(champions, now));
        }
        if let Some(runs) = &self.runs {
            data.extend(run_figures(runs, now));
            data.extend(missed(deadline, runs, now));
        }
        if let (Some(runs), Some(_)) = (&self.runs, &self.champions) {
            data.push(rejections(runs, self.champion(), now));
        }
        // Exact below 2^53 versions.
        data.extend(self.versions.map(|count| Datum { metric: Metric::Versions, value: count as f64 }));
        data
    }
}

fn missed(deadline: &Deadline, runs: &[Run], now: Timestamp) -> Option<Datum> {
    let by = now.checked_sub(deadline.grace).ok()?;
    let due = deadline.schedule.last_due(runs, by)?;
    let value = if deadline_missed(runs, due)? { 1.0 } else { 0.0 };
    Some(Datum { metric: Metric::DeadlineMissed, value })
}

/// The reads that failed.
#[derive(Default)]
struct Unread {
    names: Vec<&'static str>,
    first: Option<Unavailable>,
}

impl Unread {
    /// What was read, or a note and a line in the log that it was not.
    fn note<T>(&mut self, name: &'static str, read: Result<T, Unavailable>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "the figures of the {name} are left out");
                self.names.push(name);
                self.first.get_or_insert(error);
                None
            }
        }
    }
}
