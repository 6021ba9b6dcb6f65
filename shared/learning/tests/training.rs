//! Training end to end, on Iris and on tables made up here.

#![allow(clippy::unwrap_used)]

use evergreen_learning::{
    EvaluationError, Hyperparameters, LearningError, Overrides, Rows, SPLIT_SEED, Table, Trained, accuracy, evaluate,
    fit, iris, split, train,
};
use evergreen_scoring::{ArtifactMetadata, Model, encode};
use proptest::prelude::*;

const SEED: u64 = 42;

fn metadata() -> ArtifactMetadata {
    ArtifactMetadata { model: "iris".into() }
}

fn hyperparameters(trees: i64, depth: i64) -> Hyperparameters {
    let fixed = Overrides {
        n_estimators: Some(trees),
        max_depth: Some(depth),
        min_samples_split: Some(2),
        min_samples_leaf: Some(1),
    };
    Hyperparameters::draw("test").overridden_by(&fixed).unwrap()
}

fn train_iris(hyperparameters: &Hyperparameters) -> Trained {
    train(&iris().unwrap(), hyperparameters, SEED, &metadata()).unwrap()
}

/// A table of two numeric columns and a label.
fn table(rows: impl IntoIterator<Item = (f32, f32, usize)>) -> Table {
    let rows: String = rows.into_iter().map(|(a, b, label)| format!("{a},{b},{label}\n")).collect();
    Table::from_csv(format!("a,b,y\n{rows}").as_bytes(), "y").unwrap()
}

#[test]
fn a_forest_of_a_hundred_trees_knows_iris() {
    let trained = train_iris(&hyperparameters(100, 10));
    let evaluation = &trained.evaluation;
    assert_eq!(evaluation.rows, 30);
    assert!((0.9..=1.0).contains(&evaluation.accuracy), "{evaluation:?}");
    assert!(evaluation.roc_auc.unwrap() > 0.97, "{evaluation:?}");
    assert!(evaluation.log_loss < 0.6, "{evaluation:?}");
    assert!(trained.training_accuracy > 0.97, "{}", trained.training_accuracy);
    assert_eq!(
        evaluation.per_class.iter().map(|class| class.label.as_str()).collect::<Vec<_>>(),
        ["setosa", "versicolor", "virginica"]
    );
}

#[test]
fn any_drawn_hyperparameters_know_iris() {
    for run in 0..40 {
        let trained = train_iris(&Hyperparameters::draw(&format!("run {run}")));
        assert!(trained.evaluation.accuracy >= 0.9, "run {run}: {:?}", trained.evaluation);
    }
}

#[test]
fn petals_tell_more_than_sepals() {
    let importances = train_iris(&hyperparameters(100, 10)).importances;
    assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{importances:?}");
    assert!(importances[2].min(importances[3]) > importances[0].max(importances[1]), "{importances:?}");
}

#[test]
fn the_same_table_and_seed_give_the_same_artifact() {
    let once = train_iris(&hyperparameters(20, 10)).artifact;
    assert_eq!(train_iris(&hyperparameters(20, 10)).artifact, once);
    let other = train(&iris().unwrap(), &hyperparameters(20, 10), SEED + 1, &metadata()).unwrap();
    assert_ne!(other.artifact, once);
}

#[test]
fn the_artifact_is_the_forest_of_the_training_rows_and_predicts_what_the_library_predicts() {
    let iris = iris().unwrap();
    let fitted = fit(&split(iris.rows(), SPLIT_SEED).training, &hyperparameters(100, 10), SEED).unwrap();
    let artifact = encode(fitted.pipeline(), &metadata());
    assert_eq!(train_iris(&hyperparameters(100, 10)).artifact, artifact);
    let model = Model::load(&artifact).unwrap();
    let loaded = model.predict(iris.rows().features()).unwrap();
    assert_eq!(loaded.classes(), fitted.predict(iris.rows()).unwrap());
}

#[test]
fn max_depth_counts_splits_as_scikit_learn_does() {
    // One split parts setosa at most: a stump answers two species.
    let stumps = train_iris(&hyperparameters(1, 1));
    let kinds = stumps.model.predict(iris().unwrap().rows().features()).unwrap();
    let distinct: std::collections::BTreeSet<_> = kinds.classes().iter().collect();
    assert_eq!(distinct.len(), 2);
}

