//! Tables and plans for tests.

#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use evergreen_learning::{DataFile, Origin, Plan, Settings, Table, Trained};
use evergreen_lifecycle::{Family, Parameters};

pub fn origin() -> Origin {
    Origin { model: "test".into(), code_version: "1.2.3".into() }
}

/// A table from a CSV whose target is `y`.
pub fn table(csv: &str, settings: Settings) -> Table {
    let file = DataFile { name: "part.csv".into(), content: csv.as_bytes().to_vec() };
    Table::read(vec![file], settings, "y", u64::MAX).unwrap()
}

/// Two columns and a label.
pub fn csv(rows: impl IntoIterator<Item = (f32, f32, usize)>) -> String {
    rows.into_iter().map(|(a, b, label)| format!("{a},{b},{label}\n")).fold("a,b,y\n".to_owned(), |csv, row| csv + &row)
}

pub fn plan(table: &Table, family: Option<Family>, seed: u64) -> Plan {
    Plan::new(table, family, &BTreeMap::new(), seed).unwrap()
}

pub fn fixed(values: &[(&str, i64)]) -> Parameters {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
}

/// With time enough.
pub fn train(table: &Table, plan: &Plan) -> Trained {
    evergreen_learning::train(table, plan, Instant::now() + Duration::from_secs(600), &origin()).unwrap()
}
