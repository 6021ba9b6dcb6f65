//! Tests that the registry keeps the newest judgement of the live accuracy.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::Bins;
use evergreen_lifecycle::feedback::{
    HoldOutLosses, LiveDay, LiveSummary, LiveTally, PredictedOutcome, PredictionLoss, TrueValue,
};
use evergreen_lifecycle::ports::LiveRecord;

use crate::world::registry;

fn rows() -> impl Iterator<Item = (PredictedOutcome, PredictionLoss)> {
    let said = PredictedOutcome::Number(0.0);
    let loss = |row: u32| PredictionLoss::new(&PredictedOutcome::Number(0.0), TrueValue::Number(f64::from(row) / 7.0));
    (0..100).map(move |row| (said.clone(), loss(row).expect("a loss")))
}

#[tokio::test]
async fn the_newest_judgement_is_read_back() {
    let registry = registry();
    assert_eq!(registry.live_summary().await.unwrap(), None);
    let hold_out = HoldOutLosses::new(Bins::Numbers { edges: Vec::new() }, 0, rows()).expect("rows");
    let mut tally = LiveTally::default();
    rows().for_each(|(said, loss)| tally.add(loss, Some(hold_out.cell(&said, &loss))));
    for date in ["2026-11-23", "2026-11-24"] {
        let day = date.parse().expect("a date");
        let days = [LiveDay { day, tally: tally.clone(), served: vec![200, 0] }];
        let summary = LiveSummary::new(None, VersionNumber::FIRST, day, &days, Some(&hold_out));
        registry.store_live(&summary).await.unwrap();
        assert_eq!(registry.live_summary().await.unwrap(), Some(summary));
    }
}
