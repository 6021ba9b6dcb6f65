//! Tests people's changes on the table: conditions, idempotency, audit, and what cannot be deleted.

use evergreen_aws::Registry;
use evergreen_lifecycle::ports::{ChangeError, EventOutbox, MAX_ALIASES, RecordRetention, Registrar, Steering};
use evergreen_lifecycle::{
    Alias, Annotations, AuditedAction, Champion, Change, Edit, Mute, Protection, RequestKey, VersionNumber,
};
use evergreen_testkit::{audit_entry, change};

use crate::world::{
    attempt, bad, champion_of, champion_with_copy, good, later, new_model, open, opened, promoted, registry,
    registry_of, run_of, version_of,
};

fn number(number: u32) -> VersionNumber {
    VersionNumber::new(number).unwrap()
}

/// Returns a change with one edit. Changes of different minutes have different audit entries.
fn at(minutes: i64, edit: Edit) -> Change {
    change(edit, audit_entry(AuditedAction::NoteWritten, "a test", later(minutes)))
}

fn key(key: &str) -> RequestKey {
    RequestKey { key: key.into(), request: "request".into() }
}

fn staging(version: u32, revision: u32) -> Alias {
    Alias { name: "staging".parse().unwrap(), version: number(version), revision, set_at: later(0) }
}

fn set(version: u32, revision: u32) -> Edit {
    Edit::SetAlias { alias: staging(version, revision), seen_revision: revision - 1 }
}

fn remove(version: u32) -> Edit {
    Edit::RemoveVersion { version: number(version), seen_revision: 1 }
}

fn tagged(tags: &[(&str, &str)], revision: u32) -> Annotations {
    let tags = tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect();
    Annotations { revision, tags, note: Some("as asked".into()) }
}

/// Returns a registry with version 1 as the champion and the refused version 2, and its name.
async fn two_versions() -> (String, Registry) {
    let model = new_model();
    let registry = registry_of(&model);
    let champion = promoted(&registry, 1).await;
    let refused = opened(&registry, bad(2), Some(&champion)).await;
    registry.register(&refused).await.unwrap();
    (model, registry)
}

fn protection(result: Result<(), ChangeError>) -> Option<Protection> {
    match result {
        Err(ChangeError::Protected { protection, .. }) => Some(protection),
        _ => None,
    }
}

fn conflict(result: Result<(), ChangeError>) -> Option<String> {
    match result {
        Err(ChangeError::Conflict(what)) => Some(what),
        _ => None,
    }
}

#[tokio::test]
async fn a_change_its_audit_entry_and_its_event_are_stored_together() {
    let (_, registry) = two_versions().await;
    let change = at(1, set(2, 1));
    registry.apply(&change).await.unwrap();
    assert_eq!(registry.aliases().await.unwrap(), [staging(2, 1)]);
    assert_eq!(registry.audit(None, 10).await.unwrap(), std::slice::from_ref(&change.entry));
    let waiting = registry.waiting(later(60), None).await.unwrap().announcements;
    assert!(waiting.contains(&change.announcements[0]), "{waiting:?}");
    registry.apply(&change).await.unwrap();
    assert_eq!(registry.aliases().await.unwrap(), [staging(2, 1)], "the repeat of the same change is not a second one");
}

#[tokio::test]
async fn an_alias_that_moved_meanwhile_is_a_conflict() {
    let (_, registry) = two_versions().await;
    registry.apply(&at(1, set(2, 1))).await.unwrap();
    assert_eq!(conflict(registry.apply(&at(2, set(1, 1))).await).as_deref(), Some("the alias staging"));
    assert_eq!(conflict(registry.apply(&at(3, set(9, 2))).await).as_deref(), Some("version 9"));
    registry.apply(&at(4, set(1, 2))).await.unwrap();
    let stale = at(5, Edit::RemoveAlias { seen: staging(2, 1) });
    assert_eq!(conflict(registry.apply(&stale).await).as_deref(), Some("the alias staging"));
    registry.apply(&at(6, Edit::RemoveAlias { seen: staging(1, 2) })).await.unwrap();
    assert_eq!(registry.aliases().await.unwrap(), []);
    assert_eq!(registry.audit(None, 10).await.unwrap().len(), 3, "a refused change leaves no entry");
}

