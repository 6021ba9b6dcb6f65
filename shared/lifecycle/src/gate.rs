//! The promotion gate: decides whether a newly trained model version (the challenger) replaces the champion, which
//! answers predictions.
//!
//! The gate compares the losses of both models on the same hold-out rows, on which neither model was trained. It
//! refuses a challenger for three reasons:
//!
//! - The challenger's score is below the required score (the floor).
//! - The challenger is no better than a constant baseline.
//! - The challenger is worse than the champion, by more than the tolerance and by more than chance.

mod constant;
mod decision;
mod loss;
mod paired;

pub use self::constant::{Advantage, AgainstConstant};
pub use self::decision::{Decision, Verdict};
pub use self::loss::MeanLoss;
pub use self::paired::PairedTest;
use crate::{PrimaryMetric, VersionNumber};

// Scores are ratios of small integers, so rounding makes tiny differences.
/// Rounding tolerance of the promotion gate: scores that differ by less count as equal.
const SAME: f64 = 1e-9;

// The p-value is the probability that an equally good challenger scores this badly by chance. The test is one-sided.
/// Significance level of the promotion gate: below this p-value, a new model version counts as worse than the champion.
pub const SIGNIFICANCE: f64 = 0.05;

/// Promotion gate: the rule that decides whether a new model version (the challenger) replaces the champion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    metric: PrimaryMetric,
    floor: Option<Bound>,
    tolerance: Bound,
}

// `metric` is the metric that compares two models, or else accuracy or R².
/// Setting of the promotion gate: a required score or a tolerance, with its metric (such as an accuracy of 0.9).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    metric: PrimaryMetric,
    value: f64,
}

/// Error: a setting of the promotion gate is impossible for its metric, such as a required accuracy of 1.5.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("gate {name}: expected {expected}, got {value}")]
pub struct InvalidGate {
    /// The name of the invalid setting: `floor` (the required score) or `tolerance`.
    pub name: &'static str,
    /// The allowed values of the setting, in words, such as `a finite number`.
    pub expected: &'static str,
    /// The invalid value of the setting.
    pub value: f64,
}

/// The scores of one model on the hold-out rows, for the comparison of two models.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The model's score on the hold-out rows, in the metric that compares two models.
    pub score: f64,
    // For a metric that is a mean over rows, the losses are the terms of that mean. Accuracy: a wrong answer is 1 and a
    // right one 0. Log loss: the negative logarithm of the true class's probability. Brier score, R², RMSE and RMSLE: a
    // squared error.
    // For other metrics, a loss is 1 minus the score minus the row's influence on the score (Hampel, JASA 69, 1974).
    // The variance of these losses is the variance of the score. For ROC AUC, that is DeLong's variance (Biometrics 44,
    // 1988).
    /// The model's loss on each hold-out row, in the order of the rows. A better model has a lower mean loss.
    pub losses: Vec<f64>,
    /// The model's accuracy (0–1) or R² (at most 1) on the same hold-out rows.
    pub headline: f64,
}

/// The current champion in the comparison with a new model version: its scores, or why the scores are missing.
#[derive(Debug, Clone, PartialEq)]
pub enum Incumbent {
    /// There is no champion yet: no model version answers predictions.
    None,
    /// The champion could be loaded and was scored on the challenger's hold-out rows.
    Scored {
        /// The champion's version number.
        version: VersionNumber,
        /// The champion's scores on the challenger's hold-out rows.
        scores: Scores,
        /// Whether the champion and the challenger were trained on the same data table.
        same_table: bool,
    },
    /// The champion cannot be compared: it has other input columns or labels than the challenger.
    Incomparable {
        /// The champion's version number.
        version: VersionNumber,
    },
    /// The champion cannot be loaded: its model file is missing or damaged.
    Unreadable {
        /// The champion's version number.
        version: VersionNumber,
    },
}

