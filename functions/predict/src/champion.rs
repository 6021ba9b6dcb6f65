//! Keeps the champion in memory. The champion is the model version that answers predictions. It is loaded once, kept
//! between requests, and refreshed: at an interval, the function checks whether the registry names another champion.
//!
//! A refresh runs beside the requests, and only one refresh runs at a time. A request never fails because of a refresh.
//! A failed refresh keeps the champion in memory and is logged and counted. When the next refresh is due, it tries
//! again.
//!
//! Lambda freezes the environment between requests, and a running refresh with it. So a request may have to wait for a
//! refresh: otherwise a rarely used environment would never get the new champion. The table lists how long a request
//! waits at most. `I` is the refresh interval. A "busy" request comes within 100 ms of the previous one. An "idle"
//! request comes after a pause of 2 `I` or more. A "calm" request is any other one. "State" is the state of the
//! refresh.
//!
//! | State | Event | Wait | Next state | Reason |
//! |---|---|---|---|---|
//! | ended less than `I` ago | request | 0 | the same | |
//! | due (at first, or `I` after the last start) | busy request | 0 | running | It runs on during the next requests. |
//! | due | calm request | 50 ms | running | This is enough to find nothing new. |
//! | due | idle request | 400 ms | running | The refresh has only the time of this request. |
//! | due, and the last refresh lacked time | any request | 400 ms, then 2 s | running | More time may help. |
//! | running, started by a busy request | busy request | 0 | the same | |
//! | running | one request otherwise | 50 ms; 100 ms if the first did not wait | the same | It may have been frozen. |
//! | running | later requests | 0 | the same | A hanging registry must not delay every request. |
//! | running | success | | ended | The next wait is as usual again. |
//! | running | failure for lack of time (5 s, or a call to a service) | | ended, lacked time | |
//! | running | other failure, such as a damaged artifact | | ended | More time does not help. |
//! | running for over 5.5 s: frozen; first wait < 400 ms | request, or failure | | due, lacked time | |
//! | the same; first wait ≥ 400 ms | the same | | ended, lacked time | Rare requests must not all wait. |
//! | no champion, due (1 s after the last start) or running | request | 2 s | running | Nothing else can answer. |
//!
//! Result: suppose that registry and store answer within 400 ms. Then the second request that finds a refresh due or
//! running gets its answer from the promoted version. If they answer within 2 s, the third request does. In a busy
//! environment the promoted version answers as soon as the refresh ends. That takes as many requests as round trips,
//! two for a small artifact: about 300 ms if each request comes at the last moment. A large artifact may need more
//! requests than fit into 5 s. Then one request waits for the refresh of the next interval. A refresh that was frozen
//! although its request waited 2 s counts as a load failure.
//!
//! The same call to the registry also reads the rollout. Its challenger is loaded after the champion, within the same wait
//! ([`challenger`](crate::challenger)).

mod refresh;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use evergreen_lifecycle::text::causes;
use evergreen_lifecycle::{ModelName, Pointer};
use evergreen_rows::ColumnIndex;
use evergreen_scoring::Model;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::timeout;

use self::refresh::{InMemory, RefreshError, Refreshed};
use self::state::{LONGEST_WAIT, RefreshState, RequestPace, RequestPlan, is_frozen};
use crate::challenger::ChallengerCache;
use crate::counting::ServedRows;
use crate::loaded::{LoadedVersion, VersionFacts};
use crate::ports::PredictWorld;

// It is well below the function's timeout of 10 s.
/// Time limit for one refresh of the champion (a check for a new champion), and for any other read of the registry.
pub const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// The champion in memory: the model version that answers predictions, with its verified and loaded model.
#[derive(Debug)]
pub struct LoadedChampion {
    pointer: Pointer,
    version: Arc<LoadedVersion>,
}

impl LoadedChampion {
    fn new(pointer: Pointer, version: LoadedVersion) -> Self {
        Self { pointer, version: Arc::new(version) }
    }

    /// Returns the champion for a newly promoted version with the same model file. `pointer` is the new version's
    /// registry record. The loaded model is reused.
    fn promoted_again(&self, pointer: Pointer) -> Self {
        // The newly promoted model version has the same artifact (the same file content).
        let version = self.version.known_as(VersionFacts::of_champion(&pointer));
        Self::new(pointer, version)
    }

    /// Returns the registry record that names this model version as champion.
    pub fn pointer(&self) -> &Pointer {
        // The pointer has only the fields that this release of the software can read.
        &self.pointer
    }

