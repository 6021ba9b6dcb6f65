//! Tests of the routes of the Open Inference Protocol.

use serde_json::{Value, json};

use crate::models::{estimate, subscribers};
use crate::support::{Fixture, FunctionAnswer, With, posting};

const INFER: &str = "/v2/models/iris/infer";
const NAMES: [&str; 4] = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];
const ROWS: [[f32; 4]; 2] = [[5.1, 3.5, 1.4, 0.2], [6.5, 3.0, 5.8, 2.2]];

/// Returns one tensor for each column, with the values of both rows.
fn by_column(datatype: &str) -> Vec<Value> {
    let tensor = |(column, name): (usize, &str)| {
        let data: Vec<_> = ROWS.iter().map(|row| row[column]).collect();
        json!({"name": name, "shape": [2, 1], "datatype": datatype, "data": data})
    };
    NAMES.into_iter().enumerate().map(tensor).collect()
}

/// Returns a request with one binary tensor for each column, and the length of its JSON part.
fn binary(inputs: &[(&str, &str, usize, Vec<u8>)]) -> (Vec<u8>, usize) {
    let heads = inputs.iter().map(|(name, datatype, rows, bytes)| {
        json!({"name": name, "shape": [rows, 1], "datatype": datatype, "parameters": {"binary_data_size": bytes.len()}})
    });
    let mut body = json!({"id": "7", "inputs": heads.collect::<Vec<_>>()}).to_string().into_bytes();
    let length = body.len();
    inputs.iter().for_each(|(.., bytes)| body.extend(bytes));
    (body, length)
}

async fn infer(inputs: Value) -> FunctionAnswer {
    let body = json!({"id": "7", "inputs": inputs}).to_string();
    Fixture::serving().await.post(INFER, "application/json", body).await
}

