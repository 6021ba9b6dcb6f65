//! Takes the next step of a rollout: the next stage, the rollback, or the promotion of its challenger.
//!
//! The decision is [`step`]. The step is a change like that of a person in the console: one transaction with the rollout, an
//! audit entry and an event, on condition that the rollout is as it was read. So two measurements at the same time take one
//! step.

use evergreen_lifecycle::outbox::{Delivery, publish};
use evergreen_lifecycle::ports::{
    AlarmCondition, AlarmStates, Announcer, ArtifactReadError, Artifacts, Champions, ChangeError, Clock, EventOutbox,
    FeedbackRecord, ObjectRetention, RecordRetention, RolloutEvidence, Rollouts, Steering, Unavailable,
};
use evergreen_lifecycle::rollout::{
    Evidence, HOLDING_ALARMS, ROLLOUT_ACTOR, Rollout, RolloutLimits, RolloutOutcome, Step, step,
};
use evergreen_lifecycle::{
    Actor, ActorKind, AuditedAction, DraftedChange, ManualSuccession, ModelName, Pointer, Unreadable, VersionNumber,
};
use evergreen_scoring::{Model, RegisteredError};
use jiff::Timestamp;

/// Maximum number of characters of a reason in the audit trail.
const MAX_REASON: usize = 900;

/// What the steps of rollouts need of the registry.
pub trait RolloutRegistry:
    Champions + EventOutbox + FeedbackRecord + RecordRetention + RolloutEvidence + Rollouts + Steering
{
}

impl<R: Champions + EventOutbox + FeedbackRecord + RecordRetention + RolloutEvidence + Rollouts + Steering>
    RolloutRegistry for R
{
}

/// Takes the steps of rollouts.
#[derive(Debug)]
pub struct RolloutSteps<'a, R, A, B, M, C> {
    /// The registry of the model.
    pub registry: &'a R,
    /// The bucket with the model files.
    pub artifacts: &'a A,
    /// The event bus.
    pub bus: &'a B,
    /// The states of the stack's alarms. They are read only while a rollout runs.
    pub alarms: &'a M,
    /// The clock.
    pub clock: &'a C,
    /// The name of the model.
    pub model: &'a ModelName,
}

// The next measurement decides again.
/// Error: a step of a rollout was not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A call to the registry, the bucket or the monitoring service failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The change was refused, for example because another measurement has taken the step.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A record was written by a newer release.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// An event cannot be written.
    #[error("the change cannot be written")]
    Unwritten(#[from] serde_json::Error),
}

/// Why the challenger cannot become the champion.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("version {0} is no longer stored")]
    Gone(VersionNumber),
    #[error("the model file of version {0} has {1}")]
    Damaged(VersionNumber, RegisteredError),
}

