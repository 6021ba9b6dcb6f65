//! Turns the outputs of a predictor into class probabilities.
//!
//! The predicted class is the one with the greatest score (output), unless the model has label weights. Calibration and
//! the link function keep the order of the scores, except for rounding: two probabilities may be equal in `f32`
//! although their scores differ.

use crate::pipeline::{LabelRule, Link};

/// Last step of a classifier: turns the predictor's outputs into class probabilities and a predicted class.
#[derive(Debug, Clone)]
pub(crate) struct Answerer {
    link: Link,
    calibration: Option<f32>,
    rule: LabelRule,
}

impl Answerer {
    pub(crate) fn new(link: Link, calibration: Option<f32>, rule: LabelRule) -> Self {
        Self { link, calibration, rule }
    }

    pub(crate) fn link(&self) -> Link {
        self.link
    }

    pub(crate) fn calibration(&self) -> Option<f32> {
        self.calibration
    }

    pub(crate) fn rule(&self) -> &LabelRule {
        &self.rule
    }

    /// Computes a classifier's prediction for one row: writes the class probabilities and returns the index of the
    /// predicted class.
    pub(crate) fn answer(&self, outputs: &[f32], probabilities: &mut [f32]) -> usize {
        match (self.link, outputs) {
            (Link::Logistic, &[odds]) => set(probabilities, &[-0.5 * odds, 0.5 * odds]),
            _ => set(probabilities, outputs),
        }
        let class = first_maximum(probabilities.iter().copied());
        match self.link {
            Link::Identity => self.calibration.iter().for_each(|power| raise(probabilities, *power)),
            Link::OneVersusRest => {
                probabilities.iter_mut().for_each(|odds| *odds = log_sigmoid(*odds));
                self.softmax(probabilities);
            }
            Link::Logistic | Link::Softmax => self.softmax(probabilities),
        }
        if let Some(floor) = self.rule.floor {
            let kept = kept(floor, probabilities.len());
            probabilities.iter_mut().for_each(|probability| *probability = *probability * kept + floor);
        }
        match &self.rule.weights {
            Some(weights) => {
                first_maximum(probabilities.iter().zip(weights).map(|(probability, weight)| probability * weight))
            }
            None => class,
        }
    }

    /// Turns a classifier's scores into class probabilities in place, with softmax and calibration.
    fn softmax(&self, scores: &mut [f32]) {
        // Multiplying the scores by the calibration power gives the same result as raising the softmax to that power.
        // For minus half and plus half of the log-odds, softmax equals the logistic function of the log-odds.
        let power = self.calibration.unwrap_or(1.0);
        let highest = scores.iter().fold(f32::NEG_INFINITY, |highest, score| highest.max(*score));
        scores.iter_mut().for_each(|score| *score = libm::expf(power * (*score - highest)));
        normalise(scores);
    }
}

