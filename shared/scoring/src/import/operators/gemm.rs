//! Imports the ONNX operator `Gemm`: a linear regression model, as PyTorch exports a linear layer.

use super::{Operator, OperatorCall};
use crate::artifact::onnx::kind;
use crate::import::error::ImportError;
use crate::import::forms::flat;
use crate::import::value::{FoundModel, GraphValue};
use crate::import::walk::GraphWalk;
use crate::pipeline::{Linear, Predictor};

pub(super) const GEMM: Operator = Operator {
    name: "Gemm",
    supported: "features, a constant with one column (or one row, with `transB` 1) and an optional constant: a linear \
                regression model",
    apply: gemm,
};

fn gemm(walk: &mut GraphWalk, call: OperatorCall) -> Result<Vec<GraphValue>, ImportError> {
    let (features, weights, bias) = match call.inputs {
        [GraphValue::Features(features), GraphValue::Constant(weights)] => (features, weights, None),
        [GraphValue::Features(features), GraphValue::Constant(weights), GraphValue::Constant(bias)] => {
            (features, weights, Some(bias))
        }
        _ => return Err(call.unsupported()),
    };
    let operator = call.name();
    let features = flat(operator, features)?;
    let mut attributes = call.attributes()?;
    for factor in ["alpha", "beta"] {
        let found = attributes.optional(factor, kind::FLOAT)?.and_then(|found| found.f).unwrap_or(1.0);
        if found != 1.0 {
            return Err(ImportError::usage(operator, format!("{factor} is {found}; expected 1")));
        }
    }
    let mut is_transposed =
        |name| attributes.optional(name, kind::INT).map(|found| found.is_some_and(|found| found.i != Some(0)));
    if is_transposed("transA")? {
        return Err(ImportError::attribute(operator, "transA", "it is not 0; expected 0"));
    }
    let width = features.list.len();
    let shape = if is_transposed("transB")? { [1, width] } else { [width, 1] };
    attributes.finish()?;
    if weights.dims != shape {
        let (found, expected) = (weights.shape(), format!("{shape:?}"));
        let problem = format!("its matrix has the shape {found}; expected {expected}, for one predicted number");
        return Err(ImportError::usage(operator, problem));
    }
    let weights = weights.real().into_iter().map(|weight| weight as f32).collect();
    let bias = bias.map_or(vec![0.0], |bias| bias.real());
    let &[bias] = bias.as_slice() else {
        return Err(ImportError::usage(operator, format!("it adds {} numbers; expected one", bias.len())));
    };
    let predictor = Predictor::Linear(Linear { weights, bias: vec![bias as f32] });
    Ok(vec![walk.found(FoundModel::regression(operator, features, predictor))?])
}

#[cfg(test)]
mod tests {
    use crate::artifact::attributes::int;
    use crate::artifact::onnx::{ModelProto, element};
    use crate::import::graphs::{error, file, node, numbers, read, real};
    use crate::{ArtifactMetadata, Model};

    /// Creates an ONNX file for a test: a linear model of two features.
    fn layer(shape: &[i64], transposed: i64) -> ModelProto {
        // The weights are 1 and 2 and the constant is 0.5. `shape` is the shape of the weight matrix, and `transposed`
        // is the attribute `transB`.
        let layer = node("Gemm", ["X", "w", "c"], ["P"], vec![int("transB", transposed)]);
        file(vec![layer], vec![real("w", shape, &[1.0, 2.0]), real("c", &[1], &[0.5])], element::FLOAT, &["P"])
    }

    #[test]
    fn a_linear_layer_is_a_linear_model() {
        for layer in [layer(&[1, 2], 1), layer(&[2, 1], 0)] {
            let imported = read(&layer, &numbers()).unwrap();
            let model = Model::compile(&imported.pipeline, ArtifactMetadata::named("iris"));
            // The expected numbers are the predictions of ONNX Runtime 1.32.0.
            assert_eq!(model.predict(&[3.0, 4.0, -1.0, 0.25]).unwrap().numbers().unwrap().values(), [11.5, 0.0]);
        }
    }

    #[test]
    fn a_layer_of_another_shape_is_refused() {
        let error = error(&layer(&[1, 2], 0), &numbers());
        assert!(error.starts_with("operator Gemm: its matrix has the shape [1, 2]; expected [2, 1]"), "{error}");
    }
}
