//! Stores a copy of the champion's model file in DynamoDB. The copy is an item of its own, because reads are billed by
//! size and the champion record is read often. A Lambda environment that has not loaded the champion yet reads both
//! items in one call.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::ports::{Champions, Unavailable, WithCopy};
use evergreen_lifecycle::{Champion, Pointer};

use super::Registry;
use super::items::{self, RegistryItem, Stored};
use super::keys::RegistryKeys;

// The item's other attributes only help people who inspect the table.
/// Name of the DynamoDB attribute that contains the bytes of the model file.
const CONTENT: &str = "content";

/// Returns the DynamoDB item that stores `content`, the model file of `champion`.
pub(super) fn encode(keys: &RegistryKeys, champion: &Champion, content: &[u8]) -> RegistryItem {
    let version = &champion.version;
    let attributes = [
        ("version".to_owned(), items::number(version.number)),
        ("sha256".to_owned(), items::text(&version.artifact.sha256)),
        (CONTENT.to_owned(), AttributeValue::B(Blob::new(content))),
    ];
    keys.artifact().attributes().into_iter().chain(attributes).collect()
}

/// Returns the model file in the DynamoDB item, or empty bytes if the item is damaged.
pub(super) fn decode(mut item: RegistryItem) -> Vec<u8> {
    // A model file is never empty. So the caller's comparison with the champion's hash detects the damage.
    match item.remove(CONTENT) {
        Some(AttributeValue::B(content)) => content.into_inner(),
        _ => Vec::new(),
    }
}

impl Registry {
    /// Reads the champion's record and the stored copy of its model file in one DynamoDB call. `None` if there is no
    /// champion.
    pub(super) async fn read_with_copy(&self) -> Result<Option<WithCopy>, Unavailable> {
        // Both reads see every earlier write. But they are not a transaction, so the copy may belong to a later
        // champion. DynamoDB may leave out an item when it is busy. If it left out the champion record, that record is
        // read again. A missing copy is not read again, because the model file is also in S3.
        let (pointer, copy) = (self.keys.champion(), self.keys.artifact());
        let (items, is_left_out) = self.together([&pointer, &copy].into_iter(), &pointer).await?;
        let (mut champion, mut content) = (None, None);
        for item in items {
            if pointer.is_of(&item) {
                champion = Some(Pointer::read(item));
            } else if copy.is_of(&item) {
                content = Some(decode(item));
            }
        }
        if is_left_out {
            champion = self.champion().await?;
        }
        Ok(champion.map(|champion| (champion, content)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemError, BatchGetItemOutput};
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::types::KeysAndAttributes;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_testkit::{champion, moment, version};

    use super::*;
    use crate::registry::tests::support::{registry, texts};
    use crate::tests::mocks::record;

    const CONTENT_OF_FIRST: &[u8] = b"a model";

    fn first() -> Champion {
        champion(version(1, 0.97, moment("2026-11-24T03:00:00Z")))
    }

    fn keys() -> RegistryKeys {
        RegistryKeys::of(&"iris".parse().unwrap())
    }

    fn pointer() -> RegistryItem {
        items::encode(&keys().champion(), &first(), "storing").unwrap()
    }

    fn copy() -> RegistryItem {
        encode(&keys(), &first(), CONTENT_OF_FIRST)
    }

    /// Test helper: returns an answer of DynamoDB with `items`. The answer reports the keys `left_out` as unprocessed.
    fn answer(items: Vec<RegistryItem>, left_out: Vec<RegistryItem>) -> BatchGetItemOutput {
        let left_out = (!left_out.is_empty())
            .then(|| ("registry".to_owned(), KeysAndAttributes::builder().set_keys(Some(left_out)).build().unwrap()));
        BatchGetItemOutput::builder()
            .responses("registry", items)
            .set_unprocessed_keys(Some(left_out.into_iter().collect()))
            .build()
    }

    fn answering(items: Vec<RegistryItem>, left_out: Vec<RegistryItem>) -> Rule {
        mock!(Client::batch_get_item).then_output(move || answer(items.clone(), left_out.clone()))
    }

    #[tokio::test]
    async fn pointer_and_copy_come_in_one_call_that_sees_every_earlier_write() {
        let (rule, sent) =
            record(mock!(Client::batch_get_item), || MockResponse::Output(answer(vec![copy(), pointer()], Vec::new())));
        let found = registry(&[&rule]).champion_with_artifact().await.unwrap();
        assert_eq!(found, Some((Ok(first().into()), Some(CONTENT_OF_FIRST.to_vec()))));
        let tables: HashMap<_, _> = sent.only().request_items.unwrap();
        let asked = &tables["registry"];
        assert_eq!((tables.len(), asked.consistent_read()), (1, Some(true)));
        let keys = ["CHAMPION", "ARTIFACT"].map(|sort| texts(&[("pk", "MODEL#iris"), ("sk", sort)]));
        assert_eq!(asked.keys, keys);
    }

    #[tokio::test]
    async fn the_champion_is_read_without_a_copy() {
        let found = registry(&[&answering(vec![pointer()], Vec::new())]).champion_with_artifact().await.unwrap();
        assert_eq!(found, Some((Ok(first().into()), None)));
        for items in [Vec::new(), vec![copy()]] {
            assert_eq!(registry(&[&answering(items, Vec::new())]).champion_with_artifact().await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn an_unprocessed_pointer_is_asked_for_again_and_a_copy_is_not() {
        let (pointer_key, copy_key) = (keys().champion().into_item(), keys().artifact().into_item());
        let busy = answering(vec![pointer()], vec![copy_key.clone()]);
        let found = registry(&[&busy]).champion_with_artifact().await.unwrap();
        assert_eq!(found, Some((Ok(first().into()), None)));
        for (items, content) in [(vec![copy()], Some(CONTENT_OF_FIRST.to_vec())), (Vec::new(), None)] {
            let busy = answering(items, vec![copy_key.clone(), pointer_key.clone()]);
            let again =
                mock!(Client::get_item).then_output(|| GetItemOutput::builder().set_item(Some(pointer())).build());
            let found = registry(&[&busy, &again]).champion_with_artifact().await.unwrap();
            assert_eq!(found, Some((Ok(first().into()), content)));
        }
    }

    #[tokio::test]
    async fn a_copy_without_content_is_empty_and_an_empty_pointer_is_unreadable() {
        for content in [None, Some(items::text("a model"))] {
            let mut damaged = copy();
            damaged.remove(CONTENT);
            damaged.extend(content.map(|content| (CONTENT.to_owned(), content)));
            let rule = answering(vec![pointer(), damaged], Vec::new());
            let found = registry(&[&rule]).champion_with_artifact().await.unwrap();
            assert_eq!(found, Some((Ok(first().into()), Some(Vec::new()))));
        }
        let rule = answering(vec![keys().champion().into_item(), copy()], Vec::new());
        let (pointer, content) = registry(&[&rule]).champion_with_artifact().await.unwrap().unwrap();
        assert_eq!((pointer.unwrap_err().key.as_str(), content), ("CHAMPION", Some(CONTENT_OF_FIRST.to_vec())));
    }

    #[tokio::test]
    async fn a_silent_table_is_unavailable() {
        let rule = mock!(Client::batch_get_item).then_error(|| BatchGetItemError::generic(Default::default()));
        let error = registry(&[&rule]).champion_with_artifact().await.unwrap_err();
        assert_eq!(error.to_string(), "reading the champion failed");
    }
}
