//! Tests that training works on realistic files. Each file needs no settings, or only one setting for its special
//! property.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{plan, train};
use evergreen_learning::{Prepared, Trained};
use evergreen_lifecycle::Evaluation;
use evergreen_table::{DataFile, DatasetSettings, Table};

/// Trains a model on a file of the folder `cases/`, with two hyperparameter candidates per model family.
fn trained(name: &str, settings: &str) -> (Prepared, Trained) {
    // `settings` is the text of `dataset.toml`, which starts with the name of the target.
    let content = std::fs::read(format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let settings = DatasetSettings::parse(&format!("candidates = 2\ntarget = {settings}")).unwrap();
    let target = settings.target.clone().unwrap();
    let file = DataFile { name: name.to_owned(), content };
    let prepared = Prepared::of(Table::read(vec![file], settings, &target, u64::MAX).unwrap()).unwrap();
    let trained = train(&prepared, &plan(&prepared, None, 1));
    (prepared, trained)
}

/// Returns the model's hold-out accuracy for labels, or its R² for regression.
fn headline(name: &str, settings: &str) -> f64 {
    trained(name, settings).1.evaluation.headline()
}

fn is_warned(trained: &Trained, part: &str) -> bool {
    trained.warnings.iter().any(|warning| warning.contains(part))
}

#[test]
fn sales_by_weekday_and_hour_are_explained_as_well_as_by_these_columns() {
    let (from_date, by_hand) =
        (headline("weekday-hour.csv", "\"sales\""), headline("weekday-hour-by-hand.csv", "\"sales\""));
    assert!(by_hand > 0.95 && from_date > by_hand - 0.02, "{from_date} {by_hand}");
}

#[test]
fn hundreds_of_postcodes_are_a_useful_column() {
    let accuracy = headline("high-cardinality.csv", "\"churned\"");
    assert!(accuracy > 0.84, "{accuracy}");
}

#[test]
fn reviews_are_encoded_by_their_words() {
    let accuracy = headline("text-reviews.csv", "\"y\"");
    assert!(accuracy > 0.9, "{accuracy}");
}

#[test]
fn repeated_rows_stay_together_so_that_folds_and_holdout_agree() {
    let (_, trained) = trained("duplicates.csv", "\"y\"");
    let validated = trained.search.unwrap().score.unwrap();
    let held = trained.evaluation.headline();
    assert!((validated - held).abs() < 0.25, "{validated} {held}");
}

#[test]
fn patients_stay_on_one_side_as_a_group_and_give_a_warning_otherwise() {
    let (_, apart) = trained("groups.csv", "\"y\"");
    assert!(is_warned(&apart, "group = \"patient\""), "{:?}", apart.warnings);
    let (prepared, together) = trained("groups.csv", "\"y\"\ngroup = \"patient\"");
    let group = |row: &u32| prepared.table().groups().unwrap()[*row as usize];
    let held: Vec<u64> = prepared.split().holdout.iter().map(group).collect();
    assert!(prepared.split().training.iter().all(|row| !held.contains(&group(row))));
    assert!(!is_warned(&together, "group ="), "{:?}", together.warnings);
}

#[test]
fn a_column_filled_only_for_one_label_gives_a_warning() {
    let (prepared, trained) = trained("leak-hole.csv", "\"churned\"");
    let warnings = [prepared.profile().warnings.clone(), trained.warnings].concat();
    let leak = |warning: &String| warning.contains("\"churned_at\"") && warning.contains("target");
    assert_eq!(warnings.iter().filter(|warning| leak(warning)).count(), 1, "{warnings:?}");
}

#[test]
fn a_trend_is_judged_on_newer_rows_and_the_coverage_of_its_intervals_is_reported() {
    let (_, trained) = trained("random-walk.csv", "\"y\"\norder = \"day\"");
    let Evaluation::Regression(figures) = &trained.evaluation else { panic!("numbers are estimated") };
    let coverage = figures.interval.coverage;
    assert!(coverage >= 0.85 || is_warned(&trained, "interval"), "{coverage}: {:?}", trained.warnings);
}
