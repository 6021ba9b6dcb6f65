//! The media types of request and answer.

use lambda_http::Request;
use lambda_http::http::header::{ACCEPT, CONTENT_TYPE};

use crate::body::BodyFault;

/// The forms of text that a request may have.
pub const TEXTS: &str = "application/json, application/jsonlines or text/csv";

/// A form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyForm {
    /// `application/json`, or `application/*+json`.
    Json,
    /// One JSON value on each line: `application/jsonlines`, `application/jsonl` or `application/x-ndjson`.
    JsonLines,
    /// Comma-separated values, `text/csv`.
    Csv,
}

impl BodyForm {
    /// Returns the form that the request's `Content-Type` names.
    ///
    /// # Errors
    /// [`BodyFault::MediaType`] if it is missing or another one, and [`BodyFault::Charset`] if the text is not UTF-8.
    pub fn of(request: &Request) -> Result<Self, BodyFault> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.ok_or(BodyFault::MediaType(TEXTS))?;
        let form = Self::named(media_type).ok_or(BodyFault::MediaType(TEXTS))?;
        if is_utf8(media_type) { Ok(form) } else { Err(BodyFault::Charset) }
    }

    /// Returns the form that the request's `Accept` header asks for first. `Ok(None)` if it leaves the choice.
    ///
    /// # Errors
    /// [`BodyFault::Accept`] if the header names only other media types.
    pub fn accepted(request: &Request) -> Result<Option<Self>, BodyFault> {
        let accepted = request.headers().get(ACCEPT).map_or(Some(""), |value| value.to_str().ok()).unwrap_or_default();
        let mut has_others = false;
        for range in accepted.split(',').map(essence).filter(|range| !range.is_empty()) {
            match Self::named(range) {
                Some(form) => return Ok(Some(form)),
                None if ["*/*", "application/*"].contains(&range) => return Ok(None),
                None => has_others = true,
            }
        }
        if has_others { Err(BodyFault::Accept) } else { Ok(None) }
    }

    /// Returns the media type of an answer in this form.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonlines",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    fn named(media_type: &str) -> Option<Self> {
        const LINES: [&str; 5] = ["jsonlines", "jsonl", "x-jsonlines", "x-ndjson", "ndjson"];
        let (kind, subtype) = essence(media_type).split_once('/')?;
        let is = |name: &str| subtype.eq_ignore_ascii_case(name);
        let suffix = subtype.rsplit_once('+').map_or("", |(_, suffix)| suffix);
        if kind.eq_ignore_ascii_case("application") {
            if is("json") || suffix.eq_ignore_ascii_case("json") {
                return Some(Self::Json);
            }
            return LINES.into_iter().any(is).then_some(Self::JsonLines);
        }
        (kind.eq_ignore_ascii_case("text") && is("csv")).then_some(Self::Csv)
    }
}

/// Returns whether the character set of a request, if its `Content-Type` names one, is UTF-8.
pub fn has_utf8(request: &Request) -> bool {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_none_or(is_utf8)
}

/// Returns the media type without parameters.
fn essence(media_type: &str) -> &str {
    media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim()
}

fn is_utf8(media_type: &str) -> bool {
    // Every text in ASCII is also UTF-8.
    const NAMES: [&str; 3] = ["utf-8", "utf8", "us-ascii"];
    let parameters = media_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.all(|(_, charset)| {
        let charset = charset.trim().trim_matches('"');
        NAMES.into_iter().any(|name| charset.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &'static str, value: &str) -> Request {
        let mut request = Request::default();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    }

    fn form(content_type: &str) -> Result<BodyForm, BodyFault> {
        BodyForm::of(&request("content-type", content_type))
    }

    #[test]
    fn a_form_is_known_by_any_of_its_media_types() {
        for media_type in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.rows+json"] {
            assert_eq!(form(media_type), Ok(BodyForm::Json), "{media_type}");
        }
        for media_type in ["application/jsonlines", "application/x-ndjson", "application/jsonl; charset=\"UTF8\""] {
            assert_eq!(form(media_type), Ok(BodyForm::JsonLines), "{media_type}");
        }
        assert_eq!(form("text/csv; header=present"), Ok(BodyForm::Csv));
    }

    #[test]
    fn a_wrong_or_missing_media_type_is_refused() {
        for media_type in ["", "text/json", "application/x-www-form-urlencoded", "application/jsonp", "json", "é"] {
            assert_eq!(form(media_type), Err(BodyFault::MediaType(TEXTS)), "{media_type}");
        }
        assert_eq!(BodyForm::of(&Request::default()), Err(BodyFault::MediaType(TEXTS)));
    }

    #[test]
    fn another_character_set_than_utf_8_is_refused() {
        for charset in ["utf-16", "iso-8859-1", "\"windows-1252\"", ""] {
            assert_eq!(form(&format!("application/json; charset={charset}")), Err(BodyFault::Charset), "{charset}");
        }
        assert!(has_utf8(&Request::default()));
    }

    #[test]
    fn the_first_known_media_type_is_the_accepted_one() {
        for (accept, form) in [
            ("text/csv", Ok(Some(BodyForm::Csv))),
            ("image/png, application/jsonlines;q=0.5, text/csv", Ok(Some(BodyForm::JsonLines))),
            ("*/*", Ok(None)),
            ("", Ok(None)),
            ("image/png", Err(BodyFault::Accept)),
        ] {
            assert_eq!(BodyForm::accepted(&request("accept", accept)), form, "{accept}");
        }
        assert_eq!(BodyForm::accepted(&Request::default()), Ok(None));
    }
}
