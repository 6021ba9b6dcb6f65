//! Links and sessions: how a person gets in without a user directory.
//!
//! A link is opened in two steps. A GET shows a page with a button, so that a mail scanner or a preview does not use the
//! link up. The button's POST uses it up, sets the session's cookie and leads to the first page.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::Sessions;
use evergreen_lifecycle::session::{Right, Session, SessionLink};
use evergreen_lifecycle::{Actor, ActorKind, AuditedAction, time};
use jiff::SignedDuration;
use lambda_http::Request;
use lambda_http::http::header::COOKIE;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::steering::{By, DraftedChange};
use crate::{problem, token};

/// How long a link can be used.
const LINK_USABLE: SignedDuration = SignedDuration::from_mins(10);
/// Hours that a session lasts if the request does not say it.
const DEFAULT_HOURS: u32 = 8;
/// Maximum number of hours that a session lasts.
const MAX_HOURS: u32 = 24;
/// Longest name of a person, in characters.
const MAX_NAME: usize = 100;

/// The body of a request for a link, also of a direct invocation of the function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkOrder {
    /// What the session may do.
    pub right: Right,
    /// The name under which the session's changes appear in the audit trail. `None`: the caller's.
    pub name: Option<String>,
    /// How many hours the session lasts.
    pub hours: Option<u32>,
}

/// A new session: its cookie, and how long it lasts.
#[derive(Debug)]
pub struct OpenedSession {
    /// The value of the header `Set-Cookie`.
    pub cookie: String,
}

impl<W: ConsoleWorld> Console<W> {
    // The answer contains a token, so it is never stored: a repeated request makes another link.
    /// Makes a link that opens a session once. `base` is the URL of the console, if it is known.
    ///
    /// # Errors
    /// A 400 [`Problem`] names a wrong field, 503 if the registry does not answer.
    pub async fn make_link(&self, by: &By, order: LinkOrder, base: Option<&str>) -> Result<Reply, Problem> {
        let hours = order.hours.unwrap_or(DEFAULT_HOURS);
        if !(1..=MAX_HOURS).contains(&hours) {
            let expected = format!("a whole number from 1 to {MAX_HOURS}");
            return Err(problem::invalid_field("hours", "A session cannot last so long.", expected));
        }
        let token = token::Token::random()?;
        let usable_until = time::to_millis(self.now() + LINK_USABLE);
        let name = person(order.name.as_deref(), &by.actor)?;
        let link = SessionLink {
            right: order.right,
            name: name.clone(),
            created_by: by.actor.clone(),
            usable_until,
            session_minutes: hours * 60,
        };
        read(self.world.registry().store_link(&token.hash(), &link)).await?;
        let right = right_name(order.right);
        let draft = DraftedChange::new(AuditedAction::LinkCreated, format!("link for {name}"));
        let by = By { key: None, ..by.clone() };
        let steered = self.commit(&by, token::id()?, draft.with("right", right).with("hours", hours)).await?;
        let path = format!("/open/{}", token.text());
        Reply::ok(&json!({
            "path": path,
            "url": base.map(|base| format!("{base}{path}")),
            "usable_until": time::format(usable_until),
            "right": right,
            "name": name,
            "hours": hours,
            "audit": steered.audit,
        }))
    }

    pub(crate) async fn end_sessions(&self, by: &By) -> Result<Reply, Problem> {
        // Many writes end the sessions, so no transaction has them all. This entry comes first.
        self.announce(by, DraftedChange::new(AuditedAction::RevocationRequested, "sessions")).await?;
        let ended = read(self.world.registry().revoke_all()).await?;
        let draft = DraftedChange::new(AuditedAction::SessionsRevoked, "sessions").with("ended", ended);
        let by = By { key: None, ..by.clone() };
        let steered = self.commit(&by, token::id()?, draft).await?;
        Reply::ok(&json!({"ended": ended, "audit": steered.audit}))
    }

    /// Returns the link with this token, if it can still be used. The link stays usable.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the registry does not answer.
    pub async fn usable_link(&self, token: &str) -> Result<Option<SessionLink>, Problem> {
        read(self.world.registry().link(&token::hash(token), self.now())).await
    }

