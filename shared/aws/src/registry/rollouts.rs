//! Reads and stores the rollout of a version, and what the prediction function counts while it runs.
//!
//! The rollout is one item of the model's partition, so the prediction function reads it with the pointer in one call. The
//! counts are in the partition of served rows, the only one to which the role of that function may write.

use aws_sdk_dynamodb::types::KeysAndAttributes;
use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::ports::{
    ChampionRecords, Champions, RolloutCounting, RolloutEvidence, RolloutShare, Rollouts, Unavailable,
};
use evergreen_lifecycle::rollout::{Rollout, RolloutCounts};
use evergreen_lifecycle::{Pointer, Record};
use serde::{Deserialize, Serialize};

use super::items::{self, RegistryItem, Stored};
use super::keys::{Key, RegistryKeys};
use super::{Registry, copy, served};
use crate::failure::unavailable;

const READING: &str = "reading the champion";

const COUNTING: &str = "storing the counts of a rollout";

/// Number of hours after which a share expires: 40 days.
const SHARE_KEPT: i64 = 40 * 24;

/// A share as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredShare {
    rollout: String,
    stage: u32,
    hour: CountedHour,
    environment: String,
    sequence: u64,
    counts: RolloutCounts,
    /// The time from which DynamoDB may delete the item, in seconds since 1970.
    expires_at: i64,
}

impl Rollouts for Registry {
    async fn rollout(&self) -> Result<Option<Record<Rollout>>, Unavailable> {
        self.read(self.keys.rollout(), "reading the rollout").await
    }

    async fn serving(&self, with_copy: bool) -> Result<Option<ChampionRecords>, Unavailable> {
        let (pointer, rollout, copy) = (self.keys.champion(), self.keys.rollout(), self.keys.artifact());
        let wanted = [Some(&pointer), Some(&rollout), with_copy.then_some(&copy)];
        let (items, is_left_out) = self.together(wanted.into_iter().flatten(), &pointer).await?;
        let mut records = Found::default();
        for item in items {
            if pointer.is_of(&item) {
                records.pointer = Some(Pointer::read(item));
            } else if rollout.is_of(&item) {
                records.rollout = Some(Rollout::read(item));
            } else if copy.is_of(&item) {
                records.copy = Some(copy::decode(item));
            }
        }
        if is_left_out {
            records.pointer = self.champion().await?;
        }
        let Found { pointer, copy, rollout } = records;
        Ok(pointer.map(|pointer| ChampionRecords { pointer, copy, rollout }))
    }
}

#[derive(Default)]
struct Found {
    pointer: Option<Record<Pointer>>,
    copy: Option<Vec<u8>>,
    rollout: Option<Record<Rollout>>,
}

impl RolloutCounting for Registry {
    async fn put_rollout_share(&self, share: &RolloutShare) -> Result<(), Unavailable> {
        let stored = StoredShare {
            rollout: share.rollout.clone(),
            stage: share.stage,
            hour: share.hour,
            environment: share.environment.clone(),
            sequence: share.sequence,
            counts: share.counts.clone(),
            expires_at: share.hour.0.saturating_add(SHARE_KEPT).saturating_mul(3600),
        };
        let item = items::encode(&self.keys.rollout_share(share), &stored, COUNTING)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        served::put_if_newer(put, share.sequence, COUNTING).await
    }
}

impl RolloutEvidence for Registry {
    async fn rollout_shares(&self, rollout: &str) -> Result<Vec<RolloutShare>, Unavailable> {
        let what = "reading the counts of a rollout";
        let query = self.query_in(self.keys.served(), &RegistryKeys::rollout_shares(rollout)).consistent_read(true);
        let items: Vec<RegistryItem> =
            query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(unavailable(what))?;
        Ok(items.into_iter().filter_map(|item| items::decode(item, what).ok()).map(share).collect())
    }
}

fn share(stored: StoredShare) -> RolloutShare {
    let StoredShare { rollout, stage, hour, environment, sequence, counts, .. } = stored;
    RolloutShare { rollout, stage, hour, environment, sequence, counts }
}

