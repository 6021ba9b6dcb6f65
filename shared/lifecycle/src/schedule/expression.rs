//! Parses the schedule expressions of EventBridge Scheduler: `cron(…)`, `rate(…)` and `at(…)`.

use std::str::FromStr;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::{SignedDuration, civil::DateTime};

/// Schedule expression: `cron(minutes hours day-of-month month day-of-week year)`, `rate(value unit)` or
/// `at(yyyy-mm-ddThh:mm:ss)`.
#[derive(Debug, Clone)]
pub enum Expression {
    /// `cron(…)`: training is due whenever the wall clock matches this cron expression.
    Cron(Box<Cron>),
    /// `rate(…)`: training is due again each time this duration has passed, at least one minute.
    Rate(SignedDuration),
    /// `at(…)`: training is due once, at this wall clock time.
    At(DateTime),
}

/// Error: a text is not a valid schedule expression.
#[derive(Debug, thiserror::Error)]
pub enum InvalidExpression {
    /// Error: the text is not of the form `cron(…)`, `rate(…)` or `at(…)`. Contains the text.
    #[error("expected cron(…), rate(…) or at(…)")]
    Form(String),
    /// Error: the cron expression does not have exactly six fields.
    #[error("cron({text}): expected six fields (minutes hours day-of-month month day-of-week year), got {fields}")]
    Fields {
        /// The text between the brackets of `cron(…)`.
        text: String,
        /// The number of fields in the cron expression; six are required.
        fields: usize,
    },
    /// Error: a field of the cron expression cannot be read.
    #[error("cron({text}): {cause}")]
    Cron {
        /// The text between the brackets of `cron(…)`.
        text: String,
        /// The cron library's error: why the cron expression is not valid.
        cause: croner::errors::CronError,
    },
    // The number must be whole and above 0.
    /// Error: the text in `rate(…)` is not a number of minutes, hours or days. Contains the text between the brackets.
    #[error("rate({0}): expected a whole number above 0 and minutes, hours or days")]
    Rate(String),
    /// Error: the text in `at(…)` is not a wall clock time.
    #[error("at({text}): {cause}")]
    At {
        /// The text between the brackets of `at(…)`.
        text: String,
        /// The library's error: why the time is not valid.
        cause: jiff::Error,
    },
}

impl FromStr for Expression {
    type Err = InvalidExpression;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inside = |form| text.trim().strip_prefix(form)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(inside) = inside("cron") {
            cron(inside).map(|cron| Self::Cron(Box::new(cron)))
        } else if let Some(inside) = inside("rate") {
            rate(inside).map(Self::Rate).ok_or_else(|| InvalidExpression::Rate(inside.to_owned()))
        } else if let Some(inside) = inside("at") {
            let at = inside.trim().parse();
            at.map(Self::At).map_err(|cause| InvalidExpression::At { text: inside.to_owned(), cause })
        } else {
            Err(InvalidExpression::Form(text.to_owned()))
        }
    }
}

/// Parses the text between the brackets of EventBridge's `cron(…)`.
fn cron(text: &str) -> Result<Cron, InvalidExpression> {
    // It has a year but no seconds. Weekdays are 1–7 from Sunday to Saturday, and steps such as `0/15` are allowed.
    let fields = text.split_whitespace().count();
    if fields != 6 {
        return Err(InvalidExpression::Fields { text: text.to_owned(), fields });
    }
    let dialect = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build();
    dialect.parse(&format!("0 {text}")).map_err(|cause| InvalidExpression::Cron { text: text.to_owned(), cause })
}

fn rate(text: &str) -> Option<SignedDuration> {
    let mut words = text.split_whitespace();
    let (value, unit) = (words.next()?.parse::<u32>().ok()?, words.next()?);
    let minutes = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    let whole = value > 0 && words.next().is_none();
    whole.then(|| SignedDuration::from_mins(i64::from(value) * minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Expression>().unwrap_err().to_string()
    }

    #[test]
    fn rates_are_whole_numbers_of_minutes_hours_or_days() {
        for (text, hours) in [("rate(1 day)", 24), ("rate(12 hours)", 12), (" rate( 120 minutes ) ", 2)] {
            let Ok(Expression::Rate(every)) = text.parse() else { panic!("{text} was refused") };
            assert_eq!(every, SignedDuration::from_hours(hours));
        }
        for text in ["rate(0 days)", "rate(1.5 hours)", "rate(1 week)", "rate(1)", "rate(1 day long)", "rate()"] {
            assert!(matches!(text.parse::<Expression>(), Err(InvalidExpression::Rate(_))), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        insta::assert_snapshot!(error("daily"), @"expected cron(…), rate(…) or at(…)");
        insta::assert_snapshot!(error("cron(0 3 * * *)"), @"cron(0 3 * * *): expected six fields (minutes hours day-of-month month day-of-week year), got 5");
        insta::assert_snapshot!(error("cron(0 25 * * ? *)"), @"cron(0 25 * * ? *): Component error: Number out of bounds.");
        insta::assert_snapshot!(error("at(tomorrow)"), @"at(tomorrow): failed to parse four digit integer as year: invalid digit, expected 0-9 but got t");
        insta::assert_snapshot!(error("rate(1 week)"), @"rate(1 week): expected a whole number above 0 and minutes, hours or days");
    }
}
