//! The times whose served rows are compared with the baseline.

use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const SECONDS_OF_AN_HOUR: i64 = 3600;
const HOURS_OF_A_DAY: i64 = 24;

/// One hour of UTC, as the number of whole hours since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountedHour(pub i64);

impl CountedHour {
    /// Returns the hour in which `moment` lies.
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.as_second().div_euclid(SECONDS_OF_AN_HOUR))
    }

    /// Returns the first moment of the hour. `None` if it is outside the range of times.
    pub fn start(self) -> Option<Timestamp> {
        Timestamp::from_second(self.0.checked_mul(SECONDS_OF_AN_HOUR)?).ok()
    }

    /// Returns the next hour.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How much time a window has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowLength {
    /// One hour. It is judged when it is complete.
    Hour,
    /// 24 hours. It is judged when a day of UTC is complete.
    Day,
    /// Seven days. It is judged when a day of UTC is complete.
    Week,
    /// 28 days. It is judged when a day of UTC is complete.
    FourWeeks,
}

impl WindowLength {
    /// All lengths, from short to long.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::FourWeeks];

    /// Returns the number of hours in a window of this length.
    pub fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => HOURS_OF_A_DAY,
            Self::Week => 7 * HOURS_OF_A_DAY,
            Self::FourWeeks => 28 * HOURS_OF_A_DAY,
        }
    }

    /// Returns how often a window of this length is judged in a year, at most (in a leap year).
    pub fn judged_a_year(self) -> u32 {
        match self {
            Self::Hour => 366 * 24,
            Self::Day | Self::Week | Self::FourWeeks => 366,
        }
    }

    /// Returns the words for a sentence, such as `the last week`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "the last hour",
            Self::Day => "the last day",
            Self::Week => "the last week",
            Self::FourWeeks => "the last four weeks",
        }
    }
}

/// A number of complete hours whose served rows are compared with the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// How much time the window has.
    pub length: WindowLength,
    /// The last hour of the window.
    pub last: CountedHour,
}

impl Window {
    /// Returns the windows that are judged once the hour `last` is complete, from short to long. Each window is judged
    /// once: its hour has ended, and counts that arrive later do not change the result.
    ///
    /// ```
    /// use evergreen_lifecycle::drift::{CountedHour, Window};
    ///
    /// let hour = |text: &str| CountedHour::of(text.parse().expect("a time"));
    /// assert_eq!(Window::ending(hour("2026-11-24T22:10:00Z")).len(), 1);
    /// assert_eq!(Window::ending(hour("2026-11-24T23:10:00Z")).len(), 4);
    /// ```
    pub fn ending(last: CountedHour) -> Vec<Self> {
        let ends_a_day = last.next().0.rem_euclid(HOURS_OF_A_DAY) == 0;
        let is_due = |length: &WindowLength| *length == WindowLength::Hour || ends_a_day;
        WindowLength::ALL.into_iter().filter(is_due).map(|length| Self { length, last }).collect()
    }

    /// Returns the hours of the window, whose counts are to be added. The end is not included.
    pub fn hours(self) -> Range<i64> {
        let end = self.last.next().0;
        end.saturating_sub(self.length.hours())..end
    }
}
