//! Draws the week: how right the live predictions were, or how many rows were served.

use evergreen_chart::{ChartPicture, ChartPoint, MetricChart};
use evergreen_lifecycle::Metric;
use evergreen_lifecycle::ports::{MetricHistory, SeriesQuery, SeriesSource};

use super::week::Week;
use crate::Letterhead;
use crate::quantity::number;

/// Length of a period of the picture, in seconds. CloudWatch keeps hours long enough for any week.
const HOUR: u32 = 3600;

/// The metrics that a digest may show with their titles, the better one first.
const METRICS: [(Metric, &str); 2] =
    [(Metric::LiveAccuracy, "Live accuracy"), (Metric::ServedRows, "Rows served in an hour")];

// The picture only helps, so the digest is sent without it too.
/// Draws the first of the metrics that has values in the week. `None` if none has, or if CloudWatch does not answer.
pub(super) async fn of(week: &Week, history: &impl MetricHistory, about: &Letterhead) -> Option<ChartPicture> {
    for (metric, title) in METRICS {
        let values = history.values(&[series(metric, about)], week.from, week.until).await.inspect_err(|error| {
            tracing::warn!(%error, cause = %error.cause, "the digest is sent without a picture");
        });
        let points: Vec<_> = values.ok()?.into_iter().map(|(at, value)| ChartPoint { at, value }).collect();
        if points.is_empty() {
            continue;
        }
        let chart = MetricChart {
            title,
            points: &points,
            from: week.from,
            until: week.until,
            threshold: None,
            incident: None,
            zone: &about.zone,
            write: number,
        };
        return evergreen_chart::draw(&chart)
            .inspect_err(|error| tracing::warn!(%error, "the digest is sent without a picture"))
            .ok();
    }
    None
}

fn series(metric: Metric, about: &Letterhead) -> SeriesQuery {
    let source = SeriesSource::Metric {
        namespace: "Evergreen".to_owned(),
        name: metric.name().to_owned(),
        dimensions: vec![("ModelName".to_owned(), about.model.to_string())],
        statistic: "Average".to_owned(),
        period: HOUR,
    };
    SeriesQuery { id: "week".to_owned(), source, is_compared: true }
}
