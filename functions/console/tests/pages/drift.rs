//! Tests of the page that compares served rows with the training data.

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::SkewCheck;
use evergreen_lifecycle::session::Right;

use crate::page;
use crate::sample::{full, store_drift, store_drift_of_customers};

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
    let table = text.split("In words").nth(1).unwrap();
    let (age, income) = (table.find("beyond noise").unwrap(), table.find("<b>income</b>").unwrap());
    assert!(age < income, "{text}");
}

#[tokio::test]
async fn every_cell_of_a_column_is_a_bar_with_its_share_in_training_and_in_each_period() {
    let world = full();
    store_drift(&world.registry);
    let worst = page(&world, Right::See, "drift").await;
    for expected in ["Every cell of age", "age, version 1", "Training 3,000 rows", "An hour 3,000 rows"] {
        assert!(worst.text.contains(expected), "{expected}: {}", worst.text);
    }
    for cell in ["up to 30 33.3 % 0.0 %", "above 50 33.3 % 100.0 %", "missing 0.0 % 0.0 %"] {
        assert!(worst.text.contains(cell), "{cell}: {}", worst.text);
    }
    assert_eq!(worst.all("rect").filter(|bar| bar.get("class") == Some("mark")).count(), 4);
    let links: Vec<_> =
        worst.all("a").filter_map(|link| link.get("href")).filter(|it| it.starts_with("?column")).collect();
    assert_eq!(links, ["?column=age#cells", "?column=%3Cb%3Eincome%3C%2Fb%3E#cells"]);
    let income = page(&world, Right::See, "drift?column=%3Cb%3Eincome%3C%2Fb%3E").await.text;
    assert!(income.contains("Every cell of <b>income</b>"), "{income}");
    assert!(page(&world, Right::See, "drift?column=other").await.text.contains("Every cell of age"));
}

#[tokio::test]
async fn the_periods_of_one_version_stand_side_by_side_and_unseen_is_a_cell() {
    let world = full();
    store_drift_of_customers(&world.registry);
    let text = page(&world, Right::See, "drift?column=plan").await.text;
    let heads = "Cell Training 2,000 rows An hour 410 rows A day 9,841 rows A week 52,300 rows";
    assert!(text.contains(heads), "{text}");
    assert!(text.contains("unseen 0.0 % 2.2 % 2.0 % 2.0 %"), "{text}");
}

#[tokio::test]
async fn a_comparison_of_an_earlier_release_has_no_cells() {
    let world = full();
    store_drift(&world.registry);
    world.registry.state().comparisons[0].verdict.columns.iter_mut().for_each(|column| column.cells = None);
    let page = page(&world, Right::See, "drift").await;
    assert!(!page.text.contains("Every cell of") && page.text.contains("beyond noise"), "{}", page.text);
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
    for expected in [
        "Compared with the data set of the champion",
        "1 drifted",
        "above 50",
        "<b>income</b>",
        "This data set 3,000 rows",
    ] {
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
