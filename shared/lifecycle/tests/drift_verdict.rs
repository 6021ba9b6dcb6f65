//! What a person reads when served rows are compared with those of training.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, ColumnDrift, CountShape, CountedCategory, CountedColumn, DEFAULT_PSI, DriftLimits,
    DriftVerdict, FALSE_ALARMS_A_YEAR, OtherShape, ServedCounts, WindowLength,
};
use proptest::prelude::*;

const PLANS: [&str; 3] = ["basic", "plus", "pro"];

fn shape() -> CountShape {
    let plans = PLANS.iter().enumerate();
    let plans = plans.map(|(code, name)| (CountedCategory { code: code as u32, name: (*name).into() }, 10));
    let column = |name: &str, bins| CountedColumn { name: name.into(), slots: 1, bins };
    let tens = (1..10).map(|edge| 10.0 * f64::from(edge)).collect();
    CountShape {
        columns: vec![
            column("age", Bins::Numbers { edges: tens }),
            column("plan", Bins::of_categories(plans, 3)),
            column("joined", Bins::Presence),
        ],
        predictions: vec![column("probability", Bins::Numbers { edges: vec![0.5] })],
    }
}

/// Rows with ages from 1 to 100 and with plans in turn, each changed by `change`.
fn counted(rows: usize, change: impl Fn(&mut [f32; 3], &mut f64)) -> ServedCounts {
    let shape = shape();
    let mut counts = ServedCounts::new(&shape);
    for row in 0..rows {
        let mut raw = [(row * 37 % 100 + 1) as f32, (row % 3) as f32, 9000.0];
        let mut prediction = row as f64 % 2.0;
        change(&mut raw, &mut prediction);
        shape.count(&mut counts, &raw, &[prediction]);
    }
    counts
}

fn baseline(rows: usize) -> BaselineCounts {
    let same = counted(rows, |_, _| ());
    BaselineCounts::new(shape(), &same, &same).unwrap()
}

fn judged(baseline: &BaselineCounts, served: &ServedCounts) -> DriftVerdict {
    let limits = DriftLimits::of_window(WindowLength::Day, DEFAULT_PSI);
    DriftVerdict::new(baseline, served, limits, WindowLength::Day.words()).unwrap()
}

fn column(verdict: &DriftVerdict, name: &str) -> ColumnDrift {
    verdict.columns.iter().find(|column| column.name == name).cloned().unwrap()
}

#[test]
fn rows_like_those_of_training_are_no_drift_and_the_sentence_says_what_would_be_found() {
    let verdict = judged(&baseline(5000), &counted(2000, |_, _| ()));
    assert!(!verdict.is_drifted && verdict.columns.iter().all(|column| !column.is_beyond_noise));
    assert_eq!(
        verdict.sentence,
        "2000 rows in the last day are like those of training. A share that changes by 6 percentage points would be \
         found in half of all cases."
    );
}

#[test]
fn older_customers_are_drift_of_the_age_only() {
    let verdict = judged(&baseline(5000), &counted(2000, |raw, _| raw[0] = (raw[0] + 20.0).min(100.0)));
    assert_eq!((verdict.is_drifted, verdict.drifted, verdict.rows), (true, 1, 2000));
    assert_eq!(verdict.sentence, "Drift in the last day (2000 rows): age (PSI 1.41).");
    let age = column(&verdict, "age");
    assert_eq!(
        age.sentence,
        "age: served values are larger by 0.62 standard deviations, the median was 40 to 50 and is now 60 to 70; PSI \
         1.41, beyond noise."
    );
    assert!(age.p_value < 1e-20 && age.moved[0].cell == "above 90", "{age:?}");
}

#[test]
fn a_category_that_training_did_not_see_is_named_unseen_and_a_missing_value_missing() {
    let served = counted(1000, |raw, _| {
        if raw[1] == 2.0 {
            raw[1] = 3.0;
            raw[2] = f32::NAN;
        }
    });
    let verdict = judged(&baseline(900), &served);
    assert_eq!(verdict.drifted, 2);
    let sentences = ["plan", "joined"].map(|name| column(&verdict, name).sentence);
    assert!(sentences[0].starts_with("plan: unseen: 33.3 % of served rows, 0.0 % in training; PSI"), "{sentences:?}");
    assert!(
        sentences[1].starts_with("joined: missing: 33.3 % of served rows, 0.0 % in training; PSI"),
        "{sentences:?}"
    );
    assert_eq!(column(&verdict, "joined").missing.baseline, 0.0);
}

#[test]
fn other_predictions_are_drift_too() {
    let verdict = judged(&baseline(5000), &counted(1000, |_, prediction| *prediction = 1.0));
    let probability = column(&verdict, "probability");
    assert!(probability.is_prediction && probability.is_drifted);
    assert!(probability.sentence.starts_with("predicted probability: served values are larger"), "{probability:?}");
}

