//! Which health metrics a measurement publishes, and the record of what was published last.
//!
//! CloudWatch bills a metric for each hour in which it gets a value. Most values stay the same for a day or longer, and
//! the alarms on them keep their state without new values. So such a metric is published when it changes. The repeats
//! for an hour have three reasons. A period of five minutes may contain both the old and the new value, and an alarm
//! looks at the worse one. Two measurements may run at the same time. A new alarm may see the values of a new release.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Datum, Publication};

/// How long each measurement repeats a value of a health metric after the value changed.
pub const AFTER_CHANGE: SignedDuration = SignedDuration::from_hours(1);

// The next measurement comes within five minutes, and is retried once. So no metric is silent for more than 24 hours.
/// After this time without a value, a health metric is published even if its value is the same.
pub const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_mins(24 * 60 - 10);

// An empty record is always right: then every metric is published.
/// The record of the health metrics that were published last. Only those with [`Publication::OnChange`] are in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PublishedMetrics {
    /// JSON field: how many times the stored record was written. 0 if there is no stored record.
    pub revision: u32,
    // A new release may bring new alarms, and a new alarm has no state until it sees a value.
    /// JSON field: the release of the software that published the values.
    pub release: String,
    /// JSON field: the last published value of each metric, by the metric's name.
    pub points: BTreeMap<String, LastPoint>,
}

/// The last published value of one health metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LastPoint {
    /// JSON field: the published value.
    pub value: f64,
    /// JSON field: when this value was first published, after another value or none.
    pub since: Timestamp,
    // Repeats in the first hour do not change it.
    /// JSON field: the time from which the day until the next repeat counts.
    pub at: Timestamp,
}

impl PublishedMetrics {
    /// Returns the record for the running `release`: without values if another release published them.
    #[must_use]
    pub fn for_release(self, release: &str) -> Self {
        if self.release == release {
            return self;
        }
        Self { release: release.to_owned(), points: BTreeMap::new(), ..self }
    }

    /// Returns the record without values and with the next revision. It is stored while values are being published.
    #[must_use]
    pub fn withdrawn(&self) -> Self {
        Self { revision: self.revision.saturating_add(1), release: self.release.clone(), points: BTreeMap::new() }
    }

    /// Returns which of the measured values must be published at `now`.
    pub fn due(&self, measured: &[Datum], now: Timestamp) -> Vec<Datum> {
        measured.iter().filter(|datum| self.is_due(datum, now)).copied().collect()
    }

    /// Returns the record after the values in `published` were published at `now`. The revision stays the same.
    #[must_use]
    pub fn after(&self, published: &[Datum], now: Timestamp) -> Self {
        let mut points = self.points.clone();
        for datum in published.iter().filter(|datum| datum.metric.publication() == Publication::OnChange) {
            let before = self.point(datum).filter(|point| point.is_of(datum.value));
            let point = match before {
                Some(point) if !point.is_old(now) => point,
                Some(point) => LastPoint { at: now, ..point },
                None => LastPoint { value: datum.value, since: now, at: now },
            };
            points.insert(datum.metric.name().to_owned(), point);
        }
        Self { points, ..self.clone() }
    }

    fn is_due(&self, datum: &Datum, now: Timestamp) -> bool {
        if datum.metric.publication() == Publication::EachTime {
            return true;
        }
        self.point(datum).is_none_or(|point| !point.is_of(datum.value) || point.is_new(now) || point.is_old(now))
    }

    fn point(&self, datum: &Datum) -> Option<LastPoint> {
        self.points.get(datum.metric.name()).copied()
    }
}

impl LastPoint {
    /// Returns whether `value` is the published one, bit by bit.
    fn is_of(&self, value: f64) -> bool {
        self.value.to_bits() == value.to_bits()
    }

    fn is_new(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) < AFTER_CHANGE
    }

    /// Returns whether the value must be repeated. A time in the future is not believed.
    fn is_old(&self, now: Timestamp) -> bool {
        now < self.at || now.duration_since(self.at) >= AT_LEAST_EVERY
    }
}
