//! Tests that a random sample of served rows is stored, but only if somebody asks for it.

use std::time::Duration;

use evergreen_lifecycle::sample::SampledRows;
use evergreen_testkit::moment;
use jiff::SignedDuration;

use crate::models::{counted, estimate, subscribers};
use crate::support::{Fixture, INTERVAL};

impl Fixture {
    /// Sends one request with these rows of the column `x`.
    async fn ask(&self, rows: impl IntoIterator<Item = u32>) {
        let rows: Vec<String> = rows.into_iter().map(|x| format!(r#"{{"x": {x}}}"#)).collect();
        assert_eq!(self.predict(format!("[{}]", rows.join(","))).await.status, 200);
    }

    /// Lets a refresh and the hand-over after it end.
    async fn refresh(&self) {
        self.pass(INTERVAL);
        assert_eq!(self.get("/model").await.status, 200);
        tokio::time::sleep(Duration::from_secs(3)).await;
    }

    fn sample_keys(&self) -> Vec<String> {
        self.remote.memory.state().objects.keys().filter(|key| key.starts_with("served/")).cloned().collect()
    }

    fn samples(&self) -> Vec<SampledRows> {
        let state = self.remote.memory.state();
        let samples = state.objects.iter().filter(|(key, _)| key.starts_with("served/"));
        samples.map(|(_, content)| SampledRows::from_bytes(content).unwrap()).collect()
    }

    fn writes(&self) -> usize {
        self.remote.memory.state().sample_writes
    }
}

#[tokio::test(start_paused = true)]
async fn no_row_is_kept_unless_somebody_asks_for_it() {
    let fixture = Fixture::serving_as(&counted(1)).await;
    fixture.ask(0..50).await;
    fixture.refresh().await;
    fixture.app.served().end().await;
    assert_eq!(fixture.sample_keys(), Vec::<String>::new());
    assert_eq!(fixture.remote.memory.state().shares.len(), 1, "counts are kept all the same");
}

#[tokio::test(start_paused = true)]
async fn a_sample_of_the_served_rows_is_stored_with_the_next_refresh() {
    let fixture = Fixture::sampling(10, &counted(1)).await;
    fixture.ask(0..30).await;
    assert_eq!(fixture.sample_keys(), Vec::<String>::new(), "the request does not wait for it");
    fixture.refresh().await;
    let [sample] = fixture.samples().try_into().unwrap();
    assert_eq!((sample.rows(), sample.served, sample.version.get()), (10, 30, 1));
    assert!(sample.values.iter().all(|x| (0.0..30.0).contains(x)), "{:?}", sample.values);
    assert!(fixture.sample_keys()[0].starts_with("served/iris/2026-11-24/08-00000001-"), "{:?}", fixture.sample_keys());
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_stored_again_when_the_rows_have_doubled_and_when_the_environment_ends() {
    let fixture = Fixture::sampling(100, &counted(1)).await;
    fixture.ask(0..10).await;
    fixture.refresh().await;
    fixture.ask(0..9).await;
    fixture.refresh().await;
    assert_eq!(fixture.writes(), 1, "19 rows are less than twice 10");
    fixture.ask(0..1).await;
    fixture.refresh().await;
    assert_eq!(fixture.writes(), 2);
    fixture.ask(0..1).await;
    fixture.app.served().end().await;
    assert_eq!((fixture.writes(), fixture.samples().len(), fixture.samples()[0].rows()), (3, 1, 21));
    fixture.app.served().end().await;
    assert_eq!(fixture.writes(), 3, "nothing new was served");
}

#[tokio::test(start_paused = true)]
async fn each_hour_and_each_version_has_its_sample_and_a_complete_hour_is_stored() {
    let fixture = Fixture::sampling(100, &counted(1)).await;
    fixture.ask(0..10).await;
    fixture.refresh().await;
    fixture.ask(0..1).await;
    fixture.pass(SignedDuration::from_hours(1));
    fixture.promote_as(2, &counted(2));
    fixture.ask(0..2).await;
    fixture.refresh().await;
    let samples: Vec<_> = fixture.samples().iter().map(|sample| (sample.version.get(), sample.served)).collect();
    assert_eq!(samples, [(1, 11), (2, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_fails_no_request_and_is_tried_again() {
    let fixture = Fixture::sampling(100, &counted(1)).await;
    fixture.remote.memory.take_away("samples");
    fixture.ask(0..10).await;
    fixture.refresh().await;
    fixture.ask(0..1).await;
    fixture.remote.memory.bring_back("samples");
    fixture.refresh().await;
    assert_eq!(fixture.samples()[0].rows(), 11);
}

#[tokio::test(start_paused = true)]
async fn refused_rows_are_not_kept_and_an_artifact_without_a_baseline_is_sampled() {
    let fixture = Fixture::sampling(100, &estimate(None)).await;
    assert_eq!(fixture.predict(r#"[{"x": 1}, {"x": "many"}]"#).await.status, 400);
    fixture.ask(0..3).await;
    fixture.app.served().end().await;
    assert_eq!(fixture.samples()[0].served, 3);
}

#[tokio::test(start_paused = true)]
async fn a_stored_sample_has_no_text_that_training_did_not_see() {
    let fixture = Fixture::sampling(100, &subscribers()).await;
    let row =
        r#"{"age": 31, "complained": true, "since": "2024-01-01", "country": "Atlantis", "name": "Ada Lovelace"}"#;
    assert_eq!(fixture.predict(row).await.status, 200);
    fixture.app.served().end().await;
    let key = fixture.sample_keys().remove(0);
    let stored = fixture.remote.memory.state().objects[&key].clone();
    let text = String::from_utf8_lossy(&stored);
    assert!(text.contains("country") && !text.contains("Atlantis") && !text.contains("Ada"), "{text}");
    let sample = &fixture.samples()[0];
    assert_eq!((sample.rows(), sample.values[0], sample.hour.start()), (1, 31.0, Some(moment("2026-11-24T08:00:00Z"))));
}
