//! What pages show beside the registry and its neighbours: usage, cost and mails.

use std::time::Duration;

use evergreen_lifecycle::ports::{AcceptedMail, Mailbox, RequestHistory, RequestHour};
use futures_util::future::join;
use tokio::time::timeout;

use crate::console::Console;
use crate::pages::{CostFact, Known, PageFacts, UsageFact, UsageHour};
use crate::ports::ConsoleWorld;

/// How long a page waits for the requests of the day. It is useful without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the facts that need no call to another service.
pub(super) fn few<W: ConsoleWorld>(console: &Console<W>) -> PageFacts {
    PageFacts {
        stack: console.stack.clone(),
        usage: Err("this page does not read it".to_owned()),
        cost: Err("this page does not read it".to_owned()),
        mails: None,
    }
}

/// Returns the facts of a page. Only the overview shows how the prediction API was used, and what the month costs.
pub(super) async fn of<W: ConsoleWorld>(console: &Console<W>, path: &[&str]) -> PageFacts {
    let facts = few(console);
    match path {
        [] => {
            let (usage, cost) = join(usage(console), cost(console)).await;
            PageFacts { usage, cost, ..facts }
        }
        ["mails", ..] => PageFacts { mails: mails(console).await, ..facts },
        _ => facts,
    }
}

async fn cost<W: ConsoleWorld>(console: &Console<W>) -> Known<CostFact> {
    let cost = console.month_cost().await.ok_or("the list prices cannot be read")?;
    let estimate = cost.estimate;
    let services = estimate.parts.into_iter().map(|part| (part.name, part.dollars)).collect();
    Ok(CostFact { so_far: estimate.so_far, expected: estimate.expected, services, source: cost.source })
}

/// Returns the mails of the emulator. `None` on AWS.
async fn mails<W: ConsoleWorld>(console: &Console<W>) -> Option<Known<Vec<AcceptedMail>>> {
    if !console.stack.is_emulated {
        return None;
    }
    let mails = console.world.mailbox().accepted_mails().await.map_err(|error| {
        tracing::warn!(%error, "the mails of the emulator could not be read");
        "the emulator did not answer".to_owned()
    });
    mails.transpose()
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
