//! Imports ONNX tree operators for classification and regression.

use super::error::{ImportError, short};
use super::operators::{Operator, OperatorCall};
use super::value::{FoundModel, GraphValue};
use super::walk::GraphWalk;
use super::{ensemble, linear};
use crate::artifact::attributes::Attributes;
use crate::artifact::onnx::kind;
use crate::pipeline::{Aggregate, Ensemble, Predictor};

pub(super) const TREE_ENSEMBLE_CLASSIFIER: Operator = Operator {
    name: "TreeEnsembleClassifier",
    supported: "features; nodes BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT, LEAF; `base_values`; `post_transform` \
                LOGISTIC of two classes, SOFTMAX, or NONE if the leaves contain shares of the classes (a forest, which \
                becomes the mean of its trees)",
    apply: classifier,
};
pub(super) const TREE_ENSEMBLE_REGRESSOR: Operator = Operator {
    name: "TreeEnsembleRegressor",
    supported: "features; nodes BRANCH_LEQ, BRANCH_LT, BRANCH_GTE, BRANCH_GT, LEAF; `base_values`; \
                `aggregate_function` SUM or AVERAGE; one target",
    apply: regressor,
};

fn regressor(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.rows()?;
    let aggregate = match attributes.optional("aggregate_function", kind::STRING)?.and_then(|found| found.s).as_deref()
    {
        None | Some(b"SUM") => Aggregate::Sum,
        Some(b"AVERAGE") => Aggregate::Average,
        Some(other) => {
            let found = short(&String::from_utf8_lossy(other));
            let problem = format!("{found} is not supported; supported are SUM and AVERAGE");
            return Err(ImportError::attribute(operator, "aggregate_function", problem));
        }
    };
    linear::one_target(operator, "n_targets", &mut attributes)?;
    linear::no_transform(operator, &mut attributes)?;
    let (trees, _) = ensemble::read(operator, &mut attributes, "target")?;
    let base = base(operator, &mut attributes, 1)?;
    attributes.finish()?;
    let predictor = Predictor::Trees(Ensemble { trees, aggregate, base });
    Ok(vec![walk.found(FoundModel::regression(operator, features, predictor))?])
}

fn classifier(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let operator = call.name();
    let (features, mut attributes) = call.rows()?;
    let labels = linear::labels(operator, &mut attributes, &["classlabels_int64s"])?;
    let transform = linear::post_transform(operator, &mut attributes)?;
    let (trees, single) = ensemble::read(operator, &mut attributes, "class")?;
    // With two classes, all leaf weights may belong to the second class. ONNX files then use the output number 0 for
    // it.
    let outputs = match (labels.len(), single) {
        (2, Some(0)) => 1,
        (2, Some(class)) => {
            let problem = format!(
                "all weights belong to class {class}; expected class 0 if two classes have a single score, because \
                 runtimes give no probabilities otherwise"
            );
            return Err(ImportError::attribute(operator, "class_ids", problem));
        }
        (count, _) => count,
    };
    let base = base(operator, &mut attributes, outputs)?;
    attributes.finish()?;
    let predictor = Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base });
    walk.found_classifier(FoundModel { operator, features, predictor, labels, transform })
}

/// Reads the constant terms of an ONNX tree operator, one for each output. All are 0 if the file has none.
fn base(operator: &str, attributes: &mut Attributes, outputs: usize) -> Result<Vec<f32>, ImportError> {
    // The operator adds the constant terms to the sums of the trees.
    let base = ensemble::reals(operator, attributes, "base_values")?.unwrap_or_default();
    match base.len() {
        0 => Ok(vec![0.0; outputs]),
        count if count == outputs => Ok(base.into_iter().map(|number| number as f32).collect()),
        count => Err(ImportError::attribute(
            operator,
            "base_values",
            format!("it has {count} numbers; expected {outputs}, one for each output"),
        )),
    }
}
