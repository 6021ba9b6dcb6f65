//! What pages show beside the registry: alarms and the schedule's next times.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStates, AlarmStatus};

use crate::console::Console;
use crate::pages::{AlarmFact, AlarmFactState, PageFacts};
use crate::ports::ConsoleWorld;
use crate::reply::read;

/// Why a fact that the page does not need is not there.
const NOT_READ: &str = "this page does not read it";

/// Returns the facts for a page. Only the pages that show them read alarms and schedule.
pub(super) async fn of<W: ConsoleWorld>(console: &Console<W>, path: &[&str]) -> PageFacts {
    let facts = few(console);
    match path {
        [] => PageFacts { alarms: alarms(console).await, next_trainings: next_trainings(console).await, ..facts },
        ["alarms"] => PageFacts { alarms: alarms(console).await, ..facts },
        ["schedule"] => PageFacts { next_trainings: next_trainings(console).await, ..facts },
        _ => facts,
    }
}

/// Returns the facts that need no call to another service.
pub(super) fn few<W: ConsoleWorld>(console: &Console<W>) -> PageFacts {
    let stack = &console.stack;
    PageFacts {
        model: stack.model.clone(),
        stack: stack.name.clone(),
        prediction_url: stack.api_url.as_ref().map(|url| format!("{url}/predict")),
        dashboard_url: stack.dashboard_url.clone(),
        deadline_hours: stack.max_age_hours,
        quality_threshold: stack.quality_threshold,
        next_trainings: Err(NOT_READ.to_owned()),
        alarms: Err(NOT_READ.to_owned()),
        usage: Err("the console does not read it yet".to_owned()),
        cost: Err("the console does not read it yet".to_owned()),
        mails: None,
    }
}

async fn alarms<W: ConsoleWorld>(console: &Console<W>) -> Result<Vec<AlarmFact>, String> {
    let states = read(console.world.alarms().alarm_states()).await.map_err(unknown)?;
    Ok(states.into_iter().map(fact).collect())
}

async fn next_trainings<W: ConsoleWorld>(console: &Console<W>) -> Result<Vec<jiff::Timestamp>, String> {
    let schedule = console.schedule_view().await.map_err(unknown)?;
    match schedule.unreadable {
        Some(cause) => Err(cause),
        None => Ok(schedule.next_times.iter().filter_map(|time| time.parse().ok()).collect()),
    }
}

fn fact(alarm: AlarmStatus) -> AlarmFact {
    AlarmFact {
        name: alarm.name,
        meaning: alarm.description,
        state: match alarm.condition {
            AlarmCondition::Alarm => AlarmFactState::Raised,
            AlarmCondition::Ok => AlarmFactState::Ok,
            AlarmCondition::InsufficientData => AlarmFactState::Unclear,
        },
        since: alarm.since,
        reason: alarm.reason,
    }
}

fn unknown(_problem: Problem) -> String {
    "the service did not answer".to_owned()
}
