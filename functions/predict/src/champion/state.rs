//! Decides when the champion is refreshed, and how long a request waits for the refresh. The module doc of
//! [`champion`](super) has the table of states. This module has no clock and no I/O.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::refresh::{RefreshError, Refreshed};
use super::{LoadedChampion, REFRESH_TIMEOUT};

// Over open connections, this is enough to find that nothing is new, or to load a small artifact.
/// Usual time that a request waits for a refresh of the champion.
const SHORT_WAIT: Duration = Duration::from_millis(50);
// The wait applies after an idle time, and if the last refresh had too little time. The registry and the artifact store
// may take 200 ms each, including a new connection. The wait is well below the latency alarm's threshold of one second.
// Callers this rare also meet cold starts, which wait for the whole refresh.
/// Longer time that a request waits for a refresh of the champion, for example after an idle time.
const LONG_WAIT: Duration = Duration::from_millis(400);
// The wait applies if no champion is loaded, or if even `LONG_WAIT` was too short. It is enough to fetch and parse a
// large artifact, and well below the function's timeout of 10 s.
/// Longest time that a request waits for a refresh of the champion.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Minimum time between two attempts to load the champion, while no champion is loaded.
const RETRY_WITHOUT_CHAMPION: SignedDuration = SignedDuration::from_secs(1);
// Busy requests do not wait for a refresh, because that wait would be most of their latency. The refresh runs only
// while requests run. At this pace, it still ends within a fraction of a second. Requests at a slower pace do wait: at
// a refresh interval of one minute, one request in hundreds waits for a round trip.
/// A request counts as busy if it follows the previous request within this time.
const BUSY_PAUSE: SignedDuration = SignedDuration::from_millis(100);
// An idle request waits longer for a refresh of the champion.
/// A request counts as idle if no request came before it for this number of refresh intervals. A refresh interval is
/// the time between two refreshes of the champion.
const IDLE_INTERVALS: i32 = 2;
// A timer ends each refresh at its time limit, and that timer is never 500 ms late.
/// A refresh of the champion that runs longer than this time was frozen: Lambda paused the environment between
/// requests.
const FROZEN_AFTER: Duration = REFRESH_TIMEOUT.saturating_add(Duration::from_millis(500));

/// How soon a request follows the previous request. The pace decides how long the request waits for a refresh of the
/// champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestPace {
    // A running refresh of the champion continues during the next requests.
    /// The request comes within [`BUSY_PAUSE`] after the previous one.
    Busy,
    // Lambda may freeze the environment after each calm request.
    /// The request comes later than [`BUSY_PAUSE`] after the previous one, and is not idle.
    Calm,
    // A refresh of the champion has only the time of the request that starts it.
    /// The request comes [`IDLE_INTERVALS`] refresh intervals or more after the previous one.
    Idle,
}

impl RequestPace {
    /// Returns the pace of a request that comes `pause` after the previous one. `interval` is the time between two
    /// refreshes of the champion.
    pub(super) fn of(pause: SignedDuration, interval: SignedDuration) -> Self {
        match pause {
            // The clock was set back.
            _ if pause.is_negative() => Self::Calm,
            // If the interval is zero, every request is idle and waits for a refresh.
            _ if pause >= interval * IDLE_INTERVALS => Self::Idle,
            _ if pause < BUSY_PAUSE => Self::Busy,
            _ => Self::Calm,
        }
    }
}

/// Plan for one request: whether it starts a refresh of the champion, and how long it waits for a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestPlan {
    /// Whether the request starts a refresh of the champion.
    pub(super) starts_refresh: bool,
    /// Maximum time that the request waits for the running refresh of the champion. Zero: the request does not wait.
    pub(super) wait: Duration,
}

impl RequestPlan {
    /// Plan of a request that answers at once with the champion in memory, without a refresh.
    pub(super) const ANSWER: Self = Self::wait(Duration::ZERO);

    const fn wait(wait: Duration) -> Self {
        Self { starts_refresh: false, wait }
    }
}

/// State of the champion cache: the champion in memory, and whether a refresh is due, is running or has ended.
#[derive(Debug, Default)]
pub(super) struct RefreshState {
    /// The champion in memory, or `None` if no champion was loaded yet.
    pub(super) champion: Option<Arc<LoadedChampion>>,
    /// Start time of the last refresh in which the registry named this champion. `None` if no champion was loaded yet.
    pub(super) confirmed_at: Option<Timestamp>,
    phase: Phase,
    // It is not zero if the last refresh had too little time.
    /// Minimum time that a request waits for the next refresh of the champion. Usually zero.
    min_wait: Duration,
}

#[derive(Debug, Default)]
enum Phase {
    /// A refresh of the champion is due. The next request starts it.
    #[default]
    Due,
    /// A refresh of the champion is running.
    Running(RunningRefresh),
    /// The last refresh of the champion, which began at `started_at`, has ended. The next one is due one interval after
    /// `started_at`.
    Ended { started_at: Timestamp },
}

#[derive(Debug, Clone, Copy)]
struct RunningRefresh {
    started_at: Timestamp,
    /// How long the request that started this refresh of the champion waits for it.
    first_wait: Duration,
    // One later request waits, in case Lambda froze the refresh. After that request the wait is zero: a hanging
    // registry must not delay all requests.
    /// How long the second request waits for this refresh of the champion. The first request is the one that started
    /// the refresh.
    second_wait: Duration,
}

