//! Tests that the decision about a version says how many answers it changes, and on which rows they were compared.

use std::fmt::Write;

use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::sample::{SampleKey, SampledRows};
use evergreen_lifecycle::{AnswerChanges, ComparedRows, Impact, VersionNumber};
use evergreen_scoring::Model;
use evergreen_testkit::moment;
use serde_json::json;

use crate::support::{TestWorld, houses, quick};

/// Returns customers with a plan and an age. `pro_leaves` decides about the customers of one plan.
fn customers(pro_leaves: bool) -> String {
    let mut csv = "plan,age,variety\n".to_owned();
    for row in 0..800 {
        let (plan, age) = (["basic", "family", "pro", "team"][row % 4], 18 + row * 7 % 60);
        let leaves = if plan == "pro" { pro_leaves } else { age < 30 };
        writeln!(csv, "{plan},{age},{}", if leaves { "yes" } else { "no" }).unwrap();
    }
    csv
}

/// Returns a world whose champion has learned that customers with the plan `pro` stay. The data set now says that they
/// leave.
async fn changed() -> TestWorld {
    let world = TestWorld::with(&[("customers.csv", customers(false).as_bytes())]);
    let first = world.decision("first").await;
    assert_eq!(first.impact, None, "there was no champion to compare with");
    world.store(&[("customers.csv", customers(true).as_bytes())]);
    world
}

impl TestWorld {
    /// Stores a sample of `rows` customers with the plan `pro` and one with another plan, as they were served at this time
    /// by version 1.
    fn serve(&self, at: &str, environment: &str, rows: usize) {
        let content = self.memory.state().objects["models/iris/00000001/model.onnx"].clone();
        let signature = Model::load(&content).unwrap().signature().clone();
        let columns = signature.columns();
        let row = |plan: &str| -> Vec<f32> {
            let of = |name: &str| columns.iter().find(|column| column.name == name).unwrap().kind.code(plan);
            columns
                .iter()
                .map(|column| if column.name == "plan" { of("plan").unwrap().index as f32 } else { 50.0 })
                .collect()
        };
        let values = std::iter::repeat_n(row("pro"), rows).chain([row("basic")]).flatten().collect();
        let (hour, version) = (CountedHour::of(moment(at)), VersionNumber::FIRST);
        let sample = SampledRows { hour, version, served: 1000, signature, values };
        let key = SampleKey { hour, version, environment }.object_key(&"iris".parse().unwrap());
        self.memory.state().objects.insert(key, sample.to_bytes().unwrap());
    }

    async fn impact(&self) -> Impact {
        self.decision("second").await.impact.unwrap()
    }
}

#[tokio::test]
async fn the_decision_says_how_many_answers_change_and_where() {
    let world = changed().await;
    let report = world.invoke("second", quick()).await.unwrap();
    let version = world.memory.state().versions[&report.version.unwrap()].clone();
    let impact = version.decision.impact.unwrap();
    assert_eq!((impact.basis, impact.rows), (ComparedRows::HoldOut, version.evaluation.rows() as u64));
    assert_eq!(impact.mostly.as_ref().unwrap().condition, "plan = pro", "{impact}");
    let AnswerChanges::Labels { transitions } = &impact.changes else { panic!("{impact:?}") };
    assert_eq!((transitions[0].from.to_string(), transitions[0].to.to_string()), ("no".into(), "yes".into()));
    assert_eq!(world.manifest(&report).version.decision.impact.as_ref(), Some(&impact));
    let told = world.details().pop().unwrap();
    assert_eq!(told["decision"]["impact"]["changed"], json!(impact.changed), "{told}");
}

#[tokio::test]
async fn served_rows_are_compared_if_the_stack_keeps_a_sample() {
    let mut world = changed().await;
    world.training.sample_days = 7;
    world.serve("2026-11-23T22:00:00Z", "a", 150);
    world.serve("2026-11-18T22:00:00Z", "b", 48);
    let impact = world.impact().await;
    assert_eq!((impact.basis, impact.rows), (ComparedRows::Served { days: 7 }, 200));
    assert_eq!(impact.changed, 198);
    assert_eq!(impact.compared_on(), "200 rows served in the last 7 days");
}

#[tokio::test]
async fn without_the_setting_the_sample_is_not_read() {
    let world = changed().await;
    world.serve("2026-11-23T22:00:00Z", "a", 150);
    assert_eq!(world.impact().await.basis, ComparedRows::HoldOut);
}

#[tokio::test]
async fn old_and_damaged_samples_are_left_out_and_few_rows_are_not_enough() {
    let mut world = changed().await;
    world.training.sample_days = 7;
    world.serve("2026-11-10T22:00:00Z", "a", 500);
    world.serve("2026-11-23T22:00:00Z", "b", 50);
    world.memory.state().objects.insert("served/iris/2026-11-23/09-00000001-c.rows".into(), b"{}".to_vec());
    assert_eq!(world.impact().await.basis, ComparedRows::HoldOut, "51 readable rows of the last days");
}

#[tokio::test]
async fn a_number_changes_if_it_moves_by_more_than_the_champions_usual_error() {
    let before = houses(400);
    let mut world = TestWorld::with(&[("houses.csv", before.as_bytes())]);
    world.training.target = "price".into();
    world.decision("first").await;
    let dearer = before.lines().map(|line| match line.split_once(",mill,") {
        Some((area, price)) => format!("{area},mill,{}\n", price.parse::<f64>().unwrap() + 400.0),
        None => format!("{line}\n"),
    });
    world.store(&[("houses.csv", dearer.collect::<String>().as_bytes())]);
    let impact = world.impact().await;
    let AnswerChanges::Numbers { step, higher, .. } = impact.changes else { panic!("{impact:?}") };
    let champion = world.memory.state().champions[0].version.evaluation.figure(evergreen_lifecycle::PrimaryMetric::Mae);
    assert_eq!(Some(step), champion);
    assert!(higher * 5 > impact.rows, "{impact:?}");
    assert_eq!(impact.mostly.as_ref().unwrap().condition, "quarter = mill", "{impact}");
}
