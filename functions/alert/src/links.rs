//! The links of a mail that do something: train, return to the former champion, send no mail for a day.
//!
//! Every recipient has links of their own, so that the audit trail can say which mail was used. The registry stores only the
//! hash of a link's token. The token is in the mail and nowhere else.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::mail_link::{MAIL_LINK_USABLE, MailLink, MailLinkToken, MailedAction};
use evergreen_lifecycle::ports::MailLinks;
use jiff::Timestamp;

use crate::catalog::Offer;
use crate::{Alarm, AlarmState, Knowledge};

/// For how many hours a link of a mail mutes an alarm.
const MUTED_HOURS: u32 = 24;

/// A link that a mail shows as a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailButton {
    /// The text of the button, such as `Train now`.
    pub label: String,
    // It contains the token, so it is never logged.
    /// The URL of the page that says what will happen.
    pub url: String,
}

/// What the links of a mail can do, in the order of the buttons.
pub(crate) fn offered(alarm: &Alarm, knowledge: &Knowledge) -> Vec<MailedAction> {
    if alarm.state != AlarmState::Alarm {
        return Vec::new();
    }
    let action = |offer: &Offer| match offer {
        Offer::Train => Some(MailedAction::Train),
        Offer::RollBack => roll_back(knowledge),
        Offer::Mute => Some(MailedAction::Mute { hours: MUTED_HOURS }),
    };
    alarm.kind.entry().offers.iter().filter_map(action).collect()
}

fn roll_back(knowledge: &Knowledge) -> Option<MailedAction> {
    let Knowledge::Champion { champion, previous: Some(previous) } = knowledge else { return None };
    let to: VersionNumber = previous.version.number;
    (to != champion.version.number).then_some(MailedAction::RollBack { to, seen_revision: champion.revision })
}

/// Returns the text of the button for an action.
fn label(action: MailedAction) -> String {
    match action {
        MailedAction::Train => "Train now".to_owned(),
        MailedAction::RollBack { to, .. } => format!("Return to version {to}"),
        MailedAction::Mute { .. } => "No mails about this alarm for a day".to_owned(),
    }
}

/// The links that the mails about one alarm offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedLinks {
    /// The URL of the console, without a slash at its end.
    pub(crate) console: String,
    /// The alarm, without the name of the stack.
    pub(crate) alarm: String,
    pub(crate) actions: Vec<MailedAction>,
}

impl OfferedLinks {
    // A mail without links is better than no mail.
    /// Makes the links of the recipient at this place of the list, from 1. Links that cannot be stored are left out.
    pub(crate) async fn buttons(&self, registry: &impl MailLinks, place: usize, now: Timestamp) -> Vec<MailButton> {
        let mut buttons = Vec::new();
        for action in &self.actions {
            let link = MailLink {
                action: *action,
                alarm: self.alarm.clone(),
                recipient: u32::try_from(place).unwrap_or(u32::MAX),
                usable_until: evergreen_lifecycle::time::to_millis(now + MAIL_LINK_USABLE),
                used_at: None,
            };
            let Some(token) = token() else { break };
            if let Err(error) = registry.store_mail_link(&token.hash(), &link).await {
                tracing::warn!(%error, cause = %error.cause, "a mail is sent without its links");
                break;
            }
            let url = format!("{}/act/{}", self.console, token.text());
            buttons.push(MailButton { label: label(*action), url });
        }
        buttons
    }
}

fn token() -> Option<MailLinkToken> {
    let mut random = [0; 32];
    match getrandom::fill(&mut random) {
        Ok(()) => Some(MailLinkToken::of(random)),
        Err(error) => {
            tracing::error!(%error, "the system gives no random numbers: a mail is sent without its links");
            None
        }
    }
}
