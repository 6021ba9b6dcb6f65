//! An alarm, as the rest of this function uses it.

use std::str::FromStr;

use evergreen_lifecycle::{AlarmChange, Metric};
use jiff::Timestamp;

use crate::{AlarmKind, AlarmReading};

/// An alarm that has changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// The full name, including the stack's.
    pub name: String,
    /// What the alarm watches.
    pub kind: AlarmKind,
    /// The current state.
    pub state: AlarmState,
    /// The previous state, if the notification contains it.
    pub before: Option<AlarmState>,
    /// When the alarm entered the current state.
    pub since: Timestamp,
    /// The measurement in the alarm's reason.
    pub reading: AlarmReading,
    /// The limit that the value is compared with.
    pub threshold: Option<f64>,
    /// The comparison that holds when something is wrong.
    pub comparison: Option<Comparison>,
    /// The name of the metric. `None` if the alarm watches an expression.
    pub metric: Option<String>,
    /// The description from the alarm's definition.
    pub description: Option<String>,
    /// The reason in CloudWatch's own words.
    pub reason: String,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// Something is wrong.
    Alarm,
    /// All is well.
    Ok,
    /// There are not enough values to decide.
    InsufficientData,
}

/// The comparison of value and threshold that means that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// A text that is not a known state or comparison. Contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is unknown")]
pub struct UnknownName(pub String);

impl Alarm {
    /// Checks whether the alarm watches the accuracy margin. The champion's record in the registry does not contain
    /// that margin.
    pub(crate) fn measures_margin(&self) -> bool {
        self.metric.as_deref() == Some(Metric::ModelAccuracyMargin.name())
    }

    /// Returns the change that the alarm reports. `None` for missing data, which means neither that something is wrong
    /// nor that all is well.
    pub fn change(&self) -> Option<AlarmChange> {
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
    /// Returns CloudWatch's name for the state.
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
    /// Checks whether the comparison holds, which means that something is wrong.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// Describes the values that are not wrong. `threshold` is the limit as text.
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
