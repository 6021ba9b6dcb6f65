//! The list of runs, and one run.

use std::collections::BTreeMap;

use evergreen_http::Problem;
use evergreen_lifecycle::listing::{DEFAULT_PAGE, MAX_SEARCHED, RunSummary, Search};
use evergreen_lifecycle::ports::{Listing, Runs};
use evergreen_lifecycle::{Record, Run, RunId};
use futures_util::future::try_join_all;
use serde_json::{Map, Value, json};

use super::run_views::{RunView, UnreadableRunView, WholeRunView};
use super::{value, wrong_search};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::query::QueryParameters;
use crate::reply::{Reply, read};

/// Maximum number of runs in one answer. Each is read as a whole.
const MAX_RUNS: u32 = 100;

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn list_runs(&self, query: &QueryParameters) -> Result<Reply, Problem> {
        let limit = query.whole("limit", DEFAULT_PAGE as u32, MAX_RUNS)?;
        let search = Search::<RunSummary>::parse(query.without(&[])).map_err(|error| wrong_search(&error))?;
        // The first page of all runs needs no other summaries. It also shows runs that a newer release wrote.
        let is_first = query.without(&["limit"]).next().is_none();
        let count = if is_first { limit + 1 } else { MAX_SEARCHED };
        let registry = self.world.registry();
        let summaries = read(registry.run_summaries(search.span(), count, self.now())).await?;
        let page = search.page(summaries);
        let whole: Vec<Option<Record<Run>>> = match is_first {
            true => read(registry.recent_runs(limit)).await?.into_iter().map(Some).collect(),
            false => try_join_all(page.entries.iter().map(|summary| read(registry.run(&summary.id)))).await?,
        };
        let extras: BTreeMap<_, _> = page.entries.iter().map(|summary| (summary.id.as_str(), summary)).collect();
        let entries = whole.iter().flatten().map(|run| self.entry(run, &extras)).collect::<Result<Vec<_>, _>>()?;
        let (next, previous) = (&page.next, &page.previous);
        let (searched, truncated) = (page.searched, page.truncated);
        Reply::ok(&json!({"runs": entries, "next": next, "previous": previous, "searched": searched, "truncated": truncated}))
    }

    pub(crate) async fn show_run(&self, id: &str) -> Result<Reply, Problem> {
        let id: RunId = id.parse().map_err(|_| {
            let expected = "1–128 letters, digits, hyphens, underscores and dots";
            Problem::invalid_parameter("id", "The last part of the path is not a valid run ID.", expected)
        })?;
        match read(self.world.registry().run(&id)).await? {
            Some(Ok(run)) => Reply::ok(&WholeRunView::new(&run, self.now())),
            Some(Err(record)) => Reply::ok(&UnreadableRunView::new(&record)),
            None => Err(problem::unknown_run()),
        }
    }

    /// Returns the JSON of a run in the list: the fields of the run, and those of its summary that the run has not.
    fn entry(&self, run: &Record<Run>, extras: &BTreeMap<&str, &RunSummary>) -> Result<Value, Problem> {
        let run = match run {
            Ok(run) => run,
            Err(record) => return value(&UnreadableRunView::new(record)),
        };
        let mut shown = value(&RunView::new(run, self.now()))?;
        if let (Some(summary), Value::Object(fields)) = (extras.get(run.id.as_str()), &mut shown) {
            add(fields, value(summary)?);
        }
        Ok(shown)
    }
}

/// Adds the fields of `more` that are missing or null. Adds missing metrics by name.
fn add(fields: &mut Map<String, Value>, more: Value) {
    let Value::Object(more) = more else { return };
    for (name, value) in more {
        match (fields.get_mut(&name), value) {
            (Some(Value::Object(metrics)), Value::Object(others)) if name == "metrics" => {
                for (name, value) in others {
                    metrics.entry(name).or_insert(value);
                }
            }
            (None | Some(Value::Null), value) => drop(fields.insert(name, value)),
            _ => {}
        }
    }
}
