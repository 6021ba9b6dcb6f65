//! Tests that a version proves itself on live traffic: a worse one is rolled back and a better one takes over, and no
//! request fails meanwhile.

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::iris::{Flower, flowers};
use evergreen_tests::training::{as_good, bad};
use evergreen_tests::wait::{seconds, until};
use reqwest::Method;
use serde_json::{Value, json};

/// The name of the console's setting that says how long a stage lasts at least.
const MINUTES: &str = "EVERGREEN_CANARY_MINUTES";

/// A rollout in which callers predict all flowers again and again.
struct Rollout<'a> {
    stack: &'a Stack,
    flowers: Vec<Flower>,
    calls: usize,
}

impl<'a> Rollout<'a> {
    /// Starts the rollout of a version. Its stages last no minimum time.
    async fn start(stack: &'a Stack, version: u64) -> Self {
        stack.functions.set(&stack.functions.console, MINUTES, "0").await;
        let order = json!({"version": version, "reason": "an end-to-end test"});
        stack.console.send(Method::POST, "/rollout/start", order).await.ok();
        Self { stack, flowers: flowers(), calls: 0 }
    }

    /// Predicts all flowers for another caller.
    async fn predict(&mut self) -> Answer {
        let rows: Vec<&Value> = self.flowers.iter().map(|flower| &flower.row).collect();
        self.calls += 1;
        // The same key always gets the same version, so each call has another one.
        let request =
            self.stack.api.request(Method::POST, "/predict").header("x-evergreen-key", self.calls.to_string());
        Answer::to(request.json(&rows)).await.ok()
    }

    /// Says what turned out true about an answer.
    async fn feed(&self, answer: &Answer) {
        let ids = answer.body["ids"].as_array().expect("each row has an id");
        let pairs = ids.iter().zip(&self.flowers);
        let known: Vec<Value> = pairs.map(|(id, flower)| json!({"id": id, "actual": flower.species})).collect();
        let request = self.stack.api.request(Method::POST, "/feedback").json(&json!({"feedback": known}));
        Answer::to(request).await.ok();
    }

    /// Lets the metrics function take the step that is due, and returns the rollout.
    async fn step(&self) -> Value {
        self.stack.functions.measure().await;
        self.stack.api.get("/rollout").await.ok().body["rollout"].clone()
    }

    async fn end(self) {
        self.stack.functions.set(&self.stack.functions.console, MINUTES, "60").await;
    }
}

#[tokio::test]
async fn a_worse_version_is_rolled_back_for_its_answers_and_no_request_fails() {
    let stack = Stack::take().await;
    let champion = stack.serve_new().await;
    let refused = stack.train(bad()).await["version"].as_u64().expect("a refused version has a number");
    let mut rollout = Rollout::start(&stack, refused).await;

    let ended = until("the rollback of the worse version", seconds(240), async || {
        let answer = rollout.predict().await;
        rollout.feed(&answer).await;
        tokio::time::sleep(seconds(1)).await;
        let now = rollout.step().await;
        (now["state"] != "running").then_some(now)
    })
    .await;

    assert_eq!((&ended["state"], &ended["challenger"]), (&json!("rolled_back"), &json!(refused)), "{ended}");
    assert!(ended["losses"]["difference"].as_f64() > Some(0.0), "{ended}");
    assert_eq!(stack.champion_number().await, champion);
    assert_eq!(stack.functions.measure().await["RolloutRolledBack"], json!(1.0));
    let audit = stack.api.get("/audit").await.ok().body;
    let last = &audit["entries"][0];
    assert_eq!((&last["action"], &last["actor"]["kind"]), (&json!("rollout_rolled_back"), &json!("stack")), "{last}");
    rollout.end().await;
    stack.assert_keeps_serving(champion).await;
}

#[tokio::test]
async fn a_version_that_is_as_good_takes_over_stage_by_stage_and_no_request_fails() {
    let stack = Stack::take().await;
    let former = stack.serve_new().await;
    let newer = stack.train_to_serve(as_good()).await;
    stack.roll_back_to(former).await;
    let mut rollout = Rollout::start(&stack, newer).await;

    let mut answered_by = std::collections::BTreeSet::new();
    let ended = until("the promotion of the newer version", seconds(300), async || {
        for _ in 0..5 {
            let answer = rollout.predict().await;
            answered_by.insert(answer.version());
        }
        tokio::time::sleep(seconds(1)).await;
        let now = rollout.step().await;
        (now["state"] != "running").then_some(now)
    })
    .await;

    assert_eq!(ended["state"], "promoted", "{ended}");
    assert_eq!(stack.champion_number().await, newer);
    assert!(answered_by.contains(&former) && answered_by.contains(&newer), "{answered_by:?}");
    stack.until_served(newer).await;
    rollout.end().await;
}

#[tokio::test]
async fn a_promotion_by_hand_ends_a_rollout() {
    let stack = Stack::take().await;
    let former = stack.serve_new().await;
    let newer = stack.train_to_serve(as_good()).await;
    let rollout = Rollout::start(&stack, former).await;
    stack.roll_back_to(former).await;
    let ended = rollout.step().await;
    assert_eq!((&ended["state"], &ended["challenger"]), (&json!("stopped"), &json!(former)), "{ended}");
    let refused = json!({"reason": "it is over already"});
    stack.console.send(Method::POST, "/rollout/advance", refused).await.problem(409);
    rollout.end().await;
    stack.roll_back_to(newer).await;
}
