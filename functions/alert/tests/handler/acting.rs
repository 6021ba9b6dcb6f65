//! Tests of the links and the picture in mails.

use evergreen_lifecycle::mail_link::{MAIL_LINK_USABLE, MailedAction};
use evergreen_lifecycle::ports::Mail;
use evergreen_lifecycle::{Decision, Verdict, Version, VersionNumber};
use evergreen_testkit::{Memory, moment, version};
use jiff::SignedDuration;

use crate::support::*;

/// Test helper: returns the addresses of a mail's links that do something.
fn links(mail: &Mail) -> Vec<String> {
    let words = mail.text.split_whitespace();
    words.filter(|word| word.starts_with(&format!("{CONSOLE}/act/"))).map(str::to_owned).collect()
}

/// Test helper: gives the metric of the alarm in [`RAISED`] a value every five minutes.
fn measured(memory: &Memory) {
    let last = moment("2026-11-24T03:05:00Z");
    let at = |step: i64| last - SignedDuration::from_mins(5 * step);
    let fall = |step: i64| -1.3 + 0.1 * step.min(33) as f64;
    memory.state().series = (0..280).rev().map(|step| (at(step), fall(step))).collect();
}

#[tokio::test]
async fn every_recipient_has_links_of_their_own() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let mails = mails(&memory);
    let [first, second] = [&mails[0].1, &mails[1].1].map(links);
    assert_eq!((first.len(), second.len()), (3, 3));
    assert!(first.iter().all(|link| !second.contains(link)));
    for label in ["Train now: https", "Return to version 1: https", "No mails about this alarm for a day: https"] {
        assert!(mails[0].1.text.contains(label), "{}", mails[0].1.text);
    }
    assert!(first.iter().all(|link| mails[0].1.html.contains(link.as_str())));
    let state = memory.state();
    let stored: Vec<_> = state.mail_links.values().map(|link| (link.recipient, link.action)).collect();
    assert_eq!(stored.len(), 6);
    assert_eq!(stored.iter().filter(|(recipient, _)| *recipient == 2).count(), 3);
    assert!(
        stored
            .iter()
            .any(|(_, action)| matches!(action, MailedAction::RollBack { to, seen_revision: 2 } if to.get() == 1))
    );
    for link in state.mail_links.values() {
        assert_eq!((link.alarm.as_str(), link.used_at), ("accuracy-low", None));
        // The second mail follows the first one after a pause.
        let after = link.usable_until.duration_since(moment("2026-11-24T03:06:00Z") + MAIL_LINK_USABLE);
        assert!((0..5).contains(&after.as_secs()), "{after:?}");
    }
}

#[tokio::test]
async fn the_registry_knows_no_token_and_no_address() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let mails = mails(&memory);
    let state = memory.state();
    let stored = format!("{:?}", state.mail_links);
    for link in mails.iter().flat_map(|(_, mail)| links(mail)) {
        assert!(!stored.contains(link.rsplit('/').next().unwrap()));
    }
    assert!(!stored.contains('@'), "{stored}");
}

#[tokio::test]
async fn a_mail_about_the_end_has_no_links() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    handle_at(&memory, event(CLEARED), "2026-11-24T09:00:00Z").await.unwrap();
    let mails = mails(&memory);
    let (_, over) = mails.last().unwrap();
    assert!(over.subject.starts_with("[OK]") && links(over).is_empty() && !over.html.contains("/act/"));
}

#[tokio::test]
async fn without_the_registry_a_mail_is_sent_without_links() {
    let memory = memory();
    memory.take_away("sessions");
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(sent(2)));
    assert!(mails(&memory).iter().all(|(_, mail)| links(mail).is_empty() && !mail.text.contains("A link works once")));
}

#[tokio::test]
async fn a_mail_shows_the_metric_as_a_picture_and_in_words() {
    let memory = memory();
    measured(&memory);
    handle(&memory, event(RAISED)).await.unwrap();
    let (_, mail) = &mails(&memory)[0];
    let picture = mail.picture.as_ref().unwrap();
    // A browser can show these files.
    if let Ok(folder) = std::env::var("EVERGREEN_WRITE_MAIL") {
        std::fs::write(format!("{folder}/metric.png"), picture).unwrap();
        std::fs::write(format!("{folder}/mail.html"), mail.html.replace("cid:metric@evergreen", "metric.png")).unwrap();
    }
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < 60_000);
    assert!(mail.html.contains(r#"src="cid:metric@evergreen""#), "{}", mail.html);
    let words = "ModelAccuracyMargin in the last 24 hours: -1.3 at the end, lowest -1.3, highest 2; threshold 0; incident \
                 since Tue 24 Nov, 03:05.";
    assert!(mail.text.contains(&format!("Picture: {words}")), "{}", mail.text);
    assert!(mail.html.contains(&format!(r#"alt="{words}""#)), "{}", mail.html);
}

#[tokio::test]
async fn a_mail_is_sent_without_a_picture_if_the_values_are_not_known() {
    let memory = memory();
    measured(&memory);
    memory.take_away("history");
    assert_eq!(handle(&memory, event(RAISED)).await, Ok(sent(2)));
    assert!(mails(&memory).iter().all(|(_, mail)| mail.picture.is_none() && !mail.html.contains("<img")));
}

#[tokio::test]
async fn a_mail_names_a_new_champion_as_the_likely_cause() {
    let memory = memory();
    memory.state().champions[1].promoted_at = moment("2026-11-23T09:00:00Z");
    handle(&memory, event(RAISED)).await.unwrap();
    let (_, mail) = &mails(&memory)[0];
    let cause = "version 2 became the champion on Mon 23 Nov 2026, 09:00 UTC.";
    assert!(mail.text.contains(&format!("\nLikely cause: {cause}\n")), "{}", mail.text);
    assert!(mail.html.contains(cause));
}

#[tokio::test]
async fn a_mail_without_a_recent_change_names_no_cause() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    assert!(!mails(&memory)[0].1.text.contains("Likely cause"));
}

#[tokio::test]
async fn a_mail_about_a_weak_champion_compares_it_with_the_newest_version() {
    let memory = memory();
    let newest = version(3, 0.9, moment("2026-11-24T03:00:00Z"));
    let decision = Decision {
        verdict: Verdict::WorseThanChampion,
        champion_version: VersionNumber::new(2),
        champion_score: Some(0.9667),
        ..newest.decision.clone()
    };
    let newest = Version { decision, ..newest };
    memory.state().versions.insert(newest.number, newest);
    handle(&memory, event(RAISED)).await.unwrap();
    let (_, mail) = &mails(&memory)[0];
    assert!(mail.text.contains("The last comparison: Version 3 was refused: "), "{}", mail.text);
    assert!(mail.text.contains("\nVersion 3 | Version 2, the champion then\n"), "{}", mail.text);
    assert!(mail.text.contains("\nAccuracy: 0.9 | 0.9667\n"), "{}", mail.text);
    assert!(mail.html.contains("The last comparison"));
}
