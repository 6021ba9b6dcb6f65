use proptest::prelude::*;

use super::super::probabilistic::roc_auc;
use super::*;

fn classified(labels: usize, rows: &[(u32, Vec<u8>)]) -> (Target, Answers) {
    let truth: Vec<u32> = rows.iter().map(|(truth, _)| *truth).collect();
    let shares = |weights: &[u8]| {
        let sum: f32 = weights.iter().map(|weight| f32::from(*weight) + 0.5).sum();
        weights.iter().map(|weight| (f32::from(*weight) + 0.5) / sum).collect::<Vec<_>>()
    };
    let probabilities: Vec<f32> = rows.iter().flat_map(|(_, weights)| shares(weights)).collect();
    let best = |(_, weights): &(u32, Vec<u8>)| {
        (0..labels).max_by_key(|class| (weights[*class], labels - class)).unwrap_or_default()
    };
    let names = (0..labels as i64).map(Label::Integer).collect();
    (
        Target::Classes { labels: names, classes: truth },
        Answers::Classes { classes: rows.iter().map(best).collect(), probabilities },
    )
}

fn drawn((target, answers): &(Target, Answers)) -> ClassificationCurves {
    let Some(Curves::Classification(curves)) = curves(target, answers) else { panic!("expected a classification") };
    curves
}

fn area(points: &[[f64; 2]]) -> f64 {
    points.windows(2).map(|pair| (pair[1][0] - pair[0][0]) * f64::midpoint(pair[0][1], pair[1][1])).sum()
}

fn rows(labels: u32) -> impl Strategy<Value = Vec<(u32, Vec<u8>)>> {
    let row = (0..labels, prop::collection::vec(0..250_u8, labels as usize));
    prop::collection::vec(row, 1..300)
}

proptest! {
    #[test]
    fn a_roc_curve_rises_from_corner_to_corner_over_the_area_that_is_stored(labels in 2..5_u32, seed in rows(4)) {
        let rows: Vec<_> =
            seed.into_iter().map(|(truth, weights)| (truth % labels, weights[..labels as usize].to_vec())).collect();
        let case = classified(labels as usize, &rows);
        let curves = drawn(&case);
        for curve in &curves.roc {
            prop_assert!(curve.points.len() <= 101);
            prop_assert_eq!((curve.points[0], curve.points[curve.points.len() - 1]), ([0.0, 0.0], [1.0, 1.0]));
            prop_assert!(curve.points.windows(2).all(|pair| pair[0][0] <= pair[1][0] && pair[0][1] <= pair[1][1]));
        }
        let (Target::Classes { classes, .. }, Answers::Classes { probabilities, .. }) = &case else {
            return Err(TestCaseError::fail("expected a classification"));
        };
        let truth: Vec<usize> = classes.iter().map(|class| *class as usize).collect();
        if let Some(expected) = roc_auc(&truth, probabilities, labels as usize) {
            let areas: Vec<f64> = curves.roc.iter().map(|curve| area(&curve.points)).collect();
            let found = areas.iter().sum::<f64>() / areas.len() as f64;
            prop_assert!((found - expected).abs() < 0.011, "{found} {expected}");
        }
    }

    #[test]
    fn every_holdout_row_is_in_one_calibration_bin(rows in rows(3)) {
        let curves = drawn(&classified(3, &rows));
        prop_assert_eq!(curves.calibration.iter().map(|bin| bin.rows).sum::<usize>(), rows.len());
        prop_assert!(curves.calibration.iter().all(|bin| (0.0..=1.0).contains(&bin.observed)));
        prop_assert!(curves.calibration.is_sorted_by(|a, b| a.mean_probability <= b.mean_probability));
    }

    #[test]
    fn recall_only_rises_and_precision_is_a_share(rows in rows(2)) {
        for curve in drawn(&classified(2, &rows)).precision_recall {
            prop_assert!(curve.points.len() <= 101 && curve.label == Label::Integer(1));
            prop_assert!(curve.points.is_sorted_by(|a, b| a[0] <= b[0]));
            prop_assert!(curve.points.iter().all(|[_, precision]| (0.0..=1.0).contains(precision)));
            prop_assert_eq!(curve.points[curve.points.len() - 1][0], 1.0);
        }
    }

    #[test]
    fn every_row_of_a_regression_is_in_one_residual_bin_and_one_part(
        rows in prop::collection::vec((-1e6..1e6_f64, -1e6..1e6_f32), 5..300),
    ) {
        let (truth, values): (Vec<f64>, Vec<f32>) = rows.iter().copied().unzip();
        let answers = Answers::Numbers { values, intervals: vec![] };
        let Some(Curves::Regression(curves)) = curves(&Target::Numbers(truth), &answers) else {
            return Err(TestCaseError::fail("expected a regression"));
        };
        prop_assert_eq!(curves.residuals.iter().map(|bin| bin.rows).sum::<usize>(), rows.len());
        let parts = curves.predicted_against_true;
        prop_assert_eq!(parts.iter().map(|part| part.rows).sum::<usize>(), rows.len());
        prop_assert!(parts.len() <= 10 && parts.iter().all(|part| part.rows >= 5 && part.low_truth <= part.high_truth));
        prop_assert!(parts.is_sorted_by(|a, b| a.mean_prediction <= b.mean_prediction));
    }
}

#[test]
fn the_curves_of_twenty_labels_are_drawn_and_the_rest_is_counted() {
    // All labels have three rows, so the last one is left out.
    let rows: Vec<(u32, Vec<u8>)> = (1..64).map(|row| (row % 21, vec![1; 21])).collect();
    let curves = drawn(&classified(21, &rows));
    assert_eq!((curves.roc.len(), curves.precision_recall.len(), curves.left_out), (20, 20, 1));
    assert_eq!(curves.roc[0].label, Label::Integer(0));
    // Label 0 has only two rows.
    let fewer: Vec<(u32, Vec<u8>)> = (1..63).map(|row| (row % 21, vec![1; 21])).collect();
    assert_eq!(drawn(&classified(21, &fewer)).roc[0].label, Label::Integer(1));
}

#[test]
fn a_label_that_no_row_or_every_row_has_gets_no_curve() {
    let curves = drawn(&classified(2, &[(0, vec![3, 1]), (0, vec![1, 3])]));
    assert_eq!((curves.roc, curves.precision_recall, curves.left_out), (vec![], vec![], 0));
    assert_eq!(curves.calibration.iter().map(|bin| (bin.observed, bin.rows)).collect::<Vec<_>>(), [(0.0, 1), (0.0, 1)]);
}

#[test]
fn few_rows_of_a_regression_have_no_parts() {
    let answers = Answers::Numbers { values: vec![1.0; 4], intervals: vec![] };
    let Some(Curves::Regression(curves)) = curves(&Target::Numbers(vec![1.0; 4]), &answers) else {
        panic!("expected a regression");
    };
    assert_eq!((curves.predicted_against_true, curves.residuals.len()), (vec![], 1));
}
