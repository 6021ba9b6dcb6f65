//! Decides which label a classifier predicts from its probabilities, and keeps the probabilities away from 0 and 1.

// The minimum probability and the decision threshold are fitted to out-of-fold predictions: each row is predicted by a
// model that was not trained on the row.
//
// Class weights and thresholds do not change the probabilities themselves. If probabilities are calibrated, a label's
// weight has the same effect in the fit as in the decision. See Elkan, "The foundations of cost-sensitive learning",
// IJCAI 2001. Weights are applied in the decision because that works for every model family.

mod threshold;

use evergreen_scoring::LabelRule;
use evergreen_table::{ClassWeights, Costs, DatasetSettings, Target, Threshold};

use self::threshold::{RankedRows, best_threshold};
use crate::evaluate::{Answers, log_loss};
use crate::search::PlanError;

/// Smallest allowed number for two settings of a classifier: the minimum probability of a label, and the decision
/// threshold.
const MIN_FLOOR: f32 = 1e-6;

// A model that made no mistake in n rows may still be wrong in almost one of n rows.
/// Candidates for the minimum probability that a classifier predicts for any label, multiplied by the number of rows.
/// With 1,000 rows, 0.1 means a minimum probability of 0.0001.
const FLOORS: [f32; 3] = [0.01, 0.1, 1.0];

// This default is used while candidate models are compared.
/// Default for the minimum probability that a classifier predicts for any label, multiplied by the number of rows. With
/// 1,000 rows, 0.1 means a minimum probability of 0.0001.
const USUAL_FLOOR: f32 = 0.1;

/// How a classifier's predicted label is chosen from its probabilities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LabelChoice {
    /// Predicts the label with the highest probability.
    MostLikely,
    // The weight of each label is the inverse of its frequency.
    /// Predicts the label with the highest product of probability and weight. Rare labels have higher weights.
    Balanced,
    /// Predicts the label with the highest product of probability and weight. Contains one weight for each label.
    Weighted(Vec<f32>),
    /// For two labels: predicts the second (positive) label if its probability is above a threshold. The threshold is
    /// fitted to this goal, for example the best F1.
    Learnt(ThresholdGoal),
}

/// What a fitted decision threshold optimises: F1, balanced accuracy, or the cost of mistakes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ThresholdGoal {
    F1,
    Balanced,
    Cost(Costs),
}

impl LabelChoice {
    /// Reads from the user's settings how the predicted label is chosen.
    pub(crate) fn of(settings: &DatasetSettings, target: &Target) -> Result<Self, PlanError> {
        // The settings are `class_weights`, `threshold` and `costs`.
        let labels = target.labels();
        let refuse = |key, problem| Err(PlanError::Labels { key, problem });
        match (&settings.class_weights, settings.threshold) {
            (None, None) if settings.costs.is_some() => {
                refuse("costs", "it needs `threshold = \"cost\"`; add that or leave `costs` out")
            }
            (None, None) => Ok(Self::MostLikely),
            (Some(_), Some(_)) => {
                refuse("class_weights", "it decides the label, and `threshold` does too; leave out one of them")
            }
            (Some(_), None) if labels.is_empty() => {
                refuse("class_weights", "it needs a target with labels, and the target is a number; leave it out")
            }
            (Some(ClassWeights::Balanced), None) => Ok(Self::Balanced),
            (Some(ClassWeights::Table(table)), None) => {
                let names: Vec<String> = labels.iter().map(ToString::to_string).collect();
                if table.keys().any(|key| !names.contains(key)) {
                    return refuse("class_weights", "it names a label that the target does not have; correct the name");
                }
                let weight = |name: &String| table.get(name).copied().unwrap_or(1.0) as f32;
                Ok(Self::Weighted(names.iter().map(weight).collect()))
            }
            (None, Some(_)) if labels.len() != 2 => {
                refuse("threshold", "it needs a target with two labels; for more labels, use `class_weights`")
            }
            (None, Some(Threshold::F1)) => Ok(Self::Learnt(ThresholdGoal::F1)),
            (None, Some(Threshold::Balanced)) => Ok(Self::Learnt(ThresholdGoal::Balanced)),
            (None, Some(Threshold::Number(number))) => Ok(Self::Weighted(LabelRule::above(number as f32))),
            (None, Some(Threshold::Cost)) => match settings.costs {
                Some(costs) => Ok(Self::Learnt(ThresholdGoal::Cost(costs))),
                None => refuse(
                    "threshold",
                    "\"cost\" needs `costs = { false_positive = …, false_negative = … }`; add the cost of each mistake",
                ),
            },
        }
    }

