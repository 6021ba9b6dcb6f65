//! The JSON Schemas of answers. They name the fields that a caller can rely on; an answer may have more.

use evergreen_lifecycle::Family;
use serde_json::{Map, Value, json};

use crate::route::Operation;

/// Returns the name of the schema of an endpoint's answer.
pub(super) fn schema_of(endpoint: Operation) -> &'static str {
    match endpoint {
        Operation::Runs => "RunPage",
        Operation::Run => "Run",
        Operation::Versions => "VersionPage",
        Operation::Version => "WholeVersion",
        Operation::Manifest => "Manifest",
        Operation::Artifact => "ArtifactLink",
        Operation::Verifications => "VerificationList",
        Operation::Champion => "PresentChampion",
        Operation::Champions => "ChampionList",
        Operation::Aliases => "AliasList",
        Operation::Compare => "Comparison",
        Operation::Schedule => "Schedule",
        Operation::Audit => "AuditPage",
        Operation::Alarms => "AlarmList",
        Operation::Drift => "Drift",
        Operation::Live => "Live",
        Operation::Rollout => "RolloutAnswer",
        Operation::Cost => "MonthCost",
        Operation::Train | Operation::Verify | Operation::Rebuild | Operation::ImportHistory | Operation::Retain => {
            "Accepted"
        }
        Operation::Promote | Operation::RollBack => "Promoted",
        Operation::SetTag | Operation::RemoveTag | Operation::WriteNote => "Annotated",
        Operation::DeleteVersion => "Deleted",
        Operation::MakeLink => "OpeningLink",
        Operation::EndSessions => "EndedSessions",
        Operation::OpenApi => "Document",
        Operation::Feedback => "CountedFeedback",
        _ => "Changed",
    }
}

/// Returns the schemas of all answers by name.
pub(super) fn all() -> Map<String, Value> {
    let mut all = Map::new();
    for schemas in [
        runs(),
        versions(),
        champions(),
        comparison(),
        schedule(),
        audit(),
        drift(),
        live(),
        rollout(),
        cost(),
        changes(),
        feedback(),
    ] {
        if let Value::Object(schemas) = schemas {
            all.extend(schemas);
        }
    }
    all
}

fn runs() -> Value {
    let run = json!({
        "id": text(), "status": {"enum": ["RUNNING", "LOST", "SUCCEEDED", "REJECTED", "FAILED", "UNREADABLE"]},
        "trigger": {"type": ["object", "null"]}, "started_at": maybe(time()), "finished_at": maybe(time()),
        "version": maybe(number()), "reason": maybe(text()), "parameters": {"type": ["object", "null"]},
        "search": {"type": ["object", "null"]}, "metrics": {"type": ["object", "null"]}, "warnings": list(text()),
    });
    json!({"Run": object(run), "RunPage": page("runs", to("Run"))})
}

fn versions() -> Value {
    let family = json!({"enum": Family::ALL.map(Family::name)});
    let metrics = json!({"type": "object", "additionalProperties": {"type": "number"}});
    let listed = json!({
        "number": number(), "run_id": text(), "trained_at": time(), "family": family, "promoted": flag(),
        "reason": text(), "primary_metric": text(), "metrics": metrics, "training_score": {"type": "number"},
        "dataset": text(), "rows": count(), "size": count(), "code_version": text(), "aliases": list(text()),
        "champion": flag(),
    });
    let artifact = object(json!({"key": text(), "sha256": digest(), "size": count()}));
    let version = json!({
        "number": number(), "run_id": text(), "artifact": artifact, "manifest_key": text(), "trained_at": time(),
        "code_version": text(), "dataset": {"type": "object"}, "seed": count(), "family": family,
        "parameters": {"type": "object"}, "training_score": {"type": "number"}, "evaluation": {"type": "object"},
        "decision": {"type": "object"},
    });
    let whole = json!({
        "version": to("Version"), "reason": text(), "impact": maybe(text()), "aliases": list(text()),
        "annotations": to("Annotations"), "champion": flag(),
    });
    let manifest = json!({"model": text(), "version": to("Version"), "signature": {"type": "object"}});
    let link = json!({
        "url": {"type": "string", "format": "uri"}, "expires_at": time(), "sha256": digest(), "size": count(),
    });
    json!({
        "ListedVersion": object(listed), "VersionPage": page("versions", to("ListedVersion")),
        "Version": object(version), "WholeVersion": object(whole), "Manifest": object(manifest),
        "ArtifactLink": object(link),
        "VerificationList": object(json!({"verifications": list(json!({"type": "object"}))})),
        "Annotations": object(json!({"revision": count(), "tags": {"type": "object", "additionalProperties": text()}})),
    })
}

