//! Test helper that receives the events on the EventBridge bus, as a consumer does.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::Target;
use serde_json::{Value, json};

use crate::stack::Stack;

/// Name of the test's SQS queue that receives the published events, without the stack's name.
const QUEUE: &str = "test-events";

// The test creates an EventBridge rule and an SQS queue for this.
/// Test helper that receives all events on the EventBridge bus.
#[derive(Debug)]
pub struct Listener {
    events: Client,
    queues: aws_sdk_sqs::Client,
    rule: String,
    url: String,
}

impl Listener {
    /// Starts receiving all events on the EventBridge bus.
    ///
    /// # Panics
    /// When EventBridge or SQS refuses a request.
    pub async fn start(stack: &Stack) -> Self {
        // An EventBridge rule sends the events to a new SQS queue.
        let (events, queues) = (Client::new(&stack.config), aws_sdk_sqs::Client::new(&stack.config));
        let rule = format!("{}-{QUEUE}", stack.name);
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

    /// Returns the EventBridge events that have arrived in the test's queue since the last call of this function.
    pub async fn received(&self, stack: &Stack) -> Vec<Value> {
        stack.kept_in(QUEUE).await
    }

    /// Deletes the test's EventBridge rule and its queue.
    ///
    /// # Panics
    /// When EventBridge or SQS refuses a request.
    pub async fn stop(self) {
        self.events.remove_targets().rule(&self.rule).ids("queue").send().await.expect("EventBridge lets go");
        self.events.delete_rule().name(&self.rule).send().await.expect("EventBridge deletes the rule");
        self.queues.delete_queue().queue_url(self.url).send().await.expect("SQS deletes the queue");
    }
}
