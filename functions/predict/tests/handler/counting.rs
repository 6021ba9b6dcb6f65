//! Tests that served rows are counted, and that the counts are handed over with a refresh and at the end.

use std::time::Duration;

use evergreen_lifecycle::drift::{CountedHour, ServedCounts};
use evergreen_lifecycle::ports::CountShare;
use evergreen_testkit::moment;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::models::{counted, estimate, shape};
use crate::support::{Fixture, INTERVAL};

impl Fixture {
    /// Sends one request with these rows of the column `x`.
    async fn serve(&self, rows: &[f32]) {
        let rows: Vec<String> = rows.iter().map(|x| format!(r#"{{"x": {x}}}"#)).collect();
        let response = self.predict(format!("[{}]", rows.join(","))).await;
        assert_eq!(response.status, 200, "{response:?}");
    }

    /// Lets the hand-over end that runs beside the requests.
    async fn settle(&self) {
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    fn shares(&self) -> Vec<CountShare> {
        self.remote.memory.state().shares.clone()
    }

    /// Returns the counts of every stored share, cell by cell.
    fn stored(&self) -> Vec<Vec<Vec<u64>>> {
        let cells = |share: &CountShare| {
            let counts = ServedCounts::from_bytes(&share.counts, &shape()).unwrap();
            counts.columns().map(<[u64]>::to_vec).collect()
        };
        self.shares().iter().map(cells).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn rows_and_predictions_are_counted_and_handed_over_with_the_next_refresh() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.serve(&[0.0, 0.5, 7.0]).await;
    fixture.settle().await;
    assert_eq!(fixture.shares(), [], "no refresh was due");
    fixture.pass(INTERVAL);
    fixture.serve(&[0.25]).await;
    fixture.settle().await;
    assert_eq!(fixture.stored(), [[vec![3, 1, 0], vec![3, 1, 0]]], "the request itself is answered first");
    let share = fixture.shares().remove(0);
    assert_eq!((share.hour, share.version.get()), (CountedHour::of(moment("2026-11-24T08:00:00Z")), 1));
    assert_eq!((share.rows, share.sequence, share.environment.len()), (4, 1, 16));
}

#[tokio::test(start_paused = true)]
async fn a_later_hand_over_replaces_the_share_of_the_hour() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    for _ in 0..3 {
        fixture.serve(&[7.0]).await;
        fixture.pass(INTERVAL);
    }
    fixture.serve(&[7.0]).await;
    fixture.settle().await;
    assert_eq!(fixture.stored(), [[vec![0, 4, 0], vec![0, 4, 0]]]);
    let sequence = fixture.shares()[0].sequence;
    assert!(sequence > 1, "{sequence}");
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.shares()[0].sequence, sequence, "nothing new was counted");
}

#[tokio::test(start_paused = true)]
async fn each_hour_and_each_version_has_its_share() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.serve(&[0.0]).await;
    fixture.pass(SignedDuration::from_hours(1));
    fixture.promote_as(2, &counted(2));
    fixture.serve(&[0.0, 1.0]).await;
    fixture.app.served().hand_over().await;
    let shares = fixture.shares();
    let places: Vec<_> = shares.iter().map(|share| (share.version.get(), share.rows)).collect();
    assert_eq!(places, [(1, 1), (2, 2)]);
    assert_eq!(shares[1].hour, shares[0].hour.next());
}

#[tokio::test(start_paused = true)]
async fn without_traffic_nothing_is_written() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.app.served().hand_over().await;
    fixture.pass(SignedDuration::from_hours(5));
    assert_eq!(fixture.get("/health").await.status, 200);
    fixture.settle().await;
    assert_eq!(fixture.shares(), []);
}

#[tokio::test(start_paused = true)]
async fn a_failed_hand_over_loses_nothing_and_fails_no_request() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.serve(&[0.0]).await;
    fixture.remote.memory.take_away("served");
    fixture.pass(INTERVAL);
    fixture.serve(&[0.0]).await;
    fixture.settle().await;
    assert_eq!(fixture.shares(), []);
    fixture.remote.memory.bring_back("served");
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.stored(), [[vec![2, 0, 0], vec![2, 0, 0]]]);
}

#[tokio::test(start_paused = true)]
async fn no_request_waits_for_a_hand_over() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.serve(&[0.0]).await;
    fixture.pass(INTERVAL);
    fixture.remote.delay(Duration::from_millis(30));
    let began = Instant::now();
    fixture.serve(&[0.0]).await;
    assert_eq!(began.elapsed(), Duration::from_millis(30), "the refresh alone");
    fixture.settle().await;
    assert_eq!(fixture.shares().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_counts_in_no_cell() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    assert_eq!(fixture.predict(r#"[{"x": 1}, {"x": "many"}]"#).await.status, 400);
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.stored(), [[vec![0; 3], vec![0; 3]]]);
    let counts = ServedCounts::from_bytes(&fixture.shares()[0].counts, &shape()).unwrap();
    assert_eq!((counts.rows(), counts.refused()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_artifact_without_a_baseline_answers_and_counts_nothing() {
    let fixture = Fixture::serving_as(&estimate(None)).await;
    fixture.serve(&[0.0]).await;
    fixture.app.served().hand_over().await;
    assert_eq!(fixture.shares(), []);
}
