//! The champion in memory: loaded once, kept between requests, refreshed at an interval.
//!
//! A refresh runs beside the requests, one at a time. A request never fails because of it. In a busy environment no
//! request waits for a refresh, unless the previous one ran out of time. Otherwise a request that finds a refresh due
//! waits briefly for it, and then answers with the champion in memory. A failed refresh keeps that champion, is logged
//! and counted, and is tried again when the next one is due.
//!
//! The platform freezes the environment between requests, and the refresh with it. If requests are frequent, the
//! refresh continues with the next one. If they are rare, the refresh is dead by then. A request that finds it dead, or
//! finds a champion that was not confirmed for long, waits longer. So a promoted version serves at the second request
//! at the latest, or at the third if it takes long to fetch and parse. The rules are in `champion/state.rs`.

mod load;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use evergreen_lifecycle::{ModelName, Pointer};
use evergreen_scoring::Model;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::timeout;

use self::load::{LoadError, Look};
use self::state::{BUSY, LONGEST_PATIENCE, State, Step, is_frozen};
use crate::journal::causes;
use crate::ports::World;
use crate::rows::Columns;

/// Maximum time that a refresh, or any other read of the registry, may take. It is well below the function's timeout of
/// 10 s.
pub const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// A champion that is ready to answer.
#[derive(Debug)]
pub struct Serving {
    pointer: Pointer,
    model: Arc<Model>,
    columns: Columns,
    loaded_at: Timestamp,
}

impl Serving {
    fn new(pointer: Pointer, model: Model, loaded_at: Timestamp) -> Self {
        let signature = model.signature();
        let columns = Columns::new(signature.columns()).with_labels(signature.labels().len());
        Self { pointer, model: Arc::new(model), columns, loaded_at }
    }

    /// Returns the same model under a later pointer.
    fn promoted_again(&self, pointer: Pointer) -> Self {
        let (model, columns) = (Arc::clone(&self.model), self.columns.clone());
        Self { pointer, model, columns, loaded_at: self.loaded_at }
    }

    /// Returns the pointer that named this version, as far as this release can read it.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// Returns the loaded model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the model's columns, indexed by name.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Returns the time at which the artifact was loaded.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

/// The champion, and when the registry last confirmed it.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The champion that serves.
    pub serving: Arc<Serving>,
    /// Start time of the last refresh in which the registry named this champion.
    pub confirmed_at: Timestamp,
}

/// Keeps the champion in memory and refreshes it.
#[derive(Debug)]
pub struct ChampionCache<W> {
    world: Arc<W>,
    model: ModelName,
    interval: SignedDuration,
    state: watch::Sender<State>,
    /// When a request last began or ended, in microseconds since 1970.
    active_at: AtomicI64,
}

impl<W: World> ChampionCache<W> {
    /// Creates an empty cache for `model` that refreshes at most every `interval`. At zero, every request refreshes
    /// first.
    pub fn new(world: Arc<W>, model: ModelName, interval: SignedDuration) -> Arc<Self> {
        let (state, active_at) = (watch::Sender::new(State::default()), AtomicI64::new(i64::MIN));
        Arc::new(Self { world, model, interval, state, active_at })
    }

    /// Loads the champion, within `LOOK_LIMIT`. A failure is logged and counted, and the next request tries again.
    pub async fn warm_up(self: &Arc<Self>) {
        let now = self.world.clock().now();
        if let Step::Look(patience) = self.step(now, false) {
            self.run_look(now, patience).await;
        }
    }

    /// Returns the champion, or `None` if there is none. Starts a refresh if one is due, and waits for it briefly.
    pub async fn current(self: &Arc<Self>) -> Option<Arc<Serving>> {
        self.standing().await.map(|standing| standing.serving)
    }

