//! Publishes events on the default event bus of Amazon EventBridge.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use evergreen_lifecycle::Announcement;
use evergreen_lifecycle::ports::{Announcer, MAX_ANNOUNCEMENTS, Refusal, Unavailable};

use crate::failure::unavailable;

const WHAT: &str = "announcing events";

/// Value of the field `source` in all events that this program publishes.
const SOURCE: &str = "evergreen";

// All events that this program publishes there have the source `evergreen`.
/// Client for the default event bus of the AWS account.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
}

impl EventBus {
    /// Creates a client for the default event bus of the AWS account.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Announcer for EventBus {
    async fn announce(&self, events: &[Announcement]) -> Result<Vec<Refusal>, Unavailable> {
        let mut refused = Vec::new();
        for chunk in events.chunks(MAX_ANNOUNCEMENTS) {
            let put = self.client.put_events().set_entries(Some(chunk.iter().map(entry).collect()));
            let answer = put.send().await.map_err(unavailable(WHAT))?;
            refused.extend(refusals(chunk, &answer));
        }
        Ok(refused)
    }
}

fn entry(event: &Announcement) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder().source(SOURCE).detail_type(&event.kind).detail(&event.detail).build()
}

/// Returns the events that the event bus refused, each with its error code.
fn refusals(events: &[Announcement], answer: &PutEventsOutput) -> Vec<Refusal> {
    // `answer` has one entry for each of `events`, in the same order.
    let entries = events.iter().zip(answer.entries());
    let refused = entries.filter_map(|(event, entry)| Some((event, entry.error_code()?)));
    refused.map(|(event, code)| Refusal { key: event.key.clone(), code: code.to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::types::PutEventsResultEntry;
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
    use evergreen_lifecycle::{EventKind, LifecycleEvent, Run};
    use evergreen_testkit::{finished_run, moment, run, version};
    use serde_json::json;

    use super::*;
    use crate::tests::mocks::record;

    const START: &str = "2026-11-24T03:00:00Z";

    fn failed() -> Run {
        let retried = Some(moment("2026-11-24T03:03:01Z"));
        run("7", moment(START)).failed("the store is away".into(), retried, moment("2026-11-24T03:00:01Z"))
    }

    fn failure() -> Announcement {
        Announcement::of(&LifecycleEvent::of_failure(&failed(), moment("2026-11-24T03:00:01Z"))).unwrap()
    }

    fn detail(event: &LifecycleEvent) -> serde_json::Value {
        serde_json::from_str(&Announcement::of(event).unwrap().detail).unwrap()
    }

    fn taken() -> MockResponse<PutEventsOutput, aws_sdk_eventbridge::operation::put_events::PutEventsError> {
        MockResponse::Output(PutEventsOutput::builder().build())
    }

    #[tokio::test]
    async fn an_event_consists_of_type_and_detail() {
        let (rule, sent) = record(mock!(Client::put_events), taken);
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, [&rule]) };
        assert_eq!(bus.announce(&[failure()]).await.unwrap(), []);
        let request = sent.only();
        let [entry] = request.entries() else { panic!("expected one entry") };
        assert_eq!((entry.source(), entry.detail_type()), (Some("evergreen"), Some("TrainingFailed")));
        assert_eq!(entry.event_bus_name(), None);
        let detail: serde_json::Value = serde_json::from_str(entry.detail().unwrap()).unwrap();
        let expected = json!({
            "schema_version": 1, "id": "iris/manual-7/1/TrainingFailed", "occurred_at": "2026-11-24T03:00:01.000Z", "model": "iris",
            "run_id": "manual-7", "version": null, "metrics": null, "reason": "the store is away",
            "retry_until": "2026-11-24T03:03:01Z",
        });
        assert_eq!(detail, expected);
    }

    #[test]
    fn the_event_detail_holds_the_decision_with_its_figures() {
        let version = version(1, 0.97, moment(START));
        let run = finished_run("7", moment(START), &version);
        let [made, promoted] = LifecycleEvent::of_version(&run, &version, None, moment(START));
        assert_eq!((made.kind, promoted.kind), (EventKind::TrainingSucceeded, EventKind::ModelPromoted));
        let detail = detail(&promoted);
        let decision = &detail["decision"];
        let told = ["verdict", "metric", "score", "floor"].map(|field| decision[field].clone());
        assert_eq!(told, [json!("first_champion"), json!("accuracy"), json!(0.97), json!(0.9)]);
        assert_eq!((&detail["version"], &detail["id"]), (&json!(1), &json!("iris/manual-7/1/ModelPromoted")));
    }

    #[tokio::test]
    async fn more_events_than_one_call_takes_are_several_calls_in_order() {
        let (rule, sent) = record(mock!(Client::put_events), taken);
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&rule]) };
        let mut events = vec![failure(); 10];
        events.push(Announcement { kind: "ModelRejected".into(), ..failure() });
        bus.announce(&events).await.unwrap();
        let kinds: Vec<_> = sent.all().iter().flat_map(|request| request.entries().to_vec()).collect();
        assert_eq!(sent.all().iter().map(|request| request.entries().len()).collect::<Vec<_>>(), [10, 1]);
        assert_eq!(kinds.last().and_then(PutEventsRequestEntry::detail_type), Some("ModelRejected"));
    }

    #[tokio::test]
    async fn an_event_that_the_bus_refused_is_distinguished_from_one_that_it_accepted() {
        let rule = mock!(Client::put_events).then_output(|| {
            let refused = PutEventsResultEntry::builder().error_code("ThrottlingException").build();
            let taken = PutEventsResultEntry::builder().event_id("e").build();
            PutEventsOutput::builder().failed_entry_count(1).entries(taken).entries(refused).build()
        });
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, [&rule]) };
        let other = Announcement { key: "other".into(), ..failure() };
        let refused = bus.announce(&[failure(), other]).await.unwrap();
        assert_eq!(refused, [Refusal { key: "other".into(), code: "ThrottlingException".into() }]);
    }
}
