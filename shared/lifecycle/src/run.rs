//! Runs: attempts to train a model, from admission to the end.

mod metrics;
mod order;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use metrics::RunMetrics;
pub use order::{began, is_ahead};

use crate::{
    Dataset, Imported, MeanLoss, ModelName, Parameters, PrimaryMetric, RunId, SearchSummary, VersionNumber, time,
};

/// What started a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// The training schedule.
    Schedule {
        /// The scheduled time; `None` if the scheduler does not report it.
        scheduled_at: Option<Timestamp>,
    },
    /// A person who asked for the run.
    Manual {
        /// The person's reason, in their own words.
        note: Option<String>,
    },
    /// An imported model file. The run evaluates the file and trains nothing.
    Import {
        /// The key in the bucket under which the file was uploaded.
        key: String,
        /// The reason for the import, in the words of whoever requested it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl Trigger {
    /// Checks whether the run trains a model. An import only evaluates one.
    pub fn is_training(&self) -> bool {
        !matches!(self, Self::Import { .. })
    }
}

/// One training run: its cause, its input and its state. Runs that made a champion are kept forever. Failed and
/// refused runs may expire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The run's identity.
    pub id: RunId,
    /// The model that this run trains.
    pub model: ModelName,
    /// Number of this attempt at the run, from 1 up. Conditional writes compare it.
    pub attempt: u32,
    /// The Lambda invocation that makes this attempt. Lambda's retries of an invocation have the same identifier.
    pub invocation: String,
    /// Which try of its invocation this attempt is, from 1 up. Records of earlier releases have no such field and count
    /// as 1.
    #[serde(default = "first_try")]
    pub tries: u32,
    /// What started the run.
    pub trigger: Trigger,
    /// Version of the code that runs.
    pub code_version: String,
    /// When this attempt began.
    #[serde(with = "crate::time")]
    pub started_at: Timestamp,
    /// The latest time at which the platform ends this attempt.
    #[serde(with = "crate::time")]
    pub lease_until: Timestamp,
    /// The data set; `None` until it is loaded.
    pub dataset: Option<Dataset>,
    /// Random seed of the training; `None` until it is chosen.
    pub seed: Option<u64>,
    /// Hyperparameters; `None` until they are chosen.
    pub parameters: Option<Parameters>,
    /// How the hyperparameters were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// Oddities of the data set that do not prevent training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The imported file; `None` until the run has read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// The champion's loss on this run's hold-out; `None` if the champion could not be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescored: Option<Rescored>,
    /// Main metrics; `None` until the model is evaluated.
    pub metrics: Option<RunMetrics>,
    /// The run's state.
    #[serde(flatten)]
    pub state: RunState,
}

/// How an older version performs on the hold-out of a later run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rescored {
    /// The version that was scored: the champion at that time.
    pub version: VersionNumber,
    /// The metric of the loss.
    pub metric: PrimaryMetric,
    /// The version's loss on these rows.
    pub loss: MeanLoss,
}

/// The state of a run, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "UPPERCASE")]
pub enum RunState {
    /// The attempt is running, or it ended without recording a result.
    Running,
    /// The run made a version, which became champion.
    Succeeded {
        /// When the run ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The version that the run made.
        version: VersionNumber,
        /// The gate's explanation.
        reason: String,
    },
    /// The run made a version, which the gate refused.
    Rejected {
        /// When the run ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The version that the run made.
        version: VersionNumber,
        /// The gate's explanation.
        reason: String,
    },
    /// The run made no version.
    Failed {
        /// When the run ended.
        #[serde(with = "crate::time")]
        finished_at: Timestamp,
        /// The reason, in words for a person.
        reason: String,
        /// Until when the platform may still retry this failure by itself. `None` means that the failure is final.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_until: Option<Timestamp>,
    },
}

/// How long Lambda waits before each retry of an asynchronous invocation. The first pause follows the first try.
/// Source: "How Lambda handles errors and retries with asynchronous invocation" in the AWS Lambda developer guide.
const RETRY_DELAYS: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];

/// How much later than planned a retry may begin. Lambda's queue may be busy, and a cold start takes time. Only the
/// beginning must fall into this margin, because a retry that has begun sets the run to RUNNING.
const RETRY_MARGIN: SignedDuration = SignedDuration::from_mins(2);

fn first_try() -> u32 {
    1
}

/// The state of a run at a given time. It equals the stored state, with one exception: a running attempt whose time has
/// passed is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// The attempt is running.
    Running,
    /// The attempt ended without recording a result.
    Lost,
    /// The run made a version, which became champion.
    Succeeded,
    /// The run made a version, which the gate refused.
    Rejected,
    /// The run made no version.
    Failed,
}

/// Whether a request may begin an attempt at a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// The request may begin. Holds the new attempt, which must be stored before anything else happens, and the
    /// previous attempt, if any.
    Open(Box<Run>, Option<Box<Run>>),
    /// The run already made a version, so nothing remains to be done.
    Finished(Box<Run>),
    /// Another invocation is working on the run.
    Busy(Box<Run>),
    /// This same invocation failed for good. Another try would fail in the same way.
    Failed(Box<Run>),
}

