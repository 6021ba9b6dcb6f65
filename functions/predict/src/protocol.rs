//! The protocols of the prediction API, and the form of their errors. Every protocol has the same faults.

use evergreen_http::{JsonResponse, Problem};
use lambda_http::http::header::{HeaderName, HeaderValue};
use lambda_http::{Request, RequestExt};
use serde::Serialize;

/// How a client asks and is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Evergreen's own routes. Errors are problem details (RFC 9457).
    Evergreen,
    /// MLflow's scoring server.
    Mlflow,
    /// The Open Inference Protocol, version 2, of KServe and Triton.
    Inference,
    /// `InvokeEndpoint` of Amazon SageMaker.
    SageMaker,
}

#[derive(Serialize)]
struct MlflowError<'a> {
    error_code: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct InferenceError<'a> {
    error: &'a str,
}

#[derive(Serialize)]
struct SageMakerError<'a> {
    #[serde(rename = "Code")]
    code: &'static str,
    message: &'a str,
}

impl Protocol {
    /// Returns the protocol of a request whose path belongs to no route.
    pub fn of_path(request: &Request) -> Self {
        let path = request.raw_http_path();
        let is_in = |name: &str| path.split('/').any(|part| part == name);
        match () {
            () if is_in("v2") => Self::Inference,
            () if is_in("endpoints") => Self::SageMaker,
            () if is_in("invocations") || is_in("ping") => Self::Mlflow,
            () => Self::Evergreen,
        }
    }

    /// Returns the error response about a problem, in the protocol's own form.
    pub fn refuse(self, problem: Problem) -> JsonResponse {
        if self == Self::Evergreen {
            return problem.into();
        }
        let message = sentence(&problem);
        let status = problem.kind.status.as_u16();
        match self {
            Self::Evergreen => problem.into(),
            Self::Mlflow => {
                let error_code = match status {
                    404 | 405 => "ENDPOINT_NOT_FOUND",
                    500 => "INTERNAL_ERROR",
                    503 => "TEMPORARILY_UNAVAILABLE",
                    _ => "BAD_REQUEST",
                };
                problem.answered_as(&MlflowError { error_code, message: &message })
            }
            Self::Inference => problem.answered_as(&InferenceError { error: &message }),
            Self::SageMaker => {
                let code = match status {
                    500 => "InternalFailure",
                    503 => "ServiceUnavailable",
                    _ => "ValidationError",
                };
                let mut response = problem.answered_as(&SageMakerError { code, message: &message });
                let name = HeaderName::from_static("x-amzn-errortype");
                response.0.headers_mut().insert(name, HeaderValue::from_static(code));
                response
            }
        }
    }
}

/// Returns a text that says what is wrong, and what was expected.
fn sentence(problem: &Problem) -> String {
    match &problem.expected {
        Some(expected) => format!("{} Expected: {expected}.", problem.detail),
        None => problem.detail.clone(),
    }
}
