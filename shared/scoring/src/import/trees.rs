//! Tree operators for classification and regression.

use std::rc::Rc;

use super::error::ImportError;
use super::value::{FeatureList, FoundModel, PostTransform};
use super::{ensemble, linear};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::{AttributeProto, kind};
use crate::pipeline::{Aggregate, Ensemble, Predictor};

pub(super) const CLASSES: &str = "TreeEnsembleClassifier";
pub(super) const NUMBERS: &str = "TreeEnsembleRegressor";

pub(super) fn numbers(list: Vec<AttributeProto>, features: Rc<FeatureList>) -> Result<FoundModel, ImportError> {
    const OPERATOR: &str = NUMBERS;
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let aggregate = match attributes.optional("aggregate_function", kind::STRING)?.and_then(|found| found.s).as_deref()
    {
        None | Some(b"SUM") => Aggregate::Sum,
        Some(b"AVERAGE") => Aggregate::Average,
        Some(_) => {
            return Err(ImportError::attribute(OPERATOR, "aggregate_function", "known are SUM and AVERAGE"));
        }
    };
    linear::one_target(OPERATOR, "n_targets", &mut attributes)?;
    linear::no_transform(OPERATOR, &mut attributes)?;
    let (trees, _) = ensemble::read(OPERATOR, &mut attributes, "target")?;
    let base = base(OPERATOR, &mut attributes, 1)?;
    attributes.finish()?;
    let predictor = Predictor::Trees(Ensemble { trees, aggregate, base });
    Ok(FoundModel { operator: OPERATOR, features, predictor, labels: Vec::new(), stage: PostTransform::Raw })
}

pub(super) fn classes(list: Vec<AttributeProto>, features: Rc<FeatureList>) -> Result<FoundModel, ImportError> {
    const OPERATOR: &str = CLASSES;
    let mut attributes = Attributes::new(OPERATOR, list)?;
    let labels = linear::labels(OPERATOR, &mut attributes, &["classlabels_int64s"])?;
    let stage = linear::stage(OPERATOR, &mut attributes)?;
    let (trees, single) = ensemble::read(OPERATOR, &mut attributes, "class")?;
    // For two classes, all weights may belong to the second one. Files then number it 0.
    let outputs = match (labels.len(), single) {
        (2, Some(0)) => 1,
        (2, Some(_)) => {
            let problem = "all weights of two classes are of one other than 0, of which runtimes make no probabilities";
            return Err(ImportError::attribute(OPERATOR, "class_ids", problem));
        }
        (count, _) => count,
    };
    let base = base(OPERATOR, &mut attributes, outputs)?;
    attributes.finish()?;
    let predictor = Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base });
    Ok(FoundModel { operator: OPERATOR, features, predictor, labels, stage })
}

/// Reads one base for each output; 0 if none are given.
fn base(operator: &str, attributes: &mut Attributes, outputs: usize) -> Result<Vec<f32>, ImportError> {
    let base = ensemble::reals(operator, attributes, "base_values")?.unwrap_or_default();
    match base.len() {
        0 => Ok(vec![0.0; outputs]),
        count if count == outputs => Ok(base.into_iter().map(|number| number as f32).collect()),
        count => Err(ImportError::attribute(operator, "base_values", format!("{count} for {outputs} outputs"))),
    }
}
