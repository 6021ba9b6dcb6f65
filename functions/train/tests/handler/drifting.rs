//! Tests of data sets that differ from the data set of the champion.

use evergreen_lifecycle::Verdict;
use evergreen_table::IRIS_CSV;

use crate::support::{TestWorld, quick, reordered_iris};

const DRIFTED: &str = "DatasetDrifted";

/// Returns a test world whose champion was trained on the Iris data set.
async fn grown() -> TestWorld {
    let world = TestWorld::with(&[("iris.csv", IRIS_CSV.as_bytes())]);
    world.decision("first").await;
    world
}

#[tokio::test]
async fn a_missing_column_fails_the_run_until_the_settings_drop_it() {
    let world = grown().await;
    let without_width = reordered_iris(&[0, 1, 2]);
    world.store(&[("iris.csv", &without_width)]);
    let reason = world.assert_fails("a", quick(), DRIFTED).await;
    assert!(reason.starts_with("data set datasets/iris/: column \"petal width (cm)\""), "{reason}");
    assert!(reason.contains("drop = [\"petal width (cm)\"]") && reason.contains("dataset.toml"), "{reason}");

    world.store(&[("dataset.toml", b"drop = [\"petal width (cm)\"]"), ("iris.csv", &without_width)]);
    assert_eq!(world.decision("b").await.verdict, Verdict::ChampionIncomparable);
}

#[tokio::test]
async fn a_column_of_another_type_fails_the_run() {
    let world = grown().await;
    let (header, rows) = IRIS_CSV.split_once('\n').unwrap();
    let rows = rows.lines().enumerate().map(|(row, line)| {
        let (_, rest) = line.split_once(',').unwrap();
        format!("{},{rest}\n", ["short", "long"][row % 2])
    });
    let table = format!("{header}\n{}", rows.collect::<String>());
    world.store(&[("iris.csv", table.as_bytes())]);
    let reason = world.assert_fails("a", quick(), DRIFTED).await;
    assert!(["\"sepal length (cm)\"", "category", "number"].iter().all(|word| reason.contains(word)), "{reason}");
}

#[tokio::test]
async fn a_new_column_is_a_warning() {
    let world = grown().await;
    world.store(&[("iris.csv", &reordered_iris(&[0, 1, 2, 3, 0]))]);
    let report = world.invoke("a", quick()).await.unwrap();
    let found = report.warnings.iter().any(|warning| warning.contains("\"sepal length (cm) 4\""));
    assert!(found, "{:?}", report.warnings);
    assert_eq!(world.run(&report).warnings, report.warnings);
}

#[tokio::test]
async fn a_data_set_with_other_rows_is_a_warning_and_the_manifest_has_every_column() {
    let world = grown().await;
    let same = world.invoke("a", quick()).await.unwrap();
    let found = world.manifest(&same).table_drift.expect("the champion has a baseline");
    assert!(!found.verdict.is_drifted, "{}", found.verdict.sentence);
    assert!(!same.warnings.iter().any(|warning| warning.contains("Drift")), "{:?}", same.warnings);

    // All petals are twice as long.
    let (header, rows) = IRIS_CSV.split_once('\n').unwrap();
    let longer = |line: &str| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells[2] = (2.0 * cells[2].parse::<f64>().unwrap()).to_string();
        cells.join(",") + "\n"
    };
    let table = format!("{header}\n{}", rows.lines().map(longer).collect::<String>());
    world.store(&[("iris.csv", table.as_bytes())]);
    let other = world.invoke("b", quick()).await.unwrap();
    let found = world.manifest(&other).table_drift.expect("the champion has a baseline");
    let drifted: Vec<_> =
        found.verdict.columns.iter().filter(|column| column.is_drifted).map(|column| &column.name).collect();
    assert!(drifted.contains(&&"petal length (cm)".to_owned()), "{drifted:?}");
    assert!(!drifted.contains(&&"sepal width (cm)".to_owned()), "{drifted:?}");
    let expected = "compared with the data set of version ";
    let warning = other.warnings.iter().find(|warning| warning.starts_with(expected));
    assert!(
        warning.is_some_and(|warning| warning.contains("Drift in the new data set (150 rows)")),
        "{:?}",
        other.warnings
    );
}

#[tokio::test]
async fn a_champion_trained_on_rows_that_are_now_held_out_is_not_compared() {
    let world = grown().await;
    world.store(&[("iris.csv", &reordered_iris(&[0, 1, 2, 3, 0]))]);
    assert_eq!(world.decision("a").await.verdict, Verdict::ChampionIncomparable);
    let decision = world.decision("b").await;
    assert_eq!((decision.verdict, decision.same_table), (Verdict::NotWorse, Some(true)), "{decision}");
}

#[tokio::test]
async fn reordered_columns_are_measured_on_the_same_rows() {
    let world = grown().await;
    let before = world.decision("a").await;
    world.store(&[("iris.csv", &reordered_iris(&[2, 3, 1, 0]))]);
    let after = world.decision("b").await;
    assert_eq!((after.verdict, after.same_table), (Verdict::NotWorse, Some(false)), "{after}");
    assert_eq!(after.champion_score, Some(before.score), "the champion is the version before, on its own hold-out");
}

/// Returns the Iris data set as CSV, with a number as the target in place of the species.
fn numbered(number: impl Fn(usize) -> String) -> String {
    let (header, rows) = IRIS_CSV.split_once('\n').unwrap();
    let rows = rows.lines().enumerate().map(|(row, line)| {
        let (features, _) = line.rsplit_once(',').unwrap();
        format!("{features},{}\n", number(row))
    });
    format!("{header}\n{}", rows.collect::<String>())
}

#[tokio::test]
async fn a_target_for_another_task_fails_the_run_until_the_settings_say_so() {
    let world = grown().await;
    let table = numbered(|row| format!("{}.5", row / 50));
    world.store(&[("iris.csv", table.as_bytes())]);
    let reason = world.assert_fails("a", quick(), DRIFTED).await;
    let words = ["\"variety\", the target", "is regression", "was classification when", "task = \"regression\""];
    assert!(words.iter().all(|word| reason.contains(word)), "{reason}");

    world.store(&[("dataset.toml", b"task = \"regression\""), ("iris.csv", table.as_bytes())]);
    assert_eq!(world.decision("b").await.verdict, Verdict::ChampionIncomparable);
}

#[tokio::test]
async fn labels_of_another_kind_fail_the_run_until_the_settings_say_so() {
    let world = grown().await;
    let table = numbered(|row| (row / 50).to_string());
    world.store(&[("iris.csv", table.as_bytes())]);
    let reason = world.assert_fails("a", quick(), DRIFTED).await;
    let words =
        ["\"variety\", the target", "labels are whole numbers", "were texts", "types.\"variety\" = \"category\""];
    assert!(words.iter().all(|word| reason.contains(word)), "{reason}");

    world.store(&[("dataset.toml", b"types.variety = \"category\""), ("iris.csv", table.as_bytes())]);
    assert_eq!(world.decision("b").await.verdict, Verdict::ChampionIncomparable);
}

#[tokio::test]
async fn an_unreadable_champion_blocks_no_mail() {
    let world = grown().await;
    world.memory.state().objects.clear();
    world.store(&[("iris.csv", &reordered_iris(&[0, 1, 2]))]);
    assert_eq!(world.decision("a").await.verdict, Verdict::ChampionUnreadable);
}

#[tokio::test]
async fn the_champions_artifact_is_read_once_for_drift_and_gate() {
    let world = grown().await;
    let before = world.memory.state().reads;
    world.decision("a").await;
    assert_eq!(world.memory.state().reads - before, 1);
}
