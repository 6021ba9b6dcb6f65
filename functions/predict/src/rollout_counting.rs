//! Counts in memory what both versions do while a rollout runs, and hands the counts over to the registry.
//!
//! It works as [`counting`](crate::counting) does: each hand-over stores all counts of the hour again under the name of
//! this environment, so a repeated one counts nothing twice.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::ports::{RolloutCounting, RolloutShare};
use evergreen_lifecycle::rollout::RolloutCounts;
use evergreen_lifecycle::text::causes;

use crate::challenger::RunningRollout;
use crate::ports::PredictWorld;

/// Maximum number of shares (one for each stage and hour) that wait for a hand-over. A share has less than 300 bytes.
const MAX_SHARES: usize = 8;

/// Counts what both versions do while a rollout runs, and hands the counts over to the registry.
#[derive(Debug)]
pub struct RolloutTally<W> {
    world: Arc<W>,
    /// The random name of this environment.
    environment: String,
    shares: Mutex<Vec<Counted>>,
    /// Only one hand-over runs at a time, so that an older one cannot arrive last.
    turn: tokio::sync::Mutex<()>,
}

/// The counts of one stage in one hour, as they are to be stored.
#[derive(Debug)]
struct Counted {
    share: RolloutShare,
    /// Whether something was counted since the last successful hand-over.
    is_new: bool,
}

fn is_same(one: &RolloutShare, other: &RolloutShare) -> bool {
    (one.hour, one.stage, &one.rollout) == (other.hour, other.stage, &other.rollout)
}

impl<W: PredictWorld> RolloutTally<W> {
    /// Creates the counts of an environment that has seen no rollout.
    pub fn new(world: Arc<W>) -> Self {
        // The standard library seeds each `RandomState` from the system's random numbers.
        let environment = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { world, environment, shares: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Lets `count` change the counts of the current stage and hour. They also say whether the challenger is loaded.
    pub fn count(&self, running: &RunningRollout, count: impl FnOnce(&mut RolloutCounts)) {
        let (rollout, hour) = (running.rollout(), CountedHour::of(self.world.clock().now()));
        let is_current =
            |share: &RolloutShare| (share.hour, share.stage, &share.rollout) == (hour, rollout.stage, &rollout.id);
        let mut shares = self.shares();
        // The newest share is the last.
        let position = shares.iter().rposition(|counted| is_current(&counted.share)).unwrap_or_else(|| {
            if shares.len() == MAX_SHARES {
                shares.remove(0);
                tracing::warn!("counts of a rollout were not handed over and are lost");
            }
            let environment = self.environment.clone();
            let (rollout, stage, counts) = (rollout.id.clone(), rollout.stage, RolloutCounts::default());
            let share = RolloutShare { rollout, stage, hour, environment, sequence: 0, counts };
            shares.push(Counted { share, is_new: false });
            shares.len() - 1
        });
        if let Some(Counted { share, is_new }) = shares.get_mut(position) {
            count(&mut share.counts);
            share.counts.loaded = u64::from(running.challenger().is_some());
            share.counts.unable = u64::from(running.is_unable());
            *is_new = true;
        }
    }

    /// Does the same as [`hand_over`](Self::hand_over), unless another hand-over runs.
    pub async fn hand_over_unless_running(&self) {
        // A registry that hangs must not collect waiting hand-overs.
        if self.turn.try_lock().is_ok() {
            self.hand_over().await;
        }
    }

    /// Stores what was counted since the last hand-over. Does nothing, and calls nobody, if nothing was counted. A
    /// failure is logged, and the next hand-over tries again.
    pub async fn hand_over(&self) {
        let _turn = self.turn.lock().await;
        for share in self.take_new() {
            if let Err(error) = self.world.registry().put_rollout_share(&share).await {
                let cause = causes(&error);
                tracing::warn!(cause, "the counts of a rollout could not be stored: tried again later");
                self.give_back(&share);
            }
        }
        self.forget_former_hours();
    }

    fn take_new(&self) -> Vec<RolloutShare> {
        let mut shares = self.shares();
        let new = shares.iter_mut().filter(|counted| counted.is_new).map(|counted| {
            counted.is_new = false;
            counted.share.sequence += 1;
            counted.share.clone()
        });
        new.collect()
    }

    fn give_back(&self, sent: &RolloutShare) {
        let mut shares = self.shares();
        let counted = shares.iter_mut().find(|counted| is_same(&counted.share, sent));
        counted.into_iter().for_each(|counted| counted.is_new = true);
    }

    /// Forgets the shares of former hours that were handed over.
    fn forget_former_hours(&self) {
        let now = CountedHour::of(self.world.clock().now());
        self.shares().retain(|counted| counted.is_new || counted.share.hour >= now);
    }

    fn shares(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
