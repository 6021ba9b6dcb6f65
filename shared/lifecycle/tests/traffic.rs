//! The rule for missing requests over ten simulated years of different stacks.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "../examples/traffic/stacks.rs"]
mod stacks;

use stacks::{KINDS, StackYears};

/// Quiet nights, weekends, holidays, bursts, changed clocks, jobs and persons: at most one false mail in ten years.
#[test]
fn no_stack_gets_more_than_one_false_mail_in_ten_years() {
    let found: Vec<_> = KINDS.into_iter().map(|kind| (kind.name, StackYears::of(kind, 7).false_alarms())).collect();
    let total: usize = found.iter().map(|(_, false_alarms)| false_alarms).sum();
    assert!(total <= 1, "{found:#?}");
}

#[test]
fn an_end_is_found_within_hours_if_many_requests_come_and_never_if_hardly_any_do() {
    let days = |name: &str| {
        let kind = KINDS.into_iter().find(|kind| kind.name.starts_with(name)).unwrap();
        StackYears::of(kind, 8).hours_until_gone().map(|hours| hours / 24.0)
    };
    assert!(days("at any time, 300").unwrap() < 0.1);
    assert!(days("fewer at night").unwrap() < 0.3);
    assert!(days("only in office hours").unwrap() < 8.0);
    assert!(days("a job every day").unwrap() < 7.0);
    assert_eq!((days("a job every week"), days("a person now and then")), (None, None));
}
