//! Runs: attempts to train, from being admitted to how they ended.

mod metrics;
mod order;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use metrics::RunMetrics;
pub use order::{began, is_ahead};

use crate::{
    Dataset, Imported, MeanLoss, ModelName, Parameters, PrimaryMetric, RunId, SearchSummary, VersionNumber, time,
};

/// What asked for a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// The schedule.
    Schedule {
        /// The time that the schedule names; absent where a scheduler does not say.
        scheduled_at: Option<Timestamp>,
    },
    /// Somebody.
    Manual {
        /// Their words on why.
        note: Option<String>,
    },
    /// A model file that was made elsewhere: nothing is learnt, the file is judged.
    Import {
        /// Where in the bucket it was put.
        key: String,
        /// Somebody's words on why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Trigger {
    /// Whether the run is to learn, and not to judge a file made elsewhere.
    pub fn is_training(&self) -> bool {
        !matches!(self, Self::Import { .. })
    }
}

/// One attempt to train: what asked for it, what it used, how it stands. Kept for ever, whatever came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// The model that is trained.
    pub model: ModelName,
    /// Counts the attempts at this run, from 1 up: what a conditional write compares.
    pub attempt: u32,
    /// The invocation that makes this attempt; the platform's retries of one invocation share it.
    pub invocation: String,
    /// Which try of its invocation this attempt is, from 1 up. A record of an earlier release does not say; it counts as 1.
    #[serde(default = "first_try")]
    pub tries: u32,
    /// What asked for it.
    pub trigger: Trigger,
    /// The code that runs.
    pub code_version: String,
    /// When this attempt began.
    #[serde(with = "crate::time")]
    pub started_at: Timestamp,
    /// When the platform will have ended this attempt at the latest.
    #[serde(with = "crate::time")]
    pub lease_until: Timestamp,
    /// The table, once it is loaded.
    pub dataset: Option<Dataset>,
    /// Seed of the fit, once it is decided.
    pub seed: Option<u64>,
    /// Hyperparameters, once they are chosen.
    pub parameters: Option<Parameters>,
    /// How they were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// What is odd about the table without keeping anybody from learning from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The file made elsewhere that it judges, once that is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// How the champion did on the rows held out of this run's table, where it could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored: Option<Rescored>,
    /// Headline figures, once the model is evaluated.
    pub metrics: Option<RunMetrics>,
    /// How it stands.
    #[serde(flatten)]
    pub state: RunState,
}

/// How a version does on rows that were held out after it was trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rescored {
    /// The version: the champion at that time.
    pub version: VersionNumber,
    /// What the loss is of.
    pub metric: PrimaryMetric,
    /// Its loss there.
    pub loss: MeanLoss,
}

/// How a run stands, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum RunState {
    /// An attempt is under way, or died without a word.
    Running,
    /// It made a version that became champion.
    Succeeded {
        /// When it ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The version that it made.
        version: VersionNumber,
        /// What the gate said.
        reason: String,
    },
    /// It made a version that the gate refused.
    Rejected {
        /// When it ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The version that it made.
        version: VersionNumber,
        /// What the gate said.
        reason: String,
    },
    /// It made no version.
    Failed {
        /// When it ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// Why, for a person to read.
        reason: String,
        /// Until when the platform may still retry this failure by itself; none: it is final.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_until: Option<Timestamp>,
    },
}

/// Pauses that Lambda makes before it retries an asynchronous invocation: the first after the first try, and so on.
/// Source: "How Lambda handles errors and retries with asynchronous invocation" in the AWS Lambda developer guide.
const RETRY_DELAYS: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];

/// How much later than its pause says a retry may begin: Lambda's queue may be busy, and a cold start takes its time. A retry
/// that has begun makes the run RUNNING, so only its beginning has to fall into this.
const RETRY_MARGIN: SignedDuration = SignedDuration::from_mins(2);

fn first_try() -> u32 {
    1
}

/// How a run stands at a moment: as stored, except that an attempt whose time has passed is lost, not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// An attempt is under way.
    Running,
    /// An attempt died without a word.
    Lost,
    /// It made a version that became champion.
    Succeeded,
    /// It made a version that the gate refused.
    Rejected,
    /// It made no version.
    Failed,
}

/// Whether a request for a run may begin an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// It may: this is the attempt, to be stored before anything else is done, and the one before it, if there is one.
    Open(Box<Run>, Option<Box<Run>>),
    /// The run has ended with a version: there is nothing to do.
    Finished(Box<Run>),
    /// Another invocation is at it.
    Busy(Box<Run>),
    /// This very invocation has failed for good: another try would fail in the same way.
    Failed(Box<Run>),
}

