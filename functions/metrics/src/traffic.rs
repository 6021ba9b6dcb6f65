//! Reads the requests of the last weeks, and says whether they have stopped.

use evergreen_lifecycle::ports::{MetricHistory, SeriesQuery, SeriesSource};
use evergreen_lifecycle::traffic::{RequestCounts, TRAFFIC_PERIOD, TRAFFIC_REACH};
use jiff::Timestamp;

/// Returns 1 if the requests to the prediction API `api` have stopped although they used to come, else 0. `None` if the
/// requests cannot be read.
pub(crate) async fn gone(history: &impl MetricHistory, api: &str, now: Timestamp) -> Option<f64> {
    let values = match history.values(&[requests(api)], now - TRAFFIC_REACH, now).await {
        Ok(values) => values,
        Err(error) => {
            tracing::warn!(%error, cause = %error.cause, "the requests of the last weeks could not be read");
            return None;
        }
    };
    let silence = RequestCounts::new(&values, now).silence();
    let gone = silence.filter(|silence| silence.is_gone());
    if let Some(silence) = gone {
        tracing::warn!(since = %silence.since, times_usual = silence.times_usual, "requests to the prediction API have stopped");
    }
    Some(f64::from(u8::from(gone.is_some())))
}

fn requests(api: &str) -> SeriesQuery {
    let source = SeriesSource::Metric {
        namespace: "AWS/ApiGateway".to_owned(),
        name: "Count".to_owned(),
        dimensions: vec![("ApiName".to_owned(), api.to_owned()), ("Stage".to_owned(), "v1".to_owned())],
        statistic: "Sum".to_owned(),
        period: TRAFFIC_PERIOD,
    };
    SeriesQuery { id: "requests".to_owned(), source, is_compared: true }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::{Memory, moment};
    use jiff::SignedDuration;

    use super::*;

    #[tokio::test]
    async fn requests_that_stop_are_gone_and_those_that_never_came_are_not() {
        let (memory, now) = (Memory::default(), moment("2026-11-24T05:00:00Z"));
        assert_eq!(gone(&memory, "evergreen", now).await, Some(0.0));
        let before = |periods: i64| (now - SignedDuration::from_mins(15 * periods), 20.0);
        memory.state().series = (9..4000).map(before).collect();
        assert_eq!(gone(&memory, "evergreen", now).await, Some(1.0));
        memory.state().series.push(before(1));
        assert_eq!(gone(&memory, "evergreen", now).await, Some(0.0));
    }

    #[tokio::test]
    async fn requests_that_cannot_be_read_are_unknown() {
        let memory = Memory::default();
        memory.take_away("history");
        assert_eq!(gone(&memory, "evergreen", moment("2026-11-24T05:00:00Z")).await, None);
    }
}
