//! Tests of the comparison of two models' answers.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::table;
use evergreen_learning::{ComparedModels, Plan, Prepared, Trained, encode_rows};
use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::sample::SampledRows;
use evergreen_lifecycle::{AnswerChanges, ComparedRows, Family, Impact, VersionNumber};
use evergreen_table::DatasetSettings;

/// Returns customers with a plan and an age, and whether they leave. `pro_leaves` decides about the customers of one plan.
fn customers(pro_leaves: bool) -> Prepared {
    let row = |row: usize| {
        let (plan, age) = (["basic", "family", "pro", "team"][row % 4], 18 + row * 7 % 60);
        let leaves = if plan == "pro" { pro_leaves } else { age < 30 };
        format!("{plan},{age},{}\n", if leaves { "yes" } else { "no" })
    };
    let rows: String = (0..1200).map(row).collect();
    table(&format!("plan,age,y\n{rows}"), DatasetSettings::default())
}

fn train(prepared: &Prepared) -> Trained {
    let values = [("n_estimators", 30), ("max_depth", 6), ("min_samples_split", 2), ("min_samples_leaf", 1)];
    let fixed: BTreeMap<_, _> = values.map(|(name, value)| (name.to_owned(), value.into())).into();
    let plan = Plan::new(prepared.table(), Some(Family::RandomForest), &fixed, 7).unwrap();
    common::train(prepared, &plan)
}

/// Returns the rows of a table as the environment of the prediction function keeps them.
fn served(prepared: &Prepared, model: &Trained) -> SampledRows {
    SampledRows {
        hour: CountedHour(499_000),
        version: VersionNumber::FIRST,
        served: 5000,
        signature: model.model.signature().clone(),
        values: encode_rows(prepared.table().frame(), model.model.signature()).unwrap(),
    }
}

fn assert_names_the_plan(impact: &Impact) {
    let place = impact.mostly.as_ref().unwrap();
    assert_eq!(place.condition, "plan = pro", "{impact}");
    let moving = impact.moving.as_ref().unwrap();
    assert!(moving.name == "plan" && moving.rows * 4 > moving.explained * 3, "{impact}");
    let AnswerChanges::Labels { transitions } = &impact.changes else { panic!("{impact:?}") };
    assert_eq!((transitions[0].from.to_string(), transitions[0].to.to_string()), ("no".into(), "yes".into()));
    assert!(impact.changed * 5 > impact.rows && place.changed * 4 > impact.changed * 3, "{impact}");
}

#[test]
fn the_plan_whose_answers_change_is_named_on_the_hold_out_and_on_served_rows() {
    let (before, after) = (customers(false), customers(true));
    let (champion, challenger) = (train(&before), train(&after));
    let models = ComparedModels { champion: &champion.model, challenger: &challenger.model, step: 0.0 };
    let held = models.on_holdout(&challenger.holdout).unwrap();
    assert_eq!((held.basis, held.rows), (ComparedRows::HoldOut, challenger.holdout.rows() as u64));
    assert_names_the_plan(&held);
    let sample = served(&before, &champion);
    let served = models.on_samples(&[sample.clone(), sample], 7).unwrap();
    assert_eq!((served.basis, served.rows), (ComparedRows::Served { days: 7 }, 2400));
    assert_names_the_plan(&served);
}

#[test]
fn a_model_changes_no_answer_of_itself() {
    let trained = train(&customers(true));
    let models = ComparedModels { champion: &trained.model, challenger: &trained.model, step: 0.0 };
    let impact = models.on_holdout(&trained.holdout).unwrap();
    assert_eq!((impact.changed, &impact.mostly), (0, &None));
    assert_eq!(impact.to_string(), format!("none of {} answers changes", impact.rows));
}

#[test]
fn numbers_change_if_they_move_by_more_than_the_step() {
    let houses = |extra: f64| {
        let row = |row: usize| {
            let (area, quarter) = (40 + row * 37 % 160, ["harbour", "hill"][row % 2]);
            let price = 2.5 * area as f64 + if quarter == "hill" { extra } else { 0.0 };
            format!("{area},{quarter},{price}\n")
        };
        table(&format!("area,quarter,y\n{}", (0..800).map(row).collect::<String>()), DatasetSettings::default())
    };
    let (champion, challenger) = (train(&houses(0.0)), train(&houses(50.0)));
    let models = ComparedModels { champion: &champion.model, challenger: &challenger.model, step: 25.0 };
    let impact = models.on_holdout(&challenger.holdout).unwrap();
    let AnswerChanges::Numbers { step, higher, .. } = impact.changes else { panic!("{impact:?}") };
    assert_eq!(step, 25.0);
    assert!(higher * 3 > impact.rows && higher * 10 > impact.changed * 9, "{impact:?}");
    assert_eq!(impact.mostly.as_ref().unwrap().condition, "quarter = hill", "{impact}");
    assert_eq!(impact.moving.as_ref().unwrap().name, "quarter", "{impact}");
}

#[test]
fn rows_without_a_needed_column_are_left_out() {
    let before = customers(false);
    let champion = train(&before);
    let wider = table(
        &std::iter::once("plan,age,size,y\n".to_owned())
            .chain((0..600).map(|row| format!("basic,{},{},{}\n", row % 50, row % 7, row % 2)))
            .collect::<String>(),
        DatasetSettings::default(),
    );
    let challenger = train(&wider);
    let models = ComparedModels { champion: &champion.model, challenger: &challenger.model, step: 0.0 };
    assert_eq!(models.on_samples(&[served(&before, &champion)], 7).unwrap().rows, 0);
}
