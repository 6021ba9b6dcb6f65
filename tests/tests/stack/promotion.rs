//! Tests that good new model versions replace the champion without any failed prediction. Bad versions do not replace
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evergreen_tests::api::{Answer, Api};
use evergreen_tests::iris::setosa;
use evergreen_tests::storage::sha256;
use evergreen_tests::training::{as_good, bad, good};
use evergreen_tests::{Stack, training};
use serde_json::{Value, json};

// The client keeps all answers.
/// Test client that calls the prediction API repeatedly until it is stopped.
struct Caller {
    stop: Arc<AtomicBool>,
    answers: tokio::task::JoinHandle<Vec<Answer>>,
}

impl Caller {
    fn start(api: Api) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let answers = tokio::spawn(async move {
            let mut answers = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                answers.push(api.predict(&setosa()).await);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            answers
        });
        Self { stop, answers }
    }

    async fn stop(self) -> Vec<Answer> {
        self.stop.store(true, Ordering::Relaxed);
        self.answers.await.expect("the caller ends well")
    }
}

#[tokio::test]
async fn a_new_version_serves_within_the_refresh_interval_and_no_call_fails() {
    let stack = Stack::take().await;
    let old = stack.serve_new().await;

    let caller = Caller::start(stack.api.clone());
    let new = stack.train_to_serve(as_good()).await;
    stack.until_served(new).await;
    // The client's calls may reach another environment of the predict function, which refreshes the champion at another
    // time.
    tokio::time::sleep(stack.refresh_time().await).await;
    let answers = caller.stop().await;

    assert!(answers.len() >= 10, "only {} calls were made", answers.len());
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!([old, new].contains(&answer.version()), "answered by {}, not {old} or {new}", answer.version());
        assert_eq!(answer.body["prediction"], json!([0]), "{}", answer.text);
    }
    let ends = (answers.first().map(Answer::version), answers.last().map(Answer::version));
    assert_eq!(ends, (Some(old), Some(new)));
}

#[tokio::test]
async fn a_promoted_version_is_recorded_with_the_artifact_that_was_stored() {
    let stack = Stack::take().await;
    let before = stack.serve_new().await;
    let report = stack.train(good()).await;

    let champion = stack.registry.champion().await.expect("there is a champion");
    let version = &champion["version"];
    assert_eq!((&version["number"], &champion["previous"]), (&report["version"], &json!(before)));
    assert_eq!(version["run_id"], report["run_id"]);
    let key = version["artifact"]["key"].as_str().expect("an artifact has a key");
    let artifact = stack.bucket.get(key).await.expect("the artifact is there");
    assert_eq!(version["artifact"]["sha256"], sha256(&artifact));
    assert_eq!(version["artifact"]["size"], artifact.len());
    let manifest = stack.bucket.get_json(version["manifest_key"].as_str().expect("a manifest has a key")).await;
    assert_eq!(manifest["model"], "iris");
    for field in ["number", "run_id", "artifact", "dataset", "trained_at"] {
        assert_eq!(manifest["version"][field], version[field], "{field}");
    }
    // DynamoDB has only one type of number, so the parameter 1.0 comes back as 1.
    let numbers = |parameters: &Value| -> BTreeMap<String, Option<f64>> {
        let parameters = parameters.as_object().into_iter().flatten();
        parameters.map(|(name, value)| (name.clone(), value.as_f64())).collect()
    };
    assert_eq!(numbers(&manifest["version"]["parameters"]), numbers(&version["parameters"]));
}

#[tokio::test]
async fn a_worse_version_is_refused_with_a_reason_and_the_champion_stays() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let refusals = stack.functions.measure().await["Rejections"].as_f64().expect("refusals are counted");

    let report = stack.train(bad()).await;

    assert_eq!(report["status"], "REJECTED", "{report}");
    let run = stack.registry.run(report["run_id"].as_str().expect("a run has an id")).await.expect("it is on record");
    assert_eq!(run["status"], "REJECTED");
    let reason = run["reason"].as_str().expect("a refusal has a reason");
    assert!(reason.contains("no better than a constant answer"), "{reason}");
    let number = report["version"].as_u64().expect("a refused version has a number");
    let folder = format!("models/iris/{number:08}");
    let artifact = stack.bucket.get(&format!("{folder}/model.onnx")).await.expect("a refused version is kept");
    let manifest = stack.bucket.get_json(&format!("{folder}/manifest.json")).await;
    assert_eq!(manifest["version"]["artifact"]["sha256"], sha256(&artifact));
    assert_eq!(manifest["version"]["decision"]["verdict"], "below_floor");

    assert_eq!(stack.champion_number().await, serving);
    stack.assert_keeps_serving(serving).await;
    assert_eq!(stack.functions.measure().await["Rejections"].as_f64(), Some(refusals + 1.0));
}

#[tokio::test]
async fn a_run_searches_hyperparameters_unless_the_event_names_them() {
    let stack = Stack::take().await;
    let named = stack.train(json!({"hyperparameters": {"n_estimators": 17}, "seed": 7})).await;
    let run = stack.registry.run(named["run_id"].as_str().expect("an id")).await.expect("it is on record");
    assert_eq!((&run["parameters"]["n_estimators"], &run["seed"]), (&json!(17), &json!(7)));
    let drawn = |name: &str| run["parameters"][name].as_u64().expect("a drawn number");
    assert!((5..=30).contains(&drawn("max_depth")), "{run}");
    assert!((2..=10).contains(&drawn("min_samples_split")), "{run}");
    assert!((1..=20).contains(&drawn("min_samples_leaf")), "{run}");
    stack.train_good().await;
}

