//! Reader of the inputs of one measurement, such as the champion's record and the newest training runs.
//!
//! A failed read affects only the metrics that need it.

use evergreen_lifecycle::ports::{Champions, Runs, Schedules, Unavailable, Versions, WithCopy};
use evergreen_lifecycle::schedule::{Schedule, Timetable};
use evergreen_lifecycle::{Metric, MetricSource, Pointer, Record, Run, Unreadable, VersionNumber};

use crate::MetricsWorld;

// The 7-day average score is exact for up to this many promotions in a week. With more promotions, it covers only the
// time since the oldest champion that was read.
/// Number of newest champions that the metrics function reads.
pub const CHAMPIONS: u32 = 200;

// More are read if many of these runs are model imports. Failed runs and refused versions are counted among the runs
// that were read.
/// Number of newest training runs that the metrics function reads.
pub const RUNS: u32 = 100;

/// The inputs of one measurement of the model's health. A field is `None` if its read failed.
pub(crate) struct Readings {
    pub(crate) pointer: Option<Option<WithCopy>>,
    pub(crate) history: Option<Vec<Record<Pointer>>>,
    pub(crate) runs: Option<SortedRuns>,
    /// The number of the newest version. 0 if there is none.
    pub(crate) versions: Option<u32>,
    pub(crate) timetable: Option<Timetable>,
}

/// The newest runs, sorted into records that this software version can read and records that it cannot read.
pub(crate) struct SortedRuns {
    pub(crate) readable: Vec<Run>,
    pub(crate) unreadable: Vec<Unreadable>,
}

impl Readings {
    /// Reads all inputs of one measurement. Also returns the first error of a registry read; `None` if all succeeded.
    pub(crate) async fn take(ports: &impl MetricsWorld, configured: &Schedule) -> (Self, Option<Unavailable>) {
        let (registry, schedules) = (ports.registry(), ports.schedules());
        let (pointer, history, runs, versions, timetable) = tokio::join!(
            pointer(registry),
            registry.recent_champions(CHAMPIONS),
            registry.recent_runs_with_trainings(RUNS),
            registry.newest_version(),
            timetable(schedules, configured),
        );
        let mut failures = Failures::default();
        let readings = Self {
            pointer: failures.note("champion", pointer),
            history: failures.note("former champions", history),
            runs: failures.note("runs", runs).map(SortedRuns::of),
            versions: failures.note("versions", versions).map(|newest| newest.map_or(0, VersionNumber::get)),
            timetable,
        };
        (readings, failures.first)
    }

    /// Returns whether all reads of the registry failed.
    pub(crate) fn are_none(&self) -> bool {
        self.pointer.is_none() && self.history.is_none() && self.runs.is_none() && self.versions.is_none()
    }

    /// Returns the champion's record. `None` if the record was not read, is missing or is unreadable.
    pub(crate) fn champion(&self) -> Option<&Pointer> {
        let (pointer, _) = self.pointer.as_ref()?.as_ref()?;
        pointer.as_ref().ok()
    }

    /// Returns the highest version number that was ever promoted to champion. `None` if no promotion is known.
    pub(crate) fn highest_promoted(&self) -> Option<VersionNumber> {
        let history = self.history.iter().flatten().filter_map(|record| record.as_ref().ok());
        history.chain(self.champion()).map(|pointer| pointer.number).max()
    }

    // The reads are those of the champion, the history and the runs.
    /// Returns the registry records that this software version cannot read completely. `None` if a read failed.
    pub(crate) fn unreadable(&self) -> Option<Vec<&Unreadable>> {
        let pointer = self.pointer.as_ref()?.as_ref().map(|(pointer, _)| pointer);
        let pointers = pointer.into_iter().chain(self.history.as_ref()?).filter_map(|record| match record {
            Ok(pointer) => pointer.unreadable(),
            Err(record) => Some(record),
        });
        Some(pointers.chain(&self.runs.as_ref()?.unreadable).collect())
    }

    /// Returns the metrics that cannot be computed, because an input could not be read.
    pub(crate) fn missing(&self) -> Vec<Metric> {
        let failed = |source: &MetricSource| match source {
            MetricSource::Champion => self.pointer.is_none(),
            MetricSource::RecentChampions => self.history.is_none(),
            MetricSource::Runs => self.runs.is_none(),
            MetricSource::Versions => self.versions.is_none(),
            MetricSource::Schedule => self.timetable.is_none(),
            // The handler reads the request counts, the counts of served rows and of feedback, and the rollout separately.
            MetricSource::Usage
            | MetricSource::Requests
            | MetricSource::Served
            | MetricSource::Feedback
            | MetricSource::Rollout => false,
        };
        Metric::ALL.into_iter().filter(|metric| metric.sources().iter().any(failed)).collect()
    }
}

impl SortedRuns {
    fn of(runs: Vec<Record<Run>>) -> Self {
        let mut sorted = Self { readable: Vec::new(), unreadable: Vec::new() };
        for run in runs {
            match run {
                Ok(run) => sorted.readable.push(run),
                Err(record) => sorted.unreadable.push(record),
            }
        }
        sorted
    }
}

/// Reads the champion's record and the copy of its model file in the registry.
pub(crate) async fn pointer(registry: &impl Champions) -> Result<Option<WithCopy>, Unavailable> {
    // The prediction function also reads both in one request when it starts. If this request fails, only the record is
    // read.
    match registry.champion_with_artifact().await {
        Ok(found) => Ok(found),
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "the registry's copy of the artifact cannot be read");
            Ok(registry.champion().await?.map(|pointer| (pointer, None)))
        }
    }
}

/// Reads the training schedule. `None` if the schedule cannot be read or is not valid.
async fn timetable(schedules: &impl Schedules, configured: &Schedule) -> Option<Timetable> {
    match schedules.schedule().await {
        Ok(Some(stored)) => Timetable::stored(&stored)
            .inspect_err(|error| tracing::warn!(%error, "the schedule is not valid, so deadlines are unknown"))
            .ok(),
        Ok(None) => {
            // After a person deleted the schedule, training is still expected by the deployed stack's schedule.
            tracing::warn!("the training schedule was deleted: deadlines follow the deployed one");
            Some(Timetable::configured(configured))
        }
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "the schedule could not be read, so deadlines are unknown");
            None
        }
    }
}

/// Remembers the first error of a registry read.
#[derive(Default)]
struct Failures {
    first: Option<Unavailable>,
}

impl Failures {
    /// Returns the value that was read, or `None` if the read failed. Keeps the first error.
    fn note<T>(&mut self, name: &'static str, read: Result<T, Unavailable>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                tracing::warn!(%error, cause = %error.cause, "reading the {name} failed, so its metrics are unknown");
                self.first.get_or_insert(error);
                None
            }
        }
    }
}
