//! Ensemble selection: builds an ensemble (a weighted mean of the predictions of several candidates) if it beats the
//! best single candidate in cross-validation. See Caruana, Niculescu-Mizil, Crew, Ksikes: "Ensemble selection from
//! libraries of models", ICML 2004.

use evergreen_lifecycle::PrimaryMetric;
use evergreen_table::{EnsembleLimits, Target};
use rayon::prelude::*;

use super::trial::Trial;
use crate::evaluate::Answers;
use crate::fit::Cost;

/// Ensemble selection: maximum number of steps. Each step adds a model to the ensemble, or raises a model's weight.
const PICKS: usize = 24;

// A single model is smaller, faster, and easier to explain.
/// Minimum relative decrease of the loss for which an ensemble replaces the best single model.
const WORTHWHILE: f64 = 0.002;

// Smaller probabilities count as this value, so that the logarithm is finite.
/// Smallest probability of the true class in the log loss of an ensemble. Lower probabilities count as this one.
const LEAST: f64 = 1e-15;

struct Pickable {
    /// The candidate's index in the list of the search's trials.
    place: usize,
    cost: Cost,
    /// Out-of-fold prediction for each row: the probability of the true class, or the predicted number (regression).
    answers: Vec<f64>,
}

// For regression, the loss holds the true numbers.
/// The loss that an ensemble must minimise.
enum Loss {
    // The log loss needs no true values here, because the candidates' predictions are already the probabilities of the
    // true classes.
    /// The log loss of a classifier.
    Surprise,
    /// The squared error of a regression model. Holds the true number of each row.
    Squared(Vec<f64>),
    /// The absolute error of a regression model. Holds the true number of each row.
    Absolute(Vec<f64>),
}

/// Chooses the members of an ensemble and their weights. Returns an empty list if a single model is as good.
pub(super) fn select(
    trials: &[(usize, &Trial, Cost)],
    metric: PrimaryMetric,
    limits: &EnsembleLimits,
) -> Vec<(usize, f32)> {
    // Returns the index and the weight of each member.
    // `trials` has each trial's index and the cost (size and prediction time) of its model.
    let pickable: Vec<Pickable> =
        trials.iter().filter_map(|(place, trial, cost)| pickable(*place, trial, *cost)).collect();
    let Some(loss) = trials.iter().find_map(|(_, trial, _)| loss(trial, metric)) else { return Vec::new() };
    let alone = pickable.iter().map(|one| loss.mean(&one.answers, 1.0)).fold(f64::INFINITY, f64::min);
    let (picks, mean) = picked(&pickable, &loss, limits);
    let members = picks.iter().filter(|count| **count > 0).count();
    // No weighted mean is clearly better than the best single candidate.
    if members < 2 || mean > alone * (1.0 - WORTHWHILE) {
        return Vec::new();
    }
    let total: u32 = picks.iter().sum();
    let weight = |count: u32| (f64::from(count) / f64::from(total)) as f32;
    let weighed = pickable.iter().zip(picks).filter(|(_, count)| *count > 0);
    weighed.map(|(one, count)| (one.place, weight(count))).collect()
}

/// Picks ensemble members one by one. Returns how often each candidate was picked, and the loss of the ensemble.
fn picked(pickable: &[Pickable], loss: &Loss, limits: &EnsembleLimits) -> (Vec<u32>, f64) {
    // The ensemble is the mean of all picks.
    let mut picks = vec![0_u32; pickable.len()];
    let mut sums = vec![0.0; pickable.first().map_or(0, |one| one.answers.len())];
    let (mut cost, mut least) = (Cost::default(), f64::INFINITY);
    for pick in 1..=PICKS {
        let members = picks.iter().filter(|count| **count > 0).count();
        let with = |number: usize| -> Option<(f64, usize)> {
            let one = pickable.get(number)?;
            let new = picks.get(number) == Some(&0);
            if new && (members >= limits.members || !cost.and(one.cost).is_within(limits)) {
                return None;
            }
            let together: Vec<f64> = sums.iter().zip(&one.answers).map(|(sum, answer)| sum + answer).collect();
            Some((loss.mean(&together, pick as f64), number))
        };
        let tried: Vec<Option<(f64, usize)>> = (0..pickable.len()).into_par_iter().map(with).collect();
        // If several candidates give the same loss, take the first, because it is the best as a single model.
        let best = tried.into_iter().flatten().reduce(|best, next| if next.0 < best.0 { next } else { best });
        let Some((found, number)) = best.filter(|(found, _)| *found < least) else { break };
        least = found;
        if let (Some(one), Some(count)) = (pickable.get(number), picks.get_mut(number)) {
            if *count == 0 {
                cost = cost.and(one.cost);
            }
            *count += 1;
            sums.iter_mut().zip(&one.answers).for_each(|(sum, answer)| *sum += answer);
        }
    }
    (picks, least)
}

