//! A change before it is stored. The console and the rules of the stack make their changes in the same way.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::request::CONTINUES;
use super::{Actor, AuditEntry, AuditedAction, Change, Edit, RequestKey, requested_event};
use crate::{Announcement, LifecycleEvent, ModelName, RunId, VersionNumber, time};

/// A change that is not stored yet: everything but its actor, its time and its id.
#[derive(Debug)]
pub struct DraftedChange {
    /// What will be changed.
    pub action: AuditedAction,
    /// What the change is about, such as `version 7`.
    pub subject: String,
    /// Why. `None` if the change needs no reason and none was given.
    pub reason: Option<String>,
    /// The details for the audit trail, as text by name.
    pub details: BTreeMap<String, String>,
    /// The version that the change is about, for its event.
    pub version: Option<VersionNumber>,
    /// The alias that the change is about, for its event.
    pub alias: Option<String>,
    /// The writes to the registry. Empty for a change outside the registry.
    pub edits: Vec<Edit>,
    /// The event `ModelPromoted`, if the change is a promotion.
    pub promotion: Option<LifecycleEvent>,
}

impl DraftedChange {
    /// Creates a change without reason, details and edits.
    pub fn new(action: AuditedAction, subject: impl Into<String>) -> Self {
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

    /// Creates the request for the training run `run`.
    pub fn training(run: &RunId) -> Self {
        Self::new(AuditedAction::TrainingRequested, format!("run {run}")).with("run", run)
    }

    /// Creates the request that another invocation goes on with the training run `run`, whose attempt has paused.
    pub fn continuation(run: &RunId) -> Self {
        Self::training(run).with(CONTINUES, run)
    }

    /// Adds a detail for the audit trail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.details.insert(name.to_owned(), value.to_string());
        self
    }

    /// Returns the change, made by `actor` at `now` on the model `model`. `id` is the id of its audit entry and of its
    /// event. Its events report the change, ask for the work that it requests, and report a promotion.
    ///
    /// # Errors
    /// Returns an error if an event cannot be written as JSON.
    pub fn made(
        self,
        id: String,
        actor: Actor,
        model: &ModelName,
        key: Option<RequestKey>,
        now: Timestamp,
    ) -> Result<Change, serde_json::Error> {
        let entry = AuditEntry {
            id,
            at: time::to_millis(now),
            actor,
            action: self.action,
            subject: self.subject,
            reason: self.reason,
            details: self.details,
        };
        let (version, alias) = (self.version, self.alias.as_deref());
        let reported = match requested_event(&entry) {
            Some(request) => Announcement::of_request(&entry, model, version, &request),
            None => Announcement::of_change(&entry, model, version, alias),
        };
        let promoted = self.promotion.iter().map(Announcement::of);
        let announcements = std::iter::once(reported).chain(promoted).collect::<Result<Vec<_>, _>>()?;
        Ok(Change { edits: self.edits, entry, announcements, key })
    }
}