    /// Uses up the link with this token and opens its session. It replaces the session of `request`, which ends. `None` if
    /// the link can no longer be used.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the registry does not answer.
    pub async fn open(&self, token: &str, request: &Request) -> Result<Option<OpenedSession>, Problem> {
        let Some(link) = self.usable_link(token).await? else { return Ok(None) };
        let (secret, csrf) = (token::Token::random()?, token::Token::random()?);
        let now = time::to_millis(self.now());
        let lasts = SignedDuration::from_mins(i64::from(link.session_minutes));
        let session = Session {
            right: link.right,
            name: link.name,
            created_by: Some(link.created_by),
            csrf: csrf.text().to_owned(),
            opened_at: now,
            expires_at: now + lasts,
        };
        let (used, opened) = (token::hash(token), secret.hash());
        if !read(self.world.registry().open_session(&used, &opened, &session)).await? {
            return Ok(None);
        }
        // The link is used up, so the cookie must reach the browser even if the former session stays open.
        if self.end_session_of(request).await.is_err() {
            tracing::warn!("the former session of the browser was not ended; it ends at its time");
        }
        Ok(Some(OpenedSession { cookie: self.cookie(secret.text(), lasts.as_secs()) }))
    }

    /// Returns the session of a request, if it has one that still lasts.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the registry does not answer.
    pub async fn session_of(&self, request: &Request) -> Result<Option<Session>, Problem> {
        let Some(secret) = self.secret_of(request) else { return Ok(None) };
        read(self.world.registry().session(&token::hash(secret), self.now())).await
    }

    /// Ends the session of a request. Returns the cookie that removes the session's cookie.
    ///
    /// # Errors
    /// A 503 [`Problem`] if the registry does not answer.
    pub async fn sign_out(&self, request: &Request) -> Result<String, Problem> {
        self.end_session_of(request).await?;
        Ok(self.cookie("", 0))
    }

    async fn end_session_of(&self, request: &Request) -> Result<(), Problem> {
        match self.secret_of(request) {
            Some(secret) => read(self.world.registry().end_session(&token::hash(secret))).await,
            None => Ok(()),
        }
    }

    fn secret_of<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let name = self.cookie_name();
        let cookies = request.headers().get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, secret)| secret)
    }

    // A browser takes a cookie with this prefix only from the very host, over HTTPS and for all its paths. So no other host
    // of the domain can plant a session. The stage in the path does not matter.
    /// Returns the name of the cookie. Without HTTPS, as on the emulator, browsers refuse the prefix.
    fn cookie_name(&self) -> String {
        let prefix = if self.stack.is_emulated { "" } else { "__Host-" };
        format!("{prefix}evergreen-{}", self.model())
    }

    fn cookie(&self, secret: &str, seconds: i64) -> String {
        let secure = if self.stack.is_emulated { "" } else { "; Secure" };
        let name = self.cookie_name();
        format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Returns who acts in a session, and who made its link.
pub fn actor(session: &Session) -> Actor {
    let link_by = session.created_by.as_ref().map(|maker| maker.name.clone());
    Actor { link_by, ..Actor::new(ActorKind::Session, &session.name) }
}

/// Reads the event of a direct invocation that asks for a link: `{"link": {"right": "steer", "hours": 8}}`. `None` for
/// any other event.
///
/// # Errors
/// A 400 [`Problem`] names the wrong field.
pub fn direct_order(event: &Value) -> Option<Result<LinkOrder, Problem>> {
    event.get("link").map(|link| crate::body::parse(&link.to_string()))
}

/// Returns the name for the audit trail: the given one, or the last part of the actor's ARN.
fn person(given: Option<&str>, actor: &Actor) -> Result<String, Problem> {
    let own = actor.name.rsplit('/').next().unwrap_or(&actor.name);
    let name = given.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(own);
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let expected = format!("at most {MAX_NAME} characters without line breaks");
        return Err(problem::invalid_field("name", "This cannot be the name of a person.", expected));
    }
    // In a list of who did what, such a name could look like another one, or turn the text beside it around.
    if name.chars().any(turns_text) || name.starts_with(is_invisible) {
        let detail = "The name begins with an invisible character, or has one that changes the direction of the text.";
        return Err(problem::invalid_field("name", detail, "a name that begins with a visible character"));
    }
    Ok(name.to_owned())
}

/// Returns whether a character changes the direction of the text around it: U+202E and the others of its kind.
fn turns_text(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

// These are the default-ignorable characters of Unicode, and the blank characters that no trimming removes.
/// Returns whether a character shows nothing by itself.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn right_name(right: Right) -> &'static str {
    match right {
        Right::See => "see",
        Right::Steer => "steer",
    }
}