fn pickable(place: usize, trial: &Trial, cost: Cost) -> Option<Pickable> {
    let mut all = Vec::new();
    for (target, answers) in trial.whole()? {
        match (target, answers) {
            (Target::Classes { labels, classes }, Answers::Classes { probabilities, .. }) => {
                let rows = probabilities.chunks_exact(labels.len()).zip(classes);
                all.extend(rows.map(|(row, class)| f64::from(row.get(*class as usize).copied().unwrap_or_default())));
            }
            (_, Answers::Numbers { values, .. }) => all.extend(values.iter().copied().map(f64::from)),
            _ => return None,
        }
    }
    Some(Pickable { place, cost, answers: all })
}

fn loss(trial: &Trial, metric: PrimaryMetric) -> Option<Loss> {
    let mut truth = Vec::new();
    for (target, _) in trial.whole()? {
        match target {
            Target::Classes { .. } => return Some(Loss::Surprise),
            Target::Numbers(numbers) => truth.extend_from_slice(numbers),
        }
    }
    Some(if metric == PrimaryMetric::Mae { Loss::Absolute(truth) } else { Loss::Squared(truth) })
}

impl Loss {
    /// Returns the mean loss of an ensemble of `parts` equally weighted models. `answers` are their summed predictions.
    fn mean(&self, answers: &[f64], parts: f64) -> f64 {
        // `answers` has for each row the sum of the picked models' predictions. The sum divided by `parts` is the
        // ensemble's prediction.
        let sum: f64 = match self {
            Self::Surprise => answers.iter().map(|sum| -libm::log((sum / parts).max(LEAST))).sum(),
            Self::Squared(truth) => answers.iter().zip(truth).map(|(sum, truth)| (sum / parts - truth).powi(2)).sum(),
            Self::Absolute(truth) => answers.iter().zip(truth).map(|(sum, truth)| (sum / parts - truth).abs()).sum(),
        };
        sum / answers.len().max(1) as f64
    }
}

/// Returns the weighted mean of several models' predictions for the same rows. `None` if there are no models.
pub(super) fn mean(parts: &[(&Answers, f32)]) -> Option<Answers> {
    let (first, _) = parts.first()?;
    let sum = |of: &dyn Fn(&Answers) -> Vec<f32>, length: usize| {
        let mut sum = vec![0.0; length];
        for (answers, weight) in parts {
            sum.iter_mut().zip(of(answers)).for_each(|(sum, answer)| *sum += weight * answer);
        }
        sum
    };
    Some(match first {
        Answers::Numbers { values, .. } => {
            let of = |answers: &Answers| match answers {
                Answers::Numbers { values, .. } => values.clone(),
                Answers::Classes { .. } => Vec::new(),
            };
            Answers::Numbers { values: sum(&of, values.len()), intervals: Vec::new() }
        }
        Answers::Classes { classes, probabilities } => {
            let of = |answers: &Answers| match answers {
                Answers::Classes { probabilities, .. } => probabilities.clone(),
                Answers::Numbers { .. } => Vec::new(),
            };
            let labels = probabilities.len() / classes.len().max(1);
            let probabilities = sum(&of, probabilities.len());
            let classes = probabilities.chunks_exact(labels.max(1)).map(first_maximum).collect();
            Answers::Classes { classes, probabilities }
        }
    })
}

fn first_maximum(row: &[f32]) -> usize {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    row.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(place: usize, bytes: f64, answers: &[f64]) -> Pickable {
        Pickable { place, cost: Cost { bytes, microseconds: 1.0 }, answers: answers.to_vec() }
    }

    fn limits(members: usize, megabytes: f64) -> EnsembleLimits {
        EnsembleLimits { members, megabytes, microseconds: 50.0 }
    }

    #[test]
    fn errors_that_cancel_out_are_blended_within_the_limits() {
        let loss = Loss::Squared(vec![0.0, 0.0, 0.0]);
        let both = [one(0, 1e6, &[1.0, -1.0, 0.5]), one(1, 1e6, &[-1.0, 1.0, 1.0])];
        let (picks, least) = picked(&both, &loss, &limits(5, 3.0));
        assert!(picks.iter().all(|count| *count > 0) && least < 0.5, "{picks:?} {least}");
        assert_eq!(picked(&both, &loss, &limits(1, 3.0)).0[1], 0);
        assert_eq!(picked(&both, &loss, &limits(5, 1.5)).0[1], 0);
    }

    #[test]
    fn the_class_of_mean_probabilities_is_the_most_probable_one() {
        let answers =
            |probabilities: &[f32]| Answers::Classes { classes: vec![0], probabilities: probabilities.to_vec() };
        let (a, b) = (answers(&[0.6, 0.3, 0.1]), answers(&[0.1, 0.5, 0.4]));
        let Some(Answers::Classes { classes, .. }) = mean(&[(&a, 0.5), (&b, 0.5)]) else { unreachable!() };
        assert_eq!(classes, [1]);
    }
}
