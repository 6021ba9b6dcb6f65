//! Test fake of the event bus, and of the outbox, which stores events until they are published.

use evergreen_lifecycle::journal::journal_key;
use evergreen_lifecycle::ports::{Announcer, EventOutbox, Refusal, Unavailable, Waiting};
use evergreen_lifecycle::{Announcement, time};
use jiff::Timestamp;

use super::Memory;

// The number is small, so tests need few events for several pages.
/// Maximum number of events on one page of the fake outbox.
const PAGE: usize = 3;

impl EventOutbox for Memory {
    async fn waiting(&self, before: Timestamp, after: Option<&str>) -> Result<Waiting, Unavailable> {
        let state = self.reach("outbox")?;
        let (before, after) = (time::format(before), after.unwrap_or_default());
        let mut page = Waiting::default();
        let mut waiting =
            state.outbox.range(after.to_owned()..before).filter(|(key, _)| key.as_str() > after).peekable();
        while let Some((key, event)) = waiting.next() {
            match event {
                Some(event) => page.announcements.push(event.clone()),
                None => page.unreadable += 1,
            }
            if page.announcements.len() + page.unreadable == PAGE {
                page.next = waiting.peek().is_some().then(|| key.clone());
                break;
            }
        }
        Ok(page)
    }

    async fn journal(&self, key: &str) -> Result<(), Unavailable> {
        let mut state = self.reach_for("journal", "journal")?;
        let Some(changes) = state.changes.get(key) else { return Ok(()) };
        let content = serde_json::to_vec(changes).map_err(|error| Unavailable::new("the journal", error))?;
        state.journal.entry(journal_key(&super::journal::model(), key)).or_insert(content);
        Ok(())
    }

    async fn remove(&self, key: &str) -> Result<(), Unavailable> {
        let mut state = self.reach("outbox")?;
        state.outbox.remove(key);
        state.changes.remove(key);
        Ok(())
    }
}

impl Announcer for Memory {
    async fn announce(&self, events: &[Announcement]) -> Result<Vec<Refusal>, Unavailable> {
        let is_stalled = self.state().stalled.contains("bus");
        if is_stalled {
            std::future::pending::<()>().await;
        }
        let mut state = self.reach("bus")?;
        let (refused, taken): (Vec<_>, Vec<_>) = events.iter().partition(|event| state.refused.contains(&event.key));
        state.events.extend(taken.into_iter().cloned());
        Ok(refused.into_iter().map(|event| Refusal { key: event.key.clone(), code: "Refused".to_owned() }).collect())
    }
}
