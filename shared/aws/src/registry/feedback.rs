//! Counts what turned out true about predictions, in DynamoDB.
//!
//! One transaction stores the hashes of the ids, each on condition that it is new, and adds to the counts of a day. So
//! no id is counted twice. The counts are read, added to, and stored on condition that nobody changed them meanwhile.
//! Calls that get in each other's way go on with another part of the counts, and readers add the parts up.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::RangeInclusive;
use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::TransactWriteItem;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{FeedbackGroup, JudgedPrediction, LiveTally, MAX_FEEDBACK_AGE, PairedTally};
use evergreen_lifecycle::ports::{DayTally, FeedbackCounting, FeedbackRecord, Unavailable};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys::{DAYS, Key, RegistryKeys};
use super::transaction::{self, finish};
use super::{Registry, items};
use crate::failure::unavailable;

const COUNTING: &str = "counting feedback";

const READING: &str = "reading the counts of feedback";

const READING_PAIR: &str = "reading the comparison of two versions";

/// Maximum number of tries to count a group while other calls change the same counts.
const TURNS: u32 = 8;

/// Maximum number of parts of the counts of one day and version.
const PARTS: u64 = 8;

/// The pause before the second turn. Each later pause is longer by as much.
const PAUSE: Duration = Duration::from_millis(15);

/// Time after which the counts of a day expire: three years.
const DAY_KEPT: SignedDuration = SignedDuration::from_hours(3 * 366 * 24);

/// Counts as they are stored. `counts` is a [`LiveTally`] or a [`PairedTally`].
#[derive(Debug, Default, Serialize, Deserialize)]
struct StoredCounts<T> {
    /// How many times these counts were stored.
    revision: u64,
    counts: T,
    /// The time at which DynamoDB may delete the counts, in seconds since 1970.
    expires_at: i64,
}

/// What is stored about an id that was counted, besides its hash.
#[derive(Debug, Serialize)]
struct CountedId {
    expires_at: i64,
}

impl FeedbackCounting for Registry {
    async fn count_feedback(&self, group: &FeedbackGroup) -> Result<BTreeSet<String>, Unavailable> {
        let (mut known, mut lost_turns) = (BTreeSet::new(), 0);
        loop {
            let new = group.without(&known);
            if new.predictions.is_empty() {
                return Ok(known);
            }
            match self.count_once(&new, part(lost_turns)).await? {
                Counted::All => return Ok(known),
                Counted::Known(more) => known.extend(more),
                Counted::Changed(error) => {
                    lost_turns += 1;
                    if lost_turns == TURNS {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE * lost_turns).await;
                }
            }
        }
    }

    async fn counted_ids(&self, id_hashes: &BTreeSet<String>) -> Result<BTreeSet<String>, Unavailable> {
        self.find_counted_ids(id_hashes).await
    }
}

impl FeedbackRecord for Registry {
    async fn day_tallies(&self, days: RangeInclusive<Date>) -> Result<Vec<DayTally>, Unavailable> {
        // A number sign follows the day in a sort key. This character is the next one.
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end")
            .expression_attribute_values(":pk", items::text(self.keys.feedback()))
            .expression_attribute_values(":first", items::text(format!("{DAYS}{}", days.start())))
            .expression_attribute_values(":end", items::text(format!("{DAYS}{}$", days.end())));
        let mut tallies: Vec<DayTally> = Vec::new();
        for (sort, counts) in self.counts::<LiveTally>(query, READING).await? {
            let (day, version) = day_and_version(&sort).ok_or_else(|| Unavailable::new(READING, sort))?;
            match tallies.last_mut().filter(|last| (last.day, last.version) == (day, version)) {
                Some(last) => last.tally.merge(&counts),
                None => tallies.push(DayTally { day, version, tally: counts }),
            }
        }
        Ok(tallies)
    }

    async fn paired_tally(&self, first: VersionNumber, second: VersionNumber) -> Result<PairedTally, Unavailable> {
        let mut tally = self.pair(first, second).await?;
        tally.merge(&self.pair(second, first).await?.swapped());
        Ok(tally)
    }
}

/// Result of one try to count a group.
enum Counted {
    All,
    /// Nothing was counted, because these ids were counted before.
    Known(Vec<String>),
    /// Nothing was counted, because another call changed the counts. The error says what happened.
    Changed(Unavailable),
}

