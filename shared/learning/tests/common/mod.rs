//! Test helpers that make tables and training plans.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use evergreen_learning::{Origin, Plan, Prepared, Trained};
use evergreen_lifecycle::{Family, Parameters};
use evergreen_table::{DataFile, DatasetSettings, Table};

pub fn origin() -> Origin {
    Origin { model: "test".into(), code_version: "1.2.3".into() }
}

/// Reads a table from CSV text with the target column `y`, and prepares it for training.
pub fn table(csv: &str, settings: DatasetSettings) -> Prepared {
    let file = DataFile { name: "part.csv".into(), content: csv.as_bytes().to_vec() };
    Prepared::of(Table::read(vec![file], settings, "y", u64::MAX).unwrap()).unwrap()
}

pub fn iris() -> Prepared {
    Prepared::of(evergreen_table::iris().unwrap()).unwrap()
}

/// Returns CSV text with one line for each item of `rows`: two numbers and a label.
pub fn csv(rows: impl IntoIterator<Item = (f32, f32, usize)>) -> String {
    rows.into_iter().map(|(a, b, label)| format!("{a},{b},{label}\n")).fold("a,b,y\n".to_owned(), |csv, row| csv + &row)
}

pub fn plan(table: &Prepared, family: Option<Family>, seed: u64) -> Plan {
    Plan::new(table.table(), family, &BTreeMap::new(), seed).unwrap()
}

pub fn fixed(values: &[(&str, i64)]) -> Parameters {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

/// Trains a model without time pressure: the deadline is so late that it has no effect.
pub fn train(table: &Prepared, plan: &Plan) -> Trained {
    evergreen_learning::train(table, plan, Instant::now() + Duration::from_secs(600), &origin()).unwrap()
}
