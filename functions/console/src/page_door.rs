//! The pages' door: links, sessions, actions, assets and pages. Nobody passes without a session, except to open a link, or
//! to use a link of a mail.

mod actions;
mod facts;
mod response;

use evergreen_http::Problem;
use evergreen_lifecycle::session::{Right, Session};
use lambda_http::http::{Method, Response, StatusCode};
use lambda_http::{Request, RequestExt};

use crate::console::Console;
use crate::pages::{self, DoorPage, PageBody, PageRequest, Query};
use crate::ports::ConsoleWorld;
use crate::{body, token};

/// Header in which a browser says which site sent a request.
const SITE_HEADER: &str = "sec-fetch-site";

/// One request through the pages' door.
pub(crate) struct PageDoor<'a, W> {
    pub console: &'a Console<W>,
    pub request: &'a Request,
}

/// The response, and the template of its route for the log.
pub(crate) struct PageAnswer {
    pub route: &'static str,
    pub response: Response<String>,
}

impl<W: ConsoleWorld> PageDoor<'_, W> {
    pub(crate) async fn answer(&self, path: &str) -> PageAnswer {
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).map(body::decoded_path).collect();
        let segments: Vec<_> = segments.iter().map(String::as_str).collect();
        let base = base(segments.len());
        let (route, outcome) = match segments.as_slice() {
            ["assets", name] => ("/assets/{file}", self.asset(name)),
            ["open", token] => ("/open/{token}", self.open(token).await),
            ["act", token] => ("/act/{token}", self.act_by_mail(token).await),
            ["actions", name] => ("/actions/{name}", self.act(name).await),
            _ => ("/{page}", self.page(&segments).await),
        };
        let response = match outcome {
            Ok(response) => response,
            Err(refusal) => self.door_page(&refusal, &base),
        };
        PageAnswer { route, response }
    }

    fn asset(&self, name: &str) -> Result<Response<String>, DoorPage> {
        let asset = pages::asset(name).ok_or_else(|| DoorPage::NotFound("There is no such file.".to_owned()))?;
        Ok(response::asset(asset.media_type, asset.content))
    }

    async fn open(&self, token: &str) -> Result<Response<String>, DoorPage> {
        if self.is_post() {
            self.check_site()?;
            let opened =
                self.console.open(token, self.request).await.map_err(refusal)?.ok_or(DoorPage::LinkUnusable)?;
            return Ok(response::redirect("../", Some(&opened.cookie)));
        }
        let link = self.console.usable_link(token).await.map_err(refusal)?.ok_or(DoorPage::LinkUnusable)?;
        Err(DoorPage::Open(Box::new(link)))
    }

    // The token in the address is the right. So the form needs no session, and no secret of a session.
    /// Shows what the link of a mail will do. A POST does it.
    async fn act_by_mail(&self, token: &str) -> Result<Response<String>, DoorPage> {
        if !self.is_post() {
            let opened = self.console.mail_link(token).await.map_err(refusal)?.ok_or(DoorPage::MailLinkUnusable)?;
            return Err(DoorPage::MailLink(Box::new(opened)));
        }
        self.check_site()?;
        match self.console.act_by_mail(token).await {
            Ok(Some(opened)) => Err(DoorPage::MailLinkDone(Box::new(opened))),
            Ok(None) => Err(DoorPage::MailLinkUnusable),
            // Somebody was faster, with this link or another change. The page says what is true now.
            Err(problem) if problem.kind.status == StatusCode::CONFLICT => {
                let opened = self.console.mail_link(token).await.map_err(refusal)?.ok_or(DoorPage::MailLinkUnusable)?;
                let is_known = opened.obstacle.is_some();
                Err(if is_known { DoorPage::MailLink(Box::new(opened)) } else { refusal(problem) })
            }
            Err(problem) => Err(refusal(problem)),
        }
    }

    async fn page(&self, segments: &[&str]) -> Result<Response<String>, DoorPage> {
        let session = self.session().await?;
        let form = if self.is_post() { Some(self.form_of(&session)?) } else { None };
        let query = self.request.query_string_parameters_ref().map(|query| Query::of(query.iter())).unwrap_or_default();
        let facts = facts::of(self.console, segments).await;
        let key = token::id().map_err(refusal)?;
        let form = form.map(Query::of);
        let request = PageRequest {
            path: segments,
            query: &query,
            form: form.as_ref(),
            session: &session,
            facts: &facts,
            key: &key,
            now: self.console.now(),
        };
        let page = Box::pin(pages::respond(&self.console.world, &request)).await;
        Ok(match page.body {
            PageBody::Html(html) => response::html(page.status, html),
            PageBody::Mail(html) => response::mail(html),
            PageBody::Redirect(target) => response::redirect(&target, None),
        })
    }

    // Without this check, another site could send the form of a link, and a person would work in a stranger's session. Other
    // forms also have the session's secret.
    /// Returns an error if a browser says that a page of another site sent the form.
    fn check_site(&self) -> Result<(), DoorPage> {
        // No script can set this header. Programs and old browsers do not send it.
        let site = self.request.headers().get(SITE_HEADER).map(|site| site.to_str().unwrap_or_default());
        if site.is_none_or(|site| ["same-origin", "none"].contains(&site)) {
            return Ok(());
        }
        let detail = "The form was sent from a page of another site. Open the page itself, then press its button.";
        Err(DoorPage::Forbidden(detail.to_owned()))
    }

    async fn session(&self) -> Result<Session, DoorPage> {
        self.console.session_of(self.request).await.map_err(refusal)?.ok_or(DoorPage::NoSession)
    }

    /// Returns the fields of a form, if it was sent from a page of the session.
    fn form_of(&self, session: &Session) -> Result<Vec<(String, String)>, DoorPage> {
        self.check_site()?;
        let form = body::form(self.request).map_err(refusal)?;
        let csrf = form.iter().find(|(name, _)| name == "csrf").map_or("", |(_, value)| value.as_str());
        if token::is_same(csrf, &session.csrf) {
            return Ok(form);
        }
        let detail = "The form was not sent from a page of this session. Load the page again, then repeat the action.";
        Err(DoorPage::Forbidden(detail.to_owned()))
    }

    async fn act(&self, name: &str) -> Result<Response<String>, DoorPage> {
        if !self.is_post() {
            return Err(DoorPage::NotFound("An action is sent with a form.".to_owned()));
        }
        let session = self.session().await?;
        let form = self.form_of(&session)?;
        if name == "sign-out" {
            let cookie = self.console.sign_out(self.request).await.map_err(refusal)?;
            let (status, html) = self.written(&DoorPage::SignedOut, "../");
            return Ok(response::with_cookie(response::html(status, html), &cookie));
        }
        if session.right != Right::Steer {
            let detail = "This session may see everything, and change nothing. Ask for a link that may steer.";
            return Err(DoorPage::Forbidden(detail.to_owned()));
        }
        let action = actions::Action { console: self.console, session: &session, form: &form };
        let target = action.perform(name).await.map_err(refusal)?;
        Ok(response::redirect(&target, None))
    }

    fn is_post(&self) -> bool {
        self.request.method() == Method::POST
    }

    fn door_page(&self, page: &DoorPage, base: &str) -> Response<String> {
        let (status, html) = self.written(page, base);
        response::html(status, html)
    }

    fn written(&self, page: &DoorPage, base: &str) -> (StatusCode, String) {
        pages::door(page, &facts::few(self.console), base).unwrap_or_else(|error| {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page cannot be shown.".to_owned())
        })
    }
}

/// Returns the relative prefix that leads from a path with this number of segments to the overview.
fn base(segments: usize) -> String {
    if segments < 2 { "./".to_owned() } else { "../".repeat(segments - 1) }
}

/// Returns the page about a problem.
fn refusal(problem: Problem) -> DoorPage {
    match problem.kind.status.as_u16() {
        403 => DoorPage::Forbidden(problem.detail),
        404 => DoorPage::NotFound(problem.detail),
        500.. => DoorPage::Unavailable,
        _ => {
            let expected = problem.expected.map(|expected| format!(" Expected: {expected}.")).unwrap_or_default();
            DoorPage::Unusable(problem.kind.status, format!("{}{expected}", problem.detail))
        }
    }
}