impl Run {
    /// Decides whether `request`, an attempt numbered 1, may begin. `stored` is the record of the same run.
    ///
    /// A run may be tried again if its attempt was lost. That is the case if its time has passed, or if the platform
    /// retries the same invocation. A failed run may also be tried again, except by an invocation whose own failure is
    /// final. A different invocation may try, because somebody may want to see whether the cause is gone.
    ///
    /// ```
    /// use evergreen_lifecycle::{Admission, Run};
    /// use evergreen_testkit::{moment, run};
    ///
    /// let request = run("7", moment("2026-11-24T03:00:00Z"));
    /// // Nothing is stored yet, so the request begins the first attempt.
    /// let admission = Run::admit(request.clone(), None, request.started_at);
    /// assert_eq!(admission, Admission::Open(Box::new(request.clone()), None));
    ///
    /// // Another invocation asks for the same run while the attempt is running.
    /// let another = Run { invocation: "another".into(), ..request.clone() };
    /// let admission = Run::admit(another, Some(request.clone()), moment("2026-11-24T03:01:00Z"));
    /// assert_eq!(admission, Admission::Busy(Box::new(request)));
    /// ```
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

    /// Returns the run's status at `now`.
    pub fn status_at(&self, now: Timestamp) -> RunStatus {
        match self.state {
            RunState::Running if now > self.lease_until => RunStatus::Lost,
            RunState::Running => RunStatus::Running,
            RunState::Succeeded { .. } => RunStatus::Succeeded,
            RunState::Rejected { .. } => RunStatus::Rejected,
            RunState::Failed { .. } => RunStatus::Failed,
        }
    }

    /// Returns when the run ended, or `None` if it is running or lost.
    pub fn finished_at(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Running => None,
            RunState::Succeeded { finished_at, .. }
            | RunState::Rejected { finished_at, .. }
            | RunState::Failed { finished_at, .. } => Some(finished_at),
        }
    }

    /// Returns the gate's explanation or the cause of the failure; `None` while the run is running or lost.
    pub fn reason(&self) -> Option<&str> {
        match &self.state {
            RunState::Running => None,
            RunState::Succeeded { reason, .. }
            | RunState::Rejected { reason, .. }
            | RunState::Failed { reason, .. } => Some(reason),
        }
    }

    /// Returns the version that the run made, if any.
    pub fn version(&self) -> Option<VersionNumber> {
        match self.state {
            RunState::Succeeded { version, .. } | RunState::Rejected { version, .. } => Some(version),
            RunState::Running | RunState::Failed { .. } => None,
        }
    }

    /// Returns until when the platform may still retry the failure by itself. Returns `None` if the failure is final,
    /// or if the run did not fail.
    pub fn retry_until(&self) -> Option<Timestamp> {
        match self.state {
            RunState::Failed { retry_until, .. } => retry_until,
            RunState::Running | RunState::Succeeded { .. } | RunState::Rejected { .. } => None,
        }
    }

    /// Returns until when the platform may retry this attempt if it fails at `now`, or `None` after the last try.
    /// Lambda never retries a synchronous invocation, but the code cannot recognize one. Its failure therefore counts
    /// as final a few minutes late.
    pub fn retry_window(&self, now: Timestamp) -> Option<Timestamp> {
        let delay = RETRY_DELAYS.get(self.tries.saturating_sub(1) as usize)?;
        Some(time::to_millis(now + *delay + RETRY_MARGIN))
    }

    /// Returns a mark that distinguishes this attempt's objects from those of every other attempt. The other attempt
    /// may belong to another registry that uses the same bucket. The mark is printable ASCII, as object metadata
    /// requires.
    pub fn mark(&self) -> String {
        let mark = format!("{}/{}/{}", self.id, self.attempt, self.invocation);
        mark.replace(|char: char| !char.is_ascii_graphic(), "_")
    }

    /// Returns the run in its failed state, with the `reason`. Pass `None` as `retry_until` if the failure is final.
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
    fn a_second_delivery_is_busy_while_the_first_attempt_runs() {
        let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(1));
        assert!(matches!(admission, Admission::Busy(_)));
    }

    #[test]
    fn the_platforms_retry_continues_at_once() {
        let Admission::Open(attempt, _) = Run::admit(run(INVOCATION), Some(run(INVOCATION)), minutes_later(1)) else {
            panic!("expected the retry to be admitted");
        };
        assert_eq!(attempt.attempt, 2);
    }

    #[test]
    fn a_run_whose_time_has_passed_is_lost_and_may_be_tried_again() {
        assert_eq!(run(INVOCATION).status_at(minutes_later(15)), RunStatus::Running);
        assert_eq!(run(INVOCATION).status_at(minutes_later(16)), RunStatus::Lost);
        let admission = Run::admit(run("invocation-2"), Some(run(INVOCATION)), minutes_later(16));
        assert!(matches!(admission, Admission::Open(attempt, Some(_)) if attempt.attempt == 2));
    }

    #[test]
    fn a_failed_run_may_be_retried_and_a_finished_one_may_not() {
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
    fn a_stored_failure_without_retry_fields_is_final_and_the_first_attempt() {
        let failed = run(INVOCATION).failed("no such column".into(), None, minutes_later(1));
        let mut stored = serde_json::to_value(&failed).unwrap();
        assert_eq!(stored.get("retry_until"), None);
        stored.as_object_mut().unwrap().remove("tries");
        let read: Run = serde_json::from_value(stored).unwrap();
        assert_eq!((read.retry_until(), read), (None, failed));
    }

    #[test]
    fn an_import_names_its_file_and_is_not_a_training() {
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
