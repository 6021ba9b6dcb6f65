//! Tests which records of training runs are deleted, and when.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::KeepDays;
use evergreen_testkit::{finished_run, moment, run, version};
use jiff::SignedDuration;

const START: &str = "2026-11-24T03:00:00Z";

#[test]
fn failed_and_refused_runs_expire_after_the_given_days() {
    let days = KeepDays::new(30).unwrap();
    let start = moment(START);
    let failed = run("7", start).failed("no such column".into(), None, start + SignedDuration::from_mins(3));
    assert_eq!(days.expires_at(&failed), Some(moment("2026-12-24T03:03:00Z")));
    let refused = finished_run("7", start, &version(3, 0.5, start));
    let at = days.expires_at(&refused).unwrap();
    assert_eq!(at, refused.finished_at().unwrap() + SignedDuration::from_hours(720));
}

#[test]
fn promoted_and_running_versions_are_kept() {
    let days = KeepDays::new(30).unwrap();
    let start = moment(START);
    assert_eq!(days.expires_at(&run("7", start)), None);
    assert_eq!(days.expires_at(&finished_run("7", start, &version(3, 0.97, start))), None);
}

#[test]
fn without_days_records_are_kept_for_ever() {
    assert_eq!(KeepDays::new(0), None);
}
