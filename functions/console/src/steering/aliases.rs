//! Aliases: set and remove.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::Steering;
use evergreen_lifecycle::{Alias, AliasName, AuditedAction, Edit, VersionNumber, time};
use serde::Deserialize;
use serde_json::json;

use super::{By, DraftedChange, optional_reason};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// The body of a request to set an alias.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasTarget {
    /// The version that the alias will name.
    pub version: VersionNumber,
    /// The revision of the alias that the caller saw; 0 if there was no such alias. `None`: any.
    pub seen_revision: Option<u32>,
    /// Why.
    pub reason: Option<String>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn set_alias(&self, by: &By, name: &str, target: AliasTarget) -> Result<Reply, Problem> {
        let (name, reason) = (parsed(name)?, optional_reason(target.reason.as_deref())?);
        let subject = format!("alias {name}");
        if let Some(earlier) = self.earlier(by, AuditedAction::AliasSet, &subject).await? {
            return Reply::ok(&earlier);
        }
        self.version(target.version).await?;
        let stored = self.alias(&name).await?;
        let present = stored.as_ref().map_or(0, |alias| alias.revision);
        let seen_revision = target.seen_revision.or(by.seen).unwrap_or(present);
        let alias = Alias {
            name: name.clone(),
            version: target.version,
            revision: seen_revision.saturating_add(1),
            set_at: time::to_millis(self.now()),
        };
        let from = stored.map_or_else(|| "none".to_owned(), |alias| alias.version.to_string());
        let draft = DraftedChange {
            reason,
            version: Some(target.version),
            alias: Some(name.to_string()),
            edits: vec![Edit::SetAlias { alias: alias.clone(), seen_revision }],
            ..DraftedChange::new(AuditedAction::AliasSet, subject).with("from", from).with("to", target.version)
        };
        let steered = self.commit(by, token::id()?, draft).await?;
        Reply::ok(&json!({"alias": alias, "audit": steered.audit, "repeated": steered.repeated}))
    }

    pub(crate) async fn remove_alias(&self, by: &By, name: &str) -> Result<Reply, Problem> {
        let name = parsed(name)?;
        let subject = format!("alias {name}");
        if let Some(earlier) = self.earlier(by, AuditedAction::AliasRemoved, &subject).await? {
            return Reply::ok(&earlier);
        }
        let seen = self.alias(&name).await?.ok_or_else(|| problem::unknown(&subject, "name"))?;
        if by.seen.is_some_and(|revision| revision != seen.revision) {
            return Err(problem::conflict("The alias"));
        }
        let draft = DraftedChange {
            version: Some(seen.version),
            alias: Some(name.to_string()),
            edits: vec![Edit::RemoveAlias { seen: seen.clone() }],
            ..DraftedChange::new(AuditedAction::AliasRemoved, subject).with("from", seen.version)
        };
        Reply::ok(&self.commit(by, token::id()?, draft).await?)
    }

    async fn alias(&self, name: &AliasName) -> Result<Option<Alias>, Problem> {
        Ok(read(self.world.registry().aliases()).await?.into_iter().find(|alias| alias.name == *name))
    }
}

fn parsed(name: &str) -> Result<AliasName, Problem> {
    name.parse().map_err(|_| {
        let expected = "1–40 lower-case letters, digits and hyphens, and not `champion`";
        Problem::invalid_parameter("name", "This cannot be the name of an alias.", expected)
    })
}
