//! Writes the logs to standard output, one JSON object per line. AWS Lambda collects them from there.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

use crate::env::Environment;

/// The log level that is used if no environment variable sets one.
const DEFAULT: &str = "info";

/// Starts logging to standard output, one JSON object per line. The environment variable `AWS_LAMBDA_LOG_LEVEL` or
/// `RUST_LOG` sets the log level (default: `info`).
pub fn init() {
    // `AWS_LAMBDA_LOG_LEVEL` has priority. Both variables may also set levels for parts of the code:
    // `warn,evergreen_aws=debug`. If logging has already started, the function only sets the panic hook again. The log
    // entry of a panic contains its place in the code. It does not contain the panic's message, because this may
    // contain a feature value.
    std::panic::set_hook(Box::new(log_panic));
    let directives = directives(&Environment::process());
    let filter = filter(&directives);
    let refused = filter.is_none();
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    if subscriber(filter, std::io::stdout).try_init().is_ok() && refused {
        tracing::warn!(directives, "the log level is invalid, so the level is info");
    }
}

fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "the function panicked: please report this place in the code");
}

/// Creates the `tracing` subscriber that writes log entries as JSON lines.
fn subscriber<W>(filter: Targets, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // The fields `level`, `timestamp` and `message` are at the top level, where Lambda looks for the first two. Each
    // line also has the innermost tracing span, which names the request.
    let lines = fmt::layer().json().flatten_event(true).with_span_list(false);
    registry().with(filter).with(lines.with_writer(writer))
}

/// Parses the log level settings, such as `warn,evergreen_aws=debug`. Returns `None` if they are invalid.
fn filter(directives: &str) -> Option<Targets> {
    // Only levels and targets are supported. Filters on spans and fields need regular expressions, which add 140 kB to
    // a Lambda function. Each target (a part of the code) must have a level. Otherwise a misspelt level would count as
    // a target, and nothing else would be logged.
    let is_clear = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    if !directives.split(',').map(str::trim).filter(|part| !part.is_empty()).all(is_clear) {
        return None;
    }
    directives.parse().ok()
}

/// Returns the text of the log level settings from the environment variables.
fn directives(environment: &Environment) -> String {
    // Lambda's own variable has priority over `RUST_LOG`, because a person who changes Lambda's setting expects an
    // effect.
    match environment.optional("AWS_LAMBDA_LOG_LEVEL").or_else(|| environment.optional("RUST_LOG")) {
        // Lambda has the level `fatal` above `error`, but the crate `tracing` has no such level.
        Some(level) if level.eq_ignore_ascii_case("fatal") => "error".to_owned(),
        Some(directives) => directives,
        None => DEFAULT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Mutex;

    use super::*;

    fn with(lambda: Option<&str>, rust: Option<&str>) -> String {
        directives(&Environment::from_lookup(|key| match key {
            "AWS_LAMBDA_LOG_LEVEL" => lambda.map(String::from),
            "RUST_LOG" => rust.map(String::from),
            _ => None,
        }))
    }

    #[test]
    fn the_setting_of_the_function_comes_first() {
        assert_eq!(with(Some("WARN"), Some("debug")), "WARN");
        assert_eq!(with(None, Some("evergreen_train=debug")), "evergreen_train=debug");
        assert_eq!(with(None, None), "info");
    }

    #[test]
    fn fatal_is_error() {
        assert_eq!(with(Some("FATAL"), None), "error");
    }

    #[test]
    fn a_misspelt_log_level_is_not_a_target() {
        for directives in ["inof", "warn,evergreen_aws", "evergreen_aws=loud", "a=b=c"] {
            assert_eq!(filter(directives), None, "{directives}");
        }
        for directives in ["info", "WARN", "off", "3", "warn, evergreen_aws=debug", "warn,"] {
            assert!(filter(directives).is_some(), "{directives}");
        }
    }

    #[test]
    fn a_line_is_an_object_with_level_time_and_message() {
        let (read, write) = std::io::pipe().unwrap();
        let subscriber = subscriber("info".parse().unwrap(), Mutex::new(write));
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("invocation", requestId = "R1");
            span.in_scope(|| tracing::warn!(version = 3, "the champion cannot serve"));
        });
        let line: serde_json::Value = serde_json::from_reader(read).unwrap();
        assert_eq!((line["level"].as_str(), line["version"].as_u64()), (Some("WARN"), Some(3)));
        assert_eq!((&line["message"], &line["span"]["requestId"]), (&"the champion cannot serve".into(), &"R1".into()));
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }

    #[test]
    fn a_panic_is_logged_with_its_place_and_without_its_message() {
        init();
        let (mut read, write) = std::io::pipe().unwrap();
        let subscriber = subscriber("info".parse().unwrap(), Mutex::new(write));
        tracing::subscriber::with_default(subscriber, || {
            let _ = std::panic::catch_unwind(|| panic!("sepal_length 5.1"));
        });
        let mut log = String::new();
        read.read_to_string(&mut log).unwrap();
        assert!(log.contains("telemetry.rs:") && !log.contains("5.1"), "{log}");
    }

    #[test]
    fn setting_up_twice_is_harmless() {
        init();
        init();
    }
}
