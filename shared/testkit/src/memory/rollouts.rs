//! Test fake of the rollout and of its counts.

use evergreen_lifecycle::Record;
use evergreen_lifecycle::ports::{
    ChampionRecords, Champions, ChangeError, RolloutCounting, RolloutEvidence, RolloutShare, Rollouts, Unavailable,
};
use evergreen_lifecycle::rollout::Rollout;

use super::{Memory, MemoryState};

impl Rollouts for Memory {
    async fn rollout(&self) -> Result<Option<Record<Rollout>>, Unavailable> {
        Ok(self.reach("registry")?.rollout.clone().map(Ok))
    }

    async fn serving(&self, with_copy: bool) -> Result<Option<ChampionRecords>, Unavailable> {
        let rollout = self.reach("registry")?.rollout.clone().map(Ok);
        if with_copy {
            let found = self.champion_with_artifact().await?;
            return Ok(found.map(|(pointer, copy)| ChampionRecords { pointer, copy, rollout }));
        }
        Ok(self.champion().await?.map(|pointer| ChampionRecords { pointer, copy: None, rollout }))
    }
}

impl RolloutCounting for Memory {
    async fn put_rollout_share(&self, share: &RolloutShare) -> Result<(), Unavailable> {
        let mut state = self.reach("served")?;
        let place = |share: &RolloutShare| (share.rollout.clone(), share.stage, share.hour, share.environment.clone());
        match state.rollout_shares.iter_mut().find(|stored| place(stored) == place(share)) {
            Some(stored) if stored.sequence >= share.sequence => {}
            Some(stored) => *stored = share.clone(),
            None => state.rollout_shares.push(share.clone()),
        }
        Ok(())
    }
}

impl RolloutEvidence for Memory {
    async fn rollout_shares(&self, rollout: &str) -> Result<Vec<RolloutShare>, Unavailable> {
        let state = self.reach("served")?;
        let mut shares: Vec<_> =
            state.rollout_shares.iter().filter(|share| share.rollout == rollout).cloned().collect();
        shares.sort_by_key(|share| (share.stage, share.hour));
        Ok(shares)
    }
}

impl MemoryState {
    pub(super) fn check_rollout(&self, rollout: &Rollout) -> Result<(), ChangeError> {
        let stored = self.rollout.as_ref().map_or(0, |stored| stored.revision);
        if stored + 1 != rollout.revision {
            return Err(ChangeError::Conflict("the rollout".into()));
        }
        if rollout.end.is_none() && self.revision() != rollout.champion_revision {
            return Err(ChangeError::Conflict("the champion".into()));
        }
        Ok(())
    }
}
