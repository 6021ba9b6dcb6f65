//! Tests of training from the table to the artifact, on Iris and on generated tables.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{csv, fixed, iris, origin, plan, table, train};
use evergreen_learning::{EvaluationError, Plan, PlanError, Prepared, ProgressWatch, Trained, train_watched};
use evergreen_lifecycle::{Curves, Evaluation, Family, Label, PrimaryMetric, RunStage};
use evergreen_scoring::{Lineage, Model};
use evergreen_table::{DataFile, DatasetSettings, FamilyChoice, Table};
use proptest::prelude::*;

fn classification(trained: &Trained) -> &evergreen_lifecycle::ClassificationEvaluation {
    match &trained.evaluation {
        Evaluation::Classification(figures) => figures,
        Evaluation::Regression(_) => unreachable!("the table has classes"),
    }
}

fn regression(trained: &Trained) -> &evergreen_lifecycle::RegressionEvaluation {
    match &trained.evaluation {
        Evaluation::Regression(figures) => figures,
        Evaluation::Classification(_) => unreachable!("the table has numbers"),
    }
}

/// Returns CSV text for regression tests. The target is a function of three columns plus noise.
fn numbers(rows: usize) -> String {
    // One column is a category with missing values.
    let row = |n: usize| {
        let (a, b) = ((n * 37 % 101) as f64 / 10.0, (n * 53 % 97) as f64 / 10.0);
        let (kind, add) = [("red", 5.0), ("green", 0.0), ("", -5.0)][n * 7 % 3];
        format!("{a},{b},{kind},{:.3}\n", 3.0 * a - b + add + (n * 11 % 13) as f64 / 20.0)
    };
    (0..rows).map(row).fold("a,b,kind,y\n".to_owned(), |csv, row| csv + &row)
}

#[test]
fn every_family_learns_iris() {
    for family in Family::ALL {
        let trained = train(&iris(), &plan(&iris(), Some(family), 42));
        let figures = classification(&trained);
        assert_eq!((figures.rows, trained.family), (30, family));
        assert!((0.86..=1.0).contains(&figures.accuracy), "{family}: {figures:?}");
        assert!(figures.log_loss < 0.45, "{family}: {figures:?}");
        assert!(trained.training_score > 0.93, "{family}: {}", trained.training_score);
        assert_eq!(
            (trained.search.as_ref().unwrap().tried, trained.search.as_ref().unwrap().cut_short),
            (trained.candidates.len(), false)
        );
        assert!(trained.search.as_ref().unwrap().score.unwrap() < 0.3, "{family}: {:?}", trained.search);
    }
}

#[test]
fn every_family_estimates_numbers_and_tells_how_sure_it_is() {
    let table = table(&numbers(400), DatasetSettings::default());
    for family in Family::ALL {
        let trained = train(&table, &plan(&table, Some(family), 42));
        let figures = regression(&trained);
        assert!(figures.r2 > 0.9, "{family}: {figures:?}");
        assert!(figures.interval.coverage > 0.8 && figures.interval.width > 0.0, "{family}: {figures:?}");
        assert!(trained.warnings.is_empty(), "{family}: {:?}", trained.warnings);
    }
}

#[test]
fn auto_selects_the_best_family() {
    let table = table(&numbers(400), DatasetSettings { candidates: Some(2), ..DatasetSettings::default() });
    let trained = train(&table, &plan(&table, None, 1));
    let tried: Vec<Family> = trained.candidates.iter().map(|candidate| candidate.family).collect();
    assert_eq!(tried, [Family::AUTO, Family::AUTO].concat());
    assert_eq!(trained.family, Family::Linear, "the numbers are a weighted sum: {:?}", trained.candidates);
}

#[test]
fn few_rows_are_divided_several_times() {
    let folds = |rows| {
        let table = table(&numbers(rows), DatasetSettings { candidates: Some(1), ..DatasetSettings::default() });
        train(&table, &plan(&table, None, 1)).search.unwrap().folds
    };
    assert_eq!([150, 350, 700].map(folds), [15, 10, 5]);
}

