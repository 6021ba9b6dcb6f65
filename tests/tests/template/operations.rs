//! Tests that the operator's guide explains every alarm and gives the parameter defaults of the template.

use std::collections::BTreeSet;

use crate::alarms::kinds;
use crate::document::{Template, file};

#[test]
fn every_alarm_has_a_section_and_every_section_an_alarm() {
    let guide = file("docs/OPERATIONS.md");
    let (_, alarms) = guide.split_once("\n## The alarms\n").expect("the guide has a section about alarms");
    let alarms = alarms.split("\n## ").next().unwrap_or_default();
    let sections: BTreeSet<_> =
        alarms.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    assert_eq!(sections, kinds(&Template::read()));
}

/// The test finds default values in the operator's guide by texts such as ``…within `DeadlineMinutes` (60)…``.
#[test]
fn every_default_in_the_documents_is_that_of_the_template() {
    let guide = file("docs/OPERATIONS.md");
    let mut told = 0;
    for (parameter, default) in Template::read().parameters() {
        for after in guide.split(&format!("`{parameter}` (")).skip(1) {
            assert_eq!(after.split(')').next(), Some(default.as_str()), "{parameter}");
            told += 1;
        }
    }
    assert!(told > 0, "the guide names no default");
}