impl Gate {
    /// Creates a promotion gate that compares models in `metric`. A new model version must reach the score `floor`. It
    /// may be worse than the champion by at most `tolerance`.
    ///
    /// If `floor` is `None`, a new model version must beat a constant baseline (always the same answer) instead.
    ///
    /// # Errors
    /// [`InvalidGate`] when `floor` or `tolerance` is not finite, or `tolerance` is negative. Also when `metric` has
    /// values from 0 to 1 and `floor` or `tolerance` is outside 0–1.
    pub fn new(metric: PrimaryMetric, floor: Option<f64>, tolerance: f64) -> Result<Self, InvalidGate> {
        let floor = floor.map(|value| floor_of(metric, value)).transpose()?;
        Ok(Self { metric, floor, tolerance: tolerance_of(metric, tolerance)? })
    }

    /// Sets the minimum accuracy (classifiers) or R² (regression) of a new model version.
    ///
    /// # Errors
    /// [`InvalidGate`] when `floor` is not finite, or outside 0–1 for accuracy.
    pub fn with_headline_floor(self, floor: f64) -> Result<Self, InvalidGate> {
        // This metric may differ from the metric that compares the challenger with the champion.
        let floor = floor_of(PrimaryMetric::headline_of(self.metric.task()), floor)?;
        Ok(Self { floor: Some(floor), ..self })
    }

    /// Sets by how much a new model version's accuracy or R² may be lower than the champion's.
    ///
    /// # Errors
    /// [`InvalidGate`] when `tolerance` is negative, not finite, or above 1 for accuracy.
    pub fn with_headline_tolerance(self, tolerance: f64) -> Result<Self, InvalidGate> {
        let headline = PrimaryMetric::headline_of(self.metric.task());
        // A tolerance of 0 applies to the metric that compares the two models instead.
        let metric = if tolerance > 0.0 { headline } else { self.metric };
        Ok(Self { tolerance: tolerance_of(metric, tolerance)?, ..self })
    }

    /// Returns the metric that compares a new model version with the champion.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Decides whether a new model version (the challenger) replaces the champion (`incumbent`).
    ///
    /// `constant` holds the scores of a constant baseline; `None` means no comparison with a baseline. All scores must
    /// be from the same hold-out rows, in the same order.
    ///
    /// ```
    /// use evergreen_lifecycle::{Gate, Incumbent, PrimaryMetric, Scores, Verdict};
    ///
    /// let gate = Gate::new(PrimaryMetric::Accuracy, Some(0.9), 0.0)?;
    /// // A model that predicts this many of 30 hold-out rows correctly.
    /// let scores = |correct: usize| {
    ///     let accuracy = correct as f64 / 30.0;
    ///     let losses = (0..30).map(|row| if row < correct { 0.0 } else { 1.0 }).collect();
    ///     Scores { score: accuracy, losses, headline: accuracy }
    /// };
    /// let decision = gate.decide(&scores(29), None, &Incumbent::None);
    /// assert!(decision.promotes());
    /// assert_eq!(decision.to_string(), "hold-out accuracy 0.9667; there was no champion");
    /// assert_eq!(gate.decide(&scores(20), None, &Incumbent::None).verdict, Verdict::BelowFloor);
    /// # Ok::<(), evergreen_lifecycle::InvalidGate>(())
    /// ```
    pub fn decide(&self, challenger: &Scores, constant: Option<&Scores>, incumbent: &Incumbent) -> Decision {
        let constant = constant.map(|constant| (constant, AgainstConstant::of(self.metric, challenger, constant)));
        let advantage = constant.as_ref().map(|(_, against)| against.advantage(self.metric, challenger.score));
        let mut decision = Decision {
            verdict: incumbent.verdict(),
            metric: self.metric,
            score: challenger.score,
            champion_score: None,
            champion_version: incumbent.version(),
            same_table: None,
            floor: self.floor.map(|floor| floor.value),
            floor_metric: self.floor.and_then(|floor| self.named(floor)),
            tolerance: self.tolerance.value,
            tolerance_metric: self.named(self.tolerance),
            headline: self.is_bounded_otherwise().then_some(challenger.headline),
            constant: constant.as_ref().map(|(_, against)| *against),
            loss: MeanLoss::of(&challenger.losses),
            champion_loss: None,
            test: None,
            impact: None,
        };
        let mut champion_advantage = None;
        if let Incumbent::Scored { scores: champion, same_table, .. } = incumbent {
            let test = PairedTest::of(self.metric, &challenger.losses, &champion.losses);
            let lost = self.tolerance.lost(self.metric, challenger, champion);
            if lost > self.tolerance.value + SAME && test.p_value() < SIGNIFICANCE {
                decision.verdict = Verdict::WorseThanChampion;
            }
            decision.champion_score = Some(champion.score);
            decision.same_table = Some(*same_table);
            decision.champion_loss = MeanLoss::of(&champion.losses);
            decision.test = Some(test);
            champion_advantage = constant.as_ref().map(|(constant, _)| {
                AgainstConstant::of(self.metric, champion, constant).advantage(self.metric, champion.score)
            });
        }
        let refused = match self.floor {
            Some(floor) => {
                let found = if floor.metric == self.metric { challenger.score } else { challenger.headline };
                // The user chose the floor, so the floor decides. Even so, a model that is no better than the constant
                // baseline is never the first champion, and never replaces one that was scored.
                let is_compared = champion_advantage.is_some() || *incumbent == Incumbent::None;
                floor.metric.gain(found, floor.value) < -SAME || (is_compared && advantage == Some(Advantage::NoBetter))
            }
            None => match advantage {
                Some(Advantage::NoBetter) => true,
                // If the champion beats the baseline beyond chance, the challenger must do so too.
                Some(Advantage::Unclear) => champion_advantage == Some(Advantage::Better),
                Some(Advantage::Better) | None => false,
            },
        };
        if refused {
            decision.verdict = Verdict::BelowFloor;
        }
        decision
    }

