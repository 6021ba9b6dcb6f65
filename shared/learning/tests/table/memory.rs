//! A table is refused before the process dies of it, however small its files are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use evergreen_learning::{LearningError, Origin, Plan, Settings, Table, train};
use evergreen_lifecycle::Family;

use super::{file, sound};

/// Ten columns of fifty categories each.
fn categories() -> String {
    let row = |n: usize| {
        let cells = (0..10).map(|column| format!("c{}", (n + n * column / 50) % 50)).collect::<Vec<_>>();
        format!("{},{}\n", cells.join(","), n % 2)
    };
    let header = (0..10).map(|column| format!("x{column},")).collect::<String>();
    (0..4000).map(row).fold(format!("{header}y\n"), |csv, row| csv + &row)
}

fn learn(csv: &str, memory: u64, family: Family) -> Result<(), LearningError> {
    let table = Table::read(vec![file("a.csv", csv)], Settings::default(), "y", memory).unwrap();
    let plan = Plan::new(&table, Some(family), &BTreeMap::new(), 0).unwrap();
    let deadline = Instant::now() + Duration::from_secs(2);
    train(&table, &plan, deadline, &Origin { model: "test".into(), code_version: "1".into() }).map(|_| ())
}

#[test]
fn a_table_that_its_categories_make_too_large_is_refused_with_its_size() {
    let message = learn(&categories(), 4 << 20, Family::RandomForest).unwrap_err().to_string();
    let expected = "learning from 3201 rows with 500 features needs about 9.7 MB of memory, 4.0 MB are allowed; expected a \
                    smaller table, or fewer columns or categories";
    assert_eq!(message, expected);
}

#[test]
fn linear_models_need_more() {
    let of = |family| learn(&categories(), 4 << 20, family).unwrap_err().to_string();
    assert!(of(Family::Linear).contains("needs about 21.9 MB"), "{}", of(Family::Linear));
    assert!(of(Family::GradientBoosting).contains("needs about 9.7 MB"));
}

#[test]
fn what_fits_is_learnt_from() {
    let csv = sound();
    assert!(learn(&csv, 1024, Family::RandomForest).is_ok());
    assert!(matches!(learn(&csv, 1023, Family::RandomForest), Err(LearningError::TooLarge(_))));
}
