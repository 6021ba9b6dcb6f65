//! Tests the metric of the champion's margin: how much better the champion is than required.

#![allow(clippy::indexing_slicing)]

use evergreen_lifecycle::health::accuracy_margin;
use evergreen_lifecycle::{
    AgainstConstant, MeanLoss, PairedTest, PrimaryMetric, Rescored, Run, Version, VersionNumber,
};
use evergreen_testkit::{champion, finished_run, moment, version};

const LOSS: MeanLoss = MeanLoss { mean: 0.1, standard_error: 0.02 };

fn better_by(margin: f64) -> Version {
    let mut version = version(1, 0.9, moment("2026-11-24T03:00:00Z"));
    let test = PairedTest::Mcnemar { challenger_only: 1, champion_only: 1, p_value: 0.5 };
    version.decision.constant = Some(AgainstConstant { score: 0.5, test, margin });
    version.decision.loss = Some(LOSS);
    version
}

/// Test helper: returns a later training run, on whose hold-out rows model version 1 has the mean loss `mean`.
fn asked(mean: f64) -> Run {
    let version = version(2, 0.9, moment("2026-11-25T03:00:00Z"));
    let loss = MeanLoss { mean, ..LOSS };
    let number = VersionNumber::FIRST;
    let rescored = Some(Rescored { version: number, metric: PrimaryMetric::Accuracy, loss });
    Run { rescored, ..finished_run("later", version.trained_at, &version) }
}

fn margin(version: Version, recent: &[Run], threshold: Option<f64>) -> f64 {
    accuracy_margin(&champion(version).into(), recent, threshold).known()[0].value
}

#[test]
fn with_a_threshold_the_margin_is_the_accuracy_above_it() {
    assert!((margin(better_by(-1.0), &[], Some(0.75)) - 0.15).abs() < 1e-12);
    assert!(margin(better_by(1.0), &[], Some(0.95)) < 0.0);
}

#[test]
fn a_champion_not_clearly_better_than_a_constant_falls_short() {
    assert_eq!(margin(better_by(2.0), &[], None), 2.0);
    assert_eq!(margin(better_by(-0.5), &[], None), -0.5);
}

#[test]
fn a_champion_that_got_clearly_worse_falls_short_and_one_that_got_slightly_worse_does_not() {
    assert!(margin(better_by(9.0), &[asked(0.12)], None) > 0.0);
    assert!(margin(better_by(9.0), &[asked(0.3)], None) < 0.0);
    assert!(margin(better_by(9.0), &[asked(0.3), asked(0.3)], None) < 0.0);
    let other = Run { rescored: None, ..asked(0.3) };
    assert_eq!(margin(better_by(9.0), &[other], None), 9.0);
}

#[test]
fn the_most_frequent_label_is_the_constant_answer_of_an_earlier_releases_champion() {
    let version = |accuracy| version(1, accuracy, moment("2026-11-24T03:00:00Z"));
    let old = |accuracy: f64| {
        let mut old = version(accuracy);
        (old.decision.constant, old.decision.loss) = (None, None);
        old
    };
    assert!(margin(old(0.9), &[], None) > 0.5);
    assert!(margin(old(0.3), &[], None) < 0.0);
}
