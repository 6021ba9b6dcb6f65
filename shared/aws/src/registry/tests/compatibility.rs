//! Tests that releases can read each other's records. This release must read the records of earlier releases. After a
//! rollback, an earlier release must work with the records of this release. The section Compatibility in
//! docs/ARCHITECTURE.md has the rules.
//!
//! `golden/first` holds the DynamoDB items that the first release wrote. `golden/this` holds the items that this
//! release writes.

mod first_release;
mod records;

use std::collections::BTreeMap;

use evergreen_lifecycle::{Pointer, Run, Version};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::support::{item, json};
use crate::registry::items::Stored;

/// Test helper: returns the sample DynamoDB items that `release` wrote, by name.
fn golden(release: &str) -> BTreeMap<String, Value> {
    let folder = format!("{}/golden/{release}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    files.map(|file| read(file.unwrap().path())).collect()
}

/// Test helper: returns an error if this release cannot read every field of the sample item.
fn is_read(name: &str, fields: &Value) -> Result<(), String> {
    // The item's name begins with the kind of the record, such as `run`.
    let told = |error: evergreen_lifecycle::Unreadable| error.to_string();
    match name.split('-').next() {
        Some("run") => Run::read(item(fields)).map(drop).map_err(told),
        Some("version") => Version::read(item(fields)).map(drop).map_err(told),
        _ => Pointer::read(item(fields)).map_err(told).and_then(|pointer| match pointer.unreadable() {
            Some(record) => Err(record.to_string()),
            None => Ok(()),
        }),
    }
}

/// Test helper: returns an error if the first release cannot read the sample item.
fn was_read(name: &str, fields: &Value) -> Result<(), String> {
    // The item's name begins with the kind of the record, such as `run`.
    fn read<T: DeserializeOwned>(fields: &Value) -> Result<(), String> {
        serde_dynamo::from_item::<_, T>(item(fields)).map(drop).map_err(|error| error.to_string())
    }
    match name.split('-').next() {
        Some("run") => read::<first_release::FirstReleaseRun>(fields),
        Some("version") => read::<first_release::FirstReleaseVersion>(fields),
        _ => read::<first_release::FirstReleaseChampion>(fields),
    }
}

#[test]
fn records_of_every_release_are_read() {
    // In the first release, no version had the number of answers that it changes.
    for (release, newer) in [("first", 1), ("this", 0)] {
        let items = golden(release);
        assert_eq!(items.len() + newer, records::all().len(), "{release}");
        for (name, fields) in &items {
            assert_eq!(is_read(name, fields), Ok(()), "{name} of the {release} release");
        }
    }
}

#[test]
fn records_of_the_first_release_are_read() {
    let items = golden("first");
    let run = |name: &str| Run::read(item(&items[name])).unwrap();
    let named = records::all();
    for name in ["run-running", "run-succeeded", "run-rejected", "run-failed", "run-import"] {
        let records::GoldenRecord::Run(today) = &named[name] else { panic!("{name} is a run") };
        assert_eq!(run(name), **today, "{name}");
    }
    for name in ["champion-classes", "champion-numbers"] {
        let records::GoldenRecord::Champion(today) = &named[name] else { panic!("{name} is a champion") };
        assert_eq!(Pointer::read(item(&items[name])).unwrap().champion(), Some(&**today), "{name}");
    }
}

#[test]
fn the_records_of_this_release_are_kept_as_golden_files() {
    for (name, record) in records::all() {
        let written = json(record.item());
        let kept = golden("this").remove(name).unwrap_or_default();
        let fresh = serde_json::to_string_pretty(&written).unwrap();
        assert_eq!(
            written, kept,
            "{name} is written in another form. If the first release can still read it, keep it as golden/this/{name}.json:\n{fresh}"
        );
    }
}

#[test]
fn the_impact_of_a_version_is_read_as_it_was_written() {
    let records = records::all();
    let Some(records::GoldenRecord::Version(version)) = records.get("version-impact") else { panic!("a version") };
    let read = Version::read(item(&json(item(version)))).unwrap();
    assert!(version.decision.impact.is_some());
    assert_eq!(read.decision, version.decision);
}

#[test]
fn the_first_release_reads_the_records_of_this_release() {
    for (name, fields) in golden("this").iter().chain(&golden("first")) {
        assert_eq!(was_read(name, fields), Ok(()), "{name}");
    }
}

#[test]
fn fields_of_a_newer_release_are_ignored() {
    for (name, mut fields) in golden("this") {
        add_everywhere(&mut fields);
        // The test adds no field to maps with keys from the user, because such maps may contain anything.
        assert_eq!(is_read(&name, &fields), Ok(()), "{name}");
        assert_eq!(was_read(&name, &fields), Ok(()), "{name}");
    }
}

/// Test helper: adds an unknown field to every JSON object, except to objects whose keys come from the user.
fn add_everywhere(fields: &mut Value) {
    match fields {
        Value::Object(members) => {
            for (_, member) in members.iter_mut().filter(|(name, _)| *name != "parameters") {
                add_everywhere(member);
            }
            members.insert("of_a_newer_release".into(), serde_json::json!({"unknown": [1, "two", null]}));
        }
        Value::Array(elements) => elements.iter_mut().for_each(add_everywhere),
        _ => {}
    }
}

// The values are for fields to which a newer release may add values.
/// Sample values that only a newer release knows: the name of an item, the path of the field, and the value as JSON.
const UNKNOWN_VALUES: [(&str, &str, &str); 10] = [
    ("champion-classes", "/version/family", "\"oracle\""),
    ("champion-classes", "/version/search/metric", "\"hinge\""),
    ("champion-classes", "/version/decision/verdict", "\"chosen_by_lot\""),
    ("champion-classes", "/version/decision/metric", "\"hinge\""),
    ("champion-classes", "/version/dataset/task", "\"ranking\""),
    ("champion-numbers", "/version/evaluation", "{\"ranking\": 0.9}"),
    ("champion-numbers", "/version/decision/test/kind", "\"guess\""),
    ("champion-numbers", "/version/imported", "{\"from\": \"elsewhere\"}"),
    ("champion-numbers", "/promoted_at", "1795489200"),
    ("champion-numbers", "/version/trained_at", "null"),
];

#[test]
fn a_champion_with_values_of_a_newer_release_still_names_its_artifact() {
    for (name, place, value) in UNKNOWN_VALUES {
        let mut fields = golden("this").remove(name).unwrap();
        let number = fields["version"]["number"].as_u64().unwrap();
        *fields.pointer_mut(place).unwrap() = serde_json::from_str(value).unwrap();
        let pointer = Pointer::read(item(&fields)).unwrap_or_else(|record| panic!("{place}: {record}"));
        assert!(pointer.champion().is_none() && pointer.unreadable().is_some(), "{place}");
        assert_eq!((u64::from(pointer.number.get()), pointer.artifact.size), (number, 26_000), "{place}");
    }
}

#[test]
fn a_run_with_values_of_a_newer_release_is_unreadable_and_still_has_its_other_fields() {
    let changes = [
        ("/status", "\"PAUSED\""),
        ("/trigger/kind", "\"tide\""),
        ("/search/metric", "\"hinge\""),
        ("/attempt", "\"b\""),
    ];
    for (place, value) in changes {
        let mut fields = golden("this").remove("run-succeeded").unwrap();
        *fields.pointer_mut(place).unwrap() = serde_json::from_str(value).unwrap();
        let mut stored = item(&fields);
        stored.insert("sk".into(), crate::registry::items::text("RUN#scheduled-20261124T030000Z"));
        let record = Run::read(stored).unwrap_err();
        assert_eq!(record.key, "RUN#scheduled-20261124T030000Z", "{place}");
        assert!(record.moment("started_at").is_some() && record.field::<u32>("version") == Some(1), "{place}");
    }
}
