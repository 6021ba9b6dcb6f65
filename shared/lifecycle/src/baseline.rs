//! What is known without looking at any column.

use serde::{Deserialize, Serialize};

use crate::Label;

/// How the target is distributed in the training rows, and how well a model would do on the hold-out that knew nothing but
/// that: what there is to beat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Baseline {
    /// Of classes.
    Classification {
        /// The most frequent label, the first of several.
        label: Label,
        /// The share of each label, 0–1, in the order of the signature's labels.
        shares: Vec<f64>,
        /// Accuracy of always answering `label`, 0–1.
        accuracy: f64,
        /// Log loss of always answering the shares as probabilities, in nats, from 0 up.
        log_loss: f64,
    },
    /// Of numbers.
    Regression {
        /// The mean.
        mean: f64,
        /// The standard deviation, from 0 up.
        standard_deviation: f64,
        /// Root of the mean squared error of always answering the mean.
        rmse: f64,
        /// R² of that: at most 0, except where the hold-out is the mean throughout and there is nothing to explain.
        r2: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_read_back_as_what_they_were() {
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
