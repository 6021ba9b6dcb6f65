//! Simulates EventBridge Scheduler as its user guide describes it. It does not fire at a time that the clocks skip, or
//! at the second occurrence of a repeated time. It shares no code with the function under test.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Step of the simulation. Every schedule here fires only at multiples of it.
const TICK: SignedDuration = SignedDuration::from_mins(15);

/// When a schedule fires.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// Every day at this hour and minute.
    Daily(i8, i8),
    /// At every full hour.
    Hourly,
    /// At every quarter of an hour.
    Quarterly,
    /// Every Sunday at this hour and minute.
    OnSundays(i8, i8),
    /// Again after this time, starting at once.
    Every(SignedDuration),
}

/// A scheduler with one schedule.
#[derive(Debug)]
pub struct Scheduler {
    zone: TimeZone,
    when: When,
    since: Timestamp,
    next_tick: Timestamp,
    /// The latest wall clock time so far.
    latest: Option<DateTime>,
    fired: Vec<Timestamp>,
}

impl Scheduler {
    /// Creates a scheduler in `zone`. It has no schedule until [`change`](Self::change) is called.
    pub fn new(zone: &str) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        let zone = TimeZone::get(zone).unwrap();
        Self { zone, when: When::Hourly, since: never, next_tick: never, latest: None, fired: Vec::new() }
    }

    /// Creates or changes the schedule at `since`.
    pub fn change(&mut self, when: When, since: Timestamp) {
        (self.when, self.since) = (when, since);
        self.fired.clear();
        let ticks = since.as_second().div_euclid(TICK.as_secs());
        let after = Timestamp::from_second((ticks + 1) * TICK.as_secs()).unwrap();
        // The wall clock continues from one schedule to the next.
        self.next_tick = after.max(self.next_tick);
    }

    /// Returns the times until `now` at which the schedule fires and that were not returned before.
    pub fn fire_until(&mut self, now: Timestamp) -> Vec<Timestamp> {
        let mut fired = Vec::new();
        while self.next_tick <= now {
            if self.fires(self.next_tick) {
                fired.push(self.next_tick);
            }
            self.next_tick += TICK;
        }
        self.fired.extend(&fired);
        fired
    }

    /// Returns the last time at or before `by` when the current schedule fired.
    pub fn last_due(&self, by: Timestamp) -> Option<Timestamp> {
        self.fired.iter().rev().copied().find(|due| *due <= by)
    }

    fn fires(&mut self, tick: Timestamp) -> bool {
        let clock = tick.to_zoned_datetime(self.zone.clone()).datetime();
        let is_again = self.latest.is_some_and(|latest| clock <= latest);
        self.latest = self.latest.max(Some(clock));
        let time = (clock.hour(), clock.minute());
        let matches = match self.when {
            When::Daily(hour, minute) => time == (hour, minute),
            When::Hourly => clock.minute() == 0,
            When::Quarterly => true,
            When::OnSundays(hour, minute) => time == (hour, minute) && clock.weekday() == Weekday::Sunday,
            When::Every(every) => return self.follows(tick, every),
        };
        matches && !is_again
    }

    /// Checks whether a rate fires at `tick`. A rate counts from its last firing, and fires first at the first tick
    /// after its creation.
    fn follows(&self, tick: Timestamp, every: SignedDuration) -> bool {
        self.fired.last().is_none_or(|last| tick.duration_since(*last) >= every)
    }
}
