//! Tests of imported models: which ones are accepted, which ones the gate rejects, and which files are not models.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Family, RunStatus, Trigger};
use evergreen_train::TrainReport;
use serde_json::{Value, json};

use crate::support::{TestWorld, customers, quick, sample};

const KEY: &str = "incoming/iris/forest.onnx";

fn foreign(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/artifacts/foreign/{name}.onnx", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Returns a test world in which the model file `name` is uploaded under [`KEY`].
fn world(name: &str) -> TestWorld {
    let world = TestWorld::new();
    world.memory.state().incoming.insert(KEY.into(), foreign(name));
    world
}

async fn import(world: &TestWorld) -> TrainReport {
    world.invoke("import", json!({"import": KEY, "note": "from the lab"})).await.unwrap()
}

#[tokio::test]
async fn an_imported_file_becomes_a_version_that_is_promoted() {
    let world = world("skl-forest-3");
    let report = import(&world).await;
    assert_eq!((report.status, report.family), (RunStatus::Succeeded, Some(Family::RandomForest)));
    let (run, manifest, file) = (world.run(&report), world.manifest(&report), foreign("skl-forest-3"));
    assert_eq!(run.id.as_str(), "import-import");
    assert_eq!(run.trigger, Trigger::Import { key: KEY.into(), note: Some("from the lab".into()) });
    let imported = run.imported.clone().unwrap();
    assert!(imported.producer.starts_with("skl2onnx"), "{imported:?}");
    assert_eq!((imported.sha256, imported.size), (sha256_hex(&file), file.len() as u64));
    assert_eq!((run.seed, &run.search), (None, &None));
    let version = &manifest.version;
    assert_eq!((&version.imported, &report.imported), (&run.imported, &run.imported));
    assert_eq!(version.parameters["n_estimators"], 10);
    assert_eq!((manifest.candidates.len(), manifest.feature_importances.len()), (0, 0));
    let state = world.memory.state();
    assert_eq!(state.objects["models/iris/00000001/imported.onnx"], file);
    let artifact = &state.objects["models/iris/00000001/model.onnx"];
    assert_eq!(evergreen_scoring::Model::load(artifact).unwrap().metadata().model, "iris");
    assert!(
        run.warnings.iter().any(|warning| warning.contains("may have been trained on rows of the hold-out")),
        "{:?}",
        run.warnings
    );
}

/// Answers of scikit-learn to two rows, as pandas writes them.
const ANSWERS: &str = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm),prediction\n\
                       5.1,3.5,1.4,0.2,setosa\n6.7,3.0,5.2,2.3,virginica\n";

#[tokio::test]
async fn answers_beside_the_upload_vouch_for_the_model() {
    let world = world("skl-forest-3");
    let without = import(&world).await;
    let warns = |report: &TrainReport| world.run(report).warnings.iter().any(|text| text.contains("nothing vouches"));
    assert!(warns(&without), "{:?}", world.run(&without).warnings);
    world.memory.state().incoming.insert("incoming/iris/forest.expected.csv".into(), ANSWERS.into());
    let event = json!({"import": KEY, "id": "vouched"});
    let with = world.invoke("again", event).await.unwrap();
    let answers = world.run(&with).imported.unwrap().answers.unwrap();
    assert_eq!((answers.file.as_str(), answers.rows), ("forest.expected.csv", 2));
    assert!(!warns(&with), "{:?}", world.run(&with).warnings);
}

#[tokio::test]
async fn another_answer_beside_the_upload_refuses_the_model() {
    let world = world("skl-forest-3");
    let wrong = ANSWERS.replace("virginica", "setosa");
    world.memory.state().incoming.insert("incoming/iris/forest.expected.csv".into(), wrong.into());
    let reason = world.assert_fails("import", json!({"import": KEY}), "InvalidImport").await;
    for named in ["forest.expected.csv", "1 of 2 rows", "row 2", "\"setosa\"", "\"virginica\""] {
        assert!(reason.contains(named), "{reason}");
    }
    assert_eq!(world.champion_number(), None);
}

#[tokio::test]
async fn a_model_that_is_computed_by_its_graph_is_promoted() {
    let world = world("skl-network-3");
    let report = import(&world).await;
    assert_eq!((report.status, report.family), (RunStatus::Succeeded, Some(Family::OnnxGraph)), "{report:?}");
    assert_eq!(world.champion_number(), Some(1));
}

#[tokio::test]
async fn a_file_that_xgboost_saved_needs_no_export() {
    let world = TestWorld::new();
    let file = format!("{}/../../tests/artifacts/native/iris.xgboost.json", env!("CARGO_MANIFEST_DIR"));
    let key = "incoming/iris/boosted.xgboost.json";
    world.memory.state().incoming.insert(key.into(), std::fs::read(file).unwrap());
    let report = world.invoke("import", json!({"import": key})).await.unwrap();
    assert_eq!((report.status, report.family), (RunStatus::Succeeded, Some(Family::GradientBoosting)), "{report:?}");
    let run = world.run(&report);
    assert!(run.imported.unwrap().producer.starts_with("XGBoost 3"));
    assert!(run.warnings.iter().any(|warning| warning.contains("boosted.expected.csv")), "{:?}", run.warnings);
}

/// Returns a model file of LightGBM with one split: `small` is the score of sizes up to 30, and `-small` of greater ones.
fn split_by_size(small: i32) -> String {
    format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=binary sigmoid:1\n\
         feature_names=size\n\nTree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=30.5\ndecision_type=2\nleft_child=-1\n\
         right_child=-2\nleaf_value={small} {}\nis_linear=0\n\nend of trees\n",
        -small
    )
}

