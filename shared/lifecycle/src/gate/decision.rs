//! What the gate decided, as it is stored and told.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AgainstConstant, MeanLoss, PairedTest, SAME, SIGNIFICANCE, Standing};
use crate::{PrimaryMetric, VersionNumber};

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
    /// The worst score that may serve, where it is a number; otherwise the constant has to be beaten.
    pub floor: Option<f64>,
    /// What the floor is a figure of, where that is not `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_metric: Option<PrimaryMetric>,
    /// How much worse than the champion may serve, whatever the test says; from 0 up.
    pub tolerance: f64,
    /// What the tolerance is a figure of, where that is not `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_metric: Option<PrimaryMetric>,
    /// The challenger's accuracy, 0–1, or R², at most 1, on the hold-out, where a bound is of that and `metric` is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<f64>,
    /// How the challenger does beside answering a constant. An older decision does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<AgainstConstant>,
    /// The challenger's loss on the hold-out, by `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<MeanLoss>,
    /// The champion's loss on the same rows, when it could be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion_loss: Option<MeanLoss>,
    /// Whether the difference from the champion is more than noise, when the champion could be scored.
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
    /// Refused: worse than the floor, or no better than answering a constant.
    BelowFloor,
    /// Refused: worse than the champion, beyond tolerance and noise.
    WorseThanChampion,
}

impl Decision {
    /// Whether the challenger serves from now on.
    pub fn promotes(&self) -> bool {
        !matches!(self.verdict, Verdict::BelowFloor | Verdict::WorseThanChampion)
    }

    /// Whether the challenger is better than answering a constant; nothing of an older decision.
    pub fn standing(&self) -> Option<Standing> {
        self.constant.map(|constant| constant.standing(self.metric, self.score))
    }

    /// The floor that the challenger misses, and what it is a figure of.
    fn missed_floor(&self) -> Option<(PrimaryMetric, f64, f64)> {
        let floor = self.floor?;
        let (metric, found) = match (self.floor_metric, self.headline) {
            (Some(metric), Some(headline)) => (metric, headline),
            _ => (self.metric, self.score),
        };
        // A decision of an older release had no other reason.
        (metric.gain(found, floor) < -SAME || self.constant.is_none()).then_some((metric, found, floor))
    }

    fn tell_refusal(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((metric, found, floor)) = self.missed_floor() {
            let side = if metric.higher_is_better() { "below" } else { "above" };
            return write!(formatter, "hold-out {metric} {found:.4} is {side} the floor {floor:.4}");
        }
        write!(formatter, "hold-out {} {:.4} is ", self.metric, self.score)?;
        let by_chance = self.standing() == Some(Standing::Unclear);
        formatter.write_str(if by_chance {
            "better than a constant answer only by chance"
        } else {
            "no better than a constant answer"
        })?;
        self.constant.iter().try_for_each(|constant| write!(formatter, " ({constant})"))
    }

    fn tell_comparison(&self, champion: f64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = self.metric.gain(champion, self.score);
        if lost <= SAME {
            return write!(formatter, " is not worse than the champion's {champion:.4}");
        }
        if self.tolerance_metric.is_none() && lost <= self.tolerance + SAME {
            return write!(formatter, " is within the tolerance {:.4} of the champion's {champion:.4}", self.tolerance);
        }
        write!(formatter, " is worse than the champion's {champion:.4}")?;
        match (self.tolerance_metric, self.test) {
            (Some(metric), Some(test)) if test.p_value() < SIGNIFICANCE => {
                write!(formatter, ", and its {metric} within the tolerance {:.4}", self.tolerance)
            }
            (_, Some(test)) => write!(formatter, " by no more than chance ({test})"),
            (_, None) => write!(formatter, " by no more than chance"),
        }
    }
}

/// The decision as a sentence, with its figures.
impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.verdict == Verdict::BelowFloor {
            return self.tell_refusal(formatter);
        }
        write!(formatter, "hold-out {} {:.4}", self.metric, self.score)?;
        match (self.verdict, self.champion_score) {
            (Verdict::WorseThanChampion, Some(champion)) => {
                write!(formatter, " is worse than the champion's {champion:.4}")?;
                if self.tolerance > 0.0 {
                    write!(formatter, " by more than the tolerance {:.4}", self.tolerance)?;
                }
                self.test.iter().try_for_each(|test| write!(formatter, ", and not by chance ({test})"))
            }
            (Verdict::NotWorse, Some(champion)) => self.tell_comparison(champion, formatter),
            (Verdict::ChampionIncomparable, _) => {
                write!(formatter, "; the champion has another target, other columns or other labels")
            }
            (Verdict::ChampionUnreadable, _) => write!(formatter, "; the champion's artifact is gone or damaged"),
            _ => write!(formatter, "; there was no champion"),
        }?;
        match self.constant {
            Some(constant) if self.standing() != Some(Standing::Better) => {
                write!(formatter, ". It is not known to be better than a constant answer ({constant})")
            }
            _ => Ok(()),
        }
    }
}
