use evergreen_lifecycle::Label;
use evergreen_table::{DataFile, DatasetSettings, MISSING, Target, iris};

use super::*;

fn classes(classes: &[u32]) -> Target {
    let labels = (0..=classes.iter().copied().max().unwrap_or_default()).map(|class| Label::Integer(class.into()));
    Target::Classes { labels: labels.collect(), classes: classes.to_vec() }
}

fn alone(values: Values, target: &Target) -> Option<LeakKind> {
    let rows: Vec<u32> = (0..target.len() as u32).collect();
    leak_kind(&values, &rows, target)
}

/// Returns the numbers 0 to 199, shuffled.
fn mixed() -> Vec<f32> {
    (0..200).map(|row| (row * 37 % 200) as f32).collect()
}

#[test]
fn a_missing_value_a_threshold_and_a_category_separate_classes() {
    let numbers = mixed();
    let target = classes(&numbers.iter().map(|number| u32::from(*number >= 120.0)).collect::<Vec<_>>());
    let moments = numbers.iter().map(|day| f64::from(*day) * 86_400.0).collect();
    assert_eq!(alone(Values::Timestamp(moments), &target), Some(LeakKind::Threshold));
    let holes = numbers.iter().map(|number| if *number >= 120.0 { 7.0 + number % 5.0 } else { f32::NAN }).collect();
    assert_eq!(alone(Values::Number(holes), &target), Some(LeakKind::Missing));
    let some = numbers.iter().map(|number| if *number >= 160.0 { number % 5.0 } else { f32::NAN }).collect();
    assert_eq!(alone(Values::Number(some), &target), Some(LeakKind::Missing), "who has a value is always of one class");
    let names = (0..10).map(|name| name.to_string()).collect();
    let codes = numbers.iter().map(|number| (*number / 20.0) as u32).collect();
    assert_eq!(alone(Values::Category { codes, names }, &target), Some(LeakKind::Value));
}

#[test]
fn a_helpful_column_is_not_a_leak() {
    let numbers = mixed();
    // One row in twenty has the other class.
    let noisy: Vec<u32> = numbers.iter().map(|n| u32::from((*n >= 120.0) != (n % 20.0 == 0.0))).collect();
    let target = classes(&noisy);
    assert_eq!(alone(Values::Number(numbers.clone()), &target), None);
    let codes = (0..200).map(|row| if row % 9 == 0 { MISSING } else { row }).collect();
    let names = (0..200).map(|name| name.to_string()).collect();
    assert_eq!(alone(Values::Category { codes, names }, &target), None, "each row has a text of its own");
    let holes = numbers.iter().map(|number| if number % 3.0 == 0.0 { f32::NAN } else { *number }).collect();
    assert_eq!(alone(Values::Number(holes), &target), None);
}

#[test]
fn a_near_copy_of_the_target_is_a_leak_and_a_correlated_number_is_not() {
    let numbers = mixed();
    let noise = |row: usize, size: f64| size * ((row * 71 % 199) as f64 / 199.0 - 0.5);
    let with = |size: f64| {
        Target::Numbers(numbers.iter().enumerate().map(|(row, n)| f64::from(*n).powi(2) + noise(row, size)).collect())
    };
    assert_eq!(alone(Values::Number(numbers.clone()), &with(100.0)), Some(LeakKind::Value));
    assert_eq!(alone(Values::Number(numbers.clone()), &with(10_000.0)), None);
    let holes = numbers.iter().map(|number| if *number < 100.0 { f32::NAN } else { 1.0 + number % 7.0 }).collect();
    let paid =
        Target::Numbers(numbers.iter().map(|n| if *n < 100.0 { 0.0 } else { 50.0 + f64::from(n % 9.0) }).collect());
    assert_eq!(alone(Values::Number(holes), &paid), Some(LeakKind::Missing));
}

#[test]
fn iris_gives_no_warning() {
    let table = Prepared::of(iris().unwrap()).unwrap();
    assert_eq!((leaks(&table), unordered(table.table()), ungrouped(table.table())), (vec![], None, None));
}

fn read(csv: String, settings: &str) -> Table {
    let file = DataFile { name: "part.csv".into(), content: csv.into_bytes() };
    Table::read(vec![file], DatasetSettings::parse(settings).unwrap(), "y", u64::MAX).unwrap()
}

#[test]
fn times_without_an_order_setting_give_a_hint_that_names_the_column() {
    let row = |n: usize| format!("{},2024-{:02}-{:02},{}\n", n * 7 % 31, 1 + n / 28 % 12, 1 + n % 28, n * 13 % 2);
    let csv = |name: &str| format!("x,{name},y\n{}", (0..60).map(row).collect::<String>());
    let hint = unordered(&read(csv("day"), "")).unwrap();
    assert!(hint.contains("order = \"day\""), "{hint}");
    assert_eq!(unordered(&read(csv("day"), "order = \"day\"")), None);
    assert_eq!(unordered(&read(csv("birth_date"), "")), None);
}

#[test]
fn the_first_of_many_leaks_are_named_and_the_others_counted() {
    let found = [
        ("a", LeakKind::Value),
        ("b", LeakKind::Missing),
        ("c", LeakKind::Value),
        ("d", LeakKind::Value),
        ("e", LeakKind::Value),
    ];
    let told = warnings(&found, Task::Regression, 9);
    assert_eq!(told.len(), 4);
    assert!(told[1].contains("drop = [\"b\"]") && told[3].starts_with("2 more columns"), "{told:?}");
    assert!(warnings(&[("a", LeakKind::Value)], Task::Regression, 1).is_empty(), "nothing else is there");
}
