//! Checks that hold for any bytes as counts of served rows. The corpus test and the fuzz target use them.

#![allow(clippy::expect_used)]

use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, CountShape, CountedCategory, CountedColumn, DriftLimits, DriftVerdict, ServedCounts,
    WindowLength,
};

/// Reads any bytes as counts and checks the result: an error, or counts that are written as the same counts, that can be
/// added, and that compare with the baseline without an odd number.
pub fn counts(bytes: &[u8]) {
    let shape = shape();
    let counts = match ServedCounts::from_bytes(bytes, &shape) {
        Ok(counts) => counts,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let written = counts.to_bytes();
    assert!(written.len() <= bytes.len(), "numbers are written as short as possible");
    assert_eq!(ServedCounts::from_bytes(&written, &shape), Ok(counts.clone()));
    let mut twice = counts.clone();
    twice.add(&counts).expect("the cells are the same");
    assert!(twice.rows() >= counts.rows());
    for served in [&counts, &twice] {
        compare(served);
    }
}

fn compare(served: &ServedCounts) {
    let limits = DriftLimits::of_window(WindowLength::Day, 0.2);
    let verdict = DriftVerdict::new(&baseline(), served, limits, "the last day").expect("the cells are the same");
    assert!(verdict.visible.is_none_or(|change| (0.0..=1.0).contains(&change)), "{verdict:?}");
    for column in &verdict.columns {
        assert!(column.psi.is_finite() && column.psi >= 0.0, "{column:?}");
        assert!((0.0..=1.0).contains(&column.p_value), "{column:?}");
        assert!((0.0..=1.0).contains(&column.jensen_shannon), "{column:?}");
        assert!(column.shift.is_none_or(f64::is_finite), "{column:?}");
        assert!(!column.is_drifted || column.is_beyond_noise, "{column:?}");
    }
}

/// Returns the cells of a number, a category, a time and a predicted label.
pub fn shape() -> CountShape {
    let category = |code, name: &str| CountedCategory { code, name: name.into() };
    let column = |name: &str, bins| CountedColumn { name: name.into(), slots: 1, bins };
    let plans = Bins::Categories { categories: vec![category(0, "basic"), category(1, "pro")], unseen: 2 };
    let labels = Bins::Categories { categories: vec![category(0, "no"), category(1, "yes")], unseen: 2 };
    CountShape {
        columns: vec![
            column("age", Bins::Numbers { edges: vec![30.0, 50.0] }),
            column("plan", plans),
            column("since", Bins::Presence),
        ],
        predictions: vec![column("label", labels)],
    }
}

fn baseline() -> BaselineCounts {
    let shape = shape();
    let count = |rows: usize| {
        let mut counts = ServedCounts::new(&shape);
        for row in 0..rows {
            let number = row as f32;
            shape.count(&mut counts, &[20.0 + number % 50.0, number % 2.0, number], &[f64::from(number % 2.0)]);
        }
        counts
    };
    BaselineCounts::new(shape.clone(), &count(300), &count(100)).expect("the cells are the same")
}
