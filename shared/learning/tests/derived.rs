//! Tests of derived features: parts of dates, target encoding of columns with many different texts, and words of texts.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{plan, table, train};
use evergreen_learning::{Prepared, Trained, encode_rows};
use evergreen_lifecycle::{Column, ColumnKind, DatePart, Evaluation, Family};
use evergreen_table::DatasetSettings;

fn trained(csv: &str, settings: DatasetSettings) -> (Prepared, Trained) {
    let settings = DatasetSettings { candidates: Some(1), folds: Some(3), ..settings };
    let table = table(csv, settings);
    let trained = train(&table, &plan(&table, Some(Family::GradientBoosting), 1));
    (table, trained)
}

fn column<'a>(trained: &'a Trained, name: &str) -> Option<&'a Column> {
    trained.model.signature().columns().iter().find(|column| column.name == name)
}

/// Returns the model's hold-out accuracy for labels, or its R² for regression.
fn headline(trained: &Trained) -> f64 {
    trained.evaluation.headline()
}

/// Returns a pseudo-random number from 0 to 1 that is computed from `number`.
fn noise(number: u64) -> f64 {
    let bits = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns CSV text with the sales of each hour over a hundred days, in random order.
fn sales() -> String {
    // Sales are higher in the evening and at the weekend.
    let row = |number: u64| {
        let hours = (noise(number) * 2400.0) as u64;
        let (day, hour) = (hours / 24, hours % 24);
        let (month, first) = [(4, 90), (3, 59), (2, 31), (1, 0)].into_iter().find(|(_, first)| day >= *first).unwrap();
        let date = format!("2025-{month:02}-{:02}", day - first + 1);
        // The first day in the table is a Wednesday.
        let at_weekend = (day + 2) % 7 > 4;
        let sales = if at_weekend { 50.0 } else { 0.0 } + if hour > 17 { 80.0 } else { 0.0 } + noise(number + 9999);
        format!("{date} {hour:02}:00:00,{},{sales}\n", number % 2)
    };
    "at,promo,y\n".to_owned() + &(0..900).map(row).collect::<String>()
}

#[test]
fn sales_by_weekday_and_hour_are_predicted_from_a_date() {
    let (_, with) = trained(&sales(), DatasetSettings::default());
    let Some(Column { kind: ColumnKind::Timestamp { parts }, .. }) = column(&with, "at") else { panic!("no moment") };
    assert!([DatePart::Weekday, DatePart::Hour].iter().all(|part| parts.contains(part)), "{parts:?}");
    assert!(!parts.contains(&DatePart::Year), "it is the same in all rows");
    let (_, without) =
        trained(&sales(), DatasetSettings { derived_features: Some(false), ..DatasetSettings::default() });
    assert_eq!(column(&without, "at").unwrap().kind, ColumnKind::moment());
    assert!(headline(&with) > 0.95 && headline(&without) < 0.6, "{} {}", headline(&with), headline(&without));
    // The features made from a date (such as the hour) add their importance to the date's column.
    assert!(with.importances[0] > 0.9, "{:?}", with.importances);
}

#[test]
fn parts_without_information_are_left_out() {
    let row = |number: u64| {
        let day = 1 + (noise(number) * 27.0) as u64;
        format!("2025-03-{day:02},{},{}\n", number % 5, number % 5 * 2 + u64::from(noise(number + 77) > 0.5))
    };
    let (_, trained) =
        trained(&("at,x,y\n".to_owned() + &(0..400).map(row).collect::<String>()), DatasetSettings::default());
    assert_eq!(column(&trained, "at").unwrap().kind, ColumnKind::moment());
}

/// Returns CSV text with one row per customer. In half of the 200 districts, the customers leave the company.
fn districts() -> String {
    let row = |number: u64| {
        let district = (noise(number) * 200.0) as u64;
        let leaves = (noise(district + 5000) > 0.5) != (noise(number + 40_000) > 0.92);
        format!("D{district:03},{},{}\n", number % 7, if leaves { "yes" } else { "no" })
    };
    "district,x,y\n".to_owned() + &(0..1600).map(row).collect::<String>()
}

#[test]
fn many_categories_are_encoded_by_a_statistic_without_leaks_into_folds() {
    let (table, with) = trained(&districts(), DatasetSettings::default());
    let accuracy = headline(&with);
    assert!(accuracy > 0.82, "{accuracy}");
    // Target encoding must not use the targets of a fold's scored rows. Otherwise the cross-validation score would be
    // far better than the hold-out score.
    let search = with.search.as_ref().and_then(|search| search.score).unwrap();
    let Evaluation::Classification(figures) = &with.evaluation else { panic!("labels are classified") };
    let loss = figures.log_loss;
    assert!((search - loss).abs() < 0.06, "{search} {loss}");
    let Some(Column { kind: ColumnKind::Category { categories, rare }, .. }) = column(&with, "district") else {
        panic!("no category")
    };
    assert!(categories.len() + rare.len() > 190, "{} {}", categories.len(), rare.len());
    // For a district that has no training row, the model must be undecided.
    let raw = encode_rows(table.table().frame(), with.model.signature()).unwrap();
    let share = |code: f32| match with.model.predict(&[code, raw[1]]).unwrap() {
        evergreen_scoring::Predictions::Classes(classes) => classes.probabilities()[1],
        evergreen_scoring::Predictions::Numbers(_) => f32::NAN,
    };
    let unseen = share(categories.len() as f32);
    assert!((0.2..0.8).contains(&unseen), "{unseen}");
}

#[test]
fn categories_without_information_have_no_statistic() {
    let row = |number: u64| {
        let district = (noise(number) * 150.0) as u64;
        format!("D{district:03},{},{}\n", number % 7, u64::from(number % 7 > 3))
    };
    let csv = "district,x,y\n".to_owned() + &(0..1000).map(row).collect::<String>();
    let (_, trained) = trained(&csv, DatasetSettings::default());
    let Some(Column { kind: ColumnKind::Category { rare, .. }, .. }) = column(&trained, "district") else {
        panic!("no category")
    };
    assert!(rare.len() <= evergreen_learning::encode::MAX_RARE);
    assert!(!trained.artifact.windows(12).any(|window| window == b"LabelEncoder"));
}

fn reviews(decides: bool) -> String {
    let row = |number: u64| {
        let is_bad = noise(number) > 0.5;
        let word = if is_bad && decides { ["late", "broken"] } else { ["fast", "kind"] }[number as usize % 2];
        let y = if is_bad { "bad" } else { "good" };
        format!("the order {number} was {word},{},{y}\n", number % 3)
    };
    "review,stars,y\n".to_owned() + &(0..400).map(row).collect::<String>()
}

#[test]
fn the_words_of_a_text_are_features_if_they_help() {
    let (_, trained) = trained(&reviews(true), DatasetSettings::default());
    let Some(Column { kind: ColumnKind::Text { words }, .. }) = column(&trained, "review") else { panic!("no text") };
    assert_eq!(words, &["broken", "fast", "kind", "late"], "not those of all rows, and no number");
    assert!(headline(&trained) > 0.99);
    assert!(trained.warnings.iter().all(|warning| !warning.contains("review")), "{:?}", trained.warnings);
}

#[test]
fn a_text_without_information_is_left_out_with_a_warning() {
    let (_, trained) = trained(&reviews(false), DatasetSettings::default());
    assert_eq!(column(&trained, "review"), None);
    let warning =
        trained.warnings.iter().find(|warning| warning.contains("\"review\" holds texts and is not used for training"));
    assert!(warning.is_some_and(|warning| warning.contains("do not improve the model")), "{:?}", trained.warnings);
}

#[test]
fn a_single_text_column_is_enough() {
    let csv: String = reviews(true)
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", cells[0], cells[2])
        })
        .collect();
    assert!(headline(&trained(&csv, DatasetSettings::default()).1) > 0.99);
}

#[test]
fn missing_values_are_imputed_if_the_settings_say_so() {
    let (_, trained_) = trained(&districts(), DatasetSettings::default());
    assert!(trained_.model.signature().columns().iter().all(|column| !column.nullable));
    let (_, trained) = trained(&districts(), DatasetSettings { impute_missing: true, ..DatasetSettings::default() });
    assert!(trained.model.signature().columns().iter().all(|column| column.nullable));
    let answer = trained.model.predict(&[f32::NAN, f32::NAN]).unwrap();
    assert_eq!(answer.len(), 1);
    assert!(matches!(trained.evaluation, Evaluation::Classification(_)));
}
