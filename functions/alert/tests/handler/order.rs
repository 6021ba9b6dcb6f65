//! Tests that mails report an alarm's changes in order, and each incident once.

use evergreen_alert::AlertReport;
use evergreen_testkit::{FixedClock, MailClaim, Memory, moment};

use crate::support::*;

const RAISED_AT: &str = "2026-11-24T03:05:12.345+0000";
const OVER_AT: &str = "2026-11-24T03:25:12.345+0000";
const LATER: &str = "2026-11-24T03:26:00Z";

fn overtaken() -> AlertReport {
    AlertReport { overtaken: 1, ..AlertReport::default() }
}

#[tokio::test]
async fn an_alarm_that_arrives_after_its_end_is_not_mailed() {
    let memory = memory();
    // An earlier incident, so that the alarm already has a record.
    handle(&memory, event(RAISED)).await.unwrap();
    handle_at(&memory, changed("OK", OVER_AT), LATER).await.unwrap();
    let before = mails(&memory).len();

    let (raised, over) =
        (changed("ALARM", "2026-11-24T05:00:00.000+0000"), changed("OK", "2026-11-24T05:10:00.000+0000"));
    let now = "2026-11-24T05:10:30Z";
    // The function does not know whether the registry was away when the mail about the begin was sent.
    assert_eq!(handle_at(&memory, over, now).await, Ok(sent(2)));
    assert_eq!(handle_at(&memory, raised, now).await, Ok(overtaken()));
    assert_eq!(mails(&memory).len(), before + 2);
}

#[tokio::test]
async fn an_alarm_that_waited_in_a_queue_is_not_mailed_after_the_incident() {
    let memory = memory();
    memory.take_away(FIRST);
    handle(&memory, event(RAISED)).await.unwrap_err();
    handle_at(&memory, changed("OK", OVER_AT), LATER).await.unwrap();
    memory.bring_back(FIRST);
    let replayed = handle_at(&memory, event(RAISED), "2026-11-24T09:00:00Z").await;
    assert_eq!(replayed, Ok(overtaken()));
    assert_eq!(kinds(&memory), ["second@example.com [ALARM]", "second@example.com [OK]"]);
}

#[tokio::test]
async fn recipients_without_the_first_mail_do_not_get_the_second() {
    let memory = memory();
    memory.take_away(FIRST);
    handle(&memory, event(RAISED)).await.unwrap_err();
    memory.bring_back(FIRST);
    let over = handle_at(&memory, changed("OK", OVER_AT), LATER).await;
    assert_eq!(over, Ok(AlertReport { sent: 1, not_due: 1, ..AlertReport::default() }));
    assert_eq!(readers(&memory), [SECOND, SECOND]);
}

#[tokio::test]
async fn recipients_who_may_have_got_the_first_mail_get_the_second() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let unanswered = MailClaim::Unanswered(moment("2026-11-24T03:06:00Z"));
    memory.state().claims.values_mut().for_each(|claim| *claim = unanswered.clone());
    assert_eq!(handle_at(&memory, changed("OK", OVER_AT), LATER).await, Ok(sent(2)));
    let much_later = "2026-11-24T08:00:00Z";
    assert_eq!(handle_at(&memory, changed("OK", OVER_AT), much_later).await.unwrap().sent_before, 2);
}

#[tokio::test]
async fn an_end_is_mailed_after_an_alarm_of_an_earlier_release() {
    let memory = memory();
    assert_eq!(handle(&memory, event(CLEARED)).await, Ok(sent(2)));
}

#[tokio::test]
async fn remaining_mails_are_not_sent_after_the_alarm_changes() {
    let memory = memory();
    let clock = FixedClock::at(moment(LATER));
    /// Test fake of SES. While it sends the first mail, the alarm changes to OK.
    struct Meanwhile<'a>(&'a Memory);
    impl evergreen_lifecycle::ports::Mailer for Meanwhile<'_> {
        async fn send(
            &self,
            recipient: &str,
            mail: &evergreen_lifecycle::ports::Mail,
        ) -> Result<(), evergreen_lifecycle::ports::SendError> {
            self.0.send(recipient, mail).await?;
            let over = handle_at(self.0, changed("OK", OVER_AT), LATER).await;
            // The first recipient has got the mail about the raised alarm, or gets it now. Nobody else will get it.
            assert_eq!(over.map_err(|error| error.not_sent), Err(1));
            Ok(())
        }

        async fn rate(&self) -> Result<f64, evergreen_lifecycle::ports::Unavailable> {
            self.0.rate().await
        }
    }
    let raised = changed("ALARM", RAISED_AT);
    let told = handle_with(&memory, &Meanwhile(&memory), &clock, &format!("{FIRST},{SECOND}"), raised).await;
    assert_eq!(told, Ok(AlertReport { sent: 1, not_due: 1, ..AlertReport::default() }));
    assert_eq!(kinds(&memory), ["first@example.com [ALARM]"]);
    // Lambda's retry sends the mail about the end only to recipients of the mail about the raised alarm.
    let over = handle_at(&memory, changed("OK", OVER_AT), "2026-11-24T03:33:00Z").await;
    assert_eq!(over, Ok(AlertReport { sent: 1, not_due: 1, ..AlertReport::default() }));
    assert_eq!(kinds(&memory), ["first@example.com [ALARM]", "first@example.com [OK]"]);
}

#[tokio::test]
async fn an_alarm_that_rings_again_and_again_says_so_once_and_then_sends_no_mail() {
    let memory = memory();
    let mut held_back = 0;
    for minute in (0..55).step_by(5) {
        let since = format!("2026-11-24T04:{minute:02}:00.000+0000");
        let state = if minute % 10 == 0 { "ALARM" } else { "OK" };
        held_back += handle_at(&memory, changed(state, &since), &format!("2026-11-24T04:{minute:02}:30Z"))
            .await
            .unwrap()
            .held_back;
    }
    let first: Vec<_> =
        mails(&memory).into_iter().filter(|(reader, _)| reader == FIRST).map(|(_, mail)| mail).collect();
    assert_eq!((first.len(), held_back), (8, 3));
    assert!(first[6].text.contains("This alarm rings again and again"), "{}", first[6].text);

    // Mails about another alarm are sent as usual.
    assert_eq!(handle_at(&memory, event(FAILED), "2026-11-24T04:56:00Z").await, Ok(sent(2)));
    // Mails about this alarm are sent again after six quiet hours.
    handle_at(&memory, changed("OK", "2026-11-24T04:57:00.000+0000"), "2026-11-24T04:57:30Z").await.unwrap();
    let next = changed("ALARM", "2026-11-24T11:00:00.000+0000");
    assert_eq!(handle_at(&memory, next, "2026-11-24T11:00:30Z").await, Ok(sent(2)));
}

#[tokio::test]
async fn a_repeated_notification_does_not_count_as_a_new_incident() {
    let memory = memory();
    for _ in 0..10 {
        handle(&memory, event(RAISED)).await.unwrap();
    }
    assert_eq!(handle_at(&memory, changed("OK", OVER_AT), LATER).await, Ok(sent(2)));
    assert_eq!(mails(&memory).len(), 4);
}
