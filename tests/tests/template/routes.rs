//! Tests the template's HTTP APIs: each permission has its own API, and the paths that need no key have request limits.

use std::collections::BTreeSet;

use evergreen_console::door;
use evergreen_console::route::{Need, ROUTES as CONSOLE};
use evergreen_predict::route::{Api, ROUTES};
use serde_json::{Value, json};

use crate::document::{Template, file, list, written};

const APIS: [(&str, &str); 2] = [("PredictionApi", "predict"), ("StatusApi", "read")];
/// All HTTP APIs. Pages of the console API ask for a session, and its signed part for a signature.
const ALL: [&str; 3] = ["PredictionApi", "StatusApi", "ConsoleApi"];
/// The functions that answer requests.
const FUNCTIONS: [&str; 2] = ["PredictFunction", "ConsoleFunction"];
/// Paths of the HTTP APIs that need no API key.
const OPEN: [&str; 1] = ["/health"];

#[test]
fn every_method_asks_for_the_right_of_its_api_whatever_the_authorization() {
    let template = Template::read();
    for (api, right) in APIS {
        let by_key = json!([{"key": []}]);
        let by_token = json!([{"jwt": [{"Fn::Sub": format!("${{AWS::StackName}}/{right}")}]}]);
        let by_signature = json!([{"iam": []}]);
        let other = json!({"Fn::If": ["AsksForToken", by_token, by_key]});
        let wanted = json!({"Fn::If": ["AsksForSignature", by_signature, other]});
        for (path, method, operation) in operations(&template, api) {
            let is_open = OPEN.contains(&path.as_str()) || is_preflight(&operation);
            let expected = if is_open { json!([]) } else { wanted.clone() };
            assert_eq!(operation["security"], expected, "{api} {method} {path}");
        }
    }
}

#[test]
fn the_schemes_are_those_that_the_methods_name() {
    let template = Template::read();
    for (api, _) in APIS {
        let schemes = &template.resource(api)["DefinitionBody"]["components"]["securitySchemes"]["Fn::If"];
        assert_eq!(schemes[0], "AsksForSignature");
        assert_eq!(schemes[1]["iam"]["x-amazon-apigateway-authtype"], "awsSigv4");
        let others = &schemes[2]["Fn::If"];
        let authorizer = &others[1]["jwt"]["x-amazon-apigateway-authorizer"];
        assert_eq!(authorizer["providerARNs"], json!([{"Ref": "UserPoolArn"}]));
        assert_eq!(others[2]["key"], json!({"type": "apiKey", "name": "x-api-key", "in": "header"}));
    }
}

#[test]
fn a_function_is_called_for_every_method_and_no_other() {
    let template = Template::read();
    let called: BTreeSet<_> = FUNCTIONS.into_iter().flat_map(|function| called(&template, function)).collect();
    let offered: BTreeSet<_> = ALL
        .into_iter()
        .flat_map(|api| operations(&template, api).into_iter().map(move |it| (api, it)))
        .filter(|(_, (.., operation))| !is_preflight(operation))
        .map(|(api, (path, method, _))| [api.to_owned(), path, method])
        .collect();
    assert_eq!(called, offered);
}

#[test]
fn the_template_and_the_functions_have_the_same_routes() {
    let template = Template::read();
    let offered: BTreeSet<_> = APIS
        .into_iter()
        .flat_map(|(api, _)| operations(&template, api).into_iter().map(move |(path, method, _)| (api, method, path)))
        .filter(|(_, method, _)| method != "ANY" && method != "OPTIONS")
        .collect();
    let expected = ROUTES.iter().flat_map(|route| {
        let api = match route.api {
            Api::Prediction => "PredictionApi",
            Api::Status => "StatusApi",
        };
        let methods = if route.method == "GET" { vec!["GET", "HEAD"] } else { vec![route.method] };
        methods.into_iter().map(move |method| (api, method.to_owned(), route.template.to_owned()))
    });
    let reading = CONSOLE.iter().filter(|route| route.need == Need::Reading);
    let reading = reading.map(|route| ("StatusApi", route.method.to_owned(), route.template.to_owned()));
    let predicting = CONSOLE.iter().filter(|route| route.need == Need::Predicting);
    let predicting = predicting.map(|route| ("PredictionApi", route.method.to_owned(), route.template.to_owned()));
    assert_eq!(offered, expected.chain(reading).chain(predicting).collect());
}

