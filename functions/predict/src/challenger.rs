//! Keeps the challenger in memory while a rollout runs.
//!
//! The refresh of the champion also reads the rollout, in the same call. If a rollout has begun, its challenger is loaded
//! after the champion, beside the requests. A request waits for it only as long as it waits for the refresh anyway, and
//! longer only if the load lacked time before: Lambda freezes the environment between requests, so a load that no request
//! waits for may never end. No request needs the challenger: the champion answers until it is there.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::rollout::{Rollout, is_for_challenger};
use evergreen_lifecycle::text::causes;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::champion::LoadedChampion;
use crate::loaded::{LoadError, LoadedVersion, VersionFacts};
use crate::ports::PredictWorld;
use crate::rollout_counting::RolloutTally;
use crate::shadow::Pairing;

// Each wait is that of one request in a refresh interval. Then no request waits, or rare requests would all wait.
/// Minimum time that a request waits for the load of the challenger, by the number of loads that lacked time before.
const MIN_WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(400), Duration::from_secs(2)];

/// A rollout that runs, with its challenger as far as this environment has it.
#[derive(Debug)]
pub struct RunningRollout {
    rollout: Rollout,
    state: ChallengerState,
    pairing: OnceLock<Pairing>,
    has_warned: AtomicBool,
}

#[derive(Debug, Clone)]
enum ChallengerState {
    /// The challenger is not loaded yet. So many loads have lacked time.
    Awaited(usize),
    /// The artifact is missing, damaged or unreadable, so loading it again would not help.
    Unable,
    Loaded(Arc<LoadedVersion>),
}

impl RunningRollout {
    fn new(rollout: Rollout, state: ChallengerState) -> Arc<Self> {
        Arc::new(Self { rollout, state, pairing: OnceLock::new(), has_warned: AtomicBool::new(false) })
    }

    /// Returns the record of the rollout.
    pub fn rollout(&self) -> &Rollout {
        &self.rollout
    }

    /// Returns the challenger. `None` if it is not in memory.
    pub fn challenger(&self) -> Option<&Arc<LoadedVersion>> {
        match &self.state {
            ChallengerState::Loaded(challenger) => Some(challenger),
            ChallengerState::Awaited(_) | ChallengerState::Unable => None,
        }
    }

    /// Returns whether this environment could not load the challenger, and not only for lack of time.
    pub fn is_unable(&self) -> bool {
        match &self.state {
            ChallengerState::Unable => true,
            ChallengerState::Awaited(tries) => *tries >= MIN_WAITS.len(),
            ChallengerState::Loaded(_) => false,
        }
    }

    /// Returns whether the challenger answers the requests with this key in the current stage.
    pub fn chooses(&self, key: &[u8]) -> bool {
        is_for_challenger(&self.rollout.id, key, self.rollout.percent())
    }

    /// Returns how the predictions of `champion` and `challenger` are compared. It is computed once.
    pub fn pairing(&self, champion: &LoadedVersion, challenger: &LoadedVersion) -> &Pairing {
        self.pairing.get_or_init(|| Pairing::of(champion, challenger))
    }

    /// Logs, once in a rollout, that the champion answers in place of the challenger.
    pub fn warn_of_failure(&self) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            let version = self.rollout.challenger.number.get();
            tracing::warn!(version, "the challenger could not answer a request, so the champion did");
        }
    }
}

/// The running rollout and its challenger, or neither.
#[derive(Debug)]
pub struct ChallengerCache<W> {
    world: Arc<W>,
    model: ModelName,
    tally: Arc<RolloutTally<W>>,
    state: watch::Sender<CacheState>,
}

#[derive(Debug, Default)]
struct CacheState {
    running: Option<Arc<RunningRollout>>,
    load: LoadPhase,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum LoadPhase {
    #[default]
    Idle,
    /// The refresh that goes on will load the challenger.
    Due,
    Running,
}

impl<W: PredictWorld> ChallengerCache<W> {
    /// Creates a memory without a rollout. The state of the challenger is counted in `tally`.
    pub fn new(world: Arc<W>, model: ModelName, tally: Arc<RolloutTally<W>>) -> Self {
        Self { world, model, tally, state: watch::Sender::default() }
    }

    /// Returns what this environment counts while a rollout runs.
    pub fn tally(&self) -> &Arc<RolloutTally<W>> {
        &self.tally
    }

    /// Returns the rollout that runs beside this champion. `None` if no rollout runs.
    pub fn beside(&self, champion: &LoadedChampion) -> Option<Arc<RunningRollout>> {
        let state = self.state.borrow();
        let running = state.running.as_ref()?;
        running.rollout.runs_beside(champion.pointer().revision).then(|| Arc::clone(running))
    }

