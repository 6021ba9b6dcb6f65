//! Tests that models are evaluated honestly: folds keep rows together that reveal each other's target, prediction
//! intervals contain as many rows as promised, and warnings appear.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{iris, plan, table, train};
use evergreen_learning::{Prepared, Trained, encode_rows};
use evergreen_lifecycle::{Evaluation, Family, RegressionEvaluation};
use evergreen_table::{DatasetSettings, Target};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Returns a random number from 0 to 1, evenly distributed.
    fn even(&mut self) -> f64 {
        self.0.random()
    }

    /// Returns a normally distributed random number with mean 0 and standard deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

fn quick(toml: &str) -> DatasetSettings {
    DatasetSettings { candidates: Some(1), ..DatasetSettings::parse(toml).unwrap() }
}

fn regression(trained: &Trained) -> &RegressionEvaluation {
    match &trained.evaluation {
        Evaluation::Regression(figures) => figures,
        Evaluation::Classification(_) => unreachable!("the table has numbers"),
    }
}

/// Returns the lower and the upper end of the prediction interval for each hold-out row.
fn ends(trained: &Trained) -> Vec<(f32, f32)> {
    let raw = encode_rows(trained.holdout.frame(), trained.model.signature()).unwrap();
    trained.model.predict(&raw).unwrap().numbers().unwrap().intervals().unwrap().to_vec()
}

fn warned(trained: &Trained, part: &str) -> bool {
    trained.warnings.iter().any(|warning| warning.contains(part))
}

#[test]
fn equal_rows_are_on_one_side_of_folds_so_that_cross_validation_and_holdout_agree() {
    // The table has every row five times, and the target does not depend on the columns.
    let mut draw = Draw::new(1);
    let rows: String =
        (0..150).map(|_| format!("{:.4},{:.4},{:.4}\n", draw.even(), draw.even(), draw.normal()).repeat(5)).collect();
    let table = table(&format!("a,b,y\n{rows}"), quick(""));
    let trained = train(&table, &plan(&table, Some(Family::RandomForest), 1));
    let validated = trained.search.as_ref().unwrap().score.unwrap();
    assert!(validated < 0.1 && regression(&trained).r2 < 0.1, "{validated}, {:?}", trained.evaluation);
    assert!(!warned(&trained, "cross-validation"), "{:?}", trained.warnings);
}

/// Returns a table whose target is a price computed from two columns, plus a random error in proportion to the price.
fn prices(rows: usize) -> Prepared {
    let mut draw = Draw::new(2);
    let mut row = || {
        let (size, age) = (draw.even(), draw.even());
        let price = (3.0 * size + age + 2.0).exp() * (0.3 * draw.normal()).exp();
        format!("{size:.4},{age:.4},{price:.2}\n")
    };
    table(&format!("size,age,y\n{}", (0..rows).map(|_| row()).collect::<String>()), quick(""))
}

#[test]
fn intervals_hold_nine_in_ten_of_every_fifth_of_the_predictions() {
    let table = prices(4000);
    for family in [Family::RandomForest, Family::GradientBoosting] {
        let trained = train(&table, &plan(&table, Some(family), 1));
        let interval = regression(&trained).interval;
        let fifths = interval.by_fifth.unwrap();
        assert!((0.87..0.95).contains(&interval.coverage), "{family}: {interval:?}");
        assert!(fifths.iter().all(|share| (0.83..=0.97).contains(share)), "{family}: {interval:?}");
        assert!(trained.warnings.is_empty(), "{family}: {:?}", trained.warnings);
    }
}

#[test]
fn no_interval_of_a_price_goes_below_0() {
    let table = prices(600);
    for family in Family::ALL {
        let trained = train(&table, &plan(&table, Some(family), 1));
        assert!(ends(&trained).iter().all(|(lower, upper)| *lower >= 0.0 && lower <= upper), "{family}");
    }
}

#[test]
fn intervals_are_wide_where_a_row_is_hard_to_predict() {
    // The size of the target's random error depends on a column that otherwise has no influence on the target.
    let mut draw = Draw::new(3);
    let mut row = || {
        let (a, b) = (draw.even(), draw.even());
        format!("{a:.4},{b:.4},{:.4}\n", 10.0 * a + (0.1 + 3.0 * b) * draw.normal())
    };
    let csv = format!("a,b,y\n{}", (0..3000).map(|_| row()).collect::<String>());
    let table = table(&csv, quick(""));
    for family in [Family::Linear, Family::GradientBoosting] {
        let trained = train(&table, &plan(&table, Some(family), 1));
        let raw = encode_rows(trained.holdout.frame(), trained.model.signature()).unwrap();
        let Target::Numbers(truth) = trained.holdout.target() else { unreachable!() };
        let rows: Vec<(f32, f32, bool)> = raw
            .chunks(2)
            .zip(ends(&trained))
            .zip(truth)
            .map(|((row, (lower, upper)), y)| {
                (row[1], upper - lower, (f64::from(lower)..=f64::from(upper)).contains(y))
            })
            .collect();
        let of = |holds: fn(f32) -> bool| rows.iter().filter(move |row| holds(row.0));
        let width = |holds| of(holds).map(|row| row.1).sum::<f32>() / of(holds).count() as f32;
        let (easy, hard) = (width(|b| b < 0.2), width(|b| b > 0.8));
        assert!(hard > 3.0 * easy, "{family}: {easy} and {hard}");
        for holds in [(|b| b < 0.33) as fn(f32) -> bool, |b| (0.33..0.67).contains(&b), |b| b >= 0.67] {
            let coverage = of(holds).filter(|row| row.2).count() as f64 / of(holds).count() as f64;
            assert!((0.82..=0.98).contains(&coverage), "{family}: {coverage}");
        }
    }
}