    /// Returns the default rule for choosing the predicted label, before any model is trained.
    pub(crate) fn usual(&self, target: &Target) -> LabelRule {
        // This rule is used while candidate models are compared. It depends only on the settings and on the share of
        // each label.
        let counts = counts(target);
        let (labels, rows) = (counts.len(), target.len());
        let of_shares = || counts.iter().map(|count| rows as f32 / (labels * (*count).max(1)) as f32).collect();
        let weights = match self {
            Self::MostLikely => None,
            Self::Weighted(weights) => Some(weights.clone()),
            Self::Balanced | Self::Learnt(ThresholdGoal::F1 | ThresholdGoal::Balanced) => Some(of_shares()),
            Self::Learnt(ThresholdGoal::Cost(costs)) => {
                Some(vec![costs.false_positive as f32, costs.false_negative as f32])
            }
        };
        if labels == 0 {
            LabelRule::default()
        } else {
            LabelRule { floor: Some(floor(USUAL_FLOOR, rows, labels)), weights }
        }
    }

    /// Fits the rule for choosing the predicted label to a model's out-of-fold predictions (`answers`).
    pub(crate) fn learnt(&self, usual: LabelRule, target: &Target, answers: &Answers) -> LabelRule {
        let (Target::Classes { classes, labels }, Answers::Classes { probabilities, .. }) = (target, answers) else {
            return usual;
        };
        let truth: Vec<usize> = classes.iter().map(|class| *class as usize).collect();
        let loss = |floor: f32| log_loss(&truth, &bounded(probabilities, floor, labels.len()), labels.len());
        // The floor (minimum probability) is the one with the lowest log loss.
        let floors = FLOORS.map(|share| floor(share, truth.len(), labels.len()));
        let least = floors.into_iter().map(|floor| (loss(floor), floor)).min_by(|a, b| a.0.total_cmp(&b.0));
        let floor = least.map(|(_, floor)| floor);
        // The threshold is fitted only if the settings ask for that. Otherwise the weights of the default rule are
        // used.
        let weights = match (self, floor) {
            (Self::Learnt(goal), Some(floor)) => {
                let found = bounded(probabilities, floor, labels.len());
                let second: Vec<f32> = found.chunks_exact(2).filter_map(|row| row.get(1).copied()).collect();
                let threshold = best_threshold(*goal, &RankedRows::of(&second, &truth), usual.threshold());
                Some(LabelRule::above(threshold.clamp(MIN_FLOOR, 1.0 - MIN_FLOOR)))
            }
            _ => usual.weights,
        };
        LabelRule { floor, weights }
    }
}

/// Applies a rule for choosing the predicted label to a classifier's predictions. Returns the new predictions.
pub(crate) fn ruled(answers: &Answers, rule: &LabelRule) -> Answers {
    let Answers::Classes { classes, probabilities } = answers else { return answers.clone() };
    // The probabilities must be calibrated and have no floor yet.
    let labels = probabilities.len().checked_div(classes.len()).unwrap_or_default().max(1);
    let probabilities = match rule.floor {
        Some(floor) => bounded(probabilities, floor, labels),
        None => probabilities.clone(),
    };
    let classes = match &rule.weights {
        Some(weights) => probabilities.chunks_exact(labels).map(|row| decided(row, weights)).collect(),
        None => classes.clone(),
    };
    Answers::Classes { classes, probabilities }
}

fn decided(row: &[f32], weights: &[f32]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, product) in row.iter().zip(weights).map(|(probability, weight)| probability * weight).enumerate() {
        if product > best.1 {
            best = (class, product);
        }
    }
    best.0
}

fn bounded(probabilities: &[f32], floor: f32, labels: usize) -> Vec<f32> {
    let kept = 1.0 - floor * labels as f32;
    probabilities.iter().map(|probability| probability * kept + floor).collect()
}

