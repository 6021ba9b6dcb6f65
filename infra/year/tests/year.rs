//! A short version of `make year`: a few years with every kind of incident, and quiet years.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use evergreen_year::{
    AlarmRule, IncidentKind, MOST_MAILS, RecordedYear, ReportedIncident, StackSettings, StackTemplate, YearOutcome,
    YearPlan, has_rule, simulate, years,
};

/// Test helper: returns the deployed template with one changed property, its rules and its settings.
fn changed(change: Option<(&str, &str, serde_json::Value)>) -> (Vec<AlarmRule>, StackSettings) {
    let mut template = StackTemplate::parse(include_str!("../../../template.yaml")).unwrap();
    if let Some((alarm, property, value)) = change {
        template.set(alarm, property, value).unwrap();
    }
    (AlarmRule::all(&template).unwrap(), StackSettings::read(&template).unwrap())
}

fn deployed() -> (Vec<AlarmRule>, StackSettings) {
    changed(None)
}

/// Test helper: returns what was reported about one kind of incident.
fn reported(outcome: &YearOutcome, kind: IncidentKind) -> &ReportedIncident {
    outcome.incidents.iter().find(|reported| reported.incident.kind == kind).unwrap()
}

#[test]
fn every_incident_with_a_rule_is_reported_in_time_and_once() {
    let (rules, settings) = deployed();
    let mut loud = Vec::new();
    for seed in [11, 12] {
        let year = simulate(&YearPlan::eventful(&settings, seed), &rules).unwrap();
        let outcome = YearOutcome::of(&year, &rules).unwrap();
        assert_eq!(outcome.incidents.len(), IncidentKind::ALL.len());
        for reported in outcome.incidents.iter().filter(|reported| has_rule(reported.incident.kind, &rules)) {
            let kind = reported.incident.kind.name();
            assert!(reported.is_reported_in_time(), "{kind} in the year {seed}: {reported:#?}");
            // A mute also holds the mail about the end, if the alarm is OK for a moment while it is muted.
            let is_muted = reported.incident.kind == IncidentKind::AlarmMuted;
            assert!(is_muted || reported.is_reported_to_be_over(), "{kind} in the year {seed}: {reported:#?}");
            // A mail that bounces is a second incident: SNS reports its begin and its end.
            let most = MOST_MAILS + if reported.incident.kind == IncidentKind::MailBounces { 2 } else { 0 };
            if reported.mails.len() > most {
                loud.push((seed, kind, reported.mails.len()));
            }
        }
        assert_eq!(outcome.false_mails, [], "in the year {seed}");
    }
    // An alarm that is OK for a few minutes begins another incident, and a graver alarm has a mail of its own.
    assert!(loud.len() <= 3, "more than two mails: {loud:?}");
}

#[test]
fn an_incident_is_reported_by_the_alarm_that_is_about_it() {
    let (rules, settings) = deployed();
    let year = simulate(&YearPlan::eventful(&settings, 21), &rules).unwrap();
    let outcome = YearOutcome::of(&year, &rules).unwrap();
    let first =
        |kind| reported(&outcome, kind).first_mail().map(|mail| (mail.alarm.as_str(), mail.is_from_sns)).unwrap();
    assert_eq!(first(IncidentKind::TrainingFails), ("training-failed", false));
    assert_eq!(first(IncidentKind::ScheduleDeleted), ("deadline-missed", false));
    assert_eq!(first(IncidentKind::SchedulePaused), ("champion-too-old", false));
    assert_eq!(first(IncidentKind::LabelsTurn), ("accuracy-low", false));
    assert_eq!(first(IncidentKind::LiveAccuracyFalls), ("live-accuracy-worse", false));
    assert_eq!(first(IncidentKind::ArtifactDamaged), ("artifact-damaged", false));
    assert_eq!(first(IncidentKind::S3Away), ("figures-unknown", false));
    assert_eq!(first(IncidentKind::MetricsStopped), ("champion-too-old", false));
    assert_eq!(first(IncidentKind::ReleaseFails), ("prediction-errors", false));
    assert_eq!(first(IncidentKind::ReleaseSlow), ("prediction-latency", false));
    assert_eq!(first(IncidentKind::BadPromotion), ("accuracy-low", false));
    assert_eq!(first(IncidentKind::TrafficGone), ("traffic-gone", false));
    assert_eq!(first(IncidentKind::TrafficTenfold), ("quota-nearly-used", false));
    assert_eq!(first(IncidentKind::MailBounces), ("mail-bounced", true));
    assert_eq!(first(IncidentKind::AlarmMuted), ("prediction-errors", false));
    // Without SES, only SNS itself can report.
    assert_eq!(first(IncidentKind::SesAway), ("alert-failure-queue", true));
}

#[test]
fn quiet_years_send_no_mail() {
    let (rules, settings) = deployed();
    let report = years::quiet(&settings, &rules, 1, 20).unwrap();
    assert_eq!((report.years, report.raised), (20, BTreeMap::new()));
}

/// The simulation jumps over times without events. That must not change what people see.
#[test]
fn skipping_quiet_times_changes_no_mail() {
    let (rules, settings) = deployed();
    let skipping = YearPlan::eventful(&settings, 31);
    let thorough = YearPlan { skips_nothing: true, ..skipping.clone() };
    let [skipping, thorough] =
        [skipping, thorough].map(|plan| YearOutcome::of(&simulate(&plan, &rules).unwrap(), &rules).unwrap());
    assert_eq!(skipping, thorough);
}

#[test]
fn one_seed_is_one_year() {
    let (rules, settings) = deployed();
    let plan = YearPlan::eventful(&settings, 41);
    assert_eq!(simulate(&plan, &rules).unwrap(), simulate(&plan, &rules).unwrap());
}

#[test]
fn a_recorded_year_can_be_looked_at_with_other_rules() {
    let (rules, settings) = deployed();
    let recorded = serde_json::to_string(&simulate(&YearPlan::eventful(&settings, 51), &rules).unwrap()).unwrap();
    let year: RecordedYear = serde_json::from_str(&recorded).unwrap();
    let delay =
        |rules: &[AlarmRule]| reported(&YearOutcome::of(&year, rules).unwrap(), IncidentKind::ReleaseFails).delay();
    let (patient, _) = changed(Some(("PredictionErrorsAlarm", "DatapointsToAlarm", 5.into())));
    assert!(delay(&rules).unwrap() < delay(&patient).unwrap());
    let (deaf, _) = changed(Some(("PredictionErrorsAlarm", "Threshold", 1e9.into())));
    assert_eq!(delay(&deaf), None);
}
