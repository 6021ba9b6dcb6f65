//! Health metrics of the current champion and of the earlier champions.

use jiff::{SignedDuration, Timestamp};

use super::{Metric, MetricValues};
use crate::champion::{Pointer, Tenure, average_accuracy};
use crate::record::Record;
use crate::time::hours_between;

/// Number of days over which the champions' accuracy is averaged.
pub const AVERAGE_DAYS: u32 = 7;

/// Computes the champion's health metrics, such as its accuracy or R² and its age. `limit` is the maximum age.
pub fn champion_metrics(pointer: &Pointer, limit: Option<SignedDuration>, now: Timestamp) -> MetricValues {
    // Without a `limit`, the hours until the champion is too old are unknown.
    let mut values = MetricValues::default();
    let age = pointer.trained_at().map(|trained_at| hours_between(trained_at, now).max(0.0));
    values.know(Metric::ModelVersion, f64::from(pointer.number.get()));
    values.expect(Metric::ModelAccuracy, pointer.headline());
    values.expect(Metric::ModelAgeHours, age);
    values.expect(Metric::ModelAgeMarginHours, age.zip(limit).map(|(age, limit)| limit.as_secs_f64() / 3600.0 - age));
    values
}

/// Computes the champions' average accuracy or R² over the last seven days. No metric if `history` is empty.
///
/// `history` holds the champions' records, newest first, including the current champion.
pub fn average_champion_accuracy(history: &[Record<Pointer>], now: Timestamp) -> MetricValues {
    let mut values = MetricValues::default();
    if !history.is_empty() {
        let average = tenures(history, now).and_then(|tenures| average_accuracy(&tenures, now, AVERAGE_DAYS));
        values.expect(Metric::ModelAccuracy7DayAverage, average);
    }
    values
}

/// Returns the periods and scores of the champions of the last seven days. `None` if one record cannot be read.
fn tenures(history: &[Record<Pointer>], now: Timestamp) -> Option<Vec<Tenure>> {
    let begins = now.checked_sub(SignedDuration::from_hours(24 * i64::from(AVERAGE_DAYS))).unwrap_or(Timestamp::MIN);
    let mut tenures = Vec::new();
    for record in history {
        let tenure = Tenure::of(record.as_ref().ok()?)?;
        tenures.push(tenure);
        if tenure.promoted_at <= begins {
            break;
        }
    }
    Some(tenures)
}
