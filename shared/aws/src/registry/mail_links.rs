//! Stores the links of mails in DynamoDB, under the hashes of their tokens.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use evergreen_lifecycle::mail_link::MailLink;
use evergreen_lifecycle::ports::{MailLinks, Unavailable};
use evergreen_lifecycle::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::transaction::incomplete;
use super::{Registry, items};
use crate::failure::unavailable;

/// How long the registry keeps a link after its end, so that its page can say what became of it.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A stored link. The attribute `expires_at` makes DynamoDB delete it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredMailLink {
    #[serde(flatten)]
    link: MailLink,
    expires_at: i64,
}

impl MailLinks for Registry {
    async fn store_mail_link(&self, hash: &str, link: &MailLink) -> Result<(), Unavailable> {
        let what = "storing a link of a mail";
        let stored = StoredMailLink { link: link.clone(), expires_at: (link.usable_until + KEPT).as_second() };
        let item = items::encode(&self.keys.mail_link(hash), &stored, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }

    async fn mail_link(&self, hash: &str) -> Result<Option<MailLink>, Unavailable> {
        let what = "reading a link of a mail";
        let Some(item) = self.item(self.keys.mail_link(hash), what).await? else { return Ok(None) };
        let stored: StoredMailLink = items::decode(item, what)?;
        Ok(Some(stored.link))
    }
}

impl Registry {
    /// Returns the write that marks a link as used, on condition that it still works at `at`.
    pub(super) fn mail_link_use(&self, hash: &str, at: Timestamp) -> Result<TransactWriteItem, Unavailable> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(self.keys.mail_link(hash).into_item()))
            .update_expression("SET used_at = :at")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(used_at) AND usable_until > :at")
            .expression_attribute_values(":at", items::text(time::format(at)));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }
}
