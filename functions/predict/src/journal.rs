//! Writes one line of JSON to standard output for each answered request and each failed refresh of the champion. The
//! line is both a log entry and a metric, in CloudWatch's embedded metric format. One line costs one write, and half
//! the log volume of two. No line contains request bodies, values, keys or addresses.

use std::io::Write;
use std::time::Duration;

use evergreen_lifecycle::{ModelName, VersionNumber};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Log entry about one answered HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnsweredRequest<'a> {
    /// The request ID of the Lambda invocation.
    #[serde(rename = "requestId")]
    pub request_id: &'a str,
    /// Path template of the request's route, such as `/predict`, or `none` if no route matches.
    pub route: &'static str,
    /// The HTTP status code of the response.
    pub status: u16,
    /// Error code in the response, such as `not-json`. `None` if the request succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
    /// Number of rows that got a prediction. 0 for requests that are not predictions.
    pub rows: usize,
    /// Number of the model version that answered. `None` for an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionNumber>,
    /// How long the predict function took to answer the request.
    #[serde(rename = "duration_us", serialize_with = "micros")]
    pub duration: Duration,
}

/// The log of the predict function. Writes log entries about requests and failed refreshes of the champion, and counts
/// them as metrics.
pub trait Journal: Send + Sync {
    /// Logs one answered request, at the time `at`.
    fn answered(&self, call: &AnsweredRequest<'_>, at: Timestamp);

    /// Logs that a refresh of the champion failed, with the error message `cause`.
    fn load_failed(&self, cause: &str, at: Timestamp);
}

/// Journal that writes log lines and metrics as JSON to standard output, for CloudWatch.
#[derive(Debug)]
pub struct StdoutJournal {
    model: ModelName,
    lambda_version: String,
}

impl StdoutJournal {
    /// Creates a journal for the model named `model`. CloudWatch groups the metrics by that name. `lambda_version` is the
    /// number of the Lambda version that runs, or `$LATEST`. It is logged with every answer of status 500 or more, because
    /// a filter of the log counts them to judge new code.
    pub fn new(model: ModelName, lambda_version: String) -> Self {
        Self { model, lambda_version }
    }

    fn line<'a>(&'a self, call: &'a AnsweredRequest<'a>, at: Timestamp) -> LogLine<'a> {
        // A request without rows, such as a health check, must not count as a prediction.
        let metric = (call.rows > 0).then(|| EmbeddedMetric::new("Predictions", at));
        LogLine {
            predictions: metric.is_some().then_some(call.rows),
            metric,
            lambda_version: (call.status >= 500).then_some(self.lambda_version.as_str()),
            call: Some(call),
            ..LogLine::new("INFO", "answered", &self.model, at)
        }
    }
}

impl Journal for StdoutJournal {
    fn answered(&self, call: &AnsweredRequest<'_>, at: Timestamp) {
        write(&self.line(call, at));
    }

    fn load_failed(&self, cause: &str, at: Timestamp) {
        write(&LogLine {
            metric: Some(EmbeddedMetric::new("ModelLoadFailures", at)),
            load_failures: Some(1),
            cause: Some(cause),
            ..LogLine::new("ERROR", "no champion could be loaded", &self.model, at)
        });
    }
}

fn write(line: &LogLine<'_>) {
    // A request must not fail because the log cannot be written.
    let _ = std::io::stdout().lock().write_all(&line.to_bytes());
}

/// JSON line of the log, which may contain a metric for CloudWatch.
#[derive(Serialize)]
struct LogLine<'a> {
    level: &'static str,
    #[serde(serialize_with = "moment")]
    timestamp: Timestamp,
    message: &'static str,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    metric: Option<EmbeddedMetric>,
    #[serde(rename = "ModelName")]
    model: &'a ModelName,
    #[serde(rename = "Predictions", skip_serializing_if = "Option::is_none")]
    predictions: Option<usize>,
    #[serde(rename = "ModelLoadFailures", skip_serializing_if = "Option::is_none")]
    load_failures: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lambda_version: Option<&'a str>,
    #[serde(flatten)]
    call: Option<&'a AnsweredRequest<'a>>,
}

impl<'a> LogLine<'a> {
    fn new(level: &'static str, message: &'static str, model: &'a ModelName, timestamp: Timestamp) -> Self {
        Self {
            level,
            timestamp,
            message,
            metric: None,
            model,
            predictions: None,
            load_failures: None,
            cause: None,
            lambda_version: None,
            call: None,
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        if serde_json::to_writer(&mut bytes, self).is_ok() {
            bytes.push(b'\n');
        }
        bytes
    }
}

/// JSON field that says which metric a log line contains, in CloudWatch's embedded metric format.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EmbeddedMetric {
    /// Time of the metric in milliseconds since 1970.
    timestamp: i64,
    cloud_watch_metrics: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [[&'static str; 1]; 1],
    metrics: [Definition; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl EmbeddedMetric {
    fn new(name: &'static str, at: Timestamp) -> Self {
        let metrics = [Definition { name, unit: "Count" }];
        let directive = Directive { namespace: "Evergreen", dimensions: [["ModelName"]], metrics };
        Self { timestamp: at.as_millisecond(), cloud_watch_metrics: [directive] }
    }
}

fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

fn micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(call: &AnsweredRequest<'_>) -> String {
        let journal = StdoutJournal::new("iris".parse().unwrap(), "7".to_owned());
        String::from_utf8(journal.line(call, "2026-11-24T03:00:00Z".parse().unwrap()).to_bytes()).unwrap()
    }

    fn call(rows: usize) -> AnsweredRequest<'static> {
        AnsweredRequest {
            request_id: "c6af9ac6",
            route: "/predict",
            status: 200,
            problem: None,
            rows,
            version: evergreen_lifecycle::VersionNumber::new(3),
            duration: Duration::from_micros(12),
        }
    }

    #[test]
    fn a_call_with_rows_is_one_log_line_with_metrics() {
        insta::assert_snapshot!(line(&call(2)), @r#"{"level":"INFO","timestamp":"2026-11-24T03:00:00.000Z","message":"answered","_aws":{"Timestamp":1795489200000,"CloudWatchMetrics":[{"Namespace":"Evergreen","Dimensions":[["ModelName"]],"Metrics":[{"Name":"Predictions","Unit":"Count"}]}]},"ModelName":"iris","Predictions":2,"requestId":"c6af9ac6","route":"/predict","status":200,"rows":2,"version":3,"duration_us":12}"#);
    }

    #[test]
    fn a_call_without_rows_is_a_log_line_with_its_problem_and_no_metrics() {
        let refused = AnsweredRequest { problem: Some("not-json"), status: 400, version: None, ..call(0) };
        insta::assert_snapshot!(line(&refused), @r#"{"level":"INFO","timestamp":"2026-11-24T03:00:00.000Z","message":"answered","ModelName":"iris","requestId":"c6af9ac6","route":"/predict","status":400,"problem":"not-json","rows":0,"duration_us":12}"#);
    }

    /// The metric filter in template.yaml counts these lines by `status`, `ModelName` and `lambda_version`.
    #[test]
    fn a_call_that_fails_says_which_lambda_version_ran() {
        let failed = AnsweredRequest { problem: Some("internal"), status: 500, version: None, ..call(0) };
        insta::assert_snapshot!(line(&failed), @r#"{"level":"INFO","timestamp":"2026-11-24T03:00:00.000Z","message":"answered","ModelName":"iris","lambda_version":"7","requestId":"c6af9ac6","route":"/predict","status":500,"problem":"internal","rows":0,"duration_us":12}"#);
    }
}