impl Run {
    /// Decides whether `request`, an attempt numbered 1, may begin, given what is stored under its identity.
    ///
    /// A run whose attempt died may be tried again: its time has passed, or the platform retries the very invocation that
    /// made it. So may a failed one, unless the platform retries an invocation whose failure is final; another invocation is
    /// somebody's wish to see whether the cause is gone.
    pub fn admit(request: Self, stored: Option<Self>, now: Timestamp) -> Admission {
        let Some(stored) = stored else {
            return Admission::Open(Box::new(request), None);
        };
        match stored.status_at(now) {
            RunStatus::Succeeded | RunStatus::Rejected => Admission::Finished(Box::new(stored)),
            RunStatus::Running if stored.invocation != request.invocation => Admission::Busy(Box::new(stored)),
            RunStatus::Failed if stored.invocation == request.invocation && stored.retry_until().is_none() => {
                Admission::Failed(Box::new(stored))
            }
            RunStatus::Running | RunStatus::Lost | RunStatus::Failed => {
                let tries = if stored.invocation == request.invocation { stored.tries.saturating_add(1) } else { 1 };
                let attempt = Self { attempt: stored.attempt + 1, tries, ..request };
                Admission::Open(Box::new(attempt), Some(Box::new(stored)))
            }
        }
    }

    /// How it stands at `now`.
    pub fn status_at(&self, now: Timestamp) -> RunStatus {
        match self.state {
            RunState::Running if now > self.lease_until => RunStatus::Lost,
            RunState::Running => RunStatus::Running,
            RunState::Succeeded { .. } => RunStatus::Succeeded,
            RunState::Rejected { .. } => RunStatus::Rejected,
            RunState::Failed { .. } => RunStatus::Failed,
        }
    }

