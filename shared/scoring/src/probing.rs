//! Scores the rows of the self-check.

use crate::Model;
use crate::predictions::Predictions;

/// Returns the model's answers to the rows of its self-check
/// ([`CountShape::probes`](evergreen_lifecycle::drift::CountShape::probes)). An answer has the probabilities of all labels,
/// or the predicted number. `None` if the model has no baseline, cannot score the rows, or an answer is not finite.
pub fn probe(model: &Model) -> Option<Vec<Vec<f32>>> {
    let baseline = model.metadata().baseline.as_ref()?;
    let predictions = model.predict(&baseline.shape().probes()).ok()?;
    let answers: Vec<Vec<f32>> = match &predictions {
        Predictions::Classes(batch) => batch.iter().map(|predicted| predicted.probabilities.to_vec()).collect(),
        Predictions::Numbers(batch) => batch.values().iter().map(|value| vec![*value]).collect(),
    };
    // JSON has no other numbers.
    answers.iter().flatten().all(|number| number.is_finite()).then_some(answers)
}
