//! EventBridge Scheduler as its user guide describes it, minute by minute: it does not fire at a time that the clocks skip,
//! and not again at a time that exists for the second time. It knows nothing of the code under test.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The scheduler is looked at so often; every schedule here fires at such moments only.
const TICK: SignedDuration = SignedDuration::from_mins(15);

/// When a schedule fires.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// Every day at that hour and minute.
    Daily(i8, i8),
    /// At every full hour.
    Hourly,
    /// At every quarter of an hour.
    Quarterly,
    /// Every Sunday at that hour and minute.
    OnSundays(i8, i8),
    /// Again after so long, for the first time at once.
    Every(SignedDuration),
}

/// A scheduler with one schedule.
#[derive(Debug)]
pub struct Scheduler {
    zone: TimeZone,
    when: When,
    since: Timestamp,
    next_tick: Timestamp,
    /// The latest time that the wall clock has shown.
    latest: Option<DateTime>,
    fired: Vec<Timestamp>,
}

impl Scheduler {
    /// A scheduler whose clocks are those of `zone`. Nothing is scheduled before [`change`](Self::change) is called.
    pub fn new(zone: &str) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        let zone = TimeZone::get(zone).unwrap();
        Self { zone, when: When::Hourly, since: never, next_tick: never, latest: None, fired: Vec::new() }
    }

    /// Makes or changes the schedule at `since`.
    pub fn change(&mut self, when: When, since: Timestamp) {
        (self.when, self.since) = (when, since);
        self.fired.clear();
        let ticks = since.as_second().div_euclid(TICK.as_secs());
        let after = Timestamp::from_second((ticks + 1) * TICK.as_secs()).unwrap();
        // Between two schedules the wall clock goes on.
        self.next_tick = after.max(self.next_tick);
    }

    /// The moments until `now` at which the schedule fires, of which this was not told yet.
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

    /// The last time by then at which the schedule as it is now has fired.
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

    /// A rate counts from its last firing, and fires for the first time at the first tick after it was made.
    fn follows(&self, tick: Timestamp, every: SignedDuration) -> bool {
        self.fired.last().is_none_or(|last| tick.duration_since(*last) >= every)
    }
}
