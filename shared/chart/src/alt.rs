//! The picture in words.

use crate::axis::{length, moment};
use crate::{ChartPoint, MetricChart};

/// Describes the picture: the metric, the newest, lowest and highest value, the threshold and the incident.
pub(crate) fn describe(chart: &MetricChart<'_>, points: &[ChartPoint]) -> Option<String> {
    let write = chart.write;
    let last = points.last()?;
    let by_value = |a: &&ChartPoint, b: &&ChartPoint| a.value.total_cmp(&b.value);
    let (low, high) = (points.iter().min_by(by_value)?, points.iter().max_by(by_value)?);
    let span = length(chart.until.duration_since(chart.from));
    let mut text = format!("{} in the last {span}: {} at the end", chart.title, write(last.value));
    if low.value < high.value {
        text += &format!(", lowest {}, highest {}", write(low.value), write(high.value));
    }
    if let Some(threshold) = chart.threshold {
        text += &format!("; threshold {}", write(threshold));
    }
    if let Some(incident) = chart.incident {
        let from = moment(incident.from, chart.zone);
        text += &match incident.until < chart.until {
            true => format!("; incident from {from} to {}", moment(incident.until, chart.zone)),
            false => format!("; incident since {from}"),
        };
    }
    Some(text + ".")
}
