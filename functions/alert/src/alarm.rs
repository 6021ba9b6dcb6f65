//! A CloudWatch alarm, as this function uses it.

use std::str::FromStr;

use evergreen_lifecycle::ports::SeriesQuery;
use evergreen_lifecycle::{AlarmChange, Metric};
use jiff::Timestamp;

use crate::{AlarmKind, AlarmReading};

/// A CloudWatch alarm that has changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// The alarm's full name, which begins with the stack's name.
    pub name: String,
    /// The kind of the CloudWatch alarm, such as "the champion is too old" or "added by hand".
    pub kind: AlarmKind,
    /// The current state of the CloudWatch alarm, such as `ALARM`.
    pub state: AlarmState,
    /// The previous state of the CloudWatch alarm. `None` if the notification does not contain it.
    pub before: Option<AlarmState>,
    /// The time at which the CloudWatch alarm entered its current state.
    pub since: Timestamp,
    /// The measured value of the alarm's metric. It is read from CloudWatch's text about the change of the state.
    pub reading: AlarmReading,
    /// The alarm's threshold. CloudWatch compares the measured value with this number. `None` if unknown.
    pub threshold: Option<f64>,
    // If the comparison is true, something is wrong.
    /// How CloudWatch compares the measured value with the threshold, such as "greater than". `None` if unknown.
    pub comparison: Option<Comparison>,
    /// The name of the CloudWatch metric that the alarm watches. `None` if the alarm watches a math expression instead.
    pub metric: Option<String>,
    /// The series of values that the alarm watches. Empty if the notification does not define them.
    pub series: Vec<SeriesQuery>,
    /// The description in the CloudWatch alarm's definition. `None` if the alarm has no description.
    pub description: Option<String>,
    /// Why the CloudWatch alarm changed its state, in CloudWatch's own words.
    pub reason: String,
}

/// The state of a CloudWatch alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// The alarm is raised: something is wrong.
    Alarm,
    /// The alarm is not raised: everything is in order.
    Ok,
    /// CloudWatch has too few values to decide whether something is wrong.
    InsufficientData,
}

/// The comparison operator of a CloudWatch alarm, such as `>`. With `>`, a value above the threshold raises the alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The alarm is raised if the measured value is greater than the threshold.
    Greater,
    /// The alarm is raised if the measured value is greater than or equal to the threshold.
    GreaterOrEqual,
    /// The alarm is raised if the measured value is less than the threshold.
    Less,
    /// The alarm is raised if the measured value is less than or equal to the threshold.
    LessOrEqual,
}

/// Error: the name of an alarm state or of a comparison operator is unknown. Holds the unknown name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is unknown")]
pub struct UnknownName(pub String);

impl Alarm {
    /// Returns whether the alarm watches the metric `ModelAccuracyMargin`.
    pub(crate) fn measures_margin(&self) -> bool {
        // The champion's record in the registry does not contain this metric's value.
        self.metric.as_deref() == Some(Metric::ModelAccuracyMargin.name())
    }

    /// Returns whether the alarm was raised or became OK. `None` if CloudWatch has too little data to decide.
    pub fn change(&self) -> Option<AlarmChange> {
        // Too little data means neither that something is wrong nor that all is well.
        let raised = match self.state {
            AlarmState::Alarm => true,
            AlarmState::Ok => false,
            AlarmState::InsufficientData => return None,
        };
        let was_raised = self.before.is_none_or(|before| before == AlarmState::Alarm);
        Some(AlarmChange { raised, since: self.since, was_raised })
    }
}

impl AlarmState {
    /// Returns CloudWatch's name for the state, such as `ALARM`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "ALARM",
            Self::Ok => "OK",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl FromStr for AlarmState {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let states = [Self::Alarm, Self::Ok, Self::InsufficientData];
        states.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownName(text.to_owned()))
    }
}

impl Comparison {
    /// Returns whether `value` raises an alarm with this comparison operator and `threshold`. For example, 41 raises an
    /// alarm with the comparison "greater than 36".
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// Describes the good values of an alarm's metric, such as `at most 36 h`. `threshold` is the alarm's threshold as
    /// text, here `36 h`.
    pub fn wanted(self, threshold: &str) -> String {
        match self {
            Self::Greater => format!("at most {threshold}"),
            Self::GreaterOrEqual => format!("below {threshold}"),
            Self::Less => format!("at least {threshold}"),
            Self::LessOrEqual => format!("above {threshold}"),
        }
    }
}

impl FromStr for Comparison {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "GreaterThanThreshold" => Ok(Self::Greater),
            "GreaterThanOrEqualToThreshold" => Ok(Self::GreaterOrEqual),
            "LessThanThreshold" => Ok(Self::Less),
            "LessThanOrEqualToThreshold" => Ok(Self::LessOrEqual),
            _ => Err(UnknownName(text.to_owned())),
        }
    }
}
