//! Finds the training run that explains an alarm, and describes how the run ended and why.

use evergreen_lifecycle::health::failed_for_good;
use evergreen_lifecycle::ports::{Rollouts, Runs, Versions};
use evergreen_lifecycle::rollout::RolloutOutcome;
use evergreen_lifecycle::{Run, RunId, RunStatus, Trigger, Version, VersionNumber};
use jiff::Timestamp;

use crate::quantity::moment;
use crate::{Alarm, AlarmKind, AlarmState};

// More runs are read if many of them are imports.
/// Number of newest runs that are searched for the training run that caused an alarm.
const RUNS: u32 = 20;
/// Maximum length, in characters, of a failed training run's error message in a mail.
const MAX_REASON: usize = 2000;

/// A training run or import that made no champion: it failed, it was lost, the gate refused its model version, or its
/// version was rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFailure {
    run: RunId,
    /// The S3 key of the imported model file. `None` if the run is a training run and not an import.
    file: Option<String>,
    ended: Ended,
    /// When the training run ended, or when it started if its end is unknown.
    at: Timestamp,
    reason: Option<String>,
    /// The version that the gate refused. `None` if the run made no version.
    version: Option<VersionNumber>,
    /// How many answers the refused version would have changed, as a sentence.
    impact: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Failed,
    Lost,
    Refused,
    RolledBack,
}

impl RunFailure {
    /// Returns the newest training run that explains why `alarm` is raised at `now`. `None` if no run explains the
    /// alarm.
    pub async fn behind(alarm: &Alarm, registry: &(impl Rollouts + Runs + Versions), now: Timestamp) -> Option<Self> {
        // Only a raised alarm about training has such a run. If the registry does not answer, a warning is logged and
        // the mail is sent without the run.
        if alarm.state == AlarmState::Alarm && alarm.kind == AlarmKind::RolloutRolledBack {
            return Self::of_rollout(registry).await;
        }
        if alarm.state != AlarmState::Alarm || !is_about_training(&alarm.kind) {
            return None;
        }
        let runs = registry.recent_runs_with_trainings(RUNS).await.inspect_err(|error| {
            tracing::warn!(%error, cause = %error.cause, "the mail is sent without the run");
        });
        // A run whose record cannot be read is skipped.
        let runs: Vec<Run> = runs.ok()?.into_iter().filter_map(Result::ok).collect();
        let found = newest(&alarm.kind, &runs, now)?;
        let impact = found.impact_of_version(registry).await;
        Some(Self { impact, ..found })
    }

    /// Returns how many answers the refused version would have changed. `None` if this is not known.
    async fn impact_of_version(&self, registry: &impl Versions) -> Option<String> {
        let number = self.version.filter(|_| self.ended == Ended::Refused)?;
        let found = registry.version(number).await.inspect_err(|error| {
            tracing::warn!(%error, cause = %error.cause, "the mail is sent without the impact of the version");
        });
        let Version { decision, .. } = found.ok()??.ok()?;
        Some(evergreen_lifecycle::text::shortened(&decision.impact_if_promoted()?, MAX_REASON))
    }

    /// Returns the run whose version was rolled back, with what was compared. `None` if no version was, or if the registry
    /// does not answer.
    async fn of_rollout(registry: &impl Rollouts) -> Option<Self> {
        let found = registry.rollout().await.inspect_err(|error| {
            tracing::warn!(%error, cause = %error.cause, "the mail is sent without the rollout");
        });
        let rollout = found.ok()??.ok()?;
        let end = rollout.end.filter(|end| end.outcome == RolloutOutcome::RolledBack)?;
        let (run, reason) = (rollout.challenger.run_id, Some(in_short(&end.reason)));
        Some(Self { run, file: None, ended: Ended::RolledBack, at: end.at, reason, version: None, impact: None })
    }

    /// Describes the failed training run in one line: its id, how it ended and why.
    pub fn describe(&self) -> String {
        let at = moment(self.at);
        let run = match &self.file {
            Some(file) => format!("{}, the import of {file},", self.run),
            None => self.run.to_string(),
        };
        let ended = match self.ended {
            Ended::Failed => format!("Run {run} failed on {at}"),
            Ended::RolledBack => format!("The version of run {run} was rolled back on {at}"),
            Ended::Refused => format!("Run {run} made a version that was refused on {at}"),
            Ended::Lost => {
                let run = run.trim_end_matches(',');
                format!("Run {run}, started on {at}, was lost without an error: out of memory or time, or stopped")
            }
        };
        let told = match (&self.reason, &self.impact) {
            (Some(reason), None) => return format!("{ended}: {reason}"),
            (Some(reason), Some(_)) => format!("{ended}: {}.", reason.trim_end_matches('.')),
            (None, _) => format!("{ended}."),
        };
        match &self.impact {
            Some(impact) => format!("{told} {impact}"),
            None => told,
        }
    }

