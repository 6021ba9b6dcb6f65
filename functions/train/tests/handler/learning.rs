//! Tests of training on a user's own data set.

use std::io::Write;

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{
    Baseline, ColumnHistogram, Curves, Dataset, Evaluation, EventKind, Family, Label, PrimaryMetric, RunMetrics,
    RunStatus, Task, Verdict,
};
use evergreen_scoring::Model;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{TestWorld, customers, houses, quick, reordered_iris};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const CHURN: &[u8] = b"target = \"left\"\nfloor = 0.7\npositive = \"yes\"\n";

#[tokio::test]
async fn a_table_of_parts_with_categories_and_holes_is_trained_on_and_can_be_read_back() {
    let (first, second) = (customers(0..200), gzip(&customers(200..400)));
    let world = TestWorld::with(&[("dataset.toml", CHURN), ("1.csv", first.as_bytes()), ("2.csv.gz", &second)]);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!((report.status, report.family), (RunStatus::Succeeded, Some(Family::RandomForest)), "{report:?}");

    let dataset: Dataset = world.run(&report).dataset.unwrap();
    assert_eq!((dataset.source.as_str(), dataset.rows), ("datasets/iris/", 400));
    assert_eq!((dataset.target.as_str(), dataset.task), ("left", Task::Classification));
    let manifest = world.manifest(&report);
    let files = manifest.profile.files.iter().map(|file| (file.name.as_str(), file.rows));
    assert_eq!(files.collect::<Vec<_>>(), [("datasets/iris/1.csv", 200), ("datasets/iris/2.csv.gz", 200)]);
    let kinds = manifest.signature.columns().iter().map(|column| (column.kind.name(), column.nullable));
    let expected = [("category", true), ("number", true), ("number", false), ("boolean", false), ("timestamp", false)];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
    let Evaluation::Classification(figures) = &manifest.version.evaluation else { panic!("expected a classification") };
    assert_eq!(figures.binary.as_ref().map(|binary| &binary.positive), Some(&Label::Text("yes".into())));

    let state = world.memory.state();
    let model = Model::load_registered(
        &state.objects[&manifest.version.artifact.key],
        &manifest.version.artifact,
        &"iris".parse().unwrap(),
    );
    // The row has an unknown plan, unknown months and values for the other columns.
    let answer = model.unwrap().predict(&[9.0, f32::NAN, 10.0, 0.0, 8000.0]).unwrap();
    assert_eq!(answer.len(), 1);
}

#[tokio::test]
async fn warnings_about_a_table_are_in_run_report_and_manifest() {
    let world = TestWorld::with(&[("dataset.toml", CHURN), ("t.csv", customers(0..200).as_bytes())]);
    let report = world.invoke("a", quick()).await.unwrap();
    assert!(report.warnings.iter().any(|warning| warning.contains("\"id\"")), "{:?}", report.warnings);
    assert_eq!(world.run(&report).warnings, report.warnings);
    assert_eq!(world.manifest(&report).profile.warnings, report.warnings);
}

#[tokio::test]
async fn a_numeric_target_is_trained_on_and_judged_by_r2() {
    let world = TestWorld::with(&[("dataset.toml", b"target = \"price\""), ("t.csv", houses(300).as_bytes())]);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!(report.status, RunStatus::Succeeded, "{report:?}");
    assert!(matches!(report.metrics, Some(RunMetrics::Regression { r2, .. }) if r2 > 0.9), "{report:?}");
    let manifest = world.manifest(&report);
    assert_eq!((manifest.signature.task(), manifest.signature.labels()), (Task::Regression, [].as_slice()));
    assert!(matches!(manifest.baseline, Some(Baseline::Regression { r2, .. }) if r2 <= 0.0), "{:?}", manifest.baseline);
    let decision = manifest.version.decision;
    assert_eq!((decision.metric, decision.floor), (PrimaryMetric::R2, Some(0.9)));
    assert_eq!(world.decision("b").await.same_table, Some(true));
}

#[tokio::test]
async fn the_settings_choose_metric_bounds_and_families() {
    let settings = b"target = \"left\"\nprimary_metric = \"log_loss\"\nfloor = 0.9\ntolerance = 0.1\n\
        families = [\"linear\"]\ncandidates = 2\nfolds = 2\n";
    let world = TestWorld::with(&[("dataset.toml", settings), ("t.csv", customers(0..200).as_bytes())]);
    let report = world.invoke("a", json!({"seed": 1})).await.unwrap();
    let manifest = world.manifest(&report);
    let decision = &manifest.version.decision;
    assert_eq!(
        (decision.metric, decision.floor, decision.tolerance),
        (PrimaryMetric::LogLoss, Some(0.9), 0.1),
        "{decision}"
    );
    assert_eq!((report.family, manifest.candidates.len()), (Some(Family::Linear), 2));
    let search = report.search.unwrap();
    assert_eq!((search.metric, search.folds, search.tried), (PrimaryMetric::LogLoss, 2, 2));
    assert_eq!(world.run(&world.invoke("a", json!({"seed": 1})).await.unwrap()).search, Some(search));
}

