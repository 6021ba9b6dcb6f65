//! Simulation of EventBridge Scheduler, as AWS's user guide describes it.
//!
//! It does not fire at a time that the clocks skip, or at the second occurrence of a repeated time. It shares no code
//! with the tested function.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

// All simulated schedules fire only at multiples of this step.
/// Time step of the simulated scheduler.
const TICK: SignedDuration = SignedDuration::from_mins(15);

/// When a simulated schedule fires.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// The schedule fires every day at this hour and minute.
    Daily(i8, i8),
    /// The schedule fires at every full hour.
    Hourly,
    /// The schedule fires at every quarter of an hour.
    Quarterly,
    /// The schedule fires every Sunday at this hour and minute.
    OnSundays(i8, i8),
    // The first time is the first step after the creation.
    /// The schedule fires first at its creation, and then each time this duration has passed.
    Every(SignedDuration),
}

/// Test fake of EventBridge Scheduler that holds one schedule.
#[derive(Debug)]
pub struct Scheduler {
    zone: TimeZone,
    when: When,
    since: Timestamp,
    next_tick: Timestamp,
    /// The latest wall clock time that the simulation has reached. `None` before the first step.
    latest: Option<DateTime>,
    fired: Vec<Timestamp>,
}

impl Scheduler {
    /// Creates a simulated scheduler without a schedule, in the time zone `zone`.
    pub fn new(zone: &str) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        let zone = TimeZone::get(zone).unwrap();
        Self { zone, when: When::Hourly, since: never, next_tick: never, latest: None, fired: Vec::new() }
    }

    /// Creates the simulated schedule at the time `since`, or replaces the current schedule.
    pub fn change(&mut self, when: When, since: Timestamp) {
        (self.when, self.since) = (when, since);
        self.fired.clear();
        let ticks = since.as_second().div_euclid(TICK.as_secs());
        let after = Timestamp::from_second((ticks + 1) * TICK.as_secs()).unwrap();
        // The simulated wall clock continues when the schedule is replaced.
        self.next_tick = after.max(self.next_tick);
    }

    /// Returns the times up to `now` at which the schedule fired since the last call.
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

    /// Returns the latest time at or before `by` when the simulated schedule fired. `None` if it did not fire.
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

    /// Returns whether a `rate(…)` schedule fires at the time `tick`.
    fn follows(&self, tick: Timestamp, every: SignedDuration) -> bool {
        // The first time is the first step after its creation. Later times count from the last firing.
        self.fired.last().is_none_or(|last| tick.duration_since(*last) >= every)
    }
}
