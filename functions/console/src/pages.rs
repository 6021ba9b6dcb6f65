//! The pages of the console: HTML that the function renders itself.
//!
//! Each page has a file that loads what the page shows and makes a view of it, and a template of the same name in
//! `templates/`. A page changes nothing: its forms are sent to `/actions/<name>`. Links are relative, because the
//! path of the API's stage differs between stacks.

mod act;
mod alarms;
mod assets;
mod audit;
mod batch;
mod compare;
mod dataset;
mod door;
mod drift;
mod evidence;
mod facts;
mod frame;
mod kept;
mod live;
mod mailed;
mod mails;
mod markup;
mod overview;
mod plot;
mod profile;
mod query;
mod request;
mod rollout;
mod rows;
mod run;
mod runs;
mod schedule;
mod snippets;
mod text;
mod trial;
mod version;
mod versions;
mod watched;

use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::text::causes;
use lambda_http::http::StatusCode;

pub use self::assets::{Asset, asset};
pub use self::door::{DoorPage, door};
pub use self::facts::{CostFact, Known, PageFacts, UsageFact, UsageHour};
pub use self::kept::KeptForm;
pub use self::query::{Query, is_page};
pub use self::request::{PageBody, PageRequest, PageResponse};
use crate::ports::ConsoleWorld;

/// Error: a page could not be made.
#[derive(Debug, thiserror::Error)]
enum PageError {
    /// There is no such page, or the version or run that it would show does not exist. The field says which.
    #[error("{0}")]
    NotFound(String),
    /// A call to the registry, the bucket or the scheduler failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A template could not be rendered. No content causes this.
    #[error("a page cannot be rendered")]
    Render(#[from] askama::Error),
}

/// Answers the request for a page by somebody whose session was checked before.
///
/// A page that does not exist is a page with status 404. If a port fails, the page has status 503, and the cause is
/// logged.
pub async fn respond<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> PageResponse {
    if let ["mails", id, "html"] = request.path
        && let Some(html) = mails::html(request, id)
    {
        return PageResponse { status: StatusCode::OK, body: PageBody::Mail(html) };
    }
    match page(world, request).await {
        Ok(html) => PageResponse::html(StatusCode::OK, html),
        Err(PageError::NotFound(what)) => door::response(&DoorPage::NotFound(what), request.facts, &request.base()),
        Err(error) => {
            tracing::error!(cause = causes(&error), "a page could not be shown");
            door::response(&DoorPage::Unavailable, request.facts, &request.base())
        }
    }
}

async fn page<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    match request.path {
        [] => overview::show(world, request).await,
        ["runs"] => runs::show(world, request).await,
        ["runs", id] => run::show(world, request, id).await,
        ["versions"] => versions::show(world, request).await,
        ["versions", number] => version::show(world, request, number).await,
        ["compare"] => compare::show(world, request).await,
        ["dataset"] => dataset::show(world, request).await,
        ["drift"] => drift::show(world, request).await,
        ["live"] => live::show(world, request).await,
        ["rollout"] => rollout::show(world, request).await,
        ["try"] => trial::show(world, request).await,
        ["audit"] => audit::show(world, request).await,
        ["batch"] => batch::show(world, request).await,
        ["alarms"] => alarms::show(world, request).await,
        ["schedule"] => schedule::show(world, request).await,
        ["mails"] => mails::show(request),
        ["mails", id] => mails::show_one(request, id),
        _ => Err(PageError::NotFound("No page has this address.".to_owned())),
    }
}
