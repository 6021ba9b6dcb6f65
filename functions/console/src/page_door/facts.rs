//! What pages show beside the registry and its neighbours: usage, cost and mails.

use std::time::Duration;

use evergreen_lifecycle::ports::{RequestHistory, RequestHour};
use tokio::time::timeout;

use crate::console::Console;
use crate::pages::{Known, PageFacts, UsageFact, UsageHour};
use crate::ports::ConsoleWorld;

/// How long a page waits for the requests of the day. It is useful without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the facts that need no call to another service.
pub(super) fn few<W: ConsoleWorld>(console: &Console<W>) -> PageFacts {
    PageFacts {
        stack: console.stack.clone(),
        usage: Err("this page does not read it".to_owned()),
        cost: Err("this stack reads no bill; the command make cost estimates a month".to_owned()),
        mails: None,
    }
}

/// Returns the facts of a page. Only the overview shows how the prediction API was used.
pub(super) async fn of<W: ConsoleWorld>(console: &Console<W>, path: &[&str]) -> PageFacts {
    let facts = few(console);
    if path.is_empty() { PageFacts { usage: usage(console).await, ..facts } } else { facts }
}

async fn usage<W: ConsoleWorld>(console: &Console<W>) -> Known<UsageFact> {
    if console.stack.is_emulated {
        return Err("the emulator does not count requests".to_owned());
    }
    let Ok(answer) = timeout(PATIENCE, console.world.alarms().last_day(console.now())).await else {
        tracing::warn!("CloudWatch did not answer in time");
        return Err("CloudWatch did not answer".to_owned());
    };
    let day = answer.map_err(|error| {
        tracing::warn!(%error, "the requests of the day could not be read");
        "CloudWatch did not answer".to_owned()
    })?;
    Ok(UsageFact { hours: day.hours.iter().map(hour).collect(), p99_milliseconds: day.p99_milliseconds })
}

fn hour(hour: &RequestHour) -> UsageHour {
    let RequestHour { from, requests, refused, failed } = *hour;
    UsageHour { from, answered: requests.saturating_sub(refused + failed), refused, failed }
}