    /// Returns the version in memory that is the champion.
    pub fn version(&self) -> &Arc<LoadedVersion> {
        &self.version
    }

    /// Returns the champion's model, which predicts rows.
    pub fn model(&self) -> &Model {
        self.version.model()
    }

    /// Returns the columns that the model expects in each row of a request.
    pub fn columns(&self) -> &ColumnIndex {
        self.version.columns()
    }

    /// Returns the time at which the model's artifact was loaded into memory.
    pub fn loaded_at(&self) -> Timestamp {
        self.version.loaded_at()
    }
}

/// The champion in memory, and the time at which the registry last confirmed that this model version is the champion.
#[derive(Debug, Clone)]
pub struct ConfirmedChampion {
    /// The loaded champion, which answers predictions.
    pub champion: Arc<LoadedChampion>,
    /// Start time of the last refresh in which the registry named this model version as champion.
    pub confirmed_at: Timestamp,
}

/// Cache of the champion (the model version that answers predictions). Refreshes the champion at an interval.
#[derive(Debug)]
pub struct ChampionCache<W> {
    world: Arc<W>,
    model: ModelName,
    interval: SignedDuration,
    state: watch::Sender<RefreshState>,
    /// The counts of served rows. A refresh also hands them over.
    served: Arc<ServedRows<W>>,
    /// The challenger of a rollout. A refresh also reads the rollout.
    challenger: ChallengerCache<W>,
    // An activity is the end of init, or the begin or end of a request.
    /// Time at which a request last began or ended in this Lambda environment, in microseconds since 1970.
    active_at: AtomicI64,
}

impl<W: PredictWorld> ChampionCache<W> {
    /// Creates an empty cache for the champion of the model named `model`. The champion is refreshed at most every
    /// `interval`. After each refresh, `challenger` is loaded if a rollout needs it, and the counts are handed over.
    pub fn new(
        world: Arc<W>,
        model: ModelName,
        interval: SignedDuration,
        served: Arc<ServedRows<W>>,
        challenger: ChallengerCache<W>,
    ) -> Arc<Self> {
        // If `interval` is zero, every request waits for a refresh of the champion.
        let (state, active_at) = (watch::Sender::new(RefreshState::default()), AtomicI64::new(i64::MIN));
        Arc::new(Self { world, model, interval, state, served, challenger, active_at })
    }

    /// Returns the rollout and its challenger.
    pub fn challenger(&self) -> &ChallengerCache<W> {
        &self.challenger
    }

    /// Loads the champion into memory, and the challenger if a rollout runs. A failure is logged and counted, and the next request tries again.
    pub async fn warm_up(self: &Arc<Self>) {
        let now = self.world.clock().now();
        let pace = self.mark_active(now);
        let plan = self.plan(now, pace);
        if plan.starts_refresh {
            self.refresh(now, plan.wait).await;
            // The init phase has 10 s, and the champion may have taken half of them.
            self.challenger.load(LONGEST_WAIT).await;
        }
    }

    /// Returns the champion in memory, or `None` if no champion is loaded. If a refresh of the champion is due, starts
    /// the refresh and waits briefly.
    pub async fn current(self: &Arc<Self>) -> Option<Arc<LoadedChampion>> {
        self.confirmed().await.map(|confirmed| confirmed.champion)
    }

    /// Returns the champion in memory and the time at which the registry last confirmed it. `None` if no champion is
    /// loaded. If a refresh of the champion is due, starts the refresh and waits briefly.
    pub async fn confirmed(self: &Arc<Self>) -> Option<ConfirmedChampion> {
        let now = self.world.clock().now();
        let pace = self.mark_active(now);
        if !self.state.borrow().is_settled(now, self.interval) {
            self.refresh_if_due(now, pace).await;
        }
        let state = self.state.borrow();
        Some(ConfirmedChampion { champion: state.champion.clone()?, confirmed_at: state.confirmed_at? })
    }

    /// Records that a request began or ended at `now`. Returns the pace of the requests (busy, calm or
    /// idle), by the time since a request last began or ended.
    fn mark_active(&self, now: Timestamp) -> RequestPace {
        let before = self.active_at.swap(now.as_microsecond(), Ordering::Relaxed);
        let pause = SignedDuration::from_micros(now.as_microsecond().saturating_sub(before));
        RequestPace::of(pause, self.interval)
    }

