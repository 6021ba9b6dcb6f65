//! The routes of the prediction API and the status API. Finds the route of a request.

use evergreen_http::Problem;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::problem;
use crate::protocol::Protocol;

/// One of the two HTTP APIs of the stack. Each API has its own API keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    // Its 5XX responses count as failed predictions.
    /// The prediction API: `POST /predict`, and information about the champion.
    Prediction,
    /// The status API. This function answers only the request for its health there.
    Status,
}

/// The operation that a request asks for, such as a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `POST /predict`: returns a prediction for each row of the request.
    Predict,
    /// `GET /model`: returns everything about the champion.
    Model,
    /// `GET /version`: returns only the champion's version number and the time of its promotion.
    Version,
    /// `GET /health`: returns 200 if a champion is loaded, otherwise 503.
    Health,
    /// `POST /invocations`: predictions as MLflow's scoring server answers them.
    MlflowPredict,
    /// `GET /ping`: returns 200 if a champion is loaded, otherwise 503.
    Ping,
    /// `GET /v2`: returns the name of the server and what it can do.
    InferenceServer,
    /// `GET /v2/health/live`: returns 200.
    InferenceLive,
    /// `GET /v2/health/ready` and `GET /v2/models/{model}/ready`: 200 if a champion is loaded, otherwise 503.
    InferenceReady,
    /// `GET /v2/models/{model}`: returns the tensors of requests and answers.
    InferenceModel,
    /// `POST /v2/models/{model}/infer`: predictions for tensors.
    Infer,
    /// `POST /endpoints/{endpoint}/invocations`: predictions as an endpoint of SageMaker answers them.
    SageMakerPredict,
}

impl Endpoint {
    /// Returns the protocol that requests and errors of the endpoint follow.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Predict | Self::Model | Self::Version | Self::Health => Protocol::Evergreen,
            Self::MlflowPredict | Self::Ping => Protocol::Mlflow,
            Self::InferenceServer | Self::InferenceLive | Self::InferenceReady | Self::InferenceModel | Self::Infer => {
                Protocol::Inference
            }
            Self::SageMakerPredict => Protocol::SageMaker,
        }
    }
}

/// An HTTP route: a method and a path template of one API, and the endpoint that handles the request.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The API to which the route belongs.
    pub api: Api,
    /// The HTTP method that the path accepts. With `GET`, it also accepts `HEAD`.
    pub method: &'static str,
    /// Path of the route, such as `/predict`. A part in braces stands for any text without a slash.
    pub template: &'static str,
    /// The operation that handles requests on this route.
    pub endpoint: Endpoint,
}

// Tests compare them with the paths in `template.yaml` and with the tables in `README.md`.
/// All routes of both APIs.
pub static ROUTES: &[Route] = &[
    Route::new(Api::Prediction, "POST", "/predict", Endpoint::Predict),
    Route::new(Api::Prediction, "GET", "/model", Endpoint::Model),
    Route::new(Api::Prediction, "GET", "/version", Endpoint::Version),
    Route::new(Api::Prediction, "POST", "/invocations", Endpoint::MlflowPredict),
    Route::new(Api::Prediction, "GET", "/ping", Endpoint::Ping),
    Route::new(Api::Prediction, "GET", "/v2", Endpoint::InferenceServer),
    Route::new(Api::Prediction, "GET", "/v2/health/live", Endpoint::InferenceLive),
    Route::new(Api::Prediction, "GET", "/v2/health/ready", Endpoint::InferenceReady),
    Route::new(Api::Prediction, "GET", "/v2/models/{model}", Endpoint::InferenceModel),
    Route::new(Api::Prediction, "GET", "/v2/models/{model}/ready", Endpoint::InferenceReady),
    Route::new(Api::Prediction, "POST", "/v2/models/{model}/infer", Endpoint::Infer),
    Route::new(Api::Prediction, "GET", "/v2/models/{model}/versions/{version}", Endpoint::InferenceModel),
    Route::new(Api::Prediction, "GET", "/v2/models/{model}/versions/{version}/ready", Endpoint::InferenceReady),
    Route::new(Api::Prediction, "POST", "/v2/models/{model}/versions/{version}/infer", Endpoint::Infer),
    Route::new(Api::Prediction, "POST", "/endpoints/{endpoint}/invocations", Endpoint::SageMakerPredict),
    Route::new(Api::Status, "GET", "/health", Endpoint::Health),
];

impl Route {
    const fn new(api: Api, method: &'static str, template: &'static str, endpoint: Endpoint) -> Self {
        Self { api, method, template, endpoint }
    }

    /// Returns the route that matches the request's path and method.
    ///
    /// # Errors
    /// Returns a 404 [`Problem`] if no route has the request's path. Returns a 405 [`Problem`] if the method is wrong.
    pub fn of(request: &Request) -> Result<&'static Self, Problem> {
        let path = RoutedPath::of(request);
        let route = ROUTES.iter().find(|route| route.fits(path.text())).ok_or_else(problem::not_found)?;
        if request.method() != route.method && !(request.method() == "HEAD" && route.method == "GET") {
            return Err(Problem::method_not_allowed(if route.method == "GET" { "GET, HEAD" } else { route.method }));
        }
        match path {
            RoutedPath::Matched(_) => Ok(route),
            // API Gateway matched the request only by an API's catch-all route. Permission to use one API must give no
            // access to the other API.
            RoutedPath::CaughtAll(_) => Err(problem::elsewhere()),
        }
    }

    /// Returns the part of a request's path that stands for `name` in the template, such as the number of a version.
    pub fn part<'r>(&self, request: &'r Request, name: &str) -> Option<&'r str> {
        // A base path of a custom domain may come before the route's own path.
        let parts = self.template.rsplit('/').zip(request.raw_http_path().rsplit('/'));
        parts.into_iter().find(|(part, _)| inner(part) == Some(name)).map(|(_, text)| text)
    }

    fn fits(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let begins = self
            .template
            .split('/')
            .all(|part| parts.next().is_some_and(|text| part == text || (inner(part).is_some() && !text.is_empty())));
        begins && parts.next().is_none()
    }
}