#[test]
fn the_readme_lists_the_routes_of_each_api() {
    let readme = file("README.md");
    for (api, title) in [(Api::Prediction, "| The prediction API,"), (Api::Status, "| The status API,")] {
        let (_, table) = readme.split_once(title).expect("the README has a table for each API");
        let cells = table.lines().skip(2).map_while(|line| line.strip_prefix("| ")?.split(" | ").next());
        // An example of the query may follow a path in the README.
        let listed: Vec<_> = cells
            .flat_map(|cell| cell.split(", "))
            .map(|route| route.trim_matches('`').split('?').next().unwrap_or_default())
            .collect();
        let text = |method: &str, template: &str| format!("{method} {template}");
        let of_console = |need| {
            let routes = CONSOLE.iter().filter(move |route| route.need == need);
            routes.map(|route| text(route.method, route.template)).collect::<Vec<_>>()
        };
        let own = ROUTES.iter().filter(|route| route.api == api).map(|route| text(route.method, route.template));
        let expected = match api {
            Api::Prediction => own.chain(of_console(Need::Predicting)).collect(),
            Api::Status => of_console(Need::Reading).into_iter().chain(own).collect::<Vec<_>>(),
        };
        assert_eq!(listed, expected, "{title}");
    }
}

#[test]
fn a_change_of_the_authorization_is_deployed() {
    let globals = Template::read().globals("Api");
    assert_eq!(
        globals["AlwaysDeploy"], true,
        "the text of the body does not change, so SAM would keep the old deployment"
    );
}

#[test]
fn every_method_calls_the_function_that_has_its_event() {
    let template = Template::read();
    for function in FUNCTIONS {
        let called = called(&template, function);
        for api in ALL {
            for (path, method, operation) in operations(&template, api) {
                if is_preflight(&operation) {
                    continue;
                }
                let integration = &operation["x-amazon-apigateway-integration"];
                assert_eq!((&integration["type"], &integration["httpMethod"]), (&json!("aws_proxy"), &json!("POST")));
                // Methods call the predict function by its Lambda alias, so that its code can be rolled out.
                let alias = template.resource(function)["AutoPublishAlias"].as_str().map(|name| format!(":{name}"));
                let called_by = format!("/functions/${{{function}.Arn}}{}/invocations", alias.unwrap_or_default());
                let is_own = written(&integration["uri"]).contains(&called_by);
                assert_eq!(is_own, called.contains(&[api.to_owned(), path.clone(), method.clone()]), "{method} {path}");
            }
        }
    }
}

