//! Tests of predictions while a rollout runs: shadow, canary, and what is counted.

use std::time::Duration;

use evergreen_lifecycle::ports::{Clock, RolloutShare};
use evergreen_lifecycle::rollout::{Rollout, RolloutCounts, RolloutOutcome, RolloutPlan};
use evergreen_predict::shadow::MAX_SHADOW_ROWS;
use evergreen_testkit::rollout;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::models::{artifact, counted, estimate, explaining, subscribers};
use crate::support::{Fixture, FunctionAnswer, INTERVAL, SETOSA, VIRGINICA, With, event};

impl Fixture {
    /// Creates a function that serves version 1 and is to compare it with version 2, which has this artifact. The
    /// challenger answers `percent` of the requests.
    async fn rolling(percent: u8, challenger: &[u8]) -> Self {
        let fixture = Self::empty();
        fixture.begin(percent, artifact(1), challenger);
        fixture.app.warm_up().await;
        fixture
    }

    /// Promotes version 1, and begins a rollout of version 2.
    fn begin(&self, percent: u8, champion: &[u8], challenger: &[u8]) -> Rollout {
        let champion = self.promote_as(1, champion);
        let challenger = self.register_as(2, challenger);
        let plan = RolloutPlan::new(vec![percent.max(1)], 0).unwrap();
        let begun = Rollout { plan, ..rollout(&champion, challenger) };
        let begun = if percent == 0 { begun } else { begun.advanced(self.clock.now()) };
        self.set_rollout(&begun);
        begun
    }

    fn set_rollout(&self, rollout: &Rollout) {
        self.remote.memory.state().rollout = Some(rollout.clone());
    }

    /// Sends `POST /predict` with this key of the caller. Returns the number of the version that answers.
    async fn version_for(&self, key: &str) -> u64 {
        let request = event("predict-one").with("body", SETOSA).with_header("X-Evergreen-Key", key);
        self.call(&request).await.json()["model"]["version"].as_u64().unwrap()
    }

    /// Hands the counts over. Returns all that were stored.
    async fn handed_over(&self) -> Vec<RolloutShare> {
        self.app.rollout_tally().hand_over().await;
        self.remote.memory.state().rollout_shares.clone()
    }

    async fn counts(&self) -> RolloutCounts {
        let mut sum = RolloutCounts::default();
        self.handed_over().await.iter().for_each(|share| sum.add(&share.counts));
        sum
    }
}

fn list(rows: &[&str]) -> String {
    format!("[{}]", rows.join(","))
}