    /// Returns the challenger in memory.
    pub fn loaded(&self) -> Option<Arc<LoadedVersion>> {
        self.state.borrow().running.as_ref()?.challenger().cloned()
    }

    /// Takes over the rollout that a refresh has read, or `None` if none runs.
    pub fn follow(&self, rollout: Option<Rollout>) {
        self.state.send_if_modified(|state| {
            let is_same = state.running.as_ref().map(|running| &running.rollout) == rollout.as_ref();
            if !is_same {
                state.running = rollout.map(|rollout| {
                    let kept = state.running.as_ref().and_then(|former| former.state_for(&rollout));
                    RunningRollout::new(rollout, kept.unwrap_or(ChallengerState::Awaited(0)))
                });
            }
            let is_awaited =
                state.running.as_ref().is_some_and(|running| matches!(running.state, ChallengerState::Awaited(_)));
            if state.load == LoadPhase::Idle && is_awaited {
                state.load = LoadPhase::Due;
            }
            true
        });
    }

    /// Returns the minimum time that the request which starts the next refresh waits for the challenger.
    pub fn min_wait(&self) -> Duration {
        let state = self.state.borrow();
        let tries = match state.running.as_ref().map(|running| &running.state) {
            Some(ChallengerState::Awaited(tries)) => *tries,
            _ => 0,
        };
        MIN_WAITS.get(tries).copied().unwrap_or_default()
    }

    /// Waits until no load of the challenger is due or running.
    pub async fn settled(&self) {
        // The sender lives as long as `self`, so the wait ends only when the load has ended.
        let _ = self.state.subscribe().wait_for(|state| state.load == LoadPhase::Idle).await;
    }

    /// Loads the challenger if a load is due. It may take as long as `limit`. A failure is logged and counted.
    pub async fn load(&self, limit: Duration) {
        let mut begun = None;
        self.state.send_if_modified(|state| {
            if state.load == LoadPhase::Due {
                begun = state.running.clone();
                state.load = if begun.is_some() { LoadPhase::Running } else { LoadPhase::Idle };
            }
            false
        });
        let Some(running) = begun else { return };
        let facts = VersionFacts::of_version(&running.rollout.challenger);
        let fetch = LoadedVersion::fetch(self.world.as_ref(), &self.model, facts);
        let outcome = timeout(limit, AssertUnwindSafe(fetch).catch_unwind()).await;
        let loaded = outcome.ok().map(|outcome| outcome.unwrap_or(Err(LoadError::Panicked)));
        self.finish(&running, loaded);
    }

    /// Records how the load for `running` ended. `None`: it took too long.
    fn finish(&self, running: &RunningRollout, loaded: Option<Result<LoadedVersion, LoadError>>) {
        let version = running.rollout.challenger.number.get();
        let tries = if let ChallengerState::Awaited(tries) = running.state { tries } else { 0 };
        let found = match loaded {
            Some(Ok(challenger)) => {
                tracing::info!(version, "challenger loaded");
                ChallengerState::Loaded(Arc::new(challenger))
            }
            Some(Err(error)) => {
                tracing::warn!(version, cause = causes(&error), "the challenger could not be loaded");
                if error.may_lack_time() { ChallengerState::Awaited(tries + 1) } else { ChallengerState::Unable }
            }
            None => {
                tracing::warn!(version, "the challenger was not loaded in time");
                ChallengerState::Awaited(tries + 1)
            }
        };
        let mut present = None;
        self.state.send_modify(|state| {
            state.load = LoadPhase::Idle;
            // Meanwhile the rollout may have ended, or a stage.
            let follows = |now: &Arc<RunningRollout>| now.rollout.id == running.rollout.id;
            if let Some(now) = state.running.take_if(|now| follows(now)) {
                let running = RunningRollout::new(now.rollout.clone(), found);
                present = Some(Arc::clone(&running));
                state.running = Some(running);
            }
        });
        // The challenger is reported even if no request comes.
        present.iter().for_each(|running| self.tally.count(running, |_| ()));
    }
}

impl RunningRollout {
    /// Returns what is known about the challenger of `next`, if it is the same. What failed is tried again in another
    /// rollout.
    fn state_for(&self, next: &Rollout) -> Option<ChallengerState> {
        let is_same = self.rollout.challenger.artifact == next.challenger.artifact
            && self.rollout.challenger.number == next.challenger.number;
        let is_kept = is_same && (self.rollout.id == next.id || self.challenger().is_some());
        is_kept.then(|| self.state.clone())
    }
}
