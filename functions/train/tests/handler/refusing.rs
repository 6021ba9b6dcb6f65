//! Tests of data sets and requests that cannot be trained on. Each failure is recorded and published, and the champion
//! stays.

use evergreen_lifecycle::{Run, RunState};
use evergreen_testkit::moment;
use serde_json::{Value, json};

use crate::support::{TestWorld, customers, quick};

const TARGET: &str = "target = \"left\"\n";

/// Returns the CSV of the test customers, with one line replaced by `text`. The header is line 1.
fn with_line(line: usize, text: &[u8]) -> Vec<u8> {
    let table = customers(0..60);
    let mut lines: Vec<&[u8]> = table.lines().map(str::as_bytes).collect();
    lines[line - 1] = text;
    lines.join(&b'\n')
}

/// Returns the CSV of test customers who all stay, except the customers on the given lines.
fn all_stay_but(lines: &[usize]) -> Vec<u8> {
    let table = customers(0..60);
    let lines = table.lines().enumerate().map(|(index, line)| match line.rsplit_once(',') {
        Some((rest, _)) if index > 0 => format!("{rest},{}", if lines.contains(&(index + 1)) { "yes" } else { "no" }),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

fn header(from: &str, to: &str) -> Vec<u8> {
    customers(0..60).replacen(from, to, 1).into_bytes()
}

async fn assert_refused(wrong: &str, files: &[(&str, &[u8])], kind: &str, named: &[&str]) {
    let world = TestWorld::new();
    world.decision("first").await;
    world.store(files);
    let reason = world.assert_fails("a", quick(), kind).await;
    for word in named {
        assert!(reason.contains(word), "{wrong}: {word:?} is not in {reason:?}");
    }
}

#[tokio::test]
async fn a_data_set_that_cannot_be_trained_on_is_refused_with_file_row_and_column() {
    let tables: [(&str, Vec<u8>, &[&str]); 8] = [
        ("no target", header(",left", ",leaves"), &["left", "leaves", "plan"]),
        ("one class", all_stay_but(&[]), &["left", "same label"]),
        ("a class with one row", all_stay_but(&[9]), &["left", "same label"]),
        ("few rows", customers(0..5).into_bytes(), &["5 rows", "10"]),
        ("no rows", customers(0..0).into_bytes(), &["0 rows"]),
        ("nothing", Vec::new(), &["empty"]),
        ("another width", with_line(7, b"customer-x,basic,3"), &["line 7", "3 fields", "7"]),
        ("a name twice", header("usage", "months"), &["columns 3 and 4", "same name"]),
    ];
    for (wrong, table, named) in tables {
        let files: [(&str, &[u8]); 2] = [("dataset.toml", TARGET.as_bytes()), ("t.csv", &table)];
        let named = [named, &["datasets/iris/t.csv"]].concat();
        assert_refused(wrong, &files, "InvalidTable", &named).await;
    }
}

#[tokio::test]
async fn a_table_without_a_header_leaves_no_value_in_record_event_or_answer() {
    let table = customers(0..60);
    let (_, rows) = table.split_once('\n').unwrap();
    let world = TestWorld::with(&[("dataset.toml", TARGET.as_bytes()), ("t.csv", rows.as_bytes())]);
    let reason = world.assert_fails("a", quick(), "InvalidTable").await;
    assert!(reason.starts_with("datasets/iris/t.csv: the file has no header row"), "{reason}");
    let answer = world.invoke("b", quick()).await.unwrap_err().to_string();
    let state = world.memory.state();
    let left = format!("{:?} {:?} {answer}", state.runs, state.events);
    for value in rows.lines().next().unwrap().split(',').filter(|value| value.len() > 2) {
        assert!(!left.contains(value), "{value:?} is in {left}");
    }
}

#[tokio::test]
async fn an_invalid_part_is_named() {
    let parts: [(&str, &[u8]); 3] = [
        ("dataset.toml", TARGET.as_bytes()),
        ("1.csv", &customers(0..60).into_bytes()),
        ("2.csv", &header("usage", "use")),
    ];
    assert_refused("a part", &parts, "InvalidTable", &["datasets/iris/2.csv", "\"usage\""]).await;
}

#[tokio::test]
async fn a_file_that_is_not_a_data_file_is_named() {
    let files: [(&str, &[u8]); 2] = [("t.csv", &customers(0..60).into_bytes()), ("notes.txt", b"later")];
    assert_refused("notes", &files, "InvalidTable", &["datasets/iris/notes.txt", ".parquet"]).await;
    let damaged: [(&str, &[u8]); 1] = [("t.csv.gz", b"no gzip")];
    assert_refused("no gzip", &damaged, "InvalidTable", &["datasets/iris/t.csv.gz", "gzip"]).await;
    let damaged: [(&str, &[u8]); 1] = [("t.parquet", b"no parquet")];
    assert_refused("no Parquet", &damaged, "InvalidTable", &["datasets/iris/t.parquet", "Parquet"]).await;
}

#[tokio::test]
async fn settings_without_data_are_refused() {
    let files: [(&str, &[u8]); 1] = [("dataset.toml", TARGET.as_bytes())];
    assert_refused("no data", &files, "InvalidTable", &["datasets/iris/", "no data file", ".csv"]).await;
}

#[tokio::test]
async fn invalid_settings_are_refused_by_their_key() {
    let settings: [(&str, &str, &[&str]); 6] = [
        ("tagret = \"left\"", "InvalidSettings", &["datasets/iris/dataset.toml: unknown key `tagret`"]),
        ("target 1", "InvalidSettings", &["datasets/iris/dataset.toml, line 1"]),
        (
            "target = \"left\"\nprimary_metric = \"f1\"\nfloor = 1.5",
            "InvalidSettings",
            &["dataset.toml", "floor", "1.5"],
        ),
        ("target = \"left\"\nprimary_metric = \"rmse\"", "InvalidHyperparameters", &["RMSE", "accuracy"]),
        ("target = \"left\"\n[types]\nsize = \"number\"", "InvalidTable", &["dataset.toml", "types", "size"]),
        ("target = \"left\"\n[ranges.random_forest]\nmax_depth = 0", "InvalidHyperparameters", &["max_depth", "1"]),
    ];
    for (toml, kind, named) in settings {
        let files: [(&str, &[u8]); 2] = [("dataset.toml", toml.as_bytes()), ("t.csv", &customers(0..60).into_bytes())];
        assert_refused(toml, &files, kind, named).await;
    }
}

#[tokio::test]
async fn an_event_that_asks_for_something_impossible_is_recorded() {
    let events: [(Value, &str, &[&str]); 6] = [
        (json!({"sead": 1}), "InvalidRequest", &["sead"]),
        (json!({"family": "forest"}), "InvalidRequest", &["forest", "gradient_boosting"]),
        (json!({"hyperparameters": {"n_estimators": 0}}), "InvalidHyperparameters", &["n_estimators", "1"]),
        (json!({"hyperparameters": {"n_trees": 3}}), "InvalidHyperparameters", &["n_trees", "max_depth"]),
        (json!({"hyperparameters": {"max_depth": "deep"}}), "InvalidHyperparameters", &["max_depth", "deep"]),
        (json!({"family": "linear", "hyperparameters": {"l2": 1}}), "InvalidHyperparameters", &["l2", "alpha"]),
    ];
    let world = TestWorld::new();
    for (event, kind, named) in events {
        let invocation = event.to_string().replace(|char: char| !char.is_ascii_alphanumeric(), "-");
        let reason = world.assert_fails(&invocation, event, kind).await;
        assert!(named.iter().all(|word| reason.contains(word)), "{reason}");
    }
}

#[tokio::test]
async fn a_table_too_large_for_the_memory_is_refused_before_it_is_fetched() {
    let table = "a,b,variety\n".to_owned() + &"1,2,0\n3,4,1\n".repeat(400_000);
    let mut world = TestWorld::with(&[("t.csv", table.as_bytes())]);
    world.training.memory = 64 << 20;
    let reason = world.assert_fails("a", quick(), "InvalidTable").await;
    let expected = "data set datasets/iris/t.csv: the table has about 800,002 rows of 3 columns (about 4.6 MB); training on it \
                    with random_forest needs about ";
    assert!(reason.starts_with(expected) && reason.contains("; set TrainMemory to "), "{reason}");
    assert_eq!(world.memory.state().dataset_reads, 0);
}

#[tokio::test]
async fn a_very_long_error_text_is_cut() {
    let settings = format!("{} = 1\n", "key".repeat(2000));
    let world = TestWorld::with(&[("dataset.toml", settings.as_bytes()), ("t.csv", b"a,variety\n")]);
    let reason = world.assert_fails("a", quick(), "InvalidSettings").await;
    assert!(reason.chars().count() <= 2001 && reason.ends_with('…'), "{}", reason.len());
}

#[tokio::test]
async fn a_failure_that_a_retry_cannot_help_is_final_at_once() {
    let world = TestWorld::with(&[("t.csv", b"a,variety\n")]);
    world.assert_fails("a", quick(), "InvalidTable").await;
    world.assert_fails("b", json!({"sead": 1}), "InvalidRequest").await;
    assert!(world.memory.state().runs.values().all(|run| run.retry_until().is_none()));
}

#[tokio::test]
async fn an_unreachable_store_fails_the_run() {
    let world = TestWorld::new();
    world.memory.take_away("datasets");
    world.assert_fails("a", quick(), "Unavailable").await;
    let retried = world.memory.state().runs.values().map(Run::retry_until).collect::<Vec<_>>();
    assert_eq!(retried, [Some(moment("2026-11-24T03:03:05Z"))]);
    world.memory.bring_back("datasets");
    world.invoke("a", quick()).await.unwrap();
    let state = world.memory.state();
    assert!(state.runs.values().all(|run| matches!(run.state, RunState::Succeeded { .. }) && run.attempt == 2));
}