impl<R, A, B, M, C> RolloutSteps<'_, R, A, B, M, C>
where
    R: RolloutRegistry,
    A: Artifacts + ObjectRetention,
    B: Announcer,
    M: AlarmStates,
    C: Clock,
{
    /// Takes the step that is due, if a rollout runs. Logs what it decided. Never fails a measurement.
    pub async fn take(&self) {
        match self.decide().await {
            Ok(Some(Step::Hold(reason))) => tracing::info!(reason, "the stage of the rollout goes on"),
            Ok(Some(taken)) => tracing::warn!(step = ?taken, "the rollout took a step"),
            Ok(None) => {}
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "the rollout took no step; the next measurement decides again");
            }
        }
    }

    async fn decide(&self) -> Result<Option<Step>, StepError> {
        let Some(rollout) = self.registry.rollout().await?.transpose()?.filter(|rollout| rollout.end.is_none()) else {
            return Ok(None);
        };
        let (champion, now) = (self.registry.champion().await?.transpose()?, self.clock.now());
        let Some(champion) = champion.filter(|champion| rollout.runs_beside(champion.revision)) else {
            self.end(&rollout, RolloutOutcome::Stopped, "another version became the champion".to_owned(), now).await?;
            return Ok(None);
        };
        let step = self.next(&rollout, now).await?;
        match &step {
            Step::Hold(_) => {}
            Step::Advance(_, reason) => self.store(&rollout, rollout.next_stage(short(reason), now), now).await?,
            Step::RollBack(reason) => self.end(&rollout, RolloutOutcome::RolledBack, short(reason), now).await?,
            Step::Promote(reason) => self.promote(&rollout, &champion, short(reason), now).await?,
        }
        Ok(Some(step))
    }

    /// Decides the next step. Alarms are read only if nothing speaks against the challenger, so a rollback needs no
    /// monitoring service.
    async fn next(&self, rollout: &Rollout, now: Timestamp) -> Result<Step, Unavailable> {
        let shares = self.registry.rollout_shares(&rollout.id).await?;
        let pairs = self.registry.paired_tally(rollout.champion, rollout.challenger.number).await?;
        let evidence = Evidence::of(&shares, pairs.into(), Vec::new());
        let decided = step(rollout, &evidence, &RolloutLimits::DEFAULT, now);
        if matches!(decided, Step::RollBack(_) | Step::Hold(_)) {
            return Ok(decided);
        }
        let evidence = Evidence { alarms: self.ringing().await?, ..evidence };
        Ok(step(rollout, &evidence, &RolloutLimits::DEFAULT, now))
    }

    /// Returns the names of the alarms about predictions that ring.
    async fn ringing(&self) -> Result<Vec<String>, Unavailable> {
        let states = self.alarms.alarm_states().await?;
        let rings = states.into_iter().filter(|alarm| alarm.condition == AlarmCondition::Alarm);
        Ok(rings.map(|alarm| alarm.name).filter(|name| HOLDING_ALARMS.contains(&name.as_str())).collect())
    }

    async fn promote(
        &self,
        rollout: &Rollout,
        champion: &Pointer,
        reason: String,
        now: Timestamp,
    ) -> Result<(), StepError> {
        let artifact = match self.content(rollout).await? {
            Ok(artifact) => artifact,
            Err(unfit) => return self.end(rollout, RolloutOutcome::RolledBack, unfit.to_string(), now).await,
        };
        let (action, seen, version) = (AuditedAction::Promoted, Some(champion), rollout.challenger.clone());
        let succession = ManualSuccession { action, seen, version, artifact, actor: actor(), reason: reason.clone() };
        match succession.draft(self.registry, self.artifacts, self.model, now).await? {
            Some(draft) => self.store(rollout, rollout.end_with(draft, reason, now), now).await,
            None => {
                let unfit = Unfit::Gone(rollout.challenger.number);
                self.end(rollout, RolloutOutcome::RolledBack, unfit.to_string(), now).await
            }
        }
    }

    /// Returns the content of the challenger's model file, if it could answer predictions.
    async fn content(&self, rollout: &Rollout) -> Result<Result<Vec<u8>, Unfit>, Unavailable> {
        let (number, artifact) = (rollout.challenger.number, &rollout.challenger.artifact);
        match self.artifacts.get(&artifact.key).await {
            Ok(content) => Ok(match Model::load_registered(&content, artifact, self.model) {
                Ok(_) => Ok(content),
                Err(error) => Err(Unfit::Damaged(number, error)),
            }),
            Err(ArtifactReadError::NotFound(_)) => Ok(Err(Unfit::Gone(number))),
            Err(ArtifactReadError::Unavailable(error)) => Err(error),
        }
    }

    async fn end(
        &self,
        rollout: &Rollout,
        outcome: RolloutOutcome,
        reason: String,
        now: Timestamp,
    ) -> Result<(), StepError> {
        self.store(rollout, rollout.end_without_promotion(outcome, reason, now), now).await
    }

    /// Stores the change, then sends its events at once.
    async fn store(&self, rollout: &Rollout, draft: DraftedChange, now: Timestamp) -> Result<(), StepError> {
        // Two measurements at the same time get the same id.
        let id = format!("rollout-{}-{}", rollout.id, rollout.revision.saturating_add(1));
        let change = draft.made(id, actor(), self.model, None, now)?;
        self.registry.apply(&change).await?;
        let mut delivery = Delivery::default();
        publish(self.registry, self.bus, &change.announcements, &mut delivery).await;
        if !delivery.is_complete() {
            tracing::warn!(%delivery, "an event is still to be sent; the next measurement sends it");
        }
        Ok(())
    }
}

fn actor() -> Actor {
    Actor::new(ActorKind::Stack, ROLLOUT_ACTOR)
}

fn short(reason: &str) -> String {
    reason.chars().take(MAX_REASON).collect()
}
