//! Checks the body of a prediction request and returns its text.

use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Request};

/// Maximum length of a request body in bytes, as the caller sent it: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// Error: why a request body is rejected before it is parsed as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// The request's `Content-Type` header is missing or does not name JSON.
    #[error("the content type is not JSON")]
    MediaType,
    /// The request body is longer than [`MAX_BODY_BYTES`].
    #[error("the body is too large")]
    TooLarge,
    /// The request body is not valid UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// The request has no body, or a body of zero bytes.
    #[error("the body is empty")]
    Empty,
}

/// Returns the text of the request body, which must have a JSON content type.
///
/// # Errors
/// Returns the first [`BodyFault`] that applies.
pub fn json_text(request: &Request) -> Result<&str, BodyFault> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !media_type.is_some_and(is_json) {
        return Err(BodyFault::MediaType);
    }
    let body = request.body();
    match body.len() {
        0 => Err(BodyFault::Empty),
        1..=MAX_BODY_BYTES => text(body),
        _ => Err(BodyFault::TooLarge),
    }
}

/// Returns the text of a request body, which must be UTF-8.
fn text(body: &Body) -> Result<&str, BodyFault> {
    // API Gateway may send the body as base64, which `lambda_http` decodes to bytes.
    match body {
        Body::Text(text) => Ok(text),
        bytes => std::str::from_utf8(bytes).map_err(|_| BodyFault::Utf8),
    }
}

/// Returns whether a media type is JSON: `application/json` or `application/*+json`, with any parameters.
fn is_json(media_type: &str) -> bool {
    const PREFIX: &[u8] = b"application/";
    let essence = media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim().as_bytes();
    let Some((kind, subtype)) = essence.split_at_checked(PREFIX.len()) else { return false };
    let suffix = subtype.len().checked_sub(b"+json".len()).and_then(|at| subtype.get(at..));
    kind.eq_ignore_ascii_case(PREFIX)
        && (subtype.eq_ignore_ascii_case(b"json") || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request {
        let mut request = Request::new(body.into());
        if let Some(content_type) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        request
    }

    #[test]
    fn json_is_known_by_any_of_its_media_types() {
        for media_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.rows+json"] {
            assert_eq!(json_text(&request(Some(media_type), "{}")), Ok("{}"), "{media_type}");
        }
    }

    #[test]
    fn a_wrong_or_missing_media_type_is_refused() {
        for media_type in ["", "text/json", "application/x-www-form-urlencoded", "application/jsonp", "json", "é"] {
            let request = request(Some(media_type), "{}");
            assert_eq!(json_text(&request), Err(BodyFault::MediaType), "{media_type}");
        }
        assert_eq!(json_text(&request(None, "{}")), Err(BodyFault::MediaType));
    }

    #[test]
    fn bytes_are_text_if_they_are_utf_8() {
        let json = Some("application/json");
        assert_eq!(json_text(&request(json, &b"{}"[..])), Ok("{}"));
        assert_eq!(json_text(&request(json, &b"\xff\xfe{}"[..])), Err(BodyFault::Utf8));
        assert_eq!(json_text(&request(json, &b""[..])), Err(BodyFault::Empty));
        assert_eq!(json_text(&request(json, ())), Err(BodyFault::Empty));
    }

    #[test]
    fn one_byte_too_many_is_refused_in_any_encoding() {
        let (fits, exceeds) = (" ".repeat(MAX_BODY_BYTES), " ".repeat(MAX_BODY_BYTES + 1));
        let json = Some("application/json");
        assert!(json_text(&request(json, fits.as_str())).is_ok());
        assert!(json_text(&request(json, fits.into_bytes())).is_ok());
        assert_eq!(json_text(&request(json, exceeds.as_str())), Err(BodyFault::TooLarge));
        assert_eq!(json_text(&request(json, exceeds.into_bytes())), Err(BodyFault::TooLarge));
    }
}
