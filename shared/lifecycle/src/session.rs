//! Links and sessions: how a person gets into the console without a user directory.
//!
//! Whoever has the right to steer with AWS credentials makes a link. The link opens one session, once, within minutes.
//! The session lasts some hours and may see, or see and steer. Tokens are random. The registry holds only their hashes,
//! so there is no key that could leak or that must be rotated.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Actor;

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Read everything and change nothing.
    See,
    /// Read everything, and change what a person may change.
    Steer,
}

/// A link that opens one session, as the registry stores it. Its key is the SHA-256 of the link's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLink {
    /// What the session will be allowed to do.
    pub right: Right,
    /// The name under which the session's changes appear in the audit trail.
    pub name: String,
    /// Who made the link.
    pub created_by: Actor,
    /// Until when the link can be used.
    #[serde(with = "crate::time")]
    pub usable_until: Timestamp,
    /// How long the session will last, in minutes.
    pub session_minutes: u32,
}

/// An open session, as the registry stores it. Its key is the SHA-256 of the token in the cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What the session may do.
    pub right: Right,
    /// The name under which the session's changes appear in the audit trail.
    pub name: String,
    /// Who made the link. `None` for a session that an earlier release opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
    /// The secret that every form of the session must send back, against cross-site request forgery.
    pub csrf: String,
    /// When the session was opened.
    #[serde(with = "crate::time")]
    pub opened_at: Timestamp,
    /// Until when the session lasts.
    #[serde(with = "crate::time")]
    pub expires_at: Timestamp,
}
