//! Finds the endpoint that a request is for.

use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::problem::Problem;

/// An endpoint of one of the two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `POST /predict`
    Predict,
    /// `GET /model`
    Model,
    /// `GET /runs`
    Runs,
    /// `GET /runs/{id}`
    Run,
    /// `GET /health`
    Health,
}

impl Endpoint {
    /// Returns the endpoint that matches the request's path and method.
    ///
    /// A request that matched only an API's catch-all is never served: permission to use one API gives no access to the
    /// other.
    ///
    /// # Errors
    /// Returns a 404 or 405 [`Problem`] if no endpoint matches.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let place = Place::of(request);
        let endpoint = Self::at(place.path()).ok_or_else(Problem::not_found)?;
        if request.method() != endpoint.method() {
            return Err(Problem::method_not_allowed(endpoint.method()));
        }
        match place {
            Place::Matched(_) => Ok(endpoint),
            Place::CaughtAll(_) => Err(Problem::elsewhere()),
        }
    }

    /// Returns the only HTTP method that the endpoint accepts.
    pub fn method(self) -> &'static str {
        match self {
            Self::Predict => "POST",
            Self::Model | Self::Runs | Self::Run | Self::Health => "GET",
        }
    }

    /// Returns the path template, for the log.
    pub fn template(self) -> &'static str {
        match self {
            Self::Predict => "/predict",
            Self::Model => "/model",
            Self::Runs => "/runs",
            Self::Run => "/runs/{id}",
            Self::Health => "/health",
        }
    }

    fn at(path: &str) -> Option<Self> {
        match path.strip_prefix('/')? {
            "predict" => Some(Self::Predict),
            "model" => Some(Self::Model),
            "runs" => Some(Self::Runs),
            "health" => Some(Self::Health),
            other => {
                let id = other.strip_prefix("runs/")?;
                (!id.is_empty() && !id.contains('/')).then_some(Self::Run)
            }
        }
    }
}

/// Returns the last segment of the path, such as the `{id}` of `/runs/{id}`.
pub fn last_segment(request: &Request) -> &str {
    let path = request.raw_http_path().trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default()
}

/// The path that a request was routed to. The request's URI is no use here: `lambda_http` adds the stage to its path,
/// even if the caller used a custom domain without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// The template that the gateway matched, without stage or base path. Without a gateway, the plain path.
    Matched(&'a str),
    /// The path without its stage. The API matched it only by its catch-all.
    CaughtAll(&'a str),
}

impl<'a> Place<'a> {
    fn of(request: &'a Request) -> Self {
        let path = request.raw_http_path();
        let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
            return Self::Matched(path);
        };
        let plain = context.stage.as_deref().map_or(path, |stage| without(stage, path));
        match context.resource_path.as_deref() {
            Some(template) if template.contains("{proxy+}") => Self::CaughtAll(plain),
            Some(template) => Self::Matched(template),
            None => Self::Matched(plain),
        }
    }

    fn path(self) -> &'a str {
        match self {
            Self::Matched(path) | Self::CaughtAll(path) => path,
        }
    }
}

/// Returns `path` without `/stage`, if it starts with that.
fn without<'a>(stage: &str, path: &'a str) -> &'a str {
    let rest = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage));
    rest.filter(|rest| !stage.is_empty() && rest.starts_with('/')).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequestContext;
    use lambda_http::http::Method;

    use super::*;

    fn call(method: &str, template: Option<&str>, path: &str) -> Request {
        let mut context = ApiGatewayProxyRequestContext::default();
        context.resource_path = template.map(Into::into);
        context.stage = Some("v1".into());
        let mut request = Request::default();
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        request.with_raw_http_path(path).with_request_context(RequestContext::ApiGatewayV1(context))
    }

    #[test]
    fn neither_stage_nor_base_path_matter() {
        for (template, path) in [
            (Some("/predict"), "/predict"),
            (Some("/predict"), "/some/base/predict"),
            (None, "/predict"),
            (None, "/v1/predict"),
        ] {
            assert_eq!(Endpoint::of(&call("POST", template, path)).unwrap(), Endpoint::Predict, "{template:?} {path}");
        }
    }

    #[test]
    fn what_an_api_has_only_its_catch_all_for_is_not_served() {
        for endpoint in [Endpoint::Predict, Endpoint::Model, Endpoint::Runs, Endpoint::Health] {
            for path in [endpoint.template().to_owned(), format!("/v1{}", endpoint.template())] {
                let problem = Endpoint::of(&call(endpoint.method(), Some("/{proxy+}"), &path)).unwrap_err();
                assert_eq!((problem.kind.status.as_u16(), problem.kind.code), (404, "not-found"), "{path}");
            }
        }
        let run = call("GET", Some("/{proxy+}"), "/v1/runs/manual-1");
        assert_eq!(Endpoint::of(&run).unwrap_err().kind.status, 404);
    }

    #[test]
    fn every_template_leads_to_its_endpoint() {
        for endpoint in [Endpoint::Predict, Endpoint::Model, Endpoint::Runs, Endpoint::Run, Endpoint::Health] {
            let request = call(endpoint.method(), Some(endpoint.template()), "");
            assert_eq!(Endpoint::of(&request).unwrap(), endpoint);
        }
    }

    #[test]
    fn an_unknown_path_is_not_found() {
        for path in ["", "/", "/predictions", "/v1", "/v2/predict", "/runs/", "/runs/a/b", "predict", "//predict"] {
            assert_eq!(Endpoint::of(&call("GET", Some("/{proxy+}"), path)).unwrap_err().kind.status, 404, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_answered_with_the_right_one() {
        for (template, path, method, allow) in
            [(Some("/{proxy+}"), "/v1/predict", "GET", "POST"), (None, "/runs/manual-1", "DELETE", "GET")]
        {
            let problem = Endpoint::of(&call(method, template, path)).unwrap_err();
            assert_eq!(problem.kind.status, 405);
            assert_eq!(problem.allow, Some(allow));
        }
    }

    #[test]
    fn the_last_segment_is_a_runs_identity() {
        assert_eq!(last_segment(&call("GET", Some("/runs/{id}"), "/v1/runs/manual-1")), "manual-1");
    }
}
