//! Decides which training runs may be deleted together with old model versions.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::RetentionRule;
use crate::listing::{RunSummary, VersionSummary};
use crate::{RunId, RunStatus, VersionNumber};

// The record of a run makes a repeated event harmless. AWS delivers no event later than a day after it happened.
/// How long the record of a run stays at least.
const REPEATED: SignedDuration = SignedDuration::from_hours(24);

/// Returns when the training of the oldest of the newest versions ended, as many as the rule keeps. `None` if there are
/// not more versions than that. `versions` are in descending order of their numbers.
pub fn oldest_kept(versions: &[VersionSummary], rule: RetentionRule) -> Option<Timestamp> {
    let keep = usize::try_from(rule.keep.get()).ok()?;
    versions.get(keep.checked_sub(1)?).map(|version| version.trained_at)
}

/// Returns the runs that may be deleted at the time `now`, in the order of `runs`.
///
/// A run stays as long as its version. A run without a version stays until it is older than `since`
/// ([`oldest_kept`]). Runs of the last day and runs without an end always stay.
pub fn deletable_runs(
    runs: &[RunSummary],
    registered: &BTreeSet<VersionNumber>,
    since: Timestamp,
    now: Timestamp,
) -> Vec<RunId> {
    let is_old = |run: &&RunSummary| run.started_at < since && run.started_at + REPEATED < now;
    let has_ended =
        |run: &&RunSummary| matches!(run.status, RunStatus::Succeeded | RunStatus::Rejected | RunStatus::Failed);
    let has_version = |run: &&RunSummary| run.version.is_some_and(|version| registered.contains(&version));
    let deleted = runs.iter().filter(|run| is_old(run) && has_ended(run) && !has_version(run));
    deleted.map(|run| run.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn run(id: &str, hours: i64, status: RunStatus, version: Option<u32>) -> RunSummary {
        RunSummary {
            id: format!("manual-{id}").parse().unwrap(),
            status,
            trigger: "manual".into(),
            started_at: at(hours),
            seconds: Some(1.0),
            version: version.and_then(VersionNumber::new),
            family: None,
            reason: None,
            metrics: Default::default(),
            dataset: None,
            code_version: "1".into(),
        }
    }

    fn deleted(runs: &[RunSummary], since: i64, now: i64) -> Vec<String> {
        let registered = [VersionNumber::FIRST].into();
        deletable_runs(runs, &registered, at(since), at(now)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_run_goes_when_its_version_is_gone_and_stays_while_it_is_registered() {
        let runs = [run("a", 1, RunStatus::Succeeded, Some(1)), run("b", 2, RunStatus::Rejected, Some(2))];
        assert_eq!(deleted(&runs, 50, 100), ["manual-b"]);
    }

    #[test]
    fn a_failed_run_stays_until_all_newest_versions_are_younger() {
        let runs = [run("a", 1, RunStatus::Failed, None), run("b", 60, RunStatus::Failed, None)];
        assert_eq!(deleted(&runs, 50, 100), ["manual-a"]);
    }

    #[test]
    fn runs_of_the_last_day_and_runs_without_an_end_stay() {
        let runs = [
            run("a", 1, RunStatus::Running, None),
            run("b", 1, RunStatus::Lost, None),
            run("c", 2, RunStatus::Failed, None),
        ];
        assert_eq!(deleted(&runs, 50, 25), [""; 0]);
        assert_eq!(deleted(&runs, 50, 27), ["manual-c"]);
    }

    #[test]
    fn nothing_is_older_than_the_kept_versions_while_there_are_few() {
        let rule = RetentionRule { keep: NonZeroU32::MIN, champion_days: 0 };
        assert_eq!(oldest_kept(&[], rule), None);
    }
}
