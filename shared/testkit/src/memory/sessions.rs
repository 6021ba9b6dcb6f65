//! Test fake of the stored links and sessions.

use evergreen_lifecycle::ports::{Sessions, Unavailable};
use evergreen_lifecycle::session::{Session, SessionLink};
use jiff::Timestamp;

use super::Memory;

impl Sessions for Memory {
    async fn store_link(&self, hash: &str, link: &SessionLink) -> Result<(), Unavailable> {
        self.reach("sessions")?.links.insert(hash.to_owned(), link.clone());
        Ok(())
    }

    async fn link(&self, hash: &str, now: Timestamp) -> Result<Option<SessionLink>, Unavailable> {
        Ok(self.reach("sessions")?.links.get(hash).filter(|link| now < link.usable_until).cloned())
    }

    async fn open_session(&self, link: &str, session_hash: &str, session: &Session) -> Result<bool, Unavailable> {
        let mut state = self.reach("sessions")?;
        let is_usable = state.links.get(link).is_some_and(|link| session.opened_at < link.usable_until);
        if is_usable {
            state.links.remove(link);
            state.sessions.insert(session_hash.to_owned(), session.clone());
        }
        Ok(is_usable)
    }

    async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, Unavailable> {
        Ok(self.reach("sessions")?.sessions.get(hash).filter(|session| now < session.expires_at).cloned())
    }

    async fn end_session(&self, hash: &str) -> Result<(), Unavailable> {
        self.reach("sessions")?.sessions.remove(hash);
        Ok(())
    }

    async fn revoke_all(&self) -> Result<u32, Unavailable> {
        let mut state = self.reach("sessions")?;
        let ended = state.sessions.len() + state.links.len() + state.mail_links.len();
        state.sessions.clear();
        state.links.clear();
        state.mail_links.clear();
        Ok(u32::try_from(ended).unwrap_or(u32::MAX))
    }
}
