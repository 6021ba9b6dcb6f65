//! The reading routes: runs, versions, the champion, comparison, schedule, audit trail and alarms.

mod alarms;
mod compare;
mod drift;
mod live;
mod rollout;
mod run_views;
mod runs;
mod schedule;
mod versions;

use evergreen_http::Problem;
use evergreen_lifecycle::listing::InvalidFilter;
use evergreen_lifecycle::ports::{Champions, Steering};
use evergreen_lifecycle::{Champion, Pointer, Record, time};
use serde::Serialize;
use serde_json::{Value, json};

pub use compare::{MAX_COMPARED, VersionComparison};
pub(crate) use drift::span;
pub(crate) use live::{LiveFacts, LiveVersion, SHOWN_DAYS, quality};
pub(crate) use rollout::evidence as evidence_of_rollout;
pub use schedule::ScheduleView;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::query::QueryParameters;
use crate::reply::{Reply, read};

/// Maximum number of champions or audit entries in one answer.
const MAX_ENTRIES: u32 = 100;
/// Number of champions or audit entries in an answer if the caller does not say how many.
const DEFAULT_ENTRIES: u32 = 20;

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn show_champion(&self) -> Result<Reply, Problem> {
        let pointer = self.pointer().await?;
        Reply::ok(
            &pointer.as_ref().map_or_else(|| json!({"champion": null}), |pointer| json!({"champion": shown(pointer)})),
        )
    }

    pub(crate) async fn list_champions(&self, query: &QueryParameters) -> Result<Reply, Problem> {
        let limit = query.whole("limit", DEFAULT_ENTRIES, MAX_ENTRIES)?;
        let champions = read(self.world.registry().recent_champions(limit)).await?;
        let entry = |record: &Record<Pointer>| match record {
            Ok(pointer) => shown(pointer),
            Err(record) => json!({"unreadable": record.to_string()}),
        };
        Reply::ok(&json!({"champions": champions.iter().map(entry).collect::<Vec<_>>()}))
    }

    pub(crate) async fn list_aliases(&self) -> Result<Reply, Problem> {
        let aliases = read(self.world.registry().aliases()).await?;
        Reply::ok(&json!({"aliases": aliases}))
    }

    pub(crate) async fn list_audit(&self, query: &QueryParameters) -> Result<Reply, Problem> {
        let limit = query.whole("limit", DEFAULT_ENTRIES, MAX_ENTRIES)?;
        let entries = read(self.world.registry().audit(query.time("before")?, limit)).await?;
        let is_full = entries.len() == limit as usize;
        let next = entries.last().filter(|_| is_full).map(|entry| time::format(entry.at));
        Reply::ok(&json!({"entries": entries, "next": next}))
    }
}

/// Returns the JSON of a champion: its revision, since when, the champion before it, and the version's record.
fn shown(pointer: &Pointer) -> Value {
    let champion = pointer.champion();
    json!({
        "number": pointer.number,
        "revision": pointer.revision,
        "promoted_at": pointer.promoted_at().map(time::format),
        "previous": pointer.previous(),
        "reason": champion.map(Champion::why).or_else(|| pointer.decision().map(|decision| decision.to_string())),
        "by_hand": champion.and_then(|champion| champion.by_hand.as_ref()),
        "version": champion.map(|champion| &champion.version),
        "unreadable": pointer.unreadable().map(ToString::to_string),
    })
}

/// Creates the 400 response to a search with a wrong parameter.
fn wrong_search(error: &InvalidFilter) -> Problem {
    Problem::invalid_parameter(&error.parameter, "The query parameter has no possible value.", error.expected.clone())
}

/// Returns the JSON of a view.
fn value(view: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(view).map_err(crate::problem::internal)
}