#[test]
fn petals_are_more_important_than_sepals() {
    for family in Family::ALL {
        let importances = train(&iris(), &plan(&iris(), Some(family), 42)).importances;
        assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{importances:?}");
        assert!(importances[2].min(importances[3]) > importances[0].max(importances[1]), "{family}: {importances:?}");
    }
}

#[test]
fn the_same_table_and_seed_give_the_same_artifact_on_any_number_of_cores() {
    let in_pool = |threads, table: &Prepared, plan: &Plan| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(table, plan)).artifact
    };
    let classes = DatasetSettings { candidates: Some(2), ..DatasetSettings::default() };
    for table in [iris(), table(&numbers(300), classes)] {
        for family in Family::ALL {
            let plan = |seed| plan(&table, Some(family), seed);
            let once = in_pool(1, &table, &plan(7));
            assert_eq!(in_pool(2, &table, &plan(7)), once, "{family}");
            assert_eq!(in_pool(5, &table, &plan(7)), once, "{family}");
        }
        let forest = |seed| in_pool(2, &table, &plan(&table, Some(Family::RandomForest), seed));
        assert_ne!(without_seed(forest(8)), without_seed(forest(7)), "not in the lineage alone");
    }
    let several = table(&sums_and_steps(300), DatasetSettings { candidates: Some(6), ..DatasetSettings::default() });
    let plan = plan(&several, None, 2);
    assert_eq!(in_pool(1, &several, &plan), in_pool(3, &several, &plan));
}

/// Test helper: removes the one-digit seed from a model artifact's metadata, to compare the artifacts of two seeds.
fn without_seed(mut artifact: Vec<u8>) -> Vec<u8> {
    let name = b"\"seed\":";
    let at = artifact.windows(name.len()).position(|window| window == name).unwrap();
    artifact.remove(at + name.len());
    artifact
}

#[test]
fn an_artifact_says_where_it_comes_from() {
    let table = iris();
    let overrides = fixed(&[("n_estimators", 3), ("max_depth", 1)]);
    let plan = Plan::new(table.table(), None, &overrides, 42).unwrap();
    let trained = train(&table, &plan);
    let lineage = Lineage {
        code_version: origin().code_version,
        dataset: table.table().fingerprint().to_owned(),
        seed: 42,
        family: Family::RandomForest,
        parameters: trained.parameters,
        feedback: None,
    };
    let model = Model::load(&trained.artifact).unwrap();
    let metadata = model.metadata();
    assert_eq!((&metadata.model, metadata.lineage.as_ref()), (&origin().model, Some(&lineage)));
}

#[test]
fn fixed_hyperparameters_are_used() {
    let overrides = fixed(&[("n_estimators", 7), ("max_depth", 1), ("min_samples_split", 2), ("min_samples_leaf", 1)]);
    let plan = Plan::new(iris().table(), None, &overrides, 1).unwrap();
    let trained = train(&iris(), &plan);
    assert!(
        overrides.iter().all(|(name, value)| trained.parameters.get(name) == Some(value)),
        "{:?}",
        trained.parameters
    );
    assert!(
        trained
            .candidates
            .iter()
            .all(|candidate| overrides.iter().all(|(name, value)| candidate.parameters.get(name) == Some(value)))
    );
}

/// Returns CSV text for regression tests. The target is a weighted sum and step functions of columns, plus noise.
fn sums_and_steps(rows: usize) -> String {
    let row = |n: usize| {
        let x: [f64; 4] = [37, 53, 71, 89].map(|step| (n * step % 9973) as f64 / 9973.0);
        let steps = f64::from(u8::from(((x[2] * 6.0) as u32).is_multiple_of(2)))
            + f64::from(u8::from(x[3] > 0.35 && x[2] > 0.4));
        let noise = (n * n * 31 % 101) as f64 / 101.0;
        format!("{},{},{},{},{:.4}\n", x[0], x[1], x[2], x[3], 4.0 * x[0] - 3.0 * x[1] + 1.2 * steps + 1.5 * noise)
    };
    (0..rows).map(row).fold("a,b,c,d,y\n".to_owned(), |csv, row| csv + &row)
}