#[test]
fn a_small_change_of_many_rows_is_seen_and_is_not_drift() {
    let served = counted(100_000, |raw, _| raw[0] = (raw[0] + 2.0).min(100.0));
    let verdict = judged(&baseline(50_000), &served);
    assert_eq!((verdict.is_drifted, column(&verdict, "age").is_beyond_noise), (false, true));
    assert_eq!(
        verdict.sentence,
        "age (PSI 0.01): other than in training, beyond noise, but less than the PSI of 0.2 that is drift in the last \
         day (100000 rows)."
    );
}

#[test]
fn eight_rows_show_only_a_very_large_change_and_no_rows_show_nothing() {
    let baseline = baseline(5000);
    let few = judged(&baseline, &counted(8, |raw, _| raw[0] = 75.0));
    assert!(!few.is_drifted);
    assert_eq!(few.sentence, "8 rows in the last day are too few to see anything but a very large change.");
    let broken = judged(&baseline, &counted(8, |raw, _| raw[0] = 1e6));
    assert!(broken.is_drifted, "{}", broken.sentence);
    let none = judged(&baseline, &counted(0, |_, _| ()));
    assert_eq!((none.is_drifted, none.sentence.as_str()), (false, "No rows were counted in the last day."));
}

#[test]
fn counts_of_another_version_are_not_compared() {
    let mut other = shape();
    other.columns.pop();
    let limits = DriftLimits::of_window(WindowLength::Hour, DEFAULT_PSI);
    assert_eq!(DriftVerdict::new(&baseline(10), &ServedCounts::new(&other), limits, ""), Err(OtherShape));
}

#[test]
fn all_windows_of_a_year_together_have_the_stated_rate() {
    let windows = WindowLength::ALL
        .map(|length| f64::from(length.judged_a_year()) * DriftLimits::of_window(length, DEFAULT_PSI).p_value);
    assert!((windows.iter().sum::<f64>() - FALSE_ALARMS_A_YEAR).abs() < 1e-12, "{windows:?}");
}

#[test]
fn a_verdict_is_read_as_it_was_stored() {
    let verdict = judged(&baseline(500), &counted(300, |raw, _| raw[0] += 20.0));
    let text = serde_json::to_string(&verdict).unwrap();
    let read: DriftVerdict = serde_json::from_str(&text).unwrap();
    assert_eq!((read.sentence, read.columns.len()), (verdict.sentence, verdict.columns.len()));
}

#[test]
fn every_column_has_the_rows_of_each_cell_and_missing_and_unseen_are_cells() {
    let verdict = judged(&baseline(300), &counted(90, |raw, _| raw[1] = if raw[1] == 2.0 { 3.0 } else { raw[1] }));
    let plan = column(&verdict, "plan").cells.unwrap();
    assert_eq!(plan.names, ["basic", "plus", "pro", "other", "unseen", "missing"]);
    assert_eq!(plan.served, [30, 30, 0, 0, 30, 0]);
    assert_eq!(plan.baseline, [100, 100, 100, 0, 0, 0]);
}

#[test]
fn a_very_wide_table_keeps_the_cells_of_the_columns_that_changed_most() {
    let tens = |_| (1..10).map(|edge| 10.0 * f64::from(edge)).collect();
    let column =
        |place| CountedColumn { name: format!("c{place}"), slots: 1, bins: Bins::Numbers { edges: tens(place) } };
    let shape = CountShape { columns: (0..600).map(column).collect(), predictions: Vec::new() };
    let count = |value: f32| {
        let mut counts = ServedCounts::new(&shape);
        let mut row = vec![15.0_f32; 600];
        row[599] = value;
        (0..500).for_each(|_| shape.count(&mut counts, &row, &[]));
        counts
    };
    let baseline = BaselineCounts::new(shape.clone(), &count(15.0), &ServedCounts::new(&shape)).unwrap();
    let columns = judged(&baseline, &count(55.0)).columns;
    let kept = columns.iter().filter(|column| column.cells.is_some()).count();
    assert!((200..400).contains(&kept) && columns[599].cells.is_some(), "{kept}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_counts_have_a_verdict(
        rows in prop::collection::vec((prop_oneof![Just(f32::NAN), -1e6_f32..1e6], 0_u8..5), 0..400),
        training in 0_usize..300,
    ) {
        let shape = shape();
        let mut served = ServedCounts::new(&shape);
        for (age, plan) in rows {
            shape.count(&mut served, &[age, f32::from(plan), age], &[f64::from(age)]);
        }
        let verdict = judged(&baseline(training), &served);
        prop_assert_eq!(verdict.is_drifted, verdict.drifted > 0);
        for column in verdict.columns {
            prop_assert!((0.0..=1.0).contains(&column.p_value) && column.p_value > 0.0 && column.psi.is_finite());
            prop_assert!(!column.is_drifted || column.is_beyond_noise);
            prop_assert!(column.moved.len() <= 3 && !column.sentence.is_empty());
        }
    }
}
