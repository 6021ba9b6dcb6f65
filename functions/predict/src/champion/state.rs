//! Decides when the function checks for a new champion, and how long a request waits for that check (the refresh). The
//! module doc of [`champion`](super) has the table of states. This module has no clock and no I/O.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::refresh::{RefreshError, Refreshed};
use super::{LoadedChampion, REFRESH_TIMEOUT};

/// How long a request usually waits for a check for a new champion, while an older champion can answer. Over open
/// connections, this is enough to find that nothing is new, or to load a small artifact.
const SHORT_WAIT: Duration = Duration::from_millis(50);
/// How long a request waits for a check for a new champion in two cases: after an idle time, and if the last check had
/// too little time. The registry and the artifact store may take 200 ms each, including a new connection. The wait is
/// well below the latency alarm's threshold of one second. Callers this rare also meet cold starts, which wait for the
/// whole check.
const LONG_WAIT: Duration = Duration::from_millis(400);
/// How long a request waits for a check for a new champion if no champion is loaded, or if even [`LONG_WAIT`] was too
/// short. This is enough to fetch and parse a large artifact, and well below the function's timeout of 10 s.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Minimum time between the starts of two attempts to load the champion, while no champion is loaded.
const RETRY_WITHOUT_CHAMPION: SignedDuration = SignedDuration::from_secs(1);
/// A request counts as busy if it follows the previous request within this time. Busy requests do not wait for a check
/// for a new champion, because that wait would be most of their latency. The check runs only while requests run. At
/// this pace, it still ends within a fraction of a second. Requests at a slower pace do wait: at a check interval of
/// one minute, one request in hundreds waits for a round trip.
const BUSY_PAUSE: SignedDuration = SignedDuration::from_millis(100);
/// After a pause of this number of check intervals, the next request counts as idle. An idle request waits longer for a
/// check for a new champion.
const IDLE_INTERVALS: i32 = 2;
/// A check for a new champion that still runs at this age was frozen together with its Lambda environment. The reason:
/// a timer ends each check at its time limit, and that timer is never 500 ms late.
const FROZEN_AFTER: Duration = REFRESH_TIMEOUT.saturating_add(Duration::from_millis(500));

/// How soon a request follows the previous request. This decides how long the request waits for a check for a new
/// champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestPace {
    /// The request comes within [`BUSY_PAUSE`] after the previous one. A running check for a new champion continues
    /// during the next requests.
    Busy,
    /// The request comes later than [`BUSY_PAUSE`] after the previous one. Lambda may freeze the environment after each
    /// such request.
    Calm,
    /// The request comes [`IDLE_INTERVALS`] check intervals or more after the previous one. A check for a new champion
    /// has only the time of the request that starts it.
    Idle,
}

impl RequestPace {
    /// Returns the pace of a request that comes `pause` after the previous one. `interval` is the time between two
    /// checks for a new champion. If `interval` is zero, every request counts as idle, so that each waits for its own
    /// check. A negative pause means that the clock was set back: the request counts as calm.
    pub(super) fn of(pause: SignedDuration, interval: SignedDuration) -> Self {
        match pause {
            _ if pause.is_negative() => Self::Calm,
            _ if pause >= interval * IDLE_INTERVALS => Self::Idle,
            _ if pause < BUSY_PAUSE => Self::Busy,
            _ => Self::Calm,
        }
    }
}

/// Decision before a request is answered: whether the request starts a check for a new champion, and how long it waits
/// for a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestPlan {
    /// Whether the request starts a check for a new champion.
    pub(super) starts_refresh: bool,
    /// Maximum time that the request waits for the running check for a new champion. Zero: the request does not wait.
    pub(super) wait: Duration,
}

impl RequestPlan {
    /// The request starts no check for a new champion and answers at once with the champion in memory.
    pub(super) const ANSWER: Self = Self::wait(Duration::ZERO);

    const fn wait(wait: Duration) -> Self {
        Self { starts_refresh: false, wait }
    }
}

