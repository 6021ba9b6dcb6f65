//! Events on EventBridge's default bus.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use evergreen_lifecycle::LifecycleEvent;
use evergreen_lifecycle::ports::{Announcer, Unavailable};

use crate::failure::unavailable;

const WHAT: &str = "announcing events";

/// Who says it.
const SOURCE: &str = "evergreen";

/// EventBridge takes this many events in one call.
const MOST_PER_CALL: usize = 10;

/// The account's default bus. Events of a model's life stand there under the source `evergreen`.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
}

/// A call that succeeded, of which the bus nevertheless took only a part.
#[derive(Debug, thiserror::Error)]
#[error("the bus did not take {count} of the events: {}", .codes.iter().map(String::as_str).collect::<Vec<_>>().join(", "))]
struct Refused {
    count: i32,
    codes: BTreeSet<String>,
}

impl EventBus {
    /// The default bus.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

impl Announcer for EventBus {
    async fn announce(&self, events: &[LifecycleEvent]) -> Result<(), Unavailable> {
        let entries = events.iter().map(entry).collect::<Result<Vec<_>, _>>();
        let entries = entries.map_err(|error| Unavailable::new(WHAT, error))?;
        for chunk in entries.chunks(MOST_PER_CALL) {
            let put = self.client.put_events().set_entries(Some(chunk.to_vec()));
            let answer = put.send().await.map_err(unavailable(WHAT))?;
            all_taken(&answer).map_err(|error| Unavailable::new(WHAT, error))?;
        }
        Ok(())
    }
}

fn entry(event: &LifecycleEvent) -> Result<PutEventsRequestEntry, serde_json::Error> {
    let detail = serde_json::to_string(event)?;
    Ok(PutEventsRequestEntry::builder().source(SOURCE).detail_type(event.kind.as_str()).detail(detail).build())
}

fn all_taken(answer: &PutEventsOutput) -> Result<(), Refused> {
    if answer.failed_entry_count() == 0 {
        return Ok(());
    }
    let codes = answer.entries().iter().filter_map(|entry| entry.error_code().map(String::from)).collect();
    Err(Refused { count: answer.failed_entry_count(), codes })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use aws_sdk_eventbridge::types::PutEventsResultEntry;
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
    use evergreen_lifecycle::{EventKind, RunId, VersionNumber};
    use serde_json::json;

    use super::*;
    use crate::mocks::record;

    fn event(kind: EventKind) -> LifecycleEvent {
        LifecycleEvent {
            kind,
            model: "iris".parse().unwrap(),
            run_id: RunId::requested("7").unwrap(),
            version: Some(VersionNumber::FIRST),
            metrics: None,
            reason: "there was no champion".into(),
            decision: None,
        }
    }

    fn taken() -> MockResponse<PutEventsOutput, aws_sdk_eventbridge::operation::put_events::PutEventsError> {
        MockResponse::Output(PutEventsOutput::builder().build())
    }

    #[tokio::test]
    async fn an_event_is_its_kind_and_its_detail() {
        let (rule, sent) = record(mock!(Client::put_events), taken);
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, [&rule]) };
        bus.announce(&[event(EventKind::ModelPromoted)]).await.unwrap();
        let request = sent.only();
        let [entry] = request.entries() else { panic!("expected one entry") };
        assert_eq!((entry.source(), entry.detail_type()), (Some("evergreen"), Some("ModelPromoted")));
        assert_eq!(entry.event_bus_name(), None);
        let detail: serde_json::Value = serde_json::from_str(entry.detail().unwrap()).unwrap();
        let expected = json!({
            "model": "iris", "run_id": "manual-7", "version": 1, "metrics": null, "reason": "there was no champion",
        });
        assert_eq!(detail, expected);
    }

    #[test]
    fn a_decision_stands_in_the_detail_with_its_figures() {
        let decided = evergreen_testkit::version(1, 0.97, evergreen_testkit::moment("2026-11-24T03:00:00Z")).decision;
        let event = LifecycleEvent { decision: Some(decided), ..event(EventKind::ModelPromoted) };
        let detail: serde_json::Value = serde_json::from_str(entry(&event).unwrap().detail().unwrap()).unwrap();
        let decision = &detail["decision"];
        let told = ["verdict", "metric", "score", "floor"].map(|field| decision[field].clone());
        assert_eq!(told, [json!("first_champion"), json!("accuracy"), json!(0.97), json!(0.9)]);
    }

    #[tokio::test]
    async fn more_events_than_one_call_takes_are_several_calls_in_order() {
        let (rule, sent) = record(mock!(Client::put_events), taken);
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&rule]) };
        let mut events = vec![event(EventKind::TrainingSucceeded); 10];
        events.push(event(EventKind::ModelRejected));
        bus.announce(&events).await.unwrap();
        let kinds: Vec<_> = sent.all().iter().flat_map(|request| request.entries().to_vec()).collect();
        assert_eq!(sent.all().iter().map(|request| request.entries().len()).collect::<Vec<_>>(), [10, 1]);
        assert_eq!(kinds.last().and_then(PutEventsRequestEntry::detail_type), Some("ModelRejected"));
    }

    #[tokio::test]
    async fn an_event_that_the_bus_did_not_take_is_a_failure() {
        let rule = mock!(Client::put_events).then_output(|| {
            let refused = PutEventsResultEntry::builder().error_code("ThrottlingException").build();
            PutEventsOutput::builder().failed_entry_count(1).entries(refused).build()
        });
        let bus = EventBus { client: mock_client!(aws_sdk_eventbridge, [&rule]) };
        let error = bus.announce(&[event(EventKind::TrainingFailed)]).await.unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "the bus did not take 1 of the events: ThrottlingException");
    }
}
