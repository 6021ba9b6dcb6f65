//! The gate: the rule that decides whether a challenger may serve.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::VersionNumber;

/// Two accuracies that differ by less than this are the same: they are ratios of small integers in floating point.
const SAME: f64 = 1e-9;

/// The rule's two figures, both 0–1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    floor: f64,
    tolerance: f64,
}

/// A figure that is no share.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("gate {name}: expected a share between 0 and 1, got {value}")]
pub struct InvalidGate {
    /// `floor` or `tolerance`.
    pub name: &'static str,
    /// What was given.
    pub value: f64,
}

/// What is known of the champion on the challenger's hold-out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Incumbent {
    /// Nothing serves yet.
    None,
    /// It was scored afresh on the same rows.
    Scored {
        /// The champion's version.
        version: VersionNumber,
        /// Its accuracy on the challenger's hold-out, 0–1.
        accuracy: f64,
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
    /// The challenger's accuracy on the hold-out, 0–1.
    pub accuracy: f64,
    /// The champion's accuracy on the same rows, 0–1, when it could be scored.
    pub champion_accuracy: Option<f64>,
    /// The champion's version, when there was one.
    pub champion_version: Option<VersionNumber>,
    /// The least accuracy that may serve, 0–1.
    pub floor: f64,
    /// How much worse than the champion may serve, 0–1.
    pub tolerance: f64,
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Promoted: nothing served before.
    FirstChampion,
    /// Promoted: not worse than the champion by more than the tolerance.
    NotWorse,
    /// Promoted: the champion has other columns or labels.
    ChampionIncomparable,
    /// Promoted: the champion's artifact is gone or damaged.
    ChampionUnreadable,
    /// Refused: below the floor.
    BelowFloor,
    /// Refused: worse than the champion by more than the tolerance.
    WorseThanChampion,
}

impl Gate {
    /// A gate with a `floor` and a `tolerance`, both 0–1.
    ///
    /// # Errors
    /// [`InvalidGate`] when either is outside 0–1 or no number.
    pub fn new(floor: f64, tolerance: f64) -> Result<Self, InvalidGate> {
        for (name, value) in [("floor", floor), ("tolerance", tolerance)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(InvalidGate { name, value });
            }
        }
        Ok(Self { floor, tolerance })
    }

    /// Decides whether a challenger of `accuracy` (0–1) replaces the incumbent.
    pub fn decide(&self, accuracy: f64, incumbent: Incumbent) -> Decision {
        let (champion_version, champion_accuracy, otherwise) = match incumbent {
            Incumbent::None => (None, None, Verdict::FirstChampion),
            Incumbent::Incomparable { version } => (Some(version), None, Verdict::ChampionIncomparable),
            Incumbent::Unreadable { version } => (Some(version), None, Verdict::ChampionUnreadable),
            Incumbent::Scored { version, accuracy: champion } if champion - accuracy > self.tolerance + SAME => {
                (Some(version), Some(champion), Verdict::WorseThanChampion)
            }
            Incumbent::Scored { version, accuracy: champion } => (Some(version), Some(champion), Verdict::NotWorse),
        };
        let reaches_floor = accuracy >= self.floor - SAME;
        Decision {
            verdict: if reaches_floor { otherwise } else { Verdict::BelowFloor },
            accuracy,
            champion_accuracy,
            champion_version,
            floor: self.floor,
            tolerance: self.tolerance,
        }
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
        let accuracy = self.accuracy;
        match (self.verdict, self.champion_accuracy) {
            (Verdict::BelowFloor, _) => {
                write!(formatter, "hold-out accuracy {accuracy:.4} is below the floor {:.4}", self.floor)
            }
            (Verdict::WorseThanChampion, Some(champion)) => write!(
                formatter,
                "hold-out accuracy {accuracy:.4} is worse than the champion's {champion:.4} by more than the \
                 tolerance {:.4}",
                self.tolerance
            ),
            (Verdict::NotWorse, Some(champion)) => write!(
                formatter,
                "hold-out accuracy {accuracy:.4} is within the tolerance {:.4} of the champion's {champion:.4}, or better",
                self.tolerance
            ),
            (Verdict::ChampionIncomparable, _) => {
                write!(formatter, "hold-out accuracy {accuracy:.4}; the champion has other columns or labels")
            }
            (Verdict::ChampionUnreadable, _) => {
                write!(formatter, "hold-out accuracy {accuracy:.4}; the champion's artifact is gone or damaged")
            }
            _ => write!(formatter, "hold-out accuracy {accuracy:.4}; there was no champion"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const V1: VersionNumber = VersionNumber::FIRST;

    fn decide(accuracy: f64, incumbent: Incumbent) -> Decision {
        Gate::new(0.9, 0.04).unwrap().decide(accuracy, incumbent)
    }

    #[test]
    fn the_first_version_that_reaches_the_floor_serves() {
        assert_eq!(decide(0.9, Incumbent::None).verdict, Verdict::FirstChampion);
        assert_eq!(decide(0.8999, Incumbent::None).verdict, Verdict::BelowFloor);
    }

    #[test]
    fn one_row_of_thirty_is_within_the_tolerance_and_two_are_not() {
        let champion = Incumbent::Scored { version: V1, accuracy: 1.0 };
        assert!(decide(29.0 / 30.0, champion).promotes());
        let refused = decide(28.0 / 30.0, champion);
        assert_eq!(refused.verdict, Verdict::WorseThanChampion);
        assert_eq!(
            refused.to_string(),
            "hold-out accuracy 0.9333 is worse than the champion's 1.0000 by more than the tolerance 0.0400"
        );
    }

    #[test]
    fn a_champion_that_cannot_be_read_is_replaced_but_not_by_a_bad_model() {
        let champion = Incumbent::Unreadable { version: V1 };
        assert_eq!(decide(0.95, champion).verdict, Verdict::ChampionUnreadable);
        assert_eq!(decide(0.5, champion).verdict, Verdict::BelowFloor);
    }

    #[test]
    fn a_figure_that_is_no_share_is_named() {
        assert_eq!(Gate::new(1.5, 0.0), Err(InvalidGate { name: "floor", value: 1.5 }));
        assert!(Gate::new(0.9, f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn a_better_challenger_is_never_refused_where_a_worse_one_passes(
            floor in 0.0..=1.0, tolerance in 0.0..=1.0, champion in 0.0..=1.0, a in 0.0..=1.0, b in 0.0..=1.0
        ) {
            let gate = Gate::new(floor, tolerance).unwrap();
            let incumbent = Incumbent::Scored { version: V1, accuracy: champion };
            let (worse, better) = if a <= b { (a, b) } else { (b, a) };
            prop_assert!(!gate.decide(worse, incumbent).promotes() || gate.decide(better, incumbent).promotes());
        }

        #[test]
        fn what_is_promoted_reaches_the_floor_and_is_within_the_tolerance(
            floor in 0.0..=1.0, tolerance in 0.0..=1.0, champion in 0.0..=1.0, challenger in 0.0..=1.0
        ) {
            let gate = Gate::new(floor, tolerance).unwrap();
            if gate.decide(challenger, Incumbent::Scored { version: V1, accuracy: champion }).promotes() {
                prop_assert!(challenger >= floor - 2.0 * SAME);
                prop_assert!(champion - challenger <= tolerance + 2.0 * SAME);
            }
        }
    }
}
