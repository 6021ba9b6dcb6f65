use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::drift::CountedCategory;
use crate::impact::{AnswerChange, ImpactTally};
use crate::{ComparedRows, Impact, Label, Signature};

const PLANS: [&str; 3] = ["basic", "family", "pro"];

fn category(texts: &[&str]) -> ColumnKind {
    ColumnKind::Category { categories: texts.iter().map(|text| (*text).to_owned()).collect(), rare: vec![] }
}

fn signature() -> Signature {
    let column = |name: &str, kind| Column { name: name.into(), kind, nullable: true };
    let columns = vec![
        column("age", ColumnKind::Number),
        column("plan", category(&PLANS)),
        column("note", ColumnKind::Text { words: vec!["late".into()] }),
        column("since", ColumnKind::moment()),
    ];
    Signature::classification(columns, vec!["no".into(), "yes".into()]).unwrap()
}

fn shape() -> CountShape {
    let counted = |name: &str, bins| CountedColumn { name: name.into(), slots: 1, bins };
    let named = (0..).zip(PLANS).map(|(code, name)| (CountedCategory { code, name: name.into() }, 1));
    let columns = vec![
        counted("age", Bins::Numbers { edges: (1..10).map(|decile| 10.0 * f64::from(decile)).collect() }),
        counted("plan", Bins::of_categories(named, 3)),
        counted("note", Bins::Numbers { edges: vec![0.0] }),
        counted("since", Bins::Presence),
    ];
    CountShape { columns, predictions: vec![] }
}

/// Returns the impact if these rows (age, code of the plan) change or not.
fn impact(rows: impl IntoIterator<Item = ((f32, f32), bool)>) -> Impact {
    let shape = shape();
    let mut tally = ImpactTally::new(&shape);
    for ((age, plan), changes) in rows {
        let change = changes.then_some(AnswerChange::Label { from: 0, to: 1 });
        tally.count(&shape, &[age, plan, 1.0, 9000.0], change);
    }
    let labels: [Label; 2] = ["no".into(), "yes".into()];
    tally.impact(&shape, &labels, &signature(), ComparedRows::HoldOut, 0.0)
}

fn place(rows: impl IntoIterator<Item = ((f32, f32), bool)>) -> Option<String> {
    impact(rows).mostly.map(|place| place.condition)
}

/// Returns 1,000 rows with all ages and plans.
fn customers() -> impl Iterator<Item = (f32, f32)> {
    (0..1000_u16).map(|row| (f32::from(row % 100), f32::from(row % 3)))
}

#[test]
fn the_category_of_most_changes_is_named() {
    let rows =
        customers().enumerate().map(|(row, (age, plan))| ((age, plan), (plan == 2.0 && row % 4 == 0) || row % 90 == 0));
    let impact = impact(rows);
    let named = impact.mostly.clone().unwrap();
    assert_eq!(named.condition, "plan = pro");
    assert!(named.changed * 2 > impact.changed && named.rows == 333, "{named:?}");
}

#[test]
fn ages_above_and_up_to_an_edge_are_named() {
    assert_eq!(place(customers().map(|(age, plan)| ((age, plan), age > 70.0))), Some("age > 70".into()));
    assert_eq!(place(customers().map(|(age, plan)| ((age, plan), age <= 20.0))), Some("age ≤ 20".into()));
}

#[test]
fn missing_and_unseen_values_are_named_and_missing_is_not_above_an_edge() {
    let missing = customers().map(|(age, plan)| ((if age < 10.0 { f32::NAN } else { age }, plan), age < 10.0));
    assert_eq!(place(missing), Some("age is missing".into()));
    let unseen = customers().map(|(age, plan)| ((age, if age < 5.0 { 3.0 } else { plan }), age < 5.0));
    assert_eq!(place(unseen), Some("plan is a value that training did not see".into()));
}

#[test]
fn nothing_is_named_if_all_or_no_answers_change_or_if_changes_are_spread() {
    assert_eq!(place(customers().map(|row| (row, true))), None);
    assert_eq!(place(customers().map(|row| (row, false))), None);
    assert_eq!(place(customers().enumerate().map(|(place, row)| (row, place % 7 == 0))), None);
    assert_eq!(place([]), None);
}

