//! Tests that the README's table of parameters matches the template.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Template, file};

#[test]
fn every_parameter_stands_in_the_table_with_its_default_and_its_description() {
    let readme = file("README.md");
    let (_, table) = readme.split_once("\n| Parameter | Default | |\n").expect("the README has a table of parameters");
    let rows = table.split("\n\n").next().unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    let told: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').splitn(3, '|').map(str::trim).collect();
            (cells[0].trim_matches('`').to_owned(), (cells[1].to_owned(), cells[2].to_owned()))
        })
        .collect();
    let template = Template::read();
    let parameters = template.described_parameters().into_iter();
    let expected: BTreeMap<_, _> = parameters
        .map(|(name, default, description)| {
            let default = match default.as_deref() {
                None => "(required)".to_owned(),
                Some("") => "(empty)".to_owned(),
                Some(default) => format!("`{default}`"),
            };
            (name.to_owned(), (default, description))
        })
        .collect();
    assert_eq!(told, expected);
}

/// Returns the names of the metrics, and then of the alarms, in the README's table of metrics.
pub fn watched() -> (BTreeSet<String>, BTreeSet<String>) {
    let readme = file("README.md");
    let (_, section) = readme.split_once("\n## Watch\n").expect("the README has a section about watching");
    let rows = section.split("\n## ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    let mut found = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let (metrics, alarms) = row.trim_matches('|').split_once('|').expect("a row has two cells");
        found.0.extend(in_backticks(metrics));
        found.1.extend(in_backticks(alarms));
    }
    found
}

/// Returns the parts of a text that are between backticks.
fn in_backticks(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}
