//! A recorded year: its incidents and the values of all metrics, so that other rules can be tried on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::incident::Incident;
use crate::series::{MetricPoint, MetricSeries};

/// A simulated year, before any alarm looked at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "YearJson", from = "YearJson")]
pub struct RecordedYear {
    /// The seed of the year's random numbers.
    pub seed: u64,
    /// The incidents, in the order of time.
    pub incidents: Vec<Incident>,
    /// The values of the metrics, by metric. For a queue, the name is its logical id.
    pub metrics: BTreeMap<String, MetricSeries>,
}

/// The JSON of a recorded year. Values at regular times on a straight line are one entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct YearJson {
    seed: u64,
    incidents: Vec<Incident>,
    metrics: BTreeMap<String, Vec<Stretch>>,
}

/// `count` values at regular times, on a straight line from the first to the last.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Stretch {
    minute: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    every: u32,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: u32,
    first: f64,
    last: f64,
    #[serde(default = "one_value", skip_serializing_if = "is_one_value")]
    weight: f64,
}

/// Maximum distance of a value from the straight line of its stretch.
const STRAIGHT: f64 = 1e-6;

impl From<RecordedYear> for YearJson {
    fn from(year: RecordedYear) -> Self {
        let metrics = year.metrics.into_iter().map(|(name, series)| (name, stretches(series.points()))).collect();
        Self { seed: year.seed, incidents: year.incidents, metrics }
    }
}

impl From<YearJson> for RecordedYear {
    fn from(json: YearJson) -> Self {
        let expanded =
            |stretches: Vec<Stretch>| -> MetricSeries { stretches.into_iter().flat_map(Stretch::points).collect() };
        let metrics = json.metrics.into_iter().map(|(name, stretches)| (name, expanded(stretches))).collect();
        Self { seed: json.seed, incidents: json.incidents, metrics }
    }
}

impl Stretch {
    fn of(point: MetricPoint) -> Self {
        let MetricPoint { minute, value, weight } = point;
        Self { minute, every: 0, count: 1, first: value, last: value, weight }
    }

    /// Returns the stretch with one more value. `None` if the value is not on its line.
    fn extended(self, point: MetricPoint) -> Option<Self> {
        let every = if self.count == 1 { point.minute - self.minute } else { self.every };
        let slope = if self.count == 1 { point.value - self.first } else { self.slope() };
        let fits = point.minute == self.minute + every * self.count
            && every > 0
            && point.weight == self.weight
            && (point.value - (self.first + slope * f64::from(self.count))).abs() < STRAIGHT;
        fits.then_some(Self { every, count: self.count + 1, last: point.value, ..self })
    }

    fn slope(self) -> f64 {
        (self.last - self.first) / f64::from((self.count - 1).max(1))
    }

    fn points(self) -> impl Iterator<Item = MetricPoint> {
        let Self { minute, every, count, first, last, weight } = self;
        let value = move |index| if index + 1 == count { last } else { first + self.slope() * f64::from(index) };
        (0..count).map(move |index| MetricPoint { minute: minute + every * index, value: value(index), weight })
    }
}

fn stretches(points: &[MetricPoint]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for point in points {
        match stretches.last_mut().and_then(|last| Some((last.extended(*point)?, last))) {
            Some((extended, last)) => *last = extended,
            None => stretches.push(Stretch::of(*point)),
        }
    }
    stretches
}

fn one() -> u32 {
    1
}

fn one_value() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn is_one(number: &u32) -> bool {
    *number == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn is_one_value(number: &f64) -> bool {
    *number == 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_year_comes_back_as_it_was() {
        let mut falling = MetricSeries::default();
        for step in 0..1000 {
            falling.push(3 + step * 5, 36.0 - f64::from(step) / 12.0);
        }
        falling.push(5100, 35.0);
        let mut latency = MetricSeries::default();
        latency.push_many(7, 20.0, 40.0);
        latency.push(7, 1500.0);
        let metrics = [("Margin".to_owned(), falling), ("Latency".to_owned(), latency)].into();
        let year = RecordedYear { seed: 3, incidents: Vec::new(), metrics };
        let json = serde_json::to_string(&year).unwrap();
        assert!(json.len() < 500, "{json}");
        let back: RecordedYear = serde_json::from_str(&json).unwrap();
        for (name, series) in &year.metrics {
            for (before, after) in series.points().iter().zip(back.metrics[name].points()) {
                assert_eq!((before.minute, before.weight), (after.minute, after.weight));
                assert!((before.value - after.value).abs() < 1e-5, "{before:?} {after:?}");
            }
            assert_eq!(series.points().len(), back.metrics[name].points().len());
        }
    }
}
