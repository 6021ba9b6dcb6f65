//! The conditions of changes, as the registry in memory has them.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::ports::{ChangeError, Steering};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::{Alias, Annotations, AuditedAction, Champion, Edit, Protection, Version, VersionNumber};
use evergreen_testkit::{Memory, audit_entry, champion, change, moment, rollout, version};

const NOW: &str = "2026-11-24T03:00:00Z";

fn number(number: u32) -> VersionNumber {
    VersionNumber::new(number).unwrap()
}

fn good(number: u32) -> Version {
    version(number, 0.97, moment(NOW))
}

/// Test helper: a registry with version 1 as the champion, and version 2.
fn registry() -> Memory {
    let memory = Memory::default();
    memory.state().versions.extend([1, 2].map(|n| (number(n), good(n))));
    memory.state().champions.push(champion(good(1)));
    memory
}

fn staging(version: u32, revision: u32) -> Alias {
    Alias { name: "staging".parse().unwrap(), version: number(version), revision, set_at: moment(NOW) }
}

async fn apply(memory: &Memory, edit: Edit) -> Result<(), ChangeError> {
    memory.apply(&change(edit, audit_entry(AuditedAction::NoteWritten, "anything", moment(NOW)))).await
}

async fn removal(memory: &Memory, version: u32) -> Result<(), ChangeError> {
    let entry = audit_entry(AuditedAction::VersionDeleted, "version", moment(NOW));
    memory.apply(&change(Edit::RemoveVersion { version: number(version), seen_revision: 1 }, entry)).await
}

fn protection(result: Result<(), ChangeError>) -> Option<Protection> {
    match result {
        Err(ChangeError::Protected { protection, .. }) => Some(protection),
        _ => None,
    }
}

#[tokio::test]
async fn a_change_leaves_an_audit_entry_and_an_event() {
    let memory = registry();
    apply(&memory, Edit::SetAlias { alias: staging(2, 1), seen_revision: 0 }).await.unwrap();
    assert_eq!(memory.aliases().await.unwrap(), [staging(2, 1)]);
    let entries = memory.audit(None, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert!(memory.state().outbox.keys().all(|key| key.ends_with(&entries[0].id)));
}

#[tokio::test]
async fn an_alias_that_moved_meanwhile_is_a_conflict_and_nothing_is_written() {
    let memory = registry();
    apply(&memory, Edit::SetAlias { alias: staging(2, 1), seen_revision: 0 }).await.unwrap();
    let entry = audit_entry(AuditedAction::AliasSet, "alias staging", moment(NOW));
    let late = change(Edit::SetAlias { alias: staging(1, 1), seen_revision: 0 }, entry);
    assert!(matches!(memory.apply(&late).await, Err(ChangeError::Conflict(what)) if what == "the alias staging"));
    assert_eq!(memory.audit(None, 10).await.unwrap().len(), 1);
}

fn key(request: &str) -> evergreen_lifecycle::RequestKey {
    evergreen_lifecycle::RequestKey { key: "k".into(), request: request.into() }
}

#[tokio::test]
async fn a_second_change_with_the_same_key_changes_nothing_and_returns_the_first() {
    let memory = registry();
    let with_key = |subject: &str, edit| {
        let entry = audit_entry(AuditedAction::AliasSet, subject, moment(NOW));
        evergreen_lifecycle::Change { key: Some(key(subject)), ..change(edit, entry) }
    };
    let first = with_key("first", Edit::SetAlias { alias: staging(2, 1), seen_revision: 0 });
    memory.apply(&first).await.unwrap();
    let second = with_key("second", Edit::SetAlias { alias: staging(1, 2), seen_revision: 1 });
    let repeated = memory.apply(&second).await.unwrap_err();
    assert!(
        matches!(repeated, ChangeError::Repeated(made) if made.entry == first.entry && made.request.as_deref() == Some("first"))
    );
    assert_eq!(memory.aliases().await.unwrap(), [staging(2, 1)]);
}

#[tokio::test]
async fn what_a_champion_a_rollout_an_alias_or_a_pin_names_cannot_be_deleted() {
    let memory = registry();
    assert_eq!(protection(removal(&memory, 1).await), Some(Protection::Champion));
    let second = Champion::succeeding(Some(&champion(good(1))), good(2), moment(NOW));
    memory.state().champions.push(second);
    let entry = audit_entry(AuditedAction::VersionDeleted, "version", moment(NOW));
    let former = change(Edit::RemoveVersion { version: number(1), seen_revision: 2 }, entry);
    assert_eq!(protection(memory.apply(&former).await), Some(Protection::FormerChampion));

    let memory = registry();
    let running = rollout(&champion(good(1)), good(2));
    memory.state().rollout = Some(running.clone());
    assert_eq!(protection(removal(&memory, 2).await), Some(Protection::Challenger));
    memory.state().rollout = Some(Rollout { champion_revision: 7, ..running });
    removal(&memory, 2).await.unwrap();

    let memory = registry();
    apply(&memory, Edit::SetAlias { alias: staging(2, 1), seen_revision: 0 }).await.unwrap();
    assert_eq!(protection(removal(&memory, 2).await), Some(Protection::Alias("staging".parse().unwrap())));

    let memory = registry();
    let pinned = Annotations { revision: 1, tags: [("pin".into(), "audit".into())].into(), note: None };
    apply(&memory, Edit::Annotate { version: number(2), annotations: pinned }).await.unwrap();
    assert_eq!(protection(removal(&memory, 2).await), Some(Protection::Pin));
}

#[tokio::test]
async fn a_version_that_nothing_names_is_deleted_unless_the_champion_changed() {
    let memory = registry();
    memory.state().rival = Some(Champion::succeeding(Some(&champion(good(1))), good(3), moment(NOW)));
    assert!(matches!(removal(&memory, 2).await, Err(ChangeError::Conflict(what)) if what == "the champion"));
    let memory = registry();
    removal(&memory, 2).await.unwrap();
    assert!(!memory.state().versions.contains_key(&number(2)));
}
