//! Tests the webhook function with a real HTTP server as the receiver.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod receiver;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use evergreen_aws::WebhookClient;
use evergreen_aws::env::Environment;
use evergreen_lifecycle::ports::{SigningSecret, Unavailable};
use evergreen_testkit::{FixedClock, moment};
use evergreen_webhook::{WebhookError, WebhookFormat, WebhookHandler, WebhookPorts, WebhookReport, sign};
use receiver::Receiver;
use serde_json::{Value, json};

const NOW: &str = "2026-11-24T09:12:31Z";

struct Secret(Option<&'static str>);

impl SigningSecret for Secret {
    async fn secret(&self) -> Result<String, Unavailable> {
        self.0.map(str::to_owned).ok_or_else(|| Unavailable::briefly("reading the webhook's secret", "away"))
    }
}

fn event() -> EventBridgeEvent {
    serde_json::from_str(include_str!("../../../../events/webhook-event.json")).unwrap()
}

/// Sends the event of events/webhook-event.json to the URL as often as there are invocations.
async fn send_as(
    url: &str,
    format: WebhookFormat,
    secret: Option<&'static str>,
    invocations: &[&str],
) -> Vec<Result<WebhookReport, WebhookError>> {
    let receiver = WebhookClient::new(&Environment::from_lookup(|_| None), url.parse().unwrap()).unwrap();
    let (secret, clock) = (Secret(secret), FixedClock::at(moment(NOW)));
    let ports = WebhookPorts { receiver: &receiver, secret: &secret, clock: &clock };
    let handler = WebhookHandler::new(&ports, format);
    let mut results = Vec::new();
    for invocation in invocations {
        results.push(handler.handle(event(), invocation).await);
    }
    results
}

async fn send(receiver: &Receiver, invocations: &[&str]) -> Vec<Result<WebhookReport, WebhookError>> {
    send_as(&receiver.url, WebhookFormat::Json, Some("s3cr3t"), invocations).await
}

#[tokio::test]
async fn an_event_arrives_with_its_id_its_kind_and_a_valid_signature() {
    let receiver = Receiver::answering(&[200]);
    let results = send(&receiver, &["a"]).await;
    assert_eq!(results[0].as_ref().unwrap(), &WebhookReport { id: "01JDF4Z2V6Q3".into(), status: 200 });
    let [request] = &receiver.received()[..] else { panic!("expected one request") };
    let told = ["content-type", "evergreen-event", "evergreen-delivery"].map(|name| request.header(name));
    assert_eq!(told, ["application/json", "RegistryChanged", "01JDF4Z2V6Q3"]);
    assert_eq!(request.header("evergreen-signature"), sign("s3cr3t", moment(NOW), &request.body));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({
        "id": "01JDF4Z2V6Q3", "type": "RegistryChanged", "time": "2026-11-24T09:12:30.512Z", "model": "iris",
        "schema_version": 1, "data": event().detail,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_chat_room_gets_a_sentence_about_the_event() {
    let receiver = Receiver::answering(&[200]);
    send_as(&receiver.url, WebhookFormat::Slack, Some("s3cr3t"), &["a"]).await[0].as_ref().unwrap();
    let body: Value = serde_json::from_str(&receiver.received()[0].body).unwrap();
    assert_eq!(body["text"], "iris: ada set alias staging to version 7");
    assert_eq!(body["blocks"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_event_is_sent_again_if_the_receiver_is_overloaded_or_broken() {
    for status in [408, 425, 429, 500, 503] {
        let receiver = Receiver::answering(&[status, 204]);
        let results = send(&receiver, &["a", "a"]).await;
        assert!(matches!(results[0], Err(WebhookError::TryAgain(told)) if told == status), "{results:?}");
        assert_eq!(results[1].as_ref().unwrap().status, 204);
        let ids: Vec<_> = receiver.received().iter().map(|it| it.header("evergreen-delivery").to_owned()).collect();
        assert_eq!(ids, ["01JDF4Z2V6Q3", "01JDF4Z2V6Q3"], "a receiver recognises the repetition by its id");
    }
}

#[tokio::test]
async fn a_refused_event_is_sent_once_and_other_events_are_sent_on() {
    for status in [302, 400, 404, 410] {
        let receiver = Receiver::answering(&[status, 200]);
        let results = send(&receiver, &["a", "a", "b"]).await;
        for result in &results[..2] {
            assert!(matches!(result, Err(WebhookError::Refused(told)) if *told == status), "{result:?}");
        }
        assert_eq!(results[2].as_ref().unwrap().status, 200);
        assert_eq!(receiver.received().len(), 2, "the retry of the invocation sends nothing");
    }
}

#[tokio::test]
async fn an_event_without_a_receiver_or_a_secret_can_be_sent_later() {
    let results = send_as("http://127.0.0.1:1/", WebhookFormat::Json, Some("s3cr3t"), &["a"]).await;
    assert!(matches!(results[0], Err(WebhookError::Unavailable(_))), "{results:?}");
    let receiver = Receiver::answering(&[200]);
    let results = send_as(&receiver.url, WebhookFormat::Json, None, &["a"]).await;
    assert_eq!(results[0].as_ref().unwrap_err().to_string(), "reading the webhook's secret failed");
    assert!(receiver.received().is_empty(), "nothing is sent without a signature");
}
