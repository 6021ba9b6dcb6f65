//! The pages for people without a session, and the pages that say why another page cannot be shown.

use std::borrow::Cow;

use askama::Template;
use evergreen_lifecycle::session::{Right, SessionLink};
use evergreen_lifecycle::text::causes;
use lambda_http::http::StatusCode;

use super::facts::PageFacts;
use super::mailed::{self, MailedPage};
use super::request::PageResponse;
use super::{assets, text};
use crate::mail_links::OpenedMailLink;

/// A page for somebody who cannot see the page that they asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum DoorPage {
    /// The link can open a session. Its button sends a POST to the same address.
    Open(Box<SessionLink>),
    /// The link was used before, was revoked or has expired.
    LinkUnusable,
    /// The link of a mail. Its button sends a POST to the same address.
    MailLink(Box<OpenedMailLink>),
    /// What the link of a mail has done.
    MailLinkDone(Box<OpenedMailLink>),
    /// There is no such link of a mail: it was revoked, or it is long gone.
    MailLinkUnusable,
    /// There is no session, or it has ended.
    NoSession,
    /// The session ended because the person signed out.
    SignedOut,
    /// The session may not do this. The field says what.
    Forbidden(String),
    /// There is no such page, version or run. The field is a sentence.
    NotFound(String),
    /// What the browser sent cannot be used. The fields are the status of the response and a sentence.
    Unusable(StatusCode, String),
    /// A service does not answer.
    Unavailable,
}

#[derive(Template)]
#[template(path = "door.html")]
struct Door<'a> {
    title: Cow<'static, str>,
    texts: Vec<String>,
    button: Option<Cow<'static, str>>,
    home: Option<&'static str>,
    command: Option<String>,
    model: &'a str,
    base: &'a str,
    style: &'static str,
}

/// Writes such a page. `base` is the relative prefix that leads to the overview, such as `../`.
///
/// # Errors
/// [`askama::Error`] when the template cannot be rendered. No content causes this.
pub fn door(page: &DoorPage, facts: &PageFacts, base: &str) -> Result<(StatusCode, String), askama::Error> {
    let stack = if facts.stack.is_emulated { "--local".to_owned() } else { format!("--stack {}", facts.stack.name) };
    let link = || Some(format!("evergreen console {stack}"));
    let blank = Door {
        title: "".into(),
        texts: Vec::new(),
        button: None,
        home: None,
        command: None,
        model: facts.stack.model.as_str(),
        base,
        style: assets::style_path(),
    };
    let (status, door) = match page {
        DoorPage::Open(open) => (
            StatusCode::OK,
            Door {
                title: "Open the console".into(),
                texts: invitation(open),
                button: Some("Open the console".into()),
                ..blank
            },
        ),
        DoorPage::LinkUnusable => (
            StatusCode::GONE,
            Door {
                title: "This link no longer works".into(),
                texts: vec![
                    "It was used before, has expired or was revoked. A link opens one session. Ask for a new one:"
                        .to_owned(),
                ],
                command: link(),
                ..blank
            },
        ),
        DoorPage::MailLink(opened) => of_mail(mailed::preview(opened), blank),
        DoorPage::MailLinkDone(opened) => of_mail(mailed::done(opened), blank),
        DoorPage::MailLinkUnusable => (
            StatusCode::GONE,
            Door {
                title: "This link no longer works".into(),
                texts: vec![
                    "It was revoked, or the mail is old. Nothing was changed. The console can do the same:".to_owned(),
                ],
                command: link(),
                ..blank
            },
        ),
        DoorPage::NoSession => (
            StatusCode::UNAUTHORIZED,
            Door {
                title: "No session".into(),
                texts: vec!["You have no session, or it has ended. A new link opens one:".to_owned()],
                command: link(),
                ..blank
            },
        ),
        DoorPage::SignedOut => (
            StatusCode::OK,
            Door {
                title: "Signed out".into(),
                texts: vec!["The session has ended. A new link opens another one:".to_owned()],
                command: link(),
                ..blank
            },
        ),
        DoorPage::Forbidden(what) => (
            StatusCode::FORBIDDEN,
            Door {
                title: "Not allowed".into(),
                texts: vec![what.clone(), "Nothing was changed.".to_owned()],
                home: Some("Back to the overview"),
                ..blank
            },
        ),
        DoorPage::NotFound(what) => (
            StatusCode::NOT_FOUND,
            Door { title: "Not found".into(), texts: vec![what.clone()], home: Some("Back to the overview"), ..blank },
        ),
        DoorPage::Unusable(status, what) => (
            *status,
            Door {
                title: "This cannot be used".into(),
                texts: vec![what.clone(), "Nothing was changed.".to_owned()],
                home: Some("Back to the overview"),
                ..blank
            },
        ),
        DoorPage::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            Door {
                title: "Not available now".into(),
                texts: vec![
                    "A service that this page needs does not answer. Load the page again in a minute.".to_owned(),
                ],
                home: Some("Back to the overview"),
                ..blank
            },
        ),
    };
    Ok((status, door.render()?))
}

fn of_mail<'a>(page: MailedPage, blank: Door<'a>) -> (StatusCode, Door<'a>) {
    let MailedPage { status, title, texts, button } = page;
    (status, Door { title: title.into(), texts, button: button.map(Into::into), ..blank })
}

fn invitation(link: &SessionLink) -> Vec<String> {
    let right = match link.right {
        Right::See => "see everything, and change nothing",
        Right::Steer => "see everything, and make changes",
    };
    let lasts = text::span(f64::from(link.session_minutes) * 60.0);
    vec![
        format!("This link opens a session of {lasts} for {}. The session may {right}.", link.name),
        format!("The link works once, until {} UTC.", text::moment(link.usable_until)),
    ]
}

/// Writes such a page as a response. If even that fails, the response is a plain sentence.
pub(super) fn response(page: &DoorPage, facts: &PageFacts, base: &str) -> PageResponse {
    match door(page, facts, base) {
        Ok((status, html)) => PageResponse::html(status, html),
        Err(error) => {
            tracing::error!(cause = causes(&error), "a page could not be rendered");
            PageResponse::html(StatusCode::INTERNAL_SERVER_ERROR, "The page cannot be shown.".to_owned())
        }
    }
}
