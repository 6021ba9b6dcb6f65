//! Tests of training with hyperparameter candidates that cannot be fitted to all rows, and with fewer trees than
//! planned.

use std::collections::BTreeMap;

use evergreen_scoring::{Ensemble, LabelRule, Link, Predictor};

use super::*;
use crate::hyperparameters::Space;
use crate::watch::ProgressWatch;
use evergreen_table::{DataFile, DatasetSettings};

/// Returns a table with more columns than rows, to which linear models cannot be fitted.
fn wide() -> Prepared {
    let columns = 60;
    let header: String = (0..columns).map(|column| format!("c{column},")).collect();
    let row = |row: usize| -> String {
        let values = (0..columns).map(|column| format!("{}.5,", (row * 37 + column * row) % 101));
        values.collect::<String>() + &format!("{}.5\n", row * 7)
    };
    let csv: String = (0..40).map(row).collect();
    let file = DataFile { name: "part.csv".into(), content: format!("{header}y\n{csv}").into_bytes() };
    let settings = DatasetSettings { candidates: Some(1), ..DatasetSettings::default() };
    Prepared::of(Table::read(vec![file], settings, "y", u64::MAX).unwrap()).unwrap()
}

fn first(family: Family) -> Choice {
    Space::of(family).usual()
}

fn late() -> Instant {
    Instant::now() + Duration::from_secs(600)
}

fn trained(table: &Prepared, family: Option<Family>) -> Result<Trained, LearningError> {
    let plan = Plan::new(table.table(), family, &BTreeMap::new(), 1).unwrap();
    train(table, &plan, late(), &Origin { model: "test".into(), code_version: "1".into() })
}

#[test]
fn the_next_candidate_replaces_a_winner_that_cannot_be_fitted_to_all_rows() {
    let table = wide();
    let plan = Plan::new(table.table(), Some(Family::RandomForest), &BTreeMap::new(), 1).unwrap();
    let learner = learner(&table, table.learnt()).unwrap();
    let mut found = search(&learner, &plan, late(), &ProgressWatch::default()).unwrap();
    let ranked = |family, score| RankedCandidate {
        choice: first(family),
        members: Vec::new(),
        folds: 5,
        score: Some(score),
        calibration: None,
        rule: LabelRule::default(),
        errors: Vec::new(),
        validated: None,
        after: Duration::ZERO,
    };
    found.ranking = vec![ranked(Family::Linear, 0.9), ranked(Family::RandomForest, 0.8)];
    let (best, _) = fit_best(&learner, &mut found, 1, late()).unwrap();
    assert_eq!((best.choice.family, found.summary.score), (Family::RandomForest, Some(0.8)));
    assert!(matches!(&found.warnings[..], [warning] if warning.contains("linear")), "{:?}", found.warnings);
    found.ranking = vec![ranked(Family::Linear, 0.9)];
    assert!(matches!(fit_best(&learner, &mut found, 1, late()), Err(LearningError::Fit(_))));
}

#[test]
fn linear_models_with_too_few_rows_are_left_out_or_refused_with_the_numbers() {
    let table = wide();
    let trained_all = trained(&table, None).unwrap();
    assert!(trained_all.candidates.iter().all(|candidate| candidate.family != Family::Linear));
    let told = |text: &str| ["linear", "60 features", "500", "rows"].iter().all(|part| text.contains(part));
    assert!(trained_all.warnings.iter().any(|warning| told(warning)), "{:?}", trained_all.warnings);
    let error = trained(&table, Some(Family::Linear)).unwrap_err();
    assert!(told(&error.to_string()), "{error}");
}

#[test]
fn the_reason_for_fewer_trees_is_reported() {
    let ensemble = Ensemble { trees: Vec::new(), aggregate: evergreen_scoring::Aggregate::Sum, base: vec![0.0; 3] };
    let predictor = Predictor::Trees(ensemble);
    let mut fitted = Fitted {
        predictor,
        link: Link::Softmax,
        scaler: None,
        holes: Vec::new(),
        importances: Vec::new(),
        statistics: Vec::new(),
        cut_short: false,
        losses: Vec::new(),
    };
    let choice = first(Family::GradientBoosting);
    assert_eq!(fewer_trees(&choice, &fitted).unwrap(), "an artifact has room for 0 of 100 trees");
    fitted.cut_short = true;
    assert_eq!(fewer_trees(&choice, &fitted).unwrap(), "there was time for 0 of 100 trees");
}