    fn is_bounded_otherwise(&self) -> bool {
        self.floor.into_iter().chain([self.tolerance]).any(|bound| self.named(bound).is_some())
    }

    /// Returns the metric of the required score or tolerance in `bound`. `None` if the gate compares models in the same
    /// metric.
    fn named(&self, bound: Bound) -> Option<PrimaryMetric> {
        (bound.metric != self.metric).then_some(bound.metric)
    }
}

impl Bound {
    /// Returns by how much the challenger is worse than the champion, in the metric of this setting. Negative if the
    /// challenger is better.
    fn lost(&self, metric: PrimaryMetric, challenger: &Scores, champion: &Scores) -> f64 {
        if self.metric == metric {
            metric.gain(champion.score, challenger.score)
        } else {
            self.metric.gain(champion.headline, challenger.headline)
        }
    }
}

impl Incumbent {
    fn version(&self) -> Option<VersionNumber> {
        match self {
            Self::None => None,
            Self::Scored { version, .. } | Self::Incomparable { version } | Self::Unreadable { version } => {
                Some(*version)
            }
        }
    }

    /// Returns the gate's verdict if the new model version is promoted, such as [`Verdict::FirstChampion`].
    fn verdict(&self) -> Verdict {
        match self {
            Self::None => Verdict::FirstChampion,
            Self::Incomparable { .. } => Verdict::ChampionIncomparable,
            Self::Unreadable { .. } => Verdict::ChampionUnreadable,
            Self::Scored { .. } => Verdict::NotWorse,
        }
    }
}

fn floor_of(metric: PrimaryMetric, value: f64) -> Result<Bound, InvalidGate> {
    let invalid = |expected| Err(InvalidGate { name: "floor", expected, value });
    match metric {
        _ if !value.is_finite() => invalid("a finite number"),
        _ if metric.is_share() && !(0.0..=1.0).contains(&value) => invalid("a share between 0 and 1"),
        _ => Ok(Bound { metric, value }),
    }
}

fn tolerance_of(metric: PrimaryMetric, value: f64) -> Result<Bound, InvalidGate> {
    let invalid = |expected| Err(InvalidGate { name: "tolerance", expected, value });
    match metric {
        _ if metric.is_share() && !(0.0..=1.0).contains(&value) => invalid("a share between 0 and 1"),
        _ if !(0.0..f64::INFINITY).contains(&value) => invalid("a number from 0 up"),
        _ => Ok(Bound { metric, value }),
    }
}

#[cfg(test)]
mod tests;
