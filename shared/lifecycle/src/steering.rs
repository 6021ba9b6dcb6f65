//! Changes that people, or rules of the stack, make to a model: promotions, aliases, tags, notes, deletions, mutes. Each
//! change has an actor, a reason where it changes which version is the champion, and an entry in the audit trail.

mod alias;
mod draft;
mod protection;
mod request;
mod succession;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use alias::{Alias, AliasName, InvalidAliasName};
pub use draft::DraftedChange;
pub use protection::{PIN, PROTECTED_CHAMPIONS, Protection};
pub use request::requested_event;
pub use succession::{ManualSuccession, former_champion};

use crate::reaction::ReactionLog;
use crate::rollout::Rollout;
use crate::{Announcement, Champion, RunId, Verification, VersionNumber};

/// How the actor of a change proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The request was signed with AWS credentials. The actor's name is the ARN of the user or role.
    Iam,
    /// The request came from a session that a signed link opened. The actor's name is the name given with the link.
    Session,
    /// The stack itself: the gate, the schedule, or a rule that a parameter allows.
    Stack,
    /// The request came from a link of a mail. The actor's name says which recipient of which mail, without an address.
    Mail,
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// How the actor proved who they are.
    pub kind: ActorKind,
    /// The name of the actor, such as the ARN of a role.
    pub name: String,
    // The maker of a link chooses its name, so the name alone proves nothing.
    /// For a session: the name of who made its link. `None` for others, and for sessions of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_by: Option<String>,
}

impl Actor {
    /// Creates an actor that came without a link.
    pub fn new(kind: ActorKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), link_by: None }
    }
}

/// Writes the name, and who made the link: `Grace (link made by arn:aws:iam::123456789012:user/ada)`.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.link_by {
            Some(maker) => write!(formatter, "{} (link made by {maker})", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// What was changed, without its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditedAction {
    /// A person asked for a training run.
    TrainingRequested,
    /// A version became the champion.
    Promoted,
    /// The champion before the current one became the champion again.
    RolledBack,
    /// An alias was created, or now names another version.
    AliasSet,
    /// An alias was removed.
    AliasRemoved,
    /// A tag of a version was set.
    TagSet,
    /// A tag of a version was removed.
    TagRemoved,
    /// The note of a version was replaced.
    NoteWritten,
    /// A version was deleted, with its artifact and its manifest.
    VersionDeleted,
    /// A person asked for the verification of a version.
    VerificationRequested,
    /// A person asked for a rebuild of the registry from the bucket.
    RebuildRequested,
    /// A person asked for the deletion of old versions.
    RetentionRequested,
    /// A verification of a version ended.
    VersionVerified,
    /// A person is about to switch the training schedule off.
    PauseRequested,
    /// A person is about to switch the training schedule on.
    ResumeRequested,
    /// A person imported the history of a model from an export.
    HistoryImported,
    /// A rebuild of the registry from the bucket ended.
    RegistryRebuilt,
    /// The records of old runs were deleted.
    RunsDeleted,
    /// The training schedule was switched off.
    SchedulePaused,
    /// The training schedule was switched on.
    ScheduleResumed,
    /// The mails of an alarm were switched off until a time.
    AlarmMuted,
    /// The mails of an alarm were switched on again before that time.
    AlarmUnmuted,
    /// A rollout of a version began: the version proves itself beside the champion.
    RolloutStarted,
    /// The next stage of a rollout began.
    RolloutAdvanced,
    /// The version of a rollout was worse, so the champion stays.
    RolloutRolledBack,
    /// A rollout ended without a decision about its version.
    RolloutStopped,
    /// A link for a session was made.
    LinkCreated,
    /// A person is about to end all sessions and links.
    RevocationRequested,
    /// All sessions and links were ended.
    SessionsRevoked,
}

