//! Writes training runs, model versions and champions to DynamoDB.

use aws_sdk_dynamodb::types::TransactWriteItem;
use evergreen_lifecycle::ports::{
    Opening, PromoteError, Promotion, RegisterError, Registrar, Registration, RunWriteError, Runs, Unavailable,
};
use evergreen_lifecycle::{Announcement, Champion, Run, VersionNumber, time};

use super::cancellation::Refused;
use super::{Registry, keys};

impl Registrar for Registry {
    async fn open(&self, opening: &Opening<'_>) -> Result<(), RunWriteError> {
        self.write_run(opening.run, self.opening(opening)?, "opening a run").await
    }

    async fn fail(&self, run: &Run, announcements: &[Announcement]) -> Result<(), RunWriteError> {
        self.write_run(run, self.failure(run, announcements)?, "recording the failure of a run").await
    }

    async fn last_registered(&self) -> Result<Option<VersionNumber>, Unavailable> {
        let highest = self.highest(keys::VERSIONS, "reading the highest version number").await?;
        Ok(highest.as_deref().and_then(VersionNumber::of_padded))
    }

    async fn last_revision(&self) -> Result<u32, Unavailable> {
        let what = "reading the highest revision of a champion";
        let Some(revision) = self.highest(keys::CHAMPIONS, what).await? else { return Ok(0) };
        revision.parse().map_err(|_| {
            let cause = format!("the key {}{revision} has no number; delete the record", keys::CHAMPIONS);
            Unavailable::new(what, cause)
        })
    }

    async fn take_number(&self, above: Option<VersionNumber>) -> Result<VersionNumber, Unavailable> {
        self.next_number(above).await
    }

    async fn register(&self, registration: &Registration) -> Result<(), RegisterError> {
        let run = &registration.run;
        let Err(refused) = self.transact(self.writes(registration)?, "registering a version").await else {
            return Ok(());
        };
        // The condition on the run is checked first. If another attempt has taken over the run, the other conditions do
        // not matter.
        if refused.is_about(&self.keys.run(&run.id)) {
            return if self.holds(run).await? { Ok(()) } else { Err(RegisterError::RunTaken(run.id.clone())) };
        }
        match &registration.promotion {
            Some(champion) if self.is_overtaken(champion, &refused) => Err(RegisterError::ChampionMoved),
            None if refused.is_about(&self.keys.champion()) => Err(RegisterError::ChampionMoved),
            None if refused.is_about(&self.keys.rollout()) => Err(RegisterError::RolloutMoved),
            _ => Err(refused.error.into()),
        }
    }

    async fn promote(&self, promotion: &Promotion<'_>) -> Result<(), PromoteError> {
        let Err(refused) = self.transact(self.promotion(promotion)?, "promoting a version").await else {
            return Ok(());
        };
        let is_overtaken = self.is_overtaken(promotion.champion, &refused);
        Err(if is_overtaken { PromoteError::ChampionMoved } else { refused.error.into() })
    }
}

impl Registry {
    /// Returns whether DynamoDB refused the transaction because another champion has been promoted meanwhile.
    fn is_overtaken(&self, champion: &Champion, refused: &Refused) -> bool {
        // The promoted champion is the current one, or it has the same revision (number of promotions) in the history
        // of champions.
        let places = [self.keys.champion(), self.keys.champion_of(champion.revision)];
        places.iter().any(|place| refused.is_about(place))
    }

    /// Returns whether the training run in the registry already has the same attempt number and the same state as
    /// `run`.
    async fn holds(&self, run: &Run) -> Result<bool, Unavailable> {
        // If so, an earlier try wrote it, and its answer was lost. Metrics are not compared, because DynamoDB may store
        // a number in another form.
        let stored = self.run(&run.id).await?;
        let facts =
            |run: &Run| (run.attempt, run.invocation.clone(), time::to_millis(run.started_at), run.state.clone());
        Ok(stored.and_then(Result::ok).is_some_and(|stored| facts(&stored) == facts(run)))
    }

    /// Stores the training run `run` with the DynamoDB writes `writes`. Returns a conflict if somebody else has changed
    /// the stored run meanwhile.
    async fn write_run(
        &self,
        run: &Run,
        writes: Vec<TransactWriteItem>,
        what: &'static str,
    ) -> Result<(), RunWriteError> {
        // The only condition of `writes` is that the stored run has the expected attempt and status. If the condition
        // is false, the result is `RunWriteError::Conflict`. But if the stored run is already the intended one, the
        // result is success.
        let Err(refused) = self.transact(writes, what).await else { return Ok(()) };
        if !refused.is_about(&self.keys.run(&run.id)) {
            return Err(refused.error.into());
        }
        if self.holds(run).await? { Ok(()) } else { Err(RunWriteError::Conflict(run.id.clone())) }
    }
}
