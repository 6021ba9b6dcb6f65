//! Imports ONNX operators that change the outputs of a classifier.

use super::error::{ImportError, short};
use super::operators::{Operator, OperatorCall};
use super::value::{GraphValue, PostTransform};
use super::walk::GraphWalk;
use super::{features, linear};

pub(super) const SOFTMAX: Operator =
    Operator { name: "Softmax", supported: "the untransformed outputs of several classes", apply: softmax };
pub(super) const NORMALIZER: Operator =
    Operator { name: "Normalizer", supported: "the probabilities of a classifier, with `norm` L1", apply: normalize };
pub(super) const ZIP_MAP: Operator =
    Operator { name: "ZipMap", supported: "the probabilities of a classifier, with its labels", apply: zip_map };

fn softmax(walk: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    match call.inputs {
        [GraphValue::Outputs(PostTransform::None, _)] if walk.outputs() > 1 => {
            features::check_axis(call.name(), Some(call.take_axis(Some(-1))?), false)?;
            Ok(vec![walk.changed(PostTransform::Softmax)])
        }
        _ => Err(call.unsupported()),
    }
}

/// Imports the ONNX operator `Normalizer`, which makes the probabilities of a classifier sum to 1.
fn normalize(walk: &mut GraphWalk, mut call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let &[GraphValue::Outputs(transform, _)] = call.inputs else { return Err(call.unsupported()) };
    if !walk.has_labels() {
        return Err(call.unsupported());
    }
    match call.take("norm").and_then(|attribute| attribute.s).as_deref() {
        Some(b"L1") => Ok(vec![walk.changed(match transform {
            PostTransform::Logistic => PostTransform::OneVersusRest,
            other => other,
        })]),
        Some(other) => {
            let problem = format!("it is {}; expected L1", short(&String::from_utf8_lossy(other)));
            Err(call.invalid("norm", problem))
        }
        None => Err(call.invalid("norm", "it is missing; expected L1")),
    }
}

/// Imports the ONNX operator `ZipMap`, which combines class probabilities with labels.
fn zip_map(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    // The operator's labels must be the labels of the model.
    let [value @ GraphValue::Outputs(..)] = call.inputs else { return Err(call.unsupported()) };
    let operator = call.name();
    let mut attributes = call.attributes()?;
    let labels = linear::labels(operator, &mut attributes, &["classlabels_int64s"])?;
    attributes.finish()?;
    if walk.labels() == Some(labels.as_slice()) {
        return Ok(vec![value.clone()]);
    }
    let problem = "its labels differ from the model's labels; expected the same labels in the same order";
    Err(ImportError::usage(operator, problem))
}