fn output<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["outputs"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

fn error(answer: &FunctionAnswer) -> String {
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"], "{body}");
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_tensor_a_column_and_a_tensor_of_rows_get_the_same_answer() {
    let rows = json!([{"name": "predict", "shape": [2, 4], "datatype": "FP32", "data": ROWS}]);
    let flat = json!([{"name": "x", "shape": [2, 4], "datatype": "FP64", "data": ROWS.concat()}]);
    for inputs in [json!(by_column("FP32")), json!(by_column("FP64")), rows, flat] {
        let answer = infer(inputs).await.json();
        assert_eq!(
            (&answer["model_name"], &answer["model_version"], &answer["id"]),
            (&json!("iris"), &json!("1"), &json!("7"))
        );
        let label = json!({"name": "label", "datatype": "BYTES", "shape": [2], "data": ["setosa", "virginica"]});
        assert_eq!(output(&answer, "label"), &label);
        assert_eq!(output(&answer, "probabilities")["shape"], json!([2, 3]));
        assert_eq!(output(&answer, "probabilities")["data"].as_array().map(Vec::len), Some(6));
        assert_eq!(output(&answer, "ids")["data"].as_array().map(Vec::len), Some(2));
    }
}

#[tokio::test]
async fn binary_tensors_of_every_type_are_read() {
    let fixture = Fixture::serving_as(&subscribers()).await;
    let text = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let inputs = |age: (&'static str, Vec<u8>)| {
        vec![
            ("age", age.0, 2, age.1),
            ("complained", "BOOL", 2, vec![1, 0]),
            ("since", "BYTES", 2, [text("2019-03-01"), text("2020-01-01T00:00:00")].concat()),
            ("country", "BYTES", 2, [text("de"), text("fr")].concat()),
        ]
    };
    for age in [
        ("FP32", [40f32, f32::NAN].map(f32::to_le_bytes).concat()),
        ("FP64", [40f64, f64::NAN].map(f64::to_le_bytes).concat()),
        ("INT64", [40i64, -1].map(i64::to_le_bytes).concat()),
        ("UINT8", vec![40, 200]),
        ("INT16", [40i16, -3].map(i16::to_le_bytes).concat()),
        ("UINT32", [40u32, 7].map(u32::to_le_bytes).concat()),
    ] {
        let (body, length) = binary(&inputs(age.clone()));
        let sent = posting(INFER, "application/octet-stream", body)
            .with_header("inference-header-content-length", &length.to_string());
        let answer = fixture.call(&sent).await;
        // The model expects the label of the other row if the age is missing.
        let second = if age.0.starts_with("FP") { "true" } else { "false" };
        assert_eq!(output(&answer.json(), "label")["data"], json!(["true", second]), "{}: {answer:?}", age.0);
    }
    for (age, expected) in [
        (("FP16", vec![0, 0, 0, 0]), "\"age\" has a datatype"),
        (("FP32", vec![0; 7]), "\"age\" has more or fewer values"),
        (("FP32", [f32::INFINITY; 2].map(f32::to_le_bytes).concat()), "column \"age\" does not fit"),
        (("BYTES", vec![255, 255, 255, 255, 1]), "\"age\" has more or fewer values"),
        (("BYTES", [text("x").as_slice(), &text("y")].concat()), "column \"age\" is a string that is not a number"),
    ] {
        let (body, length) = binary(&inputs(age));
        let sent = posting(INFER, "application/json", body)
            .with_header("inference-header-content-length", &length.to_string());
        let answer = fixture.call(&sent).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(error(&answer).contains(expected), "{expected}: {answer:?}");
    }
}

#[tokio::test]
async fn a_wrong_request_is_refused_with_the_tensor() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut inputs = json!(by_column("FP32"));
        change(&mut inputs[1]);
        inputs
    };
    for (inputs, expected) in [
        (with(&|it| it["data"] = json!([1])), "\"sepal width (cm)\" has more or fewer values than its shape"),
        (with(&|it| it["data"] = json!([1, "long"])), "Row 1: column \"sepal width (cm)\" is a string"),
        (with(&|it| it["data"] = json!([1, null])), "Row 1: column \"sepal width (cm)\" is null"),
        (with(&|it| it["shape"] = json!([2, 2])), "\"sepal width (cm)\" has another shape"),
        (with(&|it| it["shape"] = json!([1, 1])), "Column \"sepal width (cm)\" has another number of values"),
        (with(&|it| it["name"] = json!("width")), "Column \"width\" is not a column of the model"),
        (with(&|it| it["name"] = json!("sepal length (cm)")), "Column \"sepal length (cm)\" occurs twice"),
        (with(&|it| drop(it.as_object_mut().unwrap().remove("data"))), "\"sepal width (cm)\" has no values"),
        (with(&|it| drop(it.as_object_mut().unwrap().remove("shape"))), "The body is not an inference request"),
        (json!([]), "Column \"sepal length (cm)\" is missing"),
        (json!([{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]), "has 3 values"),
        (json!([{"name": "x", "shape": [0, 4], "datatype": "FP32", "data": []}]), "is an empty list"),
        (json!(5), "The body is not an inference request"),
    ] {
        let answer = infer(inputs.clone()).await;
        assert_eq!(answer.status, 400, "{inputs}");
        assert!(error(&answer).contains(expected), "{inputs}: {answer:?}");
    }
    let huge = json!([{"name": "x", "shape": [u64::MAX, 4], "datatype": "FP32", "data": []}]);
    assert_eq!(infer(huge).await.status, 413);
    let fixture = Fixture::serving().await;
    let body = json!({"inputs": by_column("FP32"), "outputs": [{"name": "score"}]}).to_string();
    let answer = fixture.post(INFER, "application/json", body).await;
    assert!(error(&answer).contains("\"score\""), "{answer:?}");
    let sent = posting(INFER, "", "{}").with_header("inference-header-content-length", "9");
    assert!(error(&fixture.call(&sent).await).contains("inference-header-content-length"));
}

#[tokio::test]
async fn the_wanted_tensors_are_answered_in_their_order() {
    let outputs = json!([{"name": "ids"}, {"name": "label", "parameters": {"binary_data": true}}]);
    let body = json!({"inputs": by_column("FP32"), "outputs": outputs, "parameters": {"binary_data_output": true}});
    let answer = Fixture::serving().await.post(INFER, "application/json", body.to_string()).await.json();
    let names: Vec<_> = answer["outputs"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
    assert_eq!((names, answer.get("id")), (vec![json!("ids"), json!("label")], None));
}

#[tokio::test]
async fn a_regression_answers_numbers_with_intervals() {
    let fixture = Fixture::serving_as(&estimate(Some(1.0))).await;
    let columns = fixture.get("/v2/models/iris").await.json();
    let inputs = columns["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| json!({"name": column["name"], "shape": [1], "datatype": column["datatype"], "data": [1.5]}));
    let answer =
        fixture.post(INFER, "application/json", json!({"inputs": inputs.collect::<Vec<_>>()}).to_string()).await;
    assert_eq!(output(&answer.json(), "prediction")["shape"], json!([1]), "{answer:?}");
    assert_eq!(output(&answer.json(), "intervals")["shape"], json!([1, 2]));
}

#[tokio::test]
async fn server_and_model_are_described_and_ready_with_a_champion() {
    let fixture = Fixture::serving().await;
    for path in
        ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/iris/ready", "/v2/models/iris/versions/1/ready"]
    {
        assert_eq!(fixture.get(path).await.status, 200, "{path}");
    }
    let model = fixture.get("/v2/models/iris/versions/1").await.json();
    assert_eq!((&model["name"], &model["versions"]), (&json!("iris"), &json!(["1"])));
    assert_eq!(model["inputs"][0], json!({"name": NAMES[0], "datatype": "FP64", "shape": [-1, 1]}));
    assert_eq!(model["outputs"][0], json!({"name": "label", "datatype": "BYTES", "shape": [-1]}));
    let empty = Fixture::empty();
    assert_eq!(empty.get("/v2/health/live").await.status, 200);
    assert_eq!(empty.get("/v2/health/ready").await.status, 503);
    for (path, expected) in [
        ("/v2/models/roses", "iris"),
        ("/v2/models/iris/versions/9", "not registered"),
        ("/v2/models/iris/versions/x/ready", "number of a version"),
        ("/v2/repository/index", "No endpoint"),
    ] {
        let answer = fixture.get(path).await;
        assert!([400, 404].contains(&answer.status) && error(&answer).contains(expected), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn the_version_in_the_path_answers() {
    let fixture = Fixture::serving().await;
    fixture.promote(2);
    fixture.promote(3);
    fixture.pass(jiff::SignedDuration::from_secs(120));
    let body = json!({"inputs": by_column("FP32")}).to_string();
    let answer = fixture.post("/v2/models/iris/versions/2/infer", "", &body).await;
    assert_eq!((answer.json()["model_version"].clone(), answer.header("x-evergreen-version")), (json!("2"), Some("2")));
    let twice = posting("/v2/models/iris/versions/2/infer", "", &body).with_header("x-evergreen-version", "2");
    assert_eq!(fixture.call(&twice).await.status, 400);
}
