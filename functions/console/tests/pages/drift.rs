//! Tests of the page that compares served rows with the training data.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, CountShape, CountedColumn, CountedHour, DriftComparison, DriftLimits, DriftSummary,
    DriftVerdict, ServedCounts, SkewCheck, Window, WindowLength,
};
use evergreen_lifecycle::session::Right;
use evergreen_testkit::Memory;

use crate::page;
use crate::sample::full;

/// Returns the cells of two columns, of which one has a hostile name.
fn shape() -> CountShape {
    let column =
        |name: &str| CountedColumn { name: name.into(), slots: 1, bins: Bins::Numbers { edges: vec![30.0, 50.0] } };
    CountShape { columns: vec![column("age"), column("<b>income</b>")], predictions: Vec::new() }
}

fn counts(ages: &[f32]) -> ServedCounts {
    let shape = shape();
    let mut counts = ServedCounts::new(&shape);
    (0..3000).zip(ages.iter().cycle()).for_each(|(row, age)| {
        shape.count(&mut counts, &[*age, [20.0, 40.0, 60.0][row % 3]], &[]);
    });
    counts
}

/// Stores the comparison of an hour in which the served people are older.
fn store_drift(registry: &Memory) {
    let training = counts(&[20.0, 40.0, 60.0]);
    let baseline = BaselineCounts::new(shape(), &training, &ServedCounts::new(&shape())).unwrap();
    let length = WindowLength::Hour;
    let limits = DriftLimits::of_window(length, 0.2);
    let verdict = DriftVerdict::new(&baseline, &counts(&[60.0]), limits, length.words()).unwrap();
    let judged = CountedHour::of("2026-11-24T07:00:00Z".parse().unwrap());
    let window = Window { length, last: judged };
    let comparison = DriftComparison { window, version: VersionNumber::FIRST, verdict };
    let mut state = registry.state();
    let comparisons = vec![comparison];
    state.drift = Some(DriftSummary::after(None, judged, VersionNumber::FIRST, 3000, &comparisons));
    state.comparisons = comparisons;
}

#[tokio::test]
async fn a_drifted_column_comes_first_with_its_figures_and_a_sentence() {
    let world = full();
    store_drift(&world.registry);
    let text = page(&world, Right::See, "drift").await.text;
    for expected in [
        "1 drifted",
        "Drift in the last hour (3000 rows): age",
        "3,000 rows of version 1, until",
        "above 50",
        "which can be noise",
        "<b>income</b>",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let (age, income) = (text.find("beyond noise").unwrap(), text.find("<b>income</b>").unwrap());
    assert!(age < income, "{text}");
}

#[tokio::test]
async fn before_the_first_comparison_the_page_says_why_it_is_empty() {
    let text = page(&full(), Right::See, "drift").await.text;
    assert!(text.contains("Nothing was compared yet"), "{text}");
}

#[tokio::test]
async fn the_pages_say_what_the_stack_did_by_itself() {
    let world = full();
    let log = serde_json::json!({"revision": 1, "taken": [
        {"at": "2026-11-24T03:12:00.000Z", "cause": "drift", "reaction": "retrain", "version": 1, "run": "manual-reaction-1-1"},
    ]});
    world.registry.state().reactions = serde_json::from_value(log).unwrap();
    for path in ["drift", ""] {
        let text = page(&world, Right::See, path).await.text;
        assert!(text.contains("Evergreen asked for a training run at 2026-11-24 03:12 UTC"), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_version_shows_how_its_data_set_differs_from_that_of_the_champion() {
    let world = full();
    store_drift(&world.registry);
    let verdict = world.registry.state().comparisons[0].verdict.clone();
    let found = serde_json::json!({"version": 15, "verdict": verdict});
    let key = "models/iris/00000016/manifest.json".to_owned();
    {
        let mut state = world.registry.state();
        let mut manifest: serde_json::Value = serde_json::from_slice(&state.objects[&key]).unwrap();
        manifest["table_drift"] = found;
        state.objects.insert(key, manifest.to_string().into_bytes());
    }
    let text = page(&world, Right::See, "versions/16").await.text;
    for expected in ["Compared with the data set of the champion", "1 drifted", "above 50", "<b>income</b>"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[tokio::test]
async fn the_page_says_whether_the_champion_answers_as_in_training() {
    let world = full();
    let check = |served: f32| SkewCheck::new(VersionNumber::FIRST, "0.2.0", &[vec![0.25]], &[vec![served]]);
    for (served, expected) in [(0.25, "get the same answers from release 0.2.0"), (0.5, "1 of 1 rows")] {
        world.registry.state().skew = Some(check(served));
        let text = page(&world, Right::See, "drift").await.text;
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
