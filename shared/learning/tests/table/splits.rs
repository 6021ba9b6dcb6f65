//! Tests which rows become the hold-out, and that no model is trained on them.

use evergreen_learning::{Prepared, Split, encode_rows};
use evergreen_table::{Table, iris};
use proptest::prelude::*;

use super::{read, read_with};

fn prepared(table: Table) -> Prepared {
    Prepared::of(table).unwrap()
}

#[test]
fn iris_is_split_evenly_by_species() {
    let table = prepared(iris().unwrap());
    let split = table.split();
    let counts = |rows: &[u32]| [0, 1, 2].map(|class| rows.iter().filter(|row| **row / 50 == class).count());
    assert_eq!((counts(&split.training), counts(&split.holdout)), ([40; 3], [10; 3]));
    assert_eq!(table.profile().holdout_rows, 30);
    assert_eq!(table.profile().holdout_rule, "a fifth of each class, by a hash of the rows' content");
    assert_eq!(table.table().profile().files[0].name, "built-in");
}

#[test]
fn the_newest_rows_are_held_out_where_there_is_an_order() {
    let rows: String = (0..20).map(|n| format!("{},{},{}\n", n % 3, ["u", "v"][n % 2], (n * 7) % 20)).collect();
    let table = prepared(read_with(format!("x,y,day\n{rows}"), "order = \"day\"").unwrap());
    let order = table.table().order().unwrap();
    let oldest_held = table.split().holdout.iter().map(|row| order[*row as usize]).fold(f64::MAX, f64::min);
    assert_eq!((table.split().holdout.len(), oldest_held), (4, 16.0));
    assert_eq!(table.profile().holdout_rule, "the newest fifth by column \"day\"");
}

#[test]
fn reordered_columns_leave_the_same_rows_held_out() {
    let row = |n: usize, order: [usize; 3]| {
        let cells =
            [format!("{}", n * 37 % 50), ["red", "", "blue"][n % 3].to_owned(), ["no", "yes"][n % 2].to_owned()];
        order.map(|column| cells[column].clone()).join(",") + "\n"
    };
    let rows = |order: [usize; 3]| (0..50).map(|n| row(n, order)).collect::<String>();
    let one = read(format!("x,c,y\n{}", rows([0, 1, 2])));
    let other = read(format!("y,c,x\n{}", rows([2, 1, 0])));
    assert_eq!(prepared(one).split(), prepared(other).split());
}

fn row() -> impl Strategy<Value = (Option<i8>, Option<u8>, bool)> {
    (prop::option::of(any::<i8>()), prop::option::of(0_u8..6), any::<bool>())
}

fn csv(rows: &[(Option<i8>, Option<u8>, bool)]) -> String {
    let cell = |value: Option<String>| value.unwrap_or_default();
    let line = |(number, text, class): &(Option<i8>, Option<u8>, bool)| {
        let (number, text) = (cell(number.map(|n| n.to_string())), cell(text.map(|n| format!("t{n}"))));
        format!("{number},{text},{}\n", u8::from(*class))
    };
    format!("x,c,y\n{}", rows.iter().map(line).collect::<String>())
}

proptest! {
    /// Checks that other values in the hold-out rows do not change how columns are encoded as features.
    #[test]
    fn the_preprocessing_ignores_the_holdout(rows in prop::collection::vec(row(), 30..60), others in prop::collection::vec(row(), 60)) {
        let Ok(table) = read_with(csv(&rows), "[types]\nx = \"number\"\nc = \"category\"") else { return Ok(()) };
        let Ok(table) = Prepared::of(table) else { return Ok(()) };
        let held = &table.split().holdout;
        let changed: Vec<_> = rows.iter().zip(&others).zip(0_u32..).map(|((row, other), index)| {
            if held.contains(&index) { (other.0, other.1, row.2) } else { *row }
        }).collect();
        let Ok(other) = read_with(csv(&changed), "[types]\nx = \"number\"\nc = \"category\"") else { return Ok(()) };
        let columns = |table: &Table| table.frame().columns().len();
        prop_assume!(columns(table.table()) == columns(&other));
        let split = Split { training: table.split().training.clone(), holdout: held.clone() };
        let other = Prepared::split_by(other, split).unwrap();
        prop_assert_eq!((table.signature(), table.preprocessing()), (other.signature(), other.preprocessing()));
    }

    #[test]
    fn rows_in_another_order_are_held_out_alike(rows in prop::collection::btree_set((any::<i16>(), 0_u8..3), 20..60)) {
        let lines: Vec<String> = rows.iter().map(|(x, class)| format!("{x},{class}")).collect();
        let text = |lines: Vec<String>| format!("x,y\n{}\n", lines.join("\n"));
        let read_held = |lines: Vec<String>| {
            let table = Prepared::of(read_with(text(lines.clone()), "task = \"classification\"").ok()?).ok()?;
            // The table leaves out rows whose label occurs only once, which would change the row indices of the other
            // rows.
            if table.table().rows() < lines.len() {
                return None;
            }
            let mut held: Vec<String> = table.split().holdout.iter().map(|row| lines[*row as usize].clone()).collect();
            held.sort();
            Some(held)
        };
        let turned: Vec<String> = lines.iter().rev().cloned().collect();
        prop_assert_eq!(read_held(lines), read_held(turned));
    }
}

#[test]
fn the_signature_knows_which_columns_are_nullable() {
    let rows: String =
        (0..40).map(|n| format!("{},{},{}\n", n % 7, if n % 4 == 0 { "" } else { "t" }, n % 2)).collect();
    let table = prepared(read(format!("x,c,y\n{rows}")));
    let (signature, preprocessing) = (table.signature(), table.preprocessing());
    let nullable: Vec<bool> = signature.columns().iter().map(|column| column.nullable).collect();
    assert_eq!((nullable, preprocessing.features()), (vec![false, true], 3));
    assert_eq!(encode_rows(table.table().frame(), signature).unwrap().len(), 80);
}

fn error_with(csv: String, toml: &str) -> String {
    Prepared::of(read_with(csv, toml).unwrap()).unwrap_err().to_string()
}

fn error(csv: String) -> String {
    error_with(csv, "")
}

#[test]
fn a_table_with_too_many_or_no_features_is_refused() {
    let wide = |n: usize, cell: fn(usize) -> String| (0..n).map(cell).collect::<String>();
    let header = wide(10_001, |n| format!("x{n},"));
    let rows: String = (0..10).map(|n| format!("{}{}\n", ["1,", "2,", "3,"][n % 3].repeat(10_001), n % 2)).collect();
    let message = "the columns give 10001 features; expected from 1 to 10000; add or drop columns";
    assert_eq!(error(format!("{header}y\n{rows}")), message);
    let names: String = (0..20).map(|n| format!("n{n},{}\n", n % 2)).collect();
    let message = error_with(format!("x,y\n{names}"), "types.x = \"category\"");
    assert!(message.starts_with("the columns give 0 features"), "{message}");
}

#[test]
fn a_label_that_only_the_newest_rows_have_is_refused() {
    let rows: String = (0..20).map(|n| format!("{n},{}\n", if n < 16 { n % 2 } else { 2 })).collect();
    let message =
        error_with(format!("day,y,x\n{}", rows.replace('\n', ",1\n").replacen(",1\n", ",2\n", 3)), "order = \"day\"");
    let expected = "a.csv, row 17, column \"y\": only the newest rows, which are the hold-out, have the label of this row; \
                    expected older rows with the label too; add such rows or remove these";
    assert_eq!(message, expected);
}
