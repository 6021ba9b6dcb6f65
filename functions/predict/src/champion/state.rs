//! The state of the champion and the rules for when to refresh it. Pure: this module has no clock and no I/O.
//!
//! The environment is busy if a request comes within [`BUSY`] of the previous one. A refresh then continues during the
//! next requests, and no request needs to wait for it.
//!
//! - Nothing is due: a request answers.
//! - A refresh is due: a request starts it. In a busy environment the request answers at once. Otherwise it waits for
//!   the refresh, usually [`PATIENCE`], or [`PATIENCE_AFTER_IDLE`] if nothing was confirmed for [`STALE_INTERVALS`].
//! - A refresh is running, and the request that started it waited: one more request waits [`PATIENCE`], however soon it
//!   comes. Later ones answer at once.
//! - A refresh is running, and no request waited for it: requests answer at once while the environment is busy. The
//!   first request after a pause waits as long as those two together.
//! - A refresh died while the environment was frozen: a new one is due at once and gets [`PATIENCE_AFTER_IDLE`]. But if
//!   the dead one already had that much time, the next one is due after the interval.
//! - A refresh failed for lack of time: requests wait longer for the next one, busy or not. They wait first
//!   [`PATIENCE_AFTER_IDLE`], then [`LONGEST_PATIENCE`], until a refresh succeeds. A refresh that had the longest time
//!   and still died counts as failed, frozen or not.
//!
//! While nothing serves, every request that finds a refresh waits [`LONGEST_PATIENCE`].
//!
//! So a promoted version serves at the latest at the second request that finds a refresh due or running. This holds if
//! registry and store answer within [`PATIENCE_AFTER_IDLE`]. If they answer within [`LONGEST_PATIENCE`], it serves at
//! the third. In a busy environment it serves as soon as the refresh ends. A refresh takes as many requests as round
//! trips, two for a small artifact: about three times [`BUSY`] if each request comes at the last moment. A large
//! artifact may need more requests than fit into [`LOOK_LIMIT`]. Then requests wait for the refresh of the next
//! interval.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::load::{LoadError, Look};
use super::{LOOK_LIMIT, Serving};

/// How long a request waits for a refresh while an older champion could answer. This is enough to find nothing new, or
/// to load a small artifact, over open connections.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long the request that starts a refresh waits for it after the environment was idle. The refresh will be dead
/// before the next request comes, so it has only this time. It is enough for registry and store to take 200 ms each,
/// including a new connection. It is well below the latency alarm's threshold of one second. Callers this rare also
/// meet cold starts, which wait for the whole refresh.
const PATIENCE_AFTER_IDLE: Duration = Duration::from_millis(400);
/// How long a request waits for a refresh if nothing else can answer, or if shorter refreshes ended without an answer.
/// This is enough to fetch and parse a large artifact, and well below the function's timeout of 10 s.
pub(super) const LONGEST_PATIENCE: Duration = Duration::from_secs(2);
/// Number of intervals without a confirmation after which the environment counts as idle.
const STALE_INTERVALS: i32 = 2;
/// Minimum time between two refreshes while nothing serves.
const PAUSE_WITHOUT_MODEL: SignedDuration = SignedDuration::from_secs(1);
/// How many requests wait [`PATIENCE`] for one refresh: the one that started it, and one more in case the platform
/// froze the refresh. With more waits, a hanging registry would delay every request.
const WAITS: u32 = 2;
/// Maximum time between two requests for the environment to count as busy. In a busy environment, a wait for the
/// refresh would be most of the latency. The value is small enough that a refresh ends within a fraction of a second,
/// though it runs only during requests. If requests are rarer, one in hundreds waits for a round trip, at an interval
/// of one minute.
pub(super) const BUSY: SignedDuration = SignedDuration::from_millis(100);
/// How far a refresh may exceed its limit before it counts as frozen. The timer that ends it is never this late.
const OVERRUN: Duration = Duration::from_millis(500);

/// What the function knows about the champion.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The champion that serves, or `None` if none was loaded yet.
    pub(super) serving: Option<Arc<Serving>>,
    /// Start time of the last refresh that found out what the champion is.
    pub(super) confirmed_at: Option<Timestamp>,
    /// Start time of the last refresh, whatever its result. `None` if the next request must start another one.
    looked_at: Option<Timestamp>,
    /// Minimum wait for the next refresh. Zero unless the last one ran out of time.
    owed: Duration,
    look: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    began_at: Timestamp,
    /// How long the request that started the refresh waits for it.
    patience: Duration,
    /// How many requests have waited [`PATIENCE`] for the refresh.
    waits: u32,
}

