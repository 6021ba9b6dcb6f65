//! Stores links and sessions in DynamoDB, under the hashes of their tokens.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use evergreen_lifecycle::ports::{Sessions, Unavailable};
use evergreen_lifecycle::session::{Session, SessionLink};
use evergreen_lifecycle::time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::keys::Key;
use super::transaction::{finish, incomplete};
use super::{Registry, items};
use crate::failure::unavailable;

const REVOKING: &str = "ending all sessions";

/// How often the list of sessions is read again, until it is empty.
const MAX_ROUNDS: u32 = 10;

/// A stored link. The attribute `expires_at` makes DynamoDB delete it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredLink {
    #[serde(flatten)]
    link: SessionLink,
    expires_at: i64,
}

// The session has a field of the name `expires_at` too, so it is nested.
/// A stored session. The attribute `expires_at` makes DynamoDB delete it.
#[derive(Debug, Serialize, Deserialize)]
struct StoredSession {
    session: Session,
    expires_at: i64,
}

impl Sessions for Registry {
    async fn store_link(&self, hash: &str, link: &SessionLink) -> Result<(), Unavailable> {
        let what = "storing a link";
        let stored = StoredLink { link: link.clone(), expires_at: link.usable_until.as_second() };
        let item = items::encode(&self.keys.link(hash), &stored, what)?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(unavailable(what))?;
        Ok(())
    }

    async fn link(&self, hash: &str, now: Timestamp) -> Result<Option<SessionLink>, Unavailable> {
        let what = "reading a link";
        let Some(item) = self.item(self.keys.link(hash), what).await? else { return Ok(None) };
        let stored: StoredLink = items::decode(item, what)?;
        Ok(Some(stored.link).filter(|link| now < link.usable_until))
    }

    async fn open_session(&self, link: &str, session_hash: &str, session: &Session) -> Result<bool, Unavailable> {
        let place = self.keys.link(link);
        let writes = vec![self.use_up(place.clone(), session)?, self.new_session(session_hash, session)?];
        let Err(refused) = self.transact(writes, "opening a session").await else { return Ok(true) };
        if !refused.is_about(&place) {
            return Err(refused.error);
        }
        // An earlier try may have opened the session, and its answer was lost.
        Ok(self.session(session_hash, session.opened_at).await?.as_ref() == Some(session))
    }

    async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, Unavailable> {
        let what = "reading a session";
        let Some(item) = self.item(self.keys.session(hash), what).await? else { return Ok(None) };
        let stored: StoredSession = items::decode(item, what)?;
        Ok(Some(stored.session).filter(|session| now < session.expires_at))
    }

    async fn end_session(&self, hash: &str) -> Result<(), Unavailable> {
        self.delete(self.keys.session(hash), "ending a session").await
    }

    async fn revoke_all(&self) -> Result<u32, Unavailable> {
        // A link may open a session between the read and the deletion. So the list is read until it is empty.
        let mut ended = 0;
        for _ in 0..MAX_ROUNDS {
            let keys = self.session_keys().await?;
            if keys.is_empty() {
                return Ok(ended);
            }
            for key in keys {
                self.delete(key, REVOKING).await?;
                ended += 1;
            }
        }
        Err(Unavailable::briefly(REVOKING, "new links and sessions were made all the time; try again"))
    }
}

impl Registry {
    /// Returns the write that deletes a link, on condition that it can be used when the session opens.
    fn use_up(&self, link: Key, session: &Session) -> Result<TransactWriteItem, Unavailable> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(link.into_item()))
            .condition_expression("attribute_exists(pk) AND usable_until > :now")
            .expression_attribute_values(":now", items::text(time::format(session.opened_at)));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
    }

    fn new_session(&self, hash: &str, session: &Session) -> Result<TransactWriteItem, Unavailable> {
        let stored = StoredSession { session: session.clone(), expires_at: session.expires_at.as_second() };
        finish(self.write(&self.keys.session(hash), &stored)?)
    }

    /// Returns the keys of all sessions and links, also of those in mails.
    async fn session_keys(&self) -> Result<Vec<Key>, Unavailable> {
        let mut keys = Vec::new();
        for partition in [self.keys.sessions(), self.keys.mail_links()] {
            let query = self.query_in(partition, "").consistent_read(true).projection_expression("pk, sk");
            let mut items = query.into_paginator().items().send();
            while let Some(item) = items.next().await {
                keys.extend(Key::of(&item.map_err(unavailable(REVOKING))?));
            }
        }
        Ok(keys)
    }

    async fn delete(&self, key: Key, what: &'static str) -> Result<(), Unavailable> {
        let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.into_item()));
        delete.send().await.map_err(unavailable(what))?;
        Ok(())
    }
}