/// Returns the minimum probability that a classifier predicts for any label: `share` divided by the number of rows,
/// within limits.
fn floor(share: f32, rows: usize, labels: usize) -> f32 {
    // It is at most 0.1 divided by the number of labels, and at least 1e-6. If the two limits conflict, it is 1e-6.
    (share / rows.max(1) as f32).min(0.1 / labels.max(1) as f32).max(MIN_FLOOR)
}

fn counts(target: &Target) -> Vec<usize> {
    let Target::Classes { labels, classes } = target else { return Vec::new() };
    let mut counts = vec![0; labels.len()];
    classes.iter().for_each(|class| counts.get_mut(*class as usize).into_iter().for_each(|count| *count += 1));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the true classes of 100 rows, ten of them positive, and a classifier's predictions.
    fn answers() -> (Target, Answers) {
        // All positive rows except one get the highest probability.
        let truth: Vec<u32> = (0..100).map(|row| u32::from(row % 10 == 0)).collect();
        let second = |row: usize| {
            if row.is_multiple_of(10) && row != 50 {
                0.3
            } else if row % 33 == 1 {
                0.25
            } else {
                0.05
            }
        };
        let probabilities = (0..100).flat_map(|row| [1.0 - second(row), second(row)]).collect();
        let labels = ["no", "yes"].map(evergreen_lifecycle::Label::from).into();
        (Target::Classes { labels, classes: truth }, Answers::Classes { classes: vec![0; 100], probabilities })
    }

    fn choice(toml: &str) -> Result<LabelChoice, PlanError> {
        LabelChoice::of(&DatasetSettings::parse(toml).unwrap(), &answers().0)
    }

    fn found(toml: &str) -> (f32, usize) {
        let ((target, answers), choice) = (answers(), choice(toml).unwrap());
        let rule = choice.learnt(choice.usual(&target), &target, &answers);
        let Answers::Classes { classes, .. } = ruled(&answers, &rule) else { panic!("classes are answered") };
        (rule.threshold(), classes.iter().filter(|class| **class == 1).count())
    }

    #[test]
    fn a_threshold_finds_rows_that_the_most_likely_label_misses() {
        assert_eq!(found(""), (0.5, 0));
        let (threshold, answered) = found("threshold = \"f1\"");
        assert!((0.1..0.3).contains(&threshold) && (9..=12).contains(&answered), "{threshold}: {answered}");
        let (threshold, answered) = found("threshold = \"balanced\"");
        assert!(threshold < 0.3 && answered >= 9, "{threshold}: {answered}");
        let costs = |miss| format!("threshold = \"cost\"\ncosts = {{ false_positive = 1, false_negative = {miss} }}");
        assert_eq!(found(&costs(3)).1, 9);
        assert_eq!(found(&costs(1000)).1, 100);
        assert_eq!(found("threshold = 0.28").1, 9);
        assert!(found("class_weights = \"balanced\"").1 >= 9);
        assert_eq!(found("class_weights = { yes = 2 }").1, 0);
        assert_eq!(found("class_weights = { yes = 2.8 }").1, 9);
    }

    #[test]
    fn no_probability_is_0_or_1() {
        let labels = ["no", "yes"].map(evergreen_lifecycle::Label::from).into();
        let target = Target::Classes { labels, classes: vec![0, 0, 0, 1] };
        let sure = Answers::Classes { classes: vec![0; 4], probabilities: [1.0, 0.0].repeat(4) };
        let choice = LabelChoice::MostLikely;
        let rule = choice.learnt(choice.usual(&target), &target, &sure);
        let Answers::Classes { probabilities, .. } = ruled(&sure, &rule) else { panic!("classes are answered") };
        assert!(probabilities.iter().all(|probability| (0.01..0.99).contains(probability)), "{probabilities:?}");
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let error = |toml| choice(toml).unwrap_err().to_string();
        assert!(error("threshold = \"cost\"").starts_with("dataset.toml: `threshold`: \"cost\" needs `costs"));
        assert!(error("class_weights = { maybe = 2 }").contains("names a label that the target does not have"));
        assert!(error("threshold = 0.3\nclass_weights = \"balanced\"").contains("leave out one of them"));
        let numbers = Target::Numbers(vec![1.0, 2.0]);
        let refused = |toml| LabelChoice::of(&DatasetSettings::parse(toml).unwrap(), &numbers).is_err();
        assert!(refused("threshold = \"f1\"") && refused("class_weights = \"balanced\""));
    }
}
