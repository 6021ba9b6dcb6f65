//! The secret that signs the ids of predictions, in DynamoDB. The first function that needs it creates it.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::feedback::PredictionKey;
use evergreen_lifecycle::ports::{PredictionKeys, Unavailable};

use super::items::RegistryItem;
use super::keys::Key;
use super::{Registry, transaction};
use crate::failure::unavailable;

const READING: &str = "reading the key of prediction ids";

const CREATING: &str = "creating the key of prediction ids";

/// Name of the DynamoDB attribute that contains the 32 secret bytes.
const SECRET: &str = "secret";

impl PredictionKeys for Registry {
    async fn prediction_key(&self) -> Result<Option<PredictionKey>, Unavailable> {
        if let Some(key) = self.signing.as_ref().and_then(|kept| kept.get()) {
            return Ok(Some(key.clone()));
        }
        let item = self.item(self.keys.prediction_key(), READING).await?;
        item.as_ref().map(decode).transpose()
    }

    async fn create_prediction_key(&self, secret: &[u8; 32]) -> Result<PredictionKey, Unavailable> {
        let mut item = self.keys.prediction_key().into_item();
        item.insert(SECRET.to_owned(), AttributeValue::B(Blob::new(secret)));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let Err(error) = put.condition_expression(transaction::ABSENT).send().await else {
            return Ok(PredictionKey::new(secret));
        };
        match error.as_service_error() {
            // Another environment was faster, or the answer to an earlier try was lost.
            Some(PutItemError::ConditionalCheckFailedException(_)) => {
                let stored = self.prediction_key().await?;
                stored.ok_or_else(|| Unavailable::briefly(CREATING, "the key disappeared after it was stored"))
            }
            _ => Err(unavailable(CREATING)(error)),
        }
    }
}

impl Registry {
    // So a function that signs ids has the key after the call that reads the champion, without another call.
    /// Returns where the key is stored, if this client signs ids and does not have the key yet.
    pub(super) fn missing_prediction_key(&self) -> Option<Key> {
        self.signing.as_ref().filter(|kept| kept.get().is_none()).map(|_| self.keys.prediction_key())
    }

    /// Keeps the key if it is among these items. A damaged key is not kept.
    pub(super) fn keep_prediction_key(&self, items: &[RegistryItem]) {
        let Some(kept) = &self.signing else { return };
        let place = self.keys.prediction_key();
        if let Some(Ok(key)) = items.iter().find(|item| place.is_of(item)).map(decode) {
            // The key never changes, so it does not matter which call is faster.
            let _ = kept.set(key);
        }
    }
}

/// Returns the key in a DynamoDB item.
fn decode(item: &RegistryItem) -> Result<PredictionKey, Unavailable> {
    let secret = item.get(SECRET).and_then(|secret| secret.as_b().ok());
    let secret = secret.and_then(|secret| secret.as_ref().try_into().ok());
    let words = "the item has no attribute \"secret\" with 32 bytes; delete the item, and predict makes a new one";
    secret.map(PredictionKey::new).ok_or_else(|| Unavailable::new(READING, words))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
    use aws_smithy_mocks::{MockResponse, Rule, mock};
    use evergreen_lifecycle::feedback::{PredictedOutcome, PredictionRecord};
    use evergreen_lifecycle::ports::Champions;
    use evergreen_testkit::moment;

    use super::*;
    use crate::registry::tests::support::{registry, texts};
    use crate::tests::mocks::record;

    fn stored(secret: Vec<u8>) -> Rule {
        mock!(Client::get_item).then_output(move || {
            GetItemOutput::builder().item(SECRET, AttributeValue::B(Blob::new(secret.clone()))).build()
        })
    }

    fn id_of(key: &PredictionKey) -> String {
        let outcome = PredictedOutcome::Number(1.0);
        let version = evergreen_lifecycle::VersionNumber::FIRST;
        key.sign(&PredictionRecord { version, at: moment("2026-11-24T03:00:00Z"), unique: 1, outcome, rival: None })
    }

    #[tokio::test]
    async fn a_new_key_is_stored_in_its_own_partition() {
        let (put, sent) = record(mock!(Client::put_item), || MockResponse::Output(PutItemOutput::builder().build()));
        let key = registry(&[&put]).create_prediction_key(&[7; 32]).await.unwrap();
        assert_eq!(id_of(&key), id_of(&PredictionKey::new(&[7; 32])));
        let sent = sent.only();
        let mut item = sent.item.clone().unwrap();
        assert_eq!(item.remove(SECRET), Some(AttributeValue::B(Blob::new([7; 32]))));
        assert_eq!(item, texts(&[("pk", "KEY#iris"), ("sk", "PREDICTIONS")]));
        assert_eq!(sent.condition_expression(), Some("attribute_not_exists(pk)"));
    }

    #[tokio::test]
    async fn the_key_of_a_faster_environment_is_used() {
        let refused = mock!(Client::put_item).then_error(|| {
            PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        });
        let key = registry(&[&refused, &stored(vec![9; 32])]).create_prediction_key(&[7; 32]).await.unwrap();
        assert_eq!(id_of(&key), id_of(&PredictionKey::new(&[9; 32])));
    }

    #[tokio::test]
    async fn a_client_that_signs_gets_the_key_with_the_champion() {
        let mut item = texts(&[("pk", "KEY#iris"), ("sk", "PREDICTIONS")]);
        item.insert(SECRET.to_owned(), AttributeValue::B(Blob::new([7; 32])));
        let (batch, sent) = record(mock!(Client::batch_get_item), move || {
            MockResponse::Output(BatchGetItemOutput::builder().responses("registry", vec![item.clone()]).build())
        });
        let registry = registry(&[&batch]).with_prediction_key();
        registry.champion_with_artifact().await.unwrap();
        let key = registry.prediction_key().await.unwrap().unwrap();
        assert_eq!(id_of(&key), id_of(&PredictionKey::new(&[7; 32])));
        let asked = sent.only().request_items.unwrap();
        let places: Vec<_> = asked["registry"].keys.iter().map(|key| key["pk"].as_s().unwrap().clone()).collect();
        assert_eq!(places, ["MODEL#iris", "MODEL#iris", "KEY#iris"]);
    }

    #[tokio::test]
    async fn a_damaged_key_is_an_error_and_a_missing_one_is_none() {
        assert!(registry(&[&stored(vec![9; 31])]).prediction_key().await.is_err());
        let none = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
        assert!(registry(&[&none]).prediction_key().await.unwrap().is_none());
    }
}
