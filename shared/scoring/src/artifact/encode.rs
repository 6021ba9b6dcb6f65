//! Writes a pipeline (a trained model) as an artifact, which is an ONNX file.

use prost::Message;
use serde::Serialize;

use super::names::{
    ANSWER_KEY, BACKGROUND_KEY, BASELINE_KEY, CORE_DOMAIN, CORE_OPSET, FORMAT_KEY, HOLD_OUT_KEY, LINEAGE_KEY,
    ML_DOMAIN, ML_OPSET, MODEL_KEY, SIGNATURE_KEY, SIZE_KEY,
};
use super::onnx::{AttributeProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};
use super::{ArtifactMetadata, FORMAT_VERSION, GRAPH_FORMAT_VERSION, graph};
use crate::graph::Graph;
use crate::pipeline::{Pipeline, Predictor};

// This is the version of ONNX 1.8, the release that introduced operator set 13.
/// Version of the ONNX file format (`ir_version`) of artifacts.
const IR_VERSION: i64 = 7;

/// Writes a pipeline (a trained model) as an artifact (an ONNX file). Equal arguments always give the same bytes.
pub fn encode(pipeline: &Pipeline, metadata: &ArtifactMetadata) -> Vec<u8> {
    if let Predictor::Graph(graph) = &pipeline.parts().predictor {
        return imported(graph, properties(pipeline, metadata));
    }
    let predictors = match &pipeline.parts().predictor {
        Predictor::Blend(members) => members.iter().map(|member| attributes(&member.predictor)).collect(),
        single => vec![attributes(single)],
    };
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "evergreen".to_owned(),
        producer_version: metadata.lineage.as_ref().map(|lineage| lineage.code_version.clone()).unwrap_or_default(),
        graph: Some(graph::around(pipeline, predictors)),
        opset_import: vec![opset(ML_DOMAIN, ML_OPSET), opset(CORE_DOMAIN, CORE_OPSET)],
        metadata_props: properties(pipeline, metadata),
        functions: Vec::new(),
    };
    model.encode_to_vec()
}

fn attributes(predictor: &Predictor) -> Vec<AttributeProto> {
    match predictor {
        Predictor::Trees(ensemble) => graph::ensemble(ensemble),
        Predictor::Linear(linear) => graph::linear(linear),
        Predictor::Blend(_) | Predictor::Graph(_) => Vec::new(),
    }
}

/// Writes the artifact of an imported graph: the author's file with the metadata behind it.
fn imported(graph: &Graph, mut properties: Vec<StringStringEntryProto>) -> Vec<u8> {
    // In Protocol Buffers, the entries of two messages in a row are those of one message. So any ONNX runtime can run the
    // artifact too.
    properties.push(property(ANSWER_KEY, graph.answer_json()));
    properties.push(property(SIZE_KEY, graph.bytes().len().to_string()));
    let mut artifact = graph.bytes().to_vec();
    artifact.extend(ModelProto { metadata_props: properties, ..ModelProto::default() }.encode_to_vec());
    artifact
}

fn properties(pipeline: &Pipeline, metadata: &ArtifactMetadata) -> Vec<StringStringEntryProto> {
    let is_graph = matches!(pipeline.parts().predictor, Predictor::Graph(_));
    let format = if is_graph { GRAPH_FORMAT_VERSION } else { FORMAT_VERSION };
    let mut properties = vec![
        property(FORMAT_KEY, format.to_owned()),
        property(MODEL_KEY, metadata.model.clone()),
        property(SIGNATURE_KEY, json(pipeline.signature())),
    ];
    properties.extend(metadata.lineage.as_ref().map(|lineage| property(LINEAGE_KEY, lineage.to_json())));
    properties.extend(metadata.baseline.as_ref().map(|baseline| property(BASELINE_KEY, json(baseline))));
    properties.extend(metadata.hold_out.as_ref().map(|losses| property(HOLD_OUT_KEY, losses.text().to_owned())));
    let background = metadata.background.as_ref();
    properties.extend(background.map(|background| property(BACKGROUND_KEY, background.text().to_owned())));
    properties
}

fn json(value: &impl Serialize) -> String {
    // `serde_json` serialises directly to text. With a JSON map in between, features of other crates would decide the
    // order of the keys. Serialising cannot fail. An empty signature could not be loaded again.
    let json = serde_json::to_string(value);
    debug_assert!(json.is_ok(), "{json:?}");
    json.unwrap_or_default()
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto { domain: domain.to_owned(), version }
}

fn property(key: &str, value: String) -> StringStringEntryProto {
    StringStringEntryProto { key: key.to_owned(), value }
}
