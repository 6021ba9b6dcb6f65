//! How a classifier's probabilities are bounded and how they decide the label: what the settings want, and what is learnt of
//! answers to rows that the answering model had not learnt from.
//!
//! Class weights and thresholds leave the probabilities as they are. Of calibrated probabilities, to weigh a label's rows in
//! the fit or its probability in the decision comes to the same (Elkan, "The foundations of cost-sensitive learning", IJCAI
//! 2001), and the second works for every family.

mod threshold;

use evergreen_scoring::LabelRule;
use evergreen_table::{ClassWeights, Costs, DatasetSettings, Target, Threshold};

use self::threshold::{Ranked, best_threshold};
use crate::evaluate::{Answers, log_loss};
use crate::search::PlanError;

/// The least probability that is ever answered.
const LEAST_FLOOR: f32 = 1e-6;

/// Floors that are compared, as shares of one row in so many as there are. A model that has never been wrong in n rows is
/// wrong in fewer than one of n, as far as it can be known.
const FLOORS: [f32; 3] = [0.01, 0.1, 1.0];

/// The floor at which candidates are compared.
const USUAL: f32 = 0.1;

/// What decides the label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LabelChoice {
    /// The likeliest is answered.
    Likeliest,
    /// Labels weigh as much more as they are rarer.
    Balanced,
    /// Labels have these weights.
    Weighed(Vec<f32>),
    /// A threshold is learnt.
    Learnt(Goal),
}

/// What a threshold is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    F1,
    Balanced,
    Cost(Costs),
}

impl LabelChoice {
    /// What the settings want for `target`.
    ///
    /// # Errors
    /// [`PlanError::Labels`] when they contradict each other or the target.
    pub(crate) fn of(settings: &DatasetSettings, target: &Target) -> Result<Self, PlanError> {
        let labels = target.labels();
        let refuse = |key, problem| Err(PlanError::Labels { key, problem });
        match (&settings.class_weights, settings.threshold) {
            (None, None) if settings.costs.is_some() => refuse("costs", "it needs `threshold = \"cost\"`"),
            (None, None) => Ok(Self::Likeliest),
            (Some(_), Some(_)) => {
                refuse("class_weights", "it decides the label, and so does `threshold`; leave out one")
            }
            (Some(_), None) if labels.is_empty() => {
                refuse("class_weights", "it is for labels, and the target is a number")
            }
            (Some(ClassWeights::Balanced), None) => Ok(Self::Balanced),
            (Some(ClassWeights::Table(table)), None) => {
                let names: Vec<String> = labels.iter().map(ToString::to_string).collect();
                if table.keys().any(|key| !names.contains(key)) {
                    return refuse("class_weights", "it names a label that the target does not have");
                }
                let weight = |name: &String| table.get(name).copied().unwrap_or(1.0) as f32;
                Ok(Self::Weighed(names.iter().map(weight).collect()))
            }
            (None, Some(_)) if labels.len() != 2 => {
                refuse("threshold", "it is for two labels; for more there is `class_weights`")
            }
            (None, Some(Threshold::F1)) => Ok(Self::Learnt(Goal::F1)),
            (None, Some(Threshold::Balanced)) => Ok(Self::Learnt(Goal::Balanced)),
            (None, Some(Threshold::Number(number))) => Ok(Self::Weighed(LabelRule::above(number as f32))),
            (None, Some(Threshold::Cost)) => match settings.costs {
                Some(costs) => Ok(Self::Learnt(Goal::Cost(costs))),
                None => refuse(
                    "threshold",
                    "\"cost\" needs `costs = { false_positive = …, false_negative = … }` to say what mistakes cost",
                ),
            },
        }
    }

