//! The doors of the console: how a request came in, and so what it may do. API Gateway decides, and no header of the
//! caller.
//!
//! The path template that API Gateway matched names the door. `template.yaml` declares the templates: the console API
//! has `/api/{route+}` (signed with AWS credentials) and `/{page+}` (a session). The status API has one template for each
//! reading route, and `/{proxy+}` (a key that may read). The prediction API has `/feedback` (a key that may predict).

use evergreen_lifecycle::{Actor, ActorKind};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

/// Path template of the signed part of the console API.
pub const SIGNED: &str = "/api/{route+}";

/// Path template of the pages of the console API.
pub const PAGES: &str = "/{page+}";

/// Path template of the prediction API that this function answers.
pub const FEEDBACK: &str = "/feedback";

/// The name of the actor on an emulator that does not know the caller.
const UNKNOWN: &str = "unknown caller of the emulator";

/// How a request came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// Through the status API: the caller may read.
    Read,
    /// Through the prediction API: the caller may send feedback.
    Feedback,
    /// Through the signed part of the console API: the caller may read, steer and send feedback.
    Signed(Actor),
    /// Through the pages of the console API: the session decides.
    Page,
    /// Through the signed part of the console API, but API Gateway does not say who signed.
    Nobody,
}

/// Returns the door of a request, and the request's path behind the door, such as `/runs/manual-1`.
pub fn of(request: &Request, is_emulated: bool) -> (Door, String) {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
        return (Door::Nobody, request.raw_http_path().to_owned());
    };
    let template = context.resource_path.as_deref().unwrap_or_default();
    let path = filled(template, request);
    match template {
        SIGNED => {
            let arn = context.identity.user_arn.clone().filter(|arn| !arn.is_empty());
            // The emulator knows only some callers. On AWS, a signed request always has one.
            let name = arn.or_else(|| is_emulated.then(|| UNKNOWN.to_owned()));
            let door = name.map_or(Door::Nobody, |name| Door::Signed(Actor::new(ActorKind::Iam, name)));
            (door, path.strip_prefix("/api").unwrap_or(&path).to_owned())
        }
        PAGES | "/" => (Door::Page, path),
        FEEDBACK => (Door::Feedback, path),
        _ => (Door::Read, path),
    }
}

// The request's URL may have a stage or a base path in front. The template and its parameters have neither.
/// Returns the path template with the values of its parameters.
fn filled(template: &str, request: &Request) -> String {
    let parameters = request.path_parameters_ref();
    let segments = template.split('/').map(|segment| {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        let value = name.and_then(|name| parameters?.first(name.trim_end_matches('+')));
        value.unwrap_or(segment)
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequestContext;

    use super::*;

    fn call(template: &str, parameter: Option<(&str, &str)>, arn: Option<&str>) -> Request {
        let mut context = ApiGatewayProxyRequestContext::default();
        context.resource_path = Some(template.into());
        context.identity.user_arn = arn.map(Into::into);
        let parameters: HashMap<String, Vec<String>> =
            parameter.into_iter().map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).collect();
        Request::default().with_path_parameters(parameters).with_request_context(RequestContext::ApiGatewayV1(context))
    }

    #[test]
    fn a_signed_request_has_the_name_of_its_signer() {
        let request = call(SIGNED, Some(("route", "versions/7/tags/team")), Some("arn:aws:iam::1:user/ada"));
        let ada = Actor::new(ActorKind::Iam, "arn:aws:iam::1:user/ada");
        assert_eq!(of(&request, false), (Door::Signed(ada), "/versions/7/tags/team".into()));
    }

    #[test]
    fn a_signed_request_without_a_signer_gets_in_only_on_an_emulator() {
        let request = call(SIGNED, Some(("route", "runs")), None);
        assert_eq!(of(&request, false).0, Door::Nobody);
        assert!(matches!(of(&request, true).0, Door::Signed(_)));
    }

    #[test]
    fn a_path_of_another_api_opens_no_door() {
        // With the key of the status API, somebody asks for a path of the console API.
        let request = call("/{proxy+}", Some(("proxy", "api/promotions")), None);
        assert_eq!(of(&request, true), (Door::Read, "/api/promotions".into()));
        assert_eq!(of(&call("/{proxy+}", Some(("proxy", "feedback")), None), true).0, Door::Read);
        assert_eq!(of(&call(FEEDBACK, None, None), false), (Door::Feedback, "/feedback".into()));
        assert_eq!(of(&call("/runs/{id}", Some(("id", "a")), None), false), (Door::Read, "/runs/a".into()));
        assert_eq!(of(&call(PAGES, Some(("page", "versions/7")), None), false), (Door::Page, "/versions/7".into()));
        assert_eq!(of(&call("/", None, None), false), (Door::Page, "/".into()));
    }
}
