//! HTTP responses with a JSON body.

use std::future::ready;

use lambda_http::http::header::CONTENT_TYPE;
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, BoxFuture, IntoResponse, Response};

// For a plain `Response<String>`, `lambda_http` would look up the charset and decode the text. That takes longer and
// links the tables of all charsets.
/// An HTTP response whose body is JSON text, which is sent unchanged.
#[derive(Debug)]
pub struct JsonResponse(pub Response<String>);

impl JsonResponse {
    /// Creates a 200 response with the JSON text `body`.
    pub fn ok(body: String) -> Self {
        Self::new(StatusCode::OK, "application/json", body)
    }

    /// Creates a response with the given status, `Content-Type` and body.
    pub fn new(status: StatusCode, media_type: &'static str, body: String) -> Self {
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