fn champions() -> Value {
    let champion = json!({
        "number": number(), "revision": count(), "promoted_at": maybe(time()), "previous": maybe(number()),
        "reason": maybe(text()), "version": maybe(to("Version")), "unreadable": maybe(text()),
    });
    let alias = json!({"name": text(), "version": number(), "revision": count(), "set_at": time()});
    let unreadable = object(json!({"unreadable": text()}));
    json!({
        "Champion": object(champion), "Alias": object(alias),
        "PresentChampion": object(json!({"champion": maybe(to("Champion"))})),
        "ChampionList": object(json!({"champions": list(json!({"anyOf": [to("Champion"), unreadable]}))})),
        "AliasList": object(json!({"aliases": list(to("Alias"))})),
    })
}

fn comparison() -> Value {
    let metric_values = list(json!({"type": ["number", "null"]}));
    let metric = json!({"name": text(), "values": metric_values, "differences": metric_values});
    let test = json!({
        "challenger": number(), "champion": number(), "reason": text(), "impact": maybe(text()),
        "decision": {"type": "object"},
    });
    let comparison = json!({
        "versions": list(number()), "differing": list(to("ComparedRow")), "equal": list(text()),
        "metrics": list(object(metric)), "tests": list(object(test)), "signature": list(to("ComparedRow")),
    });
    let row = json!({"name": text(), "values": {"type": "array"}});
    json!({"Comparison": object(comparison), "ComparedRow": object(row)})
}

fn schedule() -> Value {
    let run = json!({
        "id": text(), "scheduled_at": maybe(time()), "status": text(), "in_time": {"type": ["boolean", "null"]},
    });
    let schedule = json!({
        "expression": maybe(text()), "zone": text(), "is_enabled": flag(), "changed_at": maybe(time()),
        "next_times": list(time()), "deadline_minutes": count(), "last_runs": list(object(run)),
        "unreadable": maybe(text()),
    });
    json!({"Schedule": object(schedule)})
}

fn audit() -> Value {
    let named = json!({"kind": {"enum": ["iam", "session", "stack", "mail"]}, "name": text()});
    // Only a session has a link.
    let actor = object_with(named, json!({"link_by": text()}));
    let entry = json!({"id": text(), "at": time(), "actor": actor, "action": text(), "subject": text()});
    let alarm = json!({
        "name": text(), "state": {"enum": ["ok", "alarm", "insufficient_data"]}, "description": text(),
        "reason": text(), "since": maybe(time()), "muted_until": maybe(time()),
    });
    json!({
        "AuditEntry": object(entry),
        "AuditPage": object(json!({"entries": list(to("AuditEntry")), "next": maybe(text())})),
        "AlarmList": object(json!({"alarms": list(object(alarm))})),
    })
}

fn rollout() -> Value {
    let next = object(json!({"step": {"enum": ["hold", "advance", "roll_back", "promote"]}, "reason": text()}));
    let stage = object(json!({"stage": count(), "percent": count(), "counts": {"type": "object"}}));
    let difference = || maybe(json!({"type": "number"}));
    let losses = object(json!({
        "rows": count(), "difference": difference(), "least": difference(), "most": difference(),
    }));
    let rollout = json!({
        "id": text(), "revision": count(), "champion": number(), "challenger": number(),
        "state": {"enum": ["running", "promoted", "rolled_back", "stopped"]}, "stage": count(), "percent": count(),
        "steps": list(count()), "stage_minutes": count(), "started_at": time(), "stage_since": time(),
        "ended_at": maybe(time()), "reason": maybe(text()), "started_by": {"type": ["object", "null"]},
        "replaced": maybe(number()), "next": maybe(next), "stages": list(stage), "losses": losses,
    });
    json!({"RolloutAnswer": object(json!({"rollout": maybe(object(rollout))}))})
}

fn drift() -> Value {
    let comparison = json!({
        "length": {"enum": ["hour", "day", "week", "four_weeks"]}, "from": maybe(time()), "until": maybe(time()),
        "version": number(), "is_drifted": flag(), "drifted": count(), "rows": count(), "refused": count(),
        "columns": list(json!({"type": "object"})), "sentence": text(),
    });
    let skew = json!({
        "version": number(), "release": text(), "rows": count(), "differing": count(), "largest": {"type": "number"},
        "sentence": text(),
    });
    let reaction = json!({
        "at": time(), "cause": {"enum": ["drift", "live_accuracy"]}, "reaction": {"enum": ["retrain", "rollback"]},
        "version": number(), "run": maybe(text()), "to": maybe(number()), "sentence": text(),
    });
    let drift = json!({
        "judged_until": maybe(time()), "rows": count(), "drifted": count(), "sentence": maybe(text()),
        "comparisons": list(object(comparison)), "reactions": list(object(reaction)), "skew": maybe(object(skew)),
    });
    json!({"Drift": object(drift)})
}

