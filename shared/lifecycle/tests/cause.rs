//! Tests of the likely cause of an alarm: every claim needs its evidence.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_lifecycle::cause::{CauseEvidence, CauseSubject, LikelyCause};
use evergreen_lifecycle::{Champion, Dataset, Run};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const SUBJECTS: [CauseSubject; 4] =
    [CauseSubject::Quality, CauseSubject::Training, CauseSubject::Serving, CauseSubject::Other];

fn raised() -> Timestamp {
    moment("2026-11-24T08:00:00Z")
}

fn ago(hours: i64) -> Timestamp {
    raised() - SignedDuration::from_hours(hours)
}

fn trained(hours: i64, rows: usize, code: &str) -> Run {
    let version = version(1, 0.9, ago(hours));
    let run = finished_run(&format!("h{hours}"), ago(hours), &version);
    let dataset = run.dataset.clone().map(|dataset| Dataset { rows, ..dataset });
    Run { dataset, code_version: code.to_owned(), ..run }
}

fn promoted(hours: i64) -> Champion {
    let first = champion(version(6, 0.93, ago(100)));
    Champion::succeeding(Some(&first), version(7, 0.9, ago(hours)), ago(hours))
}

fn told(subject: CauseSubject, evidence: &CauseEvidence<'_>) -> Option<String> {
    LikelyCause::likely(subject, evidence, raised()).map(|cause| cause.to_string())
}

#[test]
fn a_new_champion_explains_bad_answers() {
    let champion = promoted(3);
    let evidence = CauseEvidence { champion: Some(&champion), ..CauseEvidence::default() };
    let sentence = "version 7 became the champion on Tue 24 Nov 2026, 05:00 UTC.";
    assert_eq!(told(CauseSubject::Serving, &evidence).as_deref(), Some(sentence));
    assert_eq!(told(CauseSubject::Quality, &evidence).as_deref(), Some(sentence));
    assert_eq!(told(CauseSubject::Training, &evidence), None);
    let old = promoted(25);
    assert_eq!(told(CauseSubject::Serving, &CauseEvidence { champion: Some(&old), ..evidence }), None);
}

#[test]
fn other_data_or_other_code_explain_the_newest_run() {
    let shrunk = [trained(2, 90, "a"), trained(26, 150, "a")];
    let evidence = CauseEvidence { runs: &shrunk, ..CauseEvidence::default() };
    let sentence = told(CauseSubject::Quality, &evidence).unwrap();
    assert_eq!(sentence, "the data set has changed. Run manual-h2 read 90 rows; the run before read 150.");
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let with = |hours, names: &[&str]| {
        let run = trained(hours, 150, "a");
        let dataset = run.dataset.clone().map(|dataset| Dataset { columns: columns(names), ..dataset });
        Run { dataset, ..run }
    };
    let renamed = [with(2, &["a", "fee_eur"]), with(26, &["a", "fee", "b", "c", "d"])];
    let sentence = told(CauseSubject::Quality, &CauseEvidence { runs: &renamed, ..CauseEvidence::default() }).unwrap();
    assert!(sentence.ends_with("Gone columns: fee, b, c and 1 more. New columns: fee_eur."), "{sentence}");
    let released = [trained(2, 150, "b2"), trained(26, 150, "a1")];
    let evidence = CauseEvidence { runs: &released, ..CauseEvidence::default() };
    assert_eq!(
        told(CauseSubject::Training, &evidence).as_deref(),
        Some("the code has changed. Run manual-h2 had the code version b2; the run before had a1.")
    );
    let same = [trained(2, 151, "a"), trained(26, 150, "a")];
    for subject in SUBJECTS {
        assert_eq!(told(subject, &CauseEvidence { runs: &same, ..CauseEvidence::default() }), None);
    }
}

#[test]
fn drift_comes_with_its_sentence() {
    let evidence = CauseEvidence { drift: Some("age is higher in 900 rows."), ..CauseEvidence::default() };
    let sentence = "the served rows have changed. age is higher in 900 rows.";
    assert_eq!(told(CauseSubject::Quality, &evidence).as_deref(), Some(sentence));
}

#[test]
fn many_more_or_fewer_requests_are_named_with_both_numbers() {
    let with = |now: f64| [100.0, 120.0, 90.0, now];
    let told = |requests: &[f64]| told(CauseSubject::Serving, &CauseEvidence { requests, ..CauseEvidence::default() });
    let more = "the prediction API gets more requests: 900 in the last hour, usually 100.";
    assert_eq!(told(&with(900.0)).as_deref(), Some(more));
    let fewer = "the prediction API gets fewer requests: 2 in the last hour, usually 100.";
    assert_eq!(told(&with(2.0)).as_deref(), Some(fewer));
    assert_eq!(told(&with(200.0)), None);
    assert_eq!(told(&[1.0, 1.0, 9.0]), None, "too few to say");
}

#[test]
fn a_schedule_that_does_not_run_is_named() {
    let runs = [run("old", ago(50))];
    let evidence = CauseEvidence { runs: &runs, ..CauseEvidence::default() };
    let sentence = "no run has started since Sun 22 Nov 2026, 06:00 UTC.";
    assert_eq!(told(CauseSubject::Training, &evidence).as_deref(), Some(sentence));
}

proptest! {
    #[test]
    fn no_cause_is_claimed_without_its_evidence(
        subject in 0usize..4,
        newest in 0i64..60,
        rows in 1usize..400,
        code in "[ab]?",
        promoted_at in proptest::option::of(0i64..60),
        is_drifted: bool,
        requests in proptest::collection::vec(0.0f64..1000.0, 0..6),
    ) {
        let runs = [trained(newest, rows, &code), trained(61, 150, "a")];
        let champion = promoted_at.map(promoted);
        let drift = is_drifted.then_some("a is higher.");
        let evidence = CauseEvidence { runs: &runs, champion: champion.as_ref(), drift, requests: &requests };
        match LikelyCause::likely(SUBJECTS[subject], &evidence, raised()) {
            None => {}
            Some(LikelyCause::NewChampion { .. }) => prop_assert!(promoted_at.is_some_and(|hours| hours <= 24)),
            Some(LikelyCause::DataChanged { rows: (before, now), .. }) => {
                prop_assert!(newest <= 24 && before == 150 && now == rows && rows.abs_diff(150) >= 30);
            }
            Some(LikelyCause::RowsDrifted(_)) => prop_assert!(is_drifted),
            Some(LikelyCause::CodeChanged { from, to, .. }) => prop_assert!(newest <= 24 && from != to && to == code),
            Some(LikelyCause::TrafficChanged { now, .. }) => prop_assert_eq!(requests.last(), Some(&now)),
            Some(LikelyCause::NothingArrived { since }) => prop_assert!(newest > 24 && since == ago(newest)),
        }
        prop_assert!(LikelyCause::likely(SUBJECTS[subject], &CauseEvidence::default(), raised()).is_none());
    }
}