#[test]
fn the_coverage_of_the_newest_rows_is_checked_for_data_in_time() {
    for seed in 0..4 {
        let mut draw = Draw::new(10 + seed);
        let mut y = 0.0;
        let mut row = |day: usize| {
            y += draw.normal();
            format!("{day},{},{:.3},{y:.3}\n", day, draw.normal())
        };
        let csv = format!("day,t,noise,y\n{}", (0..700).map(&mut row).collect::<String>());
        let table = table(&csv, quick("order = \"day\"\ntypes.t = \"number\""));
        let trained = train(&table, &plan(&table, Some(Family::RandomForest), 1));
        let interval = regression(&trained).interval;
        assert!(!warned(&trained, "\"t\""), "a column that counts the days is no leak: {:?}", trained.warnings);
        assert!(
            interval.coverage > 0.84 || warned(&trained, "should contain 90 %"),
            "{interval:?} {:?}",
            trained.warnings
        );
    }
}

#[test]
fn a_partly_filled_date_that_reveals_the_target_gives_a_warning() {
    let row = |n: usize| {
        let (gone, left) = if n * 29 % 50 < 20 { ("yes", "2024-05-01") } else { ("no", "") };
        format!("{},{},{gone},{left}\n", 20 + n * 37 % 50, n * 53 % 97)
    };
    let csv = format!("age,fee,y,left_at\n{}", (0..200).map(row).collect::<String>());
    let table = table(&csv, quick(""));
    let trained = train(&table, &plan(&table, Some(Family::GradientBoosting), 1));
    let told = trained
        .warnings
        .iter()
        .chain(&table.table().profile().warnings)
        .filter(|warning| warning.contains("\"left_at\"") && warning.contains("reveals the target"));
    assert_eq!(told.count(), 1, "{:?} {:?}", trained.warnings, table.table().profile().warnings);
    assert!(
        table.table().profile().warnings.iter().chain(&trained.warnings).all(|warning| !warning.contains("\"age\""))
    );
}

#[test]
fn ordinary_tables_give_no_warning() {
    let table = iris();
    for family in Family::ALL {
        let trained = train(&table, &plan(&table, Some(family), 42));
        assert!(trained.warnings.is_empty(), "{family}: {:?}", trained.warnings);
    }
}

/// Returns a table of forty patients with twenty rows each. The target is whether the patient is ill.
fn patients(settings: &str) -> Prepared {
    // No column shows the illness, but the column `habit` identifies the patient.
    let mut draw = Draw::new(5);
    let habits: Vec<f64> = (0..40).map(|_| draw.normal()).collect();
    let row = |n: usize, draw: &mut Draw| {
        let patient = n * 7 % 40;
        let ill = if (patient * 13 + 5) % 40 < 20 { "ill" } else { "well" };
        format!("{:.3},{},P{patient:02},{ill}\n", habits[patient] + 0.02 * draw.normal(), 1 + n % 9)
    };
    let csv: String = (0..800).map(|n| row(n, &mut draw)).collect();
    table(&format!("habit,visit,patient,y\n{csv}"), quick(settings))
}

#[test]
fn rows_of_a_group_are_on_one_side_of_every_split() {
    let accuracy = |trained: &Trained| trained.evaluation.headline();
    let parted = patients("types.patient = \"category\"");
    let trained = train(&parted, &plan(&parted, Some(Family::RandomForest), 1));
    assert!(accuracy(&trained) > 0.9, "a patient who is known is recognised: {:?}", trained.evaluation);
    assert!(warned(&trained, "group = \"patient\""), "{:?}", trained.warnings);

    let whole = patients("group = \"patient\"");
    assert!(whole.table().frame().column("patient").is_none());
    assert!(whole.profile().holdout_rule.contains("\"patient\""));
    let held: Vec<u64> =
        whole.split().holdout.iter().map(|row| whole.table().groups().unwrap()[*row as usize]).collect();
    assert!(whole.split().training.iter().all(|row| !held.contains(&whole.table().groups().unwrap()[*row as usize])));
    let trained = train(&whole, &plan(&whole, Some(Family::RandomForest), 1));
    let validated = &trained.candidates[0].scores;
    let validated = validated.iter().sum::<f64>() / validated.len() as f64;
    // The cross-validation score is a log loss. A model that has learned nothing has a log loss of 0.69.
    assert!(accuracy(&trained) < 0.8 && validated > 0.5, "{validated} {:?}", trained.evaluation);
    assert!(!warned(&trained, "group ="), "{:?}", trained.warnings);
}

#[test]
fn the_same_table_and_plan_make_the_same_artifact_with_groups_and_with_an_order() {
    for settings in ["group = \"patient\"", "order = \"visit\"\ngroup = \"patient\""] {
        let table = patients(settings);
        let make = || train(&table, &plan(&table, Some(Family::GradientBoosting), 1)).artifact;
        assert_eq!(make(), make(), "{settings}");
    }
}
