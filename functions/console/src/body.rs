//! Bodies of requests: JSON for the API, forms for the pages.

use evergreen_http::Problem;
use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::{Body, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;

use crate::problem;

/// Maximum length of most bodies in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The characters that are not written as they are in an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Reads a JSON body. An unknown field is refused, and an error names the wrong field.
///
/// # Errors
/// A 4xx [`Problem`] says what is wrong.
pub fn json<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    json_up_to(request, MAX_BODY_BYTES)
}

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// A 4xx [`Problem`] says what is wrong.
pub fn json_up_to<T: DeserializeOwned>(request: &Request, limit: usize) -> Result<T, Problem> {
    let media_type = media_type(request);
    if !media_type.eq_ignore_ascii_case("application/json") && !media_type.ends_with("+json") {
        return Err(problem::media_type("application/json"));
    }
    parse(text(request, limit)?)
}

/// Reads a JSON body. A request without a body has an empty object.
///
/// # Errors
/// A 4xx [`Problem`] says what is wrong.
pub fn json_or_empty<T: DeserializeOwned>(request: &Request) -> Result<T, Problem> {
    if request.body().is_empty() { parse("{}") } else { json(request) }
}

/// Reads the JSON text of an object.
///
/// # Errors
/// A 400 [`Problem`] names the wrong field, or says where the text is not JSON.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if text.trim().is_empty() {
        return Err(problem::not_json("it is empty"));
    }
    // The derived readers would also take a list, with the values of the fields in order.
    if text.trim_start().starts_with('[') {
        return Err(problem::invalid_field("body", "The body is a list.", "a JSON object, in braces"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let cause = error.inner();
        if cause.is_syntax() || cause.is_eof() {
            return problem::not_json(format_args!("line {}, column {}", cause.line(), cause.column()));
        }
        wrong_field(&error.path().to_string(), &cause.to_string())
    })?;
    deserializer.end().map(|()| parsed).map_err(|_| problem::not_json("more text follows the object"))
}

// The library's message repeats a value of the wrong type. Only its part about what was expected is shown.
/// Creates the problem of a field from the library's `message` about it. `path` is where the message belongs.
fn wrong_field(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or_default();
    let named = message.split('`').nth(1).unwrap_or_default();
    let expected = message.split_once("expected ").map_or("", |(_, expected)| expected);
    if message.starts_with("missing field") {
        let detail = format!("The field \"{named}\" is missing.");
        return problem::invalid_field(named, detail, "a value for this field");
    }
    if message.starts_with("duplicate field") {
        let detail = format!("The field \"{named}\" is given twice.");
        return problem::invalid_field(named, detail, "one value for this field");
    }
    let field = if path == "." { "body" } else { path };
    if message.starts_with("unknown field") {
        let known = expected.strip_prefix("one of ").unwrap_or(expected).replace('`', "\"");
        return problem::invalid_field(field, "The body has an unknown field.", format!("only the fields {known}"));
    }
    problem::invalid_field(field, "A field of the body has a value of the wrong type.", plain(expected))
}

/// Returns what the library expected, in words that do not name Rust's types.
fn plain(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        "a string" => "a text".to_owned(),
        "a map" => "a JSON object, in braces".to_owned(),
        _ if expected.starts_with("a nonzero") => "a whole number, 1 or more".to_owned(),
        _ if expected.starts_with("struct ") => "a JSON object, in braces".to_owned(),
        _ if expected.starts_with("a sequence") => "a list".to_owned(),
        _ => expected.replace('`', "\""),
    }
}

/// Reads the fields of a form, decoded.
///
/// # Errors
/// A 4xx [`Problem`] says what is wrong.
pub fn form(request: &Request) -> Result<Vec<(String, String)>, Problem> {
    if !media_type(request).eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(problem::media_type("application/x-www-form-urlencoded"));
    }
    fields(text(request, MAX_BODY_BYTES)?)
}

fn fields(text: &str) -> Result<Vec<(String, String)>, Problem> {
    // The library writes a replacement character for bytes that are not UTF-8.
    percent_decode_str(text).decode_utf8().map_err(|_| problem::not_a_form("it is not UTF-8"))?;
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(problem::not_a_form("it has a field twice"));
        }
        fields.push((name.into_owned(), value.into_owned()));
    }
    Ok(fields)
}

/// Decodes a part of a path: `%` precedes two hexadecimal digits.
pub fn decoded_path(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Encodes a text for an address: everything except letters, digits and `-._~` is written as `%` and two digits.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn media_type(request: &Request) -> &str {
    let given = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim()
}

fn text(request: &Request, limit: usize) -> Result<&str, Problem> {
    if request.body().len() > limit {
        return Err(problem::too_large(limit));
    }
    match request.body() {
        Body::Text(text) => Ok(text),
        bytes => std::str::from_utf8(bytes).map_err(|_| problem::not_json("it is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steering::PromotionOrder;

    fn refused(text: &str) -> (String, Option<String>) {
        let problem = parse::<PromotionOrder>(text).unwrap_err();
        (problem.expected.unwrap_or_default(), problem.field)
    }

    #[test]
    fn an_unknown_field_is_named_with_those_that_are_known() {
        let (expected, field) = refused(r#"{"version": 7, "reason": "why", "force": true}"#);
        assert_eq!(field.as_deref(), Some("force"));
        assert_eq!(expected, r#"only the fields "version", "reason", "seen_revision""#);
    }

    #[test]
    fn a_missing_field_and_one_that_is_given_twice_are_named() {
        let (expected, field) = refused(r#"{"version": 7}"#);
        assert_eq!((expected.as_str(), field.as_deref()), ("a value for this field", Some("reason")));
        let (expected, field) = refused(r#"{"version": 7, "version": 8, "reason": "why"}"#);
        assert_eq!((expected.as_str(), field.as_deref()), ("one value for this field", Some("version")));
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named_and_its_value_is_not_repeated() {
        let (expected, field) = refused(r#"{"version": "secret", "reason": "why"}"#);
        assert_eq!((expected.as_str(), field.as_deref()), ("a whole number, 1 or more", Some("version")));
        assert_eq!(refused(r#"{"version": 7, "reason": 8}"#).0, "a text");
    }

    #[test]
    fn only_an_object_is_a_body() {
        for text in [r#"[7, "why"]"#, "7", "null"] {
            let (expected, field) = refused(text);
            assert_eq!((expected.as_str(), field.as_deref()), ("a JSON object, in braces", Some("body")), "{text}");
        }
        for text in ["", "{", "{} {}"] {
            assert!(parse::<PromotionOrder>(text).is_err(), "{text}");
        }
        assert_eq!(parse::<PromotionOrder>("{").unwrap_err().kind.code, "not-json");
    }

    #[test]
    fn a_form_has_each_field_once_and_only_utf_8() {
        let pairs = |text| fields(text).map_err(|problem| problem.detail);
        assert_eq!(pairs("name=a+b&reason=%C3%BC").unwrap()[1], ("reason".to_owned(), "ü".to_owned()));
        assert!(pairs("name=a&name=b").unwrap_err().contains("twice"));
        assert!(pairs("name=%FF").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn an_address_keeps_only_plain_characters() {
        assert_eq!(encoded("a b/ü-._~&="), "a%20b%2F%C3%BC-._~%26%3D");
        assert_eq!(decoded_path("a+b%20c%C3%BC%"), "a+b cü%");
    }
}