#[tokio::test]
async fn a_model_with_swapped_labels_is_refused_although_the_floor_is_low() {
    let rows: String =
        (0..120).map(|row| format!("{},{}\n", row % 60, if row % 60 > 30 { "yes" } else { "no" })).collect();
    let mut world = TestWorld::with(&[("sizes.csv", format!("size,variety\n{rows}").as_bytes())]);
    world.training.floor = Some(0.0);
    let key = "incoming/iris/stump.lightgbm.txt";
    world.memory.state().incoming.insert(key.into(), split_by_size(2).into());
    let reason = world.assert_fails("swapped", json!({"import": key}), "InvalidImport").await;
    assert!(reason.contains("the labels look swapped: the ROC AUC on the hold-out is 0.0000"), "{reason}");
    assert_eq!(world.champion_number(), None);
    world.memory.state().incoming.insert(key.into(), split_by_size(-2).into());
    let report = world.invoke("right", json!({"import": key})).await.unwrap();
    assert_eq!((report.status, world.champion_number()), (RunStatus::Succeeded, Some(1)), "{report:?}");
}

#[tokio::test]
async fn an_upload_that_is_reported_twice_is_one_version() {
    let world = world("skl-forest-3");
    let event = sample("train-import");
    let first = world.invoke("a", event.clone()).await.unwrap();
    let second = world.invoke("b", event).await.unwrap();
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!((first.run_id, first.version), (second.run_id, second.version));
    assert_eq!(world.memory.state().versions.len(), 1);
}

#[tokio::test]
async fn an_overwritten_upload_is_left_to_the_run_of_the_newer_one() {
    let world = world("skl-forest-3");
    world.memory.state().etags.insert(KEY.into(), "the newer one's".into());
    let reason = world.assert_fails("a", sample("train-import"), "InvalidImport").await;
    assert!(reason.contains(KEY) && reason.contains("overwritten"), "{reason}");
    world.memory.state().etags.insert(KEY.into(), "b4c42320e7f8fc447fed411d77573d6f".into());
    assert_eq!(world.invoke("b", sample("train-import")).await.unwrap().version.map(|number| number.get()), Some(1));
}

#[tokio::test]
async fn an_invalid_import_event_is_not_a_failed_training() {
    let world = world("skl-forest-3");
    world.assert_fails("a", json!({"import": KEY, "seed": 1}), "InvalidRequest").await;
    let runs: Vec<_> = world.memory.state().runs.values().cloned().collect();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].id.as_str(), runs[0].trigger.is_training()), ("import-a", false));
}

#[tokio::test]
async fn a_worse_file_is_refused_and_the_champion_stays() {
    let mut world = world("skl-forest-3");
    world.invoke("a", quick()).await.unwrap();
    world.training.floor = Some(0.99);
    let report = import(&world).await;
    assert_eq!(report.status, RunStatus::Rejected, "{report:?}");
    assert!(report.reason.unwrap().contains("floor"));
    assert_eq!(world.champion_number(), Some(1));
    assert!(
        world.memory.state().objects.contains_key("models/iris/00000002/imported.onnx"),
        "what was refused is kept"
    );
}

#[tokio::test]
async fn an_unknown_operator_is_named() {
    let world = world("refused-lstm");
    world.invoke("a", quick()).await.unwrap();
    let reason = world.assert_fails("import", json!({"import": KEY}), "InvalidImport").await;
    assert!(reason.contains(KEY) && reason.contains("LSTM"), "{reason}");
}

#[tokio::test]
async fn a_file_that_is_not_a_model_of_this_stack_is_named() {
    let world = world("skl-forest-3");
    world.memory.state().incoming.insert("incoming/iris/text.onnx".into(), b"no model".to_vec());
    let events: [(Value, &[&str]); 5] = [
        (json!({"import": "datasets/iris/a.onnx"}), &["datasets/iris/a.onnx", "incoming/iris/"]),
        (json!({"import": "incoming/iris/.onnx"}), &["incoming/iris/.onnx", ".onnx"]),
        (json!({"import": "incoming/iris/forest.pkl"}), &["forest.pkl", ".onnx"]),
        (json!({"import": "incoming/iris/gone.onnx"}), &["incoming/iris/gone.onnx", "missing from the bucket"]),
        (json!({"import": "incoming/iris/text.onnx"}), &["incoming/iris/text.onnx"]),
    ];
    for (number, (event, named)) in events.into_iter().enumerate() {
        let reason = world.assert_fails(&format!("call-{number}"), event, "InvalidImport").await;
        assert!(named.iter().all(|word| reason.contains(word)), "{reason}");
    }
}

#[tokio::test]
async fn a_file_for_another_table_is_refused() {
    let world = world("skl-forest-3");
    world.store(&[("dataset.toml", b"target = \"left\"\n"), ("t.csv", customers(0..120).as_bytes())]);
    let reason = world.assert_fails("import", json!({"import": KEY}), "InvalidImport").await;
    assert!(reason.contains(KEY), "{reason}");
}

#[tokio::test]
async fn the_next_trained_version_is_compared_with_it() {
    let world = world("skl-forest-3");
    import(&world).await;
    let decision = world.decision("next").await;
    assert!(decision.to_string().contains("champion"), "{decision}");
}

#[tokio::test]
async fn a_file_that_would_not_fit_into_memory_is_refused() {
    let mut world = world("skl-forest-3");
    world.training.memory = 7 * foreign("skl-forest-3").len() as u64;
    let error = world.invoke("import", json!({"import": KEY})).await.unwrap_err();
    assert_eq!(error.kind(), "InvalidImport");
    assert!(error.to_string().contains("needs about 1 MB of memory, 0 MB are allowed"), "{error}");
}
