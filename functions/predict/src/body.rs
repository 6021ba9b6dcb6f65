//! From an event's body to the text of it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::gateway::ProxyRequest;

/// The longest body that is read, in bytes as the caller sent them: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// Why a body is not even text that may be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// Its content type is missing or another than JSON.
    #[error("the content type is not JSON")]
    MediaType,
    /// It is longer than [`MAX_BODY_BYTES`].
    #[error("the body is too large")]
    TooLarge,
    /// It is declared to be base64 and is not.
    #[error("the body is not base64")]
    Base64,
    /// It is not UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// There is none.
    #[error("the body is empty")]
    Empty,
}

/// The body's text, which is declared to be JSON.
///
/// # Errors
/// [`BodyFault`], whichever applies first.
pub fn json_text(request: &ProxyRequest) -> Result<Cow<'_, str>, BodyFault> {
    if !request.headers.content_type.as_deref().is_some_and(is_json) {
        return Err(BodyFault::MediaType);
    }
    let body = request.body.as_deref().unwrap_or_default();
    let text = if request.is_base64_encoded { Cow::Owned(decoded(body)?) } else { Cow::Borrowed(body) };
    match text.len() {
        0 => Err(BodyFault::Empty),
        1..=MAX_BODY_BYTES => Ok(text),
        _ => Err(BodyFault::TooLarge),
    }
}

/// Whether a media type is `application/json` or `application/*+json`; parameters do not matter.
fn is_json(media_type: &str) -> bool {
    const PREFIX: &[u8] = b"application/";
    let essence = media_type.split(';').next().unwrap_or_default().trim().as_bytes();
    let Some((kind, subtype)) = essence.split_at_checked(PREFIX.len()) else { return false };
    let suffix = subtype.len().checked_sub(b"+json".len()).and_then(|at| subtype.get(at..));
    kind.eq_ignore_ascii_case(PREFIX)
        && (subtype.eq_ignore_ascii_case(b"json") || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json")))
}

fn decoded(body: &str) -> Result<String, BodyFault> {
    // Four characters hold three bytes: what is longer than this need not be decoded to be known as too large.
    if body.len() / 4 > MAX_BODY_BYTES.div_ceil(3) {
        return Err(BodyFault::TooLarge);
    }
    let bytes = STANDARD.decode(body).map_err(|_| BodyFault::Base64)?;
    String::from_utf8(bytes).map_err(|_| BodyFault::Utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::Headers;

    fn request(content_type: Option<&str>, body: &str, is_base64_encoded: bool) -> ProxyRequest {
        let headers = Headers { content_type: content_type.map(Into::into) };
        ProxyRequest { headers, body: Some(body.into()), is_base64_encoded, ..ProxyRequest::default() }
    }

    #[test]
    fn json_is_known_by_any_of_its_media_types() {
        for media_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.rows+json"] {
            assert_eq!(json_text(&request(Some(media_type), "{}", false)).unwrap(), "{}", "{media_type}");
        }
    }

    #[test]
    fn another_or_no_media_type_is_refused() {
        for media_type in ["", "text/json", "application/x-www-form-urlencoded", "application/jsonp", "json", "é"] {
            assert_eq!(json_text(&request(Some(media_type), "{}", false)), Err(BodyFault::MediaType), "{media_type}");
        }
        assert_eq!(json_text(&request(None, "{}", false)), Err(BodyFault::MediaType));
    }

    #[test]
    fn base64_is_decoded_or_refused() {
        let json = Some("application/json");
        assert_eq!(json_text(&request(json, "e30=", true)).unwrap(), "{}");
        assert_eq!(json_text(&request(json, "e3!", true)), Err(BodyFault::Base64));
        assert_eq!(json_text(&request(json, "//79", true)), Err(BodyFault::Utf8));
        assert_eq!(json_text(&request(json, "", true)), Err(BodyFault::Empty));
    }

    #[test]
    fn one_byte_too_many_is_too_large_whichever_way_it_came() {
        let (fits, exceeds) = (" ".repeat(MAX_BODY_BYTES), " ".repeat(MAX_BODY_BYTES + 1));
        let json = Some("application/json");
        assert!(json_text(&request(json, &fits, false)).is_ok());
        assert_eq!(json_text(&request(json, &exceeds, false)), Err(BodyFault::TooLarge));
        assert!(json_text(&request(json, &STANDARD.encode(&fits), true)).is_ok());
        assert_eq!(json_text(&request(json, &STANDARD.encode(&exceeds), true)), Err(BodyFault::TooLarge));
        assert_eq!(json_text(&request(json, &"A".repeat(5 * MAX_BODY_BYTES), true)), Err(BodyFault::TooLarge));
    }
}