impl UnderWay {
    /// Decides whether a request waits for this running refresh while an older champion could answer.
    fn found(&mut self, is_busy: bool) -> Step {
        let left = WAITS.saturating_sub(self.waits);
        let share = if self.waits == 0 { left } else { left.min(1) };
        if share == 0 || (is_busy && self.waits == 0) {
            return Step::Answer;
        }
        self.waits += share;
        Step::Wait(PATIENCE * share)
    }
}

/// What a request does about the champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Answers with the champion in memory.
    Answer,
    /// Waits for the running refresh, at most this long.
    Wait(Duration),
    /// Starts a refresh and waits for it, at most this long. At zero, does not wait.
    Look(Duration),
}

/// Checks whether a refresh that began at `began_at` and still runs at `now` was frozen with its environment.
pub(super) fn is_frozen(began_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(began_at).unsigned_abs() > LOOK_LIMIT + OVERRUN
}

impl State {
    /// Checks whether a request at `now` can answer without a refresh.
    pub(super) fn is_settled(&self, now: Timestamp, interval: SignedDuration) -> bool {
        self.look.is_none() && !self.is_due(now, interval)
    }

    /// Decides what a request at `now` does, and records it. `now` identifies the refresh that the request starts.
    /// `is_busy` tells whether the request came within [`BUSY`] of another one.
    pub(super) fn step(&mut self, now: Timestamp, interval: SignedDuration, is_busy: bool) -> Step {
        // At zero, every request refreshes before it answers.
        let is_busy = is_busy && !interval.is_zero();
        if let Some(look) = self.look.take_if(|look| is_frozen(look.began_at, now)) {
            self.died(&look);
        }
        if let Some(look) = &mut self.look {
            return match self.serving {
                None => Step::Wait(LONGEST_PATIENCE),
                Some(_) => look.found(is_busy),
            };
        }
        if !self.is_due(now, interval) {
            return Step::Answer;
        }
        let patience = self.patience(now, interval, is_busy);
        self.looked_at = Some(now);
        self.look = Some(UnderWay { began_at: now, patience, waits: u32::from(!patience.is_zero()) });
        Step::Look(patience)
    }

    pub(super) fn is_looking(&self) -> bool {
        self.look.is_some()
    }

    /// Records the result of the refresh that began at `began_at`. A failure keeps the current champion. A refresh that
    /// was replaced by a later one changes nothing, because the champion it found may be outdated. Returns whether the
    /// result counted.
    pub(super) fn ended(&mut self, outcome: &Result<Look, LoadError>, began_at: Timestamp, now: Timestamp) -> bool {
        let Some(look) = self.look.take_if(|look| look.began_at == began_at) else { return false };
        if outcome.is_ok() {
            self.owed = Duration::ZERO;
        }
        match outcome {
            Ok(Look::Nothing) => {}
            Ok(Look::Same) => self.confirmed_at = Some(began_at),
            Ok(Look::New(serving)) => {
                self.serving = Some(Arc::clone(serving));
                self.confirmed_at = Some(began_at);
            }
            Err(_) if is_frozen(began_at, now) => self.died(&look),
            Err(error) if error.may_lack_time() => self.owe(&look),
            Err(_) => {}
        }
        true
    }

    /// Records that `look` died while its environment was frozen. The next request starts another one, unless `look`
    /// had enough time. Otherwise a hanging registry would delay every rare request.
    fn died(&mut self, look: &UnderWay) {
        if look.patience <= PATIENCE {
            self.looked_at = None;
        }
        self.owe(look);
    }

    /// Records that `look` had too little time. The next one gets more.
    fn owe(&mut self, look: &UnderWay) {
        self.owed = if look.patience < PATIENCE_AFTER_IDLE { PATIENCE_AFTER_IDLE } else { LONGEST_PATIENCE };
    }

    fn patience(&self, now: Timestamp, interval: SignedDuration, is_busy: bool) -> Duration {
        let is_stale = self.confirmed_at.is_none_or(|at| now.duration_since(at) >= interval * STALE_INTERVALS);
        match self.serving {
            None => LONGEST_PATIENCE,
            Some(_) if !self.owed.is_zero() => self.owed,
            Some(_) if is_busy => Duration::ZERO,
            Some(_) if is_stale => PATIENCE_AFTER_IDLE,
            Some(_) => PATIENCE,
        }
    }

    fn is_due(&self, now: Timestamp, interval: SignedDuration) -> bool {
        let pause = if self.serving.is_some() { interval } else { interval.min(PAUSE_WITHOUT_MODEL) };
        self.looked_at.is_none_or(|looked_at| {
            let since = now.duration_since(looked_at);
            // A clock that was set back must not delay the next refresh.
            since.is_negative() || since >= pause
        })
    }
}
