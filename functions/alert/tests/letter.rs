//! Tests of the mails' texts.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used)]

use evergreen_alert::{
    Alarm, AlarmKind, AlarmReading, AlarmState, Comparison, Findings, Knowledge, Letterhead, MailDraft,
};
use evergreen_lifecycle::incident::{AlarmIncident, RaiseMail, RaisedAlarm};
use evergreen_lifecycle::ports::Mail;
use evergreen_lifecycle::{
    AlarmReport, BinaryEvaluation, Champion, Evaluation, IntervalEvaluation, RegressionEvaluation, Version,
};
use evergreen_testkit::{champion, moment, version};
use jiff::tz::TimeZone;

const NOW: &str = "2026-11-24T20:00:30Z";

fn letterhead() -> Letterhead {
    Letterhead {
        model: "iris".parse().unwrap(),
        stack: "evergreen".into(),
        table: "evergreen-registry".into(),
        dashboard_url: "https://example.com/dashboard?a=1&b=2".into(),
        console_url: None,
        zone: TimeZone::UTC,
    }
}

fn alarm(kind: AlarmKind) -> Alarm {
    Alarm {
        name: format!("evergreen-{}", kind.as_str()),
        kind,
        state: AlarmState::Alarm,
        before: Some(AlarmState::Ok),
        since: moment("2026-11-24T20:00:00Z"),
        reading: AlarmReading::Value(3.0),
        threshold: Some(1.0),
        comparison: Some(Comparison::GreaterOrEqual),
        metric: None,
        series: Vec::new(),
        description: None,
        reason: String::new(),
    }
}

fn too_old() -> Alarm {
    Alarm {
        reading: AlarmReading::Value(-5.0),
        threshold: Some(0.0),
        comparison: Some(Comparison::Less),
        metric: Some("ModelAgeMarginHours".into()),
        description: Some("The champion of iris is too old.".into()),
        reason: "Threshold Crossed: 1 datapoint [-5.0 (24/11/26 19:55:00)] was less than the threshold (0.0).".into(),
        ..alarm(AlarmKind::ChampionTooOld)
    }
}

fn accuracy_low() -> Alarm {
    Alarm {
        reading: AlarmReading::Value(0.8333),
        threshold: Some(0.9),
        comparison: Some(Comparison::Less),
        metric: Some("ModelAccuracy".into()),
        ..alarm(AlarmKind::AccuracyLow)
    }
}

/// Test helper: returns the facts about champion version 2 and its predecessor.
fn knowledge() -> Knowledge {
    // Version 2 was trained about 41 hours before `NOW`.
    let first = champion(version(1, 0.9333, moment("2026-11-22T03:00:00Z")));
    let second_at = moment("2026-11-23T03:00:00Z");
    let second = Champion::succeeding(Some(&first), version(2, 0.9667, second_at), second_at);
    Knowledge::Champion { champion: Box::new(second), previous: Some(Box::new(first)) }
}

fn mail(alarm: &Alarm, knowledge: &Knowledge) -> Mail {
    let alarm_report =
        if alarm.state == AlarmState::Ok { AlarmReport::over_for_everybody() } else { AlarmReport::Raised };
    told(alarm, &alarm_report, knowledge, NOW)
}

fn findings(knowledge: &Knowledge) -> Findings {
    Findings { knowledge: knowledge.clone(), failure: None, reaction: None, picture: None, cause: None, contest: None }
}

fn told(alarm: &Alarm, alarm_report: &AlarmReport, knowledge: &Knowledge, now: &str) -> Mail {
    MailDraft::of(alarm, alarm_report, findings(knowledge), &letterhead(), moment(now)).mail(&[]).unwrap()
}

