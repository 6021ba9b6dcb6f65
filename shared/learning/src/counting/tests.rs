//! Tests of the baseline that an artifact contains.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use evergreen_lifecycle::Family;
use evergreen_lifecycle::drift::{BaselineCounts, Bins, ServedCounts};
use evergreen_scoring::count_rows;
use evergreen_table::{DataFile, DatasetSettings, Table};

use crate::rows::encode_rows;
use crate::{Origin, Plan, Prepared, Trained, train};

/// Returns a table of `rows` rows: a number, a truth value, a category with a hole, a date, and the target.
fn table(rows: usize, target: impl Fn(usize) -> String) -> Prepared {
    let row = |index: usize| {
        let plan = match index % 10 {
            0 => "",
            1..=6 => "free",
            _ => "pro",
        };
        let (day, is_new) = (1 + index % 28, index.is_multiple_of(3));
        format!("{}.5,{is_new},{plan},2026-01-{day:02},{}\n", index % 97, target(index))
    };
    let content: String = std::iter::once("age,is_new,plan,since,y\n".to_owned()).chain((0..rows).map(row)).collect();
    let file = DataFile { name: "rows.csv".into(), content: content.into_bytes() };
    Prepared::of(Table::read(vec![file], DatasetSettings::default(), "y", u64::MAX).unwrap()).unwrap()
}

fn trained(prepared: &Prepared) -> Trained {
    let one = BTreeMap::from([("alpha".to_owned(), 1.0.into())]);
    let plan = Plan::new(prepared.table(), Some(Family::Linear), &one, 42).unwrap();
    let origin = Origin { model: "iris".to_owned(), code_version: "1".to_owned() };
    train(prepared, &plan, Instant::now() + Duration::from_secs(60), &origin).unwrap()
}

fn baseline(trained: &Trained) -> &BaselineCounts {
    trained.model.metadata().baseline.as_ref().unwrap()
}

fn total(baseline: &BaselineCounts, column: &str) -> u64 {
    baseline.columns().find(|(counted, _)| counted.name == column).unwrap().1.iter().sum()
}

#[test]
fn the_artifact_has_the_cells_and_counts_of_every_column_and_of_the_predictions() {
    let prepared = table(500, |index| if index % 97 > 40 { "yes" } else { "no" }.to_owned());
    let (training, holdout) = (prepared.split().training.len() as u64, prepared.split().holdout.len() as u64);
    let trained = trained(&prepared);
    let baseline = baseline(&trained);
    let names: Vec<&str> = baseline.columns().map(|(column, _)| column.name.as_str()).collect();
    assert_eq!(names, ["age", "is_new", "plan", "since", "label", "probability"]);
    let totals: Vec<u64> = names.iter().map(|name| total(baseline, name)).collect();
    assert_eq!(totals, [training + holdout, holdout, holdout, training + holdout, holdout, holdout]);
    let Bins::Categories { categories, unseen } = &baseline.shape().columns[2].bins else { panic!("categories") };
    assert_eq!(categories.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["free", "pro"]);
    assert_eq!(*unseen, 2);
}

#[test]
fn served_rows_are_counted_like_the_same_rows_of_the_holdout() {
    for target in [|index: usize| format!("{}", index % 3), |index: usize| format!("{}.25", index % 89)] {
        let prepared = table(400, target);
        let trained = trained(&prepared);
        let (model, baseline) = (&trained.model, baseline(&trained));
        let rows = encode_rows(trained.holdout.frame(), model.signature()).unwrap();
        let mut served = ServedCounts::new(baseline.shape());
        count_rows(baseline.shape(), &rows, &model.predict(&rows).unwrap(), &mut served);
        for ((column, counts), served) in baseline.columns().zip(served.columns()) {
            let is_of_holdout = matches!(column.bins, Bins::Categories { .. }) || column.name == "prediction";
            assert!(!is_of_holdout || counts == served, "{column:?}: {counts:?} and {served:?}");
        }
    }
}

#[test]
fn the_predictions_of_many_labels_have_no_probability_and_those_of_numbers_no_label() {
    let names = |target: fn(usize) -> String| {
        let trained = trained(&table(400, target));
        let names = baseline(&trained).shape().predictions.iter().map(|column| column.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(|index| (index % 3).to_string()), ["label"]);
    assert_eq!(names(|index| format!("{}.25", index % 89)), ["prediction"]);
}
