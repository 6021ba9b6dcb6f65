//! Computes the outputs of a predictor from the features of rows.

mod blend;

pub(crate) use blend::{Blend, Blended};

use crate::flat::FlatEnsemble;
use crate::graph::Graph;
use crate::pipeline::{Linear, MAX_OUTPUT, Predictor};

/// A predictor (trees, linear model or blend), compiled for fast predictions.
#[derive(Debug, Clone)]
pub(crate) enum Scorer {
    Trees(FlatEnsemble),
    Linear(Linear),
    Blend(Blend),
    Graph(Graph),
}

impl Scorer {
    // `labels` is 0 for regression.
    /// Compiles a predictor for fast predictions, given the numbers of features and labels.
    pub(crate) fn compile(predictor: &Predictor, features: usize, labels: usize) -> Self {
        match predictor {
            Predictor::Blend(members) => Self::Blend(Blend::compile(members, features, labels)),
            Predictor::Trees(ensemble) => Self::Trees(FlatEnsemble::compile(ensemble, features)),
            Predictor::Linear(linear) => Self::Linear(linear.clone()),
            Predictor::Graph(graph) => Self::Graph(graph.clone()),
        }
    }

    /// Computes the predictor's outputs for rows of features, and writes them into `outputs` row by row.
    pub(crate) fn outputs(&self, features: &[f32], outputs: &mut [f32]) {
        // Outputs are finite if all features are finite.
        match self {
            Self::Trees(ensemble) => ensemble.outputs(features, outputs),
            Self::Blend(blend) => blend.outputs(features, outputs),
            // A graph has no features: the model asks it for whole predictions.
            Self::Graph(_) => {}
            Self::Linear(linear) => {
                let rows = outputs.chunks_exact_mut(linear.bias.len());
                let features = features.chunks_exact(linear.weights.len() / linear.bias.len());
                features.zip(rows).for_each(|(features, outputs)| weighted_sums(linear, features, outputs));
            }
        }
    }
}

/// Computes the outputs of a linear model for one row.
fn weighted_sums(linear: &Linear, features: &[f32], outputs: &mut [f32]) {
    // Adds in `f64`, in which finite `f32` numbers cannot overflow, and limits the sums to `MAX_OUTPUT`.
    let rows = linear.weights.chunks_exact(features.len());
    for ((output, bias), weights) in outputs.iter_mut().zip(&linear.bias).zip(rows) {
        let products = weights.iter().zip(features).map(|(weight, x)| {
            // A scaled feature may be infinite.
            f64::from(*weight) * f64::from(x.clamp(f32::MIN, f32::MAX))
        });
        let sum = products.sum::<f64>() + f64::from(*bias);
        *output = sum.clamp(f64::from(-MAX_OUTPUT), f64::from(MAX_OUTPUT)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_features_give_finite_outputs() {
        let linear = Linear { weights: vec![f32::MAX, f32::MAX, 0.0, 1.0], bias: vec![1.0, 2.0] };
        let mut outputs = [0.0; 2];
        Scorer::Linear(linear).outputs(&[f32::INFINITY, f32::NEG_INFINITY], &mut outputs);
        assert_eq!(outputs, [1.0, -MAX_OUTPUT]);
    }
}
