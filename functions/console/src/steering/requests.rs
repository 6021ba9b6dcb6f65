//! Requests for work of the training function: a training run, or the verification of a version. The event that a rule
//! of the stack hands to the training function is stored with the audit entry.

use std::collections::BTreeMap;

use evergreen_http::Problem;
use evergreen_lifecycle::{AuditedAction, Family, RunId, VersionNumber};
use serde::Deserialize;
use serde_json::{Value, json};

use super::text::short;
use super::{By, DraftedChange, Steered};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::Reply;
use crate::token;

/// Longest note of a training run, in characters.
const MAX_NOTE: usize = 1000;

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

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn train(&self, by: &By, order: TrainingOrder) -> Result<Reply, Problem> {
        let note = order.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        short("note", note.unwrap_or_default(), MAX_NOTE)?;
        if let Some(earlier) = self.earlier(by, AuditedAction::TrainingRequested, "").await? {
            return accepted(&earlier);
        }
        let id = token::id()?;
        let run = RunId::requested(&id).map_err(problem::internal)?;
        let mut request = json!({"id": id});
        let fields = [
            ("seed", order.seed.map(Value::from)),
            ("family", order.family.map(|family| json!(family))),
            ("hyperparameters", order.hyperparameters.map(|set| json!(set))),
            ("note", note.map(Value::from)),
        ];
        let mut draft = DraftedChange::new(AuditedAction::TrainingRequested, format!("run {run}")).with("run", &run);
        for (name, field) in fields {
            let Some(field) = field else { continue };
            draft = if name == "note" { draft } else { draft.with(name, &field) };
            if let Value::Object(request) = &mut request {
                request.insert(name.to_owned(), field);
            }
        }
        let reason = note.map(str::to_owned);
        accepted(&self.commit(by, id, DraftedChange { reason, request: Some(request), ..draft }).await?)
    }

    pub(crate) async fn verify(&self, by: &By, number: VersionNumber) -> Result<Reply, Problem> {
        let subject = format!("version {number}");
        if let Some(earlier) = self.earlier(by, AuditedAction::VerificationRequested, &subject).await? {
            return accepted(&earlier);
        }
        self.version(number).await?;
        let id = token::id()?;
        let request = Some(json!({"verify": number, "id": id}));
        let draft = DraftedChange::new(AuditedAction::VerificationRequested, subject).with("request", &id);
        accepted(&self.commit(by, id, DraftedChange { version: Some(number), request, ..draft }).await?)
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
