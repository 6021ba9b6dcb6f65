//! The training schedule: when it is due, its deadline, and the last runs that it started.

use evergreen_http::{Problem, maybe_moment};
use evergreen_lifecycle::health::scheduled_at;
use evergreen_lifecycle::ports::{MOST_RUNS, Runs, Schedules, StoredSchedule};
use evergreen_lifecycle::schedule::Timetable;
use evergreen_lifecycle::{Run, RunId, RunStatus, time};
use jiff::Timestamp;
use serde::Serialize;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};

/// Number of next times in the answer.
const NEXT_TIMES: usize = 5;
/// Number of last runs in the answer.
const LAST_RUNS: usize = 5;

/// The training schedule, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleView {
    /// The expression, such as `cron(0 3 * * ? *)`. `None` if the schedule does not exist.
    pub expression: Option<String>,
    /// The time zone of the expression.
    pub zone: String,
    /// Whether the schedule is switched on.
    pub is_enabled: bool,
    /// When the schedule was last changed.
    #[serde(serialize_with = "maybe_moment")]
    pub changed_at: Option<Timestamp>,
    /// The next times, as RFC 3339 text in UTC. Empty if the schedule is switched off or cannot be read.
    pub next_times: Vec<String>,
    /// How many minutes after its scheduled time a run may end.
    pub deadline_minutes: i64,
    /// The last runs that the schedule started, newest first.
    pub last_runs: Vec<ScheduledRun>,
    /// Why the next times are unknown. `None` if they are known.
    pub unreadable: Option<String>,
}

/// A run that the schedule started.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduledRun {
    /// The identifier of the run.
    pub id: RunId,
    /// The time for which the run was scheduled.
    #[serde(serialize_with = "maybe_moment")]
    pub scheduled_at: Option<Timestamp>,
    /// The status of the run.
    pub status: RunStatus,
    /// Whether the run ended within the deadline. `None` while it runs.
    pub in_time: Option<bool>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn show_schedule(&self) -> Result<Reply, Problem> {
        Reply::ok(&self.schedule_view().await?)
    }

    /// Returns the training schedule, as it is shown.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the scheduler or the registry does not answer.
    pub async fn schedule_view(&self) -> Result<ScheduleView, Problem> {
        let stored = read(self.world.scheduler().schedule()).await?;
        let recent = read(self.world.registry().recent_runs(MOST_RUNS)).await?;
        let recent: Vec<Run> = recent.into_iter().filter_map(Result::ok).collect();
        Ok(self.view_of(stored, &recent))
    }

    fn view_of(&self, stored: Option<StoredSchedule>, recent: &[Run]) -> ScheduleView {
        let now = self.now();
        let timetable = stored.as_ref().map(Timetable::stored);
        let (next_times, unreadable) = match timetable {
            Some(Ok(timetable)) => (timetable.next_times(recent, now, NEXT_TIMES), None),
            Some(Err(error)) => (Vec::new(), Some(error.to_string())),
            None => (Vec::new(), Some("the schedule does not exist".to_owned())),
        };
        let scheduled = recent.iter().filter(|run| scheduled_at(run).is_some());
        ScheduleView {
            expression: stored.as_ref().map(|stored| stored.expression.clone()),
            zone: stored.as_ref().and_then(|stored| stored.zone.clone()).unwrap_or_else(|| "UTC".to_owned()),
            is_enabled: stored.as_ref().is_some_and(|stored| stored.is_enabled),
            changed_at: stored.map(|stored| stored.changed_at),
            next_times: next_times.into_iter().map(time::format).collect(),
            deadline_minutes: self.stack.grace.as_mins(),
            last_runs: scheduled.take(LAST_RUNS).map(|run| self.scheduled_run(run, now)).collect(),
            unreadable,
        }
    }

    fn scheduled_run(&self, run: &Run, now: Timestamp) -> ScheduledRun {
        let due = scheduled_at(run);
        let in_time = run.finished_at().and_then(|end| Some(end <= due?.checked_add(self.stack.grace).ok()?));
        ScheduledRun { id: run.id.clone(), scheduled_at: due, status: run.status_at(now), in_time }
    }
}