/// Returns the name in a part of a template, if the part is in braces.
fn inner(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// Returns a text that lists all routes of both APIs, for the 404 response.
pub(crate) fn summary() -> String {
    format!("{} of the prediction API; {} of the status API", listed(Api::Prediction), listed(Api::Status))
}

fn listed(api: Api) -> String {
    let routes = ROUTES.iter().filter(|route| route.api == api);
    let names: Vec<_> = routes.map(|route| format!("{} {}", route.method, route.template)).collect();
    match names.split_last() {
        Some((last, others @ [_, ..])) => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

// The request's URI cannot be used: `lambda_http` adds the API Gateway stage to its path, even if the caller used a
// custom domain without the stage.
/// Path of a request, used to find the route of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoutedPath<'a> {
    // Without API Gateway, the plain path of the request.
    /// The path template that API Gateway matched, without stage or base path.
    Matched(&'a str),
    /// The request's path without the name of the API Gateway stage. API Gateway matched no route but the catch-all
    /// route.
    CaughtAll(&'a str),
}

impl<'a> RoutedPath<'a> {
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

    fn text(self) -> &'a str {
        match self {
            Self::Matched(path) | Self::CaughtAll(path) => path,
        }
    }
}

/// Removes the API Gateway stage, `stage`, from the start of `path`. A path without the stage is returned unchanged.
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
            assert_eq!(
                Route::of(&call("POST", template, path)).unwrap().endpoint,
                Endpoint::Predict,
                "{template:?} {path}"
            );
        }
    }

    #[test]
    fn a_path_that_only_the_catch_all_matches_is_not_served() {
        for route in ROUTES {
            for path in [route.template.to_owned(), format!("/v1{}", route.template)] {
                let problem = Route::of(&call(route.method, Some("/{proxy+}"), &path)).unwrap_err();
                assert_eq!((problem.kind.status.as_u16(), problem.kind.code), (404, "not-found"), "{path}");
            }
        }
    }

    #[test]
    fn every_template_leads_to_its_endpoint() {
        for route in ROUTES {
            let request = call(route.method, Some(route.template), "");
            assert_eq!(Route::of(&request).unwrap(), route);
        }
    }

    #[test]
    fn a_head_request_takes_the_route_of_get() {
        assert_eq!(Route::of(&call("HEAD", Some("/model"), "/model")).unwrap().endpoint, Endpoint::Model);
        assert_eq!(Route::of(&call("HEAD", Some("/predict"), "/predict")).unwrap_err().kind.status, 405);
    }

    #[test]
    fn a_part_of_the_path_is_found_behind_any_base_path() {
        let template = "/v2/models/{model}/versions/{version}/infer";
        for (matched, path) in [
            (Some(template), "/v2/models/iris/versions/7/infer"),
            (Some(template), "/some/base/v2/models/iris/versions/7/infer"),
            (None, "/v1/v2/models/iris/versions/7/infer"),
        ] {
            let request = call("POST", matched, path);
            let route = Route::of(&request).unwrap();
            assert_eq!((route.template, route.endpoint), (template, Endpoint::Infer));
            assert_eq!((route.part(&request, "model"), route.part(&request, "version")), (Some("iris"), Some("7")));
        }
        assert_eq!(Route::of(&call("POST", None, "/v2/models//infer")).unwrap_err().kind.status, 404);
    }

    #[test]
    fn an_unknown_path_is_not_found() {
        for path in ["", "/", "/predictions", "/v1", "/v2/predict", "/runs/", "/runs/a/b", "predict", "//predict"] {
            assert_eq!(Route::of(&call("GET", Some("/{proxy+}"), path)).unwrap_err().kind.status, 404, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_answered_with_the_allowed_one() {
        for (template, path, method, allow) in
            [(Some("/{proxy+}"), "/v1/predict", "GET", "POST"), (None, "/health", "DELETE", "GET, HEAD")]
        {
            let problem = Route::of(&call(method, template, path)).unwrap_err();
            assert_eq!(problem.kind.status, 405);
            assert_eq!(problem.allow.as_deref(), Some(allow));
        }
    }

    #[test]
    fn a_404_lists_all_routes() {
        insta::assert_snapshot!(summary(), @"POST /predict, GET /model, GET /version, POST /invocations, GET /ping, GET /v2, GET /v2/health/live, GET /v2/health/ready, GET /v2/models/{model}, GET /v2/models/{model}/ready, POST /v2/models/{model}/infer, GET /v2/models/{model}/versions/{version}, GET /v2/models/{model}/versions/{version}/ready, POST /v2/models/{model}/versions/{version}/infer or POST /endpoints/{endpoint}/invocations of the prediction API; GET /health of the status API");
    }
}
