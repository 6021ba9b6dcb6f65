//! Tests what a mail lets a person do: it shows the metric, and its links act once, after a button was pressed.

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::mail::Mail;
use evergreen_tests::registry::text;
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;

/// Name of the alarm that these tests raise by hand, without the stack's name.
const KIND: &str = "accuracy-low";

/// Raises the alarm, and returns the mail to each recipient.
async fn raised(stack: &Stack) -> Vec<Mail> {
    let mark = stack.inbox.mark().await;
    stack.cloudwatch.set_state(KIND, StateValue::Ok, "A test begins.").await;
    stack.cloudwatch.set_state(KIND, StateValue::Alarm, "A test raises the alarm.").await;
    stack.until_mailed(mark, KIND, StateValue::Alarm).await
}

/// Returns the path of the mail's link with this text.
fn link(mail: &Mail, label: &str) -> String {
    let line = mail.text.lines().find(|line| line.starts_with(label));
    let line = line.unwrap_or_else(|| panic!("no link {label:?} in {}", mail.text));
    let token = line.rsplit_once("/act/").expect("a link to the console").1;
    format!("/act/{token}")
}

async fn open(stack: &Stack, method: Method, path: &str) -> Answer {
    Answer::to(stack.console.unsigned(method, path)).await
}

#[tokio::test]
async fn a_mail_shows_the_metric_and_its_link_trains_once() {
    let stack = Stack::take_for_alarm(KIND).await;
    stack.served().await;
    stack.functions.measure().await;
    let mails = raised(&stack).await;
    assert!(mails[0].html.contains("data:image/png;base64,iVBOR"), "no picture in {}", mails[0].html);
    assert!(mails[0].text.contains("Picture: ModelAccuracyMargin in the last 24 hours"), "{}", mails[0].text);
    let path = link(&mails[0], "Train now: ");
    assert_ne!(path, link(&mails[1], "Train now: "), "each recipient has links of their own");

    let runs = stack.registry.items("RUN#").await.len();
    for _ in 0..2 {
        let page = open(&stack, Method::GET, &path).await;
        assert!(page.status == 200 && page.text.contains("Train now?"), "{}", page.text);
    }
    assert_eq!(stack.registry.items("RUN#").await.len(), runs, "opening a link changes nothing");

    let done = open(&stack, Method::POST, &path).await;
    assert!(done.status == 200 && done.text.contains("Training was requested"), "{}", done.text);
    until("the end of the run that the link asked for", seconds(120), async || {
        let runs_now = stack.registry.items("RUN#").await;
        let is_running = runs_now.iter().any(|run| run["status"] == text("RUNNING"));
        (runs_now.len() > runs && !is_running).then_some(())
    })
    .await;
    let again = open(&stack, Method::POST, &path).await;
    assert!(again.status == 410 && again.text.contains("This link was used"), "{}", again.text);
    let trail = stack.console.get("/audit?limit=1").await.ok().body.clone();
    let entry = &trail["entries"][0];
    assert_eq!((&entry["action"], &entry["actor"]["kind"]), (&"training_requested".into(), &"mail".into()), "{trail}");
    assert_eq!(entry["reason"], "by link of a mail about accuracy-low");
    stack.cloudwatch.set_state(KIND, StateValue::Ok, "The test is over.").await;
}

#[tokio::test]
async fn a_link_returns_to_the_version_that_the_mail_names() {
    let stack = Stack::take_for_alarm(KIND).await;
    let former = stack.serve_new().await;
    let champion = stack.serve_new().await;
    let mails = raised(&stack).await;
    let label = format!("Return to version {former}: ");
    let path = link(&mails[0], &label);
    let done = open(&stack, Method::POST, &path).await;
    assert!(done.status == 200 && done.text.contains("is the champion again"), "{}", done.text);
    assert_eq!(stack.champion_number().await, former);
    // The other recipient's link was about the former champion, so it does nothing.
    let late = open(&stack, Method::POST, &link(&mails[1], &label)).await;
    assert!(late.status == 409 && late.text.contains("The champion has changed"), "{}", late.text);
    assert_ne!(champion, former);
    stack.cloudwatch.set_state(KIND, StateValue::Ok, "The test is over.").await;
}
