//! The gate: the rule that decides whether a challenger may serve.
//!
//! A challenger is compared with the champion on the same rows, which neither has learnt from, row by row: two models that
//! differ in two of thirty rows are not told apart by that. What is refused is a challenger that is below the floor, or one
//! that is worse than the champion by more than the tolerance and by more than noise explains.

mod paired;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::paired::PairedTest;
use crate::{PrimaryMetric, VersionNumber};

/// Two scores that differ by less than this are the same: they are ratios of small integers in floating point.
const SAME: f64 = 1e-9;

/// A challenger counts as worse beyond noise when one that is as good as the champion would look as bad by chance less often
/// than this.
pub const SIGNIFICANCE: f64 = 0.05;

/// The rule's figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    metric: PrimaryMetric,
    floor: Option<f64>,
    tolerance: f64,
}

/// A figure that the metric cannot have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("gate {name}: expected {expected}, got {value}")]
pub struct InvalidGate {
    /// `floor` or `tolerance`.
    pub name: &'static str,
    /// What was expected.
    pub expected: &'static str,
    /// What was given.
    pub value: f64,
}

/// How a model does on the hold-out, by the gate's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The metric's value.
    pub score: f64,
    /// What each row adds to the metric's loss, in the order of the hold-out: 1 for a wrong answer and 0 for a right one
    /// (accuracy; times rows/(classes × rows of the class) for balanced accuracy), the negative logarithm of the true class's
    /// probability (log loss), a squared (Brier score, R², RMSE) or an absolute (MAE) error.
    pub losses: Vec<f64>,
}

/// What is known of the champion on the challenger's hold-out.
#[derive(Debug, Clone, PartialEq)]
pub enum Incumbent {
    /// Nothing serves yet.
    None,
    /// It was scored afresh on the same rows.
    Scored {
        /// The champion's version.
        version: VersionNumber,
        /// How it does there.
        scores: Scores,
        /// Whether it learnt from the very table that the challenger learnt from.
        same_table: bool,
    },
    /// It takes other columns or gives other labels, so the two cannot be compared.
    Incomparable {
        /// The champion's version.
        version: VersionNumber,
    },
    /// Its stored artifact is gone or damaged: it cannot serve a new environment.
    Unreadable {
        /// The champion's version.
        version: VersionNumber,
    },
}

/// What the gate decided, with the figures that it decided by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The rule that decided.
    pub verdict: Verdict,
    /// What the scores are.
    #[serde(default = "accuracy")]
    pub metric: PrimaryMetric,
    /// The challenger's score on the hold-out.
    #[serde(alias = "accuracy")]
    pub score: f64,
    /// The champion's score on the same rows, when it could be scored.
    #[serde(alias = "champion_accuracy")]
    pub champion_score: Option<f64>,
    /// The champion's version, when there was one.
    pub champion_version: Option<VersionNumber>,
    /// Whether the champion learnt from the very table that the challenger learnt from, when it could be scored.
    #[serde(default)]
    pub same_table: Option<bool>,
    /// The worst score that may serve, if there is one.
    pub floor: Option<f64>,
    /// How much worse than the champion may serve, whatever the test says; from 0 up, in the metric's unit.
    pub tolerance: f64,
    /// Whether the difference is more than noise, when the champion could be scored.
    #[serde(default)]
    pub test: Option<PairedTest>,
}

fn accuracy() -> PrimaryMetric {
    PrimaryMetric::Accuracy
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Promoted: nothing served before.
    FirstChampion,
    /// Promoted: not worse than the champion, or not beyond tolerance and noise.
    NotWorse,
    /// Promoted: the champion has other columns or labels.
    ChampionIncomparable,
    /// Promoted: the champion's artifact is gone or damaged.
    ChampionUnreadable,
    /// Refused: worse than the floor.
    BelowFloor,
    /// Refused: worse than the champion, beyond tolerance and noise.
    WorseThanChampion,
}