impl Registry {
    /// Reads items of the model's partition in one DynamoDB call that sees every earlier write. Also returns whether
    /// DynamoDB left out the item `needed`, because it was busy. The call also fetches the key of prediction ids if this
    /// client signs ids and does not have it yet.
    pub(super) async fn together<'a>(
        &self,
        keys: impl Iterator<Item = &'a Key>,
        needed: &Key,
    ) -> Result<(Vec<RegistryItem>, bool), Unavailable> {
        let keys = keys.cloned().chain(self.missing_prediction_key());
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys.map(Key::into_item).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| Unavailable::new(READING, error))?;
        let batch = self.client.batch_get_item().request_items(&self.table, keys);
        let mut answer = batch.send().await.map_err(unavailable(READING))?;
        let left_out = answer.unprocessed_keys.as_ref().and_then(|tables| tables.get(&self.table));
        let is_left_out = left_out.is_some_and(|left| left.keys.iter().any(|key| needed.is_of(key)));
        let items = answer.responses.as_mut().and_then(|tables| tables.remove(&self.table)).unwrap_or_default();
        self.keep_prediction_key(&items);
        Ok((items, is_left_out))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_lifecycle::Champion;
    use evergreen_testkit::{champion, moment, rollout, version};

    use super::*;
    use crate::registry::tests::support::{item, registry, texts};
    use crate::tests::mocks::{Sent, record};

    fn first() -> Champion {
        champion(version(1, 0.97, moment("2026-11-24T03:00:00Z")))
    }

    fn running() -> Rollout {
        rollout(&first(), version(2, 0.98, moment("2026-11-25T03:00:00Z")))
    }

    fn keys() -> RegistryKeys {
        RegistryKeys::of(&"iris".parse().unwrap())
    }

    fn stored<T: Serialize>(key: Key, record: &T) -> RegistryItem {
        let mut item = item(record);
        item.extend(key.attributes());
        item
    }

    fn answering(
        items: Vec<RegistryItem>,
    ) -> (Rule, Sent<aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput>) {
        record(mock!(Client::batch_get_item), move || {
            MockResponse::Output(BatchGetItemOutput::builder().responses("registry", items.clone()).build())
        })
    }

    #[test]
    fn the_index_of_runs_has_no_rollout() {
        assert!(!item(&running()).contains_key("started_at"));
    }

    #[tokio::test]
    async fn pointer_and_rollout_come_in_one_call_without_the_copy() {
        let (pointer, rollout) = (stored(keys().champion(), &first()), stored(keys().rollout(), &running()));
        let (rule, sent) = answering(vec![rollout, pointer]);
        let found = registry(&[&rule]).serving(false).await.unwrap().unwrap();
        assert_eq!((found.pointer, found.copy), (Ok(first().into()), None));
        assert_eq!(found.rollout, Some(Ok(running())));
        let asked = sent.only().request_items.unwrap().remove("registry").unwrap();
        assert_eq!(asked.consistent_read(), Some(true));
        assert_eq!(asked.keys, ["CHAMPION", "ROLLOUT"].map(|sort| texts(&[("pk", "MODEL#iris"), ("sk", sort)])));
    }

    #[tokio::test]
    async fn a_stack_without_a_rollout_has_only_the_pointer() {
        let (rule, _) = answering(vec![stored(keys().champion(), &first())]);
        let found = registry(&[&rule]).serving(true).await.unwrap().unwrap();
        assert_eq!((found.copy, found.rollout), (None, None));
        let (rule, _) = answering(Vec::new());
        assert_eq!(registry(&[&rule]).serving(true).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_rollout_that_cannot_be_read_does_not_hide_the_champion() {
        let mut damaged = stored(keys().rollout(), &running());
        damaged.remove("plan");
        let (rule, _) = answering(vec![damaged, stored(keys().champion(), &first())]);
        let found = registry(&[&rule]).serving(false).await.unwrap().unwrap();
        assert_eq!(found.pointer, Ok(first().into()));
        assert_eq!(found.rollout.unwrap().unwrap_err().key, "ROLLOUT");
    }

    #[tokio::test]
    async fn a_share_is_stored_below_its_rollout_and_read_again() {
        let share = RolloutShare {
            rollout: running().id,
            stage: 1,
            hour: CountedHour(498_872),
            environment: "00c0ffee00c0ffee".into(),
            sequence: 3,
            counts: RolloutCounts { loaded: 1, ..RolloutCounts::default() },
        };
        let (put, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        registry(&[&put]).put_rollout_share(&share).await.unwrap();
        let sent = sent.only();
        assert_eq!(sent.condition_expression(), Some("attribute_not_exists(pk) OR #sequence < :sequence"));
        let item = sent.item.unwrap();
        assert_eq!(item["pk"].as_s().unwrap(), "SERVED#iris");
        let sort = format!("ROLLOUT#{}#0001#0000498872#00c0ffee00c0ffee", share.rollout);
        assert_eq!(item["sk"].as_s().unwrap(), &sort);
        let (query, _) = record(mock!(Client::query), move || {
            MockResponse::Output(QueryOutput::builder().items(item.clone()).items(RegistryItem::new()).build())
        });
        assert_eq!(registry(&[&query]).rollout_shares(&share.rollout).await.unwrap(), [share]);
    }
}
