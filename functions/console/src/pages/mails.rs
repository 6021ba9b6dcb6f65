//! The mails that the emulator accepted. Only a local stack has these pages.

use askama::Template;
use evergreen_lifecycle::ports::AcceptedMail;

use super::PageError;
use super::facts::Known;
use super::frame::PageFrame;
use super::markup::{Markup, when, when_short};
use super::query::encoded;
use super::request::PageRequest;

#[derive(Template)]
#[template(path = "mails.html")]
struct MailList<'a> {
    frame: &'a PageFrame<'a>,
    mails: Known<Vec<Row<'a>>>,
}

/// A mail in the list.
struct Row<'a> {
    at: Markup,
    to: &'a str,
    /// The identifier, encoded for a path.
    id: String,
    subject: &'a str,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage<'a> {
    frame: &'a PageFrame<'a>,
    mail: &'a AcceptedMail,
    /// The identifier, encoded for a path.
    id: String,
    at: Markup,
}

/// Writes the list.
pub(super) fn show(request: &PageRequest<'_>) -> Result<String, PageError> {
    let frame = PageFrame::of(request, "Mails");
    let mails = accepted(request)?.as_ref().map(|mails| mails.iter().map(row).collect()).map_err(Clone::clone);
    Ok(MailList { frame: &frame, mails }.render()?)
}

fn row(mail: &AcceptedMail) -> Row<'_> {
    Row { at: mail.at.map(when_short).unwrap_or_default(), to: &mail.to, id: encoded(&mail.id), subject: &mail.subject }
}

/// Writes the page of one mail.
pub(super) fn show_one(request: &PageRequest<'_>, id: &str) -> Result<String, PageError> {
    let mails = accepted(request)?.as_ref().map_err(|reason| PageError::NotFound(format!("The mails are not known: {reason}.")))?;
    let gone = || PageError::NotFound("The emulator has no mail with this identifier.".to_owned());
    let mail = mails.iter().find(|mail| mail.id == id).ok_or_else(gone)?;
    let frame = PageFrame::of(request, mail.subject.clone());
    let at = mail.at.map(|at| when(at, request.now)).unwrap_or_default();
    Ok(MailPage { frame: &frame, mail, id: encoded(&mail.id), at }.render()?)
}

/// Returns the HTML of a mail for the frame of its page. Its links open another tab. `None` if it has no HTML.
pub(super) fn html(request: &PageRequest<'_>, id: &str) -> Option<String> {
    let mails = request.facts.mails.as_ref()?.as_ref().ok()?;
    let html = mails.iter().find(|mail| mail.id == id)?.html.as_ref()?;
    Some(html.replacen("<head>", "<head><base target=\"_blank\">", 1))
}

fn accepted<'a>(request: &'a PageRequest<'_>) -> Result<&'a Known<Vec<AcceptedMail>>, PageError> {
    let nowhere = || PageError::NotFound("Only a local stack shows its mails here.".to_owned());
    request.facts.mails.as_ref().ok_or_else(nowhere)
}
