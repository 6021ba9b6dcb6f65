//! The import of a model's history from another stack. The caller has stored its files in the bucket before.

use evergreen_http::Problem;
use evergreen_lifecycle::{AuditedAction, ModelName};
use serde::Deserialize;
use serde_json::json;

use super::By;
use super::DraftedChange;
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem::invalid_field;
use crate::reply::Reply;

/// Maximum number of characters in the name of a CloudFormation stack.
const MAX_STACK: usize = 128;

/// The body of a request to take over an imported history.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Why.
    pub reason: String,
    /// The name of the stack that the history comes from.
    pub stack: String,
    /// The name of the model there. It must be that of this stack.
    pub model: ModelName,
    /// The number of versions in the export.
    pub versions: u32,
    /// The SHA-256 hash of the export's list of files, as 64 lower-case hexadecimal digits.
    pub seal: String,
}

impl<W: ConsoleWorld> Console<W> {
    /// Leaves an audit entry about the import, and asks for a rebuild, which reads the stored files.
    pub(crate) async fn import_history(&self, by: &By, order: Transfer) -> Result<Reply, Problem> {
        let Transfer { reason, stack, model, versions, seal } = order;
        if &model != self.model() {
            let expected = format!("{}, the model of this stack", self.model());
            return Err(invalid_field("model", "The history belongs to another model.", expected));
        }
        let is_stack = stack.starts_with(|first: char| first.is_ascii_alphabetic())
            && stack.len() <= MAX_STACK
            && stack.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
        if !is_stack {
            let expected = "the name of a CloudFormation stack: letters, digits and hyphens, at most 128";
            return Err(invalid_field("stack", "The stack has an impossible name.", expected));
        }
        if seal.len() != 64 || !seal.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')) {
            return Err(invalid_field("seal", "The seal is no SHA-256 hash.", "64 lower-case hexadecimal digits"));
        }
        let draft = DraftedChange::new(AuditedAction::HistoryImported, format!("history of {stack}"))
            .with("versions", versions)
            .with("seal", seal);
        self.request_upkeep(by, &reason, draft, json!({"rebuild": true})).await
    }
}
