//! An alarm, as this function thinks of it.

use std::str::FromStr;

use evergreen_lifecycle::{AlarmChange, Metric};
use jiff::Timestamp;

use crate::{AlarmKind, Reading};

/// An alarm that has changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Its full name.
    pub name: String,
    /// What it watches.
    pub kind: AlarmKind,
    /// The state that it is in now.
    pub state: State,
    /// The state that it was in before, where that is told.
    pub before: Option<State>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// What was measured.
    pub reading: Reading,
    /// What it is measured against.
    pub threshold: Option<f64>,
    /// How the two compare when something is wrong.
    pub comparison: Option<Comparison>,
    /// The metric's name, unless the alarm watches an expression.
    pub metric: Option<String>,
    /// Its description, written by who defined it.
    pub description: Option<String>,
    /// CloudWatch's own words on why.
    pub reason: String,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Something is wrong.
    Alarm,
    /// All is well.
    Ok,
    /// Nothing is known.
    InsufficientData,
}

/// How a value compares with the threshold when something is wrong.
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

/// A text that stands for nothing known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is unknown")]
pub struct Unknown(pub String);

impl Alarm {
    /// Whether it watches how far the champion is good enough, as its record in the registry does not say it.
    pub(crate) fn measures_margin(&self) -> bool {
        self.metric.as_deref() == Some(Metric::ModelAccuracyMargin.name())
    }

    /// The change that it tells of. Having no data is none: it says neither that something is wrong nor that all is well.
    pub fn change(&self) -> Option<AlarmChange> {
        let raised = match self.state {
            State::Alarm => true,
            State::Ok => false,
            State::InsufficientData => return None,
        };
        let was_raised = self.before.is_none_or(|before| before == State::Alarm);
        Some(AlarmChange { raised, since: self.since, was_raised })
    }
}

impl State {
    /// CloudWatch's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "ALARM",
            Self::Ok => "OK",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl FromStr for State {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let states = [Self::Alarm, Self::Ok, Self::InsufficientData];
        states.into_iter().find(|state| state.as_str() == text).ok_or_else(|| Unknown(text.to_owned()))
    }
}

impl Comparison {
    /// Whether `value` compares so with `threshold`: whether something is wrong.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::GreaterOrEqual => value >= threshold,
            Self::Less => value < threshold,
            Self::LessOrEqual => value <= threshold,
        }
    }

    /// What has to hold of a value, given the threshold as text, for all to be well.
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
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "GreaterThanThreshold" => Ok(Self::Greater),
            "GreaterThanOrEqualToThreshold" => Ok(Self::GreaterOrEqual),
            "LessThanThreshold" => Ok(Self::Less),
            "LessThanOrEqualToThreshold" => Ok(Self::LessOrEqual),
            _ => Err(Unknown(text.to_owned())),
        }
    }
}