    /// Returns how the training run `run` failed to make a champion. `None` if the run did not fail.
    fn of(run: &Run, now: Timestamp) -> Option<Self> {
        // A run has not failed if it has not ended by `now`, has made a champion, or will be retried by AWS Lambda.
        let ended = match run.status_at(now) {
            RunStatus::Rejected => Ended::Refused,
            RunStatus::Failed if failed_for_good(run, now) => Ended::Failed,
            RunStatus::Lost if failed_for_good(run, now) => Ended::Lost,
            // AWS Lambda retries such a failure by itself, so nobody needs to know yet.
            RunStatus::Running | RunStatus::Succeeded | RunStatus::Failed | RunStatus::Lost => return None,
        };
        let at = run.finished_at().unwrap_or(run.started_at);
        let file = match &run.trigger {
            Trigger::Import { key, .. } => Some(key.clone()),
            Trigger::Schedule { .. } | Trigger::Manual { .. } => None,
        };
        let reason = run.reason().map(in_short);
        Some(Self { run: run.id.clone(), file, ended, at, reason, version: run.version(), impact: None })
    }
}

fn is_about_training(kind: &AlarmKind) -> bool {
    matches!(
        kind,
        AlarmKind::ChampionTooOld
            | AlarmKind::DeadlineMissed
            | AlarmKind::TrainingFailed
            | AlarmKind::VersionsRefused
            | AlarmKind::TrainFailureQueue
    )
}

/// Returns the newest training run that explains an alarm of that `kind`. `runs` are sorted, newest first.
fn newest(kind: &AlarmKind, runs: &[Run], now: Timestamp) -> Option<RunFailure> {
    // A run before a successful run explains nothing. The alarm about the train function's dead-letter queue is an
    // exception, because the queue keeps old failures. An import explains only this queue alarm, because an import says
    // nothing about training.
    let tells_refusals = matches!(kind, AlarmKind::ChampionTooOld | AlarmKind::VersionsRefused);
    let ends = |run: &&Run| match kind {
        AlarmKind::TrainFailureQueue => false,
        _ if tells_refusals => run.status_at(now) == RunStatus::Succeeded,
        _ => run.version().is_some(),
    };
    let concerns = |run: &&Run| *kind == AlarmKind::TrainFailureQueue || run.trigger.is_training();
    let runs: Vec<&Run> = runs.iter().filter(concerns).collect();
    let is_over = |run: &Run| runs.iter().filter(|other| ends(other)).any(|other| other.came_after(run, now));
    let explains = |failure: &RunFailure| match failure.ended {
        Ended::Refused => tells_refusals,
        Ended::RolledBack => false,
        Ended::Failed | Ended::Lost => *kind != AlarmKind::VersionsRefused,
    };
    runs.iter().filter(|run| !is_over(run)).filter_map(|run| RunFailure::of(run, now)).find(explains)
}