impl RunningRefresh {
    fn new(started_at: Timestamp, first_wait: Duration) -> Self {
        let second_wait = if first_wait.is_zero() { SHORT_WAIT * 2 } else { SHORT_WAIT };
        Self { started_at, first_wait, second_wait }
    }

    /// Returns how long a request waits for this refresh of the champion, which an earlier request started.
    fn join(&mut self, pace: RequestPace) -> Duration {
        // If both requests are busy, the earlier request did not wait either.
        let is_beside_requests = pace == RequestPace::Busy && self.first_wait.is_zero();
        if is_beside_requests { Duration::ZERO } else { std::mem::take(&mut self.second_wait) }
    }

    /// Returns the minimum time that a request waits for the next refresh of the champion, if this refresh had too
    /// little time.
    fn next_wait(&self) -> Duration {
        if self.first_wait < LONG_WAIT { LONG_WAIT } else { LONGEST_WAIT }
    }
}

/// Returns whether Lambda froze the refresh of the champion that started at `started_at` and still runs at `now`.
pub(super) fn is_frozen(started_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(started_at).unsigned_abs() > FROZEN_AFTER
}

impl RefreshState {
    /// Returns whether a request at `now` can use the champion in memory at once: no refresh of the champion is running
    /// or due.
    pub(super) fn is_settled(&self, now: Timestamp, interval: SignedDuration) -> bool {
        !self.is_running() && !self.is_due(now, interval)
    }

    /// Decides whether the request at `now` starts a refresh of the champion, and how long the request waits for it.
    pub(super) fn plan(&mut self, now: Timestamp, interval: SignedDuration, pace: RequestPace) -> RequestPlan {
        if let Phase::Running(refresh) = self.phase
            && is_frozen(refresh.started_at, now)
        {
            self.abandon(refresh);
        }
        if let Phase::Running(refresh) = &mut self.phase {
            let wait = if self.champion.is_none() { LONGEST_WAIT } else { refresh.join(pace) };
            return RequestPlan::wait(wait);
        }
        if !self.is_due(now, interval) {
            return RequestPlan::ANSWER;
        }
        let wait = self.first_wait(pace);
        // The time `now` also identifies the refresh.
        self.phase = Phase::Running(RunningRefresh::new(now, wait));
        RequestPlan { starts_refresh: true, wait }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// Records the result of the refresh of the champion that started at `started_at`. Ignores the result and
    /// returns `false` if that refresh was given up before, because it was frozen.
    pub(super) fn finish(
        &mut self,
        outcome: &Result<Refreshed, RefreshError>,
        started_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let refresh = match self.phase {
            Phase::Running(refresh) if refresh.started_at == started_at => refresh,
            // The champion that a replaced refresh found may be outdated, so its result is ignored.
            _ => return false,
        };
        self.phase = Phase::Ended { started_at };
        match outcome {
            Ok(refreshed) => {
                self.min_wait = Duration::ZERO;
                self.confirm(refreshed, started_at);
            }
            Err(_) if is_frozen(started_at, now) => self.abandon(refresh),
            Err(error) if error.may_lack_time() => self.min_wait = refresh.next_wait(),
            // A failure keeps the champion in memory.
            Err(_) => {}
        }
        true
    }

    fn confirm(&mut self, refreshed: &Refreshed, started_at: Timestamp) {
        match refreshed {
            Refreshed::NoChampion => return,
            Refreshed::Unchanged => {}
            Refreshed::New(champion) => self.champion = Some(Arc::clone(champion)),
        }
        self.confirmed_at = Some(started_at);
    }

    /// Gives up a refresh of the champion that Lambda froze together with the environment.
    fn abandon(&mut self, refresh: RunningRefresh) {
        // Usually the next request starts another refresh. After a long wait, the next refresh starts one interval
        // later: otherwise a hanging registry would delay every rare request.
        let had_enough_time = refresh.first_wait >= LONG_WAIT;
        self.phase = if had_enough_time { Phase::Ended { started_at: refresh.started_at } } else { Phase::Due };
        self.min_wait = refresh.next_wait();
    }

    /// Returns how long a request waits for a refresh of the champion that the request itself starts.
    fn first_wait(&self, pace: RequestPace) -> Duration {
        let usual = match (&self.champion, pace) {
            (None, _) => LONGEST_WAIT,
            (Some(_), RequestPace::Busy) => Duration::ZERO,
            (Some(_), RequestPace::Calm) => SHORT_WAIT,
            (Some(_), RequestPace::Idle) => LONG_WAIT,
        };
        usual.max(self.min_wait)
    }

    fn is_due(&self, now: Timestamp, interval: SignedDuration) -> bool {
        let interval = if self.champion.is_some() { interval } else { interval.min(RETRY_WITHOUT_CHAMPION) };
        match self.phase {
            Phase::Due => true,
            Phase::Running(_) => false,
            Phase::Ended { started_at } => {
                let age = now.duration_since(started_at);
                // A clock that was set back must not delay the next refresh.
                age.is_negative() || age >= interval
            }
        }
    }
}
