//! Stores and reads the summaries of runs and versions.
//!
//! The items of runs and versions have two attributes for lists. `listed` is the sort key of the index `listing`:
//! `RUN#<started_at>` or `VERSION#<eight digits>`. `summary` is the summary as one JSON text. The index has only the
//! summary and the tags, so a page of one megabyte holds more than a thousand entries.

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::listing::{RunSummary, Span, VersionSummary};
use evergreen_lifecycle::ports::{Listing, Unavailable};
use evergreen_lifecycle::{Run, RunStatus, Version, time};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::items::{self, RegistryItem};
use super::{Registry, keys};
use crate::failure::unavailable;

/// Name of the attribute that is the sort key of the index.
pub(super) const LISTED: &str = "listed";

/// Name of the attribute that holds a summary as JSON.
pub(super) const SUMMARY: &str = "summary";

/// Name of the attribute that holds the tags of a version.
pub(super) const TAGS: &str = "tags";

const WRITING: &str = "writing a summary";

/// The character after all characters of a time. So this text is greater than the sort keys of all runs.
const AFTER_TIMES: &str = "~";

// Whether a run is lost depends on the time of the read, so the time limit of the attempt is stored with it.
/// The summary of a run as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredRunSummary {
    #[serde(flatten)]
    summary: RunSummary,
    lease_until: Timestamp,
}

impl StoredRunSummary {
    fn at(self, now: Timestamp) -> RunSummary {
        let is_lost = self.summary.status == RunStatus::Running && now > self.lease_until;
        RunSummary { status: if is_lost { RunStatus::Lost } else { self.summary.status }, ..self.summary }
    }
}

/// Returns the attributes with which lists show a run. `version` is the version that the run made.
pub(super) fn of_run(run: &Run, version: Option<&Version>) -> Result<[(&'static str, AttributeValue); 2], Unavailable> {
    let summary = RunSummary::of(run, version, run.started_at);
    let stored = StoredRunSummary { summary, lease_until: run.lease_until };
    attributes(format!("{}{}", keys::RUNS, time::format(run.started_at)), &stored)
}

/// Returns the attributes with which lists show a version.
pub(super) fn of_version(version: &Version) -> Result<[(&'static str, AttributeValue); 2], Unavailable> {
    // The tags change later, so they have an attribute of their own.
    let summary = VersionSummary::of(version, std::collections::BTreeMap::new());
    attributes(format!("{}{}", keys::VERSIONS, version.number.padded()), &summary)
}

fn attributes<T: Serialize>(listed: String, summary: &T) -> Result<[(&'static str, AttributeValue); 2], Unavailable> {
    let summary = serde_json::to_string(summary).map_err(|error| Unavailable::new(WRITING, error))?;
    Ok([(LISTED, items::text(listed)), (SUMMARY, items::text(summary))])
}

impl Listing for Registry {
    async fn run_summaries(&self, span: Span, limit: u32, now: Timestamp) -> Result<Vec<RunSummary>, Unavailable> {
        self.add_missing_summaries().await?;
        let from = span.from.map(time::format).unwrap_or_default();
        let until = span.until.map_or_else(|| AFTER_TIMES.to_owned(), time::format);
        if from > until {
            return Ok(Vec::new());
        }
        let read = |item: &RegistryItem| Some(parse::<StoredRunSummary>(item)?.at(now));
        self.summaries([from, until].map(|time| format!("{}{time}", keys::RUNS)), limit, read).await
    }

    async fn version_summaries(&self, limit: u32) -> Result<Vec<VersionSummary>, Unavailable> {
        self.add_missing_summaries().await?;
        let read = |item: &RegistryItem| {
            let tags = item.get(TAGS).cloned().and_then(|tags| serde_dynamo::from_attribute_value(tags).ok());
            Some(VersionSummary { tags: tags.unwrap_or_default(), ..parse(item)? })
        };
        self.summaries(["0", "9~"].map(|number| format!("{}{number}", keys::VERSIONS)), limit, read).await
    }
}

fn parse<T: for<'a> Deserialize<'a>>(item: &RegistryItem) -> Option<T> {
    serde_json::from_str(item.get(SUMMARY)?.as_s().ok()?).ok()
}

impl Registry {
    /// Reads the entries of the index between two sort keys, the last one first, at most `limit`.
    async fn summaries<T>(
        &self,
        [from, until]: [String; 2],
        limit: u32,
        read: impl Fn(&RegistryItem) -> Option<T>,
    ) -> Result<Vec<T>, Unavailable> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(keys::LISTING)
            .key_condition_expression("pk = :pk AND listed BETWEEN :from AND :until")
            .expression_attribute_values(":pk", items::text(self.keys.partition()))
            .expression_attribute_values(":from", items::text(from))
            .expression_attribute_values(":until", items::text(until))
            .projection_expression("summary, tags")
            .scan_index_forward(false);
        let mut items = query.into_paginator().page_size(i32::try_from(limit).unwrap_or(i32::MAX)).items().send();
        let (mut found, mut unreadable) = (Vec::new(), 0_u32);
        while found.len() < limit as usize
            && let Some(item) = items.next().await
        {
            match read(&item.map_err(unavailable("reading summaries"))?) {
                Some(summary) => found.push(summary),
                None => unreadable += 1,
            }
        }
        if unreadable > 0 {
            tracing::warn!(unreadable, "summaries of another release could not be read; the list leaves them out");
        }
        Ok(found)
    }
}
