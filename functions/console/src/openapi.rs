//! The OpenAPI document of the console. It is made from the table of routes, so both name the same paths, parameters and
//! bodies. The schemas of bodies are checked in tests against the types that read them.

mod schemas;

use evergreen_http::RowSchema;
use evergreen_lifecycle::Signature;
use serde_json::{Map, Value, json};

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::route::{JsonRoute, Need, ROUTES};

/// Returns the document. `is_signed`: for the signed part of the console API, otherwise for the status API.
pub async fn document<W: ConsoleWorld>(console: &Console<W>, is_signed: bool) -> Value {
    let signature = present_signature(console).await;
    let prefix = if is_signed { "/api" } else { "" };
    let mut paths = Map::new();
    for route in ROUTES.iter().filter(|route| is_signed || route.need == Need::Reading) {
        let item = paths.entry(format!("{prefix}{}", route.template)).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(route.method.to_ascii_lowercase(), operation(route, is_signed));
        }
    }
    let mut schemas = schemas::all();
    if let (Some(signature), Value::Object(schemas)) = (&signature, &mut schemas) {
        schemas.insert("Row".to_owned(), json!(RowSchema(signature.columns())));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("Registry of {}", console.model()),
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Runs, versions and the champion of one model. The schema Row is the row that POST /predict \
                of the prediction API takes now.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "iam": {
                    "type": "apiKey", "name": "Authorization", "in": "header",
                    "description": "AWS signature (Signature Version 4) for the service execute-api.",
                },
                "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            },
        },
    })
}

/// Returns the signature of the champion. `None` if there is no champion, or its manifest cannot be read.
async fn present_signature<W: ConsoleWorld>(console: &Console<W>) -> Option<Signature> {
    let pointer = console.pointer().await.ok()??;
    let champion = pointer.champion()?;
    Some(console.manifest(&champion.version).await.ok()?.signature)
}

fn operation(route: &JsonRoute, is_signed: bool) -> Value {
    let mut operation = json!({
        "operationId": format!("{:?}", route.endpoint),
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route),
        "security": [if is_signed { json!({"iam": []}) } else { json!({"key": []}) }],
    });
    if let (Some(schema), Value::Object(operation)) = (route.body, &mut operation) {
        let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
        operation.insert(
            "requestBody".to_owned(),
            json!({
                "required": !schemas::MAY_BE_EMPTY.contains(&route.body.unwrap_or_default()),
                "content": {"application/json": {"schema": schema}},
            }),
        );
    }
    operation
}

fn parameters(route: &JsonRoute) -> Value {
    let path = route.parameters().map(|name| parameter(name, "path", schemas::of_path(name)));
    let query = route.query.iter().map(|name| parameter(name, "query", schemas::of_query(name)));
    let headers = (route.need == Need::Steering).then(|| {
        [("idempotency-key", schemas::key()), ("if-match", schemas::revision())]
            .map(|(name, schema)| parameter(name, "header", schema))
    });
    path.chain(query).chain(headers.into_iter().flatten()).collect()
}

fn parameter(name: &str, place: &str, schema: Value) -> Value {
    let is_required = place == "path" || name == "versions";
    json!({"name": name, "in": place, "required": is_required, "schema": schema})
}

fn responses(route: &JsonRoute) -> Value {
    let body =
        |schema: &str, media: &str| json!({media: {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    let success = if schemas::ACCEPTED.contains(&route.endpoint) { "202" } else { "200" };
    let mut responses = Map::new();
    responses.insert(
        success.to_owned(),
        json!({"description": "The answer.", "content": body("Answer", "application/json")}),
    );
    let mut statuses: Vec<u16> = problem::KINDS.iter().map(|kind| kind.status.as_u16()).collect();
    statuses.extend([400, 403, 404, 429, 500, 503]);
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let described = json!({
            "description": "The request was refused, or could not be answered.",
            "content": body("Problem", "application/problem+json"),
        });
        responses.insert(status.to_string(), described);
    }
    Value::Object(responses)
}