#[test]
fn what_steers_is_signed_whatever_the_authorization() {
    let template = Template::read();
    let securities: BTreeSet<_> = operations(&template, "ConsoleApi")
        .into_iter()
        .map(|(path, _, operation)| (path, operation["security"].to_string()))
        .collect();
    let open = |path: &str| (path.to_owned(), "[]".to_owned());
    let signed = (door::SIGNED.to_owned(), r#"[{"iam":[]}]"#.to_owned());
    assert_eq!(securities, [open("/"), open(door::PAGES), signed].into());
    let schemes = &template.resource("ConsoleApi")["DefinitionBody"]["components"]["securitySchemes"];
    assert_eq!(schemes["iam"]["x-amazon-apigateway-authtype"], "awsSigv4");
    let throttle = list(&template.resource("ConsoleApi")["MethodSettings"])[0];
    assert!(throttle["ThrottlingRateLimit"].as_u64().is_some_and(|rate| rate <= 10), "a stranger may ask seldom");
}

#[test]
fn no_other_api_has_the_path_templates_that_open_the_doors_of_the_console() {
    let template = Template::read();
    for (api, _) in APIS {
        for (path, ..) in operations(&template, api) {
            assert!(![door::SIGNED, door::PAGES, "/"].contains(&path.as_str()), "{api} {path}");
            assert!(path != door::FEEDBACK || api == "PredictionApi", "only the right to predict opens this door");
        }
    }
}

#[test]
fn each_api_has_its_own_key_and_usage_plan() {
    let template = Template::read();
    let mut keys = BTreeSet::new();
    for (_, link) in template.resources("AWS::ApiGateway::UsagePlanKey") {
        let plan = template.resource(&written(&link["UsagePlanId"]));
        let stages: Vec<_> = list(&plan["ApiStages"]).iter().map(|stage| written(&stage["ApiId"])).collect();
        assert_eq!(stages.len(), 1, "a key of two APIs has both rights: {plan}");
        keys.insert((stages[0].clone(), written(&link["KeyId"])));
    }
    let expected = [("PredictionApi", "PredictionApiApiKey"), ("StatusApi", "StatusApiKey")];
    assert_eq!(keys, expected.map(|(api, key)| (api.to_owned(), key.to_owned())).into());
}

#[test]
fn the_open_route_has_its_own_throttle_and_is_not_in_the_prediction_api() {
    let template = Template::read();
    let parameters = template.parameters();
    assert!(parameters["HealthRate"].parse::<f64>().is_ok_and(|rate| rate <= 2.0), "a stranger may ask seldom");
    for (api, _) in APIS {
        let open = operations(&template, api)
            .into_iter()
            .filter(|(.., operation)| operation["security"] == json!([]) && !is_preflight(operation));
        for (path, method, _) in open {
            assert_eq!(api, "StatusApi", "the errors of {path} would be counted as failed predictions");
            let settings = list(&template.resource(api)["MethodSettings"]);
            let own =
                settings.iter().find(|it| it["ResourcePath"] == path.as_str() && it["HttpMethod"] == method.as_str());
            let own = own.unwrap_or_else(|| panic!("{method} {path} has no throttle of its own"));
            assert_eq!(own["ThrottlingRateLimit"], json!({"Ref": "HealthRate"}));
            assert!(own["ThrottlingBurstLimit"].as_u64().is_some_and(|burst| burst <= 20), "{own}");
        }
    }
}

#[test]
fn preflights_are_answered_by_api_gateway_alone_and_only_if_pages_are_allowed() {
    let template = Template::read();
    let proxy = &template.resource("PredictionApi")["DefinitionBody"]["paths"]["/{proxy+}"]["options"]["Fn::If"];
    assert_eq!((&proxy[0], &proxy[2]), (&json!("AllowsPages"), &json!({"Ref": "AWS::NoValue"})));
    let integration = &proxy[1]["x-amazon-apigateway-integration"];
    assert_eq!(integration["type"], "mock", "a stranger must not start a function");
    let told = integration["responses"]["default"]["responseParameters"].as_object().expect("headers");
    let headers = proxy[1]["responses"]["200"]["headers"].as_object().expect("API Gateway wants them declared");
    assert_eq!(told.len(), headers.len());
    assert!(told.keys().all(|name| headers.contains_key(name.trim_start_matches("method.response.header."))));
    assert_eq!(template.parameters()["CorsOrigin"], "");
}

#[test]
fn errors_of_the_gateway_are_read_by_the_clients_of_every_protocol() {
    let responses = Template::read().globals("Api")["GatewayResponses"].clone();
    for (kind, response) in responses.as_object().expect("responses by kind") {
        let body = response["ResponseTemplates"]["application/json"].as_str().expect("a body");
        let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(body["message"].is_string() && body["message"] == body["error"], "{kind}: {body}");
        let headers = &response["ResponseParameters"]["Headers"];
        assert_eq!(headers["Access-Control-Allow-Origin"]["Fn::If"][0], "AllowsPages", "{kind}");
    }
}

#[test]
fn the_alarm_of_failed_predictions_watches_the_prediction_api_and_outlasts_two_errors() {
    let template = Template::read();
    let alarm = template.resource("PredictionErrorsAlarm");
    assert_eq!(list(&alarm["Dimensions"])[0]["Value"], template.resource("PredictionApi")["Name"]);
    assert_eq!((&alarm["DatapointsToAlarm"], &alarm["EvaluationPeriods"]), (&json!(3), &json!(7)));
    assert_eq!(alarm["TreatMissingData"], "notBreaching", "a stack without traffic has no errors");
}

#[test]
fn each_api_traces_one_request_in_a_hundred_and_the_console_none() {
    let template = Template::read();
    let rules = template.resources("AWS::XRay::SamplingRule").into_iter().map(|(_, rule)| &rule["SamplingRule"]);
    let traced: BTreeSet<_> = rules
        .map(|rule| {
            let api = template.resolve(&rule["ServiceName"]);
            // The path of a link has its token.
            let rate = if api.ends_with("-console/v1") { json!(0) } else { json!(0.01) };
            assert_eq!((&rule["FixedRate"], &rule["ReservoirSize"]), (&rate, &json!(0)), "{api}");
            api
        })
        .collect();
    let apis = ALL.map(|api| format!("{}/v1", template.resolve(&template.resource(api)["Name"])));
    assert_eq!(traced, apis.into());
}

#[test]
fn access_logs_hold_no_address_agent_or_key() {
    let template = Template::read();
    for api in ALL {
        let setting = &template.resource(api)["AccessLogSetting"]["Fn::If"];
        assert_eq!((&setting[0], &setting[2]), (&json!("LogsAccess"), &json!({"Ref": "AWS::NoValue"})), "{api}");
        let format = setting[1]["Format"].as_str().expect("a format");
        let line: Value = serde_json::from_str(format).unwrap_or_else(|error| panic!("no JSON: {error}: {format}"));
        let told: BTreeSet<_> = line.as_object().expect("an object").values().filter_map(Value::as_str).collect();
        let allowed = [
            "$context.requestId",
            "$context.requestTimeEpoch",
            "$context.httpMethod",
            "$context.resourcePath",
            "$context.status",
            "$context.error.responseType",
            "$context.identity.apiKeyId",
            "$context.responseLatency",
        ];
        assert_eq!(told, allowed.into());
    }
}

#[test]
fn no_api_takes_an_old_version_of_tls() {
    let template = Template::read();
    for (id, api) in template.resources("AWS::Serverless::Api") {
        let policy = api["SecurityPolicy"].as_str().unwrap_or("none");
        assert!(policy.starts_with("SecurityPolicy_TLS13_1_2_PFS_"), "{id}: {policy}");
        assert_eq!(api["EndpointAccessMode"], "BASIC", "{id}: a policy of this kind needs a mode");
    }
}

/// Returns the API, path and method of each event of API Gateway that calls a function.
fn called(template: &Template, function: &str) -> BTreeSet<[String; 3]> {
    let events = template.resource(function)["Events"].as_object().expect("the function has events");
    let events = events.values().map(|event| &event["Properties"]);
    events.map(|event| ["RestApiId", "Path", "Method"].map(|name| written(&event[name]))).collect()
}

/// Returns the operations of an HTTP API in the template.
fn operations(template: &Template, api: &str) -> Vec<(String, String, Value)> {
    // Each operation has a path, a method in capitals, and a definition.
    let paths = template.resource(api)["DefinitionBody"]["paths"].as_object().expect("an API has paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path has methods") {
            let method = if method.starts_with("x-amazon") { "ANY".to_owned() } else { method.to_uppercase() };
            // The preflight of a web page is there only with a condition.
            let operation = operation.get("Fn::If").map_or(operation, |choice| &choice[1]);
            operations.push((path.clone(), method, operation.clone()));
        }
    }
    operations
}

/// Returns whether API Gateway answers an operation alone, which it does for the preflights of web pages.
fn is_preflight(operation: &Value) -> bool {
    operation["x-amazon-apigateway-integration"]["type"] == "mock"
}
