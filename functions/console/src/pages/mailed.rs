//! The page of a link in a mail: what will happen, what has happened, or why nothing can happen.

use evergreen_lifecycle::mail_link::{MailLinkObstacle, MailedAction};
use jiff::Timestamp;
use lambda_http::http::StatusCode;

use super::text;
use crate::mail_links::OpenedMailLink;

/// What a page of a link shows.
#[derive(Debug)]
pub(super) struct MailedPage {
    pub(super) status: StatusCode,
    pub(super) title: String,
    pub(super) texts: Vec<String>,
    /// The text of the button that acts. `None` if the link does not act.
    pub(super) button: Option<String>,
}

/// Returns the page that a GET shows.
pub(super) fn preview(opened: &OpenedMailLink) -> MailedPage {
    if let Some(obstacle) = &opened.obstacle {
        return hindered(obstacle);
    }
    let (title, effect) = match opened.link.action {
        MailedAction::Train => (
            "Train now".to_owned(),
            "A training run starts within a minute. Its version becomes the champion only if it passes the gate."
                .to_owned(),
        ),
        MailedAction::RollBack { to, .. } => (
            format!("Return to version {to}"),
            format!("Version {to} becomes the champion again and answers predictions within a minute."),
        ),
        MailedAction::Mute { hours } => (
            format!("No mails about {} for {hours} hours", opened.link.alarm),
            format!("Nobody gets a mail about {} for {hours} hours. The alarm itself goes on.", opened.link.alarm),
        ),
    };
    let mut texts = vec![effect];
    texts.extend(state(opened));
    texts.push(format!(
        "The audit trail will say that recipient {} of the mail did it. The link works once, until {} UTC.",
        opened.link.recipient,
        text::moment(opened.link.usable_until)
    ));
    let button = Some(title.clone());
    MailedPage { status: StatusCode::OK, title: format!("{title}?"), texts, button }
}

/// Returns the page that follows the button.
pub(super) fn done(opened: &OpenedMailLink) -> MailedPage {
    if let Some(obstacle) = &opened.obstacle {
        return hindered(obstacle);
    }
    let (title, effect) = match opened.link.action {
        MailedAction::Train => {
            ("Training was requested".to_owned(), "The run starts within a minute. You can close this page.".to_owned())
        }
        MailedAction::RollBack { to, .. } => (
            format!("Version {to} is the champion again"),
            "Predictions come from it within a minute. You can close this page.".to_owned(),
        ),
        MailedAction::Mute { hours } => (
            format!("No mails about {} for {hours} hours", opened.link.alarm),
            "The page of the alarms in the console ends the mute earlier. You can close this page.".to_owned(),
        ),
    };
    MailedPage { status: StatusCode::OK, title, texts: vec![effect], button: None }
}

/// Says whether the alarm of the mail still rings.
fn state(opened: &OpenedMailLink) -> Option<String> {
    let alarm = &opened.link.alarm;
    opened.is_over.map(|is_over| match is_over {
        true => format!("The alarm {alarm} is OK again. Perhaps nothing has to be done."),
        false => format!("The alarm {alarm} still rings."),
    })
}

fn hindered(obstacle: &MailLinkObstacle) -> MailedPage {
    let utc = |at: Timestamp| format!("{} UTC", text::moment(at));
    let (status, title, why) = match obstacle {
        MailLinkObstacle::Used(at) => {
            (StatusCode::GONE, "This link was used", format!("It acted on {}. A link works once.", utc(*at)))
        }
        MailLinkObstacle::Expired(at) => {
            (StatusCode::GONE, "This link has expired", format!("It worked until {}.", utc(*at)))
        }
        MailLinkObstacle::ChampionChanged(now) => {
            let now =
                now.map_or_else(|| "there is no champion".to_owned(), |now| format!("version {now} is the champion"));
            let why = format!("The champion has changed since the mail: {now}. So the link no longer acts.");
            (StatusCode::CONFLICT, "The champion has changed", why)
        }
        MailLinkObstacle::Running(run) => {
            let why = format!("Run {run} is in progress. When it has ended, this link works again.");
            (StatusCode::CONFLICT, "A training run is in progress", why)
        }
        MailLinkObstacle::Muted(until) => {
            let why = format!("Nobody gets a mail about this alarm until {}.", utc(*until));
            (StatusCode::CONFLICT, "The alarm is muted already", why)
        }
    };
    let texts = vec![why, "Nothing was changed.".to_owned()];
    MailedPage { status, title: title.to_owned(), texts, button: None }
}
