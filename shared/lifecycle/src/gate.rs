//! The gate: the rule that decides whether a challenger may serve.
//!
//! A challenger is compared with the champion on the same rows, which neither has learnt from, row by row: two models that
//! differ in two of thirty rows are not told apart by that. What is refused is a challenger below the floor, one that is no
//! better than answering a constant, or one that is worse than the champion by more than the tolerance and beyond noise.

mod constant;
mod decision;
mod loss;
mod paired;

pub use self::constant::{AgainstConstant, Standing};
pub use self::decision::{Decision, Verdict};
pub use self::loss::MeanLoss;
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
    floor: Option<Bound>,
    tolerance: Bound,
}

/// A figure and what it is a figure of: the gate's metric, or accuracy and R².
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bound {
    metric: PrimaryMetric,
    value: f64,
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
    /// What each row adds to the metric's loss, in the order of the hold-out. Their mean falls as the score gets better.
    ///
    /// Where the metric is a mean over rows, these are its terms: 1 for a wrong answer and 0 for a right one (accuracy), the
    /// negative logarithm of the true class's probability (log loss), a squared error (Brier score, R², RMSE, RMSLE), and so
    /// on. Elsewhere they are 1 less the score, less the row's influence on it (Hampel, JASA 69, 1974): their variance is that
    /// of the score, and for ROC AUC it is DeLong's (Biometrics 44, 1988).
    pub losses: Vec<f64>,
    /// Accuracy, 0–1, or R², at most 1, on the same rows.
    pub headline: f64,
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

impl Gate {
    /// A gate on `metric` with a `floor`, the worst score that may serve (for a metric of which less is better, the most),
    /// and a `tolerance` from 0 up; both are in the metric's unit. Without a floor a challenger must be better than the
    /// constant: beyond noise, where a champion that is serves.
    ///
    /// # Errors
    /// [`InvalidGate`] when a figure is not finite, the tolerance is negative, or either is outside 0–1 where the metric is a
    /// share.
    pub fn new(metric: PrimaryMetric, floor: Option<f64>, tolerance: f64) -> Result<Self, InvalidGate> {
        let floor = floor.map(|value| floor_of(metric, value)).transpose()?;
        Ok(Self { metric, floor, tolerance: tolerance_of(metric, tolerance)? })
    }

    /// The same with a floor of accuracy or R², whatever the metric is.
    ///
    /// # Errors
    /// [`InvalidGate`] when accuracy or R² cannot have that figure.
    pub fn with_headline_floor(self, floor: f64) -> Result<Self, InvalidGate> {
        let floor = floor_of(PrimaryMetric::headline_of(self.metric.task()), floor)?;
        Ok(Self { floor: Some(floor), ..self })
    }

    /// The same with a tolerance of accuracy or R², whatever the metric is. A tolerance of 0 is one of the metric itself.
    ///
    /// # Errors
    /// [`InvalidGate`] when the tolerance is negative, not finite, or above 1 for accuracy.
    pub fn with_headline_tolerance(self, tolerance: f64) -> Result<Self, InvalidGate> {
        let headline = PrimaryMetric::headline_of(self.metric.task());
        let metric = if tolerance > 0.0 { headline } else { self.metric };
        Ok(Self { tolerance: tolerance_of(metric, tolerance)?, ..self })
    }

    /// The metric that models are scored by.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Decides whether a challenger of these scores replaces the incumbent. The losses of the incumbent, and of a model that
    /// answers the `constant`, must be of the same rows in the same order.
    pub fn decide(&self, challenger: &Scores, constant: Option<&Scores>, incumbent: &Incumbent) -> Decision {
        let constant = constant.map(|constant| (constant, AgainstConstant::of(self.metric, challenger, constant)));
        let standing = constant.as_ref().map(|(_, against)| against.standing(self.metric, challenger.score));
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
        let mut champion_standing = None;
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
            champion_standing = constant.as_ref().map(|(constant, _)| {
                AgainstConstant::of(self.metric, champion, constant).standing(self.metric, champion.score)
            });
        }
        let refused = match self.floor {
            Some(floor) => {
                let found = if floor.metric == self.metric { challenger.score } else { challenger.headline };
                // The floor is the user's word. Even so, nothing useless takes the place of a champion.
                floor.metric.gain(found, floor.value) < -SAME
                    || (champion_standing.is_some() && standing == Some(Standing::NoBetter))
            }
            None => match standing {
                Some(Standing::NoBetter) => true,
                Some(Standing::Unclear) => champion_standing == Some(Standing::Better),
                Some(Standing::Better) | None => false,
            },
        };
        if refused {
            decision.verdict = Verdict::BelowFloor;
        }
        decision
    }

    /// Whether a bound is of another metric than the gate's.
    fn is_bounded_otherwise(&self) -> bool {
        self.floor.into_iter().chain([self.tolerance]).any(|bound| self.named(bound).is_some())
    }

    /// The metric of a bound where it is not the gate's own.
    fn named(&self, bound: Bound) -> Option<PrimaryMetric> {
        (bound.metric != self.metric).then_some(bound.metric)
    }
}

impl Bound {
    /// By how much the challenger is worse than the champion, in the bound's metric.
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

    /// The verdict on a challenger against which nothing speaks.
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