/// Shortens the error message of a failed training run to one line of limited length.
fn in_short(reason: &str) -> String {
    let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    evergreen_lifecycle::text::shortened(&line, MAX_REASON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use evergreen_lifecycle::{AnswerChanges, ChangedPlace, ComparedRows, Impact};
    use evergreen_testkit::{Memory, champion, finished_run, moment, rollout, run, version};
    use jiff::SignedDuration;

    fn at(hour: i64) -> Timestamp {
        moment("2026-11-24T00:00:00Z") + SignedDuration::from_hours(hour)
    }

    fn failed(hour: i64, reason: &str) -> Run {
        run(&format!("at-{hour}"), at(hour)).failed(reason.into(), None, at(hour))
    }

    fn made(hour: i64, accuracy: f64) -> Run {
        finished_run(&format!("at-{hour}"), at(hour), &version(1, accuracy, at(hour)))
    }

    fn told(kind: AlarmKind, runs: &[Run]) -> Option<String> {
        newest(&kind, runs, at(30)).map(|failure| failure.describe())
    }

    #[test]
    fn the_newest_failure_is_mailed_with_its_reason() {
        let runs =
            [run("at-work", at(30)), failed(3, "line 7,\ncolumn \"fee\": expected a number"), failed(2, "older")];
        insta::assert_snapshot!(told(AlarmKind::TrainingFailed, &runs).unwrap(), @r#"Run manual-at-3 failed on Tue 24 Nov 2026, 03:00 UTC: line 7, column "fee": expected a number"#);
        assert_eq!(told(AlarmKind::TrainingFailed, &runs), told(AlarmKind::DeadlineMissed, &runs));
    }

    #[tokio::test]
    async fn the_mail_about_a_rollback_says_what_was_compared() {
        let memory = Memory::default();
        let rollout = rollout(&champion(version(1, 0.95, at(1))), version(2, 0.97, at(2)));
        assert_eq!(RunFailure::of_rollout(&memory).await, None);
        let ended = rollout.ended(RolloutOutcome::RolledBack, "it failed in 9 of 80 requests".into(), at(3));
        memory.state().rollout = Some(ended);
        let described = RunFailure::of_rollout(&memory).await.unwrap().describe();
        insta::assert_snapshot!(described, @"The version of run manual-v2 was rolled back on Tue 24 Nov 2026, 03:00 UTC: it failed in 9 of 80 requests");
        memory.take_away("registry");
        assert_eq!(RunFailure::of_rollout(&memory).await, None);
    }

    #[tokio::test]
    async fn the_mail_about_refusals_says_how_many_answers_would_change() {
        let memory = Memory::default();
        let mut refused = version(4, 0.5, at(4));
        refused.decision.champion_version = VersionNumber::new(3);
        refused.decision.impact = Some(Impact {
            basis: ComparedRows::Served { days: 7 },
            rows: 9841,
            changed: 312,
            changes: AnswerChanges::Labels { transitions: Vec::new() },
            mostly: Some(ChangedPlace { condition: "plan = pro".into(), rows: 2104, changed: 281 }),
            moving: None,
        });
        let run = finished_run("at-4", at(4), &refused);
        memory.state().runs.insert(run.id.clone(), run.clone());
        let found = newest(&AlarmKind::VersionsRefused, &[run], at(30)).unwrap();
        // The record may be deleted.
        assert_eq!(found.impact_of_version(&memory).await, None);
        memory.state().versions.insert(refused.number, refused);
        let impact = found.impact_of_version(&memory).await;
        insta::assert_snapshot!(RunFailure { impact, ..found }.describe(), @"Run manual-at-4 made a version that was refused on Tue 24 Nov 2026, 04:00 UTC: hold-out accuracy 0.5000 is below the floor 0.9000. If it served, 312 of 9,841 answers would change, most of them where plan = pro (281 of 312). It was compared with version 3 on 9,841 rows served in the last 7 days.");
    }

    #[test]
    fn a_lost_run_is_shown_as_lost() {
        insta::assert_snapshot!(told(AlarmKind::TrainingFailed, &[run("gone", at(3))]).unwrap(), @"Run manual-gone, started on Tue 24 Nov 2026, 03:00 UTC, was lost without an error: out of memory or time, or stopped.");
    }

    #[test]
    fn a_refused_version_explains_only_the_age_of_the_champion() {
        let runs = [made(4, 0.5), failed(3, "older")];
        insta::assert_snapshot!(told(AlarmKind::ChampionTooOld, &runs).unwrap(), @"Run manual-at-4 made a version that was refused on Tue 24 Nov 2026, 04:00 UTC: hold-out accuracy 0.5000 is below the floor 0.9000");
        assert_eq!(told(AlarmKind::TrainingFailed, &runs), None);
        assert!(told(AlarmKind::TrainFailureQueue, &runs).is_some_and(|told| told.ends_with("older")));
    }

    #[test]
    fn a_refused_file_is_named_only_in_the_mail_about_the_queue() {
        let trigger = Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None };
        let runs = [Run { trigger, ..failed(4, "operator Mul is not supported") }];
        insta::assert_snapshot!(told(AlarmKind::TrainFailureQueue, &runs).unwrap(), @"Run manual-at-4, the import of incoming/iris/a.onnx, failed on Tue 24 Nov 2026, 04:00 UTC: operator Mul is not supported");
        assert_eq!(told(AlarmKind::TrainingFailed, &runs), None);
        assert_eq!(told(AlarmKind::ChampionTooOld, &runs), None);
    }

    #[test]
    fn a_failure_before_a_success_explains_nothing() {
        let runs = [made(4, 0.95), failed(3, "older")];
        assert_eq!([AlarmKind::ChampionTooOld, AlarmKind::DeadlineMissed].map(|kind| told(kind, &runs)), [None, None]);
    }

    #[test]
    fn a_success_of_the_future_does_not_hide_why_training_fails() {
        let runs = [made(40, 0.95), failed(4, "no such column")];
        assert!(told(AlarmKind::TrainingFailed, &runs).is_some_and(|told| told.ends_with("no such column")));
    }

    #[test]
    fn refusals_are_explained_by_the_newest_of_them() {
        let runs = [failed(5, "no such column"), made(4, 0.5), made(3, 0.6)];
        insta::assert_snapshot!(told(AlarmKind::VersionsRefused, &runs).unwrap(), @"Run manual-at-4 made a version that was refused on Tue 24 Nov 2026, 04:00 UTC: hold-out accuracy 0.5000 is below the floor 0.9000");
    }

    #[test]
    fn a_failure_that_will_be_retried_is_not_reported_yet() {
        let run = run("again", at(29)).failed("the store is away".into(), Some(at(31)), at(29));
        assert_eq!(told(AlarmKind::DeadlineMissed, &[run]), None);
    }

    #[test]
    fn a_reason_of_any_length_is_shortened_to_fit() {
        let told = told(AlarmKind::TrainingFailed, &[failed(3, &"ü".repeat(100_000))]).unwrap();
        assert!(told.ends_with("ü…") && told.chars().count() < 2100);
    }
}
