//! Test fake of the stored links of mails.

use evergreen_lifecycle::mail_link::MailLink;
use evergreen_lifecycle::ports::{MailLinks, Unavailable};

use super::Memory;

impl MailLinks for Memory {
    async fn store_mail_link(&self, hash: &str, link: &MailLink) -> Result<(), Unavailable> {
        self.reach("sessions")?.mail_links.insert(hash.to_owned(), link.clone());
        Ok(())
    }

    async fn mail_link(&self, hash: &str) -> Result<Option<MailLink>, Unavailable> {
        Ok(self.reach("sessions")?.mail_links.get(hash).cloned())
    }
}
