//! The gate: the rule that decides whether a challenger becomes the champion.
//!
//! The gate compares the challenger with the champion row by row, on rows that neither model was trained on. A
//! difference in two of thirty rows does not distinguish two models. The gate refuses a challenger that is below the
//! floor or no better than a constant answer. It also refuses one that is worse than the champion by more than the
//! tolerance and by more than chance.

mod constant;
mod decision;
mod loss;
mod paired;

pub use self::constant::{Advantage, AgainstConstant};
pub use self::decision::{Decision, Verdict};
pub use self::loss::MeanLoss;
pub use self::paired::PairedTest;
use crate::{PrimaryMetric, VersionNumber};

/// Two scores that differ by less than this count as equal. Scores are ratios of small integers, so rounding makes tiny
/// differences.
const SAME: f64 = 1e-9;

/// Significance level. A challenger counts as worse beyond chance if an equally good model would score this badly with
/// a lower probability.
pub const SIGNIFICANCE: f64 = 0.05;

/// The settings of the gate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    metric: PrimaryMetric,
    floor: Option<Bound>,
    tolerance: Bound,
}

/// A limit and its metric: the gate's own metric, or accuracy or R².
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    metric: PrimaryMetric,
    value: f64,
}

/// Error for a limit that is impossible for its metric.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("gate {name}: expected {expected}, got {value}")]
pub struct InvalidGate {
    /// Name of the limit: `floor` or `tolerance`.
    pub name: &'static str,
    /// The values that are allowed.
    pub expected: &'static str,
    /// The given value.
    pub value: f64,
}

/// A model's result on the hold-out, by the gate's metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The metric's value.
    pub score: f64,
    /// What each row adds to the metric's loss, in the order of the hold-out. The mean falls as the score gets better.
    ///
    /// If the metric is a mean over rows, these are its terms. For accuracy a wrong answer is 1 and a right one 0. For
    /// log loss a term is the negative logarithm of the true class's probability. For Brier score, R², RMSE and RMSLE
    /// it is a squared error. For other metrics a term is 1 minus the score minus the row's influence on the score
    /// (Hampel, JASA 69, 1974). The variance of these terms is the variance of the score. For ROC AUC it is DeLong's
    /// (Biometrics 44, 1988).
    pub losses: Vec<f64>,
    /// Accuracy (0–1) or R² (at most 1) on the same rows.
    pub headline: f64,
}

/// What is known about the champion on the challenger's hold-out.
#[derive(Debug, Clone, PartialEq)]
pub enum Incumbent {
    /// There is no champion yet.
    None,
    /// The champion was scored again on the same rows.
    Scored {
        /// The champion's version.
        version: VersionNumber,
        /// The champion's scores on these rows.
        scores: Scores,
        /// Whether both models were trained on the same table.
        same_table: bool,
    },
    /// The champion has other columns or labels, so the two cannot be compared.
    Incomparable {
        /// The champion's version.
        version: VersionNumber,
    },
    /// The champion's stored artifact is gone or damaged, so a new environment cannot load it.
    Unreadable {
        /// The champion's version.
        version: VersionNumber,
    },
}

impl Gate {
    /// Creates a gate on `metric`. `floor` is the worst score of a champion. `tolerance` (from 0 up) is how much worse
    /// than the champion a challenger may be. Both are in the metric's unit. Without a floor, a challenger must beat
    /// the constant answer. It must do so beyond chance if the champion does.
    ///
    /// # Errors
    /// [`InvalidGate`] when a limit is not finite, the tolerance is negative, or the metric is a share and a limit is
    /// outside 0–1.
    pub fn new(metric: PrimaryMetric, floor: Option<f64>, tolerance: f64) -> Result<Self, InvalidGate> {
        let floor = floor.map(|value| floor_of(metric, value)).transpose()?;
        Ok(Self { metric, floor, tolerance: tolerance_of(metric, tolerance)? })
    }

    /// Returns the gate with a floor on accuracy or R², whatever its own metric is.
    ///
    /// # Errors
    /// [`InvalidGate`] when accuracy or R² cannot have that value.
    pub fn with_headline_floor(self, floor: f64) -> Result<Self, InvalidGate> {
        let floor = floor_of(PrimaryMetric::headline_of(self.metric.task()), floor)?;
        Ok(Self { floor: Some(floor), ..self })
    }

    /// Returns the gate with a tolerance on accuracy or R², whatever its own metric is. A tolerance of 0 applies to the
    /// gate's own metric.
    ///
    /// # Errors
    /// [`InvalidGate`] when the tolerance is negative, not finite, or above 1 for accuracy.
    pub fn with_headline_tolerance(self, tolerance: f64) -> Result<Self, InvalidGate> {
        let headline = PrimaryMetric::headline_of(self.metric.task());
        let metric = if tolerance > 0.0 { headline } else { self.metric };
        Ok(Self { tolerance: tolerance_of(metric, tolerance)?, ..self })
    }

    /// Returns the metric that models are scored by.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Decides whether a challenger with these scores replaces the incumbent. `constant` holds the scores of a constant
    /// answer. All losses must belong to the same rows in the same order.
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
                // The user chose the floor, so it decides. Even so, a useless model never replaces a champion.
                floor.metric.gain(found, floor.value) < -SAME
                    || (champion_advantage.is_some() && advantage == Some(Advantage::NoBetter))
            }
            None => match advantage {
                Some(Advantage::NoBetter) => true,
                Some(Advantage::Unclear) => champion_advantage == Some(Advantage::Better),
                Some(Advantage::Better) | None => false,
            },
        };
        if refused {
            decision.verdict = Verdict::BelowFloor;
        }
        decision
    }

    /// Checks whether a limit has another metric than the gate.
    fn is_bounded_otherwise(&self) -> bool {
        self.floor.into_iter().chain([self.tolerance]).any(|bound| self.named(bound).is_some())
    }

    /// Returns the metric of a limit if it differs from the gate's metric.
    fn named(&self, bound: Bound) -> Option<PrimaryMetric> {
        (bound.metric != self.metric).then_some(bound.metric)
    }
}

impl Bound {
    /// Returns by how much the challenger is worse than the champion, in the limit's metric.
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

    /// Returns the verdict if there is no reason to refuse the challenger.
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
