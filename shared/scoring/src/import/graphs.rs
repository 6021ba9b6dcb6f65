//! Tests of the ONNX import with graphs that no known library writes, or that runtimes interpret differently.

use evergreen_lifecycle::{Column, ColumnKind, Label, Signature};
use prost::Message;

use super::{ImportError, ImportedModel, compiled, import};
use crate::artifact::ArtifactMetadata;
use crate::artifact::attributes::{floats, int, ints, string, strings};
use crate::artifact::onnx::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto, element,
};
use crate::model::Model;
use crate::pipeline::Predictor;

pub(super) fn node<const IN: usize, const OUT: usize>(
    operator: &str,
    inputs: [&str; IN],
    outputs: [&str; OUT],
    attribute: Vec<AttributeProto>,
) -> NodeProto {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NodeProto {
        op_type: operator.into(),
        input: names(&inputs),
        output: names(&outputs),
        attribute,
        ..NodeProto::default()
    }
}

fn info(name: &str, elem_type: i32) -> ValueInfoProto {
    let tensor_type = TensorTypeProto { elem_type, shape: None::<TensorShapeProto> };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

fn whole(name: &str, list: &[i64]) -> Vec<u8> {
    let dims = vec![list.len() as i64];
    let (name, int64_data) = (name.into(), list.to_vec());
    TensorProto { name, dims, data_type: element::INT64, int64_data, ..TensorProto::default() }.encode_to_vec()
}

pub(super) fn real(name: &str, dims: &[i64], list: &[f32]) -> Vec<u8> {
    let (name, dims, float_data) = (name.into(), dims.to_vec(), list.to_vec());
    TensorProto { name, dims, data_type: element::FLOAT, float_data, ..TensorProto::default() }.encode_to_vec()
}

/// Creates an ONNX file for a test, with the given operators and one input `X` of the type `elem_type`.
pub(super) fn file(node: Vec<NodeProto>, initializer: Vec<Vec<u8>>, elem_type: i32, outputs: &[&str]) -> ModelProto {
    let output = outputs.iter().map(|name| info(name, element::FLOAT)).collect();
    let input = vec![info("X", elem_type)];
    ModelProto {
        graph: Some(GraphProto { node, initializer, input, output, ..GraphProto::default() }),
        ..ModelProto::default()
    }
}

pub(super) fn numbers() -> Signature {
    Signature::regression(vec![Column::number("a"), Column::number("b")]).unwrap()
}

fn classes() -> Signature {
    Signature::classification(vec![Column::number("a"), Column::number("b")], [0, 1].map(Label::Integer).to_vec())
        .unwrap()
}

pub(super) fn read(file: &ModelProto, table: &Signature) -> Result<ImportedModel, ImportError> {
    import(&file.encode_to_vec(), table)
}

/// Returns why the fast scorer refuses a graph. The general interpreter may accept it.
pub(super) fn error(file: &ModelProto, table: &Signature) -> String {
    compiled(file.graph.clone().unwrap(), table).unwrap_err().to_string()
}

fn regressor(output: &str) -> NodeProto {
    node(
        "LinearRegressor",
        ["X"],
        [output],
        vec![floats("coefficients", vec![1.0, 2.0]), floats("intercepts", vec![0.5])],
    )
}

/// Creates an ONNX operator for tests: a linear classifier of two classes with the outputs `L` (label) and `R`
/// (scores).
fn classifier() -> NodeProto {
    let attributes = vec![
        floats("coefficients", vec![1.0, 0.0, 2.0, 0.0]),
        floats("intercepts", vec![0.0, 0.5]),
        ints("classlabels_ints", vec![0, 1]),
    ];
    node("LinearClassifier", ["X"], ["L", "R"], attributes)
}

fn softmax(input: &str, axis: Option<i64>) -> NodeProto {
    node("Softmax", [input], ["P"], axis.map(|axis| int("axis", axis)).into_iter().collect())
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    let nodes =
        (0..100).map(|index| node("ArrayFeatureExtractor", ["X", "i"], [format!("{index}").as_str()], Vec::new()));
    let error = error(&file(nodes.collect(), vec![whole("i", &[0; 10_000])], element::FLOAT, &["0"]), &numbers());
    assert!(error.contains("too many features"), "{error}");
    let nodes = vec![
        node("ArrayFeatureExtractor", ["X", "i"], ["x"], Vec::new()),
        node("Concat", ["x", "x"], ["y"], vec![int("axis", 1)]),
    ];
    let error = self::error(&file(nodes, vec![whole("i", &[0; 10_000])], element::FLOAT, &["y"]), &numbers());
    assert!(error.contains("its inputs have 20000 features; at most 10000"), "{error}");
}

#[test]
fn softmax_is_over_the_classes() {
    for axis in [None, Some(1), Some(-1)] {
        read(&file(vec![classifier(), softmax("R", axis)], Vec::new(), element::FLOAT, &["L", "P"]), &classes())
            .unwrap();
    }
    let rows = file(vec![classifier(), softmax("R", Some(0))], Vec::new(), element::FLOAT, &["L", "P"]);
    assert!(error(&rows, &classes()).contains("\"axis\""));
}

#[test]
fn a_number_is_not_normalised() {
    let nodes = vec![regressor("r"), node("Normalizer", ["r"], ["P"], vec![string("norm", "L1")])];
    let error = error(&file(nodes, Vec::new(), element::FLOAT, &["P"]), &numbers());
    assert!(error.starts_with("operator Normalizer"), "{error}");
}

#[test]
fn outputs_of_several_classes_stay_in_their_rows() {
    let nodes = vec![classifier(), node("Reshape", ["R", "s"], ["Q"], Vec::new()), softmax("Q", None)];
    let error = error(&file(nodes, vec![whole("s", &[-1, 1])], element::FLOAT, &["L", "P"]), &classes());
    assert!(error.starts_with("operator Reshape: its new shape for the model's outputs is [-1, 1]; "), "{error}");
    let nodes = vec![regressor("r"), node("Reshape", ["r", "s"], ["P"], Vec::new())];
    read(&file(nodes, vec![whole("s", &[-1])], element::FLOAT, &["P"]), &numbers()).unwrap();
}

#[test]
fn only_the_last_step_of_the_outputs_is_the_answer() {
    let add = || vec![regressor("r"), node("Add", ["r", "c"], ["P"], Vec::new())];
    let constant = || vec![real("c", &[1], &[100.0])];
    let error = error(&file(add(), constant(), element::FLOAT, &["r"]), &numbers());
    assert!(error.contains("output \"r\" is changed by a later operator"), "{error}");
    read(&file(add(), constant(), element::FLOAT, &["P"]), &numbers()).unwrap();
    let twice = [add(), vec![node("Add", ["r", "c"], ["Q"], Vec::new())]].concat();
    let error = self::error(&file(twice, constant(), element::FLOAT, &["Q"]), &numbers());
    assert!(error.contains("before another operator changed them"), "{error}");
    // ONNX computes the label from the scores before the addition, so the addition would change only the probabilities.
    let nodes = vec![classifier(), node("Add", ["R", "c"], ["Q"], Vec::new()), softmax("Q", None)];
    let error = self::error(&file(nodes, constant(), element::FLOAT, &["L", "P"]), &classes());
    assert!(error.contains("of a classifier"), "{error}");
}

#[test]
fn operators_with_another_meaning_are_refused() {
    let mut foreign = regressor("P");
    foreign.domain = "com.acme".into();
    let error = read(&file(vec![foreign], Vec::new(), element::FLOAT, &["P"]), &numbers()).unwrap_err().to_string();
    assert_eq!(
        error,
        "operator LinearRegressor: its domain is \"com.acme\"; expected ai.onnx or ai.onnx.ml; export it with standard \
         operators"
    );
    let mut own = file(vec![regressor("P")], Vec::new(), element::FLOAT, &["P"]);
    own.functions.push(vec![0x0a, 0x00]);
    assert!(matches!(read(&own, &numbers()), Err(ImportError::Functions)));
    for (version, is_read) in [(6, false), (7, true)] {
        let mut old = file(vec![regressor("P")], Vec::new(), element::FLOAT, &["P"]);
        old.opset_import.push(OperatorSetIdProto { domain: String::new(), version });
        assert_eq!(read(&old, &numbers()).is_ok(), is_read, "{version}");
    }
}

#[test]
fn combined_widths_cover_all_rows() {
    for (width, is_read) in [(2, true), (1, false)] {
        let join = node("FeatureVectorizer", ["X"], ["Y"], vec![ints("inputdimensions", vec![width])]);
        let mut model = regressor("P");
        model.input = vec!["Y".into()];
        let file = file(vec![join, model], Vec::new(), element::FLOAT, &["P"]);
        assert_eq!(read(&file, &numbers()).is_ok(), is_read, "{width}");
    }
}

#[test]
fn a_date_is_the_seconds_since_1970_for_a_file() {
    let column = Column { name: "at".into(), kind: ColumnKind::moment(), nullable: false };
    let table = Signature::regression(vec![column]).unwrap();
    let model = node("LinearRegressor", ["X"], ["P"], vec![floats("coefficients", vec![0.5])]);
    let imported = read(&file(vec![model], Vec::new(), element::DOUBLE, &["P"]), &table).unwrap();
    let model = Model::compile(&imported.pipeline, ArtifactMetadata::named("dates"));
    // The first day of 2000 and the day after it.
    let answers = model.predict(&[0.0, 1.0]).unwrap();
    assert_eq!(answers.numbers().unwrap().values(), [473_342_400.0, 473_385_600.0]);
}

/// Creates an ONNX operator for tests: a tree classifier with one split and two leaves.
fn stump(ids: [i64; 2]) -> NodeProto {
    // Each leaf adds a weight to one class of `ids`.
    let attributes = vec![
        ints("nodes_treeids", vec![0; 3]),
        ints("nodes_nodeids", vec![0, 1, 2]),
        ints("nodes_featureids", vec![0; 3]),
        floats("nodes_values", vec![0.5, 0.0, 0.0]),
        strings("nodes_modes", ["BRANCH_LEQ", "LEAF", "LEAF"]),
        ints("nodes_truenodeids", vec![1, 0, 0]),
        ints("nodes_falsenodeids", vec![2, 0, 0]),
        ints("class_treeids", vec![0; 2]),
        ints("class_nodeids", vec![1, 2]),
        ints("class_ids", ids.to_vec()),
        floats("class_weights", vec![0.2, 0.8]),
        ints("classlabels_int64s", vec![0, 1]),
        string("post_transform", "LOGISTIC"),
    ];
    node("TreeEnsembleClassifier", ["X"], ["L", "P"], attributes)
}

#[test]
fn one_score_of_two_classes_is_numbered_0() {
    read(&file(vec![stump([0, 0])], Vec::new(), element::FLOAT, &["L", "P"]), &classes()).unwrap();
    let error = error(&file(vec![stump([1, 1])], Vec::new(), element::FLOAT, &["L", "P"]), &classes());
    assert!(error.contains("\"class_ids\""), "{error}");
}

#[test]
fn an_unsupported_constant_is_named() {
    let half = TensorProto { name: "c".into(), data_type: 10, ..TensorProto::default() }.encode_to_vec();
    let nodes = vec![regressor("r"), node("Add", ["r", "c"], ["P"], Vec::new())];
    let error = error(&file(nodes, vec![half], element::FLOAT, &["P"]), &numbers());
    assert!(error.starts_with("operator Add: its input \"c\" is a constant of float16"), "{error}");
}

#[test]
fn the_last_of_counted_parts_may_be_smaller() {
    let columns = ["a", "b", "c"].map(Column::number).to_vec();
    let table = Signature::regression(columns).unwrap();
    for (attributes, is_read) in [(vec![int("axis", 1), int("num_outputs", 2)], true), (vec![int("axis", 1)], false)] {
        let mut model = regressor("P");
        model.input = vec!["first".into()];
        let nodes = vec![node("Split", ["X"], ["first", "second"], attributes), model];
        assert_eq!(read(&file(nodes, Vec::new(), element::FLOAT, &["P"]), &table).is_ok(), is_read);
    }
}

/// Creates an ONNX file for a test: a one-hot encoder that knows `texts`, and a linear model of its features.
fn encoded(texts: &[&str], zeros: i64) -> ModelProto {
    // `zeros` is an attribute of the encoder: with 0, the encoder refuses unknown texts.
    let encoder =
        node("OneHotEncoder", ["X"], ["E"], vec![strings("cats_strings", texts.iter().copied()), int("zeros", zeros)]);
    let flat = node("Flatten", ["E"], ["F"], vec![int("axis", 1)]);
    let model = node("LinearRegressor", ["F"], ["P"], vec![floats("coefficients", vec![1.0; texts.len()])]);
    file(vec![encoder, flat, model], Vec::new(), element::STRING, &["P"])
}

fn texts() -> Signature {
    let kind = ColumnKind::Category { categories: vec!["a".into(), "b".into()], rare: vec!["c".into()] };
    Signature::regression(vec![Column { name: "plan".into(), kind, nullable: false }]).unwrap()
}

#[test]
fn texts_that_the_file_does_not_know_give_a_warning() {
    assert!(read(&encoded(&["a", "b", "c"], 0), &texts()).unwrap().warnings.is_empty());
    for zeros in [0, 1] {
        let warnings = read(&encoded(&["a", "b"], zeros), &texts()).unwrap().warnings;
        let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
        assert!(warning.starts_with("column \"plan\"") && warning.contains("\"c\""), "{warning}");
    }
    let error = read(&encoded(&["A", "B"], 1), &texts()).unwrap_err().to_string();
    assert!(error.starts_with("column \"plan\": the file knows none of the table's texts"), "{error}");
}

#[test]
fn a_category_that_the_file_drops_gives_no_warning() {
    let encoder = node("OneHotEncoder", ["X"], ["E"], vec![strings("cats_strings", ["a", "b", "c"]), int("zeros", 0)]);
    let flat = node("Flatten", ["E"], ["F"], vec![int("axis", 1)]);
    let kept = node("Gather", ["F", "kept"], ["K"], vec![int("axis", 1)]);
    let model = node("LinearRegressor", ["K"], ["P"], vec![floats("coefficients", vec![1.0, 2.0])]);
    let file = file(vec![encoder, flat, kept, model], vec![whole("kept", &[1, 2])], element::STRING, &["P"]);
    assert!(read(&file, &texts()).unwrap().warnings.is_empty());
}

#[test]
fn texts_of_a_file_are_within_the_limits_of_a_signature() {
    let error = |texts_of_file: &[&str]| read(&encoded(texts_of_file, 1), &texts()).unwrap_err().to_string();
    let long = error(&["a", &"x".repeat(201)]);
    assert!(long.contains("a text has 201 bytes; at most 200 are supported"), "{long}");
    let all: Vec<String> = (0..1001).map(|number| number.to_string()).collect();
    let many = error(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(many.contains("1001 texts; at most 1000"), "{many}");
}

#[test]
fn a_fill_value_after_scaling_before_trees_is_computed_as_the_file_says() {
    let scale = node("Scaler", ["X"], ["S"], vec![floats("offset", vec![0.1]), floats("scale", vec![0.3])]);
    let fill = vec![
        floats("imputed_value_floats", vec![1.5]),
        AttributeProto { name: "replaced_value_float".into(), f: Some(f32::NAN), kind: 1, ..AttributeProto::default() },
    ];
    let fill = node("Imputer", ["S"], ["F"], fill);
    let mut trees = stump([0, 0]);
    for (nodes, input, is_general) in [(vec![scale.clone(), fill], "F", true), (vec![scale], "S", false)] {
        trees.input = vec![input.into()];
        let file = file([nodes, vec![trees.clone()]].concat(), Vec::new(), element::FLOAT, &["L", "P"]);
        let imported = read(&file, &classes()).unwrap();
        assert_eq!(matches!(imported.pipeline.parts().predictor, Predictor::Graph(_)), is_general);
        assert!(imported.warnings.iter().all(|warning| warning.contains("order")), "{:?}", imported.warnings);
    }
}
