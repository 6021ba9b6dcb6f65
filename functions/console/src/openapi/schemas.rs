//! The JSON Schemas of parameters, bodies and errors.

use evergreen_lifecycle::Family;
use evergreen_lifecycle::listing::MAX_PAGE;
use serde_json::{Value, json};

use crate::feedback::MAX_ENTRIES;
use crate::route::Operation;

/// Bodies that may be left out.
pub(super) const MAY_BE_EMPTY: [&str; 2] = ["Training", "OptionalReason"];

/// Operations whose work begins only after the answer.
pub(super) const ACCEPTED: [Operation; 5] =
    [Operation::Train, Operation::Verify, Operation::Rebuild, Operation::ImportHistory, Operation::Retain];

// A line break and a tab are allowed, other control characters are not.
/// Pattern of one character of a text.
const CHARACTER: &str = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]";

/// Pattern of one character of a text that is not a space.
const VISIBLE: &str = r"[^\x00-\x1f\x7f-\x9f\s]";

/// Returns the schemas of all bodies and of errors by name.
pub(super) fn all() -> Value {
    let reason =
        json!({"type": "string", "minLength": 3, "maxLength": 1000, "pattern": format!("^{}$", three_visible())});
    let number = json!({"type": "integer", "minimum": 1, "maximum": u32::MAX});
    let seen = json!({"type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX});
    // Spaces alone count as no reason.
    let optional = json!({
        "type": ["string", "null"], "maxLength": 1000, "pattern": format!(r"^([ \t\r\n]*|{})$", three_visible()),
    });
    let families = Family::ALL.map(Family::name);
    json!({
        "Training": object(&[], json!({
            "seed": {"type": ["integer", "null"], "minimum": 0, "maximum": i64::MAX},
            "family": {"enum": families.iter().map(|name| json!(name)).chain([Value::Null]).collect::<Vec<_>>()},
            "hyperparameters": {"type": ["object", "null"]},
            "note": {"type": ["string", "null"], "maxLength": 1000, "pattern": plain()},
        })),
        "Promotion": object(&["version", "reason"], json!({"version": number, "reason": reason, "seen_revision": seen})),
        "Rollout": object(&["version", "reason"], json!({"version": number, "reason": reason})),
        "Rollback": object(&["reason"], json!({"reason": reason, "seen_revision": seen})),
        "AliasTarget": object(&["version"], json!({"version": number, "seen_revision": seen, "reason": optional})),
        "TagValue": object(&["value"], json!({"value": {"type": "string", "maxLength": 256, "pattern": plain()}})),
        "Note": object(&["text"], json!({"text": {"type": "string", "maxLength": 10_000, "pattern": plain()}})),
        "Deletion": object(&["reason"], json!({"reason": reason, "seen_revision": seen})),
        "Retention": object(&["reason", "keep"], json!({
            "reason": reason,
            "keep": number,
            "champion_days": {"type": ["integer", "null"], "minimum": 0, "maximum": u16::MAX},
            "dry_run": {"type": "boolean"},
        })),
        "Transfer": object(&["reason", "stack", "model", "versions", "seal"], json!({
            "reason": reason,
            "stack": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z][A-Za-z0-9-]*$"},
            "model": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"},
            "versions": {"type": "integer", "minimum": 0, "maximum": u32::MAX},
            "seal": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        })),
        "Reason": object(&["reason"], json!({"reason": reason})),
        "OptionalReason": object(&[], json!({"reason": optional})),
        "MuteUntil": object(&["until", "reason"], json!({
            "until": {"type": "string", "format": "date-time"}, "reason": reason,
        })),
        "Link": object(&["right"], json!({
            "right": {"enum": ["see", "steer"]},
            "name": {"type": ["string", "null"], "maxLength": 100, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"},
            "hours": {"type": ["integer", "null"], "minimum": 1, "maximum": 24},
        })),
        "Feedback": feedback(),
        "Problem": {
            "type": "object",
            "description": "An error (RFC 9457).",
            "required": ["type", "title", "status"],
            "properties": {
                "type": {"type": "string", "pattern": "^urn:evergreen:problem:[a-z-]+$"},
                "title": {"type": "string"},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": {"type": "string"},
                "field": {"type": "string"},
                "expected": {"type": "string"},
            },
        },
    })
}

/// Returns the schema of feedback: a list of elements, or a single one.
fn feedback() -> Value {
    let fields = json!({
        "id": {"type": "string", "description": "An element of \"ids\", as POST /predict answered it."},
        "actual": {
            "type": ["string", "number", "boolean"],
            "description": "The true label as it is in the data set, or the true number.",
        },
        "row": {
            "type": ["object", "null"],
            "description": "The row, as POST /predict takes it. It is kept only if the stack has KeepFeedbackRows=true.",
        },
    });
    let element = object(&["id", "actual"], fields);
    let elements = json!({"type": "array", "minItems": 1, "maxItems": MAX_ENTRIES, "items": element});
    json!({"oneOf": [object(&["feedback"], json!({"feedback": elements})), element]})
}

/// Returns the schema of a path parameter.
pub(super) fn of_path(name: &str) -> Value {
    match name {
        "number" => json!({"type": "integer", "minimum": 1, "maximum": u32::MAX, "examples": [1]}),
        "id" => json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"}),
        "tag" => json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
        _ => json!({"type": "string", "pattern": "^[a-z0-9-]{1,40}$"}),
    }
}

/// Returns the schema of a query parameter.
pub(super) fn of_query(endpoint: Operation, name: &str) -> Value {
    match name {
        "limit" => {
            let most = if endpoint == Operation::Versions { MAX_PAGE } else { 100 };
            json!({"type": "integer", "minimum": 1, "maximum": most, "default": 20})
        }
        "status" if endpoint == Operation::Versions => json!({"enum": ["promoted", "refused"]}),
        "status" => json!({"enum": ["running", "lost", "succeeded", "rejected", "failed"]}),
        "from" | "until" | "before" => json!({"type": "string", "format": "date-time"}),
        "family" => json!({"enum": Family::ALL.map(Family::name)}),
        "trigger" => json!({"enum": ["schedule", "manual", "import"]}),
        "versions" => json!({"type": "string", "pattern": "^[1-9][0-9]*(,[1-9][0-9]*){1,9}$", "examples": ["5,7"]}),
        "metric" => json!({"type": "string", "examples": ["roc_auc>=0.9"]}),
        "tag" => json!({"type": "string", "examples": ["team=risk"]}),
        "sort" => json!({"type": "string", "examples": ["-started_at", "-roc_auc"]}),
        _ => json!({"type": "string"}),
    }
}

/// Returns the schema of an idempotency key.
pub(super) fn key() -> Value {
    json!({"type": "string", "pattern": "^[!-~]{1,200}$"})
}

/// Returns the schema of the revision that the caller saw.
pub(super) fn revision() -> Value {
    json!({"type": "string", "pattern": "^(\\*|\"?[0-9]{1,9}\"?)$"})
}

/// Returns the pattern of a text without control characters.
fn plain() -> String {
    format!("^{CHARACTER}*$")
}

/// Returns the pattern of a text that has three characters when the spaces around it are removed.
fn three_visible() -> String {
    format!("{CHARACTER}*{VISIBLE}{CHARACTER}+{VISIBLE}{CHARACTER}*")
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::ROUTES;

    #[test]
    fn every_body_of_a_route_has_a_schema() {
        let schemas = all();
        for route in ROUTES {
            assert!(route.body.is_none_or(|body| schemas.get(body).is_some()), "{:?}", route.body);
        }
    }
}
