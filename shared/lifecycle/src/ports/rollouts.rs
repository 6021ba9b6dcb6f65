//! Traits for the rollout of a version, and for what the prediction function counts while it runs.

use std::future::Future;

use super::Unavailable;
use crate::drift::CountedHour;
use crate::rollout::{Rollout, RolloutCounts};
use crate::{Pointer, Record};

/// What the registry says about who answers predictions.
#[derive(Debug, Clone, PartialEq)]
pub struct ChampionRecords {
    /// The record that names the champion.
    pub pointer: Record<Pointer>,
    // As for `Champions::champion_with_artifact`: the caller must compare the copy's hash.
    /// The registry's copy of the champion's model file. `None` if it was not asked for, or if there is none.
    pub copy: Option<Vec<u8>>,
    /// The model's newest rollout, which may have ended. `None` if there was none.
    pub rollout: Option<Record<Rollout>>,
}

// An environment stores all its counts of the hour again and again. So a call that is sent twice counts nothing twice.
/// What one environment of the prediction function has counted for one stage of a rollout in one hour, up to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutShare {
    /// The id of the rollout.
    pub rollout: String,
    /// The stage, as in [`Rollout::stage`].
    pub stage: u32,
    /// The hour in which the rows were served.
    pub hour: CountedHour,
    /// The random name of the environment, as 16 hexadecimal digits.
    pub environment: String,
    /// How many times the environment has stored these counts before, plus 1.
    pub sequence: u64,
    /// The counts.
    pub counts: RolloutCounts,
}

/// Reads the model's rollout.
pub trait Rollouts: Send + Sync {
    /// Returns the model's newest rollout, or `None` if there was none. The read sees every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn rollout(&self) -> impl Future<Output = Result<Option<Record<Rollout>>, Unavailable>> + Send;

    // One call, so a rollout costs the prediction function no extra round trip.
    /// Returns the record that names the champion and the newest rollout, and the copy of the champion's model file if
    /// `with_copy`. `None` without a champion. The reads see every earlier write.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails. If only copy or rollout cannot be read, the result lacks
    /// them.
    fn serving(&self, with_copy: bool) -> impl Future<Output = Result<Option<ChampionRecords>, Unavailable>> + Send;
}

/// Stores what an environment of the prediction function has counted while a rollout runs.
pub trait RolloutCounting: Send + Sync {
    /// Stores the share in place of the environment's earlier one for the same stage and hour. A share with a lower
    /// sequence than the stored one changes nothing. It expires after 40 days.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn put_rollout_share(&self, share: &RolloutShare) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Reads what the environments have counted while a rollout runs.
pub trait RolloutEvidence: Send + Sync {
    /// Returns the shares of the rollout with this id, by stage. Unreadable ones are left out.
    ///
    /// # Errors
    /// [`Unavailable`] when the call to the model registry fails.
    fn rollout_shares(&self, rollout: &str) -> impl Future<Output = Result<Vec<RolloutShare>, Unavailable>> + Send;
}
