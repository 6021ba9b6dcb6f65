//! Idempotency keys: a repeated request gets the answer of the first one, and changes nothing.
//!
//! A key belongs to one request: its method, path, body and actor. Their hash is stored with the change. So a key that a
//! caller uses again by mistake is refused, and does not hide that nothing was changed.

use evergreen_http::Problem;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::Steering;
use evergreen_lifecycle::{Actor, AuditedAction, MadeChange, RequestKey};
use serde_json::json;

use super::{By, Steered};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::read;

/// Header with the caller's idempotency key.
pub(crate) const KEY_HEADER: &str = "idempotency-key";
/// Maximum number of characters of an idempotency key.
const MAX_KEY: usize = 200;

/// A request to change something, as the hash of its idempotency key needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SentRequest<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: &'a [u8],
}

/// Returns the idempotency key of a request, with the hash of the request.
///
/// # Errors
/// A 400 [`Problem`] names the header if `given` cannot be a key.
pub(crate) fn request_key(given: &str, sent: SentRequest<'_>, actor: &Actor) -> Result<RequestKey, Problem> {
    let is_valid = (1..=MAX_KEY).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_valid {
        let expected = format!("1–{MAX_KEY} printable characters without spaces");
        return Err(Problem::invalid_parameter(KEY_HEADER, "This cannot be an idempotency key.", expected));
    }
    let SentRequest { method, path, body } = sent;
    // A JSON list keeps the parts apart, whatever characters they have.
    let parts = json!([method, path, sha256_hex(body), actor.kind, actor.name, actor.link_by]);
    Ok(RequestKey { key: given.to_owned(), request: sha256_hex(parts.to_string().as_bytes()) })
}

impl<W: ConsoleWorld> Console<W> {
    /// Returns the answer to an earlier change with the caller's key. `None` if there is no key, or none was made.
    pub(crate) async fn earlier(
        &self,
        by: &By,
        action: AuditedAction,
        subject: &str,
    ) -> Result<Option<Steered>, Problem> {
        let Some(key) = &by.key else { return Ok(None) };
        let made = read(self.world.registry().made_with(&key.key, self.now())).await?;
        made.map(|made| same(made, by, action, subject)).transpose()
    }
}

/// Returns the answer to a repeated request. A 409 problem if the key belongs to another request.
pub(super) fn same(made: MadeChange, by: &By, action: AuditedAction, subject: &str) -> Result<Steered, Problem> {
    let MadeChange { entry, request } = made;
    let is_same = match (&request, &by.key) {
        (Some(request), Some(key)) => *request == key.request,
        // An earlier release stored no hash.
        _ => entry.action == action && (subject.is_empty() || entry.subject == subject),
    };
    if is_same { Ok(Steered { audit: entry, repeated: true }) } else { Err(problem::key_reused()) }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::ActorKind;

    use super::*;

    fn hash(method: &str, path: &str, body: &str, name: &str) -> String {
        let sent = SentRequest { method, path, body: body.as_bytes() };
        request_key("k", sent, &Actor::new(ActorKind::Iam, name)).unwrap().request
    }

    #[test]
    fn each_part_of_a_request_counts() {
        let first = hash("PUT", "/aliases/a", r#"{"version":1}"#, "ada");
        assert_eq!(hash("PUT", "/aliases/a", r#"{"version":1}"#, "ada"), first);
        for other in [
            hash("DELETE", "/aliases/a", r#"{"version":1}"#, "ada"),
            hash("PUT", "/aliases/b", r#"{"version":1}"#, "ada"),
            hash("PUT", "/aliases/a", r#"{"version":2}"#, "ada"),
            hash("PUT", "/aliases/a", r#"{"version":1}"#, "grace"),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn a_key_has_no_spaces_and_an_end() {
        let sent = SentRequest { method: "POST", path: "/trainings", body: b"" };
        for bad in ["", "a b", "ü", &"k".repeat(201)] {
            let problem = request_key(bad, sent, &Actor::new(ActorKind::Iam, "ada")).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some("idempotency-key"), "{bad:?}");
        }
    }
}
