//! Which endpoint a call is for.

use crate::gateway::ProxyRequest;
use crate::problem::Problem;

/// What can be called.
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
    /// The endpoint of a call, when its path and method are those of one.
    ///
    /// # Errors
    /// A 404 or 405 [`Problem`].
    pub fn of(request: &ProxyRequest) -> Result<Self, Problem> {
        let endpoint = Self::at(place(request)).ok_or_else(Problem::not_found)?;
        if request.http_method == endpoint.method() {
            Ok(endpoint)
        } else {
            Err(Problem::method_not_allowed(endpoint.method()))
        }
    }

    /// The one method that it takes.
    pub fn method(self) -> &'static str {
        match self {
            Self::Predict => "POST",
            Self::Model | Self::Runs | Self::Run | Self::Health => "GET",
        }
    }

    /// Its path as a template, for the log.
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

/// The last segment of the path: the `{id}` of a template that ends with one.
pub fn last_segment(request: &ProxyRequest) -> &str {
    let path = request.path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or_default()
}

/// Where the call goes: the template that the gateway matched, which no stage or base path precedes; else, behind a
/// catch-all or without a gateway, the path without its stage.
fn place(request: &ProxyRequest) -> &str {
    if let Some(resource) = request.resource.as_deref().filter(|resource| !resource.contains("{proxy+}")) {
        return resource;
    }
    let path = request.path.as_str();
    let stage = request.request_context.stage.as_deref().unwrap_or_default();
    let staged = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)).filter(|rest| rest.starts_with('/'));
    if stage.is_empty() { path } else { staged.unwrap_or(path) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::RequestContext;

    fn call(method: &str, resource: Option<&str>, path: &str) -> ProxyRequest {
        ProxyRequest {
            http_method: method.into(),
            resource: resource.map(Into::into),
            path: path.into(),
            request_context: RequestContext { stage: Some("v1".into()) },
            ..ProxyRequest::default()
        }
    }

    #[test]
    fn neither_stage_nor_base_path_matter() {
        for (resource, path) in [
            (Some("/predict"), "/predict"),
            (Some("/predict"), "/some/base/predict"),
            (Some("/{proxy+}"), "/v1/predict"),
            (None, "/predict"),
            (None, "/v1/predict"),
        ] {
            assert_eq!(Endpoint::of(&call("POST", resource, path)).unwrap(), Endpoint::Predict, "{resource:?} {path}");
        }
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
        let problem = Endpoint::of(&call("GET", Some("/predict"), "/predict")).unwrap_err();
        assert_eq!((problem.kind.status, problem.allow), (405, Some("POST")));
        let problem = Endpoint::of(&call("DELETE", None, "/runs/manual-1")).unwrap_err();
        assert_eq!((problem.kind.status, problem.allow), (405, Some("GET")));
    }

    #[test]
    fn the_last_segment_is_a_runs_identity() {
        assert_eq!(last_segment(&call("GET", Some("/runs/{id}"), "/v1/runs/manual-1")), "manual-1");
    }
}
