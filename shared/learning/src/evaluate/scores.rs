//! Scores and losses by the metric that decides.

use evergreen_lifecycle::{PrimaryMetric, Scores};

use super::answers::Answers;
use super::binary::{POSITIVE, brier};
use super::{probabilistic, regression};

/// What is true of rows, to be compared with a model's answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truths<'a> {
    /// The class of each row, and for each class the model's number for it, if it knows it.
    Classes(&'a [u32], &'a [Option<usize>]),
    /// A number for each row.
    Numbers(&'a [f64]),
}

/// The score of `answers` by `metric` and the loss of each row; nothing if they do not fit each other.
pub(crate) fn scores(metric: PrimaryMetric, truths: Truths<'_>, answers: &Answers) -> Option<Scores> {
    match (truths, answers) {
        (Truths::Classes(truth, known), Answers::Classes { classes, probabilities }) => {
            let width = probabilities.len().checked_div(classes.len())?.max(1);
            of_classes(metric, (truth, known), classes, (probabilities, width))
        }
        (Truths::Numbers(truth), Answers::Numbers { values, .. }) => of_numbers(metric, truth, values),
        _ => None,
    }
}

fn of_classes(
    metric: PrimaryMetric,
    (truth, known): (&[u32], &[Option<usize>]),
    classes: &[usize],
    (probabilities, width): (&[f32], usize),
) -> Option<Scores> {
    let theirs = |class: u32| known.get(class as usize).copied().flatten();
    let wrong = || truth.iter().zip(classes).map(|(truth, class)| f64::from(u8::from(theirs(*truth) != Some(*class))));
    let rows = || truth.iter().zip(probabilities.chunks_exact(width));
    let losses: Vec<f64> = match metric {
        PrimaryMetric::Accuracy => wrong().collect(),
        PrimaryMetric::BalancedAccuracy => {
            wrong().zip(balance(truth, known.len())).map(|(wrong, weight)| wrong * weight).collect()
        }
        PrimaryMetric::LogLoss => rows()
            .map(|(truth, row)| {
                let probability = theirs(*truth).and_then(|class| row.get(class)).copied().unwrap_or_default();
                probabilistic::surprise(probability)
            })
            .collect(),
        PrimaryMetric::BrierScore => rows()
            .map(|(truth, row)| {
                let positive = known.get(POSITIVE).copied().flatten();
                let probability = positive.and_then(|class| row.get(class)).copied().unwrap_or_default();
                brier(probability, *truth as usize == POSITIVE)
            })
            .collect(),
        PrimaryMetric::R2 | PrimaryMetric::Rmse | PrimaryMetric::Mae => return None,
    };
    let mean = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
    Some(Scores { score: if metric.higher_is_better() { 1.0 - mean } else { mean }, losses })
}

/// What a row weighs for all classes to weigh alike: rows/(classes × rows of its class); classes without rows do not count.
fn balance(truth: &[u32], classes: usize) -> impl Iterator<Item = f64> {
    let mut rows = vec![0_usize; classes];
    for class in truth {
        if let Some(rows) = rows.get_mut(*class as usize) {
            *rows += 1;
        }
    }
    let present = rows.iter().filter(|rows| **rows > 0).count().max(1);
    let weight = move |class: &u32| {
        let of_class = rows.get(*class as usize).copied().unwrap_or_default().max(1);
        truth.len() as f64 / (present * of_class) as f64
    };
    truth.iter().map(weight)
}

fn of_numbers(metric: PrimaryMetric, truth: &[f64], values: &[f32]) -> Option<Scores> {
    let errors: Vec<f64> = regression::errors(truth, values).map(f64::abs).collect();
    let square = regression::mean_square(&errors);
    let squares = || errors.iter().map(|error| error * error).collect();
    Some(match metric {
        PrimaryMetric::R2 => Scores { score: regression::r2(truth, square), losses: squares() },
        PrimaryMetric::Rmse => Scores { score: square.sqrt(), losses: squares() },
        PrimaryMetric::Mae => Scores { score: errors.iter().sum::<f64>() / errors.len().max(1) as f64, losses: errors },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u32; 4] = [0, 0, 0, 1];
    const KNOWN: [Option<usize>; 2] = [Some(0), Some(1)];

    fn answers() -> Answers {
        Answers::Classes { classes: vec![0, 0, 1, 1], probabilities: vec![1.0, 0.0, 0.5, 0.5, 0.25, 0.75, 0.5, 0.5] }
    }

    fn score(metric: PrimaryMetric, known: &[Option<usize>]) -> Scores {
        scores(metric, Truths::Classes(&TRUTH, known), &answers()).unwrap()
    }

    #[test]
    fn losses_average_to_the_score() {
        assert_eq!(score(PrimaryMetric::Accuracy, &KNOWN), Scores { score: 0.75, losses: vec![0.0, 0.0, 1.0, 0.0] });
        let balanced = score(PrimaryMetric::BalancedAccuracy, &KNOWN);
        assert!((balanced.score - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12, "{balanced:?}");
        assert!((balanced.losses[2] - 4.0 / 6.0).abs() < 1e-12, "{balanced:?}");
        let brier = score(PrimaryMetric::BrierScore, &KNOWN);
        assert_eq!(brier.losses, [0.0, 0.25, 0.5625, 0.25]);
        assert!((score(PrimaryMetric::LogLoss, &KNOWN).losses[1] - 2.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn labels_that_the_model_does_not_know_or_orders_otherwise_are_matched() {
        assert_eq!(score(PrimaryMetric::Accuracy, &[None, Some(1)]).losses, [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(score(PrimaryMetric::Accuracy, &[Some(1), Some(0)]).score, 0.25);
        assert!(score(PrimaryMetric::LogLoss, &[None, Some(1)]).losses[0] > 30.0);
    }

    #[test]
    fn a_metric_of_numbers_does_not_fit_classes() {
        assert_eq!(scores(PrimaryMetric::R2, Truths::Classes(&TRUTH, &KNOWN), &answers()), None);
        assert_eq!(scores(PrimaryMetric::R2, Truths::Numbers(&[1.0]), &answers()), None);
    }

    #[test]
    fn numbers_are_scored_by_their_errors() {
        let answers = Answers::Numbers { values: vec![1.0, 4.0], intervals: vec![] };
        let of = |metric| scores(metric, Truths::Numbers(&[1.0, 2.0]), &answers).unwrap();
        assert_eq!(of(PrimaryMetric::Mae), Scores { score: 1.0, losses: vec![0.0, 2.0] });
        assert_eq!(of(PrimaryMetric::Rmse), Scores { score: 2.0_f64.sqrt(), losses: vec![0.0, 4.0] });
        assert_eq!(of(PrimaryMetric::R2).score, -7.0);
    }
}