    /// Records the time at which a request ended.
    pub fn request_ended(&self, now: Timestamp) {
        // The pause until the next request decides how long that request may wait for a refresh of the champion.
        self.mark_active(now);
    }

    fn plan(&self, now: Timestamp, pace: RequestPace) -> RequestPlan {
        let mut plan = RequestPlan::ANSWER;
        // No task waits for the start of a refresh, so no task is notified.
        self.state.send_if_modified(|state| {
            plan = state.plan(now, self.interval, pace);
            false
        });
        plan
    }

    async fn refresh_if_due(self: &Arc<Self>, now: Timestamp, pace: RequestPace) {
        let RequestPlan { starts_refresh, wait } = self.plan(now, pace);
        if starts_refresh {
            let cache = Arc::clone(self);
            tokio::spawn(async move {
                if wait.is_zero() {
                    // Lets the request send its answer first.
                    tokio::task::yield_now().await;
                }
                cache.refresh(now, wait).await;
                cache.challenger.load(REFRESH_TIMEOUT).await;
                // No request waits for the hand-over. A request that waited for the refresh continues first.
                tokio::task::yield_now().await;
                cache.served.hand_over_unless_running().await;
                cache.challenger.tally().hand_over_unless_running().await;
            });
        }
        if wait.is_zero() {
            return;
        }
        let wait = if starts_refresh { wait.max(self.challenger.min_wait()) } else { wait };
        let mut state = self.state.subscribe();
        let ended = async {
            drop(state.wait_for(|state| !state.is_running()).await);
            self.challenger.settled().await;
        };
        // After a timeout, the refresh of the champion continues and the request goes on without it.
        let _ = timeout(wait, ended).await;
    }

    /// Runs one refresh of the champion, which began at `started_at`. `first_wait` is how long the request that started
    /// the refresh waits for it.
    async fn refresh(&self, started_at: Timestamp, first_wait: Duration) {
        let mut guard = RefreshGuard { cache: self, started_at, first_wait, outcome: Err(RefreshError::Panicked) };
        let loaded = self.state.borrow().champion.clone();
        let in_memory = InMemory { champion: loaded, challenger: self.challenger.loaded() };
        let outcome = timeout(REFRESH_TIMEOUT, refresh::refresh(self.world.as_ref(), &self.model, in_memory)).await;
        let outcome = outcome.unwrap_or(Err(RefreshError::TimedOut(REFRESH_TIMEOUT.as_secs())));
        guard.outcome = outcome.map(|(champion, rollout)| {
            // Requests that wait for the refresh then also wait for the challenger.
            self.challenger.follow(rollout);
            champion
        });
    }

    fn finish(&self, RefreshGuard { outcome, started_at, first_wait, .. }: &RefreshGuard<'_, W>) {
        let (started_at, first_wait) = (*started_at, *first_wait);
        let now = self.world.clock().now();
        let mut counts = false;
        self.state.send_if_modified(|state| {
            counts = state.finish(outcome, started_at, now);
            counts
        });
        match outcome {
            Ok(_) if !counts => tracing::info!("a refresh of the champion was replaced by the next one"),
            Ok(Refreshed::New(champion)) => {
                tracing::info!(version = champion.pointer.number.get(), "champion loaded")
            }
            Ok(Refreshed::Unchanged | Refreshed::NoChampion) => {}
            // The connections closed while Lambda froze the environment. That is no error: the next refresh gets more
            // time. But a failure after the longest wait must be logged as an error. Otherwise nobody would notice that
            // the champion cannot be loaded.
            Err(error) if (!counts || is_frozen(started_at, now)) && first_wait < LONGEST_WAIT => {
                tracing::info!(cause = causes(error), "a refresh of the champion was interrupted")
            }
            Err(error) => self.world.journal().load_failed(&causes(error), now),
        }
    }
}

// Without the guard, the cache would wait forever for a refresh that panicked and would never start another one.
/// Guard of a running refresh of the champion. When dropped, reports the result to the champion cache, even after a
/// panic.
struct RefreshGuard<'a, W: PredictWorld> {
    cache: &'a ChampionCache<W>,
    started_at: Timestamp,
    first_wait: Duration,
    outcome: Result<Refreshed, RefreshError>,
}

impl<W: PredictWorld> Drop for RefreshGuard<'_, W> {
    fn drop(&mut self) {
        self.cache.finish(self);
    }
}
