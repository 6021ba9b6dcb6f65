//! Tests that the events are as docs/EVENTS.md and the JSON Schemas in docs/events describe them.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use evergreen_lifecycle::drift::{DriftedColumn, TableDriftSummary};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, AuditEntry, AuditedAction, EventKind, LifecycleEvent, VersionNumber,
};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use serde_json::{Value, json};

const START: &str = "2026-11-24T03:00:00Z";

fn document(path: &str) -> String {
    let path = format!("{}/../../docs/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn schema(kind: &str) -> Value {
    serde_json::from_str(&document(&format!("events/{kind}.json"))).expect("a schema is JSON")
}

/// Checks a value against a schema. Understands only the keywords that the schemas use, and fails for any other.
fn check(value: &Value, schema: &Value, at: &str) {
    for (keyword, expected) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" => {}
            "const" => assert_eq!(value, expected, "{at}"),
            "enum" => assert!(expected.as_array().unwrap().contains(value), "{at}: {value}"),
            "type" => assert!(has_type(value, expected), "{at}: {value} is not a {expected}"),
            "format" => assert!(value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{at}: {value}"),
            "minimum" => assert!(value.is_null() || value.as_f64() >= expected.as_f64(), "{at}: {value}"),
            "required" => {
                for field in expected.as_array().unwrap() {
                    assert!(value.get(field.as_str().unwrap()).is_some(), "{at} has no {field}");
                }
            }
            "properties" => {
                for (name, schema) in expected.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(value, schema, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    check(value, expected, &format!("{at}.{name}"));
                }
            }
            other => panic!("{at}: the test does not know the keyword {other}"),
        }
    }
}

fn has_type(value: &Value, expected: &Value) -> bool {
    match expected {
        Value::Array(types) => types.iter().any(|one| has_type(value, one)),
        _ => match expected.as_str().unwrap() {
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            other => panic!("the test does not know the type {other}"),
        },
    }
}

/// Checks an event's detail against the schema of its kind, and that the schema names each of its fields.
fn check_detail(kind: &str, detail: &Value) {
    let schema = schema(kind);
    check(detail, &schema, kind);
    for field in detail.as_object().unwrap().keys() {
        assert!(schema["properties"].get(field).is_some(), "the schema of {kind} does not name {field}");
    }
}

fn entry(action: AuditedAction, reason: Option<&str>) -> AuditEntry {
    AuditEntry {
        id: "a1".into(),
        at: moment(START),
        actor: Actor::new(ActorKind::Iam, "arn:aws:iam::123456789012:user/ada"),
        action,
        subject: "version 7".into(),
        reason: reason.map(String::from),
        details: BTreeMap::from([("from".to_owned(), "5".to_owned())]),
    }
}

/// Returns the names of all actions. The text comes from the error for an unknown name.
fn actions() -> Vec<String> {
    let error = serde_json::from_str::<AuditedAction>("\"?\"").unwrap_err().to_string();
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn drift() -> TableDriftSummary {
    TableDriftSummary {
        version: VersionNumber::FIRST,
        is_drifted: true,
        drifted: 1,
        rows: 150,
        columns: vec![DriftedColumn { name: "age".into(), psi: 0.41 }],
        sentence: "Drift in the new data set (150 rows): age (PSI 0.41).".into(),
    }
}

#[test]
fn only_the_event_of_a_success_tells_how_the_data_set_has_drifted() {
    let (start, version) = (moment(START), version(7, 0.97, moment(START)));
    let run = finished_run("7", start, &version);
    let told = |drift| LifecycleEvent::of_version(&run, &version, drift, start).map(|event| event.table_drift);
    assert_eq!(told(Some(drift())), [Some(drift()), None]);
    assert_eq!(told(None), [None, None]);
}

#[test]
fn the_events_of_a_run_are_as_described() {
    let (start, version) = (moment(START), version(7, 0.97, moment(START)));
    let failed = run("7", start).failed("no such column".into(), Some(moment("2026-11-24T03:03:00Z")), start);
    let by_hand = LifecycleEvent::of_promotion("iris".parse().unwrap(), &champion(version.clone()), "as asked".into());
    let mut events =
        LifecycleEvent::of_version(&finished_run("7", start, &version), &version, Some(drift()), start).to_vec();
    events.extend([LifecycleEvent::of_failure(&failed, start), LifecycleEvent::of_loss(&run("7", start)), by_hand]);
    for event in events {
        let announcement = Announcement::of(&event).unwrap();
        let detail = serde_json::from_str(&announcement.detail).unwrap();
        check_detail(&announcement.kind, &detail);
        // A refusal has the same fields as a promotion by the gate. So has a version that does not serve yet.
        if event.kind == EventKind::ModelPromoted && event.decision.is_some() {
            check_detail(EventKind::ModelRejected.as_str(), &detail);
            check_detail(EventKind::ModelPassed.as_str(), &detail);
        }
    }
}

#[test]
fn the_event_of_every_change_is_as_described() {
    let (model, version) = ("iris".parse().unwrap(), VersionNumber::new(7));
    for name in actions() {
        let action = serde_json::from_value(json!(name)).unwrap();
        let bare = Announcement::of_change(&entry(action, None), &model, None, None).unwrap();
        let full = Announcement::of_change(&entry(action, Some("why")), &model, version, Some("staging")).unwrap();
        let asked =
            Announcement::of_request(&entry(action, Some("why")), &model, version, &json!({"verify": 7})).unwrap();
        for announcement in [bare, full, asked] {
            check_detail(&announcement.kind, &serde_json::from_str(&announcement.detail).unwrap());
        }
    }
}

#[test]
fn the_document_describes_every_kind_and_every_action() {
    let guide = document("EVENTS.md");
    for kind in EventKind::ALL {
        let row = format!("| `{0}` | ", kind.as_str());
        assert!(guide.contains(&row) && guide.contains(&format!("(events/{}.json)", kind.as_str())), "{kind:?}");
    }
    let schema = schema("RegistryChanged");
    let listed = schema["properties"]["action"]["enum"].as_array().expect("the schema lists the actions");
    let listed: BTreeSet<_> = listed.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    assert_eq!(listed, actions().into_iter().collect());
    for action in actions() {
        assert!(guide.contains(&format!("`{action}`")), "the table has no {action}");
    }
}

#[test]
fn every_example_in_the_document_is_as_described() {
    let guide = document("EVENTS.md");
    let mut checked = 0;
    for example in guide.split("\n```json ").skip(1) {
        let (kind, rest) = example.split_once('\n').expect("the kind ends its line");
        let detail = rest.split("\n```").next().and_then(|text| serde_json::from_str(text).ok()).expect("it is JSON");
        check_detail(kind, &detail);
        checked += 1;
    }
    assert_eq!(checked, 3);
}
