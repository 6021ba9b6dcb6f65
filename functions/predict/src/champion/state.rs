//! What is known of the champion, and the rule for when to look again. Pure: the clock and the world are elsewhere.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Serving;
use super::load::Look;

/// How long a call waits for a look while an older champion could answer. Long enough for a look that finds nothing new,
/// and for a small artifact; without it an environment that is called rarely, and frozen in between, would answer with
/// an old model for ever.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);
/// How long a call waits for a look when nothing could answer otherwise.
pub(super) const PATIENCE_WITHOUT_MODEL: Duration = Duration::from_secs(2);
/// The least time between two looks while nothing serves.
pub(super) const PAUSE_WITHOUT_MODEL: SignedDuration = SignedDuration::from_secs(1);
/// How many calls wait for one look: the one that began it, and one more, for a look that the platform froze with its
/// environment. Beyond that a registry that hangs would slow every call down.
const WAITERS: u32 = 2;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The champion that serves.
    pub(super) serving: Option<Arc<Serving>>,
    /// When a look last told what the champion is.
    pub(super) confirmed_at: Option<Timestamp>,
    /// When the last look began, whatever came of it.
    looked_at: Option<Timestamp>,
    /// The look under way.
    look: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    waiters: u32,
}

/// What a call does about the champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It answers with what is there.
    Answer,
    /// It waits for the look under way.
    Wait(Duration),
    /// It begins a look and waits for it.
    Look(Duration),
}

impl State {
    /// Whether a call at `now` would just answer.
    pub(super) fn is_settled(&self, now: Timestamp, interval: SignedDuration) -> bool {
        self.look.is_none() && !self.is_due(now, interval)
    }

    /// What a call at `now` does; the state remembers it.
    pub(super) fn step(&mut self, now: Timestamp, interval: SignedDuration) -> Step {
        let patience = if self.serving.is_some() { PATIENCE } else { PATIENCE_WITHOUT_MODEL };
        if let Some(look) = &mut self.look {
            look.waiters += 1;
            let waits = self.serving.is_none() || look.waiters <= WAITERS;
            return if waits { Step::Wait(patience) } else { Step::Answer };
        }
        if !self.is_due(now, interval) {
            return Step::Answer;
        }
        self.looked_at = Some(now);
        self.look = Some(UnderWay { waiters: 1 });
        Step::Look(patience)
    }

    /// Whether a look is under way.
    pub(super) fn is_looking(&self) -> bool {
        self.look.is_some()
    }

    /// The look under way told what the champion is.
    pub(super) fn ended(&mut self, look: Look, now: Timestamp) {
        self.look = None;
        match look {
            Look::Nothing => return,
            Look::Same => {}
            Look::New(serving) => self.serving = Some(serving),
        }
        self.confirmed_at = Some(now);
    }

    /// The look under way failed; what serves stays. One that was only `interrupted` is made good by the next call.
    pub(super) fn failed(&mut self, interrupted: bool) {
        self.look = None;
        if interrupted {
            self.looked_at = None;
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
