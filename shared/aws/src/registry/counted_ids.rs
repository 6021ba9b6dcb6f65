//! Looks up which ids of predictions were counted before.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use evergreen_lifecycle::ports::Unavailable;

use super::Registry;
use super::keys::Key;
use crate::failure::unavailable;

const READING: &str = "looking up ids of predictions";

/// Maximum number of items that DynamoDB returns in one call.
const BATCH: usize = 100;

/// Maximum number of calls for one batch, of which DynamoDB leaves out items while it is busy.
const TURNS: u32 = 5;

/// The pause before the second call. Each later pause is longer by as much.
const PAUSE: Duration = Duration::from_millis(30);

impl Registry {
    /// Returns which of these hashes have an item. The read sees every earlier write.
    pub(super) async fn find_counted_ids(&self, hashes: &BTreeSet<String>) -> Result<BTreeSet<String>, Unavailable> {
        let keys: Vec<(&String, Key)> = hashes.iter().map(|hash| (hash, self.keys.counted_id(hash))).collect();
        let mut found = BTreeSet::new();
        for batch in keys.chunks(BATCH) {
            let wanted = batch.iter().map(|(_, key)| key.clone()).collect();
            let sorts = self.existing(wanted).await?;
            found.extend(batch.iter().filter(|(_, key)| sorts.contains(key.sort())).map(|(hash, _)| (*hash).clone()));
        }
        Ok(found)
    }

    /// Returns the sort keys of those items that exist.
    async fn existing(&self, keys: Vec<Key>) -> Result<BTreeSet<String>, Unavailable> {
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(keys.into_iter().map(Key::into_item).collect()))
            .consistent_read(true)
            .build()
            .map_err(|error| Unavailable::new(READING, error))?;
        let (mut open, mut sorts) = (Some([(self.table.clone(), keys)].into()), BTreeSet::new());
        for turn in 0..TURNS {
            let Some(keys) = open.take() else { return Ok(sorts) };
            tokio::time::sleep(PAUSE * turn).await;
            let batch = self.client.batch_get_item().set_request_items(Some(keys));
            let answer = batch.send().await.map_err(unavailable(READING))?;
            let items = answer.responses.iter().flatten().flat_map(|(_, items)| items);
            sorts.extend(items.filter_map(Key::sort_of).map(str::to_owned));
            open = answer.unprocessed_keys.filter(|tables| !tables.is_empty());
        }
        if open.is_none() { Ok(sorts) } else { Err(Unavailable::new(READING, "the table is busy")) }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::registry::tests::support::registry;

    fn hashes(count: usize) -> BTreeSet<String> {
        (0..count).map(|number| format!("{number:064}")).collect()
    }

    /// A table that has every second of the hundred items, and leaves out the others the first time.
    #[tokio::test(start_paused = true)]
    async fn items_that_a_busy_table_left_out_are_asked_for_again() {
        let keys = registry(&[]).keys;
        let item = |hash: &str| keys.counted_id(hash).into_item();
        let (first, second) = (item(&format!("{:064}", 0)), item(&format!("{:064}", 2)));
        let left = KeysAndAttributes::builder().keys(second.clone()).build().unwrap();
        let busy = mock!(Client::batch_get_item).then_output(move || {
            BatchGetItemOutput::builder()
                .responses("registry", vec![first.clone()])
                .unprocessed_keys("registry", left.clone())
                .build()
        });
        let calm = mock!(Client::batch_get_item)
            .then_output(move || BatchGetItemOutput::builder().responses("registry", vec![second.clone()]).build());
        let found = registry(&[&busy, &calm]).find_counted_ids(&hashes(3)).await.unwrap();
        assert_eq!(found, [format!("{:064}", 0), format!("{:064}", 2)].into());
    }

    #[tokio::test]
    async fn many_ids_are_looked_up_a_hundred_at_a_time() {
        let none = || mock!(Client::batch_get_item).then_output(|| BatchGetItemOutput::builder().build());
        let (hundred, last) = (none(), none());
        assert_eq!(registry(&[&hundred, &last]).find_counted_ids(&hashes(101)).await.unwrap(), BTreeSet::new());
        assert_eq!((hundred.num_calls(), last.num_calls()), (1, 1));
    }
}
