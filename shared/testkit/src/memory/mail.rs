//! Test fake of the mail service, of the claims on mails, and of the stored record of alarms.

use evergreen_lifecycle::IncidentRecord;
use evergreen_lifecycle::incident::FormerAlarm;
use evergreen_lifecycle::ports::{
    AlarmRecords, Claim, Lease, Mail, MailClaims, Mailer, RememberError, SendError, UNANSWERED, Unavailable,
};
use jiff::Timestamp;

use super::Memory;

/// A mail that the test fake was asked to send: the recipient's address and the content.
pub type SentMail = (String, Mail);

/// A claim in the test fake. A claim reserves one mail for one Lambda invocation, so that no other one sends it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailClaim {
    /// A Lambda invocation is sending the mail.
    Sending(Lease),
    /// The claimed mail was sent.
    Sent,
    /// The mail may have been sent, but the mail service did not answer. The field is the time of the try.
    Unanswered(Timestamp),
}

impl MailClaim {
    /// Returns why another Lambda invocation may not send this mail at `now`, and until which time this applies.
    fn claim_at(&self, now: Timestamp) -> (Claim, Timestamp) {
        match self {
            Self::Sent => (Claim::Sent, Timestamp::MAX),
            Self::Unanswered(at) => (Claim::Unanswered, *at + UNANSWERED),
            Self::Sending(lease) if now < lease.until => (Claim::Busy, lease.until),
            Self::Sending(lease) => (Claim::Unanswered, lease.until + UNANSWERED),
        }
    }
}

impl Mailer for Memory {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), SendError> {
        self.reach(recipient).map_err(SendError::Refused)?.mails.push((recipient.to_owned(), mail.clone()));
        Ok(())
    }

    async fn rate(&self) -> Result<f64, Unavailable> {
        drop(self.reach("rate")?);
        Ok(1.0)
    }
}

impl MailClaims for Memory {
    async fn claim(&self, key: &str, lease: &Lease) -> Result<Claim, Unavailable> {
        let mut state = self.reach("registry")?;
        if let Some(claim) = state.claims.get(key) {
            let is_own = matches!(claim, MailClaim::Sending(held) if held.holder == lease.holder);
            let (refusal, until) = claim.claim_at(lease.now);
            if !is_own && lease.now < until {
                return Ok(refusal);
            }
        }
        state.claims.insert(key.to_owned(), MailClaim::Sending(lease.clone()));
        Ok(Claim::Granted)
    }

    async fn claim_state(&self, key: &str, now: Timestamp) -> Result<Option<Claim>, Unavailable> {
        Ok(self.reach("registry")?.claims.get(key).map(|claim| claim.claim_at(now).0))
    }

    async fn sent(&self, key: &str, _now: Timestamp) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.insert(key.to_owned(), MailClaim::Sent);
        Ok(())
    }

    async fn unanswered(&self, key: &str, now: Timestamp) -> Result<(), Unavailable> {
        self.reach("registry")?.claims.insert(key.to_owned(), MailClaim::Unanswered(now));
        Ok(())
    }

    async fn release(&self, key: &str, lease: &Lease) -> Result<(), Unavailable> {
        let mut state = self.reach("registry")?;
        let is_own = |claim: &MailClaim| matches!(claim, MailClaim::Sending(held) if held.holder == lease.holder);
        if state.claims.get(key).is_some_and(is_own) {
            state.claims.remove(key);
        }
        Ok(())
    }
}

impl AlarmRecords for Memory {
    async fn incidents(&self) -> Result<Option<IncidentRecord>, Unavailable> {
        Ok(self.reach("registry")?.incidents.clone())
    }

    async fn remember(&self, record: &IncidentRecord) -> Result<(), RememberError> {
        let mut state = self.reach("registry")?;
        if state.incidents.as_ref().map_or(0, |stored| stored.revision) + 1 != record.revision {
            return Err(RememberError::Conflict);
        }
        state.incidents = Some(record.clone());
        Ok(())
    }

    async fn former_alarm(&self, name: &str) -> Result<Option<FormerAlarm>, Unavailable> {
        Ok(self.reach("registry")?.former_alarms.get(name).cloned())
    }
}