#[test]
fn the_scaler_has_seen_the_training_rows_only() {
    // StandardScaler's mean of the held-out rows' column would differ; the offset is the training rows' mean.
    let parts = split(iris().unwrap().rows(), SPLIT_SEED);
    let fitted = fit(&parts.training, &hyperparameters(1, 1), SEED).unwrap();
    let mean = |rows: &Rows| rows.iter().map(|(row, _)| f64::from(row[0])).sum::<f64>() / rows.len() as f64;
    assert_eq!(fitted.pipeline().scaler().offset[0], mean(&parts.training) as f32);
    assert_ne!(mean(&parts.training), mean(iris().unwrap().rows()));
}

#[test]
fn a_column_of_one_value_does_no_harm() {
    let trained =
        train(&table((0..40).map(|n| (n as f32, 7.0, n / 20))), &hyperparameters(20, 5), SEED, &metadata()).unwrap();
    assert_eq!(trained.evaluation.accuracy, 1.0);
    assert_eq!(trained.importances, [1.0, 0.0]);
}

#[test]
fn a_table_that_tells_nothing_gives_a_model_without_a_split() {
    let trained =
        train(&table((0..40).map(|n| (1.0, 2.0, n / 20))), &hyperparameters(20, 5), SEED, &metadata()).unwrap();
    assert_eq!(trained.evaluation.accuracy, 0.5);
    assert_eq!(trained.importances, [0.0, 0.0]);
}

#[test]
fn values_too_far_apart_for_single_precision_name_their_column() {
    let rows = (0..40).map(|n| (n as f32, if n % 2 == 0 { f32::MAX } else { f32::MIN }, n / 20));
    let error = train(&table(rows), &hyperparameters(5, 5), SEED, &metadata()).unwrap_err();
    assert!(matches!(error, LearningError::Fit(_)) && error.to_string().contains("column \"b\""), "{error}");
}

#[test]
fn a_champion_of_an_earlier_table_is_scored_by_name() {
    let rows = (0..60).map(|n| (n as f32, (n % 7) as f32, n / 20));
    let champion = train(&table(rows.clone()), &hyperparameters(20, 5), SEED, &metadata()).unwrap().model;
    let csv: String = rows.map(|(a, b, label)| format!("{b},9,{a},{label}\n")).collect();
    let later = |header: &str, csv: &str| Table::from_csv(format!("{header}\n{csv}").as_bytes(), "y").unwrap();

    let reordered = later("b,new,a,y", &csv);
    assert!(accuracy(&champion, reordered.rows()).unwrap() > 0.95);
    assert_eq!(evaluate(&champion, reordered.rows()), Err(EvaluationError::OtherSignature));

    let relabelled = later("b,new,a,y", &csv.replace(",2\n", ",3\n"));
    let known = accuracy(&champion, relabelled.rows()).unwrap();
    assert!((0.6..=0.67).contains(&known), "a third of the rows has a label that it does not know: {known}");

    let renamed = later("b,new,c,y", &csv);
    assert_eq!(accuracy(&champion, renamed.rows()), Err(EvaluationError::MissingColumn("a".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// `train` compares the loaded artifact with the library's own predictions on every row, ties between trees, equal
    /// and neighbouring values included.
    #[test]
    fn any_table_trains_to_an_artifact_that_predicts_what_was_fitted(
        rows in prop::collection::vec((0..400_u32, -1e6..1e6_f32, 0..4_usize), 12..80),
        trees in 1..12_i64,
        depth in 1..20_i64,
        seed in any::<u64>(),
    ) {
        // Column a holds neighbouring numbers of single precision; each of two labels is there twice.
        let a = |steps: u32| f32::from_bits(1.0_f32.to_bits() + steps);
        let sure = [(1.0, 1.0, 0), (1.0, 2.0, 0), (1.0, 3.0, 1), (1.0, 4.0, 1)];
        let rows = rows.into_iter().map(|(steps, b, label)| (a(steps), b, label % 2));
        let trained = train(&table(rows.chain(sure)), &hyperparameters(trees, depth), seed, &metadata()).unwrap();
        prop_assert!((0.0..=1.0).contains(&trained.evaluation.accuracy));
        prop_assert!(trained.evaluation.roc_auc.is_some_and(|area| (0.0..=1.0).contains(&area)));
        prop_assert!(trained.importances.iter().all(|importance| *importance >= 0.0));
    }
}
