//! The minutes of the simulated year, and when trainings are due in it.

use evergreen_lifecycle::schedule::Schedule;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The simulated year: it begins on 1 January 2026, at midnight UTC.
pub const YEAR: u32 = 365 * 24 * 60;

/// The time zone of the people who call the model and repair it.
const HOME: &str = "Europe/Berlin";

/// Converts the minutes of the year to times.
#[derive(Debug, Clone)]
pub struct Calendar {
    begin: Timestamp,
    home: TimeZone,
}

impl Default for Calendar {
    fn default() -> Self {
        let begin = Timestamp::from_second(1_767_225_600).unwrap_or_default();
        Self { begin, home: TimeZone::get(HOME).unwrap_or(TimeZone::UTC) }
    }
}

impl Calendar {
    /// Returns the time of a minute of the year.
    pub fn at(&self, minute: u32) -> Timestamp {
        self.begin + SignedDuration::from_mins(i64::from(minute))
    }

    /// Returns the minute of the year of a time. 0 if the time is before the year.
    pub fn minute(&self, at: Timestamp) -> u32 {
        u32::try_from(at.duration_since(self.begin).as_mins()).unwrap_or_default()
    }

    /// Returns the hour of the day at home, and whether the day is a working day.
    pub fn hour_at_home(&self, minute: u32) -> (i8, bool) {
        let clock = self.home.to_datetime(self.at(minute));
        (clock.hour(), !matches!(clock.weekday(), Weekday::Saturday | Weekday::Sunday))
    }

    /// Returns the first minute of the month (UTC) of a minute.
    pub fn month_begin(&self, minute: u32) -> u32 {
        let first = TimeZone::UTC.to_datetime(self.at(minute)).date().first_of_month();
        TimeZone::UTC.to_timestamp(first.at(0, 0, 0, 0)).map_or(0, |first| self.minute(first))
    }

    /// Returns the minutes of the year in which a schedule is due.
    pub fn due_minutes(&self, schedule: &Schedule) -> Vec<u32> {
        let first = schedule.next_due(self.begin - SignedDuration::from_secs(1));
        let times = std::iter::successors(first, |due| schedule.next_due(*due));
        times.map(|due| self.minute(due)).take_while(|minute| *minute < YEAR).collect()
    }
}
