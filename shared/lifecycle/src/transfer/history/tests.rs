use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::journal::{JOURNAL_FORMAT, StoredRecord};

/// One change: its number in the order of all changes, what it writes, and what it removes.
#[derive(Debug, Clone)]
struct TestChange(u32, Vec<StoredRecord>, Vec<RecordKey>);

fn key(sk: &str) -> RecordKey {
    RecordKey { pk: "MODEL#iris".into(), sk: sk.into() }
}

fn record(pk: &str, sk: &str, fields: Value) -> StoredRecord {
    let mut record = fields.as_object().cloned().unwrap_or_default();
    record.insert("pk".into(), pk.into());
    record.insert("sk".into(), sk.into());
    record
}

fn trained(order: u32, number: u32) -> TestChange {
    let version = record("MODEL#iris", &format!("VERSION#{number:08}"), json!({"number": number}));
    let champion = json!({"revision": number, "version": {"number": number}});
    TestChange(order, vec![version, record("MODEL#iris", &format!("CHAMPION#{number:08}"), champion)], Vec::new())
}

fn alias(order: u32, version: u32) -> TestChange {
    let alias = json!({"revision": order, "version": version});
    TestChange(order, vec![record("MODEL#iris", "ALIAS#staging", alias)], Vec::new())
}

fn deleted(order: u32, number: u32) -> TestChange {
    TestChange(order, Vec::new(), vec![key(&format!("VERSION#{number:08}"))])
}

fn history(changes: &[TestChange]) -> ModelHistory {
    let mut history = ModelHistory::default();
    for TestChange(order, written, removed) in changes {
        let (path, event) = (format!("journal/{order:04}.json"), format!("{order}"));
        for key in written.iter().filter_map(RecordKey::of).filter_map(|key| key.version()) {
            let artifact = format!("models/{}/model.onnx", key.padded());
            history.hashes.insert(artifact.clone(), sha256_hex(artifact.as_bytes()));
        }
        for number in removed.iter().filter_map(RecordKey::version) {
            history.hashes.remove(&format!("models/{}/model.onnx", number.padded()));
        }
        let (written, removed) = (written.clone(), removed.clone());
        let entry = JournalEntry { format: JOURNAL_FORMAT, event, written, removed, left_out: Vec::new() };
        history.hashes.insert(path.clone(), sha256_hex(&serde_json::to_vec(&entry).unwrap()));
        history.journal.insert(path, entry);
    }
    history
}

#[test]
fn an_empty_stack_gets_every_file_and_the_journal_last() {
    let imported = history(&[trained(1, 1), trained(2, 2), alias(3, 1)]);
    let plan = plan_import(&imported, &ModelHistory::default()).unwrap();
    assert_eq!(plan.missing.len(), 5);
    assert!(plan.missing[..2].iter().all(|path| path.starts_with("models/")), "{plan:?}");
    assert_eq!(imported.champion(), VersionNumber::new(2).map(|number| (number, 2)));
}

#[test]
fn an_earlier_part_of_the_same_history_is_continued() {
    let target = history(&[trained(1, 1)]);
    let plan = plan_import(&history(&[trained(1, 1), trained(2, 2)]), &target).unwrap();
    assert_eq!(plan.missing, ["models/00000002/model.onnx", "journal/0002.json"]);
}

#[test]
fn an_import_may_be_repeated() {
    let imported = history(&[trained(1, 1), trained(2, 2)]);
    assert_eq!(plan_import(&imported, &imported), Ok(ImportPlan::default()));
}

#[test]
fn the_trace_of_an_earlier_import_and_a_verification_do_not_stand_in_the_way() {
    let audit = record("AUDIT#iris", "2026-11-24T03:00:00.000Z#a", json!({"id": "a"}));
    let verified = record("MODEL#iris", "VERIFY#00000001#2026-11-24T03:00:00.000Z", json!({"outcome": "identical"}));
    let target = history(&[trained(1, 1), TestChange(5, vec![audit, verified], Vec::new())]);
    let plan = plan_import(&history(&[trained(1, 1), trained(2, 2)]), &target).unwrap();
    assert_eq!(plan.missing.len(), 2);
}

#[test]
fn a_stack_with_a_history_of_its_own_refuses_and_names_what_it_has() {
    let imported = history(&[trained(1, 1), alias(2, 1)]);
    let refused = |target: &[TestChange]| plan_import(&imported, &history(target)).unwrap_err().to_string();
    assert_eq!(refused(&[trained(1, 1), trained(9, 2)]), "the stack has a version 2 of its own");
    assert_eq!(refused(&[trained(1, 1), alias(3, 1)]), "the stack has a change of its own: alias staging");
    let note = record("MODEL#iris", "NOTES#00000001", json!({"revision": 1}));
    let note = TestChange(9, vec![note], Vec::new());
    assert_eq!(refused(&[note]), "the stack has a change of its own: tags or note of version 1");
    assert_eq!(refused(&[deleted(9, 1)]), "the stack has a change of its own: version 1");
}

#[test]
fn a_file_with_other_content_is_named() {
    let imported = history(&[trained(1, 1)]);
    let mut target = imported.clone();
    target.hashes.insert("models/00000001/model.onnx".into(), sha256_hex(b"other"));
    let conflict = ImportRefusal::Conflict("models/00000001/model.onnx".into());
    assert_eq!(plan_import(&imported, &target), Err(conflict));
}

#[test]
fn what_the_origin_deleted_stays_and_is_named() {
    let target = history(&[trained(1, 1), trained(2, 2)]);
    let plan = plan_import(&history(&[trained(1, 1), trained(2, 2), deleted(3, 1)]), &target).unwrap();
    assert_eq!(plan, ImportPlan { missing: vec!["journal/0003.json".into()], staying: vec!["version 1".into()] });
}

#[test]
fn the_files_of_a_training_that_goes_on_are_not_exported() {
    let paths = ["journal/0001.json", "models/00000001/model.onnx", "models/00000002/model.onnx"].map(String::from);
    assert_eq!(history(&[trained(1, 1)]).exported(paths.to_vec()), paths[..2]);
    assert_eq!(ModelHistory::default().exported(paths.to_vec()), paths, "an earlier release wrote no journal");
}

fn any_change() -> impl Strategy<Value = fn(u32) -> TestChange> {
    prop_oneof![
        Just((|order| trained(order, order)) as fn(u32) -> TestChange),
        Just((|order| alias(order, 1)) as fn(u32) -> TestChange),
        Just((|order| deleted(order, order.saturating_sub(2).max(1))) as fn(u32) -> TestChange),
    ]
}

proptest! {
    /// Whatever the origin does, each of its states can be imported over each of its earlier states.
    #[test]
    fn every_beginning_of_a_history_can_be_continued(
        changes in proptest::collection::vec(any_change(), 1..12), beginning in 0usize..12,
    ) {
        let changes: Vec<_> = changes.iter().enumerate().map(|(at, change)| change(at as u32 + 1)).collect();
        let target = history(&changes[..beginning.min(changes.len())]);
        prop_assert!(plan_import(&history(&changes), &target).is_ok());
    }
}
