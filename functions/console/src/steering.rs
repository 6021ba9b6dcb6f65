//! The changes that people make. Each is one transaction: edits, audit entry, event and idempotency key.

mod aliases;
mod annotations;
mod champions;
mod deletion;
mod hyperparameters;
mod mutes;
mod repetition;
mod requests;
mod switching;
mod text;
mod transfers;

use std::collections::BTreeMap;
use std::time::Duration;

use evergreen_http::Problem;
use evergreen_lifecycle::outbox::{Delivery, publish};
use evergreen_lifecycle::ports::{ChangeError, Steering};
use evergreen_lifecycle::{
    Actor, Announcement, AuditEntry, AuditedAction, Change, Edit, LifecycleEvent, RequestKey, VersionNumber,
    requested_event, time,
};
use serde::Serialize;
use tokio::time::timeout;

pub use aliases::AliasTarget;
pub use annotations::{Note, TagValue};
pub use champions::{PromotionOrder, RollbackOrder};
pub use deletion::Deletion;
pub use mutes::MuteUntil;
pub(crate) use repetition::{KEY_HEADER, SentRequest, request_key};
pub use requests::{RetentionOrder, TrainingOrder};
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

/// A change that is not stored yet.
#[derive(Debug)]
pub(crate) struct DraftedChange {
    pub action: AuditedAction,
    pub subject: String,
    pub reason: Option<String>,
    pub details: BTreeMap<String, String>,
    pub version: Option<VersionNumber>,
    pub alias: Option<String>,
    pub edits: Vec<Edit>,
    /// The event `ModelPromoted`, if the change is a promotion.
    pub promotion: Option<LifecycleEvent>,
}

impl DraftedChange {
    /// Creates a change without reason, details and edits.
    pub(crate) fn new(action: AuditedAction, subject: impl Into<String>) -> Self {
        Self {
            action,
            subject: subject.into(),
            reason: None,
            details: BTreeMap::new(),
            version: None,
            alias: None,
            edits: Vec::new(),
            promotion: None,
        }
    }

    /// Adds a detail for the audit trail.
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }
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
        let entry = AuditEntry {
            id,
            at: time::to_millis(self.now()),
            actor: by.actor.clone(),
            action: draft.action,
            subject: draft.subject,
            reason: draft.reason,
            details: draft.details,
        };
        let (version, alias) = (draft.version, draft.alias.as_deref());
        let reported = match requested_event(&entry) {
            Some(request) => Announcement::of_request(&entry, self.model(), version, &request),
            None => Announcement::of_change(&entry, self.model(), version, alias),
        };
        let promoted = draft.promotion.iter().map(Announcement::of);
        let announcements = std::iter::once(reported).chain(promoted).collect::<Result<Vec<_>, _>>();
        let announcements = announcements.map_err(unwritten)?;
        let used = by.mail_link.iter().map(|hash| Edit::UseMailLink { hash: hash.clone(), at: entry.at });
        let edits = draft.edits.into_iter().chain(used).collect();
        let change = Change { edits, entry, announcements, key: by.key.clone() };
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