    /// The rule by which candidates are compared: nothing is learnt for it but the labels' shares of `target`.
    pub(crate) fn usual(&self, target: &Target) -> LabelRule {
        let counts = counts(target);
        let (labels, rows) = (counts.len(), target.len());
        let of_shares = || counts.iter().map(|count| rows as f32 / (labels * (*count).max(1)) as f32).collect();
        let weights = match self {
            Self::Likeliest => None,
            Self::Weighed(weights) => Some(weights.clone()),
            Self::Balanced | Self::Learnt(Goal::F1 | Goal::Balanced) => Some(of_shares()),
            Self::Learnt(Goal::Cost(costs)) => Some(vec![costs.false_positive as f32, costs.false_negative as f32]),
        };
        if labels == 0 { LabelRule::default() } else { LabelRule { floor: Some(floor(USUAL, rows, labels)), weights } }
    }

    /// The rule that suits `answers` best, which `usual` is known of: the floor of the lowest log loss, and the threshold.
    pub(crate) fn learnt(&self, usual: LabelRule, target: &Target, answers: &Answers) -> LabelRule {
        let (Target::Classes { classes, labels }, Answers::Classes { probabilities, .. }) = (target, answers) else {
            return usual;
        };
        let truth: Vec<usize> = classes.iter().map(|class| *class as usize).collect();
        let loss = |floor: f32| log_loss(&truth, &bounded(probabilities, floor, labels.len()), labels.len());
        let floors = FLOORS.map(|share| floor(share, truth.len(), labels.len()));
        let least = floors.into_iter().map(|floor| (loss(floor), floor)).min_by(|a, b| a.0.total_cmp(&b.0));
        let floor = least.map(|(_, floor)| floor);
        let weights = match (self, floor) {
            (Self::Learnt(goal), Some(floor)) => {
                let found = bounded(probabilities, floor, labels.len());
                let second: Vec<f32> = found.chunks_exact(2).filter_map(|row| row.get(1).copied()).collect();
                let threshold = best_threshold(*goal, &Ranked::of(&second, &truth), usual.threshold());
                Some(LabelRule::above(threshold.clamp(LEAST_FLOOR, 1.0 - LEAST_FLOOR)))
            }
            _ => usual.weights,
        };
        LabelRule { floor, weights }
    }
}

/// The answers as `rule` has them, of which the probabilities are calibrated but not bounded.
pub(crate) fn ruled(answers: &Answers, rule: &LabelRule) -> Answers {
    let Answers::Classes { classes, probabilities } = answers else { return answers.clone() };
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

/// So large a share of one row in `rows`, within what a floor may be.
fn floor(share: f32, rows: usize, labels: usize) -> f32 {
    (share / rows.max(1) as f32).min(0.1 / labels.max(1) as f32).max(LEAST_FLOOR)
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

    /// Positives are sorted above but for one of ten; nine in ten rows are negative.
    fn answers() -> (Target, Answers) {
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
    fn a_threshold_finds_what_the_likeliest_label_does_not() {
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
        let choice = LabelChoice::Likeliest;
        let rule = choice.learnt(choice.usual(&target), &target, &sure);
        let Answers::Classes { probabilities, .. } = ruled(&sure, &rule) else { panic!("classes are answered") };
        assert!(probabilities.iter().all(|probability| (0.01..0.99).contains(probability)), "{probabilities:?}");
    }

    #[test]
    fn settings_that_do_not_fit_are_named() {
        let error = |toml| choice(toml).unwrap_err().to_string();
        assert!(error("threshold = \"cost\"").starts_with("dataset.toml: `threshold`: \"cost\" needs `costs"));
        assert!(error("class_weights = { maybe = 2 }").contains("names a label that the target does not have"));
        assert!(error("threshold = 0.3\nclass_weights = \"balanced\"").contains("leave out one"));
        let numbers = Target::Numbers(vec![1.0, 2.0]);
        let refused = |toml| LabelChoice::of(&DatasetSettings::parse(toml).unwrap(), &numbers).is_err();
        assert!(refused("threshold = \"f1\"") && refused("class_weights = \"balanced\""));
    }
}