impl Registry {
    /// Tries to count all predictions of the group in one transaction.
    async fn count_once(&self, group: &FeedbackGroup, part: u32) -> Result<Counted, Unavailable> {
        let day = self.keys.day_tally(group.day, group.version, part);
        let mut counts = self.stored::<LiveTally>(&day).await?;
        counts.counts.merge(&group.tally());
        let mut writes = vec![self.next_counts(&day, counts, group)?];
        if let Some(rival) = group.rival {
            let pair = self.keys.paired_tally(group.version, rival, part);
            let mut counts = self.stored::<PairedTally>(&pair).await?;
            counts.counts.merge(&group.paired());
            writes.push(self.next_counts(&pair, counts, group)?);
        }
        for one in &group.predictions {
            let put = self.write(&self.keys.counted_id(&one.id_hash), &CountedId { expires_at: forgotten(one.at) })?;
            writes.push(finish(put.condition_expression(transaction::ABSENT))?);
        }
        let Err(refused) = self.transact(writes, COUNTING).await else { return Ok(Counted::All) };
        let is_known = |one: &&JudgedPrediction| refused.is_about(&self.keys.counted_id(&one.id_hash));
        let known: Vec<_> = group.predictions.iter().filter(is_known).map(|one| one.id_hash.clone()).collect();
        if !known.is_empty() {
            return Ok(Counted::Known(known));
        }
        let is_changed = refused.has_unmet() || refused.error.is_brief;
        if is_changed { Ok(Counted::Changed(refused.error)) } else { Err(refused.error) }
    }

    /// Returns the stored counts, or empty ones.
    async fn stored<T: DeserializeOwned + Default>(&self, key: &Key) -> Result<StoredCounts<T>, Unavailable> {
        match self.item(key.clone(), COUNTING).await? {
            Some(item) => items::decode(item, COUNTING),
            None => Ok(StoredCounts::default()),
        }
    }

    /// Returns the write that stores counts, on condition that nobody changed them since they were read.
    fn next_counts<T: Serialize>(
        &self,
        key: &Key,
        counts: StoredCounts<T>,
        group: &FeedbackGroup,
    ) -> Result<TransactWriteItem, Unavailable> {
        let seen = counts.revision;
        let expires_at = group.predictions.iter().map(|one| (one.at + DAY_KEPT).as_second()).max();
        let expires_at = counts.expires_at.max(expires_at.unwrap_or_default());
        let put = self.write(key, &StoredCounts { revision: seen + 1, expires_at, ..counts })?;
        finish(match seen {
            0 => put.condition_expression(transaction::ABSENT),
            _ => put.condition_expression("revision = :seen").expression_attribute_values(":seen", items::number(seen)),
        })
    }

    async fn pair(&self, answering: VersionNumber, rival: VersionNumber) -> Result<PairedTally, Unavailable> {
        let query = self.query_in(self.keys.feedback(), &RegistryKeys::pairs(answering, rival)).consistent_read(true);
        let parts = self.counts::<PairedTally>(query, READING_PAIR).await?;
        Ok(parts.into_iter().fold(PairedTally::default(), |mut all, (_, part)| {
            all.merge(&part);
            all
        }))
    }

    /// Returns the counts that a query finds, with their sort keys.
    async fn counts<T: DeserializeOwned>(
        &self,
        query: QueryFluentBuilder,
        what: &'static str,
    ) -> Result<Vec<(String, T)>, Unavailable> {
        let mut found = query.into_paginator().items().send();
        let mut counts = Vec::new();
        while let Some(item) = found.next().await {
            let item = item.map_err(unavailable(what))?;
            let sort = Key::sort_of(&item).unwrap_or_default().to_owned();
            counts.push((sort, items::decode::<StoredCounts<T>>(item, what)?.counts));
        }
        Ok(counts)
    }
}

/// Returns the part of the counts that a call uses: part 0 unless other calls were in the way, else a random one.
fn part(lost_turns: u32) -> u32 {
    // The standard library seeds each `RandomState` from the system's random numbers.
    if lost_turns == 0 { 0 } else { (RandomState::new().hash_one(lost_turns) % PARTS) as u32 }
}

/// Returns when the id of a prediction may be forgotten, in seconds since 1970: later feedback is refused by its age.
fn forgotten(at: Timestamp) -> i64 {
    (at + MAX_FEEDBACK_AGE + SignedDuration::from_hours(24)).as_second()
}

/// Returns what the sort key of a day's counts says, such as `DAY#2026-11-24#00000007#0`.
fn day_and_version(sort: &str) -> Option<(Date, VersionNumber)> {
    let mut parts = sort.strip_prefix(DAYS)?.split('#');
    Some((parts.next()?.parse().ok()?, VersionNumber::new(parts.next()?.parse().ok()?)?))
}

#[cfg(test)]
mod tests;