/// One entry of the audit trail: who changed what, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The unique id of the entry. It is also the id of the event that reports the change.
    pub id: String,
    /// When the change was made.
    #[serde(with = "crate::time")]
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Actor,
    /// What was changed.
    pub action: AuditedAction,
    /// What the change is about: `version 7`, `alias staging`, `alarm throttles`, `schedule`.
    pub subject: String,
    /// Why, in the actor's words. `None` if the change needs no reason and none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The details of the change, such as `from` and `to`, as text by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// What people wrote about a version: its tags and its note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    // A conditional write compares this number.
    /// Number of changes of tags and note. 0 if there was none.
    #[serde(default)]
    pub revision: u32,
    /// The tags, by name.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The note, as plain text. `None` if nobody wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A stored request that an alarm sends no mail until a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The alarm's name without the name of the stack, such as `throttles`.
    pub alarm: String,
    /// Until when the alarm sends no mail.
    #[serde(with = "crate::time")]
    pub until: Timestamp,
}

/// A write that a change makes to the registry, with the condition under which it may be made.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Makes a version the champion, if the champion's revision is still `seen_revision` (0: no champion).
    Promote {
        /// The new champion.
        champion: Box<Champion>,
        /// The revision of the champion that the caller saw.
        seen_revision: u32,
        /// The content of the model file, of which the registry keeps a copy.
        artifact: Vec<u8>,
    },
    /// Sets an alias, if its revision is still `seen_revision` (0: no such alias) and the version is registered.
    SetAlias {
        /// The alias as it will be stored.
        alias: Alias,
        /// The revision that the caller saw.
        seen_revision: u32,
    },
    /// Removes an alias, if it is still as the caller saw it.
    RemoveAlias {
        /// The alias as the caller saw it.
        seen: Alias,
    },
    /// Replaces tags and note of a version, if their revision is still one lower, and the version is registered.
    Annotate {
        /// The version.
        version: VersionNumber,
        /// The tags and the note as they will be stored.
        annotations: Annotations,
    },
    // The bucket's objects are deleted after that. The record is what counts.
    /// Removes the record of a version, if it is registered and nothing [protects](Protection) it.
    RemoveVersion {
        /// The version.
        version: VersionNumber,
        /// The champion's revision that the caller saw.
        seen_revision: u32,
    },
    /// Removes the record of a run, unless an attempt at it is in progress. A missing record is not an error.
    RemoveRun(RunId),
    /// Stores a mute; replaces an earlier one of the same alarm.
    Mute(Mute),
    /// Removes the mute of an alarm. The field is the alarm's name without the name of the stack.
    Unmute(String),
    /// Stores the rollout, if the stored record's revision is still one lower and the champion still has the revision that
    /// the rollout names. A rollout that ends does not need that champion.
    SetRollout(Box<Rollout>),
    /// Stores the result of a verification.
    Verified(Box<Verification>),
    /// Marks a link of a mail as used, if it was not used before and still works at `at`.
    UseMailLink {
        /// The SHA-256 of the link's token.
        hash: String,
        /// When the link acts.
        at: Timestamp,
    },
    /// Stores the log of the stack's reactions, if its revision is still one lower.
    React(Box<ReactionLog>),
}

/// A change by a person or a rule, as one transaction: the edits, the audit entry, the event, and the key that makes it idempotent.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The writes. Empty for a change outside the registry, such as a pause of the schedule.
    pub edits: Vec<Edit>,
    /// The entry of the audit trail.
    pub entry: AuditEntry,
    // A promotion also sends the event `ModelPromoted`.
    /// The events that report the change, or that ask for work (such as a training run). At least one.
    pub announcements: Vec<Announcement>,
    /// The caller's idempotency key. A second change with the same key changes nothing.
    pub key: Option<RequestKey>,
}

/// An idempotency key, and the request that the caller sent with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The key, as the caller chose it.
    pub key: String,
    /// The SHA-256 of the request in hexadecimal. A repeat has the same one, and another request another one.
    pub request: String,
}

/// A change that was made with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeChange {
    /// The entry of the change in the audit trail.
    pub entry: AuditEntry,
    /// The SHA-256 of the request. `None`: an earlier release made the change and stored none.
    #[serde(default)]
    pub request: Option<String>,
}