fn answered_by(response: &FunctionAnswer) -> (u64, Option<String>) {
    let model = &response.json()["model"];
    (model["version"].as_u64().unwrap(), model["rollout"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn in_the_shadow_stage_the_champion_answers_and_both_are_compared() {
    let fixture = Fixture::rolling(0, artifact(2)).await;
    let response = fixture.predict(list(&[SETOSA, VIRGINICA])).await;
    assert_eq!(answered_by(&response), (1, None));
    let counts = fixture.counts().await;
    assert_eq!((counts.shadow.rows, counts.shadow.agreeing, counts.loaded, counts.unable), (2, 2, 1, 0));
    assert_eq!((counts.champion.requests, counts.champion.rows, counts.challenger.requests), (1, 2, 0));
    assert!(counts.shadow.champion_nanos > 0 && counts.shadow.challenger_nanos > 0);
}

#[tokio::test]
async fn in_a_canary_stage_the_challenger_answers_and_says_so() {
    let fixture = Fixture::rolling(100, artifact(2)).await;
    let response = fixture.predict(SETOSA).await;
    assert_eq!((answered_by(&response), fixture.journal.last().version), ((2, Some("canary".into())), Some(2)));
    let counts = fixture.counts().await;
    assert_eq!((counts.challenger.requests, counts.challenger.failures, counts.champion.requests), (1, 0, 0));
    assert_eq!(counts.shadow.rows, 1, "the champion scores the same rows");
}

#[tokio::test]
async fn the_same_key_always_gets_the_same_version_and_a_larger_share_only_adds_keys() {
    let fixture = Fixture::empty();
    let half = fixture.begin(50, artifact(1), artifact(2));
    let mut versions = Vec::new();
    for percent in [50, 80] {
        let plan = RolloutPlan::new(vec![percent], 0).unwrap();
        fixture.set_rollout(&Rollout { plan, ..half.clone() });
        fixture.pass(INTERVAL);
        for key in 0..100 {
            let version = fixture.version_for(&format!("customer-{key}")).await;
            assert_eq!(fixture.version_for(&format!("customer-{key}")).await, version);
            versions.push(version);
        }
    }
    let (half, more) = versions.split_at(100);
    let answered = |versions: &[u64]| versions.iter().filter(|version| **version == 2).count();
    assert!((35..65).contains(&answered(half)) && (65..95).contains(&answered(more)));
    assert!(half.iter().zip(more).all(|(before, after)| before <= after));
}

#[tokio::test]
async fn without_a_key_the_same_body_gets_the_same_version() {
    let fixture = Fixture::rolling(50, artifact(2)).await;
    for width in 0..20 {
        let row = SETOSA.replace("3.5", &format!("3.{width}"));
        let first = answered_by(&fixture.predict(row.as_str()).await);
        assert_eq!(answered_by(&fixture.predict(row.as_str()).await), first);
    }
    let counts = fixture.counts().await;
    assert!(counts.champion.requests > 0 && counts.challenger.requests > 0);
    assert_eq!(counts.champion.requests + counts.challenger.requests, 40);
}

#[tokio::test]
async fn a_challenger_that_cannot_read_the_rows_is_replaced_by_the_champion() {
    let fixture = Fixture::rolling(100, &subscribers()).await;
    let response = fixture.predict(SETOSA).await;
    assert_eq!((response.status, answered_by(&response)), (200, (1, None)));
    let counts = fixture.counts().await;
    assert_eq!((counts.challenger.requests, counts.challenger.failures, counts.challenger.rows), (1, 1, 1));
    assert_eq!((counts.champion.requests, counts.champion.failures, counts.shadow.failed), (0, 0, 0));
}

#[tokio::test]
async fn in_the_shadow_stage_rows_that_the_challenger_cannot_read_are_counted() {
    let fixture = Fixture::rolling(0, &estimate(None)).await;
    assert_eq!(fixture.predict(list(&[SETOSA, VIRGINICA])).await.status, 200);
    let counts = fixture.counts().await;
    assert_eq!((counts.shadow.failed, counts.shadow.rows, counts.champion.requests), (2, 0, 1));
}

#[tokio::test]
async fn a_challenger_with_more_columns_reads_them_from_the_body() {
    let fixture = Fixture::empty();
    fixture.begin(0, &estimate(None), artifact(2));
    fixture.app.warm_up().await;
    let row = SETOSA.replace('{', r#"{"x": 1, "#);
    assert_eq!(answered_by(&fixture.predict(row).await), (1, None));
    let counts = fixture.counts().await;
    assert_eq!((counts.shadow.rows, counts.shadow.agreeing), (1, 0), "a number is never the same as a label");
}

#[tokio::test]
async fn what_the_caller_got_wrong_is_400_in_each_arm_and_counts_for_no_version() {
    for percent in [0, 100] {
        let fixture = Fixture::rolling(percent, artifact(2)).await;
        assert_eq!(fixture.predict(r#"{"petal length (cm)": 1.4}"#).await.status, 400);
        assert_eq!(fixture.predict("[]").await.status, 400);
        let counts = fixture.counts().await;
        assert_eq!((counts.champion.requests, counts.challenger.requests, counts.shadow.failed), (0, 0, 0));
    }
}

#[tokio::test]
async fn a_challenger_that_cannot_be_loaded_is_reported_and_the_champion_answers() {
    let fixture = Fixture::empty();
    fixture.begin(100, artifact(1), artifact(2));
    fixture.tamper(2, Some(artifact(3)));
    fixture.app.warm_up().await;
    for _ in 0..3 {
        assert_eq!(fixture.version().await, 1);
        fixture.pass(INTERVAL);
    }
    assert_eq!(fixture.journal.failures(), 0, "no alarm about the champion");
    assert_eq!(fixture.remote.memory.state().reads, 1, "a damaged artifact is fetched once");
    let counts = fixture.counts().await;
    assert_eq!((counts.loaded, counts.unable, counts.challenger.failures), (0, 1, 0));
}

#[tokio::test]
async fn a_rollout_is_followed_with_each_refresh() {
    let fixture = Fixture::rolling(0, artifact(2)).await;
    let canary = fixture.begin(100, artifact(1), artifact(2));
    assert_eq!(fixture.version().await, 1);
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 2);
    let reads = fixture.remote.memory.state().reads;
    assert_eq!(reads, 1, "the challenger is still in memory");
    fixture.set_rollout(&canary.ended(RolloutOutcome::Stopped, "a test".into(), fixture.clock.now()));
    fixture.pass(INTERVAL);
    assert_eq!(fixture.version().await, 1);
}

#[tokio::test]
async fn a_promoted_challenger_serves_from_memory() {
    let fixture = Fixture::rolling(100, artifact(2)).await;
    fixture.promote(2);
    fixture.keep_copy(None);
    fixture.tamper(2, None);
    fixture.pass(INTERVAL);
    let response = fixture.predict(SETOSA).await;
    assert_eq!((answered_by(&response), fixture.journal.failures()), ((2, None), 0));
}

#[tokio::test]
async fn a_promotion_by_hand_ends_the_rollout_at_once() {
    let fixture = Fixture::rolling(100, artifact(2)).await;
    fixture.promote(3);
    fixture.pass(INTERVAL);
    assert_eq!(answered_by(&fixture.predict(SETOSA).await), (3, None));
}

#[tokio::test]
async fn without_a_rollout_nothing_is_read_or_stored_for_it() {
    let fixture = Fixture::serving().await;
    let reads = fixture.remote.pointer_reads();
    fixture.version().await;
    fixture.pass(INTERVAL);
    fixture.version().await;
    assert_eq!(fixture.remote.pointer_reads(), reads + 1);
    assert_eq!(fixture.handed_over().await, []);
    assert_eq!(fixture.remote.memory.state().reads, 0);
}

#[tokio::test]
async fn many_rows_are_compared_in_part() {
    let fixture = Fixture::rolling(0, artifact(2)).await;
    let rows = vec![SETOSA; MAX_SHADOW_ROWS + 7];
    assert_eq!(fixture.predict(list(&rows)).await.status, 200);
    let counts = fixture.counts().await;
    assert_eq!((counts.shadow.rows, counts.shadow.skipped), (MAX_SHADOW_ROWS as u64, 7));
}

#[tokio::test]
async fn a_repeated_hand_over_replaces_the_share_of_the_stage_and_hour() {
    let fixture = Fixture::rolling(0, artifact(2)).await;
    for sequence in 1..=3 {
        fixture.version().await;
        let shares = fixture.handed_over().await;
        assert_eq!((shares.len(), shares[0].sequence, shares[0].counts.shadow.rows), (1, sequence, sequence));
        assert_eq!(shares[0].environment.len(), 16);
    }
    assert_eq!(fixture.handed_over().await[0].sequence, 3, "nothing new was counted");
    fixture.pass(SignedDuration::from_hours(1));
    fixture.version().await;
    assert_eq!(fixture.handed_over().await.len(), 2);
    assert_eq!(fixture.counts().await.loaded, 2, "an environment counts once in each share");
}

#[tokio::test]
async fn counts_that_could_not_be_stored_are_handed_over_later() {
    let fixture = Fixture::rolling(0, artifact(2)).await;
    fixture.version().await;
    fixture.remote.memory.take_away("served");
    assert_eq!(fixture.handed_over().await, []);
    fixture.remote.memory.bring_back("served");
    assert_eq!(fixture.counts().await.shadow.rows, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_no_longer_for_the_challenger_than_for_the_refresh() {
    let fixture = Fixture::serving().await;
    fixture.begin(100, artifact(1), artifact(2));
    fixture.pass(INTERVAL);
    // The registry answers in 30 ms, and the store in another 30 ms.
    fixture.remote.delay(Duration::from_millis(30));
    let begun = Instant::now();
    assert_eq!((fixture.version().await, begun.elapsed()), (1, Duration::from_millis(50)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    assert_eq!((fixture.version().await, begun.elapsed()), (2, Duration::ZERO));
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_reported_after_three_tries_and_tried_again() {
    let fixture = Fixture::empty();
    fixture.begin(100, artifact(1), artifact(2));
    fixture.remote.memory.take_away("artifacts");
    fixture.app.warm_up().await;
    for unable in [0, 0, 1, 1] {
        assert_eq!(fixture.version().await, 1);
        assert_eq!(fixture.counts().await.unable, unable);
        fixture.pass(INTERVAL);
    }
    fixture.remote.memory.bring_back("artifacts");
    assert_eq!((fixture.version().await, fixture.journal.failures()), (2, 0));
    let counts = fixture.counts().await;
    assert_eq!((counts.loaded, counts.unable), (1, 0));
}

#[tokio::test]
async fn rows_that_the_challenger_answers_are_not_counted_as_the_champions() {
    let fixture = Fixture::empty();
    fixture.begin(100, &counted(1), &counted(2));
    fixture.app.warm_up().await;
    assert_eq!(answered_by(&fixture.predict(r#"{"x": 1}"#).await).0, 2);
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.remote.memory.state().shares, []);
    assert_eq!(fixture.counts().await.shadow.agreeing, 1);
}

#[tokio::test]
async fn a_request_that_names_a_version_takes_no_part_in_the_rollout() {
    let fixture = Fixture::rolling(100, artifact(2)).await;
    let request = event("predict-one").with("body", SETOSA).asking("version=1");
    assert_eq!(answered_by(&fixture.call(&request).await), (1, None));
    assert_eq!(fixture.counts().await.champion.requests, 0);
}

#[tokio::test]
async fn a_challenger_that_cannot_explain_is_not_to_blame() {
    let rows: Vec<f32> = [[5.1, 3.5, 1.4, 0.2], [6.5, 3.0, 5.8, 2.2]].concat();
    let fixture = Fixture::empty();
    fixture.begin(100, &explaining(artifact(1), &rows), artifact(2));
    fixture.app.warm_up().await;
    assert_eq!(answered_by(&fixture.predict(SETOSA).await).0, 2);
    let response = fixture.call(&event("predict-one").with("body", SETOSA).asking("explain=true")).await;
    assert_eq!((answered_by(&response).0, response.json()["explained"].as_str()), (1, Some("probability")));
    let counts = fixture.counts().await;
    assert_eq!((counts.challenger.requests, counts.challenger.failures, counts.champion.requests), (1, 0, 1));
}
