//! Tests the webhook: every event of the stack arrives at the user's URL, signed with the stack's secret.

use evergreen_lifecycle::{Actor, ActorKind, Announcement, AuditEntry, AuditedAction};
use evergreen_tests::Stack;
use evergreen_tests::training::{bad, fresh_id};
use evergreen_tests::wait::{seconds, until};
use evergreen_tests::webhook::{WebhookInbox, WebhookRequest};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Returns the secret with which the stack signs its messages.
async fn secret(stack: &Stack) -> String {
    let client = aws_sdk_secretsmanager::Client::new(&stack.config);
    let answer = client.get_secret_value().secret_id(format!("{}-webhook", stack.name)).send().await;
    answer.expect("the stack has a secret").secret_string.expect("the secret is a text")
}

/// Returns the message about the first event for which `is_it` is true, with its body.
async fn message(inbox: &WebhookInbox, what: &str, is_it: impl Fn(&Value) -> bool) -> (WebhookRequest, Value) {
    let read = |request: WebhookRequest| {
        let body = serde_json::from_str(&request.body).expect("a message is JSON");
        (request, body)
    };
    until(what, seconds(20), async || inbox.received().into_iter().map(read).find(|(_, body)| is_it(body))).await
}

/// Stores the event of a change by a person, as the console's transaction does. Returns its id.
async fn change_alias(stack: &Stack) -> String {
    let entry = AuditEntry {
        id: fresh_id(),
        at: Timestamp::now() - jiff::SignedDuration::from_mins(2),
        actor: Actor::new(ActorKind::Session, "Ada"),
        action: AuditedAction::AliasRemoved,
        subject: "alias staging".into(),
        reason: Some("no longer needed".into()),
        details: [].into(),
    };
    let model = "iris".parse().expect("a model's name");
    let event = Announcement::of_change(&entry, &model, None, Some("staging")).expect("an event is JSON");
    let fields = [("detail_type", event.kind.as_str()), ("detail", event.detail.as_str())];
    stack.registry.leave_event(&event.key, &fields).await;
    entry.id
}

#[tokio::test]
async fn every_event_arrives_signed_at_the_webhook() {
    let stack = Stack::take().await;
    let inbox = WebhookInbox::of_process().expect("`make e2e` deploys the stack with a webhook");
    let secret = secret(&stack).await;
    stack.serve_new().await;
    let promoted = stack.train_good().await;
    let refused = stack.train(bad()).await;
    let failing = fresh_id();
    let event = json!({"id": failing, "hyperparameters": {"max_depth": 0}});
    stack.functions.call(&stack.functions.train, &event).await;
    let changed = change_alias(&stack).await;
    stack.functions.measure().await;

    let expected = [
        ("TrainingSucceeded", "version", json!(promoted)),
        ("ModelPromoted", "version", json!(promoted)),
        ("ModelRejected", "version", refused["version"].clone()),
        ("TrainingFailed", "run_id", json!(format!("manual-{failing}"))),
        ("RegistryChanged", "id", json!(changed)),
    ];
    for (kind, field, value) in expected {
        let is_it = |body: &Value| body["type"] == kind && body["data"][field] == value;
        let (request, body) = message(&inbox, &format!("the message about {kind}"), is_it).await;
        assert_eq!((&body["model"], &body["schema_version"]), (&json!("iris"), &json!(1)), "{kind}");
        assert_eq!(request.header("evergreen-event"), kind);
        assert_eq!(request.header("evergreen-delivery"), body["id"].as_str().expect("an event has an id"));
        let signature = request.header("evergreen-signature");
        let signed_at = signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()?.parse().ok());
        let signed_at = Timestamp::from_second(signed_at.expect("the signature has a time")).expect("a time");
        assert_eq!(signature, evergreen_webhook::sign(&secret, signed_at, &request.body), "{kind}");
    }
    stack.train_good().await;
}
