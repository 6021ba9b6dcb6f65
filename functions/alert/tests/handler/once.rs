//! Tests that no mail is sent twice.

use evergreen_alert::{AlertError, AlertReport};
use evergreen_lifecycle::ports::Lease;
use evergreen_testkit::{MailClaim, moment};
use lambda_runtime::Diagnostic;

use crate::support::*;

#[tokio::test]
async fn a_notification_delivered_twice_sends_nothing_twice() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let again = handle(&memory, event(RAISED)).await;
    assert_eq!(again, Ok(AlertReport { sent_before: 2, ..AlertReport::default() }));
    assert_eq!(handle(&memory, together(&[RAISED, RAISED])).await.unwrap().sent_before, 4);
    assert_eq!(mails(&memory).len(), 2);
}

#[tokio::test]
async fn a_failed_recipient_stops_nobody_and_only_that_one_is_retried() {
    let memory = memory();
    memory.take_away(FIRST);
    let error = handle(&memory, event(RAISED)).await.unwrap_err();
    assert_eq!(error, AlertError { not_sent: 1, not_understood: 0 });
    assert_eq!(Diagnostic::from(error).error_type, "NotSent");
    assert_eq!(readers(&memory), [SECOND]);
    memory.bring_back(FIRST);
    assert_eq!(
        handle(&memory, event(RAISED)).await,
        Ok(AlertReport { sent: 1, sent_before: 1, ..AlertReport::default() })
    );
    assert_eq!(readers(&memory), [SECOND, FIRST]);
}

#[tokio::test]
async fn a_mail_that_another_invocation_is_sending_is_not_sent() {
    let memory = memory();
    handle(&memory, event(RAISED)).await.unwrap();
    let (now, until) = (moment("2026-11-24T03:05:50Z"), moment("2026-11-24T03:10:50Z"));
    let another = MailClaim::Sending(Lease { holder: "another".into(), now, until });
    memory.state().claims.values_mut().for_each(|claim| *claim = another.clone());
    assert_eq!(handle(&memory, event(RAISED)).await.unwrap_err().not_sent, 2);
    // The other invocation has ended, perhaps after SES accepted the mails. The platform's retries do not send these
    // mails again.
    assert_eq!(handle_at(&memory, event(RAISED), "2026-11-24T03:11:00Z").await.unwrap_err().not_sent, 2);
    assert_eq!(handle_at(&memory, event(RAISED), "2026-11-24T04:10:00Z").await.unwrap_err().not_sent, 2);
    // A later replay of the notification from the queue sends the mails.
    assert_eq!(handle_at(&memory, event(RAISED), "2026-11-24T04:11:00Z").await, Ok(sent(2)));
}
