//! Computes a blend: the weighted mean of the predictions of several predictors.

use super::Scorer;
use crate::link::Answerer;
use crate::pipeline::{Hole, LabelRule, Member, Scaler, outputs};

/// A blend (the weighted mean of several predictors), compiled for fast predictions.
#[derive(Debug, Clone)]
pub(crate) struct Blend {
    members: Vec<Blended>,
    features: usize,
    /// Number of labels of a classifier; 0 for regression.
    labels: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Blended {
    scaler: Option<Scaler>,
    pub(crate) holes: Vec<Hole>,
    pub(crate) scorer: Scorer,
    /// Number of outputs that this predictor of the blend computes for one row.
    pub(crate) outputs: usize,
    pub(crate) answerer: Answerer,
    pub(crate) weight: f32,
}

impl Blend {
    pub(super) fn compile(members: &[Member], features: usize, labels: usize) -> Self {
        let blended = |member: &Member| Blended {
            scaler: member.scaler.clone(),
            holes: member.holes.clone(),
            scorer: Scorer::compile(&member.predictor, features + 2 * member.holes.len(), labels),
            outputs: outputs(labels, member.link),
            answerer: Answerer::new(member.link, None, LabelRule::default()),
            weight: member.weight,
        };
        Self { members: members.iter().map(blended).collect(), features, labels }
    }

    pub(crate) fn members(&self) -> &[Blended] {
        &self.members
    }

    /// Computes the weighted mean of the predictors' predictions for each row, and writes it into `outputs`.
    pub(super) fn outputs(&self, features: &[f32], outputs: &mut [f32]) {
        // Adds the predictions in the order of the predictors, so that the result is identical to the last bit on every
        // platform.
        outputs.fill(0.0);
        let rows = features.len() / self.features;
        let (mut inputs, mut own, mut answer) = (Vec::new(), Vec::new(), vec![0.0; self.labels.max(1)]);
        for member in &self.members {
            own.resize(rows * member.outputs, 0.0);
            member.scorer.outputs(member.inputs(features, self.features, &mut inputs), &mut own);
            for (own, outputs) in own.chunks_exact(member.outputs).zip(outputs.chunks_exact_mut(answer.len())) {
                if self.labels == 0 {
                    answer.copy_from_slice(own);
                } else {
                    member.answerer.answer(own, &mut answer);
                }
                outputs.iter_mut().zip(&answer).for_each(|(output, answer)| *output += member.weight * answer);
            }
        }
    }
}

impl Blended {
    /// Returns the input features of this predictor of the blend, row by row, scaled if the predictor needs it.
    #[expect(clippy::indexing_slicing, reason = "holes are among the features, and this runs for every row")]
    pub(crate) fn inputs<'a>(&self, features: &'a [f32], width: usize, inputs: &'a mut Vec<f32>) -> &'a [f32] {
        if self.scaler.is_none() && self.holes.is_empty() {
            return features;
        }
        // Two more numbers follow for each hole (a feature that may be missing).
        inputs.clear();
        for row in features.chunks_exact(width) {
            let start = inputs.len();
            inputs.extend_from_slice(row);
            if let (Some(scaler), Some(row)) = (&self.scaler, inputs.get_mut(start..)) {
                scaler.apply(row);
            }
            for end in 0..if self.holes.is_empty() { 0 } else { 2 } {
                for hole in &self.holes {
                    let of = |feature: u32| inputs[start + feature as usize];
                    inputs.push(Hole::ends(of(hole.value), of(hole.missing))[end]);
                }
            }
        }
        inputs
    }
}
