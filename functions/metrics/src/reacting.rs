//! What the stack does by itself when a measurement finds drift: a training run, or the return to the former champion.
//!
//! The parameters `OnDrift` and `OnLiveAccuracy` allow it, and [`ReactionLog::decide`] limits how often. The reaction is
//! a change like that of a person in the console.

use evergreen_lifecycle::feedback::LiveSummary;
use evergreen_lifecycle::outbox::{Delivery, publish};
use evergreen_lifecycle::ports::{
    Announcer, ArtifactReadError, Artifacts, Champions, ChangeError, Clock, EventOutbox, LiveRecord, ObjectRetention,
    Reactions, RecordRetention, Rollouts, Runs, ServedRecord, Steering, Unavailable, Versions,
};
use evergreen_lifecycle::reaction::{
    REACTOR, Reaction, ReactionCause, ReactionDecision, ReactionLog, ReactionRules, ReactionSituation,
    ReturnedChampion, TakenReaction,
};
use evergreen_lifecycle::{
    Actor, ActorKind, AuditedAction, DraftedChange, Edit, InvalidRunId, ManualSuccession, ModelName, Pointer, RunId,
    RunStatus, Unreadable, VersionNumber, former_champion,
};
use evergreen_scoring::{Model, RegisteredError};
use jiff::Timestamp;

// A run that is in progress is one of the newest. Runs of imports count too: they may make a better version.
/// Number of newest runs among which one in progress is looked for.
const RUNS: u32 = 10;

/// Maximum number of characters of a reason. The sentence about drift names columns, and their names may be long.
const MAX_REASON: usize = 900;

/// What a reaction needs of the registry.
pub trait ReactingRegistry:
    Champions
    + EventOutbox
    + LiveRecord
    + Reactions
    + RecordRetention
    + Rollouts
    + Runs
    + ServedRecord
    + Steering
    + Versions
{
}

impl<
    R: Champions
        + EventOutbox
        + LiveRecord
        + Reactions
        + RecordRetention
        + Rollouts
        + Runs
        + ServedRecord
        + Steering
        + Versions,
> ReactingRegistry for R
{
}

/// Reacts to drift and to a worse live accuracy as the stack's parameters allow it.
#[derive(Debug)]
pub struct Reactor<'a, R, A, B, C> {
    /// The registry of the model.
    pub registry: &'a R,
    /// The bucket with the model files.
    pub artifacts: &'a A,
    /// The event bus.
    pub bus: &'a B,
    /// The clock.
    pub clock: &'a C,
    /// The name of the model.
    pub model: &'a ModelName,
    /// What the parameters allow.
    pub rules: &'a ReactionRules,
}

