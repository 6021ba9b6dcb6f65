//! What others are told on the bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::Target;
use evergreen_tests::Stack;
use evergreen_tests::training::{bad, fresh_id};
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

#[tokio::test]
async fn trainings_promotions_refusals_and_failures_are_told_on_the_bus() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let listener = Listener::start(&stack).await;

    let promoted = stack.train_good().await;
    let refused = stack.train(bad()).await;
    let failing = json!({"id": fresh_id(), "hyperparameters": {"max_depth": 0}});
    stack.functions.call(&stack.functions.train, &failing).await;

    let mut heard = Vec::new();
    until("five events", seconds(20), async || {
        heard.extend(stack.kept_in("test-events").await);
        (heard.len() >= 5).then_some(())
    })
    .await;
    listener.stop().await;

    let detail = |kind: &str, run: &Value| {
        let found = heard.iter().find(|event| event["detail-type"] == kind && event["detail"]["run_id"] == *run);
        found.unwrap_or_else(|| panic!("no {kind} of {run} in {heard:#?}"))["detail"].clone()
    };
    let run = stack.registry.versions().await.into_iter().find(|version| version["number"] == promoted);
    let run = run.expect("the version is registered")["run_id"].clone();
    for kind in ["TrainingSucceeded", "ModelPromoted"] {
        let told = detail(kind, &run);
        assert_eq!((&told["model"], &told["version"]), (&json!("iris"), &json!(promoted)), "{told}");
        assert!(told["metrics"]["accuracy"].as_f64().is_some_and(|accuracy| accuracy >= 0.9), "{told}");
    }
    for kind in ["TrainingSucceeded", "ModelRejected"] {
        assert_eq!(detail(kind, &refused["run_id"])["version"], refused["version"]);
    }
    let failed = detail("TrainingFailed", &format!("manual-{}", failing["id"].as_str().unwrap_or_default()).into());
    assert!(failed["reason"].as_str().is_some_and(|reason| reason.contains("max_depth")), "{failed}");
    stack.train_good().await;
}

/// A rule of the test's own, with a queue behind it.
pub struct Listener {
    events: Client,
    queues: aws_sdk_sqs::Client,
    rule: String,
    url: String,
}

impl Listener {
    pub async fn start(stack: &Stack) -> Self {
        let (events, queues) = (Client::new(&stack.config), aws_sdk_sqs::Client::new(&stack.config));
        let rule = format!("{}-test-events", stack.name);
        let created = queues.create_queue().queue_name(&rule).send().await.expect("SQS makes a queue");
        let url = created.queue_url.expect("a queue has an address");
        let topic = stack.topic();
        let account = topic.split(':').skip(3).take(2).collect::<Vec<_>>().join(":");
        let target = Target::builder().id("queue").arn(format!("arn:aws:sqs:{account}:{rule}")).build();
        let pattern = json!({"source": ["evergreen"]}).to_string();
        events.put_rule().name(&rule).event_pattern(pattern).send().await.expect("EventBridge makes a rule");
        let put = events.put_targets().rule(&rule).targets(target.expect("a target")).send().await;
        put.expect("EventBridge takes the target");
        Self { events, queues, rule, url }
    }

    pub async fn stop(self) {
        self.events.remove_targets().rule(&self.rule).ids("queue").send().await.expect("EventBridge lets go");
        self.events.delete_rule().name(&self.rule).send().await.expect("EventBridge deletes the rule");
        self.queues.delete_queue().queue_url(self.url).send().await.expect("SQS deletes the queue");
    }
}