#[tokio::test]
async fn an_invalid_event_is_a_failed_run_with_the_reason() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let id = training::fresh_id();
    let event = json!({"id": id, "hyperparameters": {"n_estimators": 0}});
    let outcome = stack.functions.call(&stack.functions.train, &event).await;
    assert!(outcome.failed, "{}", outcome.payload);
    let run = stack.registry.run(&format!("manual-{id}")).await.expect("it is on record");
    assert_eq!(run["status"], "FAILED");
    assert!(run["reason"].as_str().is_some_and(|reason| reason.contains("n_estimators")), "{run}");
    assert_eq!(stack.champion_number().await, serving);
    stack.train_good().await;
}

#[tokio::test]
async fn two_concurrent_trainings_make_two_versions_and_one_champion() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let versions = stack.registry.versions().await.len();

    let (one, other) = tokio::join!(stack.train(good()), stack.train(good()));

    assert_ne!(one["version"], other["version"]);
    assert_eq!(stack.registry.versions().await.len(), versions + 2);
    for report in [&one, &other] {
        assert!(["SUCCEEDED", "REJECTED"].iter().any(|status| report["status"] == **status), "{report}");
    }
    assert_champion_is_sound(&stack).await;
    let champion = stack.champion_number().await;
    assert!([&one, &other].iter().any(|report| report["version"] == champion), "{one} and {other}, but {champion}");
    stack.until_served(champion).await;
}

#[tokio::test]
async fn ten_concurrent_trainings_all_succeed() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let (versions, revisions) = (stack.registry.versions().await.len(), stack.registry.history().await.len());
    let train = || stack.train(good());

    let reports =
        tokio::join!(train(), train(), train(), train(), train(), train(), train(), train(), train(), train());

    let reports: [Value; 10] = reports.into();
    for report in &reports {
        assert!(["SUCCEEDED", "REJECTED"].iter().any(|status| report["status"] == **status), "{report}");
    }
    assert_eq!(stack.registry.versions().await.len(), versions + 10);
    let promoted = reports.iter().filter(|report| report["status"] == "SUCCEEDED").count();
    assert_eq!(stack.registry.history().await.len(), revisions + promoted);
    assert_champion_is_sound(&stack).await;
    assert_eq!(stack.registry.waiting_events().await.len(), 0, "all events were published");
    let champion = stack.champion_number().await;
    stack.until_served(champion).await;
}

#[tokio::test]
async fn a_deleted_pointer_is_restored_above_its_history() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let revisions = stack.registry.history().await.len() as u64;
    stack.registry.delete("CHAMPION").await;
    let version = stack.train_good().await;
    let champion = stack.registry.champion().await.expect("there is a champion again");
    assert_eq!((&champion["revision"], &champion["version"]["number"]), (&json!(revisions + 1), &json!(version)));
    stack.until_served(version).await;
    // The history of champions now has a gap, which must not affect other tests.
    stack.registry.forget_champions().await;
    stack.serve_new().await;
}

/// Asserts that the record of the current champion, its model file and the history of champions are consistent.
pub async fn assert_champion_is_sound(stack: &Stack) {
    // The current champion is the last entry of the history. The history must have no gaps, and the champion's model
    // file (artifact) in S3 must be unchanged.
    let champion = stack.registry.champion().await.expect("there is a champion");
    let history = stack.registry.history().await;
    let revisions: Vec<_> = history.iter().filter_map(|champion| champion["revision"].as_u64()).collect();
    assert_eq!(revisions, (1..=history.len() as u64).collect::<Vec<_>>());
    assert_eq!(history.last().map(|last| &last["version"]), Some(&champion["version"]));
    for pair in history.windows(2) {
        // If a test has deleted the record of the current champion, the next champion has no predecessor.
        let previous = &pair[1]["previous"];
        assert!(previous.is_null() || *previous == pair[0]["version"]["number"], "{previous}");
    }
    let artifact = &champion["version"]["artifact"];
    let key = artifact["key"].as_str().expect("an artifact has a key");
    let content = stack.bucket.get(key).await.expect("the champion's artifact is there");
    assert_eq!(artifact["sha256"], sha256(&content));
}

#[tokio::test]
async fn one_event_rolls_back_to_an_older_version() {
    let stack = Stack::take().await;
    let old = stack.train_to_serve(as_good()).await;
    let new = stack.serve_new().await;
    let event = json!({"promote": old, "note": "the new one is not to be trusted"});

    let report = stack.functions.call(&stack.functions.train, &event).await.payload;
    assert_eq!((&report["promoted"], &report["replaced"]), (&json!(old), &json!(new)), "{report}");
    stack.until_served(old).await;
    assert_champion_is_sound(&stack).await;

    let again = stack.functions.call(&stack.functions.train, &event).await.payload;
    assert_eq!((&again["revision"], &again["duplicate"]), (&report["revision"], &json!(true)), "{again}");
}

#[tokio::test]
async fn a_rollback_to_an_unusable_version_is_refused() {
    let stack = Stack::take().await;
    let gone = stack.train_good().await;
    let serving = stack.serve_new().await;
    stack.bucket.delete(&format!("models/iris/{gone:08}/model.onnx")).await;
    for number in [gone, 99_999_999] {
        let outcome = stack.functions.call(&stack.functions.train, &json!({"promote": number})).await;
        assert!(outcome.failed, "{}", outcome.payload);
        let why = outcome.payload["errorMessage"].as_str().expect("an error says why");
        assert!(why.contains(&number.to_string()), "{why}");
    }
    assert_eq!(stack.champion_number().await, serving);
}