/// State of the champion cache: the champion in memory, and whether a check for a new champion (a refresh) is due, is
/// running or has ended.
#[derive(Debug, Default)]
pub(super) struct RefreshState {
    /// The champion in memory, or `None` if no champion was loaded yet.
    pub(super) champion: Option<Arc<LoadedChampion>>,
    /// Start time of the last check in which the registry named this champion. `None` if no champion was loaded yet.
    pub(super) confirmed_at: Option<Timestamp>,
    phase: Phase,
    /// Minimum time that a request waits for the next check for a new champion. Zero, unless the last check had too
    /// little time.
    min_wait: Duration,
}

#[derive(Debug, Default)]
enum Phase {
    /// A check for a new champion is due. The next request starts it.
    #[default]
    Due,
    /// A check for a new champion is running.
    Running(RunningRefresh),
    /// The last check for a new champion ended. The next one is due one interval after `started_at`, the start of the
    /// last one.
    Ended { started_at: Timestamp },
}

#[derive(Debug, Clone, Copy)]
struct RunningRefresh {
    started_at: Timestamp,
    /// How long the request that started this check for a new champion waits for the check.
    first_wait: Duration,
    /// How long one later request waits for this check for a new champion, in case Lambda froze the check. Zero after
    /// one request has waited: if more requests waited, a hanging registry would delay them all.
    second_wait: Duration,
}

impl RunningRefresh {
    fn new(started_at: Timestamp, first_wait: Duration) -> Self {
        let second_wait = if first_wait.is_zero() { SHORT_WAIT * 2 } else { SHORT_WAIT };
        Self { started_at, first_wait, second_wait }
    }

    /// Returns how long a request waits for this running check, which an earlier request started. Zero if both are busy
    /// requests: the earlier request did not wait either.
    fn join(&mut self, pace: RequestPace) -> Duration {
        let is_beside_requests = pace == RequestPace::Busy && self.first_wait.is_zero();
        if is_beside_requests { Duration::ZERO } else { std::mem::take(&mut self.second_wait) }
    }

    /// Returns the minimum time that a request waits for the next check for a new champion, because this check had too
    /// little time.
    fn next_wait(&self) -> Duration {
        if self.first_wait < LONG_WAIT { LONG_WAIT } else { LONGEST_WAIT }
    }
}

/// Returns whether Lambda froze a check for a new champion together with its environment. The check started at
/// `started_at` and still runs at `now`.
pub(super) fn is_frozen(started_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(started_at).unsigned_abs() > FROZEN_AFTER
}

impl RefreshState {
    /// Returns whether a request at `now` can use the champion in memory at once: no check for a new champion is
    /// running or due.
    pub(super) fn is_settled(&self, now: Timestamp, interval: SignedDuration) -> bool {
        !self.is_running() && !self.is_due(now, interval)
    }

    /// Decides whether the request at `now` starts a check for a new champion and how long the request waits. Records
    /// the decision. `now` also identifies the check that the request starts.
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
        self.phase = Phase::Running(RunningRefresh::new(now, wait));
        RequestPlan { starts_refresh: true, wait }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// Records the result of the check for a new champion that started at `started_at`. A failure keeps the champion in
    /// memory. Returns `false` if a later check has replaced this one: the result is then ignored, because the champion
    /// that it found may be outdated. Otherwise returns `true`.
    pub(super) fn finish(
        &mut self,
        outcome: &Result<Refreshed, RefreshError>,
        started_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let refresh = match self.phase {
            Phase::Running(refresh) if refresh.started_at == started_at => refresh,
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

    /// Gives up a check for a new champion that was frozen with its Lambda environment. The next request starts another
    /// check. Exception: if the request that started the frozen check waited [`LONG_WAIT`] or more, the next check
    /// starts one interval later. Otherwise a hanging registry would delay every rare request.
    fn abandon(&mut self, refresh: RunningRefresh) {
        let had_enough_time = refresh.first_wait >= LONG_WAIT;
        self.phase = if had_enough_time { Phase::Ended { started_at: refresh.started_at } } else { Phase::Due };
        self.min_wait = refresh.next_wait();
    }

    /// Returns how long a request waits for a check for a new champion that the request itself starts.
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
