//! The request for a page, and the response.

use evergreen_lifecycle::session::Session;
use jiff::Timestamp;
use lambda_http::http::StatusCode;

use super::facts::PageFacts;
use super::query::Query;

/// The request for a page, after the session was checked.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest<'a> {
    /// The parts of the path below the API's stage, decoded. Empty for the overview.
    pub path: &'a [&'a str],
    /// The query of the address, decoded.
    pub query: &'a Query,
    /// The fields of a form that was sent to a page, decoded. `None` for a GET. Only `/try` reads it.
    pub form: Option<&'a Query>,
    /// The session of the person who reads the page.
    pub session: &'a Session,
    /// What the stack knows beside its registry, such as its alarms.
    pub facts: &'a PageFacts,
    /// A new random text. The page's forms send it as the idempotency key of their action.
    pub key: &'a str,
    /// The time of the request.
    pub now: Timestamp,
}

/// The response to the request for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// The page, or the address of another one.
    pub body: PageBody,
}

/// The content of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageBody {
    /// A page as HTML.
    Html(String),
    /// The HTML of a mail, for a frame of a page. It is not ours, so it gets fewer rights than a page.
    Mail(String),
    /// The relative address of the page to go to.
    Redirect(String),
}

impl PageRequest<'_> {
    /// Returns the relative prefix that leads from this page to the overview, such as `../`.
    pub fn base(&self) -> String {
        match self.path.len() {
            0 | 1 => "./".to_owned(),
            depth => "../".repeat(depth - 1),
        }
    }
}

impl PageResponse {
    /// Creates the response with a page.
    pub(super) fn html(status: StatusCode, html: String) -> Self {
        Self { status, body: PageBody::Html(html) }
    }
}