#[tokio::test]
async fn a_second_change_with_the_same_key_changes_nothing_for_a_day() {
    let (_, registry) = two_versions().await;
    let keyed = |minutes, edit| Change { key: Some(key("a key")), ..at(minutes, edit) };
    let first = keyed(1, set(2, 1));
    registry.apply(&first).await.unwrap();
    let repeated = registry.apply(&keyed(2, remove(2))).await.unwrap_err();
    assert!(
        matches!(repeated, ChangeError::Repeated(made) if made.entry == first.entry && made.request.as_deref() == Some("request"))
    );
    registry.apply(&keyed(24 * 60 + 1, set(1, 2))).await.unwrap();
    assert_eq!(registry.aliases().await.unwrap(), [staging(1, 2)]);
}

#[tokio::test]
async fn what_an_alias_names_cannot_be_deleted_and_what_was_deleted_gets_no_alias() {
    let (_, registry) = two_versions().await;
    registry.apply(&at(1, set(2, 1))).await.unwrap();
    let refused = registry.apply(&at(2, remove(2))).await;
    assert_eq!(protection(refused), Some(Protection::Alias("staging".parse().unwrap())));
    registry.apply(&at(3, Edit::RemoveAlias { seen: staging(2, 1) })).await.unwrap();
    registry.apply(&at(4, remove(2))).await.unwrap();
    assert_eq!(version_of(&registry, number(2)).await, None);
    assert_eq!(conflict(registry.apply(&at(5, set(2, 1))).await).as_deref(), Some("version 2"));
    assert_eq!(conflict(registry.apply(&at(6, remove(2))).await).as_deref(), Some("version 2"));
}

/// An alias and a deletion at the same time: one of them fails, whatever the order is.
#[tokio::test]
async fn an_alias_never_names_a_version_that_is_deleted_at_the_same_time() {
    for _ in 0..10 {
        let (_, registry) = two_versions().await;
        let (alias, deletion) = (at(1, set(2, 1)), at(2, remove(2)));
        let other = registry.clone();
        let deleting = tokio::spawn(async move { other.apply(&deletion).await });
        let is_set = registry.apply(&alias).await.is_ok();
        let is_deleted = deleting.await.unwrap().is_ok();
        assert!(!(is_set && is_deleted), "both were made");
        assert_eq!(version_of(&registry, number(2)).await.is_none(), is_deleted);
    }
}

#[tokio::test]
async fn people_who_add_aliases_at_the_same_time_never_exceed_the_limit() {
    let (_, registry) = two_versions().await;
    let add = |index: usize| {
        let alias = Alias { name: format!("alias-{index}").parse().unwrap(), ..staging(2, 1) };
        let minutes = i64::try_from(index).unwrap() + 1;
        at(minutes, Edit::SetAlias { alias, seen_revision: 0 })
    };
    for index in 1..MAX_ALIASES {
        registry.apply(&add(index)).await.unwrap();
    }
    let rivals = [100, 101, 102].map(|index| {
        let (registry, change) = (registry.clone(), add(index));
        tokio::spawn(async move { registry.apply(&change).await.is_ok() })
    });
    let mut made = 0;
    for rival in rivals {
        made += usize::from(rival.await.unwrap());
    }
    assert_eq!((made, registry.aliases().await.unwrap().len()), (1, MAX_ALIASES));
}

