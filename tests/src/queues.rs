//! Test helper that reads the SQS dead-letter queues.

use aws_sdk_sqs::Client;
use serde_json::Value;

use crate::stack::Stack;

impl Stack {
    /// Removes up to ten messages from one of the deployed stack's SQS queues and returns them.
    ///
    /// # Panics
    /// When the stack has no queue of this name.
    pub async fn kept_in(&self, queue: &str) -> Vec<Value> {
        // A message that is not JSON becomes a JSON string.
        let client = Client::new(&self.config);
        let found = client.get_queue_url().queue_name(format!("{}-{queue}", self.name)).send().await;
        let url = found.expect("the queue is there").queue_url.expect("a queue has an address");
        let received = client.receive_message().queue_url(&url).max_number_of_messages(10).send().await;
        let mut kept = Vec::new();
        for message in received.expect("the queue answers").messages.unwrap_or_default() {
            let receipt = message.receipt_handle.unwrap_or_default();
            client.delete_message().queue_url(&url).receipt_handle(receipt).send().await.expect("the queue lets go");
            let body = message.body.unwrap_or_default();
            kept.push(serde_json::from_str(&body).unwrap_or(Value::String(body)));
        }
        kept
    }
}