fn set(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// Temperature scaling: raises each class probability to the power `power` and normalises the results to sum to 1.
fn raise(probabilities: &mut [f32], power: f32) {
    // First the greatest probability is scaled to 1, so that the results cannot all become 0.
    let highest = probabilities.iter().fold(0.0_f32, |highest, p| highest.max(*p));
    probabilities.iter_mut().for_each(|p| *p = to_power(*p / highest, power));
    normalise(probabilities);
}

/// Returns `share`, which is between 0 and 1, raised to a power above 0: a step of calibration. The result has the same
/// bits on every machine.
pub fn to_power(share: f32, power: f32) -> f32 {
    // The greatest share of a row is 1, and a forest gives many shares of 0. Both need no computation.
    if share == 0.0 || share == 1.0 {
        return share;
    }
    libm::exp(f64::from(power) * libm::log(f64::from(share))) as f32
}

fn normalise(weights: &mut [f32]) {
    let sum: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
}

/// Returns the natural logarithm of the logistic function of the log-odds `odds`.
fn log_sigmoid(odds: f32) -> f32 {
    odds.min(0.0) - libm::log1pf(libm::expf(-odds.abs()))
}

/// Returns the factor `1 - labels * floor`, which makes room for the minimum probability `floor` of every label. Class
/// probabilities that are multiplied by the factor, plus `floor` each, still sum to 1.
pub(crate) fn kept(floor: f32, labels: usize) -> f32 {
    1.0 - floor * labels as f32
}

/// Returns the index of the greatest score, and the first one of equal scores.
fn first_maximum(scores: impl Iterator<Item = f32>) -> usize {
    // ONNX's `ArgMax` does the same.
    let mut best = (0, f32::NEG_INFINITY);
    for (class, score) in scores.enumerate() {
        if score > best.1 {
            best = (class, score);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(link: Link, calibration: Option<f32>, outputs: &[f32], classes: usize) -> (usize, Vec<f32>) {
        let mut probabilities = vec![0.0; classes];
        let class = Answerer::new(link, calibration, LabelRule::default()).answer(outputs, &mut probabilities);
        (class, probabilities)
    }

    fn close(found: &[f32], expected: &[f64]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6)
    }

    #[test]
    fn a_tie_goes_to_the_first_class() {
        assert_eq!(first_maximum([1.0, 2.0, 2.0].into_iter()), 1);
        assert_eq!(answer(Link::Logistic, None, &[0.0], 2), (0, vec![0.5, 0.5]));
    }

    #[test]
    fn log_odds_become_probabilities_however_large_they_are() {
        let sigmoid = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        for odds in [-1e30_f32, -40.0, -3.0, -1e-9, 0.5, 17.0, 1e30] {
            let (class, probabilities) = answer(Link::Logistic, Some(0.5), &[odds], 2);
            let p = sigmoid(0.5 * f64::from(odds));
            assert_eq!(class, usize::from(odds > 0.0));
            assert!(close(&probabilities, &[1.0 - p, p]), "{odds}: {probabilities:?}");
        }
    }

    #[test]
    fn one_versus_rest_is_made_to_sum_to_1_even_of_classes_that_are_all_unlikely() {
        let sigmoid = |odds: f64| 1.0 / (1.0 + (-odds).exp());
        let (class, probabilities) = answer(Link::OneVersusRest, None, &[-1.0, 2.0, 0.0], 3);
        let shares = [-1.0, 2.0, 0.0].map(sigmoid);
        let sum: f64 = shares.iter().sum();
        assert_eq!(class, 1);
        assert!(close(&probabilities, &shares.map(|share| share / sum)), "{probabilities:?}");
        let (class, probabilities) = answer(Link::OneVersusRest, None, &[-500.0, -500.0, -600.0], 3);
        assert_eq!(class, 0);
        assert!(close(&probabilities, &[0.5, 0.5, 0.0]), "{probabilities:?}");
    }

    #[test]
    fn calibration_raises_to_a_power_and_keeps_zero_probabilities() {
        let (class, probabilities) = answer(Link::Identity, Some(2.0), &[0.25, 0.75, 0.0], 3);
        assert_eq!(class, 1);
        assert!(close(&probabilities, &[0.1, 0.9, 0.0]), "{probabilities:?}");
        let uncalibrated = answer(Link::Softmax, None, &[1.0, 2.0, 4.0], 3).1;
        let calibrated = answer(Link::Softmax, Some(2.0), &[1.0, 2.0, 4.0], 3).1;
        let squares = [0, 1, 2].map(|n| f64::from(uncalibrated[n]).powi(2));
        let sum: f64 = squares.iter().sum();
        assert!(close(&calibrated, &squares.map(|square| square / sum)), "{calibrated:?}");
    }

    fn ruled(rule: LabelRule, outputs: &[f32]) -> (usize, Vec<f32>) {
        let mut probabilities = vec![0.0; outputs.len()];
        let class = Answerer::new(Link::Identity, None, rule).answer(outputs, &mut probabilities);
        (class, probabilities)
    }

    #[test]
    fn a_probability_floor_excludes_0_and_1() {
        let rule = LabelRule { floor: Some(0.01), weights: None };
        let (class, probabilities) = ruled(rule, &[0.0, 1.0, 0.0]);
        assert_eq!(class, 1);
        assert!(close(&probabilities, &[0.01, 0.98, 0.01]), "{probabilities:?}");
    }

    #[test]
    fn weights_change_the_label_and_not_the_probabilities() {
        let at = |threshold| LabelRule { floor: None, weights: Some(LabelRule::above(threshold)) };
        assert_eq!(ruled(at(0.25), &[0.7, 0.3]), (1, vec![0.7, 0.3]));
        assert_eq!(ruled(at(0.25), &[0.8, 0.2]).0, 0);
        assert_eq!(ruled(at(0.25), &[0.75, 0.25]).0, 0, "at the threshold it is the first");
        assert!((at(0.25).threshold() - 0.25).abs() < 1e-6 && LabelRule::default().threshold() == 0.5);
        let rule = LabelRule { floor: None, weights: Some(vec![1.0, 4.0, 1.0]) };
        assert_eq!(ruled(rule, &[0.5, 0.2, 0.3]).0, 1);
    }

    #[test]
    fn no_power_makes_a_probability_zero() {
        for power in [1e-30, 1.0, 1e30] {
            for (link, outputs) in [(Link::Identity, [0.5, 0.5]), (Link::Softmax, [-1e37, 1e37])] {
                let (_, probabilities) = answer(link, Some(power), &outputs, 2);
                assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{link:?}, {power}: {probabilities:?}");
            }
        }
    }
}