#[tokio::test]
async fn an_audit_entry_is_found_by_its_time_and_id() {
    let (_, registry) = two_versions().await;
    let change = at(1, set(2, 1));
    registry.apply(&change).await.unwrap();
    let (entry, id) = (&change.entry, change.entry.id.as_str());
    assert_eq!(registry.audit_entry(entry.at, id).await.unwrap().as_ref(), Some(entry));
    assert_eq!(registry.audit_entry(entry.at, "another").await.unwrap(), None);
    assert_eq!(registry.audit_entry(later(2), id).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_pin_or_a_champion_names_cannot_be_deleted() {
    let (_, registry) = two_versions().await;
    let write = |annotations| Edit::Annotate { version: number(2), annotations };
    registry.apply(&at(1, write(tagged(&[("pin", "")], 1)))).await.unwrap();
    assert_eq!(protection(registry.apply(&at(2, remove(2))).await), Some(Protection::Pin));
    assert_eq!(protection(registry.apply(&at(3, remove(1))).await), Some(Protection::Champion));
    let stale = registry.apply(&at(4, write(tagged(&[], 1)))).await;
    assert_eq!(conflict(stale).as_deref(), Some("what people wrote about version 2"));
    registry.apply(&at(5, write(tagged(&[], 2)))).await.unwrap();
    assert_eq!(registry.annotations(number(2)).await.unwrap(), tagged(&[], 2));
    promoted(&registry, 3).await;
    assert_eq!(conflict(registry.apply(&at(6, remove(2))).await).as_deref(), Some("the champion"));
    let now = |version| Edit::RemoveVersion { version: number(version), seen_revision: 2 };
    assert_eq!(protection(registry.apply(&at(7, now(1))).await), Some(Protection::FormerChampion));
    registry.apply(&at(8, now(2))).await.unwrap();
    assert_eq!(registry.annotations(number(2)).await.unwrap(), Annotations::default());
}

#[tokio::test]
async fn the_record_of_a_run_is_removed_unless_an_attempt_is_in_progress() {
    let (_, registry) = two_versions().await;
    let running = attempt("now", 1);
    open(&registry, &running).await.unwrap();
    let refused = registry.apply(&at(1, Edit::RemoveRun(running.id.clone()))).await;
    assert_eq!(conflict(refused), Some(format!("run {}", running.id)));
    let ended = version_of(&registry, number(2)).await.unwrap().run_id;
    // A run that is gone already is no error.
    for minutes in [2, 3] {
        registry.apply(&at(minutes, Edit::RemoveRun(ended.clone()))).await.unwrap();
    }
    assert_eq!(run_of(&registry, &ended).await, None);
    assert_eq!(run_of(&registry, &running.id).await.map(|run| run.id), Some(running.id.clone()));
}

#[tokio::test]
async fn a_promotion_needs_the_version_and_the_champion_that_the_caller_saw() {
    let (_, registry) = two_versions().await;
    let first = champion_of(&registry).await.unwrap();
    let promote = |version, seen_revision| {
        let champion = Box::new(Champion::succeeding(Some(&first), version, later(5)));
        Edit::Promote { champion, seen_revision, artifact: b"a model".to_vec() }
    };
    assert_eq!(conflict(registry.apply(&at(1, promote(bad(2), 0))).await).as_deref(), Some("the champion"));
    assert_eq!(conflict(registry.apply(&at(2, promote(good(9), 1))).await).as_deref(), Some("version 9"));
    registry.apply(&at(3, promote(bad(2), 1))).await.unwrap();
    let (champion, copy) = champion_with_copy(&registry).await.unwrap();
    assert_eq!((champion.version.number, champion.revision), (number(2), 2));
    assert_eq!(copy.as_deref(), Some(&b"a model"[..]));
}

#[tokio::test]
async fn an_alias_keeps_a_version_that_was_marked_for_deletion() {
    let model = new_model();
    let registry = registry_of(&model);
    let champion = promoted(&registry, 1).await;
    let refused = opened(&registry, bad(2), Some(&champion)).await;
    registry.register(&refused).await.unwrap();
    registry.expire_records(&refused.run, later(60)).await.unwrap();
    registry.apply(&at(1, set(2, 1))).await.unwrap();
    let expiry = registry.expire_records(&refused.run, later(60)).await.unwrap();
    assert_eq!(expiry, evergreen_lifecycle::ports::Expiry::Kept);
}

#[tokio::test]
async fn the_audit_trail_is_newest_first_and_is_read_in_pages() {
    let registry = registry();
    for minute in 1..=5 {
        let unmute = Change { key: Some(key(&minute.to_string())), ..at(minute, Edit::Unmute("throttles".into())) };
        registry.apply(&unmute).await.unwrap();
    }
    let page = registry.audit(None, 2).await.unwrap();
    assert_eq!(page.iter().map(|entry| entry.at).collect::<Vec<_>>(), [later(5), later(4)]);
    let next = registry.audit(Some(page[1].at), 10).await.unwrap();
    assert_eq!(next.iter().map(|entry| entry.at).collect::<Vec<_>>(), [later(3), later(2), later(1)]);
    let back = registry.audit_after(next[0].at, 1).await.unwrap();
    assert_eq!(back.iter().map(|entry| entry.at).collect::<Vec<_>>(), [later(4)]);
    assert_eq!(registry.audit_after(later(5), 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_mute_holds_until_its_time_or_until_it_is_removed() {
    let registry = registry();
    let mute = |alarm: &str, minutes| Mute { alarm: alarm.into(), until: later(minutes) };
    registry.apply(&at(1, Edit::Mute(mute("throttles", 30)))).await.unwrap();
    registry.apply(&at(2, Edit::Mute(mute("late", 60)))).await.unwrap();
    assert_eq!(registry.mutes(later(3)).await.unwrap(), [mute("late", 60), mute("throttles", 30)]);
    assert_eq!(registry.mutes(later(30)).await.unwrap(), [mute("late", 60)]);
    registry.apply(&at(4, Edit::Unmute("late".into()))).await.unwrap();
    assert_eq!(registry.mutes(later(30)).await.unwrap(), []);
}
