//! Responses with pages: their headers allow the page's own files and nothing else.

use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use lambda_http::http::{HeaderValue, Response, StatusCode};

/// What a page may load: files of the console, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
    connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the HTML of a mail may do in its frame: nothing but show itself, with the styles that mails need. A link opens
/// another tab.
const POLICY_OF_MAIL: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
    style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/// A browser keeps an asset for a year: its address changes with its content.
const KEEP: &str = "public, max-age=31536000, immutable";

/// Creates a response with a page.
pub(super) fn html(status: StatusCode, html: String) -> Response<String> {
    let mut response = guarded(html, "text/html; charset=utf-8", "no-store");
    *response.status_mut() = status;
    response
}

/// Creates a response with the HTML of a mail, for a frame of a page.
pub(super) fn mail(html: String) -> Response<String> {
    let mut response = guarded(html, "text/html; charset=utf-8", "no-store");
    let headers = [(CONTENT_SECURITY_POLICY, POLICY_OF_MAIL), (X_FRAME_OPTIONS, "SAMEORIGIN")];
    headers.into_iter().for_each(|(name, value)| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    });
    response
}

/// Creates a response with a file of the console.
pub(super) fn asset(media_type: &'static str, content: &str) -> Response<String> {
    guarded(content.to_owned(), media_type, KEEP)
}

/// Creates a response that leads to another page. A browser asks for it with GET.
pub(super) fn redirect(target: &str, cookie: Option<&str>) -> Response<String> {
    let mut response = html(StatusCode::SEE_OTHER, String::new());
    response.headers_mut().extend(HeaderValue::from_str(target).map(|target| (LOCATION, target)));
    match cookie {
        Some(cookie) => with_cookie(response, cookie),
        None => response,
    }
}

/// Adds a cookie to a response.
pub(super) fn with_cookie(mut response: Response<String>, cookie: &str) -> Response<String> {
    response.headers_mut().extend(HeaderValue::from_str(cookie).map(|cookie| (SET_COOKIE, cookie)));
    response
}

fn guarded(body: String, media_type: &'static str, cache: &'static str) -> Response<String> {
    let mut response = Response::new(body);
    let headers: [(HeaderName, &'static str); 6] = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, cache),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // The address of a link contains a token.
        (REFERRER_POLICY, "no-referrer"),
    ];
    response.headers_mut().extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
