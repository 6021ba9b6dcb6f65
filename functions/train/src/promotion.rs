//! Makes an earlier model version the champion again on request, to replace a model that turned out bad.
//!
//! The gate does not decide about such a promotion. A version that cannot be loaded is rejected, because it could not
//! answer predictions.

use evergreen_lifecycle::ports::{Champions, PromoteError, Promotion, Registrar, Versions};
use evergreen_lifecycle::{
    Actor, ActorKind, Announcement, AuditEntry, AuditedAction, Champion, LifecycleEvent, Pointer, VersionNumber,
};
use serde::Serialize;

use crate::error::TrainError;
use crate::event::PromotionRequest;
use crate::ports::TrainWorld;
use crate::retries::RetryLimit;
use crate::stored;
use crate::trainer::{Invocation, Trainer};
use crate::work;

/// JSON answer to a request to make an earlier model version the champion (the version that answers predictions).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promoted {
    /// Number of the model version that is the champion now.
    pub promoted: VersionNumber,
    /// Number of the model version that was the champion before. `None` if there was no champion.
    pub replaced: Option<VersionNumber>,
    /// Revision number of this promotion. Each later promotion gets a higher number.
    pub revision: u32,
    /// `true` if the requested model version was already the champion and nothing changed.
    pub duplicate: bool,
}

/// Makes the requested model version the champion, which answers predictions.
///
/// # Errors
/// Returns [`TrainError`] if the version does not exist or cannot be loaded. The champion stays the same.
pub async fn promote<W: TrainWorld>(
    trainer: &Trainer<'_, W>,
    PromotionRequest { promote: number, note, by }: PromotionRequest,
    invocation: &Invocation,
) -> Result<Promoted, TrainError> {
    let retries = RetryLimit::lasting(work::time_limit(invocation.deadline, trainer.world.clock().now()));
    let version = retries.call(async || trainer.world.registry().version(number).await).await?;
    let version = version.ok_or(TrainError::NoSuchVersion(number))??;
    trainer.keep(&version).await?;
    let model = &trainer.settings.model;
    let read = retries.call(async || stored::read(trainer.world.storage(), &version.artifact, model).await).await?;
    let content = match read {
        Ok((content, _)) => content,
        Err(error) => return Err(TrainError::CannotServe { version: number, error }),
    };
    let mut sent: Option<Champion> = None;
    let mut round = 0;
    loop {
        let seen = retries.call(async || trainer.world.registry().champion().await).await?.transpose()?;
        if let Some(pointer) = seen.as_ref().filter(|pointer| pointer.number == number) {
            // The registry's answer to an earlier try may be lost. In that case, this invocation itself has already
            // made the version champion.
            let is_own = sent.as_ref().is_some_and(|champion| pointer.champion() == Some(champion));
            return Ok(answer(pointer, !is_own));
        }
        let last_revision = retries.call(async || trainer.world.registry().last_revision().await).await?;
        let champion = Champion::following(seen.as_ref(), last_revision, version.clone(), trainer.world.clock().now())
            .promoted_by(actor(by.as_deref()), note.clone());
        let announcement = &announcement(trainer, &champion, note.as_deref())?;
        let entry = &audit_entry(&champion, note.as_deref(), by.as_deref());
        let seen_revision = seen.as_ref().map_or(0, |pointer| pointer.revision);
        let promotion = Promotion { champion: &champion, seen_revision, artifact: &content, announcement, entry };
        match retries.call(async || trainer.world.registry().promote(&promotion).await).await {
            Ok(()) => {
                trainer.publish(std::slice::from_ref(announcement), invocation).await;
                return Ok(answer(&champion.into(), false));
            }
            Err(PromoteError::ChampionMoved) => sent = Some(champion),
            Err(PromoteError::Unavailable(error)) => return Err(error.into()),
        }
        let Some(pause) = retries.pause(round) else { return Err(TrainError::Contended(round + 1)) };
        tokio::time::sleep(pause).await;
        round += 1;
    }
}

fn answer(pointer: &Pointer, duplicate: bool) -> Promoted {
    Promoted { promoted: pointer.number, replaced: pointer.previous(), revision: pointer.revision, duplicate }
}

fn actor(by: Option<&str>) -> Actor {
    Actor::new(ActorKind::Iam, by.unwrap_or("lambda invoke"))
}

fn audit_entry(champion: &Champion, note: Option<&str>, by: Option<&str>) -> AuditEntry {
    let number = champion.version.number;
    let from = champion.previous.map(|previous| ("from".to_owned(), previous.to_string()));
    AuditEntry {
        // The id contains the time, because a revision can repeat after somebody deleted the history.
        id: format!("champion-{}-{}", champion.revision, champion.promoted_at.as_millisecond()),
        at: champion.promoted_at,
        actor: actor(by),
        action: AuditedAction::Promoted,
        subject: format!("version {number}"),
        reason: note.map(str::to_owned),
        details: from.into_iter().chain([("to".to_owned(), number.to_string())]).collect(),
    }
}

fn announcement<W>(
    trainer: &Trainer<'_, W>,
    champion: &Champion,
    note: Option<&str>,
) -> Result<Announcement, serde_json::Error> {
    let reason = note.map_or_else(|| "promoted by hand".to_owned(), |note| format!("promoted by hand: {note}"));
    Announcement::of(&LifecycleEvent::of_promotion(trainer.settings.model.clone(), champion, reason))
}
