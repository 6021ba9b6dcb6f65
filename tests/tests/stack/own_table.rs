//! Tests training on the user's own tables, with all kinds of columns, for classification and regression.

use std::io::Write;

use evergreen_tests::Stack;
use evergreen_tests::own_table::{flats, key, subscribers};
use evergreen_tests::training::{fresh_id, good};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// Returns an event that trains a random forest with fixed hyperparameters, without a search.
fn forest() -> Value {
    json!({"seed": 7, "family": "random_forest", "hyperparameters":
        {"n_estimators": 40, "max_depth": 12, "min_samples_split": 2, "min_samples_leaf": 1}})
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

fn subscriber(change: impl Fn(&mut serde_json::Map<String, Value>)) -> Value {
    let mut row = json!({"age": 40, "fee": 55, "complained": true, "since": "2019-03-01", "country": "DE"});
    change(row.as_object_mut().expect("a row is an object"));
    row
}

#[tokio::test]
async fn a_table_with_every_kind_of_column_is_trained_on_and_served() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let settings = "target = \"churned\"\nfloor = 0.7\npositive = \"yes\"\n";
    let (first, second) = (subscribers(0..300), gzipped(&subscribers(300..600)));
    stack
        .store_table(&[("dataset.toml", settings.as_bytes()), ("1.csv", first.as_bytes()), ("2.csv.gz", &second)])
        .await;
    let report = stack.train(forest()).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    let model = stack.until_model(&report["version"]).await;

    let run = stack.registry.run(report["run_id"].as_str().expect("an id")).await.expect("it is on record");
    assert_eq!((&run["dataset"]["rows"], &run["dataset"]["source"]), (&json!(600), &json!(key(""))));
    let warnings = run["warnings"].to_string();
    assert!(warnings.contains("customer"), "the run says that an identifier is left out: {warnings}");
    let manifest_key = format!("models/iris/{:08}/manifest.json", report["version"].as_u64().expect("a number"));
    let manifest = stack.bucket.get_json(&manifest_key).await;
    let columns = manifest["profile"]["columns"].as_array().expect("columns");
    let found: Vec<_> = columns.iter().map(|column| (column["name"].as_str(), column["type"].as_str())).collect();
    let expected = [
        ("customer", "identifier"),
        ("age", "number"),
        ("fee", "number"),
        ("complained", "boolean"),
        ("since", "timestamp"),
        ("country", "category"),
        ("churned", "category"),
    ];
    assert_eq!(found, expected.map(|(name, kind)| (Some(name), Some(kind))));
    assert!(model["metrics"]["binary"]["average_precision"].as_f64().is_some_and(|figure| figure > 0.8), "{model}");

    let rows = json!([subscriber(|_| {}), subscriber(|row| row["complained"] = json!(false))]);
    let answer = stack.api.predict(&rows).await.ok();
    assert_eq!((&answer.body["labels"], &answer.body["classes"]), (&json!(["yes", "no"]), &json!(["no", "yes"])));
    assert_eq!(answer.body["warnings"], Value::Null, "{}", answer.text);

    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn missing_values_and_new_categories_get_the_answers_of_the_model() {
    let stack = Stack::take().await;
    stack.train_good().await;
    stack
        .store_table(&[
            ("dataset.toml", b"target = \"churned\"\nfloor = 0.7\n"),
            ("t.csv", subscribers(0..400).as_bytes()),
        ])
        .await;
    let report = stack.train(forest()).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    stack.until_model(&report["version"]).await;

    let answer = stack.api.predict(&subscriber(|row| row["age"] = Value::Null)).await.ok();
    assert_eq!(answer.body["labels"], json!(["yes"]), "{}", answer.text);
    let answer = stack.api.predict(&subscriber(|row| row["country"] = json!("Atlantis"))).await.ok();
    let warning = &answer.body["warnings"][0];
    assert_eq!(warning["field"], "country", "{}", answer.text);
    assert!(!warning.to_string().contains("Atlantis"), "{}", answer.text);

    // The API treats a value that is given as text like a cell of a CSV file.
    let [number, text] = [json!(55), json!("55")].map(|fee| subscriber(|row| row["fee"] = fee.clone()));
    let answers = stack.api.predict(&json!([number, text])).await.ok();
    assert_eq!(answers.body["probabilities"][0], answers.body["probabilities"][1], "{}", answers.text);

    let refused = [
        ("fee", json!(null)),
        ("fee", json!("much")),
        ("complained", json!("yes")),
        ("since", json!("yesterday")),
        ("country", json!([])),
    ];
    for (field, value) in refused {
        let problem = stack.api.predict(&subscriber(|row| row[field] = value.clone())).await.problem(400);
        assert_eq!(problem.answer.body["field"], field, "{value}: {}", problem.answer.text);
        assert!(problem.answer.body["expected"].is_string(), "{value}: {}", problem.answer.text);
    }
    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn a_regression_answers_with_an_interval() {
    let stack = Stack::take().await;
    stack.train_good().await;
    stack
        .store_table(&[("dataset.toml", b"target = \"rent\"\nfloor = 0.8\n"), ("flats.csv", flats(400).as_bytes())])
        .await;
    let report = stack.train(json!({"seed": 7})).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    assert!(report["metrics"]["r2"].as_f64().is_some_and(|r2| r2 > 0.9), "{report}");
    let model = stack.until_model(&report["version"]).await;
    assert!(model["metrics"]["interval"]["coverage"].as_f64().is_some_and(|share| share > 0.75), "{model}");

    let flat = json!({"area": 70, "rooms": 3, "district": "centre"});
    let answer = stack.api.predict(&flat).await.ok();
    let rent = answer.body["prediction"][0].as_f64().expect("a number");
    assert!((rent - 830.0).abs() < 60.0, "{}", answer.text);
    let [lower, upper] = [0, 1].map(|end| answer.body["intervals"][0][end].as_f64().expect("an end"));
    assert!(lower < rent && rent < upper && upper - lower < 300.0, "{}", answer.text);
    let published = stack.functions.measure().await;
    assert!(published["ModelAccuracy"].as_f64().is_some_and(|r2| r2 > 0.9), "R² is the headline: {published}");

    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn a_missing_column_fails_the_run_until_the_settings_drop_it() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    // The Iris data set without its last measurement column.
    let iris = evergreen_tests::iris::CSV.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{},{}\n", cells[..3].join(","), cells[4])
    });
    stack.store_table(&[("iris.csv", iris.collect::<String>().as_bytes())]).await;
    let id = fresh_id();
    let outcome = stack.functions.call(&stack.functions.train, &json!({"id": id})).await;
    assert!(outcome.failed, "{}", outcome.payload);
    let run = stack.registry.run(&format!("manual-{id}")).await.expect("it is on record");
    let reason = run["reason"].as_str().expect("a failure has a reason");
    assert!(reason.contains("petal width (cm)") && reason.contains("dataset.toml"), "{reason}");
    assert_eq!(stack.champion_number().await, serving);

    stack.store_table(&[("dataset.toml", b"drop = [\"petal width (cm)\"]\n")]).await;
    let report = stack.train(good()).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn a_search_that_runs_out_of_time_keeps_the_best_so_far_and_says_so() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let settings = "target = \"churned\"\nfloor = 0.6\ntime_budget_seconds = 3\ncandidates = 1000\n";
    stack.store_table(&[("dataset.toml", settings.as_bytes()), ("t.csv", subscribers(0..4000).as_bytes())]).await;
    let report = stack.train(json!({"seed": 7})).await;
    assert_eq!(report["status"], "SUCCEEDED", "{report}");
    let run = stack.registry.run(report["run_id"].as_str().expect("an id")).await.expect("it is on record");
    let search = &run["search"];
    assert_eq!(search["cut_short"], json!(true), "{search}");
    let [tried, planned] = ["tried", "planned"].map(|name| search[name].as_u64().expect("a number"));
    assert!(0 < tried && tried < planned, "{search}");
    assert!(search["seconds"].as_f64().is_some_and(|seconds| seconds < 10.0), "{search}");
    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn the_same_table_and_seed_make_the_same_artifact() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    stack
        .store_table(&[
            ("dataset.toml", b"target = \"churned\"\nfloor = 0.6\ncandidates = 2\n"),
            ("t.csv", subscribers(0..300).as_bytes()),
        ])
        .await;
    let mut digests = Vec::new();
    for _ in 0..2 {
        let report = stack.train(json!({"seed": 11})).await;
        let number = report["version"].as_u64().unwrap_or_else(|| panic!("no version in {report}"));
        let manifest = stack.bucket.get_json(&format!("models/iris/{number:08}/manifest.json")).await;
        digests.push(manifest["version"]["artifact"]["sha256"].clone());
    }
    assert_eq!(digests[0], digests[1]);
    stack.clear_table().await;
    stack.serve_iris_again().await;
}

