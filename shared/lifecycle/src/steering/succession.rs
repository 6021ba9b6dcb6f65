//! A promotion that the gate does not decide: by a person in the console, or by a rule of the stack.

use jiff::Timestamp;

use super::{Actor, AuditedAction, DraftedChange, Edit};
use crate::ports::{Champions, ObjectRetention, RecordRetention, Unavailable};
use crate::{Champion, LifecycleEvent, ModelName, Pointer, Version, VersionNumber};

/// Number of former champions among which the one before the current champion is looked for.
const HISTORY: u32 = 20;

/// A version that becomes the champion by the decision of a person or a rule.
#[derive(Debug)]
pub struct ManualSuccession<'a> {
    /// A promotion or a rollback.
    pub action: AuditedAction,
    /// The current champion, as the caller saw it. `None` without one.
    pub seen: Option<&'a Pointer>,
    /// The version that becomes the champion.
    pub version: Version,
    /// The content of its model file. The caller has checked that it could answer predictions.
    pub artifact: Vec<u8>,
    /// Who decided.
    pub actor: Actor,
    /// Why.
    pub reason: String,
}

impl ManualSuccession<'_> {
    /// Protects the version from deletion, and returns the change that makes it the champion. `None` if the version is no
    /// longer registered.
    ///
    /// # Errors
    /// [`Unavailable`] if a call to the registry or the bucket fails.
    pub async fn draft(
        self,
        registry: &(impl Champions + RecordRetention),
        artifacts: &impl ObjectRetention,
        model: &ModelName,
        now: Timestamp,
    ) -> Result<Option<DraftedChange>, Unavailable> {
        // First the records, then the objects: the function that marks them goes the other way.
        if !registry.keep_records(&self.version).await? {
            return Ok(None);
        }
        artifacts.keep_objects(&self.version).await?;
        let history = registry.recent_champions(1).await?;
        let last_revision = history.iter().flatten().map(|pointer| pointer.revision).max().unwrap_or_default();
        Ok(Some(self.after(last_revision, model, now)))
    }

    fn after(self, last_revision: u32, model: &ModelName, now: Timestamp) -> DraftedChange {
        let Self { action, seen, version, artifact, actor, reason } = self;
        let number = version.number;
        let champion = Champion::following(seen, last_revision, version, now).promoted_by(actor, Some(reason.clone()));
        let told = LifecycleEvent::of_promotion(model.clone(), &champion, reason.clone());
        let from = champion.previous.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let draft = DraftedChange::new(action, format!("version {number}"))
            .with("from", from)
            .with("to", number)
            .with("revision", champion.revision);
        let seen_revision = seen.map_or(0, |pointer| pointer.revision);
        let promote = Edit::Promote { champion: Box::new(champion), seen_revision, artifact };
        DraftedChange {
            reason: Some(reason),
            version: Some(number),
            edits: vec![promote],
            promotion: Some(told),
            ..draft
        }
    }
}

/// Returns the version that was the champion before the current one. `None` if there was no other.
///
/// # Errors
/// [`Unavailable`] if the call to the registry fails.
pub async fn former_champion(
    registry: &impl Champions,
    current: &Pointer,
) -> Result<Option<VersionNumber>, Unavailable> {
    if let Some(previous) = current.previous() {
        return Ok(Some(previous));
    }
    // The pointer of a champion that followed a lost record names nobody.
    let history = registry.recent_champions(HISTORY).await?;
    Ok(history.iter().flatten().map(|pointer| pointer.number).find(|number| *number != current.number))
}
