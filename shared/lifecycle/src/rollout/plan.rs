//! How a version that passed the gate becomes the champion: the parameters that a stack has for it.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Maximum number of stages after the shadow stage.
pub const MAX_STEPS: usize = 10;

/// Maximum for the minimum time of a stage, in minutes: one day.
const MAX_MINUTES: u32 = 24 * 60;

/// What happens with a version that passed the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionMode {
    /// It becomes the champion at once.
    #[default]
    Direct,
    /// A rollout begins, in which it proves itself beside the champion.
    Canary,
    /// It waits for a person, who promotes it or starts a rollout.
    Manual,
}

impl PromotionMode {
    /// Returns the value of the parameter `Promotion`, such as `canary`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Canary => "canary",
            Self::Manual => "manual",
        }
    }

    // Records of earlier releases have no mode, and mean the direct one.
    /// Returns whether this is the direct mode.
    pub fn is_direct(&self) -> bool {
        *self == Self::Direct
    }
}

impl FromStr for PromotionMode {
    type Err = InvalidPlan;

    fn from_str(text: &str) -> Result<Self, InvalidPlan> {
        match text {
            "direct" => Ok(Self::Direct),
            "canary" => Ok(Self::Canary),
            "manual" => Ok(Self::Manual),
            _ => Err(InvalidPlan::Mode),
        }
    }
}

/// Error: a parameter of rollouts has an unusable value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// The mode is not one of the three.
    #[error("expected direct, canary or manual")]
    Mode,
    /// The steps are not ascending percentages, or too many.
    #[error("expected 1 to 10 percentages from 1 to 100 that rise, separated by commas, such as 10,50")]
    Steps,
    /// The time of a stage is too long.
    #[error("expected the minimum minutes of a stage, from 0 to 1440")]
    Minutes,
}

/// The stages after the shadow stage, and the minimum time of each stage. A rollout keeps the plan with which it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlanFields")]
pub struct RolloutPlan {
    steps: Vec<u8>,
    minutes: u32,
}

#[derive(Deserialize)]
struct PlanFields {
    steps: Vec<u8>,
    minutes: u32,
}

impl TryFrom<PlanFields> for RolloutPlan {
    type Error = InvalidPlan;

    fn try_from(PlanFields { steps, minutes }: PlanFields) -> Result<Self, InvalidPlan> {
        Self::new(steps, minutes)
    }
}

impl RolloutPlan {
    /// Creates a plan from the shares of the stages in percent, and the minimum minutes of each stage.
    ///
    /// ```
    /// use evergreen_lifecycle::rollout::{InvalidPlan, RolloutPlan};
    ///
    /// assert_eq!(RolloutPlan::new(vec![10, 50], 60)?.to_string(), "10,50");
    /// assert_eq!(RolloutPlan::new(vec![50, 10], 60), Err(InvalidPlan::Steps));
    /// # Ok::<(), InvalidPlan>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidPlan`] if there are no steps or too many, if they do not rise from 1 to at most 100, or if the time is
    /// longer than a day.
    pub fn new(steps: Vec<u8>, minutes: u32) -> Result<Self, InvalidPlan> {
        let rises = steps.is_sorted_by(|a, b| a < b) && steps.iter().all(|step| (1..=100).contains(step));
        if steps.is_empty() || steps.len() > MAX_STEPS || !rises {
            return Err(InvalidPlan::Steps);
        }
        if minutes > MAX_MINUTES {
            return Err(InvalidPlan::Minutes);
        }
        Ok(Self { steps, minutes })
    }

    /// Parses the parameters `CanarySteps`, such as `10,50`, and `CanaryMinutes`, such as `60`.
    ///
    /// # Errors
    /// [`InvalidPlan`] as for [`new`](Self::new), and if a text is no number.
    pub fn parse(steps: &str, minutes: &str) -> Result<Self, InvalidPlan> {
        let percentages = steps.split(',').map(|step| step.trim().parse().map_err(|_| InvalidPlan::Steps));
        let minutes = minutes.trim().parse().map_err(|_| InvalidPlan::Minutes)?;
        Self::new(percentages.collect::<Result<_, _>>()?, minutes)
    }

    /// Returns the shares of the stages after the shadow stage, in percent, rising.
    pub fn steps(&self) -> &[u8] {
        &self.steps
    }

    /// Returns the minimum minutes of each stage.
    pub fn minutes(&self) -> u32 {
        self.minutes
    }

    /// Returns the minimum time of each stage.
    pub fn stage_time(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.minutes))
    }
}

/// Writes the shares as the parameter `CanarySteps` has them: `10,50`.
impl fmt::Display for RolloutPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(u8::to_string).collect();
        formatter.write_str(&steps.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_from_1_to_100() {
        for steps in ["", "0,50", "50,50", "10,101", "10;50", "1,2,3,4,5,6,7,8,9,10,11"] {
            assert_eq!(RolloutPlan::parse(steps, "60"), Err(InvalidPlan::Steps), "{steps}");
        }
        assert_eq!(RolloutPlan::parse(" 5, 25,100 ", "0").unwrap().steps(), [5, 25, 100]);
    }

    #[test]
    fn a_stage_lasts_at_most_a_day_at_least() {
        for minutes in ["", "-1", "1441", "an hour"] {
            assert_eq!(RolloutPlan::parse("10", minutes), Err(InvalidPlan::Minutes), "{minutes}");
        }
    }

    #[test]
    fn a_stored_plan_is_checked_again() {
        let plan = RolloutPlan::new(vec![10, 50], 60).unwrap();
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RolloutPlan>(&json).unwrap(), plan);
        assert!(serde_json::from_str::<RolloutPlan>(r#"{"steps": [], "minutes": 60}"#).is_err());
    }

    #[test]
    fn a_mode_is_read_as_it_is_written() {
        for mode in [PromotionMode::Direct, PromotionMode::Canary, PromotionMode::Manual] {
            assert_eq!(mode.as_str().parse(), Ok(mode));
        }
        assert_eq!("Direct".parse::<PromotionMode>(), Err(InvalidPlan::Mode));
    }
}
