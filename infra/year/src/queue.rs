//! A queue of failed events, and what CloudWatch shows of it.

use crate::calendar::YEAR;
use crate::chance::Chance;
use crate::incident::HOUR;
use crate::series::MetricSeries;

/// Purpose of the random numbers of the queues' metrics.
const LAGGING: u64 = 4;

// Source: "Available CloudWatch metrics for Amazon SQS" in the SQS developer guide: metrics of a queue that was not active
// may come up to 15 minutes late, and a queue is active for six hours after it was used.
/// Maximum number of minutes until the metrics of a queue that was not in use appear.
const LONGEST_LAG: u32 = 15;
/// Minutes for which SQS publishes metrics of a queue after its last use.
const ACTIVE: u32 = 6 * HOUR;

/// One change of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum QueueChange {
    Sent(u32),
    Emptied(u32),
}

/// A queue of failed events over the year.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQueue(Vec<QueueChange>);

impl EventQueue {
    /// An event arrives.
    pub(crate) fn send(&mut self, minute: u32) {
        self.0.push(QueueChange::Sent(minute));
    }

    /// Somebody deletes all events.
    pub(crate) fn empty(&mut self, minute: u32) {
        self.0.push(QueueChange::Emptied(minute));
    }

    /// Returns the number of visible events, minute by minute, as far as SQS publishes it.
    pub(crate) fn series(&self, chance: Chance) -> MetricSeries {
        let mut changes = self.0.clone();
        changes.sort_by_key(|change| change.minute());
        let mut series = MetricSeries::default();
        // Nothing was in the queue before the year.
        let (mut waiting, mut active_until, mut published_from) = (0_u32, 0, 0);
        for (index, change) in changes.iter().enumerate() {
            let minute = change.minute();
            match change {
                QueueChange::Sent(_) => {
                    if minute > active_until {
                        let mut rng = chance.of(LAGGING, minute.into());
                        published_from = minute + rng.u32(..=LONGEST_LAG);
                    }
                    waiting += 1;
                }
                // Nobody touches an empty queue.
                QueueChange::Emptied(_) if waiting == 0 => continue,
                QueueChange::Emptied(_) => waiting = 0,
            }
            let next = changes.get(index + 1).map_or(YEAR, |next| next.minute()).min(YEAR);
            active_until = if waiting > 0 { next } else { minute + ACTIVE };
            for shown in minute.max(published_from)..next.min(active_until) {
                series.push(shown, f64::from(waiting));
            }
        }
        series
    }
}

impl QueueChange {
    fn minute(self) -> u32 {
        match self {
            Self::Sent(minute) | Self::Emptied(minute) => minute,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queues_metric_comes_late_and_ends_six_hours_after_it_was_emptied() {
        let mut queue = EventQueue::default();
        queue.send(100);
        queue.empty(400);
        let series = queue.series(Chance(1));
        let (first, last) = (series.points().first().unwrap(), series.points().last().unwrap());
        assert!((100..=115).contains(&first.minute) && first.value == 1.0, "{first:?}");
        assert_eq!((last.minute, last.value), (400 + ACTIVE - 1, 0.0));
    }

    #[test]
    fn an_empty_queue_shows_nothing() {
        let mut queue = EventQueue::default();
        queue.empty(100);
        assert_eq!(queue.series(Chance(1)).points(), []);
    }
}
