//! Writes answers as tensors of the Open Inference Protocol, always in JSON.

use evergreen_lifecycle::{ModelName, Signature};
use evergreen_scoring::Predictions;
use serde::Serialize;
use serde::ser::Error;

use super::form::AnswerParts;

/// The tensor with one id for each row.
const IDS: &str = "ids";

/// Names of all tensors that an answer may have: of a classifier, of a regression model, and of both.
pub const OUTPUT_NAMES: [&str; 5] = ["label", "probabilities", "prediction", "intervals", IDS];

#[derive(Serialize)]
struct InferenceAnswer<'a> {
    model_name: &'a ModelName,
    model_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    outputs: Vec<OutputTensor<'a>>,
}

#[derive(Serialize)]
struct OutputTensor<'a> {
    name: &'static str,
    datatype: &'static str,
    shape: Vec<usize>,
    data: TensorData<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TensorData<'a> {
    Floats(&'a [f32]),
    Ends(Vec<f32>),
    Labels(Vec<String>),
    Texts(&'a [String]),
}

/// A tensor that answers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OutputDescription {
    /// Name of the tensor, such as `label`.
    pub name: &'static str,
    datatype: &'static str,
    /// The lengths of its sides. -1 stands for the number of rows.
    #[serde(skip_serializing_if = "<[i64]>::is_empty")]
    shape: &'static [i64],
}

/// Returns the tensors that answers of a model have.
pub fn outputs(signature: &Signature) -> Vec<OutputDescription> {
    let tensor = |name, datatype, shape| OutputDescription { name, datatype, shape };
    if signature.labels().is_empty() {
        let (value, ends) = (tensor("prediction", "FP32", &[-1]), tensor("intervals", "FP32", &[-1, 2]));
        vec![value, ends, tensor(IDS, "BYTES", &[-1])]
    } else {
        let (label, shares) = (tensor("label", "BYTES", &[-1]), tensor("probabilities", "FP32", &[-1, -1]));
        vec![label, shares, tensor(IDS, "BYTES", &[-1])]
    }
}

/// Returns the answer with the tensors called `wanted`, in that order, or with all.
pub(super) fn json(parts: AnswerParts<'_>, id: Option<&str>, wanted: Option<&[String]>) -> serde_json::Result<String> {
    let mut tensors = match parts.predictions {
        Predictions::Classes(_) => classes(parts)?,
        Predictions::Numbers(_) => numbers(parts),
    };
    if let Some(ids) = parts.ids {
        let data = TensorData::Texts(ids);
        tensors.push(OutputTensor { name: IDS, datatype: "BYTES", shape: vec![ids.len()], data });
    }
    if let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) {
        tensors.retain(|tensor| wanted.iter().any(|name| name == tensor.name));
        tensors.sort_by_key(|tensor| wanted.iter().position(|name| name == tensor.name));
    }
    let model_version = parts.by.version.number().to_string();
    serde_json::to_string(&InferenceAnswer { model_name: parts.name, model_version, id, outputs: tensors })
}

fn classes(parts: AnswerParts<'_>) -> serde_json::Result<Vec<OutputTensor<'_>>> {
    let Some(batch) = parts.predictions.classes() else { return Ok(Vec::new()) };
    let labels = parts.by.version.model().signature().labels();
    let named = batch.classes().iter().map(|&class| labels.get(class).map(ToString::to_string));
    let named = named.collect::<Option<Vec<_>>>();
    let named = named.ok_or_else(|| serde_json::Error::custom("a predicted class has no label"))?;
    let rows = batch.len();
    let label = TensorData::Labels(named);
    let shares = TensorData::Floats(batch.probabilities());
    Ok(vec![
        OutputTensor { name: "label", datatype: "BYTES", shape: vec![rows], data: label },
        OutputTensor { name: "probabilities", datatype: "FP32", shape: vec![rows, labels.len()], data: shares },
    ])
}

fn numbers(parts: AnswerParts<'_>) -> Vec<OutputTensor<'_>> {
    let Some(batch) = parts.predictions.numbers() else { return Vec::new() };
    let (rows, values) = (batch.len(), TensorData::Floats(batch.values()));
    let mut tensors = vec![OutputTensor { name: "prediction", datatype: "FP32", shape: vec![rows], data: values }];
    if let Some(intervals) = batch.intervals() {
        let ends = TensorData::Ends(intervals.iter().flat_map(|&(lower, upper)| [lower, upper]).collect());
        tensors.push(OutputTensor { name: "intervals", datatype: "FP32", shape: vec![rows, 2], data: ends });
    }
    tensors
}
