//! Tests that rows of feedback join the training rows, and that no rule of the hold-out is broken by it.
#![allow(missing_docs, clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ops::Range;

use evergreen_learning::{FeedbackFiles, Prepared};
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{CellKind, KeptRow, KeptRows, KnownTruth, RowCell};
use evergreen_table::{DataFile, DatasetSettings, Table, Values};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

/// Whether the target is a label or a number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Labels,
    Numbers,
}

fn truth(kind: Kind, number: u32) -> String {
    match kind {
        Kind::Labels => ["no", "yes", "maybe"][(number * 7 % 10 / 4) as usize].to_owned(),
        Kind::Numbers => format!("{}.5", number * 13 % 1009),
    }
}

fn table(kind: Kind, numbers: &[u32]) -> Table {
    let line = |number: &u32| format!("{number},{},{}\n", number % 5, truth(kind, *number));
    let content = format!("x,y,target\n{}", numbers.iter().map(line).collect::<String>()).into_bytes();
    let file = DataFile { name: "table.csv".into(), content };
    let settings = DatasetSettings::parse("[types]\nx = \"number\"\ny = \"number\"\n").unwrap();
    Table::read(vec![file], settings, "target", 1 << 30).unwrap()
}

fn feedback(kind: Kind, numbers: Range<u32>) -> FeedbackFiles {
    let row = |number: u32| KeptRow {
        id_hash: format!("{number:064}"),
        predicted_at: Timestamp::from_second(1_790_000_000).unwrap(),
        truth: match kind {
            Kind::Labels => KnownTruth::Label(truth(kind, number)),
            Kind::Numbers => KnownTruth::Number(truth(kind, number).parse().unwrap()),
        },
        cells: [number, number % 5].map(|value| RowCell::Number(f64::from(value))).into(),
    };
    let columns = ["x", "y"].map(|name| (name.to_owned(), CellKind::Number)).into();
    let rows = KeptRows { version: VersionNumber::FIRST, columns, rows: numbers.map(row).collect() };
    let day = date(2026, 11, 24);
    FeedbackFiles { files: vec![rows], days: (day, day), sha256: "f".repeat(64) }
}

/// Returns the values of `x` in these rows.
fn marks(prepared: &Prepared, rows: &[u32]) -> BTreeSet<u32> {
    let Values::Number(values) = &prepared.table().frame().column("x").unwrap().values else { panic!("numbers") };
    rows.iter().map(|row| values[*row as usize] as u32).collect()
}

fn unmoved_and_unseen(kind: Kind, own: u32, shared: u32, more: u32) -> Result<(), TestCaseError> {
    let numbers: Vec<u32> = (0..own).collect();
    let plain = Prepared::of(table(kind, &numbers)).unwrap();
    let given = feedback(kind, own - shared..own + more);
    let joined = Prepared::with_feedback(table(kind, &numbers), &given).unwrap();
    prop_assert_eq!(&joined.split().holdout, &plain.split().holdout);
    let learned = joined.table().feedback().unwrap().clone();
    prop_assert_eq!(learned.left_out.in_table, shared as usize);
    prop_assert_eq!(learned.rows + learned.left_out.held_out, more as usize);
    prop_assert_eq!(joined.split().training.len(), plain.split().training.len() + learned.rows);

    // Later all rows are in the table. What was learned from is then hardly ever held out: only the border moves a little.
    let later = Prepared::of(table(kind, &(0..own + more).collect::<Vec<_>>())).unwrap();
    let known = marks(&joined, &joined.split().training);
    let held = marks(&later, &later.split().holdout);
    let moved = held.intersection(&known).count();
    prop_assert!(moved * 12 <= held.len() + 60, "{} of {} rows of the later hold-out are known", moved, held.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_hold_out_stays_and_a_later_one_asks_hardly_anything_that_was_learned(
        kind in prop::sample::select(vec![Kind::Labels, Kind::Numbers]),
        own in 2000_u32..4000, shared in 0_u32..300, more in 0_u32..2000,
    ) {
        unmoved_and_unseen(kind, own, shared, more)?;
    }
}

#[test]
fn the_same_feedback_in_another_order_is_the_same_table() {
    let numbers: Vec<u32> = (0..200).collect();
    let given = feedback(Kind::Labels, 200..260);
    let mut turned = given.clone();
    turned.files[0].rows.reverse();
    let of = |files: &FeedbackFiles| Prepared::with_feedback(table(Kind::Labels, &numbers), files).unwrap();
    assert_eq!(of(&given).table().fingerprint(), of(&turned).table().fingerprint());
    assert_ne!(of(&given).table().fingerprint(), table(Kind::Labels, &numbers).fingerprint());
}
