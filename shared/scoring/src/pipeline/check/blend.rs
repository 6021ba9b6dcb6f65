//! Checks a blend: that several predictors can be averaged.

use evergreen_lifecycle::Signature;

use super::super::{Member, Predictor, Preprocessing};
use super::{MAX_NODES, PipelineError, features, link, predictor};

/// Maximum number of predictors in a blend (the weighted mean of several predictors).
pub const MAX_MEMBERS: usize = 32;

// Allows for a few rounding errors of `f32`.
/// Maximum difference between 1 and the sum of the predictors' weights in a blend (weighted mean of predictors).
const SUM_TOLERANCE: f32 = 1e-4;

pub(super) fn check(
    signature: &Signature,
    members: &[Member],
    preprocessing: &Preprocessing,
) -> Result<(), PipelineError> {
    let (count, holes) = (preprocessing.features(), preprocessing.holes());
    let sum: f32 = members.iter().map(|member| member.weight).sum();
    // NaN (not a number) fails both comparisons, so it is invalid too.
    let valid = members.iter().all(|member| member.weight > 0.0) && (sum - 1.0).abs() <= SUM_TOLERANCE;
    if members.is_empty() || members.len() > MAX_MEMBERS || !valid {
        return Err(PipelineError::Members { members: members.len(), sum });
    }
    let nodes = members.iter().map(nodes).sum();
    if nodes > MAX_NODES {
        return Err(PipelineError::TooManyNodes(nodes));
    }
    for member in members {
        if let Some(scaler) = &member.scaler {
            features::check_scaler(scaler, count)?;
        }
        let unscaled = member.scaler.is_none() && preprocessing.scaler.is_none();
        let trees = unscaled && matches!(member.predictor, Predictor::Trees(_));
        let known = trees && member.holes.len() <= holes.len() && member.holes.iter().all(|hole| holes.contains(hole));
        if !(known || member.holes.is_empty()) {
            return Err(PipelineError::Holes(count));
        }
        let count = count + 2 * member.holes.len();
        link(signature.task(), signature.labels().len(), &member.predictor, member.link)?;
        predictor(signature, &member.predictor, member.link, count)?;
    }
    Ok(())
}

fn nodes(member: &Member) -> usize {
    match &member.predictor {
        Predictor::Trees(ensemble) => ensemble.trees.iter().map(|tree| tree.nodes.len()).sum(),
        Predictor::Linear(_) | Predictor::Blend(_) | Predictor::Graph(_) => 0,
    }
}