    /// When it ended, unless it is running or lost.
    pub fn finished_at(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Running => None,
            RunState::Succeeded { finished_at, .. }
            | RunState::Rejected { finished_at, .. }
            | RunState::Failed { finished_at, .. } => Some(finished_at),
        }
    }

    /// Why it ended as it did: the gate's sentence, or the failure.
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            RunState::Running => None,
            RunState::Succeeded { reason, .. }
            | RunState::Rejected { reason, .. }
            | RunState::Failed { reason, .. } => Some(reason),
        }
    }

    /// The version that it made, if it made one.
    pub fn version(&self) -> Option<VersionNumber> {
        match self.state {
            RunState::Succeeded { version, .. } | RunState::Rejected { version, .. } => Some(version),
            RunState::Running | RunState::Failed { .. } => None,
        }
    }

    /// Until when the platform may still retry its failure by itself; none when the failure is final, or when it has not
    /// failed.
    pub fn retry_until(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Failed { retry_until, .. } => retry_until,
            RunState::Running | RunState::Succeeded { .. } | RunState::Rejected { .. } => None,
        }
    }

    /// Until when the platform may retry this attempt if it fails at `now`; none after the last try. Nobody can tell an
    /// invocation that somebody waits for, and that is never retried: its failure counts as final a few minutes late.
    pub fn retry_window(&self, now: Timestamp) -> Option<Timestamp> {
        let delay = RETRY_DELAYS.get(self.tries.saturating_sub(1) as usize)?;
        Some(time::to_millis(now + *delay + RETRY_MARGIN))
    }

    /// What tells this attempt's objects from those of every other attempt, of this registry or of another one that uses the
    /// same bucket: printable ASCII, as an object's metadata has to be.
    pub fn mark(&self) -> String {
        let mark = format!("{}/{}/{}", self.id, self.attempt, self.invocation);
        mark.replace(|char: char| !char.is_ascii_graphic(), "_")
    }

    /// The run, ended without a version for `reason`. `retry_until` is none when the failure is final.
    pub fn failed(self, reason: String, retry_until: Option<Timestamp>, now: Timestamp) -> Self {
        Self { state: RunState::Failed { finished_at: time::to_millis(now), reason, retry_until }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const INVOCATION: &str = "invocation-1";

    fn start() -> Timestamp {
        "2026-11-24T03:00:00Z".parse().unwrap()
    }

    fn run(invocation: &str) -> Run {
        Run {
            id: RunId::scheduled(start()),
            model: "iris".parse().unwrap(),
            attempt: 1,
            invocation: invocation.into(),
            tries: 1,
            trigger: Trigger::Schedule { scheduled_at: Some(start()) },
            code_version: "test".into(),
            started_at: start(),
            lease_until: start() + SignedDuration::from_mins(15),
            dataset: None,
            seed: None,
            parameters: None,
            search: None,
            warnings: Vec::new(),
            imported: None,
            rescored: None,
            metrics: None,
            state: RunState::Running,
        }
    }

    fn minutes_later(minutes: i64) -> Timestamp {
        start() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_second_delivery_waits_while_the_first_is_at_work() {
        let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(1));
        assert!(matches!(admission, Admission::Busy(_)));
    }

    #[test]
    fn the_platforms_own_retry_takes_over_at_once() {
        let Admission::Open(attempt, _) = Run::admit(run(INVOCATION), Some(run(INVOCATION)), minutes_later(1)) else {
            panic!("expected the retry to be admitted");
        };
        assert_eq!(attempt.attempt, 2);
    }

    #[test]
    fn a_run_that_died_is_lost_and_may_be_tried_again() {
        assert_eq!(run(INVOCATION).status_at(minutes_later(15)), RunStatus::Running);
        assert_eq!(run(INVOCATION).status_at(minutes_later(16)), RunStatus::Lost);
        let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(16));
        assert!(matches!(admission, Admission::Open(attempt, Some(_)) if attempt.attempt == 2));
    }

    #[test]
    fn a_failed_run_may_be_tried_again_and_a_finished_one_may_not() {
        let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
        assert!(matches!(Run::admit(run("invocation-2"), Some(failed), minutes_later(2)), Admission::Open(..)));
        let finished = Run {
            state: RunState::Succeeded { finished_at: start(), version: VersionNumber::FIRST, reason: String::new() },
            ..run(INVOCATION)
        };
        assert!(matches!(Run::admit(run(INVOCATION), Some(finished), minutes_later(2)), Admission::Finished(_)));
    }

    #[test]
    fn a_failure_may_be_retried_after_the_first_two_tries_of_an_invocation() {
        let failed_at = minutes_later(1);
        let mut stored: Option<Run> = None;
        for window in [Some(3), Some(4), None] {
            let Admission::Open(attempt, _) = Run::admit(run(INVOCATION), stored, minutes_later(1)) else {
                panic!("expected the try to be admitted");
            };
            let window = window.map(|minutes| failed_at + SignedDuration::from_mins(minutes));
            assert_eq!(attempt.retry_window(failed_at), window, "try {}", attempt.tries);
            let failed = attempt.failed("the store is away".into(), window, failed_at);
            assert_eq!(failed.retry_until(), window);
            stored = Some(failed);
        }
        let again = Run::admit(run(INVOCATION), stored.clone(), minutes_later(9));
        assert!(matches!(again, Admission::Failed(_)), "{again:?}");
        let Admission::Open(attempt, _) = Run::admit(run("invocation-2"), stored, minutes_later(9)) else {
            panic!("expected another invocation to be admitted");
        };
        assert_eq!((attempt.attempt, attempt.tries), (4, 1));
    }

    #[test]
    fn a_failure_on_record_that_says_nothing_of_retries_is_final_and_the_first_try() {
        let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
        let mut stored = serde_json::to_value(&failed).unwrap();
        assert_eq!(stored.get("retry_until"), None);
        stored.as_object_mut().unwrap().remove("tries");
        let read: Run = serde_json::from_value(stored).unwrap();
        assert_eq!((read.retry_until(), read), (None, failed));
    }

    #[test]
    fn an_import_names_its_file_and_is_no_training() {
        let trigger = Trigger::Import { key: "incoming/iris/a.onnx".into(), note: None };
        insta::assert_json_snapshot!(trigger, @r#"
        {
          "kind": "import",
          "key": "incoming/iris/a.onnx"
        }
        "#);
        assert!(!trigger.is_training() && Trigger::Manual { note: None }.is_training());
    }

    #[test]
    fn the_stored_form_is_stable() {
        let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
        insta::assert_json_snapshot!(failed, @r#"
        {
          "id": "scheduled-20261124T030000Z",
          "model": "iris",
          "attempt": 1,
          "invocation": "invocation-1",
          "tries": 1,
          "trigger": {
            "kind": "schedule",
            "scheduled_at": "2026-11-24T03:00:00Z"
          },
          "code_version": "test",
          "started_at": "2026-11-24T03:00:00.000Z",
          "lease_until": "2026-11-24T03:15:00.000Z",
          "dataset": null,
          "seed": null,
          "parameters": null,
          "metrics": null,
          "status": "FAILED",
          "finished_at": "2026-11-24T03:01:00.000Z",
          "reason": "no such column"
        }
        "#);
    }
}
