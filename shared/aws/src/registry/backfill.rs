//! Adds summaries to the records of earlier releases, which have none.
//!
//! Lists only show records with a summary. Each list call adds summaries to a few records until every record has one.
//! The item `LISTING` says how far this went. An earlier release that runs again after an update writes records without
//! summaries. If somebody then deletes the item, the next list calls look at all records again.

use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::ports::{Unavailable, Versions};
use evergreen_lifecycle::{Run, Version};
use serde::{Deserialize, Serialize};

use super::Registry;
use super::items::{self, RegistryItem, Stored};
use super::keys::{self, Key};
use super::listing::{self, LISTED, SUMMARY};
use crate::failure::unavailable;

const WHAT: &str = "adding summaries to older records";

/// Maximum number of records that one list call looks at.
const STEP: i32 = 200;

/// How far the work is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The sort key of the last record that has a summary, if the work is not done.
    after: Option<String>,
    /// Whether all records have summaries.
    done: bool,
}

/// The parts of the work, in order: the prefix of the records' sort keys.
const PARTS: [&str; 2] = [keys::RUNS, keys::VERSIONS];

impl Registry {
    /// Adds summaries to at most [`STEP`] records that have none. Does nothing if all records have summaries.
    pub(super) async fn add_missing_summaries(&self) -> Result<(), Unavailable> {
        if self.is_listed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let progress = self.item(self.keys.listing(), WHAT).await?;
        let progress: Progress = progress.map(|item| items::decode(item, WHAT)).transpose()?.unwrap_or_default();
        if !progress.done {
            let next = self.step(progress.after).await?;
            self.remember_progress(&next).await?;
            if !next.done {
                return Ok(());
            }
        }
        self.is_listed.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn step(&self, after: Option<String>) -> Result<Progress, Unavailable> {
        let part = PARTS.iter().find(|prefix| after.as_ref().is_some_and(|after| after.starts_with(**prefix)));
        let prefix = part.copied().unwrap_or(keys::RUNS);
        // The mark at the end of a part is the prefix alone, which is no key. The query then begins at its first key.
        let start = after.filter(|after| after != prefix).map(|sort| self.keys.in_partition(sort).into_item());
        let query = self.query(prefix).consistent_read(true).limit(STEP).set_exclusive_start_key(start);
        let page = query.send().await.map_err(unavailable(WHAT))?;
        for item in page.items.unwrap_or_default() {
            self.add_summary(prefix, item).await?;
        }
        if let Some(last) = page.last_evaluated_key.as_ref().and_then(Key::sort_of) {
            return Ok(Progress { after: Some(last.to_owned()), done: false });
        }
        let is_last = prefix == keys::VERSIONS;
        Ok(Progress { after: (!is_last).then(|| keys::VERSIONS.to_owned()), done: is_last })
    }

    /// Adds a summary to a record. A record that this release cannot read stays without one.
    async fn add_summary(&self, prefix: &str, item: RegistryItem) -> Result<(), Unavailable> {
        let Some(sort) = Key::sort_of(&item).map(str::to_owned).filter(|_| !item.contains_key(LISTED)) else {
            return Ok(());
        };
        let attributes = match prefix {
            keys::RUNS => match Run::read(item) {
                Ok(run) => listing::of_run(&run, self.version_of(&run).await?.as_ref())?,
                Err(_) => return Ok(()),
            },
            _ => match Version::read(item) {
                Ok(version) => listing::of_version(&version)?,
                Err(_) => return Ok(()),
            },
        };
        let [(_, listed), (_, summary)] = attributes;
        self.store_summary(self.keys.in_partition(sort), listed, summary).await
    }

    async fn version_of(&self, run: &Run) -> Result<Option<Version>, Unavailable> {
        let Some(number) = run.version() else { return Ok(None) };
        Ok(self.version(number).await?.and_then(Result::ok))
    }

    // The condition fails if the record was written with a summary or deleted meanwhile.
    async fn store_summary(
        &self,
        key: Key,
        listed: AttributeValue,
        summary: AttributeValue,
    ) -> Result<(), Unavailable> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key.into_item()));
        let update = update
            .update_expression("SET #listed = :listed, #summary = :summary")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(#listed)")
            .expression_attribute_names("#listed", LISTED)
            .expression_attribute_names("#summary", SUMMARY)
            .expression_attribute_values(":listed", listed)
            .expression_attribute_values(":summary", summary);
        let Err(error) = update.send().await else { return Ok(()) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            _ => Err(unavailable(WHAT)(error)),
        }
    }

    async fn remember_progress(&self, progress: &Progress) -> Result<(), Unavailable> {
        let item = items::encode(&self.keys.listing(), progress, WHAT)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(WHAT))?;
        Ok(())
    }
}
