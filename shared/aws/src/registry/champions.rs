//! Reads champions and model versions from DynamoDB.

use evergreen_lifecycle::ports::{Champions, Registrar, Unavailable, Versions, WithCopy};
use evergreen_lifecycle::{Pointer, Record, Version, VersionNumber};

use super::{Registry, keys};

impl Champions for Registry {
    async fn champion(&self) -> Result<Option<Record<Pointer>>, Unavailable> {
        self.read(self.keys.champion(), "reading the champion").await
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        self.read_with_copy().await
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Record<Pointer>>, Unavailable> {
        self.newest(self.query(keys::CHAMPIONS), limit, "reading the champions").await
    }
}

impl Versions for Registry {
    async fn version(&self, number: VersionNumber) -> Result<Option<Record<Version>>, Unavailable> {
        self.read(self.keys.version(number), "reading a version").await
    }

    async fn newest_version(&self) -> Result<Option<VersionNumber>, Unavailable> {
        self.last_registered().await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
    use aws_sdk_dynamodb::operation::query::QueryOutput;
    use aws_smithy_mocks::{MockResponse, mock};
    use evergreen_testkit::{champion, moment, version};

    use evergreen_lifecycle::Champion;

    use super::*;
    use crate::registry::tests::support::{item, registry, texts};
    use crate::tests::mocks::record;

    fn first() -> Champion {
        champion(version(1, 0.97, moment("2026-11-24T03:00:00Z")))
    }

    fn successor() -> Champion {
        Champion::succeeding(Some(&first()), version(2, 0.98, first().promoted_at), first().promoted_at)
    }

    #[tokio::test]
    async fn the_champion_is_one_item_in_a_consistent_read() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&first()))).build())
        });
        assert_eq!(registry(&[&rule]).champion().await.unwrap(), Some(Ok(first().into())));
        let request = sent.only();
        assert_eq!(request.consistent_read(), Some(true));
        assert_eq!(request.key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "CHAMPION")])));
    }

    #[tokio::test]
    async fn a_version_is_read_by_its_number() {
        let (rule, sent) = record(mock!(Client::get_item), || {
            MockResponse::Output(GetItemOutput::builder().set_item(Some(item(&first().version))).build())
        });
        assert_eq!(registry(&[&rule]).version(VersionNumber::FIRST).await.unwrap(), Some(Ok(first().version)));
        assert_eq!(sent.only().key, Some(texts(&[("pk", "MODEL#iris"), ("sk", "VERSION#00000001")])));
    }

    #[tokio::test]
    async fn champions_come_newest_first() {
        let (rule, sent) = record(mock!(Client::query), || {
            MockResponse::Output(QueryOutput::builder().items(item(&successor())).items(item(&first())).build())
        });
        let expected = [successor(), first()].map(|champion| Ok(champion.into()));
        assert_eq!(registry(&[&rule]).recent_champions(9).await.unwrap(), expected);
        let request = sent.only();
        assert_eq!((request.limit(), request.scan_index_forward()), (Some(9), Some(false)));
        assert_eq!(request.key_condition_expression(), Some("pk = :pk AND begins_with(sk, :prefix)"));
        let values = texts(&[(":pk", "MODEL#iris"), (":prefix", "CHAMPION#")]);
        assert_eq!(request.expression_attribute_values, Some(values));
    }
}