// The next measurement decides again.
/// Error: the stack could not react. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    /// A call to the registry or the bucket failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The change was refused, for example because another measurement has reacted meanwhile.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A record was written by a newer release.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The version to return to is no longer registered, or its model file is missing.
    #[error("the stack cannot return to version {0}: it is no longer stored; promote another version by hand")]
    Gone(VersionNumber),
    /// The version to return to could not answer predictions.
    #[error("the stack cannot return to version {0}: its model file has {1}; promote another version by hand")]
    Damaged(VersionNumber, RegisteredError),
    /// A name or an event cannot be written.
    #[error("the change cannot be written")]
    Unwritten(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The champion, what is wrong with it, and what the stack has done before.
struct Known {
    champion: Pointer,
    causes: Vec<(ReactionCause, String)>,
    log: ReactionLog,
}

impl<R: ReactingRegistry, A: Artifacts + ObjectRetention, B: Announcer, C: Clock> Reactor<'_, R, A, B, C> {
    /// Reacts if the parameters allow it and a cause holds. Logs what it did, and why it did nothing. Never fails a
    /// measurement.
    pub async fn react(&self) {
        if !self.rules.allow_any() {
            return;
        }
        match self.decide().await {
            Ok(Some(taken)) => tracing::warn!(reaction = taken.sentence(), "the stack reacted by itself"),
            Ok(None) => {}
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "the stack could not react; the next measurement decides again");
            }
        }
    }

    async fn decide(&self) -> Result<Option<TakenReaction>, ReactionError> {
        let Some(champion) = self.registry.champion().await?.transpose()? else { return Ok(None) };
        let causes = self.causes(&champion).await?;
        if causes.is_empty() {
            return Ok(None);
        }
        let (log, now) = (self.registry.reactions().await?, self.clock.now());
        let holding: Vec<ReactionCause> = causes.iter().map(|(cause, _)| *cause).collect();
        let situation = ReactionSituation {
            causes: &holding,
            revision: champion.revision,
            before: former_champion(self.registry, &champion).await?,
            is_training: self.is_training(&champion, now).await?,
        };
        let decision = log.decide(self.rules, &situation, now);
        let known = Known { champion, causes, log };
        match decision {
            ReactionDecision::Rest => Ok(None),
            ReactionDecision::Wait(cause, reluctance) => {
                tracing::info!(%cause, %reluctance, "the stack does not react now");
                Ok(None)
            }
            ReactionDecision::Retrain(cause) => self.retrain(&known, cause, now).await.map(Some),
            ReactionDecision::Rollback(cause, to) => self.roll_back(&known, cause, to, now).await.map(Some),
        }
    }

    /// Returns what is wrong with the champion now, each with a sentence that says how much.
    async fn causes(&self, champion: &Pointer) -> Result<Vec<(ReactionCause, String)>, Unavailable> {
        let mut causes = Vec::new();
        let drift = self.registry.drift_summary().await?.filter(|drift| drift.version == champion.number);
        if let Some(drift) = drift.filter(|drift| drift.drifted() > 0) {
            causes.push((ReactionCause::Drift, drift.sentence().unwrap_or_default().to_owned()));
        }
        let live = self.registry.live_summary().await?.filter(|live| live.version == champion.number);
        if let Some(live) = live.filter(LiveSummary::is_worse) {
            causes.push((ReactionCause::LiveAccuracy, live.sentence));
        }
        Ok(causes)
    }

    /// Returns whether a better version may come soon: a run is in progress, or a new version proves itself.
    async fn is_training(&self, champion: &Pointer, now: Timestamp) -> Result<bool, Unavailable> {
        let rollout = self.registry.rollout().await?.and_then(Result::ok);
        if rollout.is_some_and(|rollout| rollout.runs_beside(champion.revision)) {
            return Ok(true);
        }
        let runs = self.registry.recent_runs(RUNS).await?;
        Ok(runs.iter().flatten().any(|run| run.status_at(now) == RunStatus::Running))
    }

    async fn retrain(
        &self,
        known: &Known,
        cause: ReactionCause,
        now: Timestamp,
    ) -> Result<TakenReaction, ReactionError> {
        let id = known.id();
        let run = RunId::requested(&id).map_err(|error: InvalidRunId| ReactionError::Unwritten(error.into()))?;
        let taken = TakenReaction { run: Some(run.clone()), ..known.taken(cause, Reaction::Retrain, now) };
        let draft = DraftedChange { reason: Some(known.reason(cause)), ..DraftedChange::training(&run) };
        self.store(known, id, draft, taken, now).await
    }

    async fn roll_back(
        &self,
        known: &Known,
        cause: ReactionCause,
        to: VersionNumber,
        now: Timestamp,
    ) -> Result<TakenReaction, ReactionError> {
        let version = self.registry.version(to).await?.ok_or(ReactionError::Gone(to))??;
        let artifact = match self.artifacts.get(&version.artifact.key).await {
            Ok(artifact) => artifact,
            Err(ArtifactReadError::NotFound(_)) => return Err(ReactionError::Gone(to)),
            Err(ArtifactReadError::Unavailable(error)) => return Err(error.into()),
        };
        Model::load_registered(&artifact, &version.artifact, self.model)
            .map_err(|error| ReactionError::Damaged(to, error))?;
        let (action, seen, actor) = (AuditedAction::RolledBack, Some(&known.champion), actor());
        let succession = ManualSuccession { action, seen, version, artifact, actor, reason: known.reason(cause) };
        let draft = succession.draft(self.registry, self.artifacts, self.model, now).await?;
        let draft = draft.ok_or(ReactionError::Gone(to))?;
        let champion = draft.edits.iter().find_map(returned);
        let taken = TakenReaction { champion, ..known.taken(cause, Reaction::Rollback, now) };
        self.store(known, known.id(), draft, taken, now).await
    }

    /// Stores the change and the log in one transaction, then sends the events at once.
    async fn store(
        &self,
        known: &Known,
        id: String,
        mut draft: DraftedChange,
        taken: TakenReaction,
        now: Timestamp,
    ) -> Result<TakenReaction, ReactionError> {
        draft.edits.push(Edit::React(Box::new(known.log.after(taken.clone()))));
        let change = draft.made(id, actor(), self.model, None, now);
        let change = change.map_err(|error| ReactionError::Unwritten(error.into()))?;
        self.registry.apply(&change).await?;
        let mut delivery = Delivery::default();
        publish(self.registry, self.bus, &change.announcements, &mut delivery).await;
        if !delivery.is_complete() {
            tracing::warn!(%delivery, "an event is still to be sent; the next measurement sends it");
        }
        Ok(taken)
    }
}

impl Known {
    /// Returns the id of the next reaction. Two measurements at the same time get the same one, and so does a run that
    /// is asked for twice.
    fn id(&self) -> String {
        format!("reaction-{}-{}", self.champion.revision, self.log.revision.saturating_add(1))
    }

    fn taken(&self, cause: ReactionCause, reaction: Reaction, now: Timestamp) -> TakenReaction {
        let version = self.champion.number;
        TakenReaction {
            at: evergreen_lifecycle::time::to_millis(now),
            cause,
            reaction,
            version,
            run: None,
            champion: None,
        }
    }

    /// Returns the reason for the audit trail: the parameter, and what was found.
    fn reason(&self, cause: ReactionCause) -> String {
        let found = self.causes.iter().find(|(held, _)| *held == cause).map_or("", |(_, found)| found);
        format!("{}: {cause}. {found}", cause.parameter()).trim_end().chars().take(MAX_REASON).collect()
    }
}

fn actor() -> Actor {
    Actor::new(ActorKind::Stack, REACTOR)
}

fn returned(edit: &Edit) -> Option<ReturnedChampion> {
    match edit {
        Edit::Promote { champion, .. } => {
            Some(ReturnedChampion { version: champion.version.number, revision: champion.revision })
        }
        _ => None,
    }
}
