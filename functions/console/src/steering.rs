//! The changes that people make. Each is one transaction: edits, audit entry, event and idempotency key.

mod aliases;
mod annotations;
mod champions;
mod deletion;
mod hyperparameters;
mod mutes;
mod repetition;
mod requests;
mod rollouts;
mod switching;
mod text;
mod transfers;

use std::time::Duration;

use evergreen_http::Problem;
pub(crate) use evergreen_lifecycle::DraftedChange;
use evergreen_lifecycle::outbox::{Delivery, publish};
use evergreen_lifecycle::ports::{ChangeError, Steering};
use evergreen_lifecycle::{Actor, Announcement, AuditEntry, Edit, RequestKey, time};
use serde::Serialize;
use tokio::time::timeout;

pub use aliases::AliasTarget;
pub use annotations::{Note, TagValue};
pub use champions::{PromotionOrder, RollbackOrder};
pub use deletion::Deletion;
pub use mutes::MuteUntil;
pub(crate) use repetition::{KEY_HEADER, SentRequest, request_key};
pub use requests::{RetentionOrder, TrainingOrder};
pub use rollouts::RolloutOrder;
pub use switching::{OptionalReason, Reason};
pub(crate) use text::{checked_reason, optional_reason};
pub use transfers::Transfer;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;

// API Gateway waits 29 seconds for an answer. The change is stored, so the answer must come in time.
/// Maximum time in which the console sends the events of a change itself.
const SENDING: Duration = Duration::from_secs(2);

/// Who makes a change, and under which conditions.
#[derive(Debug, Clone)]
pub struct By {
    /// Who makes the change.
    pub actor: Actor,
    // A repeated change with the same key changes nothing and gets the same answer.
    /// The caller's idempotency key.
    pub key: Option<RequestKey>,
    /// The revision that the caller saw, from the header `If-Match`.
    pub seen: Option<u32>,
    // The same transaction marks the link as used.
    /// The hash of the token of the link in a mail, if the change comes from such a link.
    pub mail_link: Option<String>,
}

/// The answer to a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Steered {
    /// The entry of the audit trail.
    pub audit: AuditEntry,
    /// Whether an earlier request with the same idempotency key made the change.
    pub repeated: bool,
}

impl<W: ConsoleWorld> Console<W> {
    /// Stores a change and sends its events.
    pub(crate) async fn commit(&self, by: &By, id: String, draft: DraftedChange) -> Result<Steered, Problem> {
        let (action, subject) = (draft.action, draft.subject.clone());
        match self.store(by, id, draft).await {
            Ok(audit) => Ok(Steered { audit, repeated: false }),
            Err(ChangeError::Repeated(made)) => repetition::same(*made, by, action, &subject),
            Err(error) => Err(problem::refused(error)),
        }
    }

    async fn store(&self, by: &By, id: String, draft: DraftedChange) -> Result<AuditEntry, ChangeError> {
        let at = time::to_millis(self.now());
        let used = by.mail_link.iter().map(|hash| Edit::UseMailLink { hash: hash.clone(), at });
        let draft = DraftedChange { edits: draft.edits.into_iter().chain(used).collect(), ..draft };
        let made = draft.made(id, by.actor.clone(), self.model(), by.key.clone(), self.now());
        let change = made.map_err(unwritten)?;
        self.world.registry().apply(&change).await?;
        self.send(&change.announcements).await;
        Ok(change.entry)
    }

    /// Sends stored events at once. If that fails or takes too long, the metrics function sends them within minutes.
    async fn send(&self, announcements: &[Announcement]) {
        let mut delivery = Delivery::default();
        let sending = publish(self.world.registry(), self.world.bus(), announcements, &mut delivery);
        let is_in_time = timeout(SENDING, sending).await.is_ok();
        if !is_in_time || !delivery.is_complete() {
            tracing::warn!(%delivery, is_in_time, "an event is still to be sent; the metrics function sends it");
        }
    }
}

fn unwritten(error: serde_json::Error) -> ChangeError {
    evergreen_lifecycle::ports::Unavailable::new("writing an event", error).into()
}
