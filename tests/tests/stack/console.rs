//! Tests of the console's API on the deployed stack: rights, lists, changes, and what follows from a change.

mod changes;
mod lists;
mod rights;

use evergreen_tests::Stack;
use evergreen_tests::api::Answer;
use evergreen_tests::training::{as_good, bad};
use reqwest::Method;
use serde_json::{Value, json};

/// A reason for a change.
const WHY: &str = "better on rare cases";

/// The versions that the tests of the console use.
struct Versions {
    /// The champion before this one.
    former: u64,
    /// The champion.
    champion: u64,
    /// A version that the gate refused.
    refused: u64,
}

impl Versions {
    async fn make(stack: &Stack) -> Self {
        let former = stack.train_to_serve(as_good()).await;
        let champion = stack.serve_new().await;
        let refused = stack.train(bad()).await["version"].as_u64().expect("a refused version has a number");
        Self { former, champion, refused }
    }
}

/// Returns the revision of the champion that the console shows.
async fn revision(stack: &Stack) -> u64 {
    stack.console.get("/champion").await.ok().body["champion"]["revision"].as_u64().expect("there is a champion")
}

/// Returns the entries of the audit trail about a change with this action, newest first.
async fn audited(stack: &Stack, action: &str) -> Vec<Value> {
    let answer = stack.console.get("/audit?limit=100").await.ok();
    let entries = answer.body["entries"].as_array().expect("a list").clone();
    entries.into_iter().filter(|entry| entry["action"] == action).collect()
}

/// Promotes a version with a signed request.
async fn promote(stack: &Stack, version: u64) -> Answer {
    stack.console.send(Method::POST, "/promotions", json!({"version": version, "reason": WHY})).await
}
