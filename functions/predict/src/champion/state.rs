//! What is known of the champion, and the rule for when to look again. Pure: the clock and the world are elsewhere.
//!
//! The environment is busy where a call comes within [`BUSY`] of the one before: a look then goes on with the calls to come,
//! and no call needs to give it time.
//!
//! - Nothing is due: a call answers.
//! - A look is due: a call begins it. Where the environment is busy, it answers at once; otherwise it waits for the look,
//!   [`PATIENCE`] as a rule, [`PATIENCE_AFTER_IDLE`] when nothing was confirmed for [`STALE_INTERVALS`].
//! - A look is under way, and calls waited for it: beside the one that began it one more waits [`PATIENCE`], however soon it
//!   comes, and later ones answer.
//! - A look is under way that nobody waited for: calls answer while the environment is busy. The first that comes after a
//!   pause waits as long as these two would have.
//! - A look died while the environment was frozen: it is due again at once, and is waited for [`PATIENCE_AFTER_IDLE`]. Only
//!   one that had this much and died all the same is not: it waits for its interval.
//! - A look ended without an answer for want of time: the next one is waited for longer, busy or not, first
//!   [`PATIENCE_AFTER_IDLE`], then [`LONGEST_PATIENCE`], until one has its answer. One that had the longest and died all the
//!   same has failed, frozen or not.
//!
//! While nothing serves, every call that finds a look waits [`LONGEST_PATIENCE`].
//!
//! So what was promoted serves at the second call at the latest that finds a look due or under way, as long as registry and
//! store answer within [`PATIENCE_AFTER_IDLE`], and at the third within [`LONGEST_PATIENCE`]. In a busy environment it serves
//! as soon as the look has ended, which takes it as many calls as it takes round trips, two with a small artifact: about three
//! times [`BUSY`] if each call came at the last moment. A large one may take more of such slices than [`LOOK_LIMIT`] has room
//! for; then the look of the next interval is the one that is waited for.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::load::{LoadError, Look};
use super::{LOOK_LIMIT, Serving};

/// How long a call waits for a look while an older champion could answer. Long enough for a look that finds nothing new,
/// and for a small artifact, over connections that stand.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long the call that begins a look waits for it when the environment was idle: the look will not live to see the
/// next call, and this one is all it has. Enough for registry and store to take 200 ms each, a new connection included,
/// and well below the second at which latency alarms. A caller this rare meets cold starts too, and these wait for the
/// same look to its end, after the platform's own part.
const PATIENCE_AFTER_IDLE: Duration = Duration::from_millis(400);
/// How long a call waits for a look when nothing could answer otherwise, or when looks with less ended without an answer:
/// enough to fetch and parse a large artifact, and well below the function's timeout of 10 s.
pub(super) const LONGEST_PATIENCE: Duration = Duration::from_secs(2);
/// After how many intervals without a confirmation the environment counts as idle.
const STALE_INTERVALS: i32 = 2;
/// The least time between two looks while nothing serves.
const PAUSE_WITHOUT_MODEL: SignedDuration = SignedDuration::from_secs(1);
/// How often [`PATIENCE`] is spent on one look: by the call that began it, and by one more, for a look that the platform
/// froze with its environment. Beyond that a registry that hangs would slow every call down.
const WAITS: u32 = 2;
/// How soon after another call a call must come for the environment to be busy. Below that, waiting for a look would be
/// most of what such callers wait for at all, and it is short enough for a look to end within a fraction of a second though
/// it runs during calls only. Where calls are rarer, one in hundreds waits at an interval of a minute, for a round trip.
pub(super) const BUSY: SignedDuration = SignedDuration::from_millis(100);
/// By how much a look overruns its limit when its environment does not run: the timer that ends it is never this late.
const OVERRUN: Duration = Duration::from_millis(500);

/// What is known.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The champion that serves.
    pub(super) serving: Option<Arc<Serving>>,
    /// When the last look began that told what the champion is.
    pub(super) confirmed_at: Option<Timestamp>,
    /// When the last look began, whatever came of it; nothing if the next call is to make it good.
    looked_at: Option<Timestamp>,
    /// The least that the next look is waited for: zero, unless the last one lacked time.
    owed: Duration,
    /// The look under way.
    look: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    began_at: Timestamp,
    /// How long the call that began it waits.
    patience: Duration,
    /// How often [`PATIENCE`] was spent on it.
    waits: u32,
}

impl UnderWay {
    /// What a call does that finds this look, while an older champion could answer.
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

/// What a call does about the champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It answers with what is there.
    Answer,
    /// It waits for the look under way.
    Wait(Duration),
    /// It begins a look and waits for it; not at all at zero.
    Look(Duration),
}

/// Whether a look that began at `began_at` and is still there at `now` was frozen with its environment.
pub(super) fn is_frozen(began_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(began_at).unsigned_abs() > LOOK_LIMIT + OVERRUN
}

impl State {
    /// Whether a call at `now` would just answer.
    pub(super) fn is_settled(&self, now: Timestamp, interval: SignedDuration) -> bool {
        self.look.is_none() && !self.is_due(now, interval)
    }

    /// What a call at `now` does; the state remembers it. A look that it begins is known by `now`. `is_busy` says whether
    /// it came within [`BUSY`] of another one.
    pub(super) fn step(&mut self, now: Timestamp, interval: SignedDuration, is_busy: bool) -> Step {
        // At zero every call looks before it answers.
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

    /// Whether a look is under way.
    pub(super) fn is_looking(&self) -> bool {
        self.look.is_some()
    }

    /// Takes in what came of the look that began at `began_at`. One that failed leaves what serves. One that another look
    /// has replaced changes nothing, even if it found a champion: it may be the former one. Says whether the look counted.
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

    /// `look` died while its environment was frozen. The next call makes it good, unless time was not what it lacked: a
    /// registry that hangs would slow every rare call down.
    fn died(&mut self, look: &UnderWay) {
        if look.patience <= PATIENCE {
            self.looked_at = None;
        }
        self.owe(look);
    }

    /// `look` had too little time: the next one gets more.
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
            // A clock that was set back must not put the next look off.
            since.is_negative() || since >= pause
        })
    }
}
