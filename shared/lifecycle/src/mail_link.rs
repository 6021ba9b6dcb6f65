//! Links in mails. Each lets one recipient of a mail do one thing, once.
//!
//! A link opens no session. Its page only says what will happen. The page's button acts, because programs that check mails
//! open every link. The registry holds only the hash of the link's token, and never the address of the recipient.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;
use crate::{Actor, ActorKind, RunId, VersionNumber};

/// How long after the mail its links work. A mail of a Friday evening still works on Monday.
pub const MAIL_LINK_USABLE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What a link in a mail does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailedAction {
    /// Asks for a training run.
    Train,
    /// Makes a former champion the champion again, if the champion has not changed since the mail.
    RollBack {
        /// The version that becomes the champion.
        to: VersionNumber,
        /// The champion's revision when the mail was written.
        seen_revision: u32,
    },
    /// Sends no mail about the alarm for some hours, from the click.
    Mute {
        /// The number of hours.
        hours: u32,
    },
}

/// A link in a mail, as the registry stores it. Its key is the SHA-256 of the link's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLink {
    /// What the link does.
    pub action: MailedAction,
    /// The alarm that the mail is about, without the name of the stack.
    pub alarm: String,
    /// The recipient's place in the list of recipients when the mail was sent, from 1.
    pub recipient: u32,
    /// Until when the link works.
    #[serde(with = "crate::time")]
    pub usable_until: Timestamp,
    /// When the link acted. `None` if it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// What a page must know to say whether a link can still act.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MailLinkFacts {
    /// The champion's revision and version. `None` without a champion.
    pub champion: Option<(u32, VersionNumber)>,
    /// The run that is in progress. `None` if there is none.
    pub running: Option<RunId>,
    /// Until when the alarm is muted. `None` if it is not.
    pub muted_until: Option<Timestamp>,
}

/// Why a link does not act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailLinkObstacle {
    /// The link has acted before, at this time.
    Used(Timestamp),
    /// The link worked until this time.
    Expired(Timestamp),
    /// The champion has changed since the mail. The field is the version that is the champion now.
    ChampionChanged(Option<VersionNumber>),
    /// This run is in progress. A second one would compete with it.
    Running(RunId),
    /// The alarm is muted until this time, which is at least as long as the link would mute it.
    Muted(Timestamp),
}

impl MailLink {
    /// Returns why the link does not act at `now`. `None` if its button would act.
    pub fn obstacle(&self, facts: &MailLinkFacts, now: Timestamp) -> Option<MailLinkObstacle> {
        if let Some(at) = self.used_at {
            return Some(MailLinkObstacle::Used(at));
        }
        if self.usable_until <= now {
            return Some(MailLinkObstacle::Expired(self.usable_until));
        }
        match self.action {
            MailedAction::Train => facts.running.clone().map(MailLinkObstacle::Running),
            MailedAction::RollBack { seen_revision, .. } => match facts.champion {
                Some((revision, _)) if revision == seen_revision => None,
                champion => Some(MailLinkObstacle::ChampionChanged(champion.map(|(_, version)| version))),
            },
            MailedAction::Mute { hours } => {
                let end = now + SignedDuration::from_hours(i64::from(hours));
                facts.muted_until.filter(|until| *until >= end).map(MailLinkObstacle::Muted)
            }
        }
    }

    /// Returns who acts with the link, for the audit trail.
    pub fn actor(&self) -> Actor {
        Actor::new(ActorKind::Mail, format!("recipient {} of a mail about {}", self.recipient, self.alarm))
    }

    /// Returns the reason of the link's change, for the audit trail.
    pub fn reason(&self) -> String {
        format!("by link of a mail about {}", self.alarm)
    }
}

// It has no `Debug`, so it cannot get into a log by accident.
/// The random secret in the URL of a link.
pub struct MailLinkToken(String);

impl MailLinkToken {
    /// Creates the token from 32 random bytes.
    pub fn of(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// Returns the token as text that fits into a URL.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hash under which the registry stores the link.
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn link(action: MailedAction) -> MailLink {
        MailLink { action, alarm: "accuracy-low".into(), recipient: 2, usable_until: at(72), used_at: None }
    }

    fn number(number: u32) -> VersionNumber {
        VersionNumber::new(number).unwrap()
    }

    #[test]
    fn a_link_works_until_it_was_used_or_has_expired() {
        let (facts, link) = (MailLinkFacts::default(), link(MailedAction::Train));
        assert_eq!(link.obstacle(&facts, at(71)), None);
        assert_eq!(link.obstacle(&facts, at(72)), Some(MailLinkObstacle::Expired(at(72))));
        let used = MailLink { used_at: Some(at(3)), ..link };
        assert_eq!(used.obstacle(&facts, at(80)), Some(MailLinkObstacle::Used(at(3))));
    }

    #[test]
    fn a_rollback_needs_the_champion_of_the_mail() {
        let link = link(MailedAction::RollBack { to: number(6), seen_revision: 4 });
        let with = |champion| MailLinkFacts { champion, ..MailLinkFacts::default() };
        assert_eq!(link.obstacle(&with(Some((4, number(7)))), at(1)), None);
        let moved = link.obstacle(&with(Some((5, number(8)))), at(1));
        assert_eq!(moved, Some(MailLinkObstacle::ChampionChanged(Some(number(8)))));
        assert_eq!(link.obstacle(&with(None), at(1)), Some(MailLinkObstacle::ChampionChanged(None)));
    }

    #[test]
    fn a_running_training_and_a_longer_mute_stand_in_the_way() {
        let run = RunId::requested("7").unwrap();
        let facts = MailLinkFacts { running: Some(run.clone()), muted_until: Some(at(30)), champion: None };
        assert_eq!(link(MailedAction::Train).obstacle(&facts, at(1)), Some(MailLinkObstacle::Running(run)));
        let mute = link(MailedAction::Mute { hours: 24 });
        assert_eq!(mute.obstacle(&facts, at(5)), Some(MailLinkObstacle::Muted(at(30))));
        assert_eq!(mute.obstacle(&facts, at(7)), None);
    }

    #[test]
    fn the_audit_trail_names_the_mail_and_no_address() {
        let link = link(MailedAction::Train);
        assert_eq!(link.actor().to_string(), "recipient 2 of a mail about accuracy-low");
        assert_eq!(link.reason(), "by link of a mail about accuracy-low");
    }

    #[test]
    fn a_stored_link_is_read_again() {
        let link = link(MailedAction::RollBack { to: number(6), seen_revision: 4 });
        let stored = serde_json::to_value(&link).unwrap();
        assert_eq!(stored["action"], serde_json::json!({"kind": "roll_back", "to": 6, "seen_revision": 4}));
        assert_eq!(serde_json::from_value::<MailLink>(stored).unwrap(), link);
    }
}