    /// Like [`current`](Self::current), but also returns when the registry last confirmed the champion.
    pub async fn standing(self: &Arc<Self>) -> Option<Standing> {
        let now = self.world.clock().now();
        let is_busy = self.mark_active(now);
        if !self.state.borrow().is_settled(now, self.interval) {
            self.look_if_due(now, is_busy).await;
        }
        let state = self.state.borrow();
        Some(Standing { serving: state.serving.clone()?, confirmed_at: state.confirmed_at? })
    }

    /// Records that a request began or ended. Returns whether the previous record is less than `BUSY` ago. Returns
    /// false if the clock was set back.
    pub fn mark_active(&self, now: Timestamp) -> bool {
        let before = self.active_at.swap(now.as_microsecond(), Ordering::Relaxed);
        (0..BUSY.as_micros()).contains(&(i128::from(now.as_microsecond()) - i128::from(before)))
    }

    fn step(&self, now: Timestamp, is_busy: bool) -> Step {
        let mut step = Step::Answer;
        // Nobody waits for a refresh to start, so nobody is woken.
        self.state.send_if_modified(|state| {
            step = state.step(now, self.interval, is_busy);
            false
        });
        step
    }

    async fn look_if_due(self: &Arc<Self>, now: Timestamp, is_busy: bool) {
        let patience = match self.step(now, is_busy) {
            Step::Answer => return,
            Step::Wait(patience) => patience,
            Step::Look(patience) => {
                let cache = Arc::clone(self);
                tokio::spawn(async move {
                    if patience.is_zero() {
                        // Lets the answer go out first.
                        tokio::task::yield_now().await;
                    }
                    cache.run_look(now, patience).await;
                });
                patience
            }
        };
        if patience.is_zero() {
            return;
        }
        let mut state = self.state.subscribe();
        // After a timeout, the refresh continues without this request.
        let _ = timeout(patience, state.wait_for(|state| !state.is_looking())).await;
    }

    /// Runs the refresh that began at `began_at`. The request that started it waits for `patience`.
    async fn run_look(&self, began_at: Timestamp, patience: Duration) {
        let mut look = UnderWay { cache: self, began_at, patience, outcome: Err(LoadError::Panicked) };
        let serving = self.state.borrow().serving.clone();
        let found = timeout(LOOK_LIMIT, load::look(self.world.as_ref(), &self.model, serving)).await;
        look.outcome = found.unwrap_or(Err(LoadError::TimedOut(LOOK_LIMIT.as_secs())));
    }

    fn conclude(&self, UnderWay { outcome, began_at, patience, .. }: &UnderWay<'_, W>) {
        let (began_at, patience) = (*began_at, *patience);
        let now = self.world.clock().now();
        let mut counts = false;
        self.state.send_if_modified(|state| {
            counts = state.ended(outcome, began_at, now);
            counts
        });
        match outcome {
            Ok(_) if !counts => tracing::info!("a look for a champion was overtaken by the next one"),
            Ok(Look::New(serving)) => {
                tracing::info!(version = serving.pointer.number.get(), "champion loaded")
            }
            Ok(Look::Same | Look::Nothing) => {}
            // The connections died while the environment was frozen. That is no error: the next refresh gets more time.
            // But after the longest wait a further failure must be reported, or nobody would learn that the champion
            // cannot be loaded.
            Err(error) if (!counts || is_frozen(began_at, now)) && patience < LONGEST_PATIENCE => {
                tracing::info!(cause = causes(error), "the look for a champion was interrupted")
            }
            Err(error) => self.world.journal().load_failed(&causes(error), now),
        }
    }
}

/// A running refresh. It reports to the cache when dropped, even after a panic: otherwise no other refresh would ever
/// start.
struct UnderWay<'a, W: World> {
    cache: &'a ChampionCache<W>,
    began_at: Timestamp,
    patience: Duration,
    outcome: Result<Look, LoadError>,
}

impl<W: World> Drop for UnderWay<'_, W> {
    fn drop(&mut self) {
        self.cache.conclude(self);
    }
}
