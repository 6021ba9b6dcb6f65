//! Requests for work of the training function: a training run, the verification of a version, a
//! rebuild of the registry, or the deletion of old versions. The training function does what the audit
//! entry asks for ([`requested_event`](evergreen_lifecycle::requested_event)).

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use evergreen_http::Problem;
use evergreen_lifecycle::{AuditedAction, Family, RunId, VersionNumber};
use serde::Deserialize;
use serde_json::{Value, json};

use super::hyperparameters;
use super::text::short;
use super::{By, DraftedChange, Reason, Steered, checked_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::Reply;
use crate::token;

/// Longest note of a training run, in characters.
const MAX_NOTE: usize = 1000;

// EventBridge refuses an event with a larger number.
/// Maximum seed of a training run.
const MAX_SEED: u64 = i64::MAX as u64;

/// The body of a request for a training run. Every field is optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingOrder {
    /// The seed of all random choices. `None`: derived from the run's identifier.
    pub seed: Option<u64>,
    /// The only model family that is tried. `None`: the data set decides.
    pub family: Option<Family>,
    /// Hyperparameters that are set, by name.
    pub hyperparameters: Option<BTreeMap<String, Value>>,
    /// Why, in free text.
    pub note: Option<String>,
}

/// The body of a request to delete old versions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionOrder {
    /// Why.
    pub reason: String,
    /// How many versions are kept, newest first.
    pub keep: NonZeroU32,
    /// For how many days a version is kept after it was the champion. `None`: the default of the training function.
    pub champion_days: Option<u16>,
    /// Whether the log only says what would be deleted.
    #[serde(default)]
    pub dry_run: bool,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn train(&self, by: &By, order: TrainingOrder) -> Result<Reply, Problem> {
        let note = order.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        short("note", note.unwrap_or_default(), MAX_NOTE)?;
        if order.seed.is_some_and(|seed| seed > MAX_SEED) {
            let expected = format!("a whole number from 0 to {MAX_SEED}");
            return Err(problem::invalid_field("seed", "The field \"seed\" is too large.", expected));
        }
        order.hyperparameters.as_ref().map_or(Ok(()), |set| hyperparameters::check(set, order.family))?;
        if let Some(earlier) = self.earlier(by, AuditedAction::TrainingRequested, "").await? {
            return accepted(&earlier);
        }
        let id = token::id()?;
        let run = RunId::requested(&id).map_err(problem::internal)?;
        let fields = [
            ("seed", order.seed.map(Value::from)),
            ("family", order.family.map(|family| json!(family))),
            ("hyperparameters", order.hyperparameters.map(|set| json!(set))),
        ];
        let mut draft = DraftedChange::training(&run);
        for (name, field) in fields {
            let Some(field) = field else { continue };
            draft = draft.with(name, field);
        }
        let reason = note.map(str::to_owned);
        accepted(&self.commit(by, id, DraftedChange { reason, ..draft }).await?)
    }

    pub(crate) async fn verify(&self, by: &By, number: VersionNumber) -> Result<Reply, Problem> {
        let subject = format!("version {number}");
        if let Some(earlier) = self.earlier(by, AuditedAction::VerificationRequested, &subject).await? {
            return accepted(&earlier);
        }
        self.version(number).await?;
        let id = token::id()?;
        let draft = DraftedChange::new(AuditedAction::VerificationRequested, subject).with("request", &id);
        accepted(&self.commit(by, id, DraftedChange { version: Some(number), ..draft }).await?)
    }

    pub(crate) async fn rebuild(&self, by: &By, order: Reason) -> Result<Reply, Problem> {
        let draft = DraftedChange::new(AuditedAction::RebuildRequested, "registry");
        self.request_upkeep(by, &order.reason, draft).await
    }

    pub(crate) async fn retain(&self, by: &By, order: RetentionOrder) -> Result<Reply, Problem> {
        let RetentionOrder { reason, keep, champion_days, dry_run } = order;
        let draft = DraftedChange::new(AuditedAction::RetentionRequested, "versions")
            .with("keep", keep)
            .with("dry_run", dry_run);
        let draft = match champion_days {
            Some(days) => draft.with("champion_days", days),
            None => draft,
        };
        self.request_upkeep(by, &reason, draft).await
    }

    pub(super) async fn request_upkeep(&self, by: &By, reason: &str, draft: DraftedChange) -> Result<Reply, Problem> {
        let reason = Some(checked_reason(reason)?);
        let id = token::id()?;
        let draft = draft.with("request", &id);
        accepted(&self.commit(by, id, DraftedChange { reason, ..draft }).await?)
    }
}

fn accepted(steered: &Steered) -> Result<Reply, Problem> {
    let detail = |name: &str| steered.audit.details.get(name);
    Reply::accepted(&json!({
        "run_id": detail("run"),
        "request": detail("request"),
        "audit": steered.audit,
        "repeated": steered.repeated,
    }))
}