#[test]
fn a_blend_of_candidates_is_one_artifact_where_it_is_better_and_allowed() {
    let settings = |toml: &str| DatasetSettings::parse(toml).unwrap();
    let trained = |toml: &str| {
        let table = table(&sums_and_steps(1500), settings(toml));
        train(&table, &plan(&table, None, 2))
    };
    let (mean, single) = (trained("candidates = 6"), trained("candidates = 6\nensemble.members = 1"));
    let weights: Vec<f64> = mean.candidates.iter().filter_map(|candidate| candidate.weight).collect();
    assert!(weights.len() > 1 && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{:?}", mean.candidates);
    assert!(mean.artifact.len() < 2_500_000, "{}", mean.artifact.len());
    assert!(single.candidates.iter().all(|candidate| candidate.weight.is_none()));
    let score = |trained: &Trained| trained.search.as_ref().unwrap().score.unwrap();
    assert!(score(&mean) > score(&single), "{} {}", score(&mean), score(&single));
    assert!(regression(&mean).rmse < regression(&single).rmse);
    let small = trained("candidates = 6\nensemble.megabytes = 0.001");
    assert!(small.candidates.iter().all(|candidate| candidate.weight.is_none()));
}

#[test]
fn boosting_stops_when_rounds_stop_helping() {
    let rounds = |csv: &str, toml: &str| -> Vec<u64> {
        let table = table(csv, DatasetSettings::parse(toml).unwrap());
        let trained = train(&table, &plan(&table, Some(Family::GradientBoosting), 1));
        trained.candidates.iter().map(|candidate| candidate.parameters["n_estimators"].as_u64().unwrap()).collect()
    };
    let noise = csv((0..300).map(|n| ((n * 7919 % 31) as f32, (n * 104_729 % 37) as f32, n * n % 7 % 2)));
    let (of_noise, of_steps) = (rounds(&noise, "candidates = 1"), rounds(&sums_and_steps(500), "candidates = 1"));
    assert!(of_noise[0] < 40 && of_steps[0] > of_noise[0] && of_steps[0] < 1000, "{of_noise:?} {of_steps:?}");
    let within = rounds(&noise, "candidates = 3\nranges.gradient_boosting.n_estimators = [60, 80]");
    assert!(within.iter().all(|rounds| (60..=80).contains(rounds)), "{within:?}");
    assert_eq!(rounds(&noise, "candidates = 2\nranges.gradient_boosting.n_estimators = 70"), [70, 70]);
}

#[test]
fn many_candidates_are_tried_on_one_fold_of_many_rows_and_on_every_row_of_few() {
    let folds = |rows| -> Vec<usize> {
        let table =
            table(&sums_and_steps(rows), DatasetSettings { candidates: Some(12), ..DatasetSettings::default() });
        let trained = train(&table, &plan(&table, Some(Family::GradientBoosting), 1));
        assert!(!trained.search.unwrap().cut_short);
        trained.candidates.iter().map(|candidate| candidate.scores.len()).collect()
    };
    let of = |folds: &[usize], count| folds.iter().filter(|folds| **folds == count).count();
    let many = folds(16_000);
    assert_eq!((of(&many, 1) + of(&many, 3) + of(&many, 5), many[0]), (12, 5), "{many:?}");
    assert!(of(&many, 1) >= 7 && (2..=5).contains(&of(&many, 5)), "{many:?}");
    let few = folds(300);
    assert_eq!((of(&few, 5) + of(&few, 10), few[0]), (12, 10), "{few:?}");
    assert!((4..=6).contains(&of(&few, 10)), "{few:?}");
}

#[test]
fn monotone_directions_are_only_for_boosting_and_numeric_columns() {
    let toml = |monotone: &str| DatasetSettings::parse(&format!("candidates = 1\n[monotone]\n{monotone}")).unwrap();
    let of = |monotone: &str| table(&numbers(300), toml(monotone));
    let falling = of("a = \"decreasing\"\nb = \"decreasing\"");
    let trained = train(&falling, &plan(&falling, None, 1));
    assert_eq!(trained.family, Family::GradientBoosting);
    assert!(trained.warnings.iter().any(|warning| warning.contains("monotone")), "{:?}", trained.warnings);
    let answer = |a: f32, b: f32| trained.model.predict(&[a, b, 0.0]).unwrap().numbers().unwrap().values()[0];
    let grid: Vec<f32> = (0..60).map(|step| step as f32 / 5.0).collect();
    // The target in the table grows with column `a`. But the test's setting `monotone` allows predictions only to fall
    // as `a` grows.
    assert!(grid.windows(2).all(|pair| answer(pair[0], 5.0) >= answer(pair[1], 5.0)));
    assert!(grid.windows(2).all(|pair| answer(5.0, pair[0]) >= answer(5.0, pair[1])));
    assert!(answer(5.0, 0.0) > answer(5.0, 9.0));
    let refused = |monotone: &str, family| Plan::new(of(monotone).table(), family, &BTreeMap::new(), 1).unwrap_err();
    assert_eq!(refused("kind = \"increasing\"", None), PlanError::MonotoneColumn("kind".into()));
    assert_eq!(refused("price = \"increasing\"", None), PlanError::MonotoneColumn("price".into()));
    assert_eq!(refused("a = \"increasing\"", Some(Family::Linear)), PlanError::MonotoneFamily);
    let three = table(&csv((0..60).map(|n| (n as f32, 1.5, n / 20))), toml("a = \"increasing\""));
    let error = Plan::new(three.table(), None, &BTreeMap::new(), 1).unwrap_err();
    assert_eq!(error, PlanError::MonotoneLabels(3));
}

#[test]
fn training_ends_in_time_with_its_best_result() {
    let table = table(&numbers(3000), DatasetSettings { candidates: Some(1000), ..DatasetSettings::default() });
    let plan = plan(&table, None, 1);
    let started = Instant::now();
    let trained = evergreen_learning::train(&table, &plan, started + Duration::from_secs(3), &origin()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    let search = trained.search.as_ref().unwrap();
    assert!(search.cut_short && search.tried < search.planned, "{search:?}");
    assert!(regression(&trained).r2 > 0.5);
}

#[test]
fn without_any_time_training_still_gives_a_model() {
    let table = iris();
    let trained = evergreen_learning::train(&table, &plan(&table, None, 1), Instant::now(), &origin()).unwrap();
    assert!(trained.search.as_ref().unwrap().cut_short, "{:?}", trained.search);
    assert!(Model::load(&trained.artifact).is_ok());
}

#[test]
fn an_invalid_plan_is_named() {
    let plan = |family, name: &str, value: serde_json::Value| {
        let overrides = BTreeMap::from([(name.to_owned(), value)]);
        Plan::new(iris().table(), family, &overrides, 1).unwrap_err().to_string()
    };
    assert_eq!(plan(None, "n_estimators", 0.into()), "n_estimators is 0; expected a whole number from 1 to 1000");
    assert_eq!(plan(None, "max_depth", 2.5.into()), "max_depth is 2.5; expected a whole number from 1 to 100");
    assert_eq!(plan(None, "max_depth", "9".into()), "max_depth is \"9\"; expected a number from 1 to 100");
    assert_eq!(
        plan(Some(Family::Linear), "n_trees", 9.into()),
        "unknown hyperparameter \"n_trees\" of linear; expected one of alpha"
    );
}

#[test]
fn a_metric_for_another_task_is_refused() {
    let settings = DatasetSettings {
        primary_metric: Some(PrimaryMetric::Rmse),
        target: Some("y".into()),
        ..DatasetSettings::default()
    };
    let classes = table(&csv((0..40).map(|n| (n as f32, 1.5 + n as f32, n / 20))), settings);
    let error = Plan::new(classes.table(), None, &BTreeMap::new(), 1).unwrap_err();
    assert!(matches!(error, PlanError::Metric { .. }), "{error}");
}

#[test]
fn linear_models_do_not_support_row_weights() {
    let csv: String = (0..60).map(|n| format!("{n},{},{}\n", n % 3, ["no", "yes"][n / 30])).collect();
    let settings = DatasetSettings { weights: Some("w".into()), candidates: Some(1), ..DatasetSettings::default() };
    let table = table(&format!("a,w,y\n{csv}"), settings);
    let trained = train(&table, &plan(&table, None, 1));
    assert!(trained.warnings.iter().any(|warning| warning.contains("linear")), "{:?}", trained.warnings);
    assert!(trained.candidates.iter().all(|candidate| candidate.family != Family::Linear));
    let error = Plan::new(table.table(), Some(Family::Linear), &BTreeMap::new(), 1).unwrap_err();
    assert_eq!(error, PlanError::WeightedLinear);
}

#[test]
fn a_table_without_a_signal_gives_a_warning() {
    let rows = csv((0..80).map(|n| ((n * 7919 % 31) as f32, (n * 104_729 % 37) as f32, n % 2)));
    let table = table(&rows, DatasetSettings { candidates: Some(1), ..DatasetSettings::default() });
    let mut warned = 0;
    for seed in 0..6 {
        warned += usize::from(
            train(&table, &plan(&table, None, seed)).warnings.iter().any(|w| w.contains("a constant answer")),
        );
    }
    assert_eq!(warned, 6);
}

/// Trains a model with the settings `toml` on a table with rare positives: one row in a hundred is positive.
fn rare(toml: &str) -> Trained {
    // Two columns make a positive row more likely, but never certain.
    rare_with(&format!("candidates = 2\n{toml}"))
}

fn rare_with(toml: &str) -> Trained {
    let toml = format!("target = \"churned\"\n{toml}");
    let table = table(include_str!("cases/rare.csv"), DatasetSettings::parse(&toml).unwrap());
    train(&table, &plan(&table, None, 1))
}

/// Returns the recall of the positive class on the hold-out, and the probability threshold for a positive answer.
fn found(trained: &Trained) -> (f64, f64) {
    let figures = classification(trained);
    (figures.per_class[1].recall, figures.binary.as_ref().unwrap().threshold)
}

#[test]
fn a_rare_label_is_found_where_the_settings_ask_for_it() {
    let costs = "threshold = \"cost\"\ncosts = { false_positive = 1, false_negative = 100 }";
    for toml in ["threshold = \"f1\"", "threshold = \"balanced\"", "class_weights = \"balanced\"", costs] {
        let trained = rare(toml);
        let (recall, threshold) = found(&trained);
        assert!(recall > 0.5, "{toml}: {recall} at {threshold}: {:?}", classification(&trained).confusion);
        assert!(threshold < 0.5, "{toml}: {threshold}");
        assert_eq!(trained.model.threshold().map(f64::from), Some(threshold));
    }
}

#[test]
fn a_threshold_is_not_overfitted_to_a_few_rows() {
    let (recall, threshold) = found(&rare_with("threshold = \"f1\""));
    assert!(recall > 0.5, "{recall} at {threshold}");
}

#[test]
fn a_rarely_found_label_gives_a_warning_with_the_settings_that_help() {
    let trained = rare("");
    assert!(found(&trained).0 < 0.5, "{:?}", classification(&trained).confusion);
    let told = |warning: &String| {
        warning.contains("`threshold = \"f1\"`") && warning.contains("`class_weights = \"balanced\"`")
    };
    assert!(trained.warnings.iter().any(told), "{:?}", trained.warnings);
}

#[test]
fn no_probability_is_0_or_1() {
    for family in Family::ALL {
        let trained = train(&iris(), &plan(&iris(), Some(family), 42));
        let raw: Vec<f32> = (0..400).map(|n| (n * 37 % 80) as f32 / 10.0).collect();
        let answers = trained.model.predict(&raw).unwrap();
        let probabilities = answers.classes().unwrap().probabilities();
        assert!(probabilities.iter().all(|p| (1e-7..1.0 - 1e-7).contains(p)), "{family}: {probabilities:?}");
    }
}

#[test]
fn a_champion_of_an_earlier_table_is_scored_by_name() {
    let rows = || (0..60).map(|n| (2.0 * n as f32, (n % 7) as f32, n / 20));
    let settings = || DatasetSettings { candidates: Some(1), ..DatasetSettings::default() };
    let first = table(&csv(rows()), settings());
    let champion = train(&first, &plan(&first, Some(Family::RandomForest), 1)).model;
    let body: String = rows().map(|(a, b, label)| format!("{b},{}.5,{a},{label}\n", label * 3)).collect();
    let later = |header: &str, body: &str| {
        let later = table(&format!("{header}\n{body}"), settings());
        train(&later, &plan(&later, Some(Family::RandomForest), 1)).holdout
    };

    let reordered = later("b,new,a,y", &body);
    assert!(reordered.scores(&champion, PrimaryMetric::Accuracy).unwrap().score > 0.9);
    let renamed = later("b,new,c,y", &body);
    let error = renamed.scores(&champion, PrimaryMetric::Accuracy).unwrap_err();
    assert!(matches!(&error, EvaluationError::Frame(_)) && error.to_string().contains("\"a\""), "{error}");
    let relabelled = later("b,new,a,y", &body.replace(",2\n", ",3\n"));
    let known = relabelled.scores(&champion, PrimaryMetric::Accuracy).unwrap().score;
    assert!((0.5..=0.7).contains(&known), "a third of the rows has a label that it does not know: {known}");
    let renamed: String = rows().map(|(a, b, label)| format!("{b},{label}.5,{a},label {label}\n")).collect();
    let error = later("b,new,a,y", &renamed).scores(&champion, PrimaryMetric::Accuracy).unwrap_err();
    assert_eq!(error, EvaluationError::OtherLabels);
}

#[test]
fn the_settings_choose_the_families() {
    let families = vec![FamilyChoice::Family(Family::Linear), FamilyChoice::Family(Family::RandomForest)];
    let table = table(&numbers(60), DatasetSettings { families, ..DatasetSettings::default() });
    let plan = plan(&table, None, 1);
    assert_eq!(plan.families().collect::<Vec<_>>(), [Family::RandomForest, Family::Linear]);
}

#[test]
fn a_decision_tree_is_tried_where_it_is_named_and_nowhere_else() {
    let table = table(&numbers(60), DatasetSettings::default());
    assert_eq!(plan(&table, None, 1).families().collect::<Vec<_>>(), Family::AUTO);
    let event = plan(&table, Some(Family::DecisionTree), 1);
    assert_eq!(event.families().collect::<Vec<_>>(), [Family::DecisionTree]);
    let settings =
        DatasetSettings::parse("families = [\"decision_tree\"]\n[ranges.decision_tree]\nmax_depth = 3").unwrap();
    let table = self::table(&numbers(300), settings);
    let trained = train(&table, &plan(&table, None, 1));
    assert_eq!((trained.family, &trained.parameters["max_depth"]), (Family::DecisionTree, &3.into()));
    assert!(trained.candidates.iter().all(|candidate| candidate.family == Family::DecisionTree));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // `train` itself compares the predictions of the written artifact with those of the fitted model.
    /// Random tables have repeated and nearly equal values, missing values, and rare categories.
    #[test]
    fn any_table_trains_to_an_artifact_that_predicts_what_was_fitted(
        rows in prop::collection::vec((0..400_u32, -1e6..1e6_f32, 0..7_u32, 0..4_u32), 20..80),
        family in 0..Family::ALL.len(),
        seed in any::<u64>(),
    ) {
        let a = |steps: u32| f32::from_bits(1.0_f32.to_bits() + steps);
        let kind = |kind: u32| if kind == 6 { String::new() } else { format!("k{kind}") };
        let sure = [(1, 1.5, 0, 0), (1, 2.5, 0, 0), (2, 3.5, 0, 1), (3, 4.5, 0, 1)];
        let rows = rows.into_iter().chain(sure).map(|(steps, b, k, y)| format!("{},{b},{},{}\n", a(steps), kind(k), y % 2));
        let table = table(&format!("a,b,k,y\n{}", rows.collect::<String>()), DatasetSettings { candidates: Some(2), ..DatasetSettings::default() });
        let trained = train(&table, &plan(&table, Some(Family::ALL[family]), seed));
        prop_assert!((0.0..=1.0).contains(&classification(&trained).accuracy));
        prop_assert!(trained.importances.iter().all(|importance| *importance >= 0.0));
    }
}

#[test]
fn a_file_reads_into_the_table_that_is_trained_on() {
    let file = DataFile { name: "part.csv".into(), content: numbers(50).into_bytes() };
    let table = Table::read(vec![file], DatasetSettings::default(), "y", u64::MAX).unwrap();
    assert_eq!(table.rows(), 50);
}

/// Returns CSV text with three hundred different labels. Rows of one label are scattered around one point.
fn many_labels() -> String {
    let row = |row: usize| {
        let (label, noise) = (row % 300, |times: usize| ((row * times % 101) as f64 / 101.0 - 0.5) * 0.4);
        let (a, b) = ((label % 18) as f64 + noise(37), (label / 18) as f64 + noise(71));
        format!("{a:.3},{b:.3},label {label}\n")
    };
    "a,b,y\n".to_owned() + &(0..3000).map(row).collect::<String>()
}

#[test]
fn three_hundred_labels_are_classified_and_their_record_stays_small() {
    let settings =
        DatasetSettings::parse("candidates = 1\nfolds = 2\n[ranges.gradient_boosting]\nn_estimators = 10").unwrap();
    let table = table(&many_labels(), settings);
    let trained = train(&table, &plan(&table, None, 1));
    let figures = classification(&trained);
    assert!(figures.accuracy > 0.9, "{}", figures.accuracy);
    assert!(figures.confusion.is_empty() && figures.per_class.len() == 20, "{}", figures.per_class.len());
    assert_eq!(trained.model.signature().labels().len(), 300);
    let record = serde_json::to_vec(&trained.evaluation).unwrap();
    assert!(record.len() < 10_000, "{} bytes", record.len());
}

#[test]
fn a_watched_training_shows_its_search_and_gives_the_same_artifact() {
    let (table, watch) = (iris(), ProgressWatch::default());
    let plan = plan(&table, Some(Family::Linear), 7);
    let deadline = Instant::now() + Duration::from_secs(600);
    let watched = train_watched(&table, &plan, deadline, &origin(), &watch).unwrap();
    assert_eq!(watched.artifact, train(&table, &plan).artifact);
    let (seen, search) = (watch.now(), watched.search.unwrap());
    assert_eq!((seen.stage, seen.metric), (RunStage::Evaluating, Some(search.metric)));
    assert_eq!((seen.tried, seen.planned), (search.tried, search.planned));
    assert!(seen.best.is_some());
}

#[test]
fn the_curves_are_those_of_the_stored_metrics() {
    let table = iris();
    let trained = train(&table, &plan(&table, Some(Family::Linear), 7));
    let Curves::Classification(curves) = &trained.curves else { panic!("expected a classification") };
    let drawn: Vec<Label> = curves.roc.iter().map(|curve| curve.label.clone()).collect();
    assert_eq!(drawn, table.table().target().labels());
    assert_eq!(curves.calibration.iter().map(|bin| bin.rows).sum::<usize>(), trained.evaluation.rows());
}
