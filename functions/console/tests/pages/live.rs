//! Tests of the page that shows how right the predictions were.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::Bins;
use evergreen_lifecycle::feedback::{
    HoldOutLosses, LiveDay, LiveSummary, LiveTally, PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue,
};
use evergreen_lifecycle::session::Right;
use evergreen_testkit::Memory;
use jiff::civil::Date;

use crate::page;
use crate::sample::full;

fn rows(rows: u32, wrong_every: u32) -> Vec<(PredictedOutcome, PredictionLoss)> {
    let said = PredictedOutcome::Label(PredictedLabel::new(1, &[0.1, 0.9]));
    let loss =
        |row: u32| PredictionLoss::new(&said, TrueValue::Label(u16::from(!row.is_multiple_of(wrong_every)))).unwrap();
    (0..rows).map(|row| (said.clone(), loss(row))).collect()
}

/// Stores feedback about version 16, of which every third prediction was wrong, and its judgement.
fn store_feedback(registry: &Memory) {
    let hold_out = HoldOutLosses::new(Bins::Numbers { edges: vec![0.5] }, 2, rows(1000, 10)).unwrap();
    let mut tally = LiveTally::default();
    rows(900, 3).iter().for_each(|(said, loss)| tally.add(*loss, Some(hold_out.cell(said, loss))));
    let (version, day): (_, Date) = (VersionNumber::new(16).unwrap(), "2026-11-23".parse().unwrap());
    let days = [LiveDay { day, tally: tally.clone(), served: vec![0, 9_841, 0] }];
    let mut state = registry.state();
    state.live = Some(LiveSummary::new(None, version, day, &days, Some(&hold_out)));
    state.day_tallies.insert((day, version), tally);
}

#[tokio::test]
async fn the_page_says_how_many_of_how_many_are_known_and_what_is_worse() {
    let world = full();
    store_feedback(&world.registry);
    let text = page(&world, Right::See, "live").await.text;
    for expected in [
        "worse than the hold-out",
        "The truth is known for 900 of 9,841 predictions of 7 days",
        "900 of 9,841",
        "66.7 %",
        "7 days until 2026-11-23",
        "True label",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let overview = page(&world, Right::See, "").await.text;
    assert!(overview.contains("The truth is known for 900 of 9,841"), "{overview}");
}

#[tokio::test]
async fn an_estimate_without_labels_is_called_an_estimate() {
    let world = full();
    let hold_out = HoldOutLosses::new(Bins::Numbers { edges: vec![0.5] }, 2, rows(1000, 10)).unwrap();
    let (version, day): (_, Date) = (VersionNumber::new(16).unwrap(), "2026-11-23".parse().unwrap());
    let days = [LiveDay { day, tally: LiveTally::default(), served: vec![0, 500, 0] }];
    world.registry.state().live = Some(LiveSummary::new(None, version, day, &days, Some(&hold_out)));
    let text = page(&world, Right::See, "live").await.text;
    assert!(text.contains("estimate, no labels yet") && text.contains("90.0 % of those"), "{text}");
}

#[tokio::test]
async fn before_the_first_feedback_the_page_says_that_nothing_is_known() {
    let text = page(&full(), Right::See, "live").await.text;
    assert!(text.contains("not judged yet") && text.contains("No truth is known"), "{text}");
}