impl Gate {
    /// A gate on `metric` with a `floor`, the worst score that may serve (for a metric of which less is better, the most),
    /// and a `tolerance` from 0 up; both are in the metric's unit.
    ///
    /// # Errors
    /// [`InvalidGate`] when a figure is not finite, the tolerance is negative, or either is outside 0–1 where the metric is a
    /// share.
    pub fn new(metric: PrimaryMetric, floor: Option<f64>, tolerance: f64) -> Result<Self, InvalidGate> {
        let is_share = matches!(metric, PrimaryMetric::Accuracy | PrimaryMetric::BalancedAccuracy);
        if let Some(value) = floor {
            if is_share && !(0.0..=1.0).contains(&value) {
                return Err(InvalidGate { name: "floor", expected: "a share between 0 and 1", value });
            }
            if !value.is_finite() {
                return Err(InvalidGate { name: "floor", expected: "a finite number", value });
            }
        }
        if is_share && !(0.0..=1.0).contains(&tolerance) {
            return Err(InvalidGate { name: "tolerance", expected: "a share between 0 and 1", value: tolerance });
        }
        if !(0.0..f64::INFINITY).contains(&tolerance) {
            return Err(InvalidGate { name: "tolerance", expected: "a number from 0 up", value: tolerance });
        }
        Ok(Self { metric, floor, tolerance })
    }

    /// The metric that models are scored by.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Decides whether a challenger of these scores replaces the incumbent, whose losses must be of the same rows in the
    /// same order.
    pub fn decide(&self, challenger: &Scores, incumbent: &Incumbent) -> Decision {
        let (champion_version, otherwise) = match incumbent {
            Incumbent::None => (None, Verdict::FirstChampion),
            Incumbent::Incomparable { version } => (Some(*version), Verdict::ChampionIncomparable),
            Incumbent::Unreadable { version } => (Some(*version), Verdict::ChampionUnreadable),
            Incumbent::Scored { version, .. } => (Some(*version), Verdict::NotWorse),
        };
        let mut decision = Decision {
            verdict: otherwise,
            metric: self.metric,
            score: challenger.score,
            champion_score: None,
            champion_version,
            same_table: None,
            floor: self.floor,
            tolerance: self.tolerance,
            test: None,
        };
        if let Incumbent::Scored { scores: champion, same_table, .. } = incumbent {
            let test = PairedTest::of(self.metric, &challenger.losses, &champion.losses);
            let lost = self.metric.gain(champion.score, challenger.score);
            if lost > self.tolerance + SAME && test.p_value() < SIGNIFICANCE {
                decision.verdict = Verdict::WorseThanChampion;
            }
            decision.champion_score = Some(champion.score);
            decision.same_table = Some(*same_table);
            decision.test = Some(test);
        }
        if !self.floor.is_none_or(|floor| self.metric.gain(challenger.score, floor) >= -SAME) {
            decision.verdict = Verdict::BelowFloor;
        }
        decision
    }
}

impl Decision {
    /// Whether the challenger serves from now on.
    pub fn promotes(&self) -> bool {
        !matches!(self.verdict, Verdict::BelowFloor | Verdict::WorseThanChampion)
    }
}

/// The decision as a sentence, with its figures.
impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "hold-out {} {:.4}", self.metric, self.score)?;
        match (self.verdict, self.champion_score) {
            (Verdict::BelowFloor, _) => {
                let side = if self.metric.higher_is_better() { "below" } else { "above" };
                write!(formatter, " is {side} the floor {:.4}", self.floor.unwrap_or_default())
            }
            (Verdict::WorseThanChampion, Some(champion)) => {
                write!(formatter, " is worse than the champion's {champion:.4}")?;
                if self.tolerance > 0.0 {
                    write!(formatter, " by more than the tolerance {:.4}", self.tolerance)?;
                }
                self.test.iter().try_for_each(|test| write!(formatter, ", and not by chance ({test})"))
            }
            (Verdict::NotWorse, Some(champion)) => {
                let lost = self.metric.gain(champion, self.score);
                if lost <= SAME {
                    write!(formatter, " is not worse than the champion's {champion:.4}")
                } else if lost <= self.tolerance + SAME {
                    write!(formatter, " is within the tolerance {:.4} of the champion's {champion:.4}", self.tolerance)
                } else {
                    write!(formatter, " is worse than the champion's {champion:.4} by no more than chance")?;
                    self.test.iter().try_for_each(|test| write!(formatter, " ({test})"))
                }
            }
            (Verdict::ChampionIncomparable, _) => {
                write!(formatter, "; the champion has another target, other columns or other labels")
            }
            (Verdict::ChampionUnreadable, _) => write!(formatter, "; the champion's artifact is gone or damaged"),
            _ => write!(formatter, "; there was no champion"),
        }
    }
}

#[cfg(test)]
mod tests;
