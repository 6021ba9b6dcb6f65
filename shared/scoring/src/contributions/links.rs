//! How the contributions to a predictor's outputs become contributions to a probability.
//!
//! In a blend, probabilities are averaged, and a probability is no sum of contributions to log-odds. So the change of the
//! probability from the expected outputs to those of the row is divided among the outputs: each gets the integral of the
//! probability's slope along the straight line, times its own change (integrated gradients: Sundararajan, Taly, Yan,
//! "Axiomatic attribution for deep networks", ICML 2017; for models in a row, Chen, Lundberg, Lee, "Explaining a series of
//! models by propagating Shapley values", Nature Communications 13, 2022).

use super::quadrature::Rule;
use crate::pipeline::Link;

/// A probability at the expected outputs, and for each output the factor that turns a change of it into a change of the
/// probability.
pub(super) struct Gains {
    pub(super) base: f64,
    pub(super) by_output: Vec<f64>,
}

/// Returns the gains of the probability of the label with the index `label`. `from` has the expected outputs, and `to` those
/// of the row.
pub(super) fn gains(link: Link, label: usize, from: &[f64], to: &[f64]) -> Gains {
    let mut by_output = vec![0.0; from.len()];
    if link == Link::Identity {
        by_output.iter_mut().skip(label).take(1).for_each(|gain| *gain = 1.0);
        return Gains { base: from.get(label).copied().unwrap_or_default(), by_output };
    }
    let rule = Rule::<64>::new();
    let mut between = vec![0.0; from.len()];
    for (at, weight) in rule.at.iter().zip(&rule.weights) {
        let ends = from.iter().zip(to);
        between.iter_mut().zip(ends).for_each(|(between, (from, to))| *between = from + at * (to - from));
        let (_, slopes) = probability(link, label, &between);
        by_output.iter_mut().zip(slopes).for_each(|(gain, slope)| *gain += weight * slope);
    }
    let (base, _) = probability(link, label, from);
    correct(&mut by_output, probability(link, label, to).0 - base, from, to);
    Gains { base, by_output }
}

/// Scales the gains so that the changes add up to `change` exactly, where the integral was not exact.
fn correct(by_output: &mut [f64], change: f64, from: &[f64], to: &[f64]) {
    let found: f64 = by_output.iter().zip(from.iter().zip(to)).map(|(gain, (from, to))| gain * (to - from)).sum();
    // A quotient of two numbers near zero would be noise.
    if (change - found).abs() < 0.1 * found.abs() {
        by_output.iter_mut().for_each(|gain| *gain *= change / found);
    }
}

/// Returns the probability of a label, and its slope along each output.
fn probability(link: Link, label: usize, outputs: &[f64]) -> (f64, Vec<f64>) {
    match (link, outputs) {
        (Link::Logistic, &[odds]) => {
            let sign = if label == 0 { -1.0 } else { 1.0 };
            let share = logistic(sign * odds);
            (share, vec![sign * share * (1.0 - share)])
        }
        (Link::OneVersusRest, _) => {
            let shares: Vec<f64> = outputs.iter().map(|odds| logistic(*odds)).collect();
            let sum: f64 = shares.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            let own = shares.get(label).copied().unwrap_or_default() / sum;
            let slope = |(output, share): (usize, &f64)| {
                share * (1.0 - share) * (f64::from(u8::from(output == label)) - own) / sum
            };
            (own, shares.iter().enumerate().map(slope).collect())
        }
        _ => {
            let highest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut shares: Vec<f64> = outputs.iter().map(|score| libm::exp(score - highest)).collect();
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share /= sum);
            let own = shares.get(label).copied().unwrap_or_default();
            let slope = |(output, share): (usize, &f64)| own * (f64::from(u8::from(output == label)) - share);
            (own, shares.iter().enumerate().map(slope).collect())
        }
    }
}

fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-odds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changes_of_all_outputs_add_up_to_the_change_of_the_probability() {
        let (from, to) = ([0.3, -1.0, 2.0], [4.0, 1.5, -7.0]);
        for link in [Link::OneVersusRest, Link::Softmax, Link::Identity] {
            for label in 0..3 {
                let found = gains(link, label, &from, &to);
                let sum: f64 = (0..3).map(|output| found.by_output[output] * (to[output] - from[output])).sum();
                let expected = match link {
                    Link::Identity => to[label],
                    _ => probability(link, label, &to).0,
                };
                assert!((found.base + sum - expected).abs() < 1e-12, "{link:?} {label}");
            }
        }
        for (label, to) in [(0, 30.0), (1, 30.0), (1, -0.2), (1, 0.3)] {
            let found = gains(Link::Logistic, label, &[0.3], &[to]);
            let sum = found.base + found.by_output[0] * (to - 0.3);
            assert!((sum - probability(Link::Logistic, label, &[to]).0).abs() < 1e-12, "{label} {to}");
        }
    }
}
