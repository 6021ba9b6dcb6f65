//! The constant baseline: the hold-out score of a model that gives the same answer for every row.

use serde::{Deserialize, Serialize};

use crate::Label;

/// Constant baseline: a model that gives the same answer for every row. A useful model must score better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Baseline {
    /// Constant baseline of a classifier.
    Classification {
        // The first label if several are equally frequent.
        /// The most frequent label in the training rows, which the baseline answers for every row.
        label: Label,
        /// For each label: the share of training rows with this label, 0–1. In the order of the model's labels.
        shares: Vec<f64>,
        /// Hold-out accuracy (0–1) of always answering the most frequent label.
        accuracy: f64,
        /// Hold-out log loss of always answering the shares of the labels, in nats, from 0 up.
        log_loss: f64,
    },
    /// Constant baseline of a regression model.
    Regression {
        /// Mean of the target in the training rows.
        mean: f64,
        /// Standard deviation of the target in the training rows, from 0 up.
        standard_deviation: f64,
        /// Hold-out root mean squared error of always answering the mean, in the target's unit.
        rmse: f64,
        // Higher only if every hold-out value equals the mean, so that nothing remains to be explained.
        /// Hold-out R² of always answering the mean, usually at most 0.
        r2: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read_as_they_were_stored() {
        let classes = Baseline::Classification {
            label: Label::Boolean(true),
            shares: vec![0.25, 0.75],
            accuracy: 0.5,
            log_loss: 0.75,
        };
        let numbers = Baseline::Regression { mean: 1.5, standard_deviation: 0.5, rmse: 0.75, r2: -0.25 };
        for baseline in [classes, numbers] {
            let text = serde_json::to_string(&baseline).unwrap();
            assert_eq!(serde_json::from_str::<Baseline>(&text).unwrap(), baseline, "{text}");
        }
    }
}