#[tokio::test]
async fn a_run_records_what_was_chosen() {
    let world = TestWorld::with(&[("dataset.toml", CHURN), ("t.csv", customers(0..200).as_bytes())]);
    let report = world.invoke("a", quick()).await.unwrap();
    let (run, manifest) = (world.run(&report), world.manifest(&report));
    assert_eq!((run.seed, manifest.version.seed), (Some(7), 7));
    assert_eq!(run.parameters.as_ref(), Some(&manifest.version.parameters));
    assert_eq!(manifest.version.parameters["n_estimators"], json!(20));
    assert_eq!(
        (run.search.as_ref(), manifest.version.search.as_ref()),
        (report.search.as_ref(), report.search.as_ref())
    );
    assert_eq!(run.metrics.unwrap().training_score(), manifest.version.training_score);
}

#[tokio::test]
async fn the_same_table_and_seed_make_the_same_artifact() {
    let world = TestWorld::with(&[("dataset.toml", CHURN), ("t.csv", customers(0..200).as_bytes())]);
    let mut digests = Vec::new();
    for (invocation, seed) in [("a", 7), ("b", 7), ("c", 8)] {
        let mut event = quick();
        event["seed"] = json!(seed);
        let report = world.invoke(invocation, event).await.unwrap();
        digests.push(world.manifest(&report).version.artifact.sha256);
    }
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}

#[tokio::test]
async fn a_folder_among_the_files_is_skipped() {
    let world = TestWorld::with(&[("", b""), ("old/", b"")]);
    let report = world.invoke("a", quick()).await.unwrap();
    assert_eq!(world.run(&report).dataset.unwrap().source, "built-in");
    world.store(&[("", b""), ("t.csv", evergreen_table::IRIS_CSV.as_bytes())]);
    let report = world.invoke("b", quick()).await.unwrap();
    assert_eq!(world.run(&report).dataset.unwrap().source, "datasets/iris/");
}

#[tokio::test]
async fn the_gate_knows_whether_both_were_trained_on_the_same_table() {
    let world = TestWorld::new();
    world.decision("a").await;
    assert_eq!(world.decision("b").await.same_table, Some(true));
    world.store(&[("t.csv", &reordered_iris(&[3, 1, 0, 2]))]);
    let decision = world.decision("c").await;
    assert_eq!((decision.verdict, decision.same_table), (Verdict::NotWorse, Some(false)), "{decision}");
}

#[tokio::test]
async fn a_champion_with_another_target_is_not_compared() {
    let world = TestWorld::new();
    world.decision("a").await;
    world.store(&[("dataset.toml", CHURN), ("t.csv", customers(0..200).as_bytes())]);
    assert_eq!(world.decision("b").await.verdict, Verdict::ChampionIncomparable);
}

#[tokio::test]
async fn the_events_of_a_version_carry_the_decision_and_its_figures() {
    let world = TestWorld::new();
    let decision = serde_json::to_value(world.decision("a").await).unwrap();
    let told: Vec<_> = world.details().iter().map(|event| event["decision"].clone()).collect();
    assert_eq!(world.events(), [EventKind::TrainingSucceeded, EventKind::ModelPromoted]);
    assert_eq!(told, [decision.clone(), decision]);
}

#[tokio::test]
async fn the_manifest_names_the_very_objects_that_were_read() {
    let world = TestWorld::with(&[("a.csv", customers(0..400).as_bytes()), ("dataset.toml", b"target = \"left\"")]);
    let report = world.invoke("a", quick()).await.unwrap();
    let profile = world.manifest(&report).profile;
    let settings = profile.settings.unwrap();
    assert_eq!(settings.name, "datasets/iris/dataset.toml");
    assert_eq!(settings.sha256, sha256_hex(b"target = \"left\""));
    assert!(settings.object_version.is_some() && profile.files[0].object_version.is_some());
    assert_ne!(settings.object_version, profile.files[0].object_version);
}

#[tokio::test]
async fn the_profile_counts_the_values_of_every_column_that_is_used() {
    let world = TestWorld::with(&[("dataset.toml", CHURN), ("t.csv", customers(0..200).as_bytes())]);
    let report = world.invoke("a", quick()).await.unwrap();
    let manifest = world.manifest(&report);
    let column = |name: &str| manifest.profile.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!(column("id").histogram, None);
    let Some(ColumnHistogram::Numbers { bins }) = &column("months").histogram else { panic!("expected numbers") };
    assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 200 - column("months").missing);
    for name in ["plan", "autopay", "left"] {
        let Some(ColumnHistogram::Values { values, other }) = &column(name).histogram else { panic!("{name}") };
        assert_eq!(values.iter().map(|value| value.rows).sum::<usize>() + other, 200 - column(name).missing, "{name}");
        assert!(values.is_sorted_by_key(|value| std::cmp::Reverse(value.rows)), "{values:?}");
    }
    assert!(matches!(manifest.curves, Some(Curves::Classification(_))));
}
