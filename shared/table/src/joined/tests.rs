use evergreen_lifecycle::feedback::CellKind;
use evergreen_lifecycle::{LeftOutRows, VersionNumber};
use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::{DataFile, DatasetSettings};

fn table(settings: &str) -> Table {
    let row = |row: usize| {
        let (plan, day) = (["basic", "pro", "team"][row % 3], row % 28 + 1);
        format!("{},{plan},2026-01-{day:02},{},{}\n", row % 50, row.is_multiple_of(2), ["no", "yes"][row % 2])
    };
    let rows: String = (0..60).map(row).collect();
    let content = format!("age,plan,since,new,left\n{rows}").into_bytes();
    let file = DataFile { name: "people.csv".into(), content };
    Table::read(vec![file], DatasetSettings::parse(settings).unwrap(), "left", 1 << 30).unwrap()
}

fn kept(id: &str, plan: &str, label: &str) -> KeptRow {
    let cells = vec![
        RowCell::Text(plan.into()),
        RowCell::Number(200.0),
        RowCell::Moment(1_767_225_600.0),
        RowCell::Boolean(true),
    ];
    let predicted_at = Timestamp::from_second(1_790_000_000).unwrap();
    KeptRow { id_hash: id.into(), predicted_at, truth: KnownTruth::Label(label.into()), cells }
}

fn file(rows: Vec<KeptRow>) -> KeptRows {
    let kinds = [CellKind::Text, CellKind::Number, CellKind::Moment, CellKind::Boolean];
    let columns = ["plan", "age", "since", "new"].map(str::to_owned).into_iter().zip(kinds);
    KeptRows { version: VersionNumber::FIRST, columns: columns.collect(), rows }
}

fn learned(rows: usize) -> LearnedFeedback {
    let day = date(2026, 11, 24);
    let left_out = LeftOutRows::default();
    LearnedFeedback { rows, first_day: day, last_day: day, sha256: "f".repeat(64), left_out }
}

fn texts(table: &Table) -> Vec<Option<&str>> {
    let Some(Values::Category { codes, names }) = table.frame().column("plan").map(|column| &column.values) else {
        panic!("plan is a category")
    };
    codes.iter().map(|code| names.get(*code as usize).map(String::as_str)).collect()
}

#[test]
fn a_row_joins_with_the_types_and_labels_of_the_table_and_a_new_category() {
    let table = table("");
    let (before, fingerprint) = (table.rows(), table.fingerprint().to_owned());
    let rows =
        table.joinable(&[file(vec![kept("b", "late", "yes"), kept("a", "pro", "no"), kept("a", "team", "yes")])]);
    assert_eq!((rows.moments.len(), rows.unfit), (2, 0), "the same id counts once");
    let joined = table.clone().joined(&rows, &[0, 1], learned(2));
    assert_eq!(joined.rows(), before + 2);
    assert_eq!(texts(&joined)[..before], texts(&table)[..]);
    assert_eq!(texts(&joined)[before..], [Some("pro"), Some("late")]);
    let Target::Classes { classes, .. } = joined.target() else { panic!("labels") };
    assert_eq!(classes[before..], [0, 1]);
    assert_ne!(joined.fingerprint(), fingerprint);
    assert_eq!(joined.dataset("here").feedback, Some(learned(2)));
    assert_eq!(table.clone().joined(&rows, &[], learned(0)).fingerprint(), fingerprint, "nothing joined");
}

#[test]
fn a_row_without_a_column_or_with_another_type_or_label_is_left_out() {
    let table = table("");
    let mut number = kept("a", "pro", "no");
    number.cells[1] = RowCell::Text("much".into());
    let mut short = file(vec![kept("c", "pro", "no")]);
    short.columns[1].0 = "years".into();
    let number_of_labels = KeptRow { truth: KnownTruth::Number(1.0), ..kept("d", "pro", "no") };
    let rows = table.joinable(&[file(vec![number, kept("b", "pro", "maybe"), number_of_labels]), short]);
    assert_eq!((rows.moments.len(), rows.unfit), (0, 4));
}

#[test]
fn a_joined_row_has_the_mean_weight_and_the_time_of_its_prediction() {
    let table = table("weights = \"age\"\norder = \"since\"");
    let mut file = file(vec![kept("a", "pro", "no")]);
    file.columns.truncate(1);
    file.columns.push(("new".into(), CellKind::Boolean));
    file.rows[0].cells = vec![RowCell::Text("pro".into()), RowCell::Missing];
    let rows = table.joinable(&[file]);
    let joined = table.joined(&rows, &[0], learned(1));
    assert_eq!(joined.weights().unwrap().last(), Some(&(1270.0 / 60.0)));
    assert_eq!(joined.order().unwrap().last(), Some(&1_790_000_000.0));
}
