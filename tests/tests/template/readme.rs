//! The README's table of parameters matches the template.

use std::collections::BTreeMap;

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
