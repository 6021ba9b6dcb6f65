//! Tests that a model file uploaded to the S3 bucket is imported and has the same life cycle as a trained model.

use evergreen_tests::Stack;
use evergreen_tests::storage::sha256;
use evergreen_tests::training::fresh_id;
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

// The time covers storing, event delivery, a cold start and the gate's decision on an emulator.
/// Maximum time until an uploaded model file is imported.
const LIMIT: std::time::Duration = seconds(60);

fn foreign(name: &str) -> Vec<u8> {
    let path = format!("{}/artifacts/foreign/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Uploads the model file, waits until its import has ended, and returns its key and the record of the run.
async fn uploaded(stack: &Stack, content: &[u8]) -> (String, Value) {
    uploaded_with(stack, (content, ".onnx"), None).await
}

/// Does the same as [`uploaded`]. `answers` are those of the author's library, which are uploaded before.
async fn uploaded_with(stack: &Stack, (content, suffix): (&[u8], &str), answers: Option<&str>) -> (String, Value) {
    // The key is unique.
    let stem = format!("incoming/iris/{}", fresh_id());
    if let Some(answers) = answers {
        stack.bucket.put(&format!("{stem}.expected.csv"), answers.as_bytes()).await;
    }
    let key = format!("{stem}{suffix}");
    stack.bucket.put(&key, content).await;
    let run = until(&format!("the import of {key}"), LIMIT, async || {
        let runs = stack.api.get("/runs?limit=20").await.ok().body["runs"].clone();
        let runs = runs.as_array().expect("runs are a list").clone();
        runs.into_iter().find(|run| run["trigger"]["key"] == json!(key) && run["status"] != "RUNNING")
    })
    .await;
    (key, run)
}

/// Answers of scikit-learn to two rows, as pandas writes them.
const ANSWERS: &str = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),prediction\n\
                       5.1,3.5,1.4,0.2,setosa\n6.7,3.0,5.2,2.3,virginica\n";

/// Returns whether the run warns that no answers of the author's library lie beside the upload.
fn warns(run: &Value) -> bool {
    let warnings = run["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
    warnings.into_iter().any(|warning| warning.contains("nothing vouches"))
}

#[tokio::test]
async fn a_file_that_answers_otherwise_than_its_library_is_refused() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let wrong = ANSWERS.replace("virginica", "versicolor");
    let (key, run) = uploaded_with(&stack, (&foreign("skl-forest-3"), ".onnx"), Some(&wrong)).await;
    assert_eq!(run["status"], "FAILED", "{run}");
    let reason = run["reason"].as_str().expect("a failure has a reason");
    let file = key.replace(".onnx", ".expected.csv");
    assert!(reason.contains(&file) && reason.contains("row 2") && reason.contains("virginica"), "{reason}");
    stack.assert_keeps_serving(serving).await;
}

#[tokio::test]
async fn an_uploaded_model_file_serves_within_seconds() {
    let stack = Stack::take().await;
    // The uploaded model is as good as any model on the Iris data set, so it replaces every earlier champion.
    let before = stack.serve_new().await;
    let file = foreign("skl-forest-3");
    let (key, run) = uploaded_with(&stack, (&file, ".onnx"), Some(ANSWERS)).await;
    assert_eq!((&run["status"], &run["trigger"]["kind"]), (&json!("SUCCEEDED"), &json!("import")), "{run}");
    let number = run["version"].as_u64().expect("a number");
    stack.until_served(number).await;

    let model = stack.until_model(&run["version"]).await;
    let imported = &model["imported"];
    assert_eq!((&imported["key"], &imported["sha256"]), (&json!(key), &json!(sha256(&file))));
    assert_eq!((&imported["answers"]["rows"], warns(&run)), (&json!(2), false), "{run}");
    assert!(imported["producer"].as_str().is_some_and(|producer| producer.starts_with("skl2onnx")), "{imported}");
    let id = run["id"].as_str().expect("an id");
    assert_eq!(&stack.api.get(&format!("/runs/{id}")).await.ok().body["imported"], imported);
    let kept = stack.bucket.get(&format!("models/iris/{number:08}/imported.onnx")).await;
    assert!(kept.is_some_and(|kept| kept == file), "the file is kept as it came");

    // An import of the same file by hand is another run. The same request twice is one run.
    let event = json!({"import": key, "id": fresh_id()});
    let (first, second) = (stack.train(event.clone()).await, stack.train(event).await);
    assert_eq!((&first["run_id"], &second["duplicate"]), (&second["run_id"], &json!(true)));
    // The imported model knows all rows of Iris, so no version that is trained here would replace it.
    stack.roll_back_to(before).await;
}

#[tokio::test]
async fn a_network_and_a_file_of_xgboost_answer_predictions() {
    let stack = Stack::take().await;
    let before = stack.serve_new().await;
    let path = format!("{}/artifacts/native/iris.xgboost.json", env!("CARGO_MANIFEST_DIR"));
    let boosted = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let network = foreign("skl-network-3");
    for (content, suffix) in [(network, ".onnx"), (boosted, ".xgboost.json")] {
        let (_, run) = uploaded_with(&stack, (&content, suffix), Some(ANSWERS)).await;
        assert_eq!(run["status"], "SUCCEEDED", "{run}");
        let number = run["version"].as_u64().expect("a run that succeeded has a version");
        stack.roll_back_to(number).await;
        for flower in evergreen_tests::iris::flowers().iter().step_by(40) {
            let answer = stack.api.predict(&flower.row).await.ok();
            let class = evergreen_tests::iris::SPECIES.iter().position(|species| *species == flower.species);
            assert_eq!(answer.body["prediction"], json!([class]), "{:?}", answer.body);
        }
    }
    stack.roll_back_to(before).await;
}

#[tokio::test]
async fn a_file_with_an_unknown_operator_fails_with_its_name_and_changes_nothing() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let (key, run) = uploaded(&stack, &foreign("refused-lstm")).await;
    assert_eq!(run["status"], "FAILED", "{run}");
    let reason = run["reason"].as_str().expect("a failure has a reason");
    assert!(reason.contains("LSTM") && reason.contains(&key), "{reason}");
    assert_eq!(stack.champion_number().await, serving);
    assert_eq!(stack.functions.measure().await["FailedRuns"], json!(0.0), "training does not fail");
    stack.bucket.delete(&key).await;
}

#[tokio::test]
async fn a_file_below_the_floor_is_refused_by_the_gate() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let table = [("dataset.toml", &b"floor = 0.99\n"[..]), ("iris.csv", evergreen_tests::iris::CSV.as_bytes())];
    stack.store_table(&table).await;
    let (_, run) = uploaded(&stack, &foreign("skl-forest-3")).await;
    stack.clear_table().await;
    assert_eq!(run["status"], "REJECTED", "{run}");
    assert!(run["reason"].as_str().is_some_and(|reason| reason.contains("below the floor")), "{run}");
    stack.assert_keeps_serving(serving).await;
    stack.serve_iris_again().await;
}
