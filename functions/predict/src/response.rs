//! What goes out: JSON text with its status and headers.

use std::future::ready;

use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, BoxFuture, IntoResponse, Response};

/// A response whose body is JSON text. `lambda_http` would look for the charset of a plain `Response<String>` and decode
/// the text by it, which takes longer and links the tables of all charsets; this is text already and passed on as it is.
#[derive(Debug)]
pub struct JsonResponse(pub Response<String>);

impl JsonResponse {
    /// A success.
    pub fn ok(body: String) -> Self {
        Self::new(StatusCode::OK, "application/json", body)
    }

    /// A response of that status and media type.
    pub(crate) fn new(status: StatusCode, media_type: &'static str, body: String) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self(response)
    }
}

impl IntoResponse for JsonResponse {
    fn into_response(self) -> BoxFuture<'static, Response<Body>> {
        Box::pin(ready(self.0.map(Body::Text)))
    }
}
