//! Promotes an earlier version on request, to replace a model that turned out bad.
//!
//! The gate is not asked. A version that cannot be loaded is rejected, because it could not serve.

use evergreen_lifecycle::ports::{
    Announcer, Artifacts, Champions, Clock, EventOutbox, ObjectRetention, PromoteError, Promotion, RecordRetention,
    Registrar, Versions,
};
use evergreen_lifecycle::{Announcement, Champion, LifecycleEvent, Pointer, VersionNumber};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::TrainError;
use crate::patience::Patience;
use crate::request::RequestError;
use crate::stored;
use crate::trainer::{Invocation, Trainer};
use crate::work;

/// The event that requests a promotion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromotionEvent {
    promote: VersionNumber,
    note: Option<String>,
}

/// The answer to a promotion request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promoted {
    /// The version that serves now.
    pub promoted: VersionNumber,
    /// The version that it replaced.
    pub replaced: Option<VersionNumber>,
    /// Revision of the champion after the promotion.
    pub revision: u32,
    /// Whether the version already was the champion, so that nothing changed.
    pub duplicate: bool,
}

/// Checks whether `event` requests a promotion, not a run.
pub fn is_asked_for(event: &Value) -> bool {
    event.get("promote").is_some()
}

/// Promotes the version that `event` names.
///
/// # Errors
/// Returns [`TrainError`] if the version does not exist or cannot serve. The champion stays the same.
pub async fn promote<R, S, B, C>(
    trainer: &Trainer<'_, R, S, B, C>,
    event: Value,
    invocation: &Invocation,
) -> Result<Promoted, TrainError>
where
    R: Registrar + Champions + Versions + EventOutbox + RecordRetention,
    S: Artifacts + ObjectRetention,
    B: Announcer,
    C: Clock,
{
    let PromotionEvent { promote: number, note } = serde_json::from_value(event).map_err(RequestError::Shape)?;
    let patience = Patience::lasting(work::time_limit(invocation.deadline, trainer.clock.now()));
    let version = patience.with(async || trainer.registry.version(number).await).await?;
    let version = version.ok_or(TrainError::NoSuchVersion(number))??;
    trainer.keep(&version).await?;
    let model = &trainer.training.model;
    let read = patience.with(async || stored::read(trainer.storage, &version.artifact, model).await).await?;
    let content = match read {
        Ok((content, _)) => content,
        Err(defect) => return Err(TrainError::CannotServe { version: number, defect }),
    };
    let mut sent: Option<Champion> = None;
    let mut round = 0;
    loop {
        let seen = patience.with(async || trainer.registry.champion().await).await?.transpose()?;
        if let Some(pointer) = seen.as_ref().filter(|pointer| pointer.number == number) {
            // If the answer to an earlier try was lost, the promotion is this invocation's own.
            let is_own = sent.as_ref().is_some_and(|champion| pointer.champion() == Some(champion));
            return Ok(answer(pointer, !is_own));
        }
        let last_revision = patience.with(async || trainer.registry.last_revision().await).await?;
        let champion = Champion::following(seen.as_ref(), last_revision, version.clone(), trainer.clock.now());
        let announcement = &announcement(trainer, &champion, note.as_deref())?;
        let seen_revision = seen.as_ref().map_or(0, |pointer| pointer.revision);
        let promotion = Promotion { champion: &champion, seen_revision, artifact: &content, announcement };
        match patience.with(async || trainer.registry.promote(&promotion).await).await {
            Ok(()) => {
                trainer.tell(std::slice::from_ref(announcement), invocation).await;
                return Ok(answer(&champion.into(), false));
            }
            Err(PromoteError::ChampionMoved) => sent = Some(champion),
            Err(PromoteError::Unavailable(error)) => return Err(error.into()),
        }
        let Some(pause) = patience.pause(round) else { return Err(TrainError::Contended(round + 1)) };
        tokio::time::sleep(pause).await;
        round += 1;
    }
}

fn answer(pointer: &Pointer, duplicate: bool) -> Promoted {
    Promoted { promoted: pointer.number, replaced: pointer.previous(), revision: pointer.revision, duplicate }
}

fn announcement<R, S, B, C>(
    trainer: &Trainer<'_, R, S, B, C>,
    champion: &Champion,
    note: Option<&str>,
) -> Result<Announcement, serde_json::Error> {
    let reason = note.map_or_else(|| "promoted by hand".to_owned(), |note| format!("promoted by hand: {note}"));
    Announcement::of(&LifecycleEvent::of_promotion(trainer.training.model.clone(), champion, reason))
}