fn live() -> Value {
    let share = || json!({"type": "number", "minimum": 0, "maximum": 1});
    let number_or_null = || maybe(json!({"type": "number"}));
    let interval = || maybe(json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}));
    let day = || json!({"type": "string", "format": "date"});
    let label = json!({
        "name": text(), "label": {"type": "integer", "minimum": 0}, "rows": count(), "right": count(), "interval": interval(),
    });
    let version = json!({
        "version": number(), "hold_out": number_or_null(), "labelled": count(), "score": number_or_null(),
        "interval": interval(), "mean_loss": number_or_null(), "labels": list(object(label)),
    });
    let of_day = json!({
        "day": day(), "version": number(), "labelled": count(), "score": number_or_null(), "interval": interval(),
        "mean_loss": number_or_null(),
    });
    let window = json!({"days": count(), "last": day(), "quality": {"type": "object"}, "sentence": text()});
    let live = json!({
        "judged": maybe(day()), "version": maybe(number()), "is_worse": flag(), "estimate": maybe(share()),
        "sentence": maybe(text()), "windows": list(object(window)), "versions": list(object(version)),
        "days": list(object(of_day)),
    });
    json!({"Live": object(live)})
}

fn feedback() -> Value {
    let refused = json!({
        "index": count(), "field": {"enum": ["feedback", "id", "actual", "row"]}, "detail": text(), "expected": text(),
    });
    let rows = object(json!({"kept": count(), "not_kept": count(), "why": maybe(text())}));
    let counted = json!({"counted": count(), "repeated": count(), "refused": list(object(refused))});
    json!({"CountedFeedback": object_with(counted, json!({"rows": rows}))})
}

fn cost() -> Value {
    let dollars = json!({"type": "number", "minimum": 0});
    let cost = json!({
        "from": time(), "until": time(), "so_far": dollars, "expected": maybe(dollars.clone()), "has_usage": flag(),
        "parts": list(object(json!({"name": text(), "dollars": dollars}))), "source": text(),
    });
    json!({"MonthCost": object(cost)})
}

fn changes() -> Value {
    let accepted = json!({"run_id": maybe(text()), "request": maybe(text())});
    let promoted = json!({"promoted": number(), "replaced": maybe(number()), "revision": count(), "duplicate": flag()});
    let link = json!({
        "path": text(), "url": maybe(text()), "usable_until": time(), "right": {"enum": ["see", "steer"]},
        "name": text(), "hours": count(), "audit": to("AuditEntry"),
    });
    // Nothing is written if the version is the champion already.
    let promoted = with(json!({"audit": maybe(to("AuditEntry")), "repeated": flag()}), promoted);
    json!({
        "Changed": changed(json!({})), "Accepted": changed(accepted), "Promoted": object(promoted),
        "Annotated": changed(json!({})),
        "Deleted": changed(json!({"deleted": number(), "objects_removed": flag()})),
        "OpeningLink": object(link),
        "EndedSessions": object(json!({"ended": count(), "audit": to("AuditEntry")})),
        "Document": object(json!({"openapi": text(), "info": {"type": "object"}, "paths": {"type": "object"}})),
    })
}

/// Returns the schema of the answer to a change: its audit entry, and `properties`.
fn changed(properties: Value) -> Value {
    object(with(json!({"audit": to("AuditEntry"), "repeated": flag()}), properties))
}

fn with(mut all: Value, more: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
        all.extend(more);
    }
    all
}

fn page(name: &str, entry: Value) -> Value {
    let (next, previous) = (maybe(text()), maybe(text()));
    object(json!({
        name: list(entry), "next": next, "previous": previous, "searched": count(), "truncated": flag(),
    }))
}

/// Returns the schema of an object that has all these properties, and maybe more.
fn object(properties: Value) -> Value {
    object_with(properties, json!({}))
}

/// Returns the schema of an object that has all `required` properties, and maybe those of `optional`.
fn object_with(required: Value, optional: Value) -> Value {
    let fields = |properties: Value| if let Value::Object(fields) = properties { fields } else { Map::new() };
    let mut properties = fields(required);
    let names: Vec<String> = properties.keys().cloned().collect();
    properties.extend(fields(optional));
    json!({"type": "object", "required": names, "properties": properties})
}

fn to(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn maybe(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn digest() -> Value {
    json!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn number() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": u32::MAX})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::ROUTES;

    #[test]
    fn every_answer_of_a_route_has_a_schema() {
        let schemas = all();
        for route in ROUTES {
            assert!(schemas.contains_key(schema_of(route.endpoint)), "{:?}", route.endpoint);
        }
    }

    #[test]
    fn every_reference_names_a_schema() {
        let schemas = all();
        let written = Value::Object(schemas.clone()).to_string();
        for part in written.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