#[test]
fn a_few_changes_in_one_place_are_no_evidence() {
    assert_eq!(place(customers().enumerate().map(|(place, row)| (row, place == 2 || place == 5))), None);
}

#[test]
fn changes_at_random_name_a_condition_at_most_once_in_a_hundred() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut named = 0;
    for share in [0.005, 0.02, 0.3] {
        for _ in 0..300 {
            let rows: Vec<_> = customers().map(|row| (row, random.random_range(0.0..1.0) < share)).collect();
            named += usize::from(place(rows).is_some());
        }
    }
    assert!(named <= 9, "{named} of 900");
}

proptest! {
    #[test]
    fn a_named_condition_covers_most_changes_and_lifts_their_share(
        rows in prop::collection::vec(((0.0_f32..100.0, 0_u8..5), prop::bool::weighted(0.2)), 0..400),
        cause in 0_u8..5,
    ) {
        let coded = |plan: u8| if plan == 4 { f32::NAN } else { f32::from(plan) };
        let rows: Vec<_> =
            rows.into_iter().map(|((age, plan), noise)| ((age, coded(plan)), noise || plan == cause)).collect();
        let impact = impact(rows.clone());
        prop_assert_eq!(impact.rows, rows.len() as u64);
        prop_assert_eq!(impact.changed, rows.iter().filter(|(_, changes)| *changes).count() as u64);
        if let Some(place) = &impact.mostly {
            prop_assert!(place.changed * 2 > impact.changed && place.changed <= place.rows);
            let rate = |changed: u64, rows: u64| changed as f64 / rows as f64;
            prop_assert!(rate(place.changed, place.rows) >= MIN_LIFT * rate(impact.changed, impact.rows) - 1e-9);
        }
    }

    #[test]
    fn tallies_of_parts_add_up_in_any_order(
        rows in prop::collection::vec((0.0_f32..100.0, 0_u8..4, any::<bool>()), 0..60),
        cut in 0_usize..60,
    ) {
        let shape = shape();
        let tally = |rows: &[(f32, u8, bool)]| {
            let mut tally = ImpactTally::new(&shape);
            for (age, plan, changes) in rows {
                let change = changes.then_some(AnswerChange::Label { from: usize::from(*plan % 2), to: 1 });
                tally.count(&shape, &[*age, f32::from(*plan), 0.0, 1.0], change);
            }
            tally
        };
        let (first, last) = rows.split_at(cut.min(rows.len()));
        let (mut forth, mut back) = (tally(first), tally(last));
        forth.add(&tally(last)).unwrap();
        back.add(&tally(first)).unwrap();
        let labels: [Label; 2] = ["no".into(), "yes".into()];
        let of = |tally: &ImpactTally| tally.impact(&shape, &labels, &signature(), ComparedRows::HoldOut, 0.0);
        prop_assert_eq!(of(&forth), of(&tally(&rows)));
        prop_assert_eq!(of(&back), of(&forth));
    }
}

#[test]
fn a_long_name_is_cut_because_the_record_is_read_often() {
    let shape = CountShape {
        columns: vec![CountedColumn { name: "x".repeat(300), slots: 1, bins: Bins::Presence }],
        predictions: vec![],
    };
    let column = Column { name: "x".repeat(300), kind: ColumnKind::moment(), nullable: true };
    let signature = Signature::regression(vec![column]).unwrap();
    let mut tally = ImpactTally::new(&shape);
    for row in 0..100 {
        let (raw, change) = if row < 10 { (f32::NAN, Some(AnswerChange::Higher)) } else { (1.0, None) };
        tally.count(&shape, &[raw], change);
    }
    let impact = tally.impact(&shape, &[], &signature, ComparedRows::Served { days: 1 }, 2.5);
    let start = "10 of 100 answers change by more than 2.5, most of them where xxx";
    assert!(impact.to_string().starts_with(start) && impact.to_string().len() < 150, "{impact}");
    assert_eq!(
        (impact.directions(), impact.compared_on()),
        ("higher: 10".into(), "100 rows served in the last day".into())
    );
}