#[test]
fn a_mail_names_first_the_problem_and_then_the_steps() {
    let mail = mail(&too_old(), &knowledge());
    insta::assert_snapshot!(mail.subject, @"[ALARM] iris: the champion is 41 h 1 min old, 5 h too old");
    insta::assert_snapshot!(mail.text, @r#"
    iris: the champion is 41 h 1 min old, 5 h too old

    For too long no version has become champion or was compared with it. Training does not run, or training fails. Or there is no champion, or the metrics function does not run. A champion that was loaded keeps answering predictions.

    Value: 5 h too old
    Expected: not too old
    Since: Tue 24 Nov 2026, 20:00 UTC
    Alarm: evergreen-champion-too-old
    Description: The champion of iris is too old.
    CloudWatch says: Threshold Crossed: 1 datapoint [-5.0 (24/11/26 19:55:00)] was less than the threshold (0.0).

    What to do:

    1. See how the last runs ended, and why:
       evergreen runs --stack evergreen --limit 5
       or
       aws dynamodb query --table-name evergreen-registry --index-name by-start --no-scan-index-forward --limit 5 --key-condition-expression 'pk = :pk' --expression-attribute-values '{":pk":{"S":"MODEL#iris"}}'

    2. Read the log of training:
       aws logs tail /aws/lambda/evergreen-train --since 1d

    3. Once the cause is removed, train now:
       evergreen train --stack evergreen --note "by hand, after an alarm"
       or
       aws lambda invoke --function-name evergreen-train --cli-read-timeout 900 --cli-binary-format raw-in-base64-out --payload '{"note":"by hand, after an alarm"}' /dev/stdout

    The champion | the previous version
    Version 2 | Version 1
    Accuracy, hold-out: 0.9667 | 0.9333
    Balanced accuracy: 0.9667 | 0.9333
    F1, macro: 0.9667 | 0.9333
    Log loss: 0.2 | 0.2
    ROC AUC: 0.9667 | 0.9333
    Accuracy, training: 1 | 1
    Trained: Mon 23 Nov 2026, 03:00 UTC | Sun 22 Nov 2026, 03:00 UTC
    Age: 41 h 1 min | 2 d 17 h
    Rows of data: 150 | 150
    Run: manual-v2 | manual-v1

    Dashboard: https://example.com/dashboard?a=1&b=2
    "#);
}

#[test]
fn the_second_mail_says_how_long_the_incident_lasted() {
    let cleared = Alarm {
        state: AlarmState::Ok,
        before: Some(AlarmState::Alarm),
        reading: AlarmReading::Value(35.9),
        since: moment("2026-11-25T06:06:00Z"),
        reason: "Threshold Crossed: 1 datapoint [35.9 (25/11/26 06:00:00)] was not less than the threshold (0.0)."
            .into(),
        ..too_old()
    };
    let first = champion(version(1, 0.9333, moment("2026-11-23T03:00:00Z")));
    let second_at = moment("2026-11-25T06:00:00Z");
    let second = Champion::succeeding(Some(&first), version(2, 0.9667, second_at), second_at);
    let knowledge = Knowledge::Champion { champion: Box::new(second), previous: Some(Box::new(first)) };
    let mail = told(&cleared, &AlarmReport::over_for_everybody(), &knowledge, "2026-11-25T06:05:30Z");
    insta::assert_snapshot!(mail.subject, @"[OK] iris: the champion is no longer too old: 6 min old");
    insta::assert_snapshot!(mail.text, @r#"
    iris: the champion is no longer too old: 6 min old

    You do not have to do anything.

    Value: 35 h 54 min before it is too old
    Expected: not too old
    Since: Wed 25 Nov 2026, 06:06 UTC
    Lasted: 15 h
    Alarm: evergreen-champion-too-old
    Description: The champion of iris is too old.
    CloudWatch says: Threshold Crossed: 1 datapoint [35.9 (25/11/26 06:00:00)] was not less than the threshold (0.0).

    The champion | the previous version
    Version 2 | Version 1
    Accuracy, hold-out: 0.9667 | 0.9333
    Balanced accuracy: 0.9667 | 0.9333
    F1, macro: 0.9667 | 0.9333
    Log loss: 0.2 | 0.2
    ROC AUC: 0.9667 | 0.9333
    Accuracy, training: 1 | 1
    Trained: Wed 25 Nov 2026, 06:00 UTC | Mon 23 Nov 2026, 03:00 UTC
    Age: 6 min | 2 d 3 h
    Rows of data: 150 | 150
    Run: manual-v2 | manual-v1

    Dashboard: https://example.com/dashboard?a=1&b=2
    "#);
}

#[test]
fn a_first_champion_has_no_predecessor() {
    let alone = Knowledge::Champion {
        champion: Box::new(champion(version(1, 0.9333, moment("2026-11-23T03:00:00Z")))),
        previous: None,
    };
    let text = mail(&too_old(), &alone).text;
    assert!(text.contains("\nVersion 1\n") && !text.contains(" | "), "{text}");
    assert!(mail(&too_old(), &Knowledge::NoChampion).text.contains("no version has passed the gate yet"));
    assert!(mail(&too_old(), &Knowledge::Unreadable).text.contains("cannot read the champion's record"));
}

/// Test helper: returns the facts about the champion after a regression model has replaced the classifier of
/// [`knowledge`].
fn regression() -> Knowledge {
    let interval = IntervalEvaluation { level: 0.9, coverage: 0.925, width: 210.5, by_fifth: None };
    let figures = RegressionEvaluation {
        rows: 80,
        rmse: 64.25,
        mae: 50.0,
        median_absolute_error: 41.5,
        r2: 0.8125,
        mape: None,
        rmsle: None,
        pinball: None,
        interval,
    };
    let trained_at = moment("2026-11-24T03:00:00Z");
    let evaluation = Evaluation::Regression(figures);
    let version = Version { evaluation, training_score: 0.95, ..version(3, 0.9, trained_at) };
    let Knowledge::Champion { champion: before, .. } = knowledge() else { panic!("there is one") };
    let champion = Champion::succeeding(Some(&before), version, trained_at);
    Knowledge::Champion { champion: Box::new(champion), previous: Some(before) }
}

#[test]
fn a_regression_model_has_its_own_metrics() {
    let raised = Alarm { reading: AlarmReading::Value(0.8125), ..accuracy_low() };
    let mail = mail(&raised, &regression());
    insta::assert_snapshot!(mail.subject, @"[ALARM] iris: the champion's R² is 0.8125 (at least 0.9 is expected)");
    let table = mail.text.split("The champion |").nth(1).unwrap();
    insta::assert_snapshot!(table, @r#"
     the previous version
    Version 3 | Version 2
    R², hold-out: 0.8125 | none
    RMSE: 64.25 | none
    MAE: 50 | none
    Median absolute error: 41.5 | none
    Rows inside the interval: 92.5 % (90 % expected) | none
    Width of an interval: 210.5 | none
    R², training: 0.95 | none
    Trained: Tue 24 Nov 2026, 03:00 UTC | Mon 23 Nov 2026, 03:00 UTC
    Age: 17 h 1 min | 41 h 1 min
    Rows of data: 150 | 150
    Run: manual-v3 | manual-v2

    Dashboard: https://example.com/dashboard?a=1&b=2
    "#);
    let cleared = Alarm { state: AlarmState::Ok, ..raised };
    assert!(self::mail(&cleared, &regression()).subject.contains("the champion's R² is good enough again"));
}

#[test]
fn two_classes_have_two_more_figures() {
    let mut version = version(1, 0.9, moment("2026-11-24T03:00:00Z"));
    let Evaluation::Classification(figures) = &mut version.evaluation else { panic!("it is a classifier") };
    figures.binary = Some(BinaryEvaluation {
        positive: "yes".into(),
        threshold: 0.5,
        true_positives: 8,
        false_positives: 1,
        true_negatives: 19,
        false_negatives: 2,
        average_precision: Some(0.875),
        brier_score: 0.0625,
        f1: None,
    });
    let knowledge = Knowledge::Champion { champion: Box::new(champion(version)), previous: None };
    let text = mail(&too_old(), &knowledge).text;
    assert!(text.contains("\nAverage precision: 0.875\nBrier score: 0.0625\n"), "{text}");
}

#[test]
fn a_mail_about_a_weak_champion_names_its_accuracy_and_margin() {
    let alarm = Alarm {
        reading: AlarmReading::Value(-0.42),
        threshold: Some(0.0),
        metric: Some("ModelAccuracyMargin".into()),
        ..accuracy_low()
    };
    let raised = mail(&alarm, &knowledge());
    assert_eq!(raised.subject, "[ALARM] iris: the champion is not good enough: accuracy 0.9667, margin -0.42");
    assert!(raised.text.contains("not known to be better than a constant answer"), "{}", raised.text);
    let over = mail(&Alarm { state: AlarmState::Ok, reading: AlarmReading::Value(1.5), ..alarm.clone() }, &knowledge());
    assert_eq!(over.subject, "[OK] iris: the champion is good enough again: accuracy 0.9667, margin 1.5");
    let untold = mail(&Alarm { reading: AlarmReading::Missing, ..alarm }, &Knowledge::Nothing);
    assert_eq!(untold.subject, "[ALARM] iris: the champion is not good enough");
}

#[test]
fn every_alarm_has_a_subject_when_raised_and_when_over() {
    let subjects = AlarmKind::KNOWN.into_iter().chain([AlarmKind::Other("drift".into())]).flat_map(|kind| {
        let raised = match kind {
            AlarmKind::ChampionTooOld => too_old(),
            AlarmKind::AccuracyLow => accuracy_low(),
            AlarmKind::PredictionLatency => Alarm {
                reading: AlarmReading::Value(1240.4),
                threshold: Some(1000.0),
                comparison: Some(Comparison::Greater),
                metric: Some("Latency".into()),
                ..alarm(kind)
            },
            AlarmKind::VersionsRefused => {
                Alarm { reading: AlarmReading::Value(680.0), metric: Some("RefusedHours".into()), ..alarm(kind) }
            }
            AlarmKind::QuotaNearlyUsed => {
                Alarm { reading: AlarmReading::Value(0.83), metric: Some("QuotaUsed".into()), ..alarm(kind) }
            }
            kind => alarm(kind),
        };
        let cleared = Alarm { state: AlarmState::Ok, reading: AlarmReading::Missing, ..raised.clone() };
        [raised, cleared].map(|alarm| mail(&alarm, &knowledge()).subject)
    });
    insta::assert_snapshot!(subjects.collect::<Vec<_>>().join("\n"), @r#"
    [ALARM] iris: the champion is 41 h 1 min old, 5 h too old
    [OK] iris: the champion is no longer too old: 41 h 1 min old
    [ALARM] iris: the champion's accuracy is 0.8333 (at least 0.9 is expected)
    [OK] iris: the champion's accuracy is good enough again: 0.9667 (at least 0.9 is expected)
    [ALARM] iris: served rows differ from the training data (3 of its columns)
    [OK] iris: served rows are like the training data again
    [ALARM] iris: predictions are less right than on the hold-out
    [OK] iris: predictions are as right as on the hold-out again, or another champion serves
    [ALARM] iris: a new version was worse on live traffic and was rolled back
    [OK] iris: the rollout that was rolled back is no longer the newest
    [ALARM] iris: training has missed its deadline
    [OK] iris: training is no longer late
    [ALARM] iris: training failed (3 since the last version)
    [OK] iris: training makes versions again
    [ALARM] iris: the gate has refused every version for 28 d 8 h
    [OK] iris: the gate has accepted a version again
    [ALARM] iris: a new environment could not load the champion
    [OK] iris: a new environment can load the champion again
    [ALARM] iris: a stored file of the champion is missing or damaged
    [OK] iris: the champion's stored files are intact again
    [ALARM] iris: the predict function could not load the champion (3 in 5 minutes)
    [OK] iris: no load of the champion has failed recently
    [ALARM] iris: predictions failed with 5xx (3 in 3 minutes)
    [OK] iris: no prediction has failed recently
    [ALARM] iris: new code failed on live requests and was rolled back
    [OK] iris: no deployment of new code was rolled back in the last hour
    [ALARM] iris: predictions are slow: one in a hundred takes 1240 ms (limit 1000 ms)
    [OK] iris: predictions are fast again
    [ALARM] iris: predictions were rejected (3 in 5 minutes)
    [OK] iris: predictions are no longer rejected
    [ALARM] iris: a client's key has used 83 % of its requests for this month
    [OK] iris: the clients' keys have requests left again
    [ALARM] iris: requests to the prediction API have stopped
    [OK] iris: requests come again, or have been missing for four weeks
    [ALARM] iris: metrics cannot be computed (3 of them)
    [OK] iris: all metrics are known again
    [ALARM] iris: records cannot be read (3 of them)
    [OK] iris: all records can be read again
    [ALARM] iris: a training run or an import failed for good (3 in its queue)
    [OK] iris: the queue train-failure is empty again
    [ALARM] iris: a training run, an import or a batch job could not start (3 in its queue)
    [OK] iris: the queue train-schedule is empty again
    [ALARM] iris: a batch job failed (3 in 5 minutes)
    [OK] iris: no batch job has failed in the last five minutes
    [ALARM] iris: metrics could not be published (3 in its queue)
    [OK] iris: the queue metrics-failure is empty again
    [ALARM] iris: an event did not reach the webhook (3 in its queue)
    [OK] iris: the queue webhook-failure is empty again
    [ALARM] iris: a mail was not sent, or it is unknown whether it was sent (3 in its queue)
    [OK] iris: the queue alert-failure is empty again
    [ALARM] iris: an alarm did not reach the alert function (3 in its queue)
    [OK] iris: the queue alert-topic is empty again
    [ALARM] iris: a mail did not reach its recipient (3 in an hour)
    [OK] iris: no mail has bounced for a day
    [ALARM] iris: alarm drift is raised: its value is 3 (below 1 is expected)
    [OK] iris: alarm drift has cleared
    "#);
}

#[test]
fn facts_missing_from_the_reason_come_from_the_registry_or_are_unknown() {
    let subject = |reading, knowledge: &Knowledge, alarm| mail(&Alarm { reading, ..alarm }, knowledge).subject;
    let lines = [
        subject(AlarmReading::Missing, &knowledge(), too_old()),
        subject(AlarmReading::NoData, &knowledge(), too_old()),
        subject(AlarmReading::NoData, &Knowledge::NoChampion, too_old()),
        subject(AlarmReading::NoData, &Knowledge::Nothing, too_old()),
        subject(AlarmReading::Missing, &Knowledge::Nothing, too_old()),
        subject(AlarmReading::Value(-5.0), &Knowledge::Unreadable, too_old()),
        subject(AlarmReading::Missing, &knowledge(), accuracy_low()),
        subject(AlarmReading::Missing, &Knowledge::Nothing, accuracy_low()),
        subject(AlarmReading::Missing, &Knowledge::Nothing, alarm(AlarmKind::Throttles)),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    [ALARM] iris: the champion is 41 h 1 min old
    [ALARM] iris: no metrics arrive; according to the registry the champion is 41 h 1 min old
    [ALARM] iris: there is no champion
    [ALARM] iris: no metrics arrive, and the champion's age is unknown
    [ALARM] iris: the champion is too old
    [ALARM] iris: the champion is 5 h too old
    [ALARM] iris: alarm accuracy-low is raised, although the champion's accuracy is 0.9667 (at least 0.9 is expected)
    [ALARM] iris: the champion's accuracy is unknown (at least 0.9 is expected)
    [ALARM] iris: predictions were rejected
    "#);
}

/// Test helper: returns an alarm of an incident.
fn rang(alarm: &str, since: &str, over: Option<&str>) -> RaisedAlarm {
    let (since, over) = (moment(since), over.map(moment));
    RaisedAlarm { alarm: format!("evergreen-{alarm}"), since, over, mail: RaiseMail::Claimed }
}

#[test]
fn an_end_says_how_long_the_incident_lasted_and_which_alarms_rang() {
    let cleared = Alarm { state: AlarmState::Ok, ..alarm(AlarmKind::Throttles) };
    let raised = vec![
        rang("prediction-errors", "2026-11-24T18:40:00Z", Some("2026-11-24T19:50:00Z")),
        rang("throttles", "2026-11-24T18:45:00Z", Some("2026-11-24T20:00:00Z")),
    ];
    let report = AlarmReport::Over { began: Some(moment("2026-11-24T18:40:00Z")), raised };
    let text = told(&cleared, &report, &knowledge(), NOW).text;
    assert!(text.contains("\nLasted: 1 h 20 min\n"), "{text}");
    let note = text.split("\n\n").nth(2).unwrap();
    insta::assert_snapshot!(note, @"The alarms of this incident: prediction-errors (Tue 24 Nov 2026, 18:40 UTC, for 1 h 10 min); throttles (Tue 24 Nov 2026, 18:45 UTC, for 1 h 15 min). All are OK.");
}

#[test]
fn a_mail_about_a_graver_alarm_names_the_alarms_before_it() {
    let raised = vec![rang("prediction-latency", "2026-11-24T18:40:00Z", None)];
    let mail = told(&alarm(AlarmKind::PredictionErrors), &AlarmReport::AlsoRaised { raised }, &knowledge(), NOW);
    let note = mail.text.split("\n\n").nth(2).unwrap();
    insta::assert_snapshot!(note, @"This alarm belongs to an incident that was mailed before: prediction-latency (Tue 24 Nov 2026, 18:40 UTC).");
}

#[test]
fn a_mail_that_stands_for_a_day_lists_the_earlier_incidents() {
    let incident: AlarmIncident = serde_json::from_value(serde_json::json!({
        "began": "2026-11-24T12:00:00Z", "ended": "2026-11-24T12:15:00Z", "raised": [], "families": ["predictions"],
        "gravity": "outage", "is_silent": false, "holds": false,
    }))
    .unwrap();
    let report = AlarmReport::Repeated { earlier: vec![incident], holds: true };
    let mail = told(&alarm(AlarmKind::PredictionErrors), &report, &knowledge(), NOW);
    insta::assert_snapshot!(mail.subject, @"[ALARM] iris: alarm prediction-errors rings again and again: predictions failed with 5xx (3 in 3 minutes)");
    let notes: Vec<_> = mail.text.split("\n\n").skip(2).take(2).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    This alarm rings again and again. This mail stands for the whole day: for 24 hours no further mail is sent about this alarm, unless nothing happens for six hours. Mails about other alarms are sent as usual. The dashboard shows all alarms.
    Earlier incidents with this alarm in the last week: Tue 24 Nov 2026, 12:00 UTC, for 15 min.
    ");
    assert!(mail.html.contains(notes[0]), "{}", mail.html);
}

#[test]
fn a_mail_that_waited_says_so() {
    let mail = told(&too_old(), &AlarmReport::Raised, &knowledge(), "2026-11-25T01:30:00Z");
    let note = mail.text.split("\n\n").nth(2).unwrap();
    insta::assert_snapshot!(note, @"This mail is late: the alarm changed 5 h 30 min ago. The dashboard shows its current state.");
    assert!(mail.html.contains(note), "{}", mail.html);
    assert!(!told(&too_old(), &AlarmReport::Raised, &knowledge(), "2026-11-24T20:59:00Z").text.contains("late"));
}

#[test]
fn no_text_of_an_alarm_is_read_as_html_or_header() {
    let hostile = Alarm {
        kind: AlarmKind::Other("<b>\r\nBcc: x@example.com".into()),
        reason: "<script>alert(1)</script> & more".into(),
        ..too_old()
    };
    let mail = mail(&hostile, &knowledge());
    assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
    assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"), "{}", mail.html);
    assert!(mail.text.contains("<script>alert(1)</script> & more"), "{}", mail.text);
}

#[test]
fn both_bodies_begin_with_the_same_line() {
    let mail = mail(&too_old(), &knowledge());
    let line = mail.text.lines().next().unwrap();
    assert!(mail.subject.ends_with(line));
    assert!(mail.html.contains(&format!(">{line}</h1>")), "{}", mail.html);
    assert_eq!(mail.html.matches("<h1").count(), 1);
}

#[test]
fn the_command_for_a_foreign_alarm_only_describes_it() {
    for (name, command) in [
        ("evergreen-drift", "aws cloudwatch describe-alarms --alarm-names 'evergreen-drift'"),
        ("it's $(id)", r"aws cloudwatch describe-alarms --alarm-names 'it'\''s $(id)'"),
    ] {
        let other = Alarm { name: name.into(), ..alarm(AlarmKind::of(name, "evergreen")) };
        let text = mail(&other, &knowledge()).text;
        assert!(text.contains(&format!("   {command}\n")), "{text}");
    }
}

/// Checks every step of every kind of alarm, so that a changed command is noticed.
#[test]
fn every_command_names_a_resource_of_this_stack() {
    for kind in AlarmKind::KNOWN {
        let guide = evergreen_alert::Guide::to(&alarm(kind), &letterhead());
        assert!(!guide.steps.is_empty());
        for command in guide.steps.iter().flat_map(|step| &step.commands) {
            let general = command == "aws lambda get-account-settings" || command.contains("suppressed-destination");
            let own =
                ["evergreen-", "name=='evergreen'", "--stack evergreen"].iter().any(|name| command.contains(name));
            let known = command.starts_with("aws ") || command.starts_with("evergreen ");
            assert!(known && (general || own), "{command}");
        }
    }
}
