//! Making an earlier version champion again, because somebody says so: the way back from a model that turned out bad.
//!
//! The gate is not asked. What cannot be loaded is refused all the same: it could not serve.

use evergreen_lifecycle::ports::{
    Announcer, Artifacts, Champions, Clock, ObjectRetention, PromoteError, RecordRetention, Registrar, Versions,
};
use evergreen_lifecycle::{Champion, EventKind, LifecycleEvent, VersionNumber};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::TrainError;
use crate::request::RequestError;
use crate::stored;
use crate::trainer::{MAX_DECISIONS, Trainer};

/// The event that asks for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromotionEvent {
    promote: VersionNumber,
    note: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promoted {
    /// The version that serves now.
    pub promoted: VersionNumber,
    /// The version that it replaced.
    pub replaced: Option<VersionNumber>,
    /// The champion's revision.
    pub revision: u32,
    /// Whether the version was champion already, so that nothing was done.
    pub duplicate: bool,
}

/// Whether `event` asks for a promotion and not for a run.
pub fn is_asked_for(event: &Value) -> bool {
    event.get("promote").is_some()
}

/// Does what `event` asks for.
///
/// # Errors
/// [`TrainError`] when there is no such version, or when its artifact could not serve. The champion stays.
pub async fn promote<R, S, B, C>(trainer: &Trainer<'_, R, S, B, C>, event: Value) -> Result<Promoted, TrainError>
where
    R: Registrar + Champions + Versions + RecordRetention,
    S: Artifacts + ObjectRetention,
    B: Announcer,
    C: Clock,
{
    let PromotionEvent { promote: number, note } = serde_json::from_value(event).map_err(RequestError::Shape)?;
    let version = trainer.registry.version(number).await?.ok_or(TrainError::NoSuchVersion(number))?;
    trainer.keep(&version).await?;
    let content = match stored::read(trainer.storage, &version.artifact).await? {
        Ok((content, _)) => content,
        Err(defect) => return Err(TrainError::CannotServe { version: number, defect }),
    };
    for _ in 0..MAX_DECISIONS {
        let seen = trainer.registry.champion().await?;
        if let Some(champion) = seen.as_ref().filter(|champion| champion.version.number == number) {
            return Ok(answer(champion, true));
        }
        let champion = Champion::succeeding(seen.as_ref(), version.clone(), trainer.clock.now());
        match trainer.registry.promote(&champion, Some(&content)).await {
            Ok(()) => {
                trainer.announce(&[announcement(trainer, &champion, note)]).await;
                return Ok(answer(&champion, false));
            }
            Err(PromoteError::ChampionMoved) => {}
            Err(PromoteError::Unavailable(error)) => return Err(error.into()),
        }
    }
    Err(TrainError::Contended(MAX_DECISIONS))
}

fn answer(champion: &Champion, duplicate: bool) -> Promoted {
    Promoted { promoted: champion.version.number, replaced: champion.previous, revision: champion.revision, duplicate }
}

fn announcement<R, S, B, C>(
    trainer: &Trainer<'_, R, S, B, C>,
    champion: &Champion,
    note: Option<String>,
) -> LifecycleEvent {
    LifecycleEvent {
        kind: EventKind::ModelPromoted,
        model: trainer.training.model.clone(),
        run_id: champion.version.run_id.clone(),
        version: Some(champion.version.number),
        metrics: None,
        reason: note.map_or_else(|| "promoted by hand".to_owned(), |note| format!("promoted by hand: {note}")),
        decision: None,
    }
}
