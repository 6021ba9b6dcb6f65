//! Collects the evidence for the likely cause of an alarm.

use evergreen_lifecycle::cause::{CauseEvidence, CauseSubject, LikelyCause};
use evergreen_lifecycle::ports::{MetricHistory, Runs, SeriesQuery, SeriesSource, ServedRecord};
use jiff::{SignedDuration, Timestamp};

use crate::{Alarm, AlarmKind, AlarmState, AlertWorld, Knowledge};

/// Number of newest runs that are read.
const RUNS: u32 = 20;

/// Number of hours of which the requests are compared.
const HOURS: i64 = 24;

/// Length of a period of the requests, in seconds. The hours that are compared end with the alarm, not with the clock's.
const PERIOD: u32 = 300;

/// Returns the likely cause of a raised alarm as a sentence. `None` if the evidence shows none, or cannot be read.
pub(crate) async fn of<W: AlertWorld>(ports: &W, alarm: &Alarm, knowledge: &Knowledge, stack: &str) -> Option<String> {
    let subject = subject(&alarm.kind);
    if alarm.state != AlarmState::Alarm || subject == CauseSubject::Other {
        return None;
    }
    let mut runs = Vec::new();
    let (mut drift, mut requests) = (None, Vec::new());
    if subject != CauseSubject::Serving {
        let read = ports.registry().recent_runs_with_trainings(RUNS).await;
        runs = read.unwrap_or_default().into_iter().filter_map(Result::ok).collect();
    }
    if subject == CauseSubject::Quality {
        let summary = ports.registry().drift_summary().await.ok().flatten();
        drift = summary.filter(|it| it.drifted() > 0).and_then(|it| it.sentence().map(str::to_owned));
    }
    if subject == CauseSubject::Serving {
        requests = requests_before(ports.history(), alarm.since, stack).await;
    }
    let evidence =
        CauseEvidence { runs: &runs, champion: knowledge.champion(), drift: drift.as_deref(), requests: &requests };
    LikelyCause::likely(subject, &evidence, alarm.since).map(|cause| cause.to_string())
}

/// Returns the requests to the prediction API of each hour before `raised`, oldest first. Empty if they are not known.
async fn requests_before(history: &impl MetricHistory, raised: Timestamp, stack: &str) -> Vec<f64> {
    let source = SeriesSource::Metric {
        namespace: "AWS/ApiGateway".to_owned(),
        name: "Count".to_owned(),
        dimensions: vec![("ApiName".to_owned(), stack.to_owned()), ("Stage".to_owned(), "v1".to_owned())],
        statistic: "Sum".to_owned(),
        period: PERIOD,
    };
    let series = [SeriesQuery { id: "requests".to_owned(), source, is_compared: true }];
    let from = raised - SignedDuration::from_hours(HOURS);
    by_hour(&history.values(&series, from, raised).await.unwrap_or_default(), raised)
}

/// Adds up the values of each hour before `raised`. A period without a value had no request. Empty without any value.
fn by_hour(values: &[(Timestamp, f64)], raised: Timestamp) -> Vec<f64> {
    if values.is_empty() {
        return Vec::new();
    }
    let ago = |at: Timestamp| (raised.duration_since(at).as_secs() - 1).div_euclid(3600);
    let sum = |hour: i64| values.iter().filter(|(at, _)| ago(*at) == hour).map(|(_, value)| value).sum();
    (0..HOURS).rev().map(sum).collect()
}

fn subject(kind: &AlarmKind) -> CauseSubject {
    match kind {
        AlarmKind::AccuracyLow | AlarmKind::DataDrifted | AlarmKind::LiveAccuracyLow | AlarmKind::VersionsRefused => {
            CauseSubject::Quality
        }
        AlarmKind::ChampionTooOld
        | AlarmKind::DeadlineMissed
        | AlarmKind::TrainingFailed
        | AlarmKind::TrainFailureQueue
        | AlarmKind::TrainScheduleQueue => CauseSubject::Training,
        AlarmKind::ModelUnhealthy
        | AlarmKind::ModelLoadFailures
        | AlarmKind::PredictionErrors
        | AlarmKind::PredictionLatency
        | AlarmKind::Throttles
        | AlarmKind::QuotaNearlyUsed => CauseSubject::Serving,
        _ => CauseSubject::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_added_up_for_the_hours_before_the_alarm() {
        let raised = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(100);
        let before = |minutes: i64, value| (raised - SignedDuration::from_mins(minutes), value);
        let hours = by_hour(&[before(61, 8.0), before(60, 2.0), before(5, 3.0)], raised);
        assert_eq!((hours.len(), &hours[21..]), (24, &[0.0, 8.0, 5.0][..]));
        assert!(by_hour(&[], raised).is_empty());
    }
}
