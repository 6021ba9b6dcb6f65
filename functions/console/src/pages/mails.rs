//! The mails that the emulator accepted. Only a local stack has this page.

use askama::Template;

use super::PageError;
use super::facts::{Known, MailFact};
use super::frame::PageFrame;
use super::markup::{Markup, when};
use super::request::PageRequest;

#[derive(Template)]
#[template(path = "mails.html")]
struct MailsPage<'a> {
    frame: &'a PageFrame<'a>,
    mails: Known<Vec<(&'a MailFact, Option<Markup>)>>,
}

/// Writes the page.
pub(super) fn show(request: &PageRequest<'_>) -> Result<String, PageError> {
    let Some(mails) = &request.facts.mails else {
        return Err(PageError::NotFound("Only a local stack shows its mails here.".to_owned()));
    };
    let frame = PageFrame::of(request, "Mails");
    let dated = |mail| -> (&MailFact, Option<Markup>) {
        let mail: &MailFact = mail;
        (mail, mail.at.map(|at| when(at, request.now)))
    };
    let mails = mails.as_ref().map(|mails| mails.iter().map(dated).collect()).map_err(Clone::clone);
    Ok(MailsPage { frame: &frame, mails }.render()?)
}
