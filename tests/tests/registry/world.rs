//! The registry that these tests use, and example records to store in it.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::SdkConfig;
use evergreen_aws::Registry;
use evergreen_aws::env::Environment;
use evergreen_lifecycle::ports::{
    Champions, Opening, PromoteError, Promotion, Registrar, Registration, RunWriteError, Runs, Versions,
};
use evergreen_lifecycle::{
    Announcement, AuditEntry, AuditedAction, Champion, LifecycleEvent, Pointer, Run, RunId, Version, VersionNumber,
};
use evergreen_testkit::{audit_entry, moment, registration, run, version};
use evergreen_tests::stack::variable;
use jiff::{SignedDuration, Timestamp};

// The number gives each test its own model name.
/// Number for the next model name.
static MODELS: AtomicU32 = AtomicU32::new(1);

/// Returns the AWS configuration that the functions' own clients use, with its timeouts and retries.
pub fn config() -> SdkConfig {
    evergreen_aws::connect(&Environment::process()).expect("the environment names an AWS endpoint, as `make e2e` does")
}

/// Returns the name of the DynamoDB table that the registry tests use.
pub fn table() -> String {
    variable("EVERGREEN_TABLE")
}

/// Returns a new model name that no stored record has.
pub fn new_model() -> String {
    let number = MODELS.fetch_add(1, Ordering::Relaxed);
    format!("registry-{}-{}-{number}", std::process::id(), Timestamp::now().as_millisecond())
}

/// Returns a client of the registry for a new model, which has no records yet.
pub fn registry() -> Registry {
    registry_of(&new_model())
}

/// Returns a client of the registry for the model with this name.
pub fn registry_of(model: &str) -> Registry {
    Registry::new(&config(), &table(), model.parse().expect("a model's name"))
}

/// Returns the time at which the training runs in all tests start: 2026-11-24 03:00 UTC.
pub fn start() -> Timestamp {
    moment("2026-11-24T03:00:00Z")
}

/// Returns the time that is `minutes` after the start time of the tests.
pub fn later(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// Returns the record of attempt number `attempt` at the training run `token`. The attempt is still running.
pub fn attempt(token: &str, attempt: u32) -> Run {
    Run { attempt, invocation: format!("invocation-{token}-{attempt}"), ..run(token, start()) }
}

/// Returns a model version with the accuracy 0.97, which is good enough for a promotion.
pub fn good(number: u32) -> Version {
    version(number, 0.97, start())
}

/// Returns a model version with the accuracy 0.5, which is too bad for a promotion.
pub fn bad(number: u32) -> Version {
    version(number, 0.5, start())
}

/// Stores the start of an attempt at a training run, as the train function does.
pub async fn open(registry: &Registry, run: &Run) -> Result<(), RunWriteError> {
    // A later attempt replaces the earlier attempt in the record of the run.
    let former = registry.run(&run.id).await?.and_then(Result::ok).filter(|former| former.attempt < run.attempt);
    let lost = &Announcement::of(&LifecycleEvent::of_loss(run)).expect("an event is JSON");
    registry.open(&Opening { run, former: former.as_ref(), lost }).await
}

/// Starts a training run and returns the request to register its model version `version`.
pub async fn opened(registry: &Registry, version: Version, seen: Option<&Champion>) -> Registration {
    // `seen` is the champion with which the gate has compared the version. `None` means that there was no champion.
    let run = attempt(&format!("v{}", version.number), 1);
    open(registry, &run).await.expect("nobody else has opened this run");
    registration(run, version, seen)
}

/// Returns the event "somebody has promoted `champion` by hand".
pub fn announcement(champion: &Champion) -> Announcement {
    let model = "iris".parse().expect("a model's name");
    Announcement::of(&LifecycleEvent::of_promotion(model, champion, "as asked".into())).expect("an event is JSON")
}

fn entry(champion: &Champion) -> AuditEntry {
    let subject = format!("version {} revision {}", champion.version.number, champion.revision);
    audit_entry(AuditedAction::Promoted, &subject, champion.promoted_at)
}

/// Promotes `champion` by hand.
pub async fn promote(
    registry: &Registry,
    champion: &Champion,
    seen_revision: u32,
    artifact: &[u8],
) -> Result<(), PromoteError> {
    // The promotion fails if the current champion does not have the revision `seen_revision`.
    let (announcement, entry) = (&announcement(champion), &entry(champion));
    registry.promote(&Promotion { champion, seen_revision, artifact, announcement, entry }).await
}

/// Returns the current champion of the registry. `None` if there is no champion.
pub async fn champion_of(registry: &Registry) -> Option<Champion> {
    registry.champion().await.unwrap().map(|pointer| whole(pointer.unwrap()))
}

/// Returns the champion and the registry's copy of its model file (artifact).
pub async fn champion_with_copy(registry: &Registry) -> Option<(Champion, Option<Vec<u8>>)> {
    // The copy is `None` if the file was too large.
    let found = registry.champion_with_artifact().await.unwrap();
    found.map(|(pointer, copy)| (whole(pointer.unwrap()), copy))
}

/// Returns all champions that the registry has recorded, newest first.
pub async fn history_of(registry: &Registry) -> Vec<Champion> {
    registry.recent_champions(50).await.unwrap().into_iter().map(|pointer| whole(pointer.unwrap())).collect()
}

/// Returns the registry's record of the training run with this id. `None` if there is no such run.
pub async fn run_of(registry: &Registry, id: &RunId) -> Option<Run> {
    registry.run(id).await.unwrap().map(Result::unwrap)
}

/// Returns the registry's record of the model version with this number. `None` if there is no such version.
pub async fn version_of(registry: &Registry, number: VersionNumber) -> Option<Version> {
    registry.version(number).await.unwrap().map(Result::unwrap)
}

fn whole(pointer: Pointer) -> Champion {
    pointer.champion().expect("this release has written it").clone()
}

/// Registers model version `number`, makes it the champion, and returns the champion.
pub async fn promoted(registry: &Registry, number: u32) -> Champion {
    let seen = champion_of(registry).await;
    let registration = opened(registry, good(number), seen.as_ref()).await;
    registry.register(&registration).await.expect("the champion is the one that was seen");
    registration.promotion.expect("the gate promotes it")
}
