//! The champion in memory: loaded once, kept between calls, looked for anew at an interval.
//!
//! A look runs beside the calls, one at a time. A call never fails because of it, and where calls follow each other closely
//! none waits for it, unless the look before lacked time. Elsewhere a call waits a moment for the look that it found due. Then
//! it answers with what is there. A look that fails leaves what serves, is logged and counted, and is tried again when the next
//! one is due.
//!
//! Between calls the platform freezes the environment, the look included. Where calls are frequent it goes on with the
//! next one. Where they are rare it is dead by then; so a call that finds it dead, or finds that nothing was confirmed for
//! long, waits longer, and what was promoted serves at the second call at the latest, or, where it takes long to fetch and parse,
//! at the third. The rules are in `champion/state.rs`.

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

/// How long one look may take, and any other read of the registry: well below the function's timeout of 10 s.
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

    /// The same model under a later pointer.
    fn promoted_again(&self, pointer: Pointer) -> Self {
        let (model, columns) = (Arc::clone(&self.model), self.columns.clone());
        Self { pointer, model, columns, loaded_at: self.loaded_at }
    }

    /// The pointer that it was loaded by, as far as this release can read it.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model's columns, for looking them up.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// When its artifact was loaded.
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }
}

/// What serves, and since when that is known.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What serves.
    pub serving: Arc<Serving>,
    /// When the look began in which the registry last named the champion.
    pub confirmed_at: Timestamp,
}

/// Keeps the champion.
#[derive(Debug)]
pub struct ChampionCache<W> {
    world: Arc<W>,
    model: ModelName,
    interval: SignedDuration,
    state: watch::Sender<State>,
    /// When a call last began or ended, in microseconds since 1970.
    active_at: AtomicI64,
}

impl<W: World> ChampionCache<W> {
    /// An empty cache for `model` that looks for a champion at most every `interval`; at zero every call looks first.
    pub fn new(world: Arc<W>, model: ModelName, interval: SignedDuration) -> Arc<Self> {
        let (state, active_at) = (watch::Sender::new(State::default()), AtomicI64::new(i64::MIN));
        Arc::new(Self { world, model, interval, state, active_at })
    }

    /// Loads the champion, for as long as a look may take. What goes wrong is logged and counted: the next call tries again.
    pub async fn warm_up(self: &Arc<Self>) {
        let now = self.world.clock().now();
        if let Step::Look(patience) = self.step(now, false) {
            self.run_look(now, patience).await;
        }
    }

    /// The champion, or nothing when there is none. Begins a look when one is due, and waits for it a moment.
    pub async fn current(self: &Arc<Self>) -> Option<Arc<Serving>> {
        self.standing().await.map(|standing| standing.serving)
    }

    /// As [`current`](Self::current), with the time when it was last known to be the champion.
    pub async fn standing(self: &Arc<Self>) -> Option<Standing> {
        let now = self.world.clock().now();
        let is_busy = self.mark_active(now);
        if !self.state.borrow().is_settled(now, self.interval) {
            self.look_if_due(now, is_busy).await;
        }
        let state = self.state.borrow();
        Some(Standing { serving: state.serving.clone()?, confirmed_at: state.confirmed_at? })
    }

    /// Takes note that a call began or ended. Says whether that is shortly after another one did; a clock that was set back
    /// says nothing of that.
    pub fn mark_active(&self, now: Timestamp) -> bool {
        let before = self.active_at.swap(now.as_microsecond(), Ordering::Relaxed);
        (0..BUSY.as_micros()).contains(&(i128::from(now.as_microsecond()) - i128::from(before)))
    }

    fn step(&self, now: Timestamp, is_busy: bool) -> Step {
        let mut step = Step::Answer;
        // Nobody waits for a look to begin, so nobody is woken.
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
                        // The answer goes out first.
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
        // Out of patience: the look goes on without this call.
        let _ = timeout(patience, state.wait_for(|state| !state.is_looking())).await;
    }

    /// The look that began at `began_at` and is waited for as long as `patience`.
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
            // Its connections died while it was frozen: nobody's fault, and the next one is waited for longer. Only there is
            // no longer than the longest, and what dies even so would never serve, and nobody would know.
            Err(error) if (!counts || is_frozen(began_at, now)) && patience < LONGEST_PATIENCE => {
                tracing::info!(cause = causes(error), "the look for a champion was interrupted")
            }
            Err(error) => self.world.journal().load_failed(&causes(error), now),
        }
    }
}

/// A look under way. However it ends, by a panic too, the cache learns of it: else no other look would ever begin.
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
