//! Impact: how many answers change if a challenger takes the champion's place, and on which rows.
//!
//! Champion and challenger answer the same rows. These are rows that were served, or those of the hold-out. A score says
//! which version is better. The impact says who notices the change.

mod moving;
mod place;
mod tally;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::moving::MovingColumn;
pub use self::place::ChangedPlace;
pub use self::tally::{AnswerChange, ImpactTally};
use crate::Label;
use crate::drift::short;
use crate::text::grouped;

/// Maximum number of changes from one label to another that an impact lists.
pub const MAX_LABEL_CHANGES: usize = 3;

/// How many answers change if the challenger takes the champion's place.
///
/// ```
/// use evergreen_lifecycle::{AnswerChanges, ChangedPlace, ComparedRows, Impact, LabelChange, MovingColumn};
///
/// let change = |from: &str, to: &str, rows| LabelChange { from: from.into(), to: to.into(), rows };
/// let impact = Impact {
///     basis: ComparedRows::Served { days: 7 },
///     rows: 9841,
///     changed: 312,
///     changes: AnswerChanges::Labels { transitions: vec![change("no", "yes", 210), change("yes", "no", 102)] },
///     mostly: Some(ChangedPlace { condition: "plan = pro".into(), rows: 2104, changed: 281 }),
///     moving: Some(MovingColumn { name: "tenure".into(), rows: 290, explained: 312 }),
/// };
/// let sentence = "312 of 9,841 answers change, most of them where plan = pro (281 of 312); \
///     tenure made 290 of 312 explained changes";
/// assert_eq!(impact.to_string(), sentence);
/// assert_eq!(impact.directions(), "no → yes: 210, yes → no: 102");
/// assert_eq!(impact.compared_on(), "9,841 rows served in the last 7 days");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// The rows that both versions answered.
    pub basis: ComparedRows,
    /// The number of these rows.
    pub rows: u64,
    /// The number of rows whose answer changes.
    pub changed: u64,
    /// How the answers change.
    pub changes: AnswerChanges,
    /// The condition that most of the changed rows meet. `None` if no condition stands out from chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mostly: Option<ChangedPlace>,
    /// The column that made most of the changes. `None` if no column stands out, or if a version cannot explain itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<MovingColumn>,
}

/// The rows on which champion and challenger are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum ComparedRows {
    /// The hold-out rows of the challenger.
    HoldOut,
    /// A sample of rows that were served.
    Served {
        /// The number of days before the training in which the rows were served.
        days: u16,
    },
}

/// How answers change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answers", rename_all = "snake_case")]
pub enum AnswerChanges {
    /// An answer changes if the challenger predicts another label.
    Labels {
        /// The most frequent changes, at most [`MAX_LABEL_CHANGES`].
        transitions: Vec<LabelChange>,
    },
    /// An answer changes if the predicted number moves by more than `step`.
    Numbers {
        // A smaller change is less than what callers must expect of any answer.
        /// The champion's mean absolute error on the hold-out of its own training.
        step: f64,
        /// The number of changed answers that become larger.
        higher: u64,
        /// The number of changed answers that become smaller.
        lower: u64,
    },
}

/// The rows whose answer changes from one label to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelChange {
    /// The label that the champion predicts.
    pub from: Label,
    /// The label that the challenger predicts.
    pub to: Label,
    /// The number of rows.
    pub rows: u64,
}

impl Impact {
    /// Returns how the answers change, such as `no → yes: 210, yes → no: 102`. Empty if no answer changes.
    pub fn directions(&self) -> String {
        let parts: Vec<String> = match &self.changes {
            AnswerChanges::Labels { transitions } => {
                let of = |change: &LabelChange| format!("{} → {}: {}", change.from, change.to, grouped(change.rows));
                transitions.iter().map(of).collect()
            }
            AnswerChanges::Numbers { higher, lower, .. } => [("higher", *higher), ("lower", *lower)]
                .into_iter()
                .filter(|(_, rows)| *rows > 0)
                .map(|(name, rows)| format!("{name}: {}", grouped(rows)))
                .collect(),
        };
        parts.join(", ")
    }

    /// Returns the rows on which the versions were compared, such as `1,200 hold-out rows`.
    pub fn compared_on(&self) -> String {
        let rows = grouped(self.rows);
        match self.basis {
            ComparedRows::HoldOut => format!("{rows} hold-out rows"),
            ComparedRows::Served { days: 1 } => format!("{rows} rows served in the last day"),
            ComparedRows::Served { days } => format!("{rows} rows served in the last {days} days"),
        }
    }
}

impl Impact {
    /// Returns how many answers a version would change that does not serve, such as `312 of 9,841 answers would change, most
    /// of them where plan = pro (281 of 312)`.
    pub fn if_promoted(&self) -> String {
        self.written("would change")
    }

    fn written(&self, verb: &str) -> String {
        let (rows, changed) = (grouped(self.rows), grouped(self.changed));
        let count = if self.changed == 0 { "none" } else { &changed };
        let by = match &self.changes {
            AnswerChanges::Numbers { step, .. } => format!(" by more than {}", short(*step)),
            AnswerChanges::Labels { .. } => String::new(),
        };
        let place = self
            .mostly
            .as_ref()
            .map(|place| format!(", most of them where {} ({} of {changed})", place.condition, grouped(place.changed)));
        let moving = self.moving.as_ref().map(|column| format!("; {column}"));
        format!("{count} of {rows} answers {verb}{by}{}{}", place.unwrap_or_default(), moving.unwrap_or_default())
    }
}

/// Writes how many answers change and where, without a full stop.
impl fmt::Display for Impact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written(if self.changed > 1 { "change" } else { "changes" }))
    }
}
