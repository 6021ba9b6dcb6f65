//! The pages of the console: HTML that the function renders itself.
#![allow(missing_docs, dead_code)]
// Stand-in until the pages are merged.

use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::session::{Session, SessionLink};
use jiff::Timestamp;
use lambda_http::http::StatusCode;

use crate::ports::ConsoleWorld;

pub type Known<T> = Result<T, String>;

#[derive(Debug, Clone)]
pub struct PageFacts {
    pub model: ModelName,
    pub stack: String,
    pub prediction_url: Option<String>,
    pub dashboard_url: Option<String>,
    pub deadline_hours: Option<f64>,
    pub quality_threshold: Option<f64>,
    pub next_trainings: Known<Vec<Timestamp>>,
    pub alarms: Known<Vec<AlarmFact>>,
    pub usage: Known<UsageFact>,
    pub cost: Known<CostFact>,
    pub mails: Option<Known<Vec<MailFact>>>,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmFactState {
    Raised,
    Ok,
    Unclear,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmFact {
    pub name: String,
    pub meaning: String,
    pub state: AlarmFactState,
    pub since: Option<Timestamp>,
    pub reason: String,
}
#[derive(Debug, Clone)]
pub struct UsageFact;
#[derive(Debug, Clone)]
pub struct CostFact;
#[derive(Debug, Clone)]
pub struct MailFact;
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);
impl Query {
    pub fn of<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
pub fn is_page(back: &str) -> bool {
    !back.contains("//") && !back.contains(':') && !back.starts_with('/') && !back.contains("..")
}
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    pub media_type: &'static str,
    pub content: &'static str,
}
pub fn asset(name: &str) -> Option<Asset> {
    (name == "console.css").then_some(Asset { media_type: "text/css; charset=utf-8", content: "" })
}
#[derive(Debug, Clone, PartialEq)]
pub enum DoorPage {
    Open(Box<SessionLink>),
    LinkUnusable,
    NoSession,
    SignedOut,
    Forbidden(String),
    NotFound(String),
    Unavailable,
}
pub fn door(page: &DoorPage, _facts: &PageFacts, _base: &str) -> Result<(StatusCode, String), std::fmt::Error> {
    let status = match page {
        DoorPage::Open(_) | DoorPage::SignedOut => 200,
        DoorPage::LinkUnusable => 410,
        DoorPage::NoSession => 401,
        DoorPage::Forbidden(_) => 403,
        DoorPage::NotFound(_) => 404,
        DoorPage::Unavailable => 503,
    };
    Ok((StatusCode::from_u16(status).unwrap_or_default(), format!("{page:?}")))
}
#[derive(Debug, Clone, Copy)]
pub struct PageRequest<'a> {
    pub path: &'a [&'a str],
    pub query: &'a Query,
    pub form: Option<&'a Query>,
    pub session: &'a Session,
    pub facts: &'a PageFacts,
    pub key: &'a str,
    pub now: Timestamp,
}
pub struct PageResponse {
    pub status: StatusCode,
    pub body: PageBody,
}
pub enum PageBody {
    Html(String),
    Redirect(String),
}
pub async fn respond<W: ConsoleWorld>(_world: &W, _request: &PageRequest<'_>) -> PageResponse {
    PageResponse { status: StatusCode::OK, body: PageBody::Html("page".to_owned()) }
}