#[tokio::test]
async fn the_record_of_an_unusable_table_names_file_row_and_column() {
    let stack = Stack::take().await;
    let serving = stack.serve_new().await;
    let good = subscribers(0..60);
    let lines: Vec<&str> = good.lines().collect();
    let with = |row: usize, line: &str| {
        let mut lines = lines.clone();
        lines[row] = line;
        lines.join("\n").into_bytes()
    };
    let one_class = good.replace(",yes", ",no").into_bytes();
    let rare = one_class.strip_suffix(b"no\n").expect("the last row says no").to_vec();
    let rare = [&rare[..], b"yes\n"].concat();
    let header_twice = good.replacen("fee", "age", 1).into_bytes();
    let tables: [(&str, &str, Vec<u8>, &[&str]); 11] = [
        ("no such target", "target = \"gone\"", good.clone().into_bytes(), &["gone", "churned"]),
        ("one class", "", one_class, &["churned", "60"]),
        ("a class with one row", "strict = [\"rare_label\"]", rare, &["line 61", "strict"]),
        ("too few rows", "", lines[..6].join("\n").into_bytes(), &["5", "10"]),
        ("another width", "", with(4, "c1,1,2"), &["line 5", "7"]),
        ("no table", "", b"%PDF-1.7 nothing to learn from".to_vec(), &["table.csv", "PDF"]),
        ("a column twice", "", header_twice, &["columns 2 and 3"]),
        (
            "text among numbers",
            "[types]\nfee = \"number\"",
            with(9, "c1,40,much,true,2019-01-01,DE,no"),
            &["line 10", "fee", "number"],
        ),
        (
            "no target in a row",
            "strict = [\"no_target\"]",
            with(3, "c1,40,20,true,2019-01-01,DE,"),
            &["line 4", "strict"],
        ),
        ("settings of no use", "targget = \"churned\"", good.clone().into_bytes(), &["dataset.toml", "targget"]),
        ("an unknown file", "", good.clone().into_bytes(), &["table.xlsx"]),
    ];
    for (wrong, settings, table, named) in tables {
        let target = if settings.starts_with("targ") { "" } else { "target = \"churned\"\n" };
        let file = if wrong == "an unknown file" { "table.xlsx" } else { "table.csv" };
        stack.store_table(&[("dataset.toml", format!("{target}{settings}\n").as_bytes()), (file, &table)]).await;
        let id = fresh_id();
        let outcome = stack.functions.call(&stack.functions.train, &json!({"id": id})).await;
        stack.clear_table().await;

        assert!(outcome.failed, "{wrong}: {}", outcome.payload);
        let run = stack.registry.run(&format!("manual-{id}")).await.expect("a failed run is on record");
        let reason = run["reason"].as_str().expect("a failure has a reason");
        for word in named {
            assert!(reason.contains(word), "{wrong}: {reason}");
        }
    }
    assert_eq!(stack.champion_number().await, serving);
    stack.assert_keeps_serving(serving).await;
    stack.train_good().await;
}
