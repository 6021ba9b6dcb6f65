//! The promotion gate's decision on a new model version (the challenger), as it is stored and reported.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Advantage, AgainstConstant, MeanLoss, PairedTest, SAME, SIGNIFICANCE};
use crate::{Impact, PrimaryMetric, VersionNumber};

/// The promotion gate's decision on a new model version (the challenger), with the numbers that led to the decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the challenger (the new model version) was promoted or refused, and why.
    pub verdict: Verdict,
    /// The metric in which the challenger and the champion are compared.
    #[serde(default = "accuracy")]
    pub metric: PrimaryMetric,
    /// The score of the challenger (the new model version) on its hold-out rows.
    #[serde(alias = "accuracy")]
    pub score: f64,
    /// The champion's score on the challenger's hold-out rows. `None` if no champion could be scored.
    #[serde(alias = "champion_accuracy")]
    pub champion_score: Option<f64>,
    /// The champion's version number; `None` if there was no champion.
    pub champion_version: Option<VersionNumber>,
    /// Whether the champion was trained on the same data table as the challenger. `None` if no champion could be
    /// scored.
    #[serde(default)]
    pub same_table: Option<bool>,
    /// The score that the challenger must reach. `None` means that the challenger must beat a constant baseline.
    pub floor: Option<f64>,
    /// The metric of the required score (`floor`). `None` if it is the metric of `score`, or if there is no floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_metric: Option<PrimaryMetric>,
    // A challenger within the tolerance is not refused as worse, whatever the significance test says.
    /// How much worse than the champion a challenger may be, from 0 up.
    pub tolerance: f64,
    /// The metric of `tolerance`. `None` if it is the metric of `score`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance_metric: Option<PrimaryMetric>,
    // The limits are the floor and the tolerance. They use the metric of `score` or else this number.
    /// The challenger's accuracy (0–1) or R² (at most 1) on the hold-out rows. `None` if the required score and the
    /// tolerance use the metric of `score`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<f64>,
    // `None` in decisions of earlier software versions.
    /// Comparison of the challenger with a constant baseline (the same answer for every row).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<AgainstConstant>,
    // `None` if the mean loss could not be computed, and in decisions of earlier software versions. The loss belongs to
    // `metric`.
    /// The challenger's mean loss on the hold-out rows. `None` if the loss is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<MeanLoss>,
    /// The champion's mean loss on the challenger's hold-out rows. `None` if no champion could be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion_loss: Option<MeanLoss>,
    /// Result of the significance test: is the challenger worse than the champion? `None` if no champion could be
    /// scored.
    #[serde(default)]
    pub test: Option<PairedTest>,
    // The gate does not use it. A person who reads the decision does. `None` in decisions of earlier software versions.
    /// How many answers change if the challenger takes the champion's place. `None` if no champion could be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
}

fn accuracy() -> PrimaryMetric {
    PrimaryMetric::Accuracy
}

/// Whether the challenger (a new model version) was promoted or refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Promoted: there was no champion, so the new version becomes the first one.
    FirstChampion,
    /// Promoted: the new version is not worse than the champion, or the difference is within the tolerance or chance.
    NotWorse,
    /// Promoted: the new version could not be compared, because the champion has other columns or labels.
    ChampionIncomparable,
    /// Promoted: the champion's model file is missing or damaged.
    ChampionUnreadable,
    /// Refused: the new version is below the required score, or not better than a constant baseline.
    BelowFloor,
    /// Refused: the new version is worse than the champion, by more than the tolerance and by more than chance.
    WorseThanChampion,
}

impl Decision {
    /// Returns whether the challenger (the new version) becomes the champion.
    pub fn promotes(&self) -> bool {
        !matches!(self.verdict, Verdict::BelowFloor | Verdict::WorseThanChampion)
    }

    /// Returns whether the new model version beats a constant baseline. `None` in decisions of earlier software
    /// versions.
    pub fn advantage(&self) -> Option<Advantage> {
        self.constant.map(|constant| constant.advantage(self.metric, self.score))
    }

    /// Returns how many answers the challenger changes, as a sentence without a full stop. `None` if no champion could be
    /// compared.
    ///
    /// An example: `against version 6, on 9,841 rows served in the last 7 days: 312 of 9,841 answers change, most of them
    /// where plan = pro (281 of 312); no → yes: 210, yes → no: 102`.
    pub fn impact_sentence(&self) -> Option<String> {
        let (impact, champion) = (self.impact.as_ref()?, self.champion_version?);
        let directions = impact.directions();
        let directions = if directions.is_empty() { directions } else { format!("; {directions}") };
        Some(format!("against version {champion}, on {}: {impact}{directions}", impact.compared_on()))
    }

    /// Returns how many answers the challenger would change if it served, as a sentence. `None` if no champion could be
    /// compared.
    pub fn impact_if_promoted(&self) -> Option<String> {
        let (impact, champion) = (self.impact.as_ref()?, self.champion_version?);
        let directions = impact.directions();
        let directions = if directions.is_empty() { directions } else { format!("; {directions}") };
        let (change, rows) = (impact.if_promoted(), impact.compared_on());
        Some(format!("If it served, {change}{directions}. It was compared with version {champion} on {rows}."))
    }

    /// If the challenger is below the required score, returns the metric, the challenger's score and the required
    /// score.
    fn missed_floor(&self) -> Option<(PrimaryMetric, f64, f64)> {
        let floor = self.floor?;
        let (metric, found) = match (self.floor_metric, self.headline) {
            (Some(metric), Some(headline)) => (metric, headline),
            _ => (self.metric, self.score),
        };
        // In decisions of older software versions, the required score is the only possible reason for a refusal.
        (metric.gain(found, floor) < -SAME || self.constant.is_none()).then_some((metric, found, floor))
    }

    fn write_refusal(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((metric, found, floor)) = self.missed_floor() {
            let side = if metric.higher_is_better() { "below" } else { "above" };
            return write!(formatter, "hold-out {metric} {found:.4} is {side} the floor {floor:.4}");
        }
        write!(formatter, "hold-out {} {:.4} is ", self.metric, self.score)?;
        let by_chance = self.advantage() == Some(Advantage::Unclear);
        formatter.write_str(if by_chance {
            "better than a constant answer only by chance"
        } else {
            "no better than a constant answer"
        })?;
        self.constant.iter().try_for_each(|constant| write!(formatter, " ({constant})"))
    }

    fn write_comparison(&self, champion: f64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Writes the promotion gate's decision as a sentence, with its numbers.
impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.verdict == Verdict::BelowFloor {
            return self.write_refusal(formatter);
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
            (Verdict::NotWorse, Some(champion)) => self.write_comparison(champion, formatter),
            (Verdict::ChampionIncomparable, _) => {
                write!(formatter, "; the champion has another target, other columns or other labels")
            }
            (Verdict::ChampionUnreadable, _) => write!(formatter, "; the champion's artifact is gone or damaged"),
            _ => write!(formatter, "; there was no champion"),
        }?;
        match self.constant {
            Some(constant) if self.advantage() != Some(Advantage::Better) => {
                write!(formatter, ". It is not known to be better than a constant answer ({constant})")
            }
            _ => Ok(()),
        }
    }
}
